//! When the running app renews logins ahead of their end, and revokes what waits to be revoked. The domain says when the
//! next one is due, jitter and pauses included; this says when to ask it to, and how long to wait after that came to
//! nothing. Pure; the desk does the work.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The pause after a round that left something due, and the longest it grows to.
const PAUSES: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15 * 60));

/// What is known of renewals.
#[derive(Debug, Clone, Default)]
pub(super) struct Renewing {
    /// Whether a round is under way.
    running: bool,
    /// When the next login is due.
    next: Option<Timestamp>,
    /// Nothing is asked before: the last round left something due.
    not_before: Option<Instant>,
    /// How many rounds did, one after another.
    in_vain: u32,
}

impl Renewing {
    /// When the next login is due, as last read.
    pub(super) fn learn(&mut self, next: Option<Timestamp>) {
        self.next = next;
    }

    /// How long from now the next login is due, where that is still to come.
    pub(super) fn due_in(&self, wall: Timestamp) -> Option<Duration> {
        let ahead = self.next?.duration_since(wall);
        Duration::try_from(ahead).ok().filter(|ahead| !ahead.is_zero())
    }

    /// Whether a round begins now. The wall clock decides what is due: it goes on while a laptop sleeps.
    pub(super) fn begin(&mut self, wall: Timestamp, now: Instant) -> bool {
        let due = self.next.is_some_and(|next| next <= wall);
        let may = self.not_before.is_none_or(|not_before| not_before <= now);
        let begins = due && may && !self.running;
        self.running |= begins;
        begins
    }

    /// A round is over, and the next login is due then.
    pub(super) fn end(&mut self, next: Option<Timestamp>, wall: Timestamp, now: Instant) {
        self.running = false;
        self.next = next;
        if next.is_some_and(|next| next <= wall) {
            let (first, longest) = PAUSES;
            let pause = first.saturating_mul(1 << self.in_vain.min(8)).min(longest);
            self.in_vain += 1;
            self.not_before = Some(now + pause);
        } else {
            self.in_vain = 0;
            self.not_before = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_round_begins_when_a_login_is_due_and_only_one_at_a_time() {
        let (mut renewing, now) = (Renewing::default(), Instant::now());
        assert!(!renewing.begin(at(100), now), "nothing is due");
        renewing.learn(Some(at(200)));
        assert!(!renewing.begin(at(199), now));
        assert!(renewing.begin(at(200), now));
        assert!(!renewing.begin(at(201), now), "one is under way");
        renewing.end(Some(at(7000)), at(201), now);
        assert!(!renewing.begin(at(6999), now));
        assert!(renewing.begin(at(7000), now));
    }

    #[test]
    fn rounds_in_vain_are_further_and_further_apart_until_one_helps() {
        let (mut renewing, mut now) = (Renewing::default(), Instant::now());
        let (due, wall) = (Some(at(200)), at(300));
        renewing.learn(due);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert!(renewing.begin(wall, now));
            renewing.end(due, wall, now);
            let mut pause = 0;
            while !renewing.begin(wall, now + Duration::from_secs(pause)) {
                pause += 1;
            }
            renewing.running = false;
            pauses.push(pause);
            now += Duration::from_secs(pause);
        }
        assert_eq!(pauses, [60, 120, 240, 480, 900, 900, 900, 900]);
        assert!(renewing.begin(wall, now));
        renewing.end(Some(at(7000)), wall, now);
        renewing.learn(due);
        assert!(
            renewing.begin(wall, now),
            "it helped: the next is not kept waiting"
        );
    }

    #[test]
    fn a_laptop_that_slept_renews_when_it_wakes() {
        let (mut renewing, now) = (Renewing::default(), Instant::now());
        renewing.learn(Some(at(200)));
        assert!(renewing.begin(at(90_000), now));
    }
}
