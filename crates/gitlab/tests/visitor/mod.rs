//! Whoever knocks at the listener: a browser, a stranger.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "every test file uses its own part of it"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use gitlab::{ApplicationId, AuthorizationRequest, BaseUrl, LoopbackListener};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const CODE: &str = "c0deCANARY0000000000000000000000000000000000000000000000000000cc";

pub fn request(listener: &LoopbackListener) -> AuthorizationRequest {
    AuthorizationRequest::new(
        &BaseUrl::parse("https://git.example.test/gitlab").unwrap(),
        &ApplicationId::read("a11ca71").unwrap(),
        &listener.redirect_uri(),
        &["api".to_owned()],
    )
}

pub fn state(request: &AuthorizationRequest) -> String {
    let (_, state) = request
        .url()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap();
    state.into_owned()
}

/// What a browser sends when GitLab sends it there.
pub fn navigation(port: u16, query: &str) -> String {
    format!(
        "GET /callback?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0\r\n\
         Accept: text/html\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\
         Upgrade-Insecure-Requests: 1\r\nConnection: keep-alive\r\n\r\n"
    )
}

pub async fn connect(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// Sends and reads the whole answer; empty if there is none.
pub async fn ask(port: u16, text: &str) -> String {
    let mut stream = connect(port).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    rest(stream).await
}

pub async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

pub fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .unwrap_or_else(|| panic!("no answer: {answer:?}"))
        .parse()
        .unwrap()
}
