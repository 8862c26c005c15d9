//! When a person is told of a token that dies. Pure: from the facts, what was told before, and the moment.
//!
//! Days are counted in UTC, as GitLab counts those of a token, and pauses in hours: no time zone is asked, so none can
//! change the answer. Moments that lie further ahead than any pause is long were written by a clock that has been put
//! back since; they hold nothing up.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::clock::utc_day;
use crate::health::{EXPIRING_DAYS, Facts, Health};

/// At most one notice an account in this time.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long a notice may be on its way to the screen before somebody else may show it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);
/// How far apart two checks must be to count as two: a lagging server refuses a token for seconds, not minutes.
const DISTINCT: SignedDuration = SignedDuration::from_mins(1);

/// What a person is told of, from the quietest to the loudest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// The token dies within 30 days.
    Month,
    /// Within 7 days.
    Week,
    /// Tomorrow.
    Day,
    /// It is dead: two distinct checks said so.
    Dead,
}

impl Reminder {
    /// All, from the quietest.
    pub const ALL: [Self; 4] = [Self::Month, Self::Week, Self::Day, Self::Dead];

    /// The word: `30_days`, `7_days`, `1_day`, `dead`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "30_days",
            Self::Week => "7_days",
            Self::Day => "1_day",
            Self::Dead => "dead",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reminder| reminder.as_str() == word)
    }

    /// What there is to be told at this moment: only the nearest; those whose time has passed are told no more.
    /// `renews`: it renews itself, so only its death is told.
    #[must_use]
    pub fn at(facts: &Facts, renews: bool, now: Timestamp) -> Option<Self> {
        match facts.health(now) {
            Health::Expired { .. } | Health::Revoked { .. } => dead(facts).then_some(Self::Dead),
            _ if renews => None,
            _ => Self::ahead(facts, now),
        }
    }

    /// What the calendar alone says.
    fn ahead(facts: &Facts, now: Timestamp) -> Option<Self> {
        let days = utc_day(now).until(facts.expires_on?).ok()?.get_days();
        match u32::try_from(days).ok()? {
            0 => None,
            1 => Some(Self::Day),
            2..=7 => Some(Self::Week),
            8..=EXPIRING_DAYS => Some(Self::Month),
            _ => None,
        }
    }
}

/// Whether two distinct checks found it dead. A day that has passed is no check, and offline is not dead.
fn dead(facts: &Facts) -> bool {
    facts.failure.is_some_and(|failure| {
        failure.code.tells_dead()
            && failure.count >= 2
            && failure.at.duration_since(failure.first_at).abs() >= DISTINCT
    })
}

/// How long a person wants no more of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snooze {
    /// Until this time tomorrow.
    Day,
    /// For a week.
    Week,
}

impl Snooze {
    fn length(self) -> SignedDuration {
        match self {
            Self::Day => DAY,
            Self::Week => DAY * 7,
        }
    }
}

/// What was told of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// Of which credential; another one starts anew.
    pub(crate) credential: String,
    /// What was told of it.
    pub(crate) reminders: BTreeSet<Reminder>,
    /// When the account was last told of, also by an earlier credential.
    pub(crate) last: Option<Timestamp>,
    /// What somebody set out to show, and when. It stays if they died over it.
    pub(crate) on_its_way: Option<(Reminder, Timestamp)>,
    /// What the person wants no more of until then.
    pub(crate) snoozed: Option<(Reminder, Timestamp)>,
}

impl Told {
    /// The same for this credential: as it is, or anew. The account keeps its one notice a day.
    pub(crate) fn of(self, credential: String) -> Self {
        if self.credential == credential {
            return self;
        }
        Self {
            credential,
            last: self.last,
            ..Self::default()
        }
    }

    /// Whether `reminder` is to be shown now. `since`: when the credential came here; what was to be said of it then,
    /// the person saw while linking.
    pub(crate) fn due(&self, reminder: Reminder, facts: &Facts, since: Timestamp, now: Timestamp) -> bool {
        let on_its_way = self.on_its_way.is_some_and(|(_, at)| near(at, now, ON_ITS_WAY));
        let told_today = self.last.is_some_and(|at| near(at, now, DAY));
        if on_its_way || told_today {
            return false;
        }
        if let Some((asked, until)) = self.snoozed {
            let ahead = until.duration_since(now);
            let holds = ahead > SignedDuration::ZERO && ahead <= Snooze::Week.length();
            // A louder one is news; of the same the person wanted to hear again, later.
            if reminder <= asked {
                return !holds;
            }
        }
        Some(reminder) > Reminder::ahead(facts, since) && !self.reminders.contains(&reminder)
    }

    /// Somebody sets out to show it.
    pub(crate) fn set_out(&mut self, reminder: Reminder, now: Timestamp) {
        self.on_its_way = Some((reminder, now));
    }

    /// It was shown.
    pub(crate) fn shown(&mut self, reminder: Reminder, now: Timestamp) {
        self.on_its_way = None;
        self.reminders.insert(reminder);
        self.last = Some(now);
        self.snoozed = self.snoozed.filter(|(asked, _)| *asked > reminder);
    }

    /// It could not be shown, and is as if nobody had tried.
    pub(crate) fn not_shown(&mut self) {
        self.on_its_way = None;
    }

    /// The person wants to hear of the loudest that was told again, later. Nothing told: nothing to put off.
    pub(crate) fn snooze(&mut self, how_long: Snooze, now: Timestamp) {
        if let (Some(&loudest), Ok(until)) = (self.reminders.last(), now.checked_add(how_long.length())) {
            self.snoozed = Some((loudest, until));
        }
    }
}

/// Whether two moments are less than `apart` from each other, whichever came first.
fn near(one: Timestamp, other: Timestamp, apart: SignedDuration) -> bool {
    one.duration_since(other).abs() < apart
}

#[cfg(test)]
mod tests;
