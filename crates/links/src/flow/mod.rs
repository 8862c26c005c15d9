//! The link flow: from an address to a linked account, as a machine of states and events. Pure: no clock, no network,
//! no keychain; what it wants done it says as [`FlowEffect`]s, and answers come back as [`FlowEvent`]s.
//!
//! Answers carry the number of their question; an answer to a question that is no longer asked changes nothing. The
//! token is in the private part alone: [`FlowState`] never holds it, and Back, Cancel and Done drop it.

mod address;
mod event;
mod known;
mod login;
mod relink;
mod sign_in;
mod state;

pub use event::{FlowEffect, FlowEvent, Goal, KeepWish, LoginWish, TypedApplication, TypedToken};
pub use relink::Relinking;
pub use state::{
    AddressState, AppState, DeviceState, FlowState, FlowStep, LoginMethod, MethodChoice, Person, TokenState,
    Way,
};

use std::sync::Arc;

use gitlab::{Authority, Found, Identity, Token};

use crate::application::{GivenApplication, KnownApplication};
use crate::looking::Look;
use crate::problem::{Problem, ProblemKind};

/// The machine.
pub struct LinkFlow {
    state: FlowState,
    /// The number of the last question asked; questions are numbered through, so that none is mistaken for another.
    asked: u64,
    /// The numbers of the questions whose answers are still wanted.
    waiting: Waiting,
    name_typed: bool,
    found: Option<Found>,
    agreed: Option<Agreed>,
    offered: Option<Authority>,
    token: Option<Arc<Token>>,
    identity: Option<Arc<Identity>>,
    /// Link was pressed before the token was known: with `as_it_is` or not.
    wish: Option<bool>,
    /// The method the person chose.
    chosen: Option<LoginMethod>,
    /// The application known for the GitLab that was found.
    known: Option<KnownApplication>,
    /// The one that was typed; its secret is here alone.
    typed_app: Option<Arc<GivenApplication>>,
    /// What is wrong with what was typed.
    typed_problem: Option<Problem>,
    /// This GitLab has said that it knows no codes.
    device_unsupported: bool,
    /// How Link was pressed for the login that is under way.
    as_it_is: bool,
    /// The scopes the person chose.
    chosen_scopes: Option<Vec<String>>,
    /// The user the person agreed to put in the account's place.
    agreed_user: Option<u64>,
}

#[derive(Default)]
struct Waiting {
    address: Option<u64>,
    suggestion: Option<u64>,
    name: Option<u64>,
    token: Option<u64>,
    keychain: Option<u64>,
    keep: Option<u64>,
    application: Option<u64>,
    /// The login that is under way.
    login: Option<u64>,
    /// The login that waits for the person to say who they are.
    confirm: Option<u64>,
}

/// What was agreed to, and for which host and port; for another it does not count.
struct Agreed {
    place: String,
    how: Look,
}

impl LinkFlow {
    /// An empty flow for an account that should have the `wanted` scopes.
    #[must_use]
    pub fn new(wanted: Vec<String>) -> Self {
        Self {
            state: FlowState {
                step: FlowStep::Address,
                way: Way::Company,
                address_text: String::new(),
                address: AddressState::Empty,
                name: String::new(),
                name_problem: None,
                can_next: false,
                method: LoginMethod::Token,
                methods: state::methods(None, None),
                app: AppState::Unknown,
                device: DeviceState::Idle,
                token: TokenState::Empty,
                can_link: false,
                linking: false,
                problem: None,
                account: None,
                base: None,
                goal: None,
                asks_for: wanted.clone(),
                wanted,
                relinking: None,
                somebody_else: None,
            },
            asked: 0,
            waiting: Waiting::default(),
            name_typed: false,
            found: None,
            agreed: None,
            offered: None,
            token: None,
            identity: None,
            wish: None,
            chosen: None,
            known: None,
            typed_app: None,
            typed_problem: None,
            device_unsupported: false,
            as_it_is: false,
            chosen_scopes: None,
            agreed_user: None,
        }
    }

    /// What the window draws.
    #[must_use]
    pub fn state(&self) -> &FlowState {
        &self.state
    }

    /// Takes an event in and says what is to be done.
    pub fn apply(&mut self, event: FlowEvent) -> Vec<FlowEffect> {
        let mut effects = Vec::new();
        self.take(event, &mut effects);
        self.pursue(&mut effects);
        self.state.can_next =
            self.state.step == FlowStep::Address && self.found.is_some() && self.name_is_good();
        self.state.can_link = !self.state.linking
            && match self.state.method {
                LoginMethod::Token => {
                    self.at(FlowStep::SignIn) && self.name_is_good() && self.can_link_token()
                }
                // On a GitLab that is known, choosing it and Link are the two inputs.
                LoginMethod::App => (self.state.can_next || self.at(FlowStep::SignIn)) && self.can_begin(),
                LoginMethod::Device => self.at(FlowStep::SignIn) && self.can_begin(),
            };
        self.state.base = self.found.as_ref().map(|found| found.base.clone());
        effects
    }

    fn can_link_token(&self) -> bool {
        self.token.is_some()
            && match &self.state.token {
                TokenState::Empty => false,
                // Nothing was learned about the token: trying again is worth it.
                TokenState::Bad { problem } => problem.kind() == ProblemKind::NoAnswer,
                _ => true,
            }
    }

    fn can_begin(&self) -> bool {
        self.found.is_some() && self.name_is_good() && self.can_log_in()
    }

    fn take(&mut self, event: FlowEvent, effects: &mut Vec<FlowEffect>) {
        match event {
            FlowEvent::Cancel => {
                let asked = self.asked;
                *self = Self::new(std::mem::take(&mut self.state.wanted));
                self.asked = asked;
                effects.push(FlowEffect::CallOff);
            }
            FlowEvent::Relink(again) => self.relink(*again, effects),
            FlowEvent::Back => self.back(effects),
            FlowEvent::Way(way) if self.at(FlowStep::Address) => self.way(way, effects),
            FlowEvent::Address(text) if self.at(FlowStep::Address) => self.address(text, effects),
            FlowEvent::Known(address, goal) if self.at(FlowStep::Address) => {
                self.choose_known(address, goal, effects);
            }
            FlowEvent::AddressPaused(number) if self.waiting.address == Some(number) => self.look(effects),
            FlowEvent::Looked(number, looked) if self.waiting.address == Some(number) => {
                self.waiting.address = None;
                self.looked(looked, effects);
            }
            FlowEvent::ConsentHttp => {
                if matches!(self.state.address, AddressState::NeedsConsent { .. }) {
                    self.agree(|how| how.allow_http = true);
                    self.look(effects);
                }
            }
            FlowEvent::TrustAuthority => {
                if let Some(authority) = self.offered.take() {
                    self.agree(|how| how.authorities.push(authority));
                    self.look(effects);
                }
            }
            FlowEvent::LookAgain if self.at(FlowStep::Address) && self.state.way == Way::Company => {
                self.look(effects);
            }
            FlowEvent::Suggested(number, name) if self.waiting.suggestion == Some(number) => {
                self.waiting.suggestion = None;
                if !self.name_typed {
                    self.state.name = name;
                    self.check_name(effects);
                }
            }
            FlowEvent::ApplicationKnown(number, known) if self.waiting.application == Some(number) => {
                self.waiting.application = None;
                self.application_known(known);
            }
            FlowEvent::Name(text)
                if !self.at(FlowStep::Done)
                    && self.state.relinking.is_none()
                    && !self.state.linking
                    && !self.login_under_way() =>
            {
                self.name_typed = true;
                self.state.goal = None;
                self.state.name = text;
                self.check_name(effects);
            }
            FlowEvent::NameChecked(number, problem) if self.waiting.name == Some(number) => {
                self.waiting.name = None;
                self.state.name_problem = problem;
            }
            FlowEvent::Next if self.state.can_next => {
                self.state.step = FlowStep::SignIn;
                self.try_keychain(effects);
            }
            FlowEvent::Token(typed) if self.at(FlowStep::SignIn) => self.typed(typed, effects),
            FlowEvent::TokenPaused(number) if self.waiting.token == Some(number) => self.identify(effects),
            FlowEvent::Identified(number, identified) if self.waiting.token == Some(number) => {
                self.waiting.token = None;
                self.identified(identified, effects);
            }
            FlowEvent::KeychainChanged if self.at(FlowStep::SignIn) => self.try_keychain(effects),
            FlowEvent::KeychainTried(number, problem) if self.waiting.keychain == Some(number) => {
                self.waiting.keychain = None;
                self.keychain_tried(problem);
            }
            FlowEvent::Link { as_it_is } if self.state.can_link => match self.state.method {
                LoginMethod::Token => self.link(as_it_is, effects),
                LoginMethod::App | LoginMethod::Device => self.log_in(as_it_is, effects),
            },
            event => self.take_login(event, effects),
        }
    }

    /// What belongs to app login and codes.
    fn take_login(&mut self, event: FlowEvent, effects: &mut Vec<FlowEffect>) {
        match event {
            FlowEvent::Method(method) if self.at(FlowStep::SignIn) => self.choose_method(method, effects),
            FlowEvent::Application(typed) if self.at(FlowStep::SignIn) => self.typed_application(typed),
            FlowEvent::LoginWaits(number, url, deadline) if self.by_browser(number) => {
                self.login_waits(url, deadline);
            }
            FlowEvent::Browser(number, browser) if self.by_browser(number) => self.browser_told(browser),
            FlowEvent::OpenAgain => self.open_again(effects),
            FlowEvent::UseCode => self.use_a_code(effects),
            FlowEvent::StopLogin => self.stop(effects),
            FlowEvent::Wanted(scopes) => self.want(scopes),
            FlowEvent::DeviceWaits(number, state) if self.by_code(number) => self.state.device = state,
            FlowEvent::SignedIn(number, person) if self.by_code(number) => self.signed_in(number, person),
            FlowEvent::SomebodyElse(number, who) if self.logging_in(number) => {
                self.somebody_else(number, who);
            }
            FlowEvent::Confirm(yes) if self.state.somebody_else.is_some() => {
                self.somebody_else_answered(yes, effects);
            }
            FlowEvent::Confirm(is_me) => {
                if let Some(number) = self.waiting.confirm {
                    self.confirmed(number, is_me, effects);
                }
            }
            FlowEvent::LoginFinishes(number) if self.logging_in(number) => self.login_finishes(),
            FlowEvent::LoginEnded(number, ended)
                if self.logging_in(number) || self.waiting.confirm == Some(number) =>
            {
                self.login_ended(ended);
            }
            FlowEvent::Kept(number, kept) if self.waiting.keep == Some(number) => {
                self.waiting.keep = None;
                self.kept(kept);
            }
            // Not to be done now, or an answer nobody waits for any more.
            _ => {}
        }
    }

    fn by_browser(&self, number: u64) -> bool {
        self.logging_in(number) && self.state.method == LoginMethod::App
    }

    fn by_code(&self, number: u64) -> bool {
        self.logging_in(number) && self.state.method == LoginMethod::Device
    }

    fn logging_in(&self, number: u64) -> bool {
        self.waiting.login == Some(number)
    }

    fn at(&self, step: FlowStep) -> bool {
        self.state.step == step
    }

    fn number(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }
}
