//! No usable answer: nothing was learned about who is there or whether a token lives.

use std::error::Error;
use std::io::{self, ErrorKind};

use url::Url;

use crate::connection::Reach;
use crate::problem::Unusable;
use crate::tls::{TlsKind, TlsProblem};
use crate::wire::{Fault, seconds};

/// What the HTTP library takes of an answer's headers at most, in bytes; told to people, not enforced here.
const HEADERS_LIMIT: usize = 400 * 1024;

/// Why no usable answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The name is not known to the network's name service.
    #[error("the name {host} is not known on this network")]
    NameNotFound {
        /// The host asked for.
        host: String,
    },
    /// Something answered the knock and shut the door: no program listens there.
    #[error("nothing listens at {host_port}")]
    Refused {
        /// Host and port.
        host_port: String,
    },
    /// No way leads there.
    #[error("{host_port} cannot be reached from this network")]
    Unreachable {
        /// Host and port.
        host_port: String,
    },
    /// Nothing (or not the whole answer) came in time.
    #[error("no whole answer came within {after_seconds} seconds")]
    Silent {
        /// How long was waited, in seconds, at least 1.
        after_seconds: u64,
    },
    /// No trustworthy encrypted connection.
    #[error(transparent)]
    Tls(Box<TlsProblem>),
    /// Too many requests.
    #[error("the server asks for fewer requests{}", retry_after.map(|s| format!("; it wants {s} seconds of rest")).unwrap_or_default())]
    RateLimited {
        /// Seconds the server wants to be left alone for, if it says.
        retry_after: Option<u64>,
    },
    /// The server is there and broken: 5xx.
    #[error("the server has a problem of its own (status {status})")]
    ServerError {
        /// The HTTP status, 500 to 599.
        status: u16,
    },
    /// The server says that it is being maintained.
    #[error("the server is being maintained")]
    Maintenance,
    /// The proxy on the way does not let the request through.
    #[error("the proxy{}{proxy} does not let the request through: {detail}", if proxy.is_empty() { "" } else { " " })]
    Proxy {
        /// The proxy's host and port, or empty when it cannot be told.
        proxy: String,
        /// What went wrong with it.
        detail: String,
    },
    /// The connection broke off in the middle.
    #[error("the connection broke off")]
    ConnectionLost,
}

impl From<TlsProblem> for Unanswered {
    fn from(problem: TlsProblem) -> Self {
        Self::Tls(Box::new(problem))
    }
}

/// Which of the cases a failed request is, by the kinds of the errors in its chain of causes.
pub(crate) fn of_request(error: &reqwest::Error, url: &Url, reach: &Reach) -> Fault {
    let host = url.host_str().unwrap_or_default();
    let causes = causes(error);
    if let Some(tls) = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
    {
        return Fault::Unanswered(of_tls(tls, host, reach).into());
    }
    if let Some(detail) = causes.iter().find_map(|cause| tunnel(*cause)) {
        return Fault::Unanswered(Unanswered::Proxy {
            proxy: reach.proxy.clone().unwrap_or_default(),
            detail,
        });
    }
    let http = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if let Some(http) = http {
        if http.is_parse_too_large() {
            return Fault::Unusable(Unusable::TooLarge { limit: HEADERS_LIMIT });
        }
        if http.is_parse() && !http.is_incomplete_message() {
            return Fault::Unusable(Unusable::NotHttp);
        }
    }
    let kind = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    // What ends too early without the connection having done so was never whole.
    if error.is_decode()
        && (matches!(
            kind,
            Some(ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other)
        ) || kind == Some(ErrorKind::UnexpectedEof) && http.is_none())
    {
        return Fault::Unusable(Unusable::BadCompression);
    }
    let unanswered = of_network(error, kind, url, host, reach);
    Fault::Unanswered(match (&reach.proxy, unanswered) {
        // What fails before a connection stands fails on the way to the proxy.
        (Some(proxy), unanswered) if error.is_connect() => Unanswered::Proxy {
            proxy: proxy.clone(),
            detail: unanswered.to_string(),
        },
        (_, unanswered) => unanswered,
    })
}

fn of_network(
    error: &reqwest::Error,
    kind: Option<ErrorKind>,
    url: &Url,
    host: &str,
    reach: &Reach,
) -> Unanswered {
    let host_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    if error.is_dns() {
        return Unanswered::NameNotFound {
            host: host.to_owned(),
        };
    }
    match kind {
        Some(ErrorKind::ConnectionRefused) => Unanswered::Refused { host_port },
        Some(
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
            | ErrorKind::Unsupported,
        ) => Unanswered::Unreachable { host_port },
        _ if error.is_timeout() => {
            let waited = if error.is_connect() {
                reach.timeouts.connect
            } else {
                reach.timeouts.whole
            };
            Unanswered::Silent {
                after_seconds: seconds(waited),
            }
        }
        _ => Unanswered::ConnectionLost,
    }
}

fn of_tls(error: &rustls::Error, host: &str, reach: &Reach) -> TlsProblem {
    match error {
        rustls::Error::InvalidCertificate(_) => reach
            .presented
            .problem(host)
            .unwrap_or_else(|| TlsProblem::without_certificate(TlsKind::Other, host)),
        rustls::Error::InvalidMessage(_) => TlsProblem::without_certificate(TlsKind::NotTls, host),
        _ => TlsProblem::without_certificate(TlsKind::Other, host),
    }
}

/// What a proxy that was asked for a tunnel said. Its error type is not public; its texts are.
fn tunnel(cause: &(dyn Error + 'static)) -> Option<String> {
    let text = cause.to_string();
    let said = text.strip_prefix("tunnel error: ")?;
    Some(match said {
        "proxy authorization required" => "it wants a password".to_owned(),
        "unsuccessful" => "it refuses the connection".to_owned(),
        "failed to create underlying connection" => "it cannot be reached".to_owned(),
        _ => "it breaks the connection off".to_owned(),
    })
}

/// The error and everything behind it. An I/O error made from another error hides that one from `source`.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut found = vec![error];
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(|io| io.get_ref());
        next = inner
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source());
        found.extend(next);
        if found.len() > 32 {
            break;
        }
    }
    found
}
