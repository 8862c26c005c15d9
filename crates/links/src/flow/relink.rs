//! Linking an account again: the flow begins at signing in, with address, name and method settled. Somebody else than
//! the account's user takes its place only when the person says so.

use gitlab::{BaseUrl, Found, Identity, MetadataProbe};

use super::{AddressState, FlowEffect, FlowStep, LinkFlow, LoginMethod, Person};
use crate::account::{Account, AccountId, Method};
use crate::login::person;
use crate::relinking::OtherUser;

/// The account that is linked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relinking {
    /// Which.
    pub account: AccountId,
    /// Its display name.
    pub name: String,
    /// The GitLab it is on.
    pub instance: BaseUrl,
    /// GitLab's number of its user.
    pub user_id: u64,
    /// Its user name, without `@`.
    pub username: Option<String>,
    /// How it signed in until now.
    pub method: Method,
}

impl From<&Account> for Relinking {
    fn from(account: &Account) -> Self {
        Self {
            account: account.id,
            name: account.name.clone(),
            instance: account.instance.clone(),
            user_id: account.user.id,
            username: account.user.username.clone(),
            method: account.method,
        }
    }
}

impl LinkFlow {
    pub(super) fn relink(&mut self, again: Relinking, effects: &mut Vec<FlowEffect>) {
        self.state.step = FlowStep::SignIn;
        again.instance.as_str().clone_into(&mut self.state.address_text);
        self.state.address = AddressState::Found {
            base: again.instance.clone(),
            upgraded: false,
        };
        self.name_typed = true;
        self.state.name.clone_from(&again.name);
        self.found = Some(Found {
            base: again.instance.clone(),
            upgraded_from: None,
            probe: MetadataProbe::Metadata,
        });
        let method = match again.method {
            Method::App => LoginMethod::App,
            Method::Token => LoginMethod::Token,
        };
        self.chosen = Some(method);
        self.state.method = method;
        let number = self.number();
        self.waiting.application = Some(number);
        effects.push(FlowEffect::Suggest {
            number,
            base: again.instance.clone(),
        });
        self.state.relinking = Some(again);
        self.rest();
        self.try_keychain(effects);
    }

    pub(super) fn relinks(&self) -> Option<AccountId> {
        self.state.relinking.as_ref().map(|again| again.account)
    }

    /// Whether the token is somebody else's, and the person has still to be asked: then they are.
    pub(super) fn asks_about(&mut self, identity: &Identity, as_it_is: bool) -> bool {
        let own = self
            .state
            .relinking
            .as_ref()
            .is_none_or(|again| again.user_id == identity.user.id);
        if own || self.agreed_user == Some(identity.user.id) {
            return false;
        }
        self.state.linking = false;
        self.as_it_is = as_it_is;
        self.state.somebody_else = Some(person(identity));
        true
    }

    /// Whom the person agreed to.
    pub(super) fn other_user(&self) -> OtherUser {
        self.agreed_user.map_or(OtherUser::Refused, OtherUser::Confirmed)
    }

    /// Somebody else signed in; the login waits for the person's word.
    pub(super) fn somebody_else(&mut self, number: u64, who: Person) {
        self.waiting.login = None;
        self.waiting.confirm = Some(number);
        self.state.linking = false;
        self.state.somebody_else = Some(who);
    }

    /// *Use them from now on?*
    pub(super) fn somebody_else_answered(&mut self, yes: bool, effects: &mut Vec<FlowEffect>) {
        self.state.somebody_else = None;
        match (self.waiting.confirm, yes) {
            (Some(number), true) => self.confirmed(number, true, effects),
            (Some(_), false) => self.stop_login(effects),
            (None, true) => {
                self.agreed_user = self.identity.as_ref().map(|identity| identity.user.id);
                self.state.linking = true;
                self.keep(self.as_it_is, effects);
            }
            (None, false) => self.forget_token(),
        }
    }
}
