//! How far this computer's clock is off, as a GitLab's answers tell. Pure.
//!
//! GitLab decides by its own clock whether a token's last day has passed; so do we, wherever we know it. What was
//! measured holds for a day: whoever put the clock right meanwhile must not be judged by what it was before.

use jiff::{SignedDuration, Timestamp};

/// Less than this many seconds is the time an answer took, and no fault of a clock.
const NOISE: i64 = 60;

/// From this many seconds on a person is told.
pub const SKEW_TOLD: i64 = 300;

/// How long a measurement holds.
const HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// How old a measurement may become before the same one is worth writing again.
const STALE: SignedDuration = SignedDuration::from_hours(1);

/// How far a GitLab's clock was ahead of this computer's, and when that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skew {
    /// Seconds; negative where ours is ahead.
    pub(crate) ahead: i64,
    /// By our clock.
    pub(crate) measured_at: Timestamp,
}

impl Skew {
    /// It is `there` by GitLab's clock and `here` by ours.
    pub(crate) fn measured(there: Timestamp, here: Timestamp) -> Self {
        let ahead = there.as_second().saturating_sub(here.as_second());
        Self {
            ahead: if ahead.abs() < NOISE { 0 } else { ahead },
            measured_at: here,
        }
    }

    /// Whether it still says something about our clock.
    fn holds(self, now: Timestamp) -> bool {
        let age = now.duration_since(self.measured_at);
        // A clock set back further than noise is another clock.
        age >= SignedDuration::from_secs(-NOISE) && age < HOLDS
    }

    /// What time it is by GitLab's clock.
    pub(crate) fn there(self, now: Timestamp) -> Timestamp {
        if self.holds(now) {
            now.checked_add(SignedDuration::from_secs(self.ahead))
                .unwrap_or(now)
        } else {
            now
        }
    }

    /// Seconds GitLab's clock is ahead of ours, where a person should know.
    pub(crate) fn worth_telling(self, now: Timestamp) -> Option<i64> {
        (self.holds(now) && self.ahead.abs() >= SKEW_TOLD).then_some(self.ahead)
    }

    /// Whether it says anything that `known` does not: a clock that is right is not written down again and again.
    pub(crate) fn is_news(self, known: Option<Self>) -> bool {
        match known {
            None => self.ahead != 0,
            Some(known) if self.ahead == 0 && known.ahead == 0 => false,
            Some(known) => {
                let age = self.measured_at.duration_since(known.measured_at);
                (self.ahead - known.ahead).abs() >= NOISE || age.abs() >= STALE
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_that_is_off_is_corrected_for_a_day() {
        let here = at("2026-11-20T08:00:00Z");
        let skew = Skew::measured(at("2026-11-22T08:00:00Z"), here);
        assert_eq!(skew.there(here), at("2026-11-22T08:00:00Z"));
        assert_eq!(skew.there(at("2026-11-21T07:59:59Z")), at("2026-11-23T07:59:59Z"));
        let later = at("2026-11-21T08:00:00Z");
        assert_eq!(skew.there(later), later, "a day old");
        let set_right = at("2026-11-22T08:05:00Z");
        assert_eq!(skew.there(set_right), set_right);
        let set_back = at("2026-11-20T07:00:00Z");
        assert_eq!(skew.there(set_back), set_back);
        assert_eq!(skew.worth_telling(here), Some(172_800));
    }

    #[test]
    fn what_an_answer_takes_is_no_skew_and_a_few_minutes_are_not_told() {
        let here = at("2026-11-20T08:00:00Z");
        assert_eq!(Skew::measured(at("2026-11-20T08:00:59Z"), here).ahead, 0);
        let some = Skew::measured(at("2026-11-20T07:56:00Z"), here);
        assert_eq!((some.ahead, some.worth_telling(here)), (-240, None));
        let told = Skew::measured(at("2026-11-20T07:55:00Z"), here);
        assert_eq!(told.worth_telling(here), Some(-300));
    }

    #[test]
    fn the_same_is_written_once_an_hour_and_a_right_clock_never() {
        let here = at("2026-11-20T08:00:00Z");
        let of = |ahead, measured_at| Skew { ahead, measured_at };
        assert!(!of(0, here).is_news(None));
        assert!(!of(0, at("2026-11-21T08:00:00Z")).is_news(Some(of(0, here))));
        assert!(of(600, here).is_news(None));
        assert!(!of(610, at("2026-11-20T08:15:00Z")).is_news(Some(of(600, here))));
        assert!(of(600, at("2026-11-20T09:00:00Z")).is_news(Some(of(600, here))));
        assert!(of(0, here).is_news(Some(of(600, here))), "it was set right");
    }
}
