//! What a request is taken for: parsing and rules, without any I/O. Total: any bytes get a verdict.

use url::form_urlencoded;

use super::page::Status;
use crate::oauth::CALLBACK;
use crate::oauth::Code;

/// The longest head of a request that is read, in bytes.
pub const HEAD_LIMIT: usize = 16 * 1024;

/// The most headers a request may have; browsers send some twenty.
const HEADERS_LIMIT: usize = 100;

/// The longest error code passed on, in bytes.
const ERROR_LIMIT: usize = 64;

/// What is waited for.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The port listened on: `Host` has to name it.
    pub port: u16,
    /// Whether a text is the `state` that is waited for; has to take the same time however much of it is right.
    pub state_matches: &'a dyn Fn(&str) -> bool,
    /// What an `iss` has to be equal to, if it is known (RFC 9207 §2.4); else an answer with one is
    /// [`Verdict::Named`].
    pub issuer: Option<&'a str>,
}

/// What a request is.
pub enum Verdict {
    /// Not whole yet.
    Incomplete,
    /// GitLab's yes to the request that is waited for.
    Code(Code),
    /// GitLab's no to it (RFC 6749 §4.1.2.1).
    Denied {
        /// The error code, `access_denied` for instance: lower-case letters, digits and underscores, at most 64;
        /// anything else is `unknown`.
        error: String,
    },
    /// An answer to it that calls itself another server's (RFC 9207).
    WrongIssuer,
    /// An answer to it that names its server, while nothing is known to compare that with.
    Named {
        /// What it names.
        iss: String,
        /// What it is if that is right.
        answer: Box<Verdict>,
    },
    /// Anything else.
    Stranger(Stranger),
}

/// Why a request is not what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// No HTTP, or damaged.
    NotHttp,
    /// A head of more than 16 KiB or 100 headers.
    TooLarge,
    /// Not a GET.
    Method,
    /// Not `/callback`.
    Path,
    /// `Host` is missing, repeated, or not this listener: a name that was made to lead here, for instance.
    Host,
    /// Made by a web page and not by the browser's own going there: fetched, embedded, or fetched ahead.
    FromPage,
    /// `code`, `state`, `error` or `iss` more than once.
    Repeated,
    /// `state` is missing or not the one waited for.
    State,
    /// Both `code` and `error`.
    Both,
    /// Neither, or a code no server gives.
    NoAnswer,
}

impl Stranger {
    pub(super) fn status(self) -> Status {
        match self {
            Self::NotHttp | Self::Repeated | Self::State | Self::Both | Self::NoAnswer => Status::BadRequest,
            Self::TooLarge => Status::TooLarge,
            Self::Method => Status::MethodNotAllowed,
            Self::Path => Status::NotFound,
            Self::Host => Status::Misdirected,
            Self::FromPage => Status::Forbidden,
        }
    }
}

/// Judges what has been read of a request so far. `state` is looked at last but for what follows from it, and nothing a
/// stranger says makes a difference to what is waited for.
#[must_use]
pub fn judge(head: &[u8], rules: &Rules<'_>) -> Verdict {
    match whole(head, rules) {
        Ok(verdict) => verdict,
        Err(stranger) => Verdict::Stranger(stranger),
    }
}

fn whole(head: &[u8], rules: &Rules<'_>) -> Result<Verdict, Stranger> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_LIMIT];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_LIMIT => {}
        Ok(httparse::Status::Partial) if head.len() < HEAD_LIMIT => return Ok(Verdict::Incomplete),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(Stranger::TooLarge),
        Err(_) => return Err(Stranger::NotHttp),
    }
    if request.method != Some("GET") {
        return Err(Stranger::Method);
    }
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != CALLBACK {
        return Err(Stranger::Path);
    }
    if only(request.headers, "host") != Ok(Some(format!("127.0.0.1:{}", rules.port).as_bytes())) {
        return Err(Stranger::Host);
    }
    if !is_navigation(request.headers) {
        return Err(Stranger::FromPage);
    }
    callback(query, rules)
}

/// The one value of a header; an error if there are several.
fn only<'a>(headers: &'a [httparse::Header<'a>], name: &str) -> Result<Option<&'a [u8]>, ()> {
    let mut values = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value);
    let first = values.next();
    if values.next().is_some() {
        Err(())
    } else {
        Ok(first)
    }
}

/// Whether the browser goes there itself. Fetch Metadata cannot be set by a page; a browser that does not send it, or
/// a person with another program, is judged by `Origin`, which goes with everything that a page fetches or posts.
/// `Origin: null` on a navigation is what some browsers make of a redirect after a form.
fn is_navigation(headers: &[httparse::Header<'_>]) -> bool {
    let says = |name: &str, value: &[u8]| match only(headers, name) {
        Ok(None) => Some(true),
        Ok(Some(said)) => Some(said == value),
        Err(()) => None,
    };
    let present = |name: &str| only(headers, name) != Ok(None);
    let attested = present("sec-fetch-mode") && present("sec-fetch-dest");
    let origin = match only(headers, "origin") {
        Ok(None) => true,
        Ok(Some(origin)) => origin == b"null" && attested,
        Err(()) => false,
    };
    says("sec-fetch-mode", b"navigate") == Some(true)
        && says("sec-fetch-dest", b"document") == Some(true)
        && !present("sec-purpose")
        && !present("purpose")
        && origin
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Judges the parameters (RFC 6749 §4.1.2). Unknown ones are none of our business (contract §3.13).
fn callback(query: &str, rules: &Rules<'_>) -> Result<Verdict, Stranger> {
    let mut told = Parameters::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "code" => &mut told.code,
            "state" => &mut told.state,
            "error" => &mut told.error,
            "iss" => &mut told.iss,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Stranger::Repeated);
        }
    }
    if !told.state.as_deref().is_some_and(rules.state_matches) {
        return Err(Stranger::State);
    }
    let verdict = match (told.code, told.error) {
        (Some(_), Some(_)) => return Err(Stranger::Both),
        (None, None) => return Err(Stranger::NoAnswer),
        (Some(code), None) => Verdict::Code(Code::take(code).ok_or(Stranger::NoAnswer)?),
        (None, Some(error)) => Verdict::Denied { error: named(error) },
    };
    match (told.iss, rules.issuer) {
        (Some(told), Some(issuer)) if told != issuer => Ok(Verdict::WrongIssuer),
        (Some(iss), None) => Ok(Verdict::Named {
            iss,
            answer: Box::new(verdict),
        }),
        _ => Ok(verdict),
    }
}

fn named(error: String) -> String {
    let fine = (1..=ERROR_LIMIT).contains(&error.len())
        && error
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fine { error } else { "unknown".to_owned() }
}
