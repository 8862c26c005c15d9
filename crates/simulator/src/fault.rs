//! Faults: what goes wrong with the next requests (contract §10 item 7). Set through `/_sim/faults`, used up in order.

use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tokio::sync::Barrier;

use crate::persona::Persona;

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// As the persona of that name answers.
    Persona(Persona),
    /// The right answer, late.
    Slow,
    /// A bare 401 for a good token (A20).
    Transient401,
    /// `invalid_grant` for a good grant (quirks 13, 15).
    TransientInvalidGrant,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 429 of the rack limiter, with so many seconds of `Retry-After`.
    RateLimited,
    /// The same, with a moment by the simulator's clock as `Retry-After`.
    RateLimitedUntil,
    /// What was asked is done, and the answer is lost.
    LostResponse,
    /// Nobody is answered before all it was set for are there: proves that requests go out at the same time.
    Together(Arc<Barrier>),
}

/// One fault that waits.
#[derive(Clone, Serialize)]
pub(crate) struct Fault {
    #[serde(skip)]
    pub(crate) kind: Kind,
    #[serde(rename = "fault")]
    pub(crate) name: String,
    /// How many requests it has left.
    pub(crate) times: u32,
    /// Only paths that begin like this, with or without the subpath; all when absent.
    pub(crate) path: Option<String>,
    /// For `slow`, how late; for `unavailable` and `rate_limited`, what `Retry-After` says; for `together`, how long to wait for the others.
    pub(crate) seconds: u64,
}

/// A fault that hit.
#[derive(Clone)]
pub(crate) struct Hit {
    pub(crate) kind: Kind,
    pub(crate) seconds: u64,
}

impl Hit {
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl Kind {
    /// By its name, with `-` or `_` between words; `times` is how many requests it is for.
    pub(crate) fn named(name: &str, times: u32) -> Option<Self> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "slow" => Some(Self::Slow),
            "transient-401" => Some(Self::Transient401),
            "transient-invalid-grant" => Some(Self::TransientInvalidGrant),
            "unavailable" => Some(Self::Unavailable),
            "rate-limited" => Some(Self::RateLimited),
            "rate-limited-until" => Some(Self::RateLimitedUntil),
            "lost-response" => Some(Self::LostResponse),
            "together" => Some(Self::Together(Arc::new(Barrier::new(
                usize::try_from(times).ok()?,
            )))),
            "close" => Some(Self::Persona(Persona::Closed)),
            "hang" => Some(Self::Persona(Persona::Silent)),
            other => Persona::from_str(other, true).ok().map(Self::Persona),
        }
    }
}

/// The faults that wait, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.0
    }

    /// The oldest fault for this path, used once.
    pub(crate) fn take(&mut self, path: &str, subpath: &str) -> Option<Hit> {
        let inside = path.strip_prefix(subpath).unwrap_or(path);
        let fits = |fault: &Fault| {
            fault
                .path
                .as_ref()
                .is_none_or(|prefix| path.starts_with(prefix) || inside.starts_with(prefix))
        };
        let at = self.0.iter().position(fits)?;
        let fault = self.0.get_mut(at)?;
        let hit = Hit {
            kind: fault.kind.clone(),
            seconds: fault.seconds,
        };
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            self.0.remove(at);
        }
        Some(hit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, times: u32, path: Option<&str>) -> Fault {
        let kind = Kind::named(name, times).unwrap();
        Fault {
            kind,
            name: name.to_owned(),
            times,
            path: path.map(str::to_owned),
            seconds: 0,
        }
    }

    #[test]
    fn faults_are_used_up_in_order_and_by_path() {
        let mut faults = Faults::default();
        faults.add(fault("bad_gateway", 2, Some("/api/v4/user")));
        faults.add(fault("close", 1, None));
        let mut take = |path| match faults.take(path, "/gitlab").map(|hit| hit.kind) {
            Some(Kind::Persona(persona)) => Some(persona),
            _ => None,
        };
        assert_eq!(take("/gitlab/api/v4/user"), Some(Persona::BadGateway));
        assert_eq!(take("/gitlab/api/v4/metadata"), Some(Persona::Closed));
        assert_eq!(take("/gitlab/api/v4/metadata"), None);
        assert_eq!(take("/api/v4/user"), Some(Persona::BadGateway));
        assert_eq!(take("/api/v4/user"), None);
    }

    #[test]
    fn names_may_have_either_dash() {
        for name in [
            "bad_gateway",
            "rate_plain",
            "rate_json",
            "unavailable",
            "rate_limited",
            "rate_limited_until",
            "maintenance",
            "slow",
            "close",
            "html",
            "hang",
            "transient_401",
            "lost_response",
            "transient_invalid_grant",
            "together",
            "html_200",
            "wrong-types",
        ] {
            assert!(Kind::named(name, 1).is_some(), "{name}");
        }
        assert!(Kind::named("nonsense", 1).is_none());
    }
}
