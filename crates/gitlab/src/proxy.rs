//! Which requests go through a proxy, and its place, so that its failures are not blamed on GitLab.

use std::ffi::OsString;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::base_url::BaseUrl;
use crate::connection::{Proxy, SetupProblem};

/// The variables that name a proxy: for https, for http, for both. Of two names the first that is set counts, and what is
/// for both only where the other says nothing; as curl has it.
const OF_HTTPS: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const OF_HTTP: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const OF_ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// The exceptions.
const NONE_FOR: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Which requests go through a proxy; `None` where none does. What the environment says of the way to `base` has to be
/// readable: whoever set a proxy does not want to be connected without it.
pub(crate) fn proxies(proxy: &Proxy, base: &BaseUrl) -> Result<Option<Matcher>, SetupProblem> {
    match proxy {
        Proxy::None => Ok(None),
        Proxy::Url(url) => {
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(SetupProblem::BadProxy);
            }
            Ok(Some(Matcher::builder().all(url.as_str()).build()))
        }
        Proxy::FromEnvironment => match unreadable(base, |name| std::env::var_os(name)) {
            Some(variable) => Err(SetupProblem::BadProxyVariable { variable }),
            None => Ok(Some(Matcher::from_system())),
        },
    }
}

/// The variable that decides about the way to `base` and names no proxy we can speak to.
fn unreadable(base: &BaseUrl, variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    let set = |names: [&'static str; 2]| {
        names
            .into_iter()
            .find_map(|name| Some((name, variable(name)?)))
            .filter(|(_, value)| !value.is_empty())
    };
    let own = if base.is_plain_http() { OF_HTTP } else { OF_HTTPS };
    let (name, value) = set(own).or_else(|| set(OF_ALL))?;
    let exceptions = set(NONE_FOR).and_then(|(_, value)| value.into_string().ok());
    let concerns = Matcher::builder()
        .all("http://proxy.invalid")
        .no(exceptions.unwrap_or_default())
        .build()
        .intercept(&base.as_str().parse().ok()?)
        .is_some();
    (concerns && !value.to_str().is_some_and(is_readable)).then_some(name)
}

fn is_readable(value: &str) -> bool {
    let any = Uri::from_static("http://host.invalid/");
    let named = Matcher::builder().all(value).build().intercept(&any);
    named.is_some_and(|proxy| {
        let uri = proxy.uri();
        let host = uri.authority().map(http::uri::Authority::as_str);
        // What stands behind the colon may be anything so far.
        let whole = host == uri.host() || uri.port_u16().is_some();
        whole && matches!(uri.scheme_str(), Some("http" | "https"))
    })
}

/// Host and port of a proxy.
pub(crate) fn place(proxy: &Intercept) -> Option<String> {
    let uri = proxy.uri();
    let (host, port) = (uri.host()?, uri.port_u16());
    Some(port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(base: &str, variables: &[(&str, &str)]) -> Option<&'static str> {
        unreadable(&BaseUrl::parse(base).unwrap(), |name| {
            let set = variables.iter().find(|(known, _)| *known == name)?;
            Some(set.1.into())
        })
    }

    #[test]
    fn what_cannot_be_read_is_named_where_it_would_decide() {
        let base = "https://git.example.test/gitlab";
        let nonsense = "::nonsense::";
        for good in [
            "http://proxy.test:3128",
            "proxy.test:3128",
            "10.0.0.1:80",
            "https://ada:secret@proxy.test",
            "http://[::1]:3128/",
            "",
        ] {
            assert_eq!(wrong(base, &[("HTTPS_PROXY", good)]), None, "{good}");
        }
        for bad in [
            nonsense,
            "http://",
            "a b",
            "socks5://proxy.test",
            "ftp://proxy.test",
            "/proxy",
            "proxy.test:port",
            "http://ada:secret@proxy.test:99999",
        ] {
            assert_eq!(wrong(base, &[("HTTPS_PROXY", bad)]), Some("HTTPS_PROXY"), "{bad}");
        }
        assert_eq!(wrong(base, &[("https_proxy", nonsense)]), Some("https_proxy"));
        assert_eq!(wrong(base, &[("all_proxy", nonsense)]), Some("all_proxy"));
        let decides = [("HTTPS_PROXY", "proxy.test"), ("ALL_PROXY", nonsense)];
        assert_eq!(wrong(base, &decides), None);
        assert_eq!(
            wrong(base, &[("HTTPS_PROXY", ""), ("ALL_PROXY", nonsense)]),
            Some("ALL_PROXY")
        );
        assert_eq!(wrong(base, &[("HTTP_PROXY", nonsense)]), None, "of http");
        assert_eq!(
            wrong("http://git.example.test", &[("HTTP_PROXY", nonsense)]),
            Some("HTTP_PROXY")
        );
        let spared = [("HTTPS_PROXY", nonsense), ("NO_PROXY", "example.test")];
        assert_eq!(wrong(base, &spared), None, "an exception");
        let others = [("HTTPS_PROXY", nonsense), ("no_proxy", "other.test")];
        assert_eq!(wrong(base, &others), Some("HTTPS_PROXY"));
    }
}
