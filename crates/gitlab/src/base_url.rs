//! The base address of a GitLab, in one normal form.

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::host;
use crate::read::{Shape, shape_of};

/// The base address of one GitLab: scheme http or https, lower-case ASCII (punycode) host without trailing dot, port
/// unless it is the scheme's own, path without trailing slash; never a query, fragment or user information.
#[derive(Clone)]
pub struct BaseUrl {
    /// The address text, without the slash a URL without a path ends in.
    text: String,
    url: Url,
}

/// Why a text is no address. Carries nothing of the text but names that are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Nothing, or white space alone.
    #[error("there is no address")]
    Empty,
    /// Longer than any address.
    #[error("this is longer than {limit} characters; an address is not")]
    TooLong {
        /// The limit, in characters.
        limit: usize,
    },
    /// A control, format or bidirectional character inside.
    #[error("there is an invisible control character in the address")]
    ControlCharacter,
    /// White space inside.
    #[error("there is a space in the address")]
    Space,
    /// Nothing that can be read as an address.
    #[error("this is not an address")]
    NotAnAddress,
    /// An address of something else than a web site or a repository.
    #[error("addresses that begin with {scheme}: cannot be a GitLab")]
    Scheme {
        /// The scheme, lower-case ASCII, without the colon.
        scheme: String,
    },
    /// A user name or password in front of the host.
    #[error("there is a user name or a password in the address; give the address without it")]
    UserInfo,
    /// An access token or another secret where a host or a part of the path should be.
    #[error("this is a token or another secret, and not an address")]
    Token,
    /// No host.
    #[error("the address names no host")]
    NoHost,
    /// A host no computer can have.
    #[error("the host name in the address cannot be right: {reason}")]
    BadHost {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A port that is no number from 1 to 65535.
    #[error("the port in the address is no number from 1 to 65535")]
    BadPort,
    /// Letters of several scripts, or look-alikes of other letters.
    #[error("the host name mixes letters that look like others; it is really {ascii}{}", looks_like.as_ref().map(|name| format!(" and not {name}")).unwrap_or_default())]
    MixedScript {
        /// The name as the network knows it.
        ascii: String,
        /// The name it can be taken for.
        looks_like: Option<String>,
    },
}

impl BaseUrl {
    /// Reads the text of a base address that is already in normal form or close to it: other case, default port,
    /// trailing dot or slash are mended, everything else is a problem. For pasted text there is
    /// [`read_address`](crate::read_address).
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let shape = shape_of(text)?;
        if shape.stated.is_none() || shape.repository || !shape.whole {
            return Err(AddressProblem::NotAnAddress);
        }
        Self::from_shape(&shape, shape.segments.len())
    }

    /// The base of the first `depth` path segments of an address.
    pub(crate) fn from_shape(shape: &Shape, depth: usize) -> Result<Self, AddressProblem> {
        Self::build(
            shape.scheme(),
            &shape.host,
            shape.port,
            shape.segments.get(..depth).unwrap_or_default(),
        )
    }

    pub(crate) fn build(
        scheme: &str,
        host: &str,
        port: Option<u16>,
        segments: &[String],
    ) -> Result<Self, AddressProblem> {
        let mut text = format!("{scheme}://{host}");
        if let Some(port) = port {
            let _ = write!(text, ":{port}");
        }
        for segment in segments {
            text.push('/');
            text.push_str(segment);
        }
        let url = Url::parse(&text).map_err(|_| AddressProblem::NotAnAddress)?;
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { text, url })
    }

    /// The address text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `"http"` or `"https"`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host in ASCII; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, unless it is the scheme's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }

    /// The port that is connected to.
    #[must_use]
    pub fn effective_port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// The path: empty, or with a slash in front and none behind (`"/gitlab"`).
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Whether the scheme is http.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.scheme() == "http"
    }

    /// Whether the host is this very computer: `localhost`, `127.0.0.0/8` or `[::1]`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        host::is_loopback(self.host())
    }

    /// The address for people: host, port if any, path, without the scheme.
    #[must_use]
    pub fn label(&self) -> String {
        self.text
            .split_once("://")
            .map_or_else(|| self.text.clone(), |(_, rest)| rest.to_owned())
    }

    /// Host and port as they are connected to, for messages: `git.example.test:443`.
    #[must_use]
    pub fn host_port(&self) -> String {
        format!("{}:{}", self.host(), self.effective_port())
    }

    /// Whether the host is an internationalised name (has an `xn--` label).
    #[must_use]
    pub fn host_is_idn(&self) -> bool {
        self.host().split('.').any(|label| label.starts_with("xn--"))
    }

    /// The host for people's eyes: in Unicode where that cannot be taken for another name, else in ASCII.
    #[must_use]
    pub fn unicode_host(&self) -> String {
        host::unicode_host(self.host())
    }

    /// Whether `url` lies within this GitLab: same scheme, host and port, and the path begins with this one's at a
    /// segment's border. An address that climbs out of the path when a server decodes it (`%2f..`) does not.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        if url.scheme() != self.scheme()
            || url.host_str() != Some(self.host())
            || url.port_or_known_default() != self.url.port_or_known_default()
        {
            return false;
        }
        let Some(rest) = url.path().strip_prefix(self.path()) else {
            return false;
        };
        (rest.is_empty() || rest.starts_with('/')) && !climbs(rest)
    }

    /// The address of `relative` (`"api/v4/user"`, a query may follow a `?`) below this one. Whatever is given, the
    /// result is covered by this address: what would climb out becomes this address itself.
    #[must_use]
    pub fn join(&self, relative: &str) -> Url {
        let (path, query) = relative
            .split_once('?')
            .map_or((relative, None), |(path, query)| (path, Some(query)));
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{}", self.path(), path.trim_start_matches('/')));
        url.set_query(query);
        if self.covers(&url) { url } else { self.url.clone() }
    }

    /// The same address with https, on the port https has there: its own for http's own, else the same number.
    pub(crate) fn with_https(&self) -> Option<Self> {
        let mut url = self.url.clone();
        url.set_scheme("https").ok()?;
        let text = url.as_str().trim_end_matches('/').to_owned();
        Some(Self { text, url })
    }
}

/// Whether a path, once decoded, has a `..` in it.
fn climbs(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let mut decoded = lower
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace('\\', "/")
        .replace("%2e", ".");
    // Some servers decode twice.
    if decoded.contains("%25") {
        decoded = decoded
            .replace("%252f", "/")
            .replace("%255c", "/")
            .replace("%252e", ".");
    }
    decoded.split('/').any(|segment| segment == "..")
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.text)
    }
}

impl PartialEq for BaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for BaseUrl {}

impl Hash for BaseUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for BaseUrl {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BaseUrl {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl FromStr for BaseUrl {
    type Err = AddressProblem;

    fn from_str(text: &str) -> Result<Self, AddressProblem> {
        Self::parse(text)
    }
}

impl Serialize for BaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
