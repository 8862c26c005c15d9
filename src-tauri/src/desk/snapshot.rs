//! State to snapshot: a pure function. The revision is the caller's.

use links::{Account, Health, Instance, Source};

use super::{State, attention::attention, translate};
use crate::view::{AccountView, KeychainView, RecoveredView, SettingsView, Snapshot};

/// Everything the window and the tray show of a state; the revision is 0.
#[must_use]
pub fn snapshot(state: &State) -> Snapshot {
    Snapshot {
        revision: 0,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        accounts: accounts(state),
        instances: state.instances.iter().map(translate::instance).collect(),
        keychain: keychain(state),
        flow: state.flow.as_ref().map(translate::flow),
        unlink: state.unlinking.as_ref().map(|unlinking| unlinking.view().clone()),
        trust: state.trusting.as_ref().map(|trusting| trusting.view().clone()),
        waiting: state.waiting.iter().map(translate::waiting).collect(),
        profile: state.reviewing.as_ref().map(translate::reviewing),
        permissions: state
            .permitting
            .as_ref()
            .map(|permitting| permitting.view().clone()),
        tray: state.tray,
        settings: settings(state),
        recovered: state
            .put_aside
            .iter()
            .map(translate::put_aside)
            .chain(orphans(state))
            .chain(state.recovered.iter().map(|done| RecoveredView {
                what: translate::recovered(done.what).to_owned(),
                name: done.name.clone(),
            }))
            .chain(state.left_alive.iter().map(|(method, name)| RecoveredView {
                what: translate::left_alive(*method).to_owned(),
                name: name.clone(),
            }))
            .collect(),
        checked_at: state
            .accounts
            .iter()
            .filter_map(|account| account.checked_at)
            .max()
            .map(translate::time),
        checking: state.checking_all,
        log_folder: state.log_folder.clone(),
        policy: state
            .policy
            .as_ref()
            .and_then(|policy| translate::policy(policy, &state.policy_file)),
        trouble: state.trouble.clone(),
        unasked: state.unasked,
        called_to: state.called_to.clone(),
    }
}

/// Secrets nobody here knows, where there is no account: then the list of accounts may have been lost.
fn orphans(state: &State) -> Option<RecoveredView> {
    let labels = state.orphans.as_ref().filter(|labels| !labels.is_empty())?;
    state.accounts.is_empty().then(|| translate::orphans(labels))
}

/// The accounts, those that need the person first, then by name as a person sorts.
fn accounts(state: &State) -> Vec<AccountView> {
    let mut views: Vec<AccountView> = state
        .accounts
        .iter()
        .map(|account| {
            let happened = state
                .happened
                .get(&account.id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let checking = state.checking_all || state.checking.contains(&account.id);
            let mut view = AccountView {
                can_trust: can_trust(state, account),
                ..translate::account(account, happened, checking, state.rotating.contains(&account.id))
            };
            view.attention = attention(&view);
            view
        })
        .collect();
    views.sort_by_cached_key(|view| (view.attention, view.name.to_lowercase(), view.id.clone()));
    views
}

/// Whether the person may say whom to trust for the GitLab of this account. On a managed host the policy says it.
fn can_trust(state: &State, account: &Account) -> bool {
    let here = &account.instance;
    let managed = |one: &Instance| {
        one.source == Source::Managed
            && one.address.host() == here.host()
            && one.address.port() == here.port()
    };
    matches!(&account.health, Health::Unreachable { why } if why.asks_whom_to_trust())
        && !state.instances.iter().any(managed)
}

fn settings(state: &State) -> SettingsView {
    SettingsView {
        notices: state.preferences.notices,
        notices_shown: state.notices_shown,
        keep_in_tray: state.preferences.keep_in_tray,
        check_minutes: state.preferences.check_every.minutes(),
        starts_at_login: state.starts_at_login,
    }
}

fn keychain(state: &State) -> KeychainView {
    state
        .keychain
        .as_ref()
        .map_or(KeychainView::Unknown, translate::keychain)
}

#[cfg(test)]
pub(super) mod tests;
