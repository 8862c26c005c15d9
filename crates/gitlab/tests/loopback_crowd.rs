//! A crowd at the listener: alone in its program, since it counts the program's open files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod peer;
mod visitor;

use gitlab::loopback::CONNECTIONS;
use gitlab::{Callback, Ending, LoopbackListener};
use peer::stop_clock;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use visitor::{CODE, ask, connect, navigation, request, state};

/// A thousand at once: a part asks, a part says half of it and stays, a part says nothing and stays. The one with the
/// answer comes last, and gets through; and never are there more connections than allowed.
#[tokio::test]
async fn a_thousand_strangers_at_once_are_bounded_and_hold_up_nobody() {
    stop_clock().turning(crowd()).await;
}

async fn crowd() {
    let mut listener = LoopbackListener::bind().await.unwrap();
    let request = request(&listener);
    let (port, state) = (listener.port(), state(&request));
    let before = open_files();
    let mut staying: Vec<TcpStream> = Vec::new();
    for number in 0..500 {
        let mut stream = connect(port).await;
        if number % 2 == 0 {
            stream.write_all(b"GET /callback?state=").await.unwrap();
        }
        staying.push(stream);
        // Counting is slow.
        if number % 20 > 0 {
            continue;
        }
        let ours = open_files().saturating_sub(before + staying.len());
        assert!(ours <= CONNECTIONS + 1, "{ours} connections are held");
    }
    let asking: Vec<_> = (0..500)
        .map(|number| {
            let stranger = navigation(port, &format!("code={number}&state=wrong"));
            tokio::spawn(async move { ask(port, &stranger).await })
        })
        .collect();
    let right = navigation(port, &format!("code={CODE}&state={state}"));
    let browser = tokio::spawn(async move { ask(port, &right).await });
    let Callback::Code(code, answering) = listener.receive(&request, None).await else {
        panic!("not the right one");
    };
    assert!(code.expose() == CODE);
    answering.finish(Ending::Linked).await;
    assert!(browser.await.unwrap().contains("the account is linked"));
    for stranger in asking {
        assert!(!stranger.await.unwrap().contains("is linked"));
    }
}

/// How many files this program has open; 0 where the system does not tell.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
