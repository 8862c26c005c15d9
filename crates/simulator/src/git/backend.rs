//! `git http-backend` as a CGI program: the request's body streams in, the answer streams out, both at once.

use std::io;
use std::path::Path;
use std::process::Stdio;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use super::Target;
use crate::asked::Asked;
use crate::body::Body;
use crate::reply::Reply;
use crate::state::Instance;

const CHUNK: usize = 64 * 1_024;
const LONGEST_HEADER: u64 = 64 * 1_024;

/// A git that reads nobody's configuration.
pub(super) fn git(home: &Path) -> Command {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        git.env_remove(name);
    }
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .kill_on_drop(true);
    git
}

/// Runs the program for one request. `user` makes it accept a push.
pub(super) async fn run(
    instance: &Instance,
    asked: &Asked,
    body: Incoming,
    directory: &str,
    target: &Target,
    user: Option<&str>,
) -> io::Result<Reply> {
    let mut command = git(&instance.home);
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &instance.repositories)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{directory}/{}", target.rest))
        .env("REQUEST_METHOD", asked.method.as_str())
        .env("QUERY_STRING", &asked.query)
        .env("REMOTE_ADDR", asked.peer.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let passed = [
        ("content-type", "CONTENT_TYPE"),
        ("content-length", "CONTENT_LENGTH"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ];
    for (header, variable) in passed {
        if let Some(value) = asked.header(header) {
            command.env(variable, value);
        }
    }
    if let Some(user) = user {
        command.env("REMOTE_USER", user);
    }
    let mut child = command.spawn()?;
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(feed(body, stdin));
    }
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no standard output"))?;
    let mut output = BufReader::with_capacity(CHUNK, stdout);
    let (status, headers) = head(&mut output).await?;

    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let mut chunk = BytesMut::with_capacity(CHUNK);
            let part = match output.read_buf(&mut chunk).await {
                Ok(0) => break,
                Ok(_) => Ok(chunk.freeze()),
                Err(fault) => Err(fault),
            };
            if sender.send(part).await.is_err() {
                break;
            }
        }
        // Waited for, so that no dead child is left; dropped early it would be killed.
        let _ = child.wait().await;
    });
    Ok(Reply {
        status,
        headers,
        body: Body::Streamed(receiver),
    })
}

/// Copies the request's body; a program that stops reading is not a fault.
async fn feed(mut body: Incoming, mut stdin: ChildStdin) {
    while let Some(Ok(frame)) = body.frame().await {
        let data: Bytes = frame.into_data().unwrap_or_default();
        if stdin.write_all(&data).await.is_err() {
            return;
        }
    }
    let _ = stdin.shutdown().await;
}

/// The CGI headers, up to the empty line.
async fn head(output: &mut BufReader<ChildStdout>) -> io::Result<(StatusCode, HeaderMap)> {
    let mut status = StatusCode::OK;
    let mut headers = HeaderMap::new();
    let mut limited = output.take(LONGEST_HEADER);
    loop {
        let mut line = String::new();
        if limited.read_line(&mut line).await? == 0 {
            return Err(io::Error::other("git http-backend ended before its headers did"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Ok((status, headers));
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            status = StatusCode::from_bytes(code.as_bytes()).map_err(io::Error::other)?;
        } else if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}
