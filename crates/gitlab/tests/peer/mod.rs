//! A server for the tests of app login: it reads whole requests with their forms, answers or misbehaves as it is told
//! to, and remembers what it was asked. And a clock that the tests turn.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "every test file uses its own part of it"
)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use gitlab::{
    ApplicationId, ApplicationSecret, BaseUrl, Client, Code, Connection, Registration, Timeouts, Token,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

pub const APP: &str = "a11ca710000000000000000000000000000000000000000000000000000000ff";
pub const SECRET: &str = "gloas-CANARY-application-secret-0123456789";
pub const ACCESS: &str = "acce55CANARY00000000000000000000000000000000000000000000000000aa";
pub const REFRESH: &str = "f4e54CANARY000000000000000000000000000000000000000000000000000bb";
pub const CODE: &str = "c0deCANARY0000000000000000000000000000000000000000000000000000cc";

/// One request as it came.
#[derive(Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// By the runtime's clock.
    pub at: Instant,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The form; a field that is there twice is a fault of the client.
    pub fn form(&self) -> HashMap<String, String> {
        let pairs: Vec<_> = url::form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect();
        let count = pairs.len();
        let form: HashMap<_, _> = pairs.into_iter().collect();
        assert_eq!(form.len(), count, "a field is there twice");
        form
    }
}

/// What the server does with a request.
pub enum Act {
    Send(Vec<u8>),
    /// Says nothing for ever.
    Hang,
    /// Closes without a word.
    Close,
}

pub struct Peer {
    pub at: SocketAddr,
    seen: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    pub async fn start(handler: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, handler) = (Arc::clone(&seen), Arc::new(handler));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                connections.spawn(async move { serve(stream, &*handler, &log).await });
            }
        });
        Self { at, seen, task }
    }

    /// Answers every request so.
    pub async fn saying(status: u16, body: &'static str) -> Self {
        Self::start(move |_| json(status, body)).await
    }

    pub fn base(&self, path: &str) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}{path}", self.at)).unwrap()
    }

    pub fn client(&self) -> Client {
        Client::new(self.base(""), &connection(Duration::from_secs(20))).unwrap()
    }

    /// A client that has all the time there is: for tests that turn the clock.
    pub fn patient_client(&self) -> Client {
        Client::new(self.base(""), &connection(Duration::from_secs(1_000_000))).unwrap()
    }

    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// What was asked for at this path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let mut seen = self.seen();
        seen.retain(|asked| asked.path == path);
        seen
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn serve(
    mut stream: TcpStream,
    handler: &(dyn Fn(&Asked) -> Act + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) {
    let mut bytes = Vec::new();
    let asked = loop {
        if let Some(asked) = whole(&bytes) {
            break asked;
        }
        match stream.read_buf(&mut bytes).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    };
    log.lock().unwrap().push(asked.clone());
    match handler(&asked) {
        Act::Send(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::Hang => std::future::pending().await,
        Act::Close => {}
    }
}

fn whole(bytes: &[u8]) -> Option<Asked> {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = &bytes[end + 4..];
    let mut lines = head.split("\r\n");
    let mut request = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    (body.len() >= length).then(|| Asked {
        method: request.next().unwrap().to_owned(),
        path: request.next().unwrap().to_owned(),
        headers,
        body: String::from_utf8(body[..length].to_vec()).unwrap(),
        at: Instant::now(),
    })
}

pub fn answer(status: u16, headers: &[&str], body: &[u8]) -> Act {
    let mut head = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for line in headers {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    Act::Send(bytes)
}

pub fn json(status: u16, body: &str) -> Act {
    answer(
        status,
        &["Content-Type: application/json; charset=utf-8"],
        body.as_bytes(),
    )
}

/// Doorkeeper's refusal (contract §3.6).
pub fn refusal(status: u16, error: &str) -> Act {
    json(
        status,
        &format!(r#"{{"error":"{error}","error_description":"Words that change between versions."}}"#),
    )
}

/// The token answer of contract §3.6.
pub fn tokens() -> String {
    format!(
        r#"{{"access_token":"{ACCESS}","token_type":"Bearer","expires_in":7200,"refresh_token":"{REFRESH}","scope":"api read_user","created_at":1795161600}}"#
    )
}

pub fn connection(whole: Duration) -> Connection {
    Connection {
        timeouts: Timeouts {
            connect: whole,
            whole,
        },
        ..Connection::default()
    }
}

pub fn id() -> ApplicationId {
    ApplicationId::read(APP).unwrap()
}

pub fn public() -> Registration {
    Registration {
        application_id: id(),
        secret: None,
    }
}

pub fn confidential() -> Registration {
    Registration {
        application_id: id(),
        secret: Some(ApplicationSecret::read(SECRET).unwrap()),
    }
}

pub fn code(text: &str) -> Code {
    Code::read(text).unwrap()
}

pub fn token(text: &str) -> Token {
    Token::read(text).unwrap()
}

pub fn names(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

/// The value of a query parameter, which has to be there once.
pub fn parameter(url: &url::Url, name: &str) -> String {
    let mut values = url.query_pairs().filter(|(known, _)| known == name);
    let value = values.next().unwrap().1.into_owned();
    assert!(values.next().is_none(), "{name} is there twice");
    value
}

/// Stops the clock; while what it returns lives, only the test turns it, and never the runtime out of boredom, which
/// cannot tell a network that is about to answer from one that will not.
pub struct Stopped {
    _running: mpsc::Sender<()>,
}

pub fn stop_clock() -> Stopped {
    tokio::time::pause();
    let (running, ended) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || {
        let _ = ended.recv();
    });
    Stopped { _running: running }
}

impl Stopped {
    /// Turns the clock while `work` goes on, until it is done.
    pub async fn turning<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let clock = async {
            loop {
                tokio::time::advance(Duration::from_millis(20)).await;
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            biased;
            done = &mut work => done,
            () = clock => unreachable!(),
        }
    }
}
