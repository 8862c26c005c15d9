//! How servers are reached: trust, time limits, proxies. The only place that builds HTTP clients.

use std::sync::Arc;
use std::time::Duration;

use crate::authority::Authority;
use crate::base_url::BaseUrl;
use crate::proxy::{proxies, proxy_in_the_way};
use crate::tls::{Presented, client_config};

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
    /// The `User-Agent` cannot be sent, or the TLS library refuses to start.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
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

/// An HTTP client for one host, and what is needed to tell its failures apart.
pub(crate) struct Reach {
    pub(crate) http: reqwest::Client,
    pub(crate) presented: Arc<Presented>,
    /// Host and port of the proxy on the way, if there is one.
    pub(crate) proxy: Option<String>,
    pub(crate) timeouts: Timeouts,
}

impl Connection {
    /// Whether requests to `base` may be made with a credential in them.
    pub(crate) fn permits(&self, base: &BaseUrl) -> bool {
        !base.is_plain_http() || base.is_loopback() || self.allow_plain_http
    }

    /// Builds the client for everything below `base`'s host.
    pub(crate) fn reach(&self, base: &BaseUrl) -> Result<Reach, SetupProblem> {
        let presented = Arc::new(Presented::default());
        let tls = client_config(&self.extra_authorities, &presented)
            .map_err(|error| SetupProblem::Client(error.to_string()))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // Requests that go together go over connections of their own, so HTTP/2 would save nothing; a kept connection
            // would only bring the chance that the server has just closed it.
            .http1_only()
            .pool_max_idle_per_host(0)
            .user_agent(&self.user_agent)
            .connect_timeout(self.timeouts.connect);
        let mut on_the_way = None;
        if base.is_loopback() || self.proxy == Proxy::None {
            builder = builder.no_proxy();
        } else {
            on_the_way = proxy_in_the_way(&self.proxy, base);
            if let Some(proxy) = proxies(&self.proxy)? {
                builder = builder.proxy(proxy);
            }
        }
        let http = builder
            .build()
            .map_err(|error| SetupProblem::Client(crate::shown::shown(&error.without_url().to_string())))?;
        Ok(Reach {
            http,
            presented,
            proxy: on_the_way,
            timeouts: self.timeouts,
        })
    }
}
