//! The list of what was asked, without secrets. Control under `/_sim/` is not in it.

use jiff::Timestamp;
use serde::Serialize;
use url::form_urlencoded;

use crate::clock::iso;

/// One request as `/_sim/requests` shows it.
#[derive(Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) method: String,
    /// As it stood on the wire, subpath and all.
    pub(crate) path: String,
    /// As it stood on the wire, secrets replaced by `[FILTERED]`.
    pub(crate) query: String,
    /// Status of the answer; 0 while there is none, and for good where none was sent.
    pub(crate) status: u16,
    /// When it arrived, by the simulator's clock.
    pub(crate) at: String,
    /// Requests that overlapped, directly or through others, share a number; one after another have rising ones.
    pub(crate) wave: u64,
    /// Where a credential was shown: `none`, `private-token`, `bearer`, `basic`, `other`, `parameter`.
    pub(crate) credential: &'static str,
    #[serde(skip)]
    number: u64,
}

/// What `begin` needs to know of a request.
pub(crate) struct Arrival<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) credential: &'static str,
    pub(crate) at: Timestamp,
}

#[derive(Default)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    numbers: u64,
    open: u64,
    wave: u64,
}

impl Log {
    /// Notes a request; answers its number for `end`.
    pub(crate) fn begin(&mut self, arrival: &Arrival<'_>) -> u64 {
        if self.open == 0 {
            self.wave += 1;
        }
        self.open += 1;
        self.numbers += 1;
        self.entries.push(Entry {
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: masked(arrival.query),
            status: 0,
            at: iso(arrival.at),
            wave: self.wave,
            credential: arrival.credential,
            number: self.numbers,
        });
        self.numbers
    }

    /// Notes how a request ended; no status where nothing was sent.
    pub(crate) fn end(&mut self, number: u64, status: Option<u16>) {
        self.open = self.open.saturating_sub(1);
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.number == number) {
            entry.status = status.unwrap_or(0);
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

const SECRET_PARAMETERS: [&str; 10] = [
    "private_token",
    "access_token",
    "refresh_token",
    "token",
    "job_token",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "password",
];

/// The query with the values of secret parameters replaced.
fn masked(query: &str) -> String {
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if is_secret(key) => format!("{key}=[FILTERED]"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

fn is_secret(key: &str) -> bool {
    form_urlencoded::parse(key.as_bytes())
        .next()
        .is_some_and(|(name, _)| {
            SECRET_PARAMETERS
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(query: &str) -> Arrival<'_> {
        Arrival {
            method: "GET",
            path: "/",
            query,
            credential: "none",
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn secrets_in_queries_are_masked_however_they_are_spelled() {
        assert_eq!(masked("a=1&private_token=x&b"), "a=1&private_token=[FILTERED]&b");
        assert_eq!(masked("private%5Ftoken=x"), "private%5Ftoken=[FILTERED]");
        assert_eq!(masked("Access_Token=x=y"), "Access_Token=[FILTERED]");
    }

    #[test]
    fn overlapping_requests_share_a_wave() {
        let mut log = Log::default();
        let first = log.begin(&arrival(""));
        let second = log.begin(&arrival(""));
        log.end(first, Some(200));
        log.end(second, None);
        let third = log.begin(&arrival(""));
        log.end(third, Some(404));
        let waves: Vec<u64> = log.entries().iter().map(|entry| entry.wave).collect();
        assert_eq!(waves, [1, 1, 2]);
        let statuses: Vec<u16> = log.entries().iter().map(|entry| entry.status).collect();
        assert_eq!(statuses, [200, 0, 404]);
    }
}
