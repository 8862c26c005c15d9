//! When the desk does what nobody asked for.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How often it is asked whether another process wrote: a person sees it within two of these.
pub(super) const LOOK_OUTSIDE: Duration = Duration::from_secs(1);
/// How often everything is read again though nothing was written: days pass, and with them tokens.
pub(super) const READ_AGAIN: Duration = Duration::from_secs(600);
/// How often all accounts are checked.
pub(super) const CHECK: Duration = Duration::from_secs(15 * 60);
/// How long after a check that found a token dead that account is checked again: a person is alarmed by two.
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(90);
/// By how much a check may come later, so that not all of a company knock at the same second.
const JITTER: Duration = Duration::from_secs(120);

/// The pause until the next check of all accounts: [`CHECK`] and up to [`JITTER`] more.
pub(super) fn until_next_check() -> Duration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let millis = u64::try_from(JITTER.as_millis()).unwrap_or(u64::MAX).max(1);
    CHECK + Duration::from_millis(random % millis)
}

/// By how much the wall clock and the clock that never jumps may come apart between two looks.
const JUMP: SignedDuration = SignedDuration::from_secs(60);

/// Notices that the computer slept, or that its clock was set: the wall clock went another way than the clock that
/// counts only what this process lived through. Pure.
#[derive(Debug, Default)]
pub(super) struct Clockwork(Option<(Timestamp, Instant)>);

impl Clockwork {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Whether the clocks came apart since this was last asked.
    pub(super) fn slept(&mut self, wall: Timestamp, now: Instant) -> bool {
        let Some((last_wall, last)) = self.0.replace((wall, now)) else {
            return false;
        };
        let lived = SignedDuration::try_from(now.saturating_duration_since(last)).unwrap_or_default();
        (wall.duration_since(last_wall) - lived).abs() > JUMP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspend_and_a_clock_that_was_set_are_noticed_once() {
        let (mut clock, start) = (Clockwork::new(), Instant::now());
        let at = |wall: i64, lived: u64| {
            (
                Timestamp::from_second(wall).unwrap(),
                start + Duration::from_secs(lived),
            )
        };
        let mut slept = |(wall, now)| clock.slept(wall, now);
        assert!(!slept(at(1_000_000, 0)), "nothing to compare with");
        assert!(!slept(at(1_000_001, 1)));
        assert!(!slept(at(1_000_901, 900)), "a little drift");
        assert!(slept(at(1_605_701, 901)), "a week later");
        assert!(!slept(at(1_605_702, 902)), "told once");
        assert!(slept(at(1_600_000, 903)), "set back");
        assert!(!slept(at(1_600_001, 904)));
    }

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
