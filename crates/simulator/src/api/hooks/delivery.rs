//! One delivery of a webhook: its headers and signature (contract §6.3), and the request itself. Speaks plain http alone; a
//! receiver behind TLS counts as out of reach.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use url::Url;

use crate::signing::hmac_sha256;
use crate::state::hook::Hook;
use crate::state::{HEX, Instance, random_text};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be sent, before it has an address.
pub(super) struct Parcel {
    pub(super) trigger: &'static str,
    /// The value of `X-Gitlab-Event`.
    pub(super) event: &'static str,
    /// The same over every attempt.
    pub(super) key: String,
    pub(super) body: Value,
}

/// What is to be sent, and where.
pub(super) struct Letter {
    host: String,
    port: u16,
    request: Request<Full<Bytes>>,
}

impl Parcel {
    pub(super) fn new(trigger: &'static str, event: &'static str, body: Value) -> Self {
        Self {
            trigger,
            event,
            key: uuid(),
            body,
        }
    }
}

fn uuid() -> String {
    let part = |length| random_text(length, HEX);
    format!("{}-{}-4{}-8{}-{}", part(8), part(4), part(3), part(3), part(12))
}

/// Puts a parcel into the form of the wire, or says why that cannot be.
pub(super) fn addressed(instance: &Instance, hook: &Hook, parcel: &Parcel) -> Result<Letter, String> {
    let filled = hook
        .url_variables
        .iter()
        .fold(hook.url.clone(), |url, (key, value)| {
            url.replace(&format!("{{{key}}}"), value)
        });
    let url = Url::parse(&filled).map_err(|fault| fault.to_string())?;
    if url.scheme() != "http" {
        return Err("SSL_connect: this simulator delivers over plain http only".to_owned());
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(80);
    let body = parcel.body.to_string();
    let mut request = Request::post(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
    .header("Host", format!("{host}:{port}"))
    .header("Content-Type", "application/json")
    .header("User-Agent", format!("GitLab/{}", instance.version))
    .header("X-Gitlab-Event", parcel.event)
    .header("X-Gitlab-Webhook-UUID", &hook.uuid)
    .header("X-Gitlab-Instance", &instance.canonical)
    .header("X-Gitlab-Event-UUID", uuid());
    if instance.since(17, 4) {
        request = request.header("Idempotency-Key", &parcel.key);
    }
    if let Some(token) = &hook.token {
        request = request.header("X-Gitlab-Token", token);
    }
    if let Some(key) = &hook.signing_key {
        let at = instance.clock.now().as_second();
        let signed = hmac_sha256(key, format!("{}.{at}.{body}", parcel.key).as_bytes());
        request = request
            .header("webhook-id", &parcel.key)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", format!("v1,{}", STANDARD.encode(signed)));
    }
    for (key, value) in &hook.custom_headers {
        request = request.header(key, value);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|fault| fault.to_string())?;
    Ok(Letter { host, port, request })
}

impl Letter {
    /// The receiver's status, or why it was not reached.
    pub(super) async fn send(self) -> Result<u16, String> {
        match tokio::time::timeout(PATIENCE, self.carry()).await {
            Ok(outcome) => outcome,
            Err(_) => Err("Net::ReadTimeout".to_owned()),
        }
    }

    async fn carry(self) -> Result<u16, String> {
        let host = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port))
            .await
            .map_err(|fault| format!("Failed to open TCP connection to {host}:{} ({fault})", self.port))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|fault| fault.to_string())?;
        let driven = tokio::spawn(connection);
        let answer = sender.send_request(self.request).await;
        drop(sender);
        driven.abort();
        answer
            .map(|answer| answer.status().as_u16())
            .map_err(|fault| fault.to_string())
    }
}
