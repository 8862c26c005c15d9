//! What is kept, read of one piece for a snapshot.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use links::{
    Account, AccountId, Instance, LedgerEntry, LinkProfile, Links, Preferences, Problem, Review, Revocation,
};

use crate::shell::Shell;

/// How many events of an account are shown at most, and at least however many accounts there are.
const EVENTS: (usize, usize) = (20, 3);
/// How many events are shown of all accounts together: snapshots of a thousand accounts must stay light.
const EVENTS_IN_ALL: usize = 2000;

/// Everything a snapshot needs of what is kept.
pub(super) struct Kept {
    pub(super) accounts: Vec<Account>,
    pub(super) happened: BTreeMap<AccountId, Vec<LedgerEntry>>,
    pub(super) instances: Vec<Instance>,
    /// What taking the profile that is being reviewed would do now.
    pub(super) review: Option<Result<Review, Problem>>,
    /// When the next app login is to be renewed.
    pub(super) next_renewal: Option<Timestamp>,
    /// Tokens of unlinked accounts that wait to be revoked.
    pub(super) waiting: Vec<Revocation>,
    /// When the next of them is to be tried.
    pub(super) next_revocation: Option<Timestamp>,
    pub(super) preferences: Preferences,
    /// Whether LabLink starts at login.
    pub(super) starts_at_login: Option<bool>,
}

impl Kept {
    /// Reads it; may block.
    pub(super) fn read(
        links: &Links,
        shell: &Arc<dyn Shell>,
        profile: Option<&LinkProfile>,
    ) -> Result<Self, Problem> {
        let accounts = links.accounts()?;
        let mut happened = BTreeMap::new();
        let each = events_each(accounts.len());
        for account in &accounts {
            happened.insert(account.id, links.ledger(Some(&account.id), each)?);
        }
        let mut instances = links.instances()?;
        for instance in instances
            .iter_mut()
            .filter(|instance| instance.client_id.is_none())
        {
            // GitLab.com's may have been built in.
            if let Some(known) = links.application(&instance.address)? {
                instance.client_id = Some(known.application_id);
                instance.confidential = known.confidential;
            }
        }
        Ok(Self {
            accounts,
            happened,
            instances,
            review: profile.map(|profile| links.review_profile(profile)),
            next_renewal: links.next_renewal()?,
            waiting: links.revocations()?,
            next_revocation: links.next_revocation()?,
            preferences: links.preferences()?,
            starts_at_login: shell.starts_at_login(),
        })
    }
}

/// How many events are shown of each of so many accounts.
fn events_each(accounts: usize) -> usize {
    let (most, least) = EVENTS;
    (EVENTS_IN_ALL / accounts.max(1)).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_accounts_show_many_events_and_many_accounts_few() {
        assert_eq!((events_each(0), events_each(1), events_each(100)), (20, 20, 20));
        assert_eq!(
            (events_each(400), events_each(1000), events_each(100_000)),
            (5, 3, 3)
        );
    }
}
