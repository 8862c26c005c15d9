//! When the desk does what nobody asked for.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

/// How often it is asked whether another process wrote: a person sees it within two of these.
pub(super) const LOOK_OUTSIDE: Duration = Duration::from_secs(1);
/// How often everything is read again though nothing was written: days pass, and with them tokens.
pub(super) const READ_AGAIN: Duration = Duration::from_secs(600);
/// How often all accounts are checked.
pub(super) const CHECK: Duration = Duration::from_secs(15 * 60);
/// By how much a check may come later, so that not all of a company knock at the same second.
const JITTER: Duration = Duration::from_secs(120);

/// The pause until the next check of all accounts: [`CHECK`] and up to [`JITTER`] more.
pub(super) fn until_next_check() -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let millis = u64::try_from(JITTER.as_millis()).unwrap_or(u64::MAX).max(1);
    CHECK + Duration::from_millis(random % millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_fifteen_minutes_apart_and_a_little() {
        let pauses: Vec<Duration> = (0..64).map(|_| until_next_check()).collect();
        assert!(
            pauses.iter().all(|pause| (CHECK..CHECK + JITTER).contains(pause)),
            "{pauses:?}"
        );
        assert!(
            pauses.windows(2).any(|two| two.first() != two.last()),
            "no jitter"
        );
    }
}
