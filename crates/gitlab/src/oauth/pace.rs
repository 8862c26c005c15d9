//! When a device login is polled next (RFC 8628 §3.5). Pure: the moments are given.

use std::time::Duration;

use tokio::time::Instant;

use super::device::{DeviceAuthorization, DevicePoll, INTERVAL};
use super::problem::GrantProblem;

/// How long before the code's end it is polled for the last time: the answer has to be back by then.
const LAST: Duration = Duration::from_secs(2);

/// How polling goes on.
pub(super) struct Pace {
    interval: Duration,
    /// For how long the server wants to be left alone this time.
    rest: Duration,
    polled: bool,
    end: Instant,
}

impl Pace {
    pub(super) fn of(device: &DeviceAuthorization) -> Self {
        Self {
            interval: device.interval,
            rest: Duration::ZERO,
            polled: false,
            end: device.expires_at,
        }
    }

    /// Takes note of what a poll found.
    pub(super) fn heard(&mut self, poll: &Result<DevicePoll, GrantProblem>) {
        self.polled = true;
        self.rest = match poll {
            Ok(DevicePoll::Busy { rest }) => *rest,
            _ => Duration::ZERO,
        };
        if matches!(poll, Ok(DevicePoll::SlowDown)) {
            self.interval += Duration::from_secs(INTERVAL);
        }
    }

    /// When to poll next: after the interval and the rest the server wants. Where that is past the code's end, once more
    /// right before it, if it was not polled just now. `None`: not any more.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let pause = self.interval.max(self.rest);
        let due = now.checked_add(pause).filter(|due| *due < self.end);
        let last = self.end.checked_sub(LAST).unwrap_or(now).max(now);
        let again = !self.polled || last.duration_since(now) >= Duration::from_secs(INTERVAL);
        due.or_else(|| (now < self.end && again).then_some(last))
    }
}
