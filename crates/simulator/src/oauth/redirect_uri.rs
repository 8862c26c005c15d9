//! Redirect URIs are compared as URIs, whole, but for the port of a loopback address (contract §3.4).

use url::{Host, Url};

/// Whether the asked URI is the registered one.
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    let (Ok(registered), Ok(asked)) = (Url::parse(registered), Url::parse(asked)) else {
        return false;
    };
    if asked.fragment().is_some() || asked.cannot_be_a_base() {
        return false;
    }
    let same_port = registered.port_or_known_default() == asked.port_or_known_default();
    registered.scheme() == asked.scheme()
        && registered.username() == asked.username()
        && registered.password() == asked.password()
        && registered.host() == asked.host()
        && (same_port || (loopback(&registered) && loopback(&asked)))
        && path(&registered) == path(&asked)
        && query_fits(&registered, &asked)
}

/// An address literal of the loopback network; `localhost` is a name and does not count (quirk 19).
fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// An empty path is `/`.
fn path(url: &Url) -> &str {
    if url.path().is_empty() { "/" } else { url.path() }
}

/// A registered query has to be there, in any order; where none is registered any is ignored.
fn query_fits(registered: &Url, asked: &Url) -> bool {
    if registered.query().is_none() {
        return true;
    }
    let pairs = |url: &Url| {
        let mut pairs: Vec<_> = url.query_pairs().into_owned().collect();
        pairs.sort();
        pairs
    };
    pairs(registered) == pairs(asked)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn quirk_19_only_loopback_literals_have_a_free_port() {
        assert!(matches(
            "http://127.0.0.1/callback",
            "http://127.0.0.1:4711/callback"
        ));
        assert!(matches("http://[::1]/callback", "http://[::1]:4711/callback"));
        assert!(!matches(
            "http://localhost/callback",
            "http://localhost:4711/callback"
        ));
        assert!(matches("http://localhost:7171/cb", "http://localhost:7171/cb"));
        assert!(!matches(
            "http://127.0.0.1/callback",
            "http://[::1]:4711/callback"
        ));
        assert!(!matches(
            "https://app.example.test/cb",
            "https://app.example.test:8443/cb"
        ));
    }

    #[test]
    fn everything_else_is_compared_whole() {
        assert!(matches("http://127.0.0.1", "http://127.0.0.1:1/"));
        assert!(matches("myapp://callback", "myapp://callback"));
        assert!(matches(
            "http://127.0.0.1/cb?a=1&b=2",
            "http://127.0.0.1/cb?b=2&a=1"
        ));
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1/cb?x=1"));
        for wrong in [
            "http://127.0.0.1/callback/",
            "http://127.0.0.1/callback/x",
            "https://127.0.0.1/callback",
            "http://me@127.0.0.1/callback",
            "http://127.0.0.1/callback#x",
            "http://127.0.0.2/callback",
            "javascript:alert(1)",
            "nonsense",
            "",
        ] {
            assert!(!matches("http://127.0.0.1/callback", wrong), "{wrong}");
        }
        assert!(!matches("http://127.0.0.1/cb?a=1", "http://127.0.0.1/cb"));
    }
}
