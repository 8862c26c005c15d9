//! What the window draws of the link flow: plain values, comparable, never a secret.

use gitlab::{BaseUrl, TokenKind, WrongKind};
use jiff::Timestamp;
use jiff::civil::Date;

use super::event::Goal;
use super::relink::Relinking;
use crate::account::{Ability, AccountId};
use crate::application::Registering;
use crate::opener::BrowserState;
use crate::problem::{Problem, ProblemCode};

/// What the window draws of the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowState {
    /// Which step stands.
    pub step: FlowStep,
    /// Whose GitLab.
    pub way: Way,
    /// What was typed as the address of a company's GitLab.
    pub address_text: String,
    /// What is known about the address.
    pub address: AddressState,
    /// The display name, prefilled or typed.
    pub name: String,
    /// What is wrong with the name.
    pub name_problem: Option<Problem>,
    /// Whether Next may be pressed.
    pub can_next: bool,
    /// How the account is to sign in: app login where an application is known, unless the person chooses.
    pub method: LoginMethod,
    /// The ways to sign in, in the order they are shown.
    pub methods: [MethodChoice; 3],
    /// How app login goes; a login with a code needs the same application.
    pub app: AppState,
    /// How the login with a code goes.
    pub device: DeviceState,
    /// What is known about the token.
    pub token: TokenState,
    /// What a known GitLab was chosen for, until that is reached or the person is needed. To sign in begins by itself
    /// as soon as the GitLab has answered.
    pub goal: Option<Goal>,
    /// Whether Link would act at once.
    pub can_link: bool,
    /// Whether the link is being made.
    pub linking: bool,
    /// Why the link failed, or why the keychain would not keep it; nothing was stored.
    pub problem: Option<Problem>,
    /// The linked account, at the step [`FlowStep::Done`].
    pub account: Option<AccountId>,
    /// The GitLab, once found.
    pub base: Option<BaseUrl>,
    /// The scopes the account should have.
    pub wanted: Vec<String>,
    /// The scopes a login asks for: those of the known application, where they are known, unless the person chooses.
    pub asks_for: Vec<String>,
    /// The account that is linked again; `None`: a new one is linked.
    pub relinking: Option<Relinking>,
    /// *Use them from now on?* Nothing is stored before the answer.
    pub somebody_else: Option<Person>,
}

/// The steps of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowStep {
    /// Address and display name.
    Address,
    /// How to sign in.
    SignIn,
    /// It is linked.
    Done,
}

/// Whose GitLab is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// GitLab.com.
    GitLabCom,
    /// One with an address of its own.
    Company,
}

/// What is known about the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressState {
    /// Nothing typed, or still being typed.
    Empty,
    /// Being asked.
    Looking {
        /// The host.
        host: String,
    },
    /// A GitLab.
    Found {
        /// Its base address.
        base: BaseUrl,
        /// Whether the server sent us from http to https.
        upgraded: bool,
    },
    /// Plain http: the person must agree, for this host.
    NeedsConsent {
        /// The host.
        host: String,
    },
    /// A certificate that is not trusted.
    Certificate {
        /// Why.
        problem: Problem,
        /// Whether trusting its authority would help.
        can_trust: bool,
    },
    /// Anything else.
    Bad {
        /// What.
        problem: Problem,
    },
}

/// What is known about the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenState {
    /// None typed.
    Empty,
    /// It looks like another kind of secret. It may still work, but is sent nowhere before Link is pressed.
    LooksWrong {
        /// Which kind.
        kind: WrongKind,
    },
    /// Typed, not asked about yet.
    Typed,
    /// Being asked about.
    Checking,
    /// GitLab knows it.
    Checked {
        /// Who it belongs to.
        username: Option<String>,
        /// Their own name.
        person: Option<String>,
        /// What kind it is.
        kind: TokenKind,
        /// What it can do of what is wanted.
        abilities: Vec<Ability>,
        /// What it lacks of what is wanted; linked as it is only when the person says so.
        missing: Vec<String>,
        /// The first day it does not work.
        expires_on: Option<Date>,
    },
    /// It will not do.
    Bad {
        /// Why.
        problem: Problem,
    },
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// OAuth in the browser.
    App,
    /// An access token.
    Token,
    /// OAuth with a code on another device (RFC 8628).
    Device,
}

impl LoginMethod {
    /// The word: `app`, `token`, `device`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Token => "token",
            Self::Device => "device",
        }
    }

    /// The method of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::App, Self::Token, Self::Device]
            .into_iter()
            .find(|method| method.as_str() == word)
    }
}

/// How app login goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppState {
    /// Not known yet, for want of a GitLab.
    Unknown,
    /// No application is known for this GitLab: one is to be registered and typed in.
    NotSetUp {
        /// How.
        registering: Registering,
        /// What is wrong with what was typed.
        problem: Option<Problem>,
    },
    /// Link opens the browser.
    Ready {
        /// The application ID.
        application_id: String,
        /// Whether the application has a secret.
        confidential: bool,
        /// Whether it was typed here; it is kept when the sign-in succeeds.
        typed: bool,
        /// How another one would be registered; `scopes` are those the login asks for.
        registering: Registering,
        /// What is wrong with what was typed.
        problem: Option<Problem>,
    },
    /// Getting ready to open the browser.
    Starting,
    /// The person signs in and authorizes in the browser.
    Waiting {
        /// The address, to open or to copy. Good for this login alone.
        url: String,
        /// Whether the browser was opened.
        browser: BrowserState,
        /// When the app waits no longer.
        deadline: Timestamp,
    },
    /// The browser came back; the account is being made.
    Finishing,
}

/// How the login with a code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceState {
    /// Not begun.
    Idle,
    /// GitLab is asked for a code.
    Starting,
    /// The person types the code.
    Waiting {
        /// The code.
        user_code: String,
        /// Where to type it.
        verification_uri: String,
        /// The same with the code filled in, for a QR code.
        verification_uri_complete: String,
        /// When the code's time is over.
        deadline: Timestamp,
    },
    /// *Is this you?* Nothing is stored before the answer.
    Confirm {
        /// Who signed in.
        person: Person,
    },
    /// The account is being made.
    Finishing,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user name, without `@`.
    pub username: Option<String>,
    /// The name people read.
    pub name: Option<String>,
    /// Whether GitLab calls it a bot.
    pub bot: bool,
    /// The picture's address, http or https.
    pub avatar_url: Option<String>,
    /// The profile page, on GitLab's canonical address.
    pub web_url: Option<String>,
    /// What was granted; empty where the server cannot tell.
    pub scopes: Vec<String>,
}

/// A way to sign in, as offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodChoice {
    /// `app`, `token` or `device`.
    pub method: &'static str,
    /// Why it does not work here as it is; `None` when it does. `app_not_set_up`: an application ID is missing, choosing
    /// it shows how to come by one. `device_unsupported`: this GitLab is too old.
    pub why: Option<ProblemCode>,
}

/// The ways to sign in, with why app login and codes do not work here.
pub(super) fn methods(app: Option<ProblemCode>, device: Option<ProblemCode>) -> [MethodChoice; 3] {
    let choice = |method: LoginMethod, why| MethodChoice {
        method: method.as_str(),
        why,
    };
    [
        choice(LoginMethod::App, app),
        choice(LoginMethod::Token, None),
        choice(LoginMethod::Device, device.or(app)),
    ]
}
