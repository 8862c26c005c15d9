//! A small web server for tests that can be as rude as a test needs: it writes the bytes it is told to, as slowly as it
//! is told to, and remembers what it was asked. Written from sockets up, so that no library's good manners get in the way.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "every test file uses its own part of it"
)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gitlab::{BaseUrl, Connection, Timeouts, Token};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub encrypted: bool,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub enum Act {
    /// Writes this and closes.
    Send(Vec<u8>),
    /// Writes the first part, then the second again and again, at this interval, for ever.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// Writes the first part, then the second so many times, as fast as it is taken.
    Flood(Vec<u8>, Vec<u8>, usize),
    /// Keeps the connection open and says nothing.
    Hang,
    /// Closes without a word.
    Close,
}

type Handler = Arc<dyn Fn(&Seen) -> Act + Send + Sync>;

pub struct Server {
    pub at: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn plain(handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        Self::start("127.0.0.1:0", None, Arc::new(handler)).await
    }

    /// TLS alone or, on the same port, plain http too: the first byte decides.
    pub async fn tls(
        config: rustls::ServerConfig,
        handler: impl Fn(&Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::start("127.0.0.1:0", Some(Arc::new(config)), Arc::new(handler)).await
    }

    pub async fn start(bind: &str, config: Option<Arc<rustls::ServerConfig>>, handler: Handler) -> Self {
        let listener = TcpListener::bind(bind).await.unwrap();
        let at = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, log, config) = (Arc::clone(&handler), Arc::clone(&log), config.clone());
                connections.spawn(async move {
                    let mut first = [0];
                    let greeting =
                        config.is_some() && stream.peek(&mut first).await.is_ok() && first == [0x16];
                    match config {
                        Some(config) if greeting => {
                            if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
                                serve(stream, true, &handler, &log).await;
                            }
                        }
                        _ => serve(stream, false, &handler, &log).await,
                    }
                });
            }
        });
        Self { at, seen, task }
    }

    pub fn base(&self, path: &str) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}{path}", self.at)).unwrap()
    }

    pub fn base_over_tls(&self, host: &str, path: &str) -> BaseUrl {
        BaseUrl::parse(&format!("https://{host}:{}{path}", self.at.port())).unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// `METHOD path` of all requests, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self
            .seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect();
        asked.sort();
        asked
    }

    /// Whether any request carried anything of the token, anywhere.
    pub fn saw(&self, secret: &str) -> bool {
        format!("{:?}", self.seen()).contains(secret)
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    encrypted: bool,
    handler: &Handler,
    log: &Mutex<Vec<Seen>>,
) {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 && head.len() < 1_000_000 => head.extend_from_slice(&chunk[..read]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ');
    let seen = Seen {
        method: request.next().unwrap_or_default().to_owned(),
        path: request.next().unwrap_or_default().to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        encrypted,
    };
    let act = handler(&seen);
    log.lock().unwrap().push(seen);
    match act {
        Act::Send(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::Drip(first, again, interval) => {
            let _ = stream.write_all(&first).await;
            loop {
                if stream.write_all(&again).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                tokio::time::sleep(interval).await;
            }
        }
        Act::Flood(first, again, times) => {
            let _ = stream.write_all(&first).await;
            for _ in 0..times {
                if stream.write_all(&again).await.is_err() {
                    return;
                }
            }
            let _ = stream.shutdown().await;
        }
        Act::Hang => std::future::pending().await,
        Act::Close => {}
    }
}

/// An answer with these header lines and this body.
pub fn answer(status: u16, headers: &[&str], body: &[u8]) -> Act {
    let mut bytes = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for line in headers {
        bytes.push_str(line);
        bytes.push_str("\r\n");
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    Act::Send(bytes)
}

pub fn json(status: u16, body: &str) -> Act {
    answer(status, &["Content-Type: application/json"], body.as_bytes())
}

pub fn html(status: u16, body: &str) -> Act {
    answer(
        status,
        &["Content-Type: text/html; charset=utf-8"],
        body.as_bytes(),
    )
}

pub fn redirect(status: u16, to: &str) -> Act {
    answer(status, &[&format!("Location: {to}")], b"")
}

/// GitLab's answer to whoever shows no token (contract §1.1).
pub fn no_token() -> Act {
    json(401, r#"{"message":"401 Unauthorized"}"#)
}

/// GitLab's answer for a route it does not have.
pub fn no_route() -> Act {
    json(404, r#"{"error":"404 Not Found"}"#)
}

/// A port where nothing listens, held until dropped: it is bound and not listened at, so connections are refused, and the
/// system gives it to no other test.
pub struct ClosedPort {
    pub at: SocketAddr,
    _held: TcpSocket,
}

pub fn closed_port() -> ClosedPort {
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = held.local_addr().unwrap();
    ClosedPort { at, _held: held }
}

/// Short waits and no proxies.
pub fn connection() -> Connection {
    Connection {
        timeouts: Timeouts {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(15),
        },
        ..Connection::default()
    }
}

/// As [`connection`], for tests in which the time runs out.
pub fn impatient() -> Connection {
    Connection {
        timeouts: Timeouts {
            connect: Duration::from_millis(400),
            whole: Duration::from_millis(600),
        },
        ..Connection::default()
    }
}

/// The secret all tests use.
pub const SECRET: &str = "glpat-CANARY-0123456789";

pub fn token() -> Token {
    Token::read(SECRET).unwrap()
}
