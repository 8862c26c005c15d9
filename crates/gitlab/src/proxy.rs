//! Which proxy a request goes through, so that its failures are not blamed on GitLab.

use hyper_util::client::proxy::matcher::Matcher;

use crate::base_url::BaseUrl;
use crate::connection::{Proxy, SetupProblem};

/// Host and port of the proxy that requests to `base` go through.
pub(crate) fn proxy_in_the_way(proxy: &Proxy, base: &BaseUrl) -> Option<String> {
    match proxy {
        Proxy::None => None,
        Proxy::Url(url) => Some(place(url.host_str()?, url.port_or_known_default())),
        Proxy::FromEnvironment => {
            let target = base.as_str().parse::<http::Uri>().ok()?;
            let found = Matcher::from_system().intercept(&target)?;
            Some(place(found.uri().host()?, found.uri().port_u16()))
        }
    }
}

/// The proxy to tell the HTTP client of; `None` leaves it to the environment.
pub(crate) fn proxies(proxy: &Proxy) -> Result<Option<reqwest::Proxy>, SetupProblem> {
    match proxy {
        Proxy::Url(url) => {
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(SetupProblem::BadProxy);
            }
            reqwest::Proxy::all(url.clone())
                .map(Some)
                .map_err(|_| SetupProblem::BadProxy)
        }
        Proxy::None | Proxy::FromEnvironment => Ok(None),
    }
}

fn place(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
