//! The shapes an address is pasted in, read into scheme, host, port and path segments.

use std::net::Ipv6Addr;

use crate::base_url::AddressProblem;
use crate::host::normal_host;
use crate::pages::is_repository;
use crate::shown::is_hidden;
use crate::token::looks_like_token;

/// The longest address read, in characters.
const LIMIT: usize = 2048;

/// Schemes that are refused by name even where no `//` follows, so that `javascript:alert(1)` is not taken for a host.
const OTHER_SCHEMES: [&str; 24] = [
    "about",
    "blob",
    "chrome",
    "data",
    "facetime",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "gopher",
    "irc",
    "jar",
    "javascript",
    "ldap",
    "mailto",
    "news",
    "resource",
    "sftp",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
];

/// Schemes whose `//` was forgotten.
const OUR_SCHEMES: [&str; 6] = ["http", "https", "ssh", "git", "git+ssh", "git+https"];

/// An address taken apart.
#[derive(Debug)]
pub(crate) struct Shape {
    /// `"http"` or `"https"`, if it was typed.
    pub(crate) stated: Option<&'static str>,
    /// In normal form.
    pub(crate) host: String,
    /// Not the scheme's own.
    pub(crate) port: Option<u16>,
    /// The path, up to the first segment that no instance's address contains.
    pub(crate) segments: Vec<String>,
    /// A clone address of another protocol: its port says nothing about the web's.
    pub(crate) repository: bool,
    /// Whether what was left out shows that the path lies within a project or group.
    pub(crate) within_group: bool,
    /// Whether nothing was left out: no segment, no query, no fragment.
    pub(crate) whole: bool,
}

impl Shape {
    /// The scheme typed, else https: plain http is never guessed.
    pub(crate) fn scheme(&self) -> &'static str {
        self.stated.unwrap_or("https")
    }
}

/// What quotations, Markdown and e-mail put around an address.
const PAIRS: [(char, char); 11] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('<', '>'),
    ('(', ')'),
    ('“', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('‚', '‘'),
    ('«', '»'),
    ('‹', '›'),
];

/// Takes what stands around a pasted address away: `<https://…>,`, `“https://…”`, the end of a sentence, and the whole
/// of a Markdown link but the address it leads to.
pub(crate) fn unwrapped(pasted: &str) -> &str {
    let mut text = pasted;
    // Once for the end of a sentence, once for the link, once for what its address is wrapped in.
    for _ in 0..3 {
        text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        text = text.trim_end_matches([',', ';']);
        // One dot ends a sentence or a host's name; dots alone, and several, mean something else.
        text = text
            .strip_suffix('.')
            .filter(|rest| rest.len() > 2 && !rest.ends_with('.'))
            .unwrap_or(text);
        let link = text
            .strip_prefix('[')
            .and_then(|link| link.strip_suffix(')')?.split_once("]("))
            .map(|(_, address)| address);
        let pair = PAIRS
            .iter()
            .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
        text = link.or(pair).unwrap_or(text);
    }
    text
}

/// Takes a pasted text apart. Total: every text has a shape or a problem.
pub(crate) fn shape_of(pasted: &str) -> Result<Shape, AddressProblem> {
    let text = pasted.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(AddressProblem::Empty);
    }
    if text.chars().nth(LIMIT).is_some() {
        return Err(AddressProblem::TooLong { limit: LIMIT });
    }
    if text
        .chars()
        .any(|c| is_hidden(c) || matches!(c, '\u{200c}' | '\u{200d}'))
    {
        return Err(AddressProblem::ControlCharacter);
    }
    if text.chars().any(char::is_whitespace) {
        return Err(AddressProblem::Space);
    }
    // Browsers read a backslash as a slash and other programs do not: the host would depend on who reads.
    if text
        .split(['?', '#'])
        .next()
        .is_some_and(|front| front.contains('\\'))
    {
        return Err(AddressProblem::NotAnAddress);
    }
    if let Some((scheme, rest)) = stated(text) {
        return with_scheme(&scheme, rest);
    }
    if let Some(rest) = text.strip_prefix("//") {
        return web(None, rest);
    }
    without_scheme(text)
}

/// `scheme://rest` (RFC 3986 §3.1), the scheme in lower case.
fn stated(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    is_scheme(scheme).then(|| (scheme.to_ascii_lowercase(), rest))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn with_scheme(scheme: &str, rest: &str) -> Result<Shape, AddressProblem> {
    match scheme {
        "https" | "git+https" => web(Some("https"), rest),
        "http" | "git+http" => web(Some("http"), rest),
        "ssh" | "git+ssh" | "ssh+git" | "git" => repository(rest, scheme != "git"),
        _ => Err(AddressProblem::Scheme {
            scheme: scheme.chars().take(40).collect(),
        }),
    }
}

/// Everything behind `http://`, `https://` or `//`.
fn web(stated: Option<&'static str>, rest: &str) -> Result<Shape, AddressProblem> {
    let (authority, path, tail) = split(rest);
    if authority.contains('@') {
        return Err(AddressProblem::UserInfo);
    }
    let (host, port) = host_and_port(authority)?;
    let own_port = if stated == Some("http") { 80 } else { 443 };
    shape(
        stated,
        host,
        port.filter(|port| *port != own_port),
        path,
        tail,
        false,
    )
}

fn shape(
    stated: Option<&'static str>,
    host: &str,
    port: Option<u16>,
    path: &str,
    tail: bool,
    repository: bool,
) -> Result<Shape, AddressProblem> {
    let (all, climbs) = without_dots(path);
    // Not kept, not shown, and above all not asked for.
    if all.iter().any(|segment| looks_like_token(segment)) || looks_like_token(host) {
        return Err(AddressProblem::Token);
    }
    let plain = all.iter().take_while(|segment| is_plain(segment)).count();
    let (segments, left_out) = all.split_at_checked(plain).unwrap_or((&all, &[]));
    let whole = left_out.is_empty() && !tail && !climbs;
    let within_group = left_out
        .iter()
        .any(|segment| *segment == "-" || is_repository(segment));
    let segments: Vec<String> = segments.iter().map(|segment| (*segment).to_owned()).collect();
    let host = normal_host(host)?;
    // `https//host` and `https://https://host`: a slip of the hand, and no computer's name.
    if OUR_SCHEMES
        .get(..2)
        .is_some_and(|web| web.contains(&host.as_str()))
    {
        return Err(AddressProblem::NotAnAddress);
    }
    Ok(Shape {
        stated,
        host: if repository { web_host(host) } else { host },
        port,
        segments,
        repository,
        within_group,
        whole,
    })
}

/// The segments of a path that are not empty, `.` and `..` resolved as every reader of an address resolves them
/// (RFC 3986 §5.2.4; the URL Standard, "double-dot path segment", knows their escaped forms), and whether there were any.
fn without_dots(path: &str) -> (Vec<&str>, bool) {
    let mut segments = Vec::new();
    let mut dots = false;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => dots = true,
            ".." => {
                dots = true;
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    (segments, dots)
}

/// The host of the web pages, of the host ssh is reached at: GitLab.com has another one for networks that let through
/// https alone.
fn web_host(host: String) -> String {
    if host == "altssh.gitlab.com" || host == "ssh.gitlab.com" {
        "gitlab.com".to_owned()
    } else {
        host
    }
}

/// Everything behind `ssh://` and its like: the user is git's and the port is ssh's, neither is the web's.
fn repository(rest: &str, users: bool) -> Result<Shape, AddressProblem> {
    let (authority, path, tail) = split(rest);
    let place = match authority.rsplit_once('@') {
        None => authority,
        Some((user, place)) if users && is_user(user) => place,
        Some(_) => return Err(AddressProblem::UserInfo),
    };
    // `ssh://git@host:group/project.git` is often written and means what it looks like.
    let (host, path) = match host_and_port(place) {
        Err(AddressProblem::BadPort)
            if place
                .rsplit_once(':')
                .is_some_and(|(_, group)| !group.starts_with(|c: char| c.is_ascii_digit() || c == '-')) =>
        {
            let (host, group) = place.rsplit_once(':').unwrap_or((place, ""));
            (host, format!("{group}{path}"))
        }
        other => (other?.0, path.to_owned()),
    };
    shape(None, host, None, &path, tail, true)
}

/// A user name as git's server addresses have it, without a password.
fn is_user(user: &str) -> bool {
    !user.is_empty()
        && user
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}

/// `host`, `host:port`, `host/path`, `user@host:path`, `host:path`, an IPv6 address without brackets.
fn without_scheme(text: &str) -> Result<Shape, AddressProblem> {
    let (authority, path, _) = split(text);
    if let Some(scheme) = front_of_colon(authority).map(str::to_ascii_lowercase)
        && OTHER_SCHEMES.contains(&scheme.as_str())
    {
        return Err(AddressProblem::Scheme { scheme });
    }
    if let Some((user, place)) = authority.rsplit_once('@') {
        let behind = front_of_colon(place).map(|host| place.get(host.len() + 1..).unwrap_or_default());
        let is_git = user.eq_ignore_ascii_case("git");
        // `ada@host:8443/…` is a web address with a user in it; `ada@host:group/…` is how git reaches it over ssh.
        let scp = is_git || behind.is_some_and(|behind| !behind.bytes().all(|b| b.is_ascii_digit()));
        if !is_user(user) || !scp {
            return Err(AddressProblem::UserInfo);
        }
        return scp_like(text.get(user.len() + 1..).unwrap_or_default());
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        let rest = text.get(authority.len()..).unwrap_or_default();
        return web(None, &format!("[{authority}]{rest}"));
    }
    // A folder of Windows: `C:/repo` (`C:\repo` is told by its backslash).
    if front_of_colon(authority).is_some_and(|drive| drive.len() == 1)
        && authority.len() == 2
        && !path.is_empty()
    {
        return Err(AddressProblem::NotAnAddress);
    }
    if let Some(before) = front_of_colon(authority) {
        let named = before.to_ascii_lowercase();
        let behind = authority.get(before.len() + 1..).unwrap_or_default();
        let is_port = !behind.is_empty() && behind.bytes().all(|b| b.is_ascii_digit());
        if OUR_SCHEMES.contains(&named.as_str()) && !is_port || behind.is_empty() && path.starts_with("//") {
            return Err(AddressProblem::NotAnAddress);
        }
        if !behind.is_empty() && !behind.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) {
            return names_path(before, text, behind);
        }
    }
    web(None, text)
}

/// Something that is no port behind the first colon: a repository's path, an unknown scheme, or a slip.
fn names_path(before: &str, text: &str, behind: &str) -> Result<Shape, AddressProblem> {
    if behind.starts_with(':') {
        return Err(AddressProblem::BadHost {
            reason: "it is no IPv6 address",
        });
    }
    let (_, path, _) = split(text);
    let repository = is_repository(path.trim_end_matches('/')) || path.is_empty() && is_repository(behind);
    let named = before.contains('.') || before.eq_ignore_ascii_case("localhost") || before.starts_with('[');
    if repository || named && !path.is_empty() && !behind.contains(':') {
        scp_like(text)
    } else if named || !is_scheme(before) {
        Err(AddressProblem::BadPort)
    } else {
        Err(AddressProblem::Scheme {
            scheme: before.to_ascii_lowercase().chars().take(40).collect(),
        })
    }
}

/// `host:path` behind an optional `user@`, as git and scp write it; the path may be missing.
fn scp_like(rest: &str) -> Result<Shape, AddressProblem> {
    let front = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let bracket = if rest.starts_with('[') {
        rest.find(']').unwrap_or_default()
    } else {
        0
    };
    let colon = rest
        .get(bracket..)
        .and_then(|behind| behind.find(':'))
        .map(|at| at + bracket);
    let host_end = colon.filter(|at| *at < front).unwrap_or(front);
    let (host, path) = rest.split_at(host_end);
    let path = path.strip_prefix(':').unwrap_or(path);
    let end = path.find(['?', '#']).unwrap_or(path.len());
    shape(
        None,
        host,
        None,
        path.get(..end).unwrap_or_default(),
        end < path.len(),
        true,
    )
}

/// Authority, path (with its first slash), and whether a query or fragment follows.
fn split(rest: &str) -> (&str, &str, bool) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let tail = behind.find(['?', '#']).unwrap_or(behind.len());
    (
        authority,
        behind.get(..tail).unwrap_or_default(),
        tail < behind.len(),
    )
}

/// What stands in front of the first colon outside brackets.
fn front_of_colon(authority: &str) -> Option<&str> {
    let after_bracket = if authority.starts_with('[') {
        authority.find(']')?
    } else {
        0
    };
    let at = authority.get(after_bracket..)?.find(':')? + after_bracket;
    authority.get(..at)
}

fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), AddressProblem> {
    let Some(host) = front_of_colon(authority) else {
        return Ok((authority, None));
    };
    if host.is_empty() {
        return Err(AddressProblem::NoHost);
    }
    let digits = authority.get(host.len() + 1..).unwrap_or_default();
    if digits.is_empty() {
        return Ok((host, None));
    }
    if digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressProblem::BadPort);
    }
    match digits.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err(AddressProblem::BadPort),
    }
}

/// Unreserved characters of RFC 3986 and the few others that addresses have; no escapes, and none that
/// ends as a sentence does.
fn is_plain(segment: &str) -> bool {
    !segment.ends_with(['.', ','])
        && segment.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b'=' | b',' | b'!' | b':' | b'*'
                )
        })
}
