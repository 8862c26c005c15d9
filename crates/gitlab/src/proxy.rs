//! Which requests go through a proxy, and its place, so that its failures are not blamed on GitLab.

use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::connection::{Proxy, SetupProblem};

/// Which requests go through a proxy; `None` where none does.
pub(crate) fn proxies(proxy: &Proxy) -> Result<Option<Matcher>, SetupProblem> {
    match proxy {
        Proxy::None => Ok(None),
        Proxy::Url(url) => {
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(SetupProblem::BadProxy);
            }
            Ok(Some(Matcher::builder().all(url.as_str()).build()))
        }
        Proxy::FromEnvironment => Ok(Some(Matcher::from_system())),
    }
}

/// Host and port of a proxy.
pub(crate) fn place(proxy: &Intercept) -> Option<String> {
    let uri = proxy.uri();
    let (host, port) = (uri.host()?, uri.port_u16());
    Some(port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
