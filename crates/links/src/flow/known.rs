//! A GitLab that is known here: chosen with one press, which leads as far as it can go without asking anything.

use super::{AddressState, FlowEffect, FlowStep, Goal, LinkFlow, LoginMethod, TokenState, Way};
use crate::instance::GITLAB_COM;
use crate::registration::are_scopes;

impl LinkFlow {
    pub(super) fn choose_known(&mut self, address: String, goal: Goal, effects: &mut Vec<FlowEffect>) {
        if address == GITLAB_COM {
            self.way(Way::GitLabCom, effects);
        } else {
            self.state.way = Way::Company;
            self.state.address_text = address;
            self.look(effects);
        }
        self.state.goal = Some(goal);
        if goal == Goal::SignIn {
            // Whoever has nowhere to keep a secret learns it before the browser opens.
            self.try_keychain(effects);
        }
    }

    /// Goes on towards what the GitLab was chosen for, or gives it up where the person is needed.
    pub(super) fn pursue(&mut self, effects: &mut Vec<FlowEffect>) {
        let Some(goal) = self.state.goal else { return };
        if !self.at(FlowStep::Address) {
            self.state.goal = None;
            return;
        }
        let waits = self.waiting.suggestion.is_some()
            || self.waiting.application.is_some()
            || self.waiting.name.is_some()
            || self.waiting.keychain.is_some();
        match &self.state.address {
            AddressState::Looking { .. } => return,
            AddressState::Found { .. } if waits => return,
            AddressState::Found { .. } if self.name_is_good() => {}
            _ => {
                self.state.goal = None;
                return;
            }
        }
        self.state.goal = None;
        match goal {
            Goal::SignIn if self.state.method == LoginMethod::App && self.can_begin() => {
                self.state.step = FlowStep::SignIn;
                if self.state.problem.is_none() {
                    self.log_in(false, effects);
                }
            }
            Goal::SignIn => {}
            Goal::Register => self.at_way(LoginMethod::App, effects),
            Goal::Token => self.at_way(LoginMethod::Token, effects),
        }
    }

    /// To the ways to sign in, with this one chosen.
    fn at_way(&mut self, method: LoginMethod, effects: &mut Vec<FlowEffect>) {
        self.state.step = FlowStep::SignIn;
        self.chosen = Some(method);
        self.state.method = method;
        self.try_keychain(effects);
    }

    /// Ends what leads to a login, or the login itself; what is being kept is kept.
    pub(super) fn stop(&mut self, effects: &mut Vec<FlowEffect>) {
        if self.state.goal.take().is_none() && self.waiting.keep.is_none() && !self.finishing() {
            self.stop_login(effects);
        }
    }

    /// Other scopes than the usual ones. What is known of a token is told anew.
    pub(super) fn want(&mut self, scopes: Vec<String>) {
        if self.at(FlowStep::Done) || self.state.linking || self.login_under_way() || !are_scopes(&scopes) {
            return;
        }
        self.state.wanted.clone_from(&scopes);
        self.chosen_scopes = Some(scopes);
        self.rest();
        if let (TokenState::Checked { .. }, Some(identity)) = (&self.state.token, &self.identity) {
            self.state.token = super::sign_in::checked(identity, &self.state.wanted);
        }
    }
}
