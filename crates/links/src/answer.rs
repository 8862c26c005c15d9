//! Who answers for an address: the account whose GitLab it lies within. Pure; the only place where this is decided.
//!
//! A credential goes to its own origin and path alone: scheme, host and port are compared whole (RFC 6454 §5), the path
//! at a segment's border, and where the asker does not say for which path it asks, an account of a GitLab under a
//! subpath does not answer.

use std::net::Ipv4Addr;

use gitlab::BaseUrl;
use url::Url;

use crate::account::Account;

/// What is asked: for which address, and perhaps for which user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Scheme, host and port; no path.
    origin: BaseUrl,
    /// The address with its path, where that was told.
    whole: Option<Url>,
    /// The path as it was told, without what may follow it.
    path: String,
    username: Option<String>,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who<'a> {
    /// Nobody: the address is none of ours.
    Nobody,
    /// This account.
    Account {
        /// Which.
        account: &'a Account,
        /// The user name to answer with where it is the asker's own; otherwise the account's.
        username: Option<&'a str>,
    },
    /// Several accounts could, and none is of the user that was asked for.
    NoSuchUser {
        /// The user name that was asked for.
        asked: &'a str,
        /// The accounts that could.
        among: Vec<&'a Account>,
    },
    /// These could, if it were told that the path is theirs.
    PathUntold {
        /// The accounts that could.
        among: Vec<&'a Account>,
    },
}

impl Question {
    /// A question in git's terms: `protocol`, `host` with its port, `path` without a slash in front. `None` where no
    /// GitLab can be meant: another protocol, no host, a host or path that can be read in two ways.
    #[must_use]
    pub fn read(protocol: &str, host: &str, path: Option<&str>, username: Option<&str>) -> Option<Self> {
        if !matches!(protocol, "http" | "https") || !is_authority(host) {
            return None;
        }
        let origin = BaseUrl::parse(&format!("{protocol}://{host}")).ok()?;
        if !origin.path().is_empty() || is_odd_number(host, origin.host()) {
            return None;
        }
        let whole = match path {
            None => None,
            Some(path) if path.chars().any(char::is_control) => return None,
            Some(path) => {
                let mut url = Url::parse(origin.as_str()).ok()?;
                url.set_path(&format!("/{}", path.strip_prefix('/').unwrap_or(path)));
                Some(url)
            }
        };
        let path = path.unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Some(Self {
            origin,
            whole,
            path: path.trim_start_matches('/').to_owned(),
            username: username.filter(|name| !name.is_empty()).map(str::to_owned),
        })
    }
}

/// Whether a text is a host and perhaps a port, in the one way everybody reads it. A trailing dot makes another host of
/// it for whoever compares origins, and nobody writes one.
fn is_authority(text: &str) -> bool {
    let plain = !text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || "/\\?#@%".contains(c));
    let host = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => text,
    };
    plain && !host.is_empty() && !host.ends_with(['.', '。', '．', '｡'])
}

/// Whether a host is an IPv4 address in another notation than four plain numbers: some programs read `010.0.0.1` as
/// 10.0.0.1 and others as 8.0.0.1, and it is they who connect.
fn is_odd_number(authority: &str, host: &str) -> bool {
    let typed = authority.split(':').next().unwrap_or_default();
    host.parse::<Ipv4Addr>().is_ok() && typed != host
}

/// Who answers: of the accounts the address lies within those with the longest path, and of these the one of the asked
/// user; where no user was asked for, or only one account is left, the default, or that one.
#[must_use]
pub fn who<'a>(question: &'a Question, accounts: &'a [Account]) -> Who<'a> {
    let within: Vec<&Account> = accounts
        .iter()
        .filter(|account| question.lies_within(&account.instance))
        .collect();
    let longest = within.iter().map(|account| account.instance.path().len()).max();
    let mut left: Vec<&Account> = within
        .into_iter()
        .filter(|account| Some(account.instance.path().len()) == longest)
        .collect();
    left.sort_by_key(|account| (account.linked_at, account.id));
    let Some(first) = left.first().copied() else {
        let among = question.would_lie_within(accounts);
        return if among.is_empty() {
            Who::Nobody
        } else {
            Who::PathUntold { among }
        };
    };
    let default = |among: &[&'a Account]| among.iter().copied().find(|account| account.default_on_instance);
    let Some(asked) = question.username.as_deref() else {
        return Who::Account {
            account: default(&left).unwrap_or(first),
            username: None,
        };
    };
    let theirs: Vec<&Account> = left
        .iter()
        .copied()
        .filter(|account| is_of(account, asked))
        .collect();
    match (theirs.first().copied(), left.len()) {
        (Some(earliest), _) => Who::Account {
            account: default(&theirs).unwrap_or(earliest),
            username: Some(asked),
        },
        (None, 1) => Who::Account {
            account: first,
            username: Some(asked),
        },
        (None, _) => Who::NoSuchUser { asked, among: left },
    }
}

/// Whether the account is of the user of this name; GitLab's user names do not tell case apart.
fn is_of(account: &Account, username: &str) -> bool {
    let own = account.user.username.as_deref();
    own.is_some_and(|own| own.eq_ignore_ascii_case(username))
}

impl Question {
    /// The address that was asked for, to be written down: without a user name, a query or a fragment.
    #[must_use]
    pub fn address(&self) -> String {
        if self.path.is_empty() {
            self.origin.as_str().to_owned()
        } else {
            format!("{}/{}", self.origin.as_str(), self.path)
        }
    }

    fn lies_within(&self, base: &BaseUrl) -> bool {
        match &self.whole {
            Some(url) => base.covers(url) && self.is_said_below(base),
            None => self.origin == *base,
        }
    }

    /// Whether the path begins with the base's as it was told, before anything in it is resolved. `other/../gitlab/x` is
    /// within `gitlab` for a server that resolves it, and for one that does not it is `other`'s; git asks with the escapes
    /// taken out, so that nobody knows what is sent. Nor does it leave the base for a server that takes several slashes
    /// for one before it resolves: `gitlab//../other`.
    fn is_said_below(&self, base: &BaseUrl) -> bool {
        let path = base.path().trim_start_matches('/');
        path.is_empty()
            || self
                .path
                .strip_prefix(path)
                .is_some_and(|rest| (rest.is_empty() || rest.starts_with('/')) && !leaves(rest))
    }

    /// Accounts under a subpath of the origin, where no path was told.
    fn would_lie_within<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let same_origin = |base: &BaseUrl| {
            (base.scheme(), base.host(), base.port())
                == (self.origin.scheme(), self.origin.host(), self.origin.port())
        };
        accounts
            .iter()
            .filter(|account| self.whole.is_none() && same_origin(&account.instance))
            .collect()
    }
}

/// Whether a path climbs above where it begins, empty segments not counted.
fn leaves(path: &str) -> bool {
    let mut depth = 0_usize;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => {}
            ".." => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests;
