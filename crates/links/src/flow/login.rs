//! The second step by app login: in the browser, or with a code on another device.

use std::sync::Arc;

use jiff::Timestamp;

use super::state::methods;
use super::{
    AppState, DeviceState, FlowEffect, FlowStep, LinkFlow, LoginMethod, LoginWish, Person, TypedApplication,
};
use crate::account::AccountId;
use crate::application::{KnownApplication, Registering};
use crate::names::Name;
use crate::opener::BrowserState;
use crate::problem::{Problem, ProblemCode};
use crate::relinking::scopes_to_ask;

impl LinkFlow {
    /// What is known of an application on the GitLab that was found. Decides the method, unless the person did.
    pub(super) fn application_known(&mut self, known: Option<KnownApplication>) {
        self.known = known;
        self.rest();
        if self.chosen.is_none() {
            self.state.method = self.usual_method();
        }
    }

    fn usual_method(&self) -> LoginMethod {
        if self.known.is_some() {
            LoginMethod::App
        } else {
            LoginMethod::Token
        }
    }

    /// Another GitLab, or none: what was typed for this one goes, and no secret is carried along.
    pub(super) fn forget_application(&mut self) {
        self.known = None;
        self.typed_app = None;
        self.device_unsupported = false;
        self.chosen = None;
        self.state.method = LoginMethod::Token;
        self.waiting.application = None;
        self.rest();
    }

    /// App login and codes as they are while none is under way.
    pub(super) fn rest(&mut self) {
        self.waiting.login = None;
        self.waiting.confirm = None;
        self.state.somebody_else = None;
        self.state.device = DeviceState::Idle;
        let asked = self.asked_scopes();
        self.state.asks_for.clone_from(&asked);
        let registering = self
            .found
            .as_ref()
            .map(|found| Registering::new(&found.base, &asked));
        let problem = self.typed_problem.clone();
        let known = self
            .typed_app
            .as_ref()
            .map(|typed| (typed.application_id().to_owned(), typed.confidential(), true))
            .or_else(|| {
                let known = self.known.as_ref()?;
                Some((known.application_id.clone(), known.confidential, false))
            });
        self.state.app = match (registering, known) {
            (None, _) => AppState::Unknown,
            (Some(registering), None) => AppState::NotSetUp { registering, problem },
            (Some(registering), Some((application_id, confidential, typed))) => AppState::Ready {
                application_id,
                confidential,
                typed,
                registering,
                problem,
            },
        };
        let app = matches!(self.state.app, AppState::NotSetUp { .. }).then_some(ProblemCode::AppNotSetUp);
        let device = self.device_unsupported.then_some(ProblemCode::DeviceUnsupported);
        self.state.methods = methods(app, device);
    }

    /// What a login asks for: what the known application was registered for, where that is known, else what is wanted.
    fn asked_scopes(&self) -> Vec<String> {
        if let Some(chosen) = &self.chosen_scopes {
            return chosen.clone();
        }
        let known = self.known.as_ref().filter(|_| self.typed_app.is_none());
        if self.relinks().is_some() {
            let registered = known.and_then(|known| known.scopes.as_deref());
            return scopes_to_ask(&self.state.wanted, registered);
        }
        known
            .and_then(|known| known.scopes.clone())
            .unwrap_or_else(|| self.state.wanted.clone())
    }

    pub(super) fn login_under_way(&self) -> bool {
        self.waiting.login.is_some() || self.waiting.confirm.is_some()
    }

    /// Ends a login that is under way, and nothing else.
    pub(super) fn stop_login(&mut self, effects: &mut Vec<FlowEffect>) {
        if self.login_under_way() {
            effects.push(FlowEffect::StopLogin);
        }
        self.state.linking = false;
        self.rest();
    }

    pub(super) fn choose_method(&mut self, method: LoginMethod, effects: &mut Vec<FlowEffect>) {
        // What is being kept is kept.
        if self.waiting.keep.is_some() || self.finishing() {
            return;
        }
        self.chosen = Some(method);
        if self.state.method != method {
            self.stop_login(effects);
            self.forget_token();
            self.state.method = method;
            self.state.problem = None;
            self.try_keychain(effects);
        }
    }

    pub(super) fn typed_application(&mut self, typed: TypedApplication) {
        if self.login_under_way() || self.state.linking {
            return;
        }
        self.typed_problem = None;
        match typed {
            TypedApplication::Nothing => self.typed_app = None,
            TypedApplication::Application(given) => {
                self.typed_app = Some(given);
                if self.state.problem.as_ref().is_some_and(of_application) {
                    self.state.problem = None;
                }
            }
            TypedApplication::Bad(problem) => {
                self.typed_app = None;
                self.typed_problem = Some(problem);
            }
        }
        self.rest();
    }

    /// Whether an app login could begin.
    pub(super) fn can_log_in(&self) -> bool {
        !self.login_under_way()
            && match (self.state.method, &self.state.app) {
                (LoginMethod::App, AppState::Ready { .. }) => true,
                (LoginMethod::Device, AppState::Ready { .. }) => !self.device_unsupported,
                _ => false,
            }
    }

    /// Begins the login, in the browser or with a code.
    pub(super) fn log_in(&mut self, as_it_is: bool, effects: &mut Vec<FlowEffect>) {
        if self.at(FlowStep::Address) {
            self.state.step = FlowStep::SignIn;
            self.try_keychain(effects);
        }
        self.state.problem = None;
        let (Some(found), Ok(name)) = (self.found.clone(), Name::read(&self.state.name)) else {
            return;
        };
        let number = self.number();
        self.waiting.login = Some(number);
        self.as_it_is = as_it_is;
        let wish = Box::new(LoginWish {
            number,
            name,
            found,
            how: self.agreed_here(),
            wanted: self.asked_scopes(),
            application: self.typed_app.clone(),
            accept_missing: as_it_is,
            relinking: self.relinks(),
        });
        if self.state.method == LoginMethod::Device {
            self.state.device = DeviceState::Starting;
            effects.push(FlowEffect::DeviceLogin(wish));
        } else {
            self.state.app = AppState::Starting;
            effects.push(FlowEffect::BrowserLogin(wish));
        }
    }

    pub(super) fn login_waits(&mut self, address: String, deadline: Timestamp) {
        self.state.app = AppState::Waiting {
            url: address,
            browser: BrowserState::Opening,
            deadline,
        };
    }

    pub(super) fn browser_told(&mut self, told: BrowserState) {
        if let AppState::Waiting { browser, .. } = &mut self.state.app {
            *browser = told;
        }
    }

    pub(super) fn open_again(&mut self, effects: &mut Vec<FlowEffect>) {
        if let (Some(number), AppState::Waiting { url, browser, .. }) =
            (self.waiting.login, &mut self.state.app)
        {
            *browser = BrowserState::Opening;
            effects.push(FlowEffect::OpenAgain {
                number,
                url: url.clone(),
            });
        }
    }

    /// From the browser to a code, at once.
    pub(super) fn use_a_code(&mut self, effects: &mut Vec<FlowEffect>) {
        if self.waiting.login.is_some()
            && matches!(self.state.app, AppState::Waiting { .. } | AppState::Starting)
        {
            self.stop_login(effects);
            self.chosen = Some(LoginMethod::Device);
            self.state.method = LoginMethod::Device;
            self.log_in(self.as_it_is, effects);
        }
    }

    /// The browser or GitLab gave its yes; from here on the account is being made.
    pub(super) fn login_finishes(&mut self) {
        self.state.linking = true;
        if self.state.method == LoginMethod::Device {
            self.state.device = DeviceState::Finishing;
        } else {
            self.state.app = AppState::Finishing;
        }
    }

    pub(super) fn signed_in(&mut self, number: u64, person: Person) {
        self.waiting.login = None;
        self.waiting.confirm = Some(number);
        self.state.linking = false;
        self.state.device = DeviceState::Confirm { person };
    }

    pub(super) fn confirmed(&mut self, number: u64, is_me: bool, effects: &mut Vec<FlowEffect>) {
        if is_me {
            self.waiting.confirm = None;
            self.waiting.login = Some(number);
            self.login_finishes();
            effects.push(FlowEffect::ConfirmLogin(number));
        } else {
            self.stop_login(effects);
        }
    }

    pub(super) fn login_ended(&mut self, ended: Result<AccountId, Problem>) {
        if ended == Err(Problem::DeviceUnsupported) {
            self.device_unsupported = true;
        }
        if ended.is_ok() {
            // The secret that was typed is in the vault now.
            self.typed_app = None;
        }
        self.kept(ended);
        self.rest();
    }

    pub(super) fn finishing(&self) -> bool {
        self.state.app == AppState::Finishing || self.state.device == DeviceState::Finishing
    }
}

impl LoginWish {
    /// The question's number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The display name the account is to have.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The scopes to ask for.
    #[must_use]
    pub fn wanted(&self) -> &[String] {
        &self.wanted
    }

    /// The application that was typed.
    #[must_use]
    pub fn application(&self) -> Option<&Arc<crate::application::GivenApplication>> {
        self.application.as_ref()
    }

    /// Whether the account is linked with whatever it lacks.
    #[must_use]
    pub fn accept_missing(&self) -> bool {
        self.accept_missing
    }
}

/// Whether another application would be the way out.
fn of_application(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::AppUnknown { .. }
            | Problem::AppSecretWrong { .. }
            | Problem::AppRefused { .. }
            | Problem::AppNotSetUp(_)
    )
}
