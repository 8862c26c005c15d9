//! The second step: the token, who it is, and keeping both.

use std::sync::Arc;

use gitlab::Identity;

use super::{FlowEffect, FlowStep, KeepWish, LinkFlow, LoginMethod, TokenState, TypedToken};
use crate::account::{AccountId, abilities, missing_scopes};
use crate::linking::admit;
use crate::names::Name;
use crate::problem::{Problem, ProblemKind};

impl LinkFlow {
    pub(super) fn back(&mut self, effects: &mut Vec<FlowEffect>) {
        // An account that is linked again is where it is.
        if !self.at(FlowStep::SignIn) || self.relinks().is_some() {
            return;
        }
        self.state.step = FlowStep::Address;
        self.forget_token();
        // An application's ID stays typed, its secret does not.
        if self.typed_app.as_ref().is_some_and(|typed| typed.confidential()) {
            self.typed_app = None;
        }
        self.typed_problem = None;
        self.rest();
        self.waiting.keychain = None;
        self.waiting.keep = None;
        self.state.linking = false;
        self.state.problem = None;
        effects.push(FlowEffect::CallOff);
    }

    pub(super) fn forget_token(&mut self) {
        self.token = None;
        self.identity = None;
        self.agreed_user = None;
        self.state.somebody_else = None;
        self.wish = None;
        self.waiting.token = None;
        self.state.token = TokenState::Empty;
    }

    pub(super) fn try_keychain(&mut self, effects: &mut Vec<FlowEffect>) {
        let number = self.number();
        self.waiting.keychain = Some(number);
        effects.push(FlowEffect::TryKeychain(number));
    }

    pub(super) fn keychain_tried(&mut self, problem: Option<Problem>) {
        let is_keychains = |problem: &Problem| problem.kind() == ProblemKind::Keychain;
        match problem {
            Some(problem) => self.state.problem = Some(problem),
            None if self.state.problem.as_ref().is_some_and(is_keychains) => self.state.problem = None,
            None => {}
        }
    }

    pub(super) fn typed(&mut self, typed: TypedToken, effects: &mut Vec<FlowEffect>) {
        // What is being kept is kept; a new token would come too late. So would one while a login is under way.
        if self.waiting.keep.is_some() || self.login_under_way() {
            return;
        }
        // Typing a token chooses it.
        if matches!(typed, TypedToken::Token(_)) && self.state.method != LoginMethod::Token {
            self.chosen = Some(LoginMethod::Token);
            self.state.method = LoginMethod::Token;
            self.state.problem = None;
        }
        if let (TypedToken::Token(new), Some(old)) = (&typed, &self.token)
            && new.expose() == old.expose()
        {
            return;
        }
        self.forget_token();
        self.state.linking = false;
        if self
            .state
            .problem
            .as_ref()
            .is_some_and(|problem| problem.kind() != ProblemKind::Keychain)
        {
            self.state.problem = None;
        }
        match typed {
            TypedToken::Nothing => {}
            TypedToken::NoToken(problem) => {
                self.state.token = TokenState::Bad {
                    problem: problem.into(),
                }
            }
            TypedToken::Token(token) => {
                if let Some(kind) = token.suspected_kind() {
                    self.state.token = TokenState::LooksWrong { kind };
                } else {
                    self.state.token = TokenState::Typed;
                    let number = self.number();
                    self.waiting.token = Some(number);
                    effects.push(FlowEffect::PauseToken(number));
                }
                self.token = Some(token);
            }
        }
    }

    pub(super) fn identify(&mut self, effects: &mut Vec<FlowEffect>) {
        let (Some(found), Some(token)) = (self.found.clone(), self.token.clone()) else {
            return;
        };
        let how = self.agreed_here();
        let number = self.number();
        self.waiting.token = Some(number);
        self.state.token = TokenState::Checking;
        effects.push(FlowEffect::Identify {
            number,
            found,
            how,
            token,
        });
    }

    pub(super) fn identified(
        &mut self,
        identified: Result<Arc<Identity>, Problem>,
        effects: &mut Vec<FlowEffect>,
    ) {
        let wish = self.wish.take();
        // Of no use at all is told with the token, too narrow by what it lacks.
        let admitted = identified.and_then(|identity| admit(&identity, &[], true).map(|()| identity));
        match admitted {
            Ok(identity) => {
                self.state.token = checked(&identity, &self.state.wanted);
                self.identity = Some(identity);
                if let Some(as_it_is) = wish {
                    self.keep(as_it_is, effects);
                }
            }
            Err(problem) => {
                if wish.is_some() {
                    self.state.linking = false;
                    self.state.problem = Some(problem.clone());
                }
                self.state.token = TokenState::Bad { problem };
            }
        }
    }

    pub(super) fn link(&mut self, as_it_is: bool, effects: &mut Vec<FlowEffect>) {
        self.state.problem = None;
        self.state.linking = true;
        if self.identity.is_some() {
            self.keep(as_it_is, effects);
            return;
        }
        self.wish = Some(as_it_is);
        if self.state.token != TokenState::Checking {
            self.identify(effects);
        }
    }

    /// Keeps the account with the identity that was just checked: GitLab is not asked again.
    pub(super) fn keep(&mut self, as_it_is: bool, effects: &mut Vec<FlowEffect>) {
        if let Some(identity) = self.identity.clone()
            && self.asks_about(&identity, as_it_is)
        {
            return;
        }
        match self.keep_wish(as_it_is) {
            Ok(wish) => {
                self.waiting.keep = Some(wish.number);
                effects.push(FlowEffect::Keep(Box::new(wish)));
            }
            Err(problem) => {
                self.state.linking = false;
                self.state.problem = Some(problem);
            }
        }
    }

    pub(super) fn keep_wish(&mut self, as_it_is: bool) -> Result<KeepWish, Problem> {
        let gone = || Problem::Internal {
            detail: "the flow lost what it had found".to_owned(),
        };
        let identity = self.identity.clone().ok_or_else(gone)?;
        admit(&identity, &self.state.wanted, as_it_is)?;
        Ok(KeepWish {
            name: Name::read(&self.state.name)?,
            found: self.found.clone().ok_or_else(gone)?,
            how: self.agreed_here(),
            identity,
            wanted: self.state.wanted.clone(),
            token: self.token.clone().ok_or_else(gone)?,
            relinking: self.relinks(),
            other_user: self.other_user(),
            number: self.number(),
        })
    }

    pub(super) fn kept(&mut self, kept: Result<AccountId, Problem>) {
        self.state.linking = false;
        match kept {
            Ok(id) => {
                self.forget_token();
                self.state.step = FlowStep::Done;
                self.state.account = Some(id);
                self.state.problem = None;
            }
            Err(problem) => {
                if matches!(problem, Problem::NameTaken { .. }) {
                    self.state.name_problem = Some(problem.clone());
                }
                self.state.problem = Some(problem);
            }
        }
    }
}

pub(super) fn checked(identity: &Identity, wanted: &[String]) -> TokenState {
    let (scopes, kind) = (&identity.token.scopes, identity.token.kind);
    TokenState::Checked {
        username: identity.user.username.clone(),
        person: identity.user.name.clone(),
        kind,
        abilities: abilities(wanted, scopes, kind),
        missing: missing_scopes(wanted, scopes, kind),
        expires_on: identity
            .token
            .expires_on
            .as_deref()
            .and_then(|day| day.parse().ok()),
    }
}
