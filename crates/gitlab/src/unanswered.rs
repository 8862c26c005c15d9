//! No usable answer: nothing was learned about who is there or whether a token lives.

use std::error::Error;
use std::io::{self, ErrorKind};

use url::Url;

use crate::connection::Reach;
use crate::exchange::{Broken, HEADERS_LIMIT};
use crate::problem::Unusable;
use crate::tls::{TlsKind, TlsProblem};
use crate::wire::{Fault, seconds};

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
    /// A variable of the environment wants a proxy to be used, and names none that can be.
    #[error("{variable} holds no address of a proxy that speaks http")]
    ProxyVariable {
        /// The variable's name.
        variable: &'static str,
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

impl Reach {
    /// What it is when the time is over. `asked`: the server itself was asked, as far as anybody here can tell. A proxy
    /// that reads requests itself answers for whatever is behind it.
    pub(crate) fn silent(&self, url: &Url, asked: bool) -> Unanswered {
        let after_seconds = seconds(self.timeouts.whole);
        match self.proxy(url) {
            Some(proxy) if !asked || url.scheme() == "http" => Unanswered::Proxy {
                proxy,
                detail: format!("nothing came through it within {after_seconds} seconds"),
            },
            _ => Unanswered::Silent { after_seconds },
        }
    }
}

/// Which of the cases a failed request is, by the kinds of the errors in its chain of causes.
pub(crate) fn of_request(error: &Broken, url: &Url, reach: &Reach) -> Fault {
    match error {
        Broken::Interim => return Fault::Unusable(Unusable::NoAnswer),
        Broken::Compression => return Fault::Unusable(Unusable::BadCompression),
        Broken::Line(_) | Broken::Http(_) => {}
    }
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
            proxy: reach.proxy(url).unwrap_or_default(),
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
    let no_line = matches!(error, Broken::Line(_));
    // Chunks whose sizes, ends or trailers are none: the HTTP library tells of them as of a bad read.
    if !no_line && matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput)) {
        return Fault::Unusable(Unusable::NotHttp);
    }
    // The resolver's error type is not public; its text is.
    let unanswered = if causes.iter().any(|cause| cause.to_string() == "dns error") {
        Unanswered::NameNotFound {
            host: host.to_owned(),
        }
    } else {
        of_network(no_line, kind, url, reach)
    };
    // What fails before a connection stands fails on the way to the proxy.
    Fault::Unanswered(match reach.proxy(url).filter(|_| no_line) {
        Some(proxy) => Unanswered::Proxy {
            proxy,
            detail: unanswered.to_string(),
        },
        None => unanswered,
    })
}

fn of_network(no_line: bool, kind: Option<ErrorKind>, url: &Url, reach: &Reach) -> Unanswered {
    let host = url.host_str().unwrap_or_default();
    let host_port = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
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
        Some(ErrorKind::TimedOut) => Unanswered::Silent {
            after_seconds: seconds(if no_line {
                reach.timeouts.connect
            } else {
                reach.timeouts.whole
            }),
        },
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
