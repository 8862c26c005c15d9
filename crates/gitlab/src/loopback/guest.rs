//! One connection: its request is read, judged, and answered or handed on.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::PATIENCE;
use super::answering::{Answering, Callback, Ending};
use super::desk::{Decision, Desk, Heard};
use super::judge::{HEAD_LIMIT, Verdict};
use super::page::answer;

/// The most bytes read and thrown away behind a request, so that closing does not take the page back from a sender that
/// is still sending.
const LEFT_OVER: usize = 64 * 1024;

pub(super) async fn attend(stream: TcpStream, desk: Arc<Desk>) {
    // However slowly it is sent or read.
    let _ = timeout(PATIENCE, converse(stream, &desk)).await;
}

async fn converse(mut stream: TcpStream, desk: &Arc<Desk>) {
    // A request that carries a code is cleared; room for all of it, since memory that grows leaves copies behind.
    let mut head = Zeroizing::new(Vec::with_capacity(HEAD_LIMIT));
    loop {
        let room = HEAD_LIMIT - head.len();
        let before = head.len();
        match (&mut stream).take(room as u64).read_buf(&mut *head).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        if !worth_a_look(&head, before) {
            continue;
        }
        match desk.decide(&head) {
            Decision::ReadOn => {}
            Decision::Answer(status, page) => return say(stream, &answer(status, page)).await,
            Decision::Deliver(verdict, told) => {
                let pages = desk.pages();
                let (verdict, iss) = match verdict {
                    Verdict::Named { iss, answer } => (*answer, Some(iss)),
                    verdict => (verdict, None),
                };
                let callback = match verdict {
                    Verdict::Code(code) => {
                        Callback::Code(code, Answering::new(stream, pages, Ending::Failed))
                    }
                    Verdict::Denied { error } => Callback::Denied {
                        error,
                        answering: Answering::new(stream, pages, Ending::Denied),
                    },
                    _ => Callback::WrongIssuer {
                        answering: Answering::new(stream, pages, Ending::Failed),
                    },
                };
                // Whoever waited may be gone: then the page says that it failed.
                let _ = told.send(Heard { callback, iss });
                return;
            }
        }
    }
}

/// Whether anything may have changed: at the first bytes, at an end of line that may be the head's, and when there is
/// no more room. A sender of single bytes costs no parsing of all that came before.
fn worth_a_look(head: &[u8], before: usize) -> bool {
    let near = head.get(before.saturating_sub(3)..).unwrap_or_default();
    before == 0
        || head.len() >= HEAD_LIMIT
        || near.windows(2).any(|end| end == b"\n\n")
        || near.windows(3).any(|end| end == b"\n\r\n")
}

/// Writes an answer and closes, in an order that lets the other side read it.
pub(super) async fn say(mut stream: TcpStream, answer: &[u8]) {
    if stream.write_all(answer).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 1024];
    let mut left = LEFT_OVER;
    while let Ok(read) = stream.read(&mut rest).await {
        left = left.saturating_sub(read);
        if read == 0 || left == 0 {
            return;
        }
    }
}
