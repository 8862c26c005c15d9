//! When the desk does what nobody asked for. Pure.
//!
//! One timer for all of it, once a minute, so that an idle computer is left asleep. What is due is decided by the wall
//! clock, which goes on while a laptop sleeps; a clock that is put back holds nothing up for longer than one interval.

use std::{
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use links::CheckEvery;
use tokio::time::Instant;

/// How often it is looked what is due.
pub(super) const TICK: Duration = Duration::from_secs(60);
/// How often everything is read again though nothing was written: days pass, and with them tokens.
const READ_AGAIN: SignedDuration = SignedDuration::from_secs(600);
/// How long after a check that found a token dead that account is checked again: a person is alarmed by two.
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(90);
/// By how much a check may come later, so that not all of a company knock at the same second.
const JITTER: Duration = Duration::from_secs(120);

/// How long is rested after so many accounts were read, while a check goes on: each of them brings news, a window draws
/// them all anew, and wants to hear the person in between. A millisecond an account, a second at most.
pub(super) fn rest(accounts: usize) -> Duration {
    Duration::from_millis(u64::try_from(accounts).unwrap_or(u64::MAX).min(1000))
}

/// Something that is to be done every so often.
#[derive(Debug, Clone, Copy)]
struct Every {
    length: SignedDuration,
    last: Timestamp,
}

impl Every {
    fn due(&mut self, now: Timestamp) -> bool {
        let since = now.duration_since(self.last);
        // The clock was put back: from here on it counts anew.
        let due = since >= self.length || since <= -self.length;
        if due {
            self.last = now;
        }
        due
    }
}

/// What comes round by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rounds {
    reading: Every,
    checking: Every,
    chosen: CheckEvery,
}

impl Rounds {
    /// Everything was just done.
    pub(super) fn new(now: Timestamp) -> Self {
        let chosen = CheckEvery::default();
        let every = |length| Every { length, last: now };
        Self {
            reading: every(READ_AGAIN),
            checking: every(pause(chosen)),
            chosen,
        }
    }

    /// Checks come as often as the person has chosen.
    pub(super) fn choose(&mut self, chosen: CheckEvery) {
        if self.chosen != chosen {
            self.chosen = chosen;
            self.checking.length = pause(chosen);
        }
    }

    /// Whether everything is to be read again now.
    pub(super) fn read_again(&mut self, now: Timestamp) -> bool {
        self.reading.due(now)
    }

    /// Whether all accounts are to be checked now. `at_once`: whatever the round says, which begins anew then.
    pub(super) fn check(&mut self, now: Timestamp, at_once: bool) -> bool {
        let due = self.checking.due(now) || at_once;
        if due {
            self.checking = Every {
                length: pause(self.chosen),
                last: now,
            };
        }
        due
    }
}

/// The pause until the next check of all accounts: as chosen, and up to [`JITTER`] more.
fn pause(chosen: CheckEvery) -> SignedDuration {
    let random = std::hash::RandomState::new().build_hasher().finish();
    let millis = u64::try_from(JITTER.as_millis()).unwrap_or(u64::MAX).max(1);
    let jitter = i64::try_from(random % millis).unwrap_or_default();
    SignedDuration::from_mins(i64::from(chosen.minutes())) + SignedDuration::from_millis(jitter)
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

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    /// The minutes of a day in which all accounts are checked.
    fn checks(mut rounds: Rounds) -> Vec<i64> {
        (0..1440)
            .filter(|minute| rounds.check(at(*minute), false))
            .collect()
    }

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
    fn checks_are_as_far_apart_as_chosen_and_a_little() {
        for chosen in CheckEvery::ALL {
            let mut rounds = Rounds::new(at(0));
            rounds.choose(chosen);
            let minutes = i64::from(chosen.minutes());
            let mut last = 0;
            for check in checks(rounds) {
                assert!(
                    (minutes..=minutes + 2).contains(&(check - last)),
                    "{chosen:?} at {check}"
                );
                last = check;
            }
            assert!(last > 0 || chosen == CheckEvery::Day, "{chosen:?}");
        }
        let pauses: Vec<_> = (0..64).map(|_| pause(CheckEvery::Hour)).collect();
        assert!(
            pauses.windows(2).any(|two| two.first() != two.last()),
            "no jitter"
        );
    }

    #[test]
    fn a_laptop_that_slept_for_a_week_checks_once_when_it_wakes() {
        let mut rounds = Rounds::new(at(0));
        let week = 7 * 1440;
        assert!(rounds.check(at(week), false));
        assert!(!rounds.check(at(week + 1), false));
    }

    #[test]
    fn a_check_out_of_turn_begins_the_round_anew() {
        let mut rounds = Rounds::new(at(0));
        assert!(!rounds.check(at(10), false));
        assert!(rounds.check(at(10), true));
        assert!(!rounds.check(at(24), false));
        assert!(rounds.check(at(27), false));
    }

    #[test]
    fn a_clock_put_back_by_a_year_holds_nothing_up() {
        let mut rounds = Rounds::new(at(0));
        assert!(rounds.check(at(-525_600), false));
        assert!(rounds.read_again(at(-525_600)));
        assert!(!rounds.check(at(-525_590), false));
        assert!(rounds.check(at(-525_580), false));
    }
}
