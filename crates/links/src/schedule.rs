//! When a login is renewed ahead of its end. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::account::AccountId;

/// How long before its end an access token counts as used up, in seconds.
pub const RENEWAL_MARGIN: i64 = 300;

/// By how many seconds renewals are spread, so that many accounts of many people do not come at once.
const SPREAD: u64 = 600;

/// When to renew a login whose access token ends at `expires_at`: five to fifteen minutes before, and never in the
/// first half of its life. The same account and end always give the same moment.
#[must_use]
pub fn renewal_due(id: &AccountId, obtained_at: Timestamp, expires_at: Timestamp) -> Timestamp {
    let jitter = i64::try_from(spread(id, expires_at) % SPREAD).unwrap_or_default();
    let early = SignedDuration::from_secs(RENEWAL_MARGIN + jitter);
    let half = (expires_at.duration_since(obtained_at)) / 2;
    let due = expires_at.saturating_sub(early);
    let not_before = obtained_at.saturating_add(half.max(SignedDuration::ZERO));
    match (due, not_before) {
        (Ok(due), Ok(not_before)) => due.max(not_before),
        _ => expires_at,
    }
}

/// FNV-1a: a number that looks like any other for another account or another end.
fn spread(id: &AccountId, expires_at: Timestamp) -> u64 {
    let text = format!("{id}{}", expires_at.as_second());
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn between_half_its_life_and_its_end(start in 0_i64..4_000_000_000, life in 0_i64..100_000) {
            let (id, end) = (AccountId::new(), at(start + life));
            let due = renewal_due(&id, at(start), end);
            prop_assert!(due <= end && due >= at(start + life / 2));
            prop_assert_eq!(due, renewal_due(&id, at(start), end));
        }
    }

    #[test]
    fn gitlabs_two_hours_are_renewed_five_to_fifteen_minutes_ahead_and_spread() {
        let dues: std::collections::BTreeSet<_> = (0..100)
            .map(|_| renewal_due(&AccountId::new(), at(0), at(7_200)).as_second())
            .collect();
        assert!(dues.iter().all(|due| (6_300..=6_900).contains(due)), "{dues:?}");
        assert!(dues.len() > 50, "{dues:?}");
    }
}
