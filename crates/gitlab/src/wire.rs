//! One request and its answer: deadline, size limit, no redirect followed, no body believed.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, header};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use crate::connection::Reach;
use crate::exchange::{Broken, Coming, Nothing, Stands};
use crate::problem::{Problem, Unusable};
use crate::token::Token;
use crate::unanswered::{Unanswered, of_request};

/// The most bytes of an answer that are read, counted after decompression.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The most bytes read of an answer whose text is only of interest to people.
const PROSE_LIMIT: usize = 64 * 1024;

/// The longest rest a server may ask for and still be asked again in the same operation, in seconds.
const PATIENCE: u64 = 3;

/// How long is waited for the text of an answer whose status has said it already.
const PROSE_TIME: Duration = Duration::from_secs(2);

/// Why a request has no answer to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Unanswered(Unanswered),
    Unusable(Unusable),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unanswered(unanswered) => Self::Unanswered(unanswered),
            Fault::Unusable(unusable) => Self::Unusable(unusable),
        }
    }
}

/// An answer, whole or as much of it as is of interest.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
    /// The secret the question carried: a hostile server may send it back in the hope that it gets shown or stored.
    secret: Option<Zeroizing<String>>,
}

/// The shortest secret that is looked for in an answer, in bytes: shorter ones are in every text.
pub(crate) const TELLING: usize = 8;

impl Answer {
    /// An answer to a question that carried a secret.
    #[cfg(test)]
    pub(crate) fn with_secret(status: u16, headers: HeaderMap, body: Vec<u8>, secret: &str) -> Self {
        Self {
            status,
            headers,
            body,
            secret: Some(Zeroizing::new(secret.to_owned())),
        }
    }

    /// An answer that was read elsewhere, to a question that carried this secret.
    pub(crate) fn of(
        status: u16,
        headers: HeaderMap,
        body: Vec<u8>,
        secret: Option<Zeroizing<String>>,
    ) -> Self {
        Self {
            status,
            headers,
            body,
            secret,
        }
    }

    /// A header's text, if it is there once or more and readable.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON, whatever the content type claims; without the secret, should it be in there.
    pub(crate) fn json(&self) -> Option<Value> {
        let mut json = serde_json::from_slice(&self.body).ok()?;
        self.forget_in(&mut json);
        Some(json)
    }

    fn forget_in(&self, json: &mut Value) {
        match json {
            Value::String(text) => *text = self.without_secret(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.forget_in(value)),
            Value::Object(fields) => {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.forget_in(&mut value);
                        (self.without_secret(&name), value)
                    })
                    .collect();
            }
            _ => {}
        }
    }

    /// A text of the answer with the secret taken out, should it be in there.
    pub(crate) fn without_secret(&self, text: &str) -> String {
        match self.secret.as_ref().filter(|secret| secret.len() >= TELLING) {
            Some(secret) if text.contains(secret.as_str()) => text.replace(secret.as_str(), "[…]"),
            _ => text.to_owned(),
        }
    }

    /// Whether an address the answer names holds the secret, however it is written there: a host's letters are small, and
    /// any character may be escaped.
    pub(crate) fn tells_secret(&self, address: &str) -> bool {
        let secret = self.secret.as_ref().filter(|secret| secret.len() >= TELLING);
        secret.is_some_and(|secret| holds(address, secret))
    }

    /// Whether the answer claims to be JSON.
    pub(crate) fn claims_json(&self) -> bool {
        self.content_type()
            .is_some_and(|kind| kind.ends_with("/json") || kind.ends_with("+json"))
    }

    /// Whether the answer is a web page, by its claim or by its looks.
    pub(crate) fn is_html(&self) -> bool {
        if self
            .content_type()
            .is_some_and(|kind| kind == "text/html" || kind == "application/xhtml+xml")
        {
            return true;
        }
        let start: Vec<u8> = self
            .body
            .trim_ascii_start()
            .iter()
            .take(15)
            .map(u8::to_ascii_lowercase)
            .collect();
        start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
    }

    /// The media type, lower case, without parameters.
    pub(crate) fn content_type(&self) -> Option<String> {
        let text = self.header(header::CONTENT_TYPE)?;
        Some(
            text.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase(),
        )
    }

    /// Seconds of `Retry-After`, which is a number or a date (RFC 9110 §10.2.3). A date is counted from the answer's own:
    /// this computer's clock may be wrong.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let text = self.header(header::RETRY_AFTER)?.trim();
        text.parse().ok().or_else(|| {
            let until = http_date(text)?;
            let now = self.date().unwrap_or_else(jiff::Timestamp::now);
            // A moment that has passed asks for no rest.
            Some(u64::try_from(until.as_second() - now.as_second()).unwrap_or(0))
        })
    }

    /// What the server's clock said when it answered.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        http_date(self.header(header::DATE)?)
    }

    /// Seconds the server's clock is ahead of ours.
    pub(crate) fn clock_ahead_seconds(&self) -> Option<i64> {
        Some(self.date()?.as_second() - jiff::Timestamp::now().as_second())
    }
}

/// Whether an address holds a text, in any case and with any of its characters escaped.
pub(crate) fn holds(address: &str, text: &str) -> bool {
    let text = Zeroizing::new(text.to_ascii_lowercase());
    let mut bytes = Zeroizing::new(Vec::with_capacity(address.len()));
    let mut rest = address.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| behind.split_at_checked(2)).flatten();
        let escaped = escaped.and_then(|(digits, behind)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = escaped.unwrap_or((*first, behind));
        bytes.push(byte.to_ascii_lowercase());
        rest = behind;
    }
    bytes
        .windows(text.len().max(1))
        .any(|window| window == text.as_bytes())
}

/// A date as HTTP writes it.
fn http_date(text: &str) -> Option<jiff::Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp())
}

/// The moment an operation has to end by.
pub(crate) fn deadline(reach: &Reach) -> Instant {
    Instant::now() + reach.timeouts.whole
}

impl Reach {
    /// Sends one request and reads its answer. A server that asks for a short rest (429, 503) is asked once more:
    /// it said that it did nothing.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Url,
        token: Option<&Token>,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let answer = self.ask_once(method.clone(), url, token, deadline).await?;
        let rest = match (answer.status, answer.retry_after()) {
            (429 | 503, Some(seconds)) if seconds <= PATIENCE => Duration::from_secs(seconds),
            _ => return Ok(answer),
        };
        let again = Instant::now() + rest;
        if again >= deadline {
            return Ok(answer);
        }
        sleep_until(again).await;
        self.ask_once(method, url, token, deadline).await
    }

    async fn ask_once(
        &self,
        method: Method,
        url: &Url,
        token: Option<&Token>,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(token) = token {
            let value = bearer(token).map_err(Fault::Unusable)?;
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request
            .body(Nothing)
            .map_err(|_| Fault::Unusable(Unusable::NotHttp))?;
        let stands = Stands::default();
        let request = stands.told_of(request);
        match timeout_at(deadline, self.exchange(request, url)).await {
            Ok(Ok(mut answer)) => {
                answer.secret = token.map(carried);
                Ok(answer)
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(Fault::Unanswered(self.silent(url, stands.connected()))),
        }
    }

    async fn exchange(&self, request: Request<Nothing>, url: &Url) -> Result<Answer, Fault> {
        let mut response = self
            .send(request)
            .await
            .map_err(|error| of_request(&error, url, self))?;
        let status = response.status;
        let headers = std::mem::take(&mut response.headers);
        if status == 407
            && let Some(proxy) = self.proxy(url)
        {
            let detail = "it wants a password".to_owned();
            return Err(Fault::Unanswered(Unanswered::Proxy { proxy, detail }));
        }
        // Redirects and failures of the server are told by their status; what they write is prose.
        if (300..400).contains(&status) || status >= 500 || status == 429 {
            let mut body = Vec::new();
            // However it ends, the status is the answer.
            let _ = timeout(PROSE_TIME, read(&mut response, &mut body, PROSE_LIMIT)).await;
            return Ok(Answer {
                status,
                headers,
                body,
                secret: None,
            });
        }
        let mut body = Vec::new();
        match read(&mut response, &mut body, BODY_LIMIT).await {
            Ok(true) => Ok(Answer {
                status,
                headers,
                body,
                secret: None,
            }),
            Ok(false) => Err(Fault::Unusable(Unusable::TooLarge { limit: BODY_LIMIT })),
            Err(error) => Err(of_request(&error, url, self)),
        }
    }
}

/// The secret a question carries, to be looked for in its answer.
pub(crate) fn carried(token: &Token) -> Zeroizing<String> {
    Zeroizing::new(token.expose().to_owned())
}

/// The header's value a token goes in.
pub(crate) fn bearer(token: &Token) -> Result<HeaderValue, Unusable> {
    let bearer = Zeroizing::new(format!("Bearer {}", token.expose()));
    // A token is printable ASCII, which a header's value may always be.
    let mut value = HeaderValue::from_str(&bearer).map_err(|_| Unusable::NotHttp)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads a body while it stays within `limit` bytes; whether it did.
async fn read(response: &mut Coming, body: &mut Vec<u8>, limit: usize) -> Result<bool, Broken> {
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(false);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(true)
}

/// A duration in whole seconds for people, at least 1.
pub(crate) fn seconds(duration: Duration) -> u64 {
    (duration.as_millis().div_ceil(1000))
        .try_into()
        .unwrap_or(u64::MAX)
        .max(1)
}
