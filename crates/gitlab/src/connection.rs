//! How servers are reached: trust, time limits, proxies. The only place that sets up lines.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use url::Url;

use crate::authority::Authority;
use crate::base_url::BaseUrl;
use crate::line::Line;
use crate::proxy::{place, proxies};
use crate::tls::{Presented, client_config};
use crate::unanswered::Unanswered;

/// How a GitLab is reached. The default: the system's authorities, no plain http but on loopback addresses, 10 s to
/// connect, 20 s for everything, proxies from the environment.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Authorities trusted beside the system's.
    pub extra_authorities: Vec<Authority>,
    /// Whether the person agreed to plain http for this GitLab. Loopback addresses need no consent.
    pub allow_plain_http: bool,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// The `User-Agent`.
    pub user_agent: String,
    /// Which proxy is used. Loopback addresses never go through one.
    pub proxy: Proxy,
}

/// How long is waited for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to stand, name service and encryption not included.
    pub connect: Duration,
    /// For the whole operation: all requests, retries and bodies of one discovery or one call of a client.
    pub whole: Duration,
}

/// Which proxy is used.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// What the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and the system say.
    #[default]
    FromEnvironment,
    /// None at all.
    None,
    /// This one, for everything but loopback addresses.
    Url(url::Url),
}

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupProblem {
    /// Plain http without the person's consent.
    #[error("{host} would be reached without encryption, and nobody agreed to that")]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The proxy's address cannot be used.
    #[error("the proxy's address cannot be used")]
    BadProxy,
    /// A variable of the environment names a proxy that cannot be used.
    #[error("{variable} holds no address of a proxy that speaks http")]
    BadProxyVariable {
        /// Its name. What it holds may be a password.
        variable: &'static str,
    },
    /// The `User-Agent` cannot be sent, or the TLS library refuses to start.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

impl From<SetupProblem> for Unanswered {
    /// For whoever only wants to know why nothing came.
    fn from(problem: SetupProblem) -> Self {
        match problem {
            SetupProblem::BadProxyVariable { variable } => Self::ProxyVariable { variable },
            other => Self::Proxy {
                proxy: String::new(),
                detail: other.to_string(),
            },
        }
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            extra_authorities: Vec::new(),
            allow_plain_http: false,
            timeouts: Timeouts::default(),
            user_agent: concat!("LabLink/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: Proxy::default(),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            whole: Duration::from_secs(20),
        }
    }
}

impl std::fmt::Debug for Proxy {
    /// A proxy's address may carry a password: only its place is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FromEnvironment => f.write_str("FromEnvironment"),
            Self::None => f.write_str("None"),
            Self::Url(url) => write!(f, "Url({})", url.host_str().unwrap_or_default()),
        }
    }
}

/// The way to one host, and what is needed to tell its failures apart.
pub(crate) struct Reach {
    pub(crate) line: Line,
    pub(crate) presented: Arc<Presented>,
    pub(crate) timeouts: Timeouts,
}

impl Connection {
    /// Whether requests to `base` may be made with a credential in them.
    pub(crate) fn permits(&self, base: &BaseUrl) -> bool {
        !base.is_plain_http() || base.is_loopback() || self.allow_plain_http
    }

    /// Sets up the way to everything below `base`'s host.
    pub(crate) fn reach(&self, base: &BaseUrl) -> Result<Reach, SetupProblem> {
        let presented = Arc::new(Presented::default());
        let tls = client_config(&self.extra_authorities, &presented)
            .map_err(|error| SetupProblem::Client(error.to_string()))?;
        let agent = HeaderValue::from_str(&self.user_agent)
            .map_err(|error| SetupProblem::Client(error.to_string()))?;
        let proxies = if base.is_loopback() {
            None
        } else {
            proxies(&self.proxy, base)?
        };
        Ok(Reach {
            line: Line::new(tls, proxies, agent, self.timeouts.connect),
            presented,
            timeouts: self.timeouts,
        })
    }
}

impl Reach {
    /// Host and port of the proxy that requests to `url` go through.
    pub(crate) fn proxy(&self, url: &Url) -> Option<String> {
        place(&self.line.proxy(&url.as_str().parse().ok()?)?)
    }
}
