//! When a login is renewed ahead of its end, and a token that renews itself. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

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

/// From how long before its end on a token that lives for a quarter or longer is rotated.
const LEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The longest life GitLab gives a token unless its administrator allows more (contract §2.6).
const LONGEST: i32 = 365;

/// How long before its last moment a token's rotation begins: thirty days, of a short-lived one a third of its life.
fn lead(made_at: Option<Timestamp>, end: Timestamp) -> SignedDuration {
    let life = made_at.map(|made_at| end.duration_since(made_at));
    life.map_or(LEAD, |life| (life / 3).clamp(SignedDuration::from_hours(1), LEAD))
}

/// When a token begins not to work: at the beginning (UTC) of that day (quirk 5).
fn beginning(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// When to rotate a token whose first day of not working is `expires_on`: thirty days before, of one that lives for
/// less than a quarter in the last third of its life; in both cases later by up to a tenth of that, so that many
/// accounts do not come at once. The same account and end always give the same moment. `None` beyond time itself.
#[must_use]
pub fn rotation_due(id: &AccountId, made_at: Option<Timestamp>, expires_on: Date) -> Option<Timestamp> {
    let end = beginning(expires_on)?;
    let lead = lead(made_at, end);
    let tenth = u64::try_from(lead.as_secs() / 10).unwrap_or_default().max(1);
    let jitter = i64::try_from(spread(id, end) % tenth).unwrap_or_default();
    let due = end.checked_sub(lead).ok()?;
    due.checked_add(SignedDuration::from_secs(jitter)).ok()
}

/// From when on a token that should have been rotated and was not is spoken of: halfway from there to its end.
pub(crate) fn rotation_overdue(made_at: Option<Timestamp>, expires_on: Date) -> Option<Timestamp> {
    let end = beginning(expires_on)?;
    end.checked_sub(lead(made_at, end) / 2).ok()
}

/// The first day a token's successor will not work: it lives as long as the token was to live, at least until the day
/// after tomorrow, at most as long as GitLab allows; as long as that also where the token's own life is not known.
#[must_use]
pub fn next_expiry(made_at: Option<Timestamp>, expires_on: Option<Date>, today: Date) -> Option<Date> {
    let made_on = made_at.map(|at| at.to_zoned(TimeZone::UTC).date());
    let life = made_on
        .zip(expires_on)
        .and_then(|(made_on, end)| made_on.until(end).ok())
        .map_or(LONGEST, |life| life.get_days().clamp(2, LONGEST));
    today.checked_add(Span::new().days(life)).ok()
}

/// The pause after the first attempt at what GitLab did not answer, in seconds, and the longest it grows to.
const PAUSES: (i64, i64) = (60, 6 * 3600);

/// When to try again what waits since `since`, was tried so often, and last then: at once, then after a minute, after
/// two, after four … after six hours. A last time that is yet to come was told by a wrong clock.
pub(crate) fn next_try(
    since: Timestamp,
    tried_at: Option<Timestamp>,
    tries: u32,
    now: Timestamp,
) -> Timestamp {
    let Some(tried_at) = tried_at.filter(|at| *at <= now) else {
        return since.min(now);
    };
    let (first, longest) = PAUSES;
    let pause = first
        .saturating_mul(1 << tries.saturating_sub(1).min(16))
        .min(longest);
    tried_at
        .saturating_add(SignedDuration::from_secs(pause))
        .unwrap_or(tried_at)
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

    const DAY: i64 = 86_400;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_token_is_rotated_in_the_last_third_of_its_life_and_never_in_its_last_half_hour(
            made in 0_i64..4_000_000_000,
            days in 1_i64..4_000,
        ) {
            let (id, made) = (AccountId::new(), at(made));
            let expires_on = (made + SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date();
            let end = beginning(expires_on).unwrap();
            let due = rotation_due(&id, Some(made), expires_on).unwrap();
            prop_assert!(due <= end - SignedDuration::from_mins(30), "{due} {end}");
            prop_assert!(end.duration_since(due) <= LEAD);
            let overdue = rotation_overdue(Some(made), expires_on).unwrap();
            prop_assert!(due < overdue && overdue < end);
            prop_assert_eq!(due, rotation_due(&id, Some(made), expires_on).unwrap());
        }

        #[test]
        fn a_successor_lives_as_long_as_its_token_within_what_gitlab_allows(made in 0_i64..4_000_000_000, days in 1_i32..4_000) {
            let made = at(made);
            let made_on = made.to_zoned(TimeZone::UTC).date();
            let today = made_on + Span::new().days(days / 2);
            let next = next_expiry(Some(made), Some(made_on + Span::new().days(days)), today).unwrap();
            prop_assert_eq!(today.until(next).unwrap().get_days(), days.clamp(2, 365));
        }
    }

    #[test]
    fn a_years_token_is_rotated_thirty_days_ahead_and_spread_over_three() {
        let (made, end) = (at(0), day("1971-01-01"));
        let dues: std::collections::BTreeSet<_> = (0..100)
            .map(|_| {
                rotation_due(&AccountId::new(), Some(made), end)
                    .unwrap()
                    .as_second()
            })
            .collect();
        let (first, last) = (335 * DAY, 338 * DAY);
        assert!(dues.iter().all(|due| (first..=last).contains(due)), "{dues:?}");
        assert!(dues.len() > 50, "{dues:?}");
        // A week's token: in its last third.
        let due = rotation_due(&AccountId::new(), Some(made), day("1970-01-08")).unwrap();
        assert!((14 * DAY / 3..=5 * DAY).contains(&due.as_second()), "{due}");
    }

    #[test]
    fn a_successor_of_a_token_that_never_ends_or_of_unknown_age_gets_a_year() {
        let today = day("2026-11-20");
        let year = Some(day("2027-11-20"));
        assert_eq!(next_expiry(Some(at(0)), None, today), year);
        assert_eq!(next_expiry(None, Some(day("2026-12-01")), today), year);
    }

    #[test]
    fn attempts_are_further_and_further_apart() {
        let pause = |tries| next_try(at(0), Some(at(1000)), tries, at(1000)).as_second() - 1000;
        let pauses: Vec<i64> = (1..=12).map(pause).collect();
        assert_eq!(
            pauses,
            [
                60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 21_600, 21_600, 21_600
            ]
        );
        assert_eq!(pause(u32::MAX), 21_600);
        assert_eq!(next_try(at(5), None, 0, at(9)), at(5), "never tried: at once");
    }

    #[test]
    fn a_clock_set_back_keeps_nothing_waiting() {
        assert!(next_try(at(9000), Some(at(9000)), 9, at(100)) <= at(100));
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
