//! Notices: which are due, and what became of them.
//!
//! Whoever shows one sets out first, in a transaction: so two processes never show the same. It counts as told when the
//! desktop took it. A process that dies between the two leaves a notice of which nobody knows whether it was seen; it is
//! shown again, a little later: twice is a nuisance, never is a token that dies without a word.

use jiff::Timestamp;
use rusqlite::Connection;

use crate::account::{Account, AccountId, Method};
use crate::links::{Links, gone};
use crate::problem::Problem;
use crate::reminding::{Reminder, Snooze, Told};
use crate::schedule::rotation_overdue;
use crate::store::accounts::{self, KeptAccount};
use crate::store::notices;

/// A notice to be shown now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Of which account.
    pub account: Account,
    /// What it tells.
    pub reminder: Reminder,
}

impl Links {
    /// The notices that are due now. They are this process's to show, and it says what became of each by
    /// [`Links::notice_shown`] or [`Links::notice_not_shown`]. None where the person has switched them off.
    pub fn due_notices(&self) -> Result<Vec<Notice>, Problem> {
        if !self.preferences()?.notices {
            return Ok(Vec::new());
        }
        let now = self.now();
        let look = |db: &Connection| -> Result<Vec<(KeptAccount, Reminder, Told)>, Problem> {
            let mut due = Vec::new();
            for account in accounts::all(db)? {
                let Some(reminder) = Reminder::at(&account.facts, renews(&account, now), now) else {
                    continue;
                };
                let told = notices::of(db, &account.id)?.of(credential(&account));
                if told.due(reminder, &account.facts, since(&account), now) {
                    due.push((account, reminder, told));
                }
            }
            Ok(due)
        };
        // Nearly always there is nothing, and nobody is kept from writing for that.
        if self.store().read(look)?.is_empty() {
            return Ok(Vec::new());
        }
        let due = self.store().write(|db| {
            let mut due = look(db)?;
            for (account, reminder, told) in &mut due {
                told.set_out(*reminder, now);
                notices::set(db, &account.id, told)?;
            }
            Ok::<_, Problem>(due)
        })?;
        due.into_iter()
            .map(|(account, reminder, _)| {
                Ok(Notice {
                    account: account.into_account(now)?,
                    reminder,
                })
            })
            .collect()
    }

    /// The desktop took it.
    pub fn notice_shown(&self, notice: &Notice) -> Result<(), Problem> {
        self.tell_of(&notice.account.id, |told, now| told.shown(notice.reminder, now))
    }

    /// The desktop did not take it: it is due as before.
    pub fn notice_not_shown(&self, notice: &Notice) -> Result<(), Problem> {
        self.tell_of(&notice.account.id, |told, _| told.not_shown())
    }

    /// The person wants to be told again later, and no sooner unless it gets worse.
    pub fn snooze_notice(&self, id: &AccountId, how_long: Snooze) -> Result<(), Problem> {
        self.tell_of(id, |told, now| told.snooze(how_long, now))
    }

    /// Whether there is still something to be told of the account, so that what is on the screen is true.
    pub fn notice_holds(&self, id: &AccountId) -> Result<bool, Problem> {
        let kept = self
            .store()
            .read(|db| accounts::by_id(db, id).map_err(Problem::from))?;
        let now = self.now();
        Ok(kept.is_some_and(|account| Reminder::at(&account.facts, renews(&account, now), now).is_some()))
    }

    fn tell_of(&self, id: &AccountId, change: impl FnOnce(&mut Told, Timestamp)) -> Result<(), Problem> {
        let now = self.now();
        self.store().write(|db| {
            let account = accounts::by_id(db, id)?.ok_or_else(gone)?;
            let mut told = notices::of(db, id)?.of(credential(&account));
            change(&mut told, now);
            notices::set(db, id, &told).map_err(Problem::from)
        })
    }
}

/// Whether nobody has to do anything for it to live on. A token that should have been rotated long ago is spoken of.
fn renews(account: &KeptAccount, now: Timestamp) -> bool {
    let end = account.told.expires_on;
    let overdue = end.and_then(|end| rotation_overdue(account.told.token_created_at, end));
    account.login.as_ref().is_some_and(|login| login.renews)
        || (account.rotates && overdue.is_none_or(|overdue| now < overdue))
}

/// Tells an account's credential from its next one, without a secret.
fn credential(account: &KeptAccount) -> String {
    let end = account
        .told
        .expires_on
        .map_or_else(|| "-".to_owned(), |day| day.to_string());
    match (account.method, account.told.token_id, &account.login) {
        (Method::Token, Some(id), _) => format!("token {id} until {end}"),
        (Method::Token, None, _) => format!("token of {} until {end}", since(account)),
        (Method::App, _, Some(login)) => format!("login of {}", login.obtained_at),
        (Method::App, _, None) => "login".to_owned(),
    }
}

/// When it came here.
fn since(account: &KeptAccount) -> Timestamp {
    let made = account.told.token_created_at.unwrap_or(account.linked_at);
    account.linked_at.max(made)
}
