//! The simulator's time: the system's, moved by an offset that tests set through `/_sim/clock`. Nothing sleeps by it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// System time plus an offset in whole seconds.
pub(crate) struct Clock(AtomicI64);

/// Ten centuries: keeps every sum inside what a timestamp can hold.
const FARTHEST: i64 = 1_000 * 366 * 86_400;

impl Clock {
    pub(crate) fn ahead_by(seconds: i64) -> Self {
        Self(AtomicI64::new(seconds.clamp(-FARTHEST, FARTHEST)))
    }

    /// Moves time; negative goes back. Answers the new offset in seconds.
    pub(crate) fn advance(&self, seconds: i64) -> i64 {
        let moved = self.offset().saturating_add(seconds).clamp(-FARTHEST, FARTHEST);
        self.0.store(moved, Ordering::SeqCst);
        moved
    }

    pub(crate) fn offset(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::now()
            .checked_add(SignedDuration::from_secs(self.offset()))
            .unwrap_or(Timestamp::MAX)
    }
}

/// The date in UTC, which is what GitLab compares `expires_at` with (contract §2.2).
pub(crate) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A moment as HTTP's headers say it (RFC 9110 §5.6.7).
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// ISO 8601 with milliseconds and `Z` (contract §8.4).
pub(crate) fn iso(at: Timestamp) -> String {
    format!("{at:.3}")
}
