//! How an account is: a verdict from stored facts and the day. Pure.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock::utc_day;
use crate::problem::ProblemCode;

/// From how many days before its end on a token counts as expiring.
pub const EXPIRING_DAYS: u32 = 30;

/// How many seconds lie between two failures that count as two. Several questions of one check, or several checks at
/// once, are one.
pub const APART: i64 = 60;

/// How an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Works.
    Linked,
    /// Works, and stops in so many days: 1 (from tomorrow on) to [`EXPIRING_DAYS`].
    Expiring {
        /// Days until the first day it does not work, counted in UTC.
        days: u32,
    },
    /// Dead of age.
    Expired {
        /// The first day it did not work.
        on: Option<Date>,
    },
    /// GitLab no longer accepts it: revoked, deleted, or of a deleted user.
    Revoked {
        /// When LabLink noticed.
        noticed_at: Option<Timestamp>,
    },
    /// Works, but lacks what it was linked for.
    TooNarrow {
        /// Scopes it lacks.
        missing: Vec<String>,
    },
    /// GitLab answers and refuses for a reason of the account or the network; the token may be fine.
    Refused {
        /// Why.
        why: ProblemCode,
    },
    /// No usable answer. Offline is not dead.
    Unreachable {
        /// Why.
        why: ProblemCode,
    },
    /// Not checked yet, or the keychain could not be read.
    Unknown {
        /// Why, where something is known.
        why: Option<ProblemCode>,
    },
}

impl Health {
    /// The state's stable word: `linked`, `expiring`, `expired`, `revoked`, `too_narrow`, `refused`, `unreachable`,
    /// `unknown`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Expiring { .. } => "expiring",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::TooNarrow { .. } => "too_narrow",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What is known about an account's token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The first day (UTC) it does not work.
    pub expires_on: Option<Date>,
    /// What it was linked for and may not do.
    pub missing: Vec<String>,
    /// When GitLab last accepted it.
    pub last_ok_at: Option<Timestamp>,
    /// What has gone wrong since.
    pub failure: Option<Failure>,
    /// Where its GitLab's address sends, where that is what is wrong.
    pub moved_to: Option<String>,
    /// Until when the token's end is seen to without the person, so that it is not spoken of.
    pub quiet_until: Option<Timestamp>,
}

/// What went wrong since GitLab last accepted the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What.
    pub code: ProblemCode,
    /// When this was first seen.
    pub first_at: Timestamp,
    /// When it was last seen.
    pub at: Timestamp,
    /// How many checks in a row ended so, counted once in each [`APART`].
    pub count: u32,
}

impl Facts {
    /// How the account is at this moment.
    #[must_use]
    pub fn health(&self, now: Timestamp) -> Health {
        let today = utc_day(now);
        let over = self.expires_on.filter(|day| *day <= today);
        if let Some(failure) = self.failure {
            match failure.code {
                // GitLab knows better than a day kept here that is still to come.
                ProblemCode::TokenExpired => return Health::Expired { on: over },
                code if code.tells_dead() => {
                    return Health::Revoked {
                        noticed_at: Some(failure.first_at),
                    };
                }
                _ => {}
            }
        }
        if over.is_some() {
            return Health::Expired { on: over };
        }
        if let Some(Failure { code, .. }) = self.failure {
            return match code {
                // Nobody was asked.
                ProblemCode::AccountBusy => Health::Unknown { why: Some(code) },
                code if code.tells_nothing() => Health::Unreachable { why: code },
                code if code.of_keychain() || code == ProblemCode::Internal => {
                    Health::Unknown { why: Some(code) }
                }
                code => Health::Refused { why: code },
            };
        }
        if self.last_ok_at.is_none() {
            return Health::Unknown { why: None };
        }
        let quiet = self.quiet_until.is_some_and(|until| now < until);
        if let Some(days) = self
            .expires_on
            .filter(|_| !quiet)
            .and_then(|day| days_until(today, day))
        {
            return Health::Expiring { days };
        }
        if self.missing.is_empty() {
            Health::Linked
        } else {
            Health::TooNarrow {
                missing: self.missing.clone(),
            }
        }
    }

    /// The facts after GitLab accepted the token.
    #[must_use]
    pub fn after_success(self, now: Timestamp) -> Self {
        Self {
            last_ok_at: Some(now),
            failure: None,
            moved_to: None,
            ..self
        }
    }

    /// The facts after a check that ended with a problem. A token known to be dead stays so while nothing is learned.
    #[must_use]
    pub fn after_failure(self, code: ProblemCode, now: Timestamp) -> Self {
        let failure = match self.failure {
            // Dead is dead: why is said anew, since when is not.
            Some(known) if known.code == code || known.code.tells_dead() && code.tells_dead() => Failure {
                code,
                at: now,
                count: known.count.saturating_add(u32::from(known.is_apart(now))),
                ..known
            },
            Some(known) if known.code.tells_dead() && (code.tells_nothing() || code.of_keychain()) => known,
            _ => Failure {
                code,
                first_at: now,
                at: now,
                count: 1,
            },
        };
        Self {
            // Whoever tells of the same again need not know where to.
            moved_to: self
                .moved_to
                .filter(|_| failure.code == ProblemCode::RedirectElsewhere),
            failure: Some(failure),
            ..self
        }
    }

    /// The same, where the GitLab's address is known to send: told only while that is what is wrong.
    #[must_use]
    pub fn sent_to(self, to: Option<&str>) -> Self {
        let moved = self
            .failure
            .is_some_and(|failure| failure.code == ProblemCode::RedirectElsewhere);
        match to {
            Some(to) if moved => Self {
                moved_to: Some(to.to_owned()),
                ..self
            },
            _ => self,
        }
    }
}

impl Failure {
    /// Whether it was seen by two checks apart in time: what a person may be alarmed by.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.count >= 2
    }

    /// Whether a failure now is another one than those that were counted. A clock may have been set back.
    fn is_apart(&self, now: Timestamp) -> bool {
        now.duration_since(self.first_at).as_secs().abs() >= APART.saturating_mul(i64::from(self.count))
    }
}

/// Days from `today` to `day` where it is near enough to be told.
fn days_until(today: Date, day: Date) -> Option<u32> {
    let days = today.until(day).ok()?.get_days();
    u32::try_from(days)
        .ok()
        .filter(|days| (1..=EXPIRING_DAYS).contains(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn fine() -> Facts {
        Facts {
            last_ok_at: Some(at("2026-11-01T08:00:00Z")),
            ..Facts::default()
        }
    }

    fn expiring(day: &str) -> Facts {
        Facts {
            expires_on: Some(day.parse().unwrap()),
            ..fine()
        }
    }

    #[test]
    fn quirk_5_a_token_that_expires_today_is_dead_at_midnight_utc() {
        let facts = expiring("2026-11-20");
        let on = Some("2026-11-20".parse().unwrap());
        assert_eq!(
            facts.health(at("2026-11-19T23:59:59Z")),
            Health::Expiring { days: 1 }
        );
        assert_eq!(facts.health(at("2026-11-20T00:00:00Z")), Health::Expired { on });
        assert_eq!(facts.health(at("2027-03-01T00:00:00Z")), Health::Expired { on });
    }

    #[test]
    fn a_token_gitlab_calls_expired_before_its_day_has_no_day() {
        let now = at("2026-11-20T08:00:00Z");
        let early = expiring("2027-11-20").after_failure(ProblemCode::TokenExpired, now);
        assert_eq!(early.health(now), Health::Expired { on: None });
    }

    #[test]
    fn expiring_begins_thirty_days_before() {
        let facts = expiring("2026-12-31");
        assert_eq!(facts.health(at("2026-11-30T23:59:59Z")), Health::Linked);
        assert_eq!(
            facts.health(at("2026-12-01T00:00:00Z")),
            Health::Expiring { days: 30 }
        );
        assert_eq!(
            facts.health(at("2026-12-22T12:00:00Z")),
            Health::Expiring { days: 9 }
        );
    }

    #[test]
    fn an_end_that_is_seen_to_is_not_spoken_of_until_it_should_have_been() {
        let facts = Facts {
            quiet_until: Some(at("2026-12-16T00:00:00Z")),
            ..expiring("2026-12-31")
        };
        assert_eq!(facts.health(at("2026-12-15T23:59:59Z")), Health::Linked);
        let late = Health::Expiring { days: 15 };
        assert_eq!(facts.health(at("2026-12-16T00:00:00Z")), late);
    }

    #[test]
    fn offline_is_not_dead_and_dead_is_not_offline() {
        let now = at("2026-11-20T08:00:00Z");
        let later = at("2026-11-21T08:00:00Z");
        let offline = fine().after_failure(ProblemCode::Silent, now);
        assert_eq!(
            offline.health(now),
            Health::Unreachable {
                why: ProblemCode::Silent
            }
        );
        let dead = fine().after_failure(ProblemCode::TokenRevoked, now);
        let noticed = Health::Revoked {
            noticed_at: Some(now),
        };
        assert_eq!(dead.health(now), noticed);
        assert_eq!(
            dead.clone()
                .after_failure(ProblemCode::Silent, later)
                .health(later),
            noticed
        );
        assert_eq!(
            dead.clone()
                .after_failure(ProblemCode::KeychainLocked, later)
                .health(later),
            noticed
        );
        assert_eq!(
            dead.clone()
                .after_failure(ProblemCode::TokenRevoked, later)
                .health(later),
            noticed
        );
        assert_eq!(dead.after_success(later).health(later), Health::Linked);
    }

    #[test]
    fn where_it_moved_is_known_while_that_is_what_is_wrong() {
        let now = at("2026-11-20T08:00:00Z");
        let moved = fine()
            .after_failure(ProblemCode::RedirectElsewhere, now)
            .sent_to(Some("https://new.example.test"));
        let there = |facts: &Facts| facts.moved_to.clone();
        assert_eq!(there(&moved).as_deref(), Some("https://new.example.test"));
        let again = moved.clone().after_failure(ProblemCode::RedirectElsewhere, now);
        assert_eq!(there(&again), there(&moved), "told once more, and not where");
        let farther = again.sent_to(Some("https://newer.example.test"));
        assert_eq!(there(&farther).as_deref(), Some("https://newer.example.test"));
        assert_eq!(there(&moved.clone().after_success(now)), None);
        let silent = moved.after_failure(ProblemCode::Silent, now);
        assert_eq!(there(&silent.clone()), None);
        assert_eq!(there(&silent.sent_to(Some("https://new.example.test"))), None);
        let dead = fine()
            .after_failure(ProblemCode::TokenRevoked, now)
            .after_failure(ProblemCode::RedirectElsewhere, now)
            .sent_to(Some("https://new.example.test"));
        assert_eq!(there(&dead), None, "dead is dead, wherever it moved");
    }

    #[test]
    fn quirk_1_an_unknown_token_counts_as_revoked() {
        let now = at("2026-11-20T08:00:00Z");
        let facts = fine().after_failure(ProblemCode::TokenUnknown, now);
        assert_eq!(
            facts.health(now),
            Health::Revoked {
                noticed_at: Some(now)
            }
        );
    }

    #[test]
    fn failures_in_a_row_are_counted_with_their_first_and_last_time() {
        let (one, two) = (at("2026-11-20T08:00:00Z"), at("2026-11-20T09:00:00Z"));
        let facts = fine()
            .after_failure(ProblemCode::Silent, one)
            .after_failure(ProblemCode::Silent, two);
        assert_eq!(
            facts.failure,
            Some(Failure {
                code: ProblemCode::Silent,
                first_at: one,
                at: two,
                count: 2
            })
        );
        let facts = facts.after_failure(ProblemCode::ServerError, two);
        assert_eq!(facts.failure.unwrap().count, 1);
    }

    #[test]
    fn two_failures_of_one_moment_are_one_and_a_death_by_another_word_is_the_same_death() {
        let now = at("2026-11-20T08:00:00Z");
        let once = fine()
            .after_failure(ProblemCode::TokenUnknown, now)
            .after_failure(ProblemCode::TokenUnknown, at("2026-11-20T08:00:59Z"));
        assert!(!once.failure.unwrap().is_certain());
        let later = at("2026-11-20T08:01:00Z");
        let twice = once
            .after_failure(ProblemCode::Silent, at("2026-11-20T08:00:59Z"))
            .after_failure(ProblemCode::TokenRevoked, later);
        let failure = twice.failure.unwrap();
        assert_eq!(
            (failure.code, failure.first_at, failure.at, failure.count),
            (ProblemCode::TokenRevoked, now, later, 2)
        );
        assert!(failure.is_certain());
        assert!(twice.after_success(later).failure.is_none());
    }

    #[test]
    fn every_code_has_its_verdict() {
        let now = at("2026-11-20T08:00:00Z");
        for (code, state) in [
            (ProblemCode::TokenExpired, "expired"),
            (ProblemCode::TokenRevoked, "revoked"),
            (ProblemCode::ImpersonationDisabled, "revoked"),
            (ProblemCode::AccountBlocked, "refused"),
            (ProblemCode::TermsNotAccepted, "refused"),
            (ProblemCode::DpopRequired, "refused"),
            (ProblemCode::Forbidden, "refused"),
            (ProblemCode::CertificateExpired, "unreachable"),
            (ProblemCode::SignInWall, "unreachable"),
            (ProblemCode::RateLimited, "unreachable"),
            (ProblemCode::KeychainLocked, "unknown"),
            (ProblemCode::KeychainMissing, "unknown"),
            (ProblemCode::AccountBusy, "unknown"),
        ] {
            assert_eq!(
                fine().after_failure(code, now).health(now).state(),
                state,
                "{code}"
            );
        }
    }

    #[test]
    fn what_it_lacks_is_told_unless_it_is_about_to_die() {
        let now = at("2026-11-20T08:00:00Z");
        let narrow = Facts {
            missing: vec!["api".into()],
            ..fine()
        };
        assert_eq!(
            narrow.health(now),
            Health::TooNarrow {
                missing: vec!["api".into()]
            }
        );
        let dying = Facts {
            missing: vec!["api".into()],
            ..expiring("2026-11-29")
        };
        assert_eq!(dying.health(now), Health::Expiring { days: 9 });
        assert_eq!(Facts::default().health(now), Health::Unknown { why: None });
    }
}
