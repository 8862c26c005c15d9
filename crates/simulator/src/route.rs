//! One request from its arrival to its answer: control, then faults, then the persona, then GitLab, and what stands in the
//! log at the end.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, DATE, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER};
use hyper::{Request, StatusCode};

use crate::asked::Asked;
use crate::clock::http_date;
use crate::fault::{Hit, Kind};
use crate::log::Arrival;
use crate::persona::{Play, nginx, play, rate_plain};
use crate::reply::{Outcome, Reply, unauthorized};
use crate::state::{HEX, Instance, random_text};
use crate::{api, control, git, oauth, pages};

/// Largest body of a request outside git.
const LARGEST_BODY: usize = 4 * 1_024 * 1_024;

/// Ends a log entry even when the caller goes away first.
struct Logged<'a> {
    instance: &'a Instance,
    number: u64,
    status: Option<u16>,
}

impl Drop for Logged<'_> {
    fn drop(&mut self) {
        self.instance.world().log.end(self.number, self.status);
    }
}

/// Answers one request.
pub(crate) async fn answer(
    instance: Arc<Instance>,
    request: Request<Incoming>,
    peer: IpAddr,
    over_tls: bool,
) -> Outcome {
    let (head, body) = request.into_parts();
    let mut asked = Asked::new(head.method, &head.uri, head.headers, peer);
    if let Some(what) = control_asked(&instance, &asked) {
        return controlled(&instance, &asked, &what, body).await;
    }
    let number = instance.world().log.begin(&Arrival {
        method: asked.method.as_str(),
        path: &asked.path,
        query: &asked.query,
        credential: credential(&asked),
        at: instance.clock.now(),
    });
    let mut logged = Logged {
        instance: &instance,
        number,
        status: None,
    };
    let outcome = decided(&instance, &mut asked, body, over_tls).await;
    match &outcome {
        Outcome::Answer(reply) => logged.status = Some(reply.status.as_u16()),
        Outcome::Close => {}
        // Held here, so that the entry stays open for as long as the caller waits.
        Outcome::Silence => std::future::pending::<()>().await,
    }
    outcome
}

/// Where a credential was shown, for the log.
fn credential(asked: &Asked) -> &'static str {
    let scheme = asked
        .header("authorization")
        .and_then(|text| text.split(' ').next());
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        _ if asked.headers.contains_key("private-token") => "private-token",
        Some("bearer") => "bearer",
        Some("basic") => "basic",
        Some(_) => "other",
        None if asked.has_credentials() => "parameter",
        None => "none",
    }
}

/// What is asked of control: at the root of the address, and for whoever puts `/_sim/` behind the address that was told,
/// under the subpath as well.
fn control_asked(instance: &Instance, asked: &Asked) -> Option<Vec<String>> {
    let under = asked
        .path
        .strip_prefix(&instance.subpath)
        .map(crate::asked::split);
    [Some(asked.segments.clone()), under]
        .into_iter()
        .flatten()
        .find_map(|segments| {
            Some(
                segments
                    .split_first()
                    .filter(|(first, _)| *first == "_sim")?
                    .1
                    .to_vec(),
            )
        })
}

async fn controlled(instance: &Instance, asked: &Asked, what: &[String], body: Incoming) -> Outcome {
    // A web page is no caller either: browsers say where a page's request comes from.
    if !asked.peer.is_loopback() || asked.headers.contains_key(ORIGIN) {
        return nginx(StatusCode::NOT_FOUND).into();
    }
    let Some(body) = collected(body).await else {
        return nginx(StatusCode::PAYLOAD_TOO_LARGE).into();
    };
    let parts: Vec<&str> = what.iter().map(String::as_str).collect();
    control::answer(instance, &asked.method, &parts, &body).into()
}

async fn decided(instance: &Instance, asked: &mut Asked, body: Incoming, over_tls: bool) -> Outcome {
    let hit = instance.world().faults.take(&asked.path, &instance.subpath);
    let spoil = match faulted(instance, asked, hit.as_ref(), over_tls).await {
        Play::Instead(outcome) => return outcome,
        Play::Spoil(spoil) => Some(spoil),
        Play::Genuine => match instance
            .persona
            .map(|persona| play(persona, instance, asked, over_tls))
        {
            Some(Play::Instead(outcome)) => return outcome,
            Some(Play::Spoil(spoil)) => Some(spoil),
            Some(Play::Genuine) | None => None,
        },
    };
    let reply = genuine(instance, asked, body).await;
    if hit.is_some_and(|hit| matches!(hit.kind, Kind::LostResponse)) {
        return Outcome::Close;
    }
    match spoil {
        Some(spoil) => spoil(reply).into(),
        None => reply.into(),
    }
}

async fn faulted(instance: &Instance, asked: &Asked, hit: Option<&Hit>, over_tls: bool) -> Play {
    let Some(hit) = hit else { return Play::Genuine };
    match &hit.kind {
        Kind::Persona(persona) => play(*persona, instance, asked, over_tls),
        Kind::Slow => {
            tokio::time::sleep(hit.delay()).await;
            Play::Genuine
        }
        Kind::Transient401 => stamped(instance, unauthorized()).into(),
        Kind::TransientInvalidGrant => stamped(instance, *oauth::invalid_grant()).into(),
        Kind::Unavailable => Reply::message(StatusCode::SERVICE_UNAVAILABLE, "503 Service Unavailable")
            .with(RETRY_AFTER, &hit.seconds.to_string())
            .into(),
        Kind::RateLimited => rate_plain(instance, &hit.seconds.to_string()).into(),
        Kind::RateLimitedUntil => {
            let now = instance.clock.now();
            let rest = jiff::SignedDuration::try_from(hit.delay()).unwrap_or_default();
            let until = http_date(now.saturating_add(rest).unwrap_or(now));
            stamped(instance, rate_plain(instance, &until)).into()
        }
        Kind::Together(barrier) => match tokio::time::timeout(hit.delay(), barrier.wait()).await {
            Ok(_) => Play::Genuine,
            Err(_) => Reply::text(StatusCode::GATEWAY_TIMEOUT, "the others did not come\n").into(),
        },
        Kind::LostResponse => Play::Genuine,
    }
}

/// The simulated GitLab's own answer.
async fn genuine(instance: &Instance, asked: &mut Asked, body: Incoming) -> Reply {
    // On a subpath install the host's root belongs to another server (contract §1.4).
    match asked.path.strip_prefix(&instance.subpath) {
        Some(inside) if inside.is_empty() || inside.starts_with('/') => {
            asked.segments = crate::asked::split(inside);
        }
        _ => return nginx(StatusCode::NOT_FOUND),
    }
    if let Some(target) = git::target(asked) {
        return stamped(instance, git::serve(instance, asked, body, &target).await);
    }
    let Some(body) = collected(body).await else {
        return nginx(StatusCode::PAYLOAD_TOO_LARGE);
    };
    asked.take_body(&body);
    let parts = asked.parts();
    let reply = match parts.as_slice() {
        ["api", rest @ ..] => api::answer(instance, asked, rest).await.unless_known(asked),
        parts => pages::answer(instance, asked, parts),
    };
    stamped(instance, reply)
}

async fn collected(body: Incoming) -> Option<Bytes> {
    Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .ok()
        .map(http_body_util::Collected::to_bytes)
}

/// The headers of every answer of GitLab's (contract §1.1); a proxy may have removed the telling ones.
fn stamped(instance: &Instance, mut reply: Reply) -> Reply {
    reply
        .headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("max-age=0, private, must-revalidate"));
    reply = reply
        .with(HeaderName::from_static("x-content-type-options"), "nosniff")
        .with(HeaderName::from_static("x-frame-options"), "SAMEORIGIN")
        // Its own clock's, which a client may measure its own by (contract §8.4).
        .with(DATE, &http_date(instance.clock.now()));
    if instance.strip_headers {
        return reply;
    }
    let id = format!("01J{}", random_text(23, HEX).to_ascii_uppercase());
    let meta = format!("{{\"correlation_id\":\"{id}\",\"version\":\"1\"}}");
    reply
        .with(HeaderName::from_static("x-request-id"), &id)
        .with(HeaderName::from_static("x-gitlab-meta"), &meta)
        .with(HeaderName::from_static("x-runtime"), "0.031415")
}
