//! Servers that are not a (healthy) GitLab (contract §1.2, §10 items 14 and 15). Each persona is one way to answer every
//! request; the same ways can be had for single requests as faults.

use std::time::Duration;

use bytes::Bytes;
use clap::ValueEnum;
use flate2::{Compression, Crc, FlushCompress, Status};
use hyper::StatusCode;
use hyper::header::{CONTENT_ENCODING, HeaderName, RETRY_AFTER, SERVER};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::asked::Asked;
use crate::body::Body;
use crate::clock::http_date;
use crate::reply::{Outcome, Reply};
use crate::state::Instance;

/// What the server is instead of a GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Persona {
    /// A plain web server: 404 in HTML.
    Nginx,
    /// Gitea: other API, and an `OpenID` document like GitLab's.
    Gitea,
    /// GitHub Enterprise.
    Github,
    /// A proxy that asks for a name and a password.
    BasicAuth,
    /// A sign-in wall: 302 to another host.
    Sso,
    /// A web app that answers everything with a page.
    Html,
    /// 301 to https, same host, port and path. The same port speaks https too, and there a GitLab answers.
    RedirectHttps,
    /// 302 to another host.
    RedirectHost,
    /// 301 to another host: this GitLab has a new address.
    Moved,
    /// 302 to itself.
    RedirectLoop,
    /// Takes requests and says nothing.
    Silent,
    /// Closes the connection instead of answering.
    Closed,
    /// 100 MB of JSON.
    Huge,
    /// 1 GiB of zeros in about 1 MB of gzip.
    GzipBomb,
    /// One byte a second, without end.
    SlowDrip,
    /// GitLab, but what a credential gets is cut off in the middle.
    BrokenJson,
    /// GitLab, but what a credential gets has the wrong types.
    WrongTypes,
    /// GitLab, but what a credential gets is a page, with 200.
    #[value(name = "html-200")]
    Html200,
    /// GitLab's proxy while GitLab is down.
    BadGateway,
    /// GitLab's page while it is deployed or in maintenance.
    Maintenance,
    /// 429 of the rack limiter: plain text, with headers.
    RatePlain,
    /// 429 of the application limiter: JSON, without headers.
    RateJson,
}

/// What a persona does with a request.
pub(crate) enum Play {
    /// Answers itself.
    Instead(Outcome),
    /// Lets GitLab answer, and spoils the answer.
    Spoil(fn(Reply) -> Reply),
    /// Lets GitLab answer.
    Genuine,
}

impl<T: Into<Outcome>> From<T> for Play {
    fn from(outcome: T) -> Self {
        Self::Instead(outcome.into())
    }
}

/// A request as a persona sees it.
pub(crate) fn play(persona: Persona, instance: &Instance, asked: &Asked, over_tls: bool) -> Play {
    match persona {
        Persona::Nginx => nginx(StatusCode::NOT_FOUND).into(),
        Persona::Gitea => gitea(instance, asked).into(),
        Persona::Github => github(instance, asked).into(),
        Persona::BasicAuth => nginx(StatusCode::UNAUTHORIZED)
            .challenged("Basic realm=\"Restricted\"")
            .into(),
        Persona::Sso => {
            let mut wall = instance.redirect_target.clone();
            wall.set_path("/login");
            wall.query_pairs_mut()
                .append_pair("rd", &format!("{}{}", instance.address, asked.path));
            Reply::redirect(StatusCode::FOUND, wall.as_str()).into()
        }
        Persona::Html => page().into(),
        Persona::RedirectHttps if over_tls => Play::Genuine,
        Persona::RedirectHttps => {
            let origin = origin(&instance.address).replacen("http:", "https:", 1);
            Reply::redirect(
                StatusCode::MOVED_PERMANENTLY,
                &format!("{origin}{}", path_and_query(asked)),
            )
            .into()
        }
        Persona::RedirectHost | Persona::Moved => {
            let target = instance.redirect_target.as_str().trim_end_matches('/');
            let status = match persona {
                Persona::Moved => StatusCode::MOVED_PERMANENTLY,
                _ => StatusCode::FOUND,
            };
            Reply::redirect(status, &format!("{target}{}", path_and_query(asked))).into()
        }
        Persona::RedirectLoop => {
            let here = format!("{}{}", origin(&instance.address), path_and_query(asked));
            Reply::redirect(StatusCode::FOUND, &here).into()
        }
        Persona::Silent => Outcome::Silence.into(),
        Persona::Closed => Outcome::Close.into(),
        Persona::Huge => huge().into(),
        Persona::GzipBomb => gzip_bomb().into(),
        Persona::SlowDrip => slow_drip().into(),
        Persona::BrokenJson if asked.has_credentials() => Play::Spoil(cut),
        Persona::WrongTypes if asked.has_credentials() => Play::Spoil(mistype),
        Persona::Html200 if asked.has_credentials() => page().into(),
        Persona::BrokenJson | Persona::WrongTypes | Persona::Html200 => Play::Genuine,
        Persona::BadGateway => bad_gateway().into(),
        Persona::Maintenance => maintenance().into(),
        Persona::RatePlain => rate_plain(instance, "60").into(),
        Persona::RateJson => rate_json().into(),
    }
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> String {
    let end = address
        .match_indices('/')
        .nth(2)
        .map_or(address.len(), |(at, _)| at);
    address.get(..end).unwrap_or(address).to_owned()
}

fn path_and_query(asked: &Asked) -> String {
    if asked.query.is_empty() {
        asked.path.clone()
    } else {
        format!("{}?{}", asked.path, asked.query)
    }
}

/// nginx's own page for a status.
pub(crate) fn nginx(status: StatusCode) -> Reply {
    let text = format!(
        "{} {}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default()
    );
    let page = format!(
        "<html>\r\n<head><title>{text}</title></head>\r\n<body>\r\n<center><h1>{text}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    Reply::html(status, page).with(SERVER, "nginx")
}

pub(crate) fn page() -> Reply {
    Reply::html(
        StatusCode::OK,
        "<!DOCTYPE html><html><head><title>Intranet</title></head><body><div id=\"app\"></div></body></html>",
    )
}

fn gitea(instance: &Instance, asked: &Asked) -> Reply {
    let parts = asked.parts();
    let inside = parts
        .get(instance.subpath.matches('/').count()..)
        .unwrap_or_default();
    match inside {
        ["api", "v1", "version"] => Reply::ok(&json!({ "version": "1.24.6" })),
        [".well-known", "openid-configuration"] => {
            let base = &instance.canonical;
            Reply::ok(&json!({
                "issuer": base,
                "authorization_endpoint": format!("{base}/login/oauth/authorize"),
                "token_endpoint": format!("{base}/login/oauth/access_token"),
                "jwks_uri": format!("{base}/login/oauth/keys"),
                "userinfo_endpoint": format!("{base}/login/oauth/userinfo"),
                "response_types_supported": ["code", "id_token"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
            }))
        }
        [] => Reply::html(
            StatusCode::OK,
            "<!DOCTYPE html><html><head><meta property=\"og:site_name\" content=\"Gitea\"></head>\
             <body>Powered by Gitea</body></html>",
        ),
        _ => Reply::text(StatusCode::NOT_FOUND, "404 page not found\n"),
    }
}

fn github(instance: &Instance, asked: &Asked) -> Reply {
    let docs = "https://docs.github.com/enterprise-server@3.17/rest";
    let parts = asked.parts();
    let inside = parts
        .get(instance.subpath.matches('/').count()..)
        .unwrap_or_default();
    let reply = match inside {
        ["api", "v3", "meta"] => {
            Reply::ok(&json!({ "verifiable_password_authentication": true, "installed_version": "3.17.4" }))
        }
        ["api", "v3", ..] => Reply::json(
            StatusCode::NOT_FOUND,
            &json!({ "message": "Not Found", "documentation_url": docs }),
        ),
        [] => Reply::html(
            StatusCode::OK,
            "<!DOCTYPE html><html><head><title>GitHub</title></head></html>",
        ),
        _ => Reply::html(
            StatusCode::NOT_FOUND,
            "<!DOCTYPE html><title>Page not found · GitHub</title>",
        ),
    };
    reply
        .with(SERVER, "GitHub.com")
        .with(HeaderName::from_static("x-github-request-id"), "A1B2:C3D4:E5F6")
}

pub(crate) fn bad_gateway() -> Reply {
    Reply::html(
        StatusCode::BAD_GATEWAY,
        "<!DOCTYPE html><html><head><title>GitLab is not responding (502)</title></head>\
         <body><h1>502</h1><h3>Whoops, GitLab is taking too much time to respond.</h3></body></html>",
    )
    .with(SERVER, "nginx")
}

pub(crate) fn maintenance() -> Reply {
    Reply::html(
        StatusCode::SERVICE_UNAVAILABLE,
        "<!DOCTYPE html><html><head><title>GitLab is down for maintenance (503)</title></head>\
         <body><h1>503</h1><h3>GitLab is not available right now.</h3></body></html>",
    )
    .with(SERVER, "nginx")
}

/// The rack limiter (contract §8.2).
pub(crate) fn rate_plain(instance: &Instance, retry_after: &str) -> Reply {
    let reset = instance.clock.now().as_second() + 60;
    let at = jiff::Timestamp::from_second(reset).unwrap_or_default();
    let date = http_date(at);
    Reply::new(StatusCode::TOO_MANY_REQUESTS, "text/plain", "Retry later\n")
        .with(RETRY_AFTER, retry_after)
        .with(
            HeaderName::from_static("ratelimit-name"),
            "throttle_authenticated_api",
        )
        .with(HeaderName::from_static("ratelimit-limit"), "120")
        .with(HeaderName::from_static("ratelimit-observed"), "121")
        .with(HeaderName::from_static("ratelimit-remaining"), "0")
        .with(HeaderName::from_static("ratelimit-reset"), &reset.to_string())
        .with(HeaderName::from_static("ratelimit-resettime"), &date)
}

/// The application limiter (contract §8.2): no `Retry-After`.
pub(crate) fn rate_json() -> Reply {
    let text = "This endpoint has been requested too many times. Try again later.";
    Reply::json(
        StatusCode::TOO_MANY_REQUESTS,
        &json!({ "message": { "error": text } }),
    )
}

const KIB: usize = 1_024;

pub(crate) fn huge() -> Reply {
    let mut reply = Reply::new(StatusCode::OK, "application/json", "");
    reply.body = Body::Repeated {
        first: Bytes::from_static(b"{\"version\":\""),
        chunk: Bytes::from(vec![b'9'; 100 * KIB]),
        times: 1_000,
        last: Bytes::from_static(b"\"}"),
    };
    reply
}

const BOMB_BLOCK: usize = KIB * KIB;
const BOMB_BLOCKS: u32 = 1_024;

/// One deflate block of a mebibyte of zeros that ends on a byte, sent a thousand times: a whole and correct gzip file.
pub(crate) fn gzip_bomb() -> Reply {
    let zeros = vec![0_u8; BOMB_BLOCK];
    let mut chunk = Vec::with_capacity(8 * KIB);
    let mut deflate = flate2::Compress::new(Compression::best(), false);
    let done = deflate.compress_vec(&zeros, &mut chunk, FlushCompress::Full);
    debug_assert!(matches!(done, Ok(Status::Ok)));

    let mut block = Crc::new();
    block.update(&zeros);
    let mut whole = Crc::new();
    for _ in 0..BOMB_BLOCKS {
        whole.combine(&block);
    }
    let mut last = vec![0x01, 0x00, 0x00, 0xff, 0xff];
    last.extend(whole.sum().to_le_bytes());
    last.extend(whole.amount().to_le_bytes());

    let mut reply = Reply::new(StatusCode::OK, "application/json", "").with(CONTENT_ENCODING, "gzip");
    reply.body = Body::Repeated {
        first: Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]),
        chunk: chunk.into(),
        times: u64::from(BOMB_BLOCKS),
        last: last.into(),
    };
    reply
}

pub(crate) fn slow_drip() -> Reply {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while sender.send(Ok(Bytes::from_static(b" "))).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut reply = Reply::new(StatusCode::OK, "application/json", "");
    reply.body = Body::Streamed(receiver);
    reply
}

/// The first half of a JSON answer, as if that were all.
pub(crate) fn cut(mut reply: Reply) -> Reply {
    if let Body::Whole(bytes) = &mut reply.body {
        bytes.truncate(bytes.len() / 2);
    }
    reply
}

/// A JSON answer with every value of another type.
pub(crate) fn mistype(mut reply: Reply) -> Reply {
    if let Body::Whole(bytes) = &reply.body
        && let Ok(value) = serde_json::from_slice(bytes)
    {
        reply.body = other_type(value, true).to_string().into();
    }
    reply
}

fn other_type(value: Value, outermost: bool) -> Value {
    match value {
        Value::Object(fields) if outermost => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, other_type(value, false)))
                .collect(),
        ),
        Value::Null => json!([null]),
        Value::Bool(_) => json!("perhaps"),
        Value::Number(_) => json!("seventeen"),
        Value::String(_) => json!(17),
        Value::Array(_) => Value::Object(Map::new()),
        Value::Object(_) => json!([]),
    }
}
