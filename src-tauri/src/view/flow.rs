//! The link flow: where the GitLab is, how to sign in, and what waits for the browser or a code.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AbilityView, KindView, ProblemView, RegisteringView};

/// The link flow as the window draws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct FlowView {
    /// Which step stands.
    pub step: FlowStep,
    /// Whose GitLab.
    pub way: Way,
    /// What was typed as the address (for Back).
    pub address_text: String,
    /// What the app found out about it.
    pub address: AddressView,
    /// Display name as it stands, prefilled or typed.
    pub name: String,
    /// What is wrong with the name: `name_empty`, `name_too_long`, `name_taken`, `name_invalid`.
    pub name_problem: Option<ProblemView>,
    /// Whether Next may be pressed.
    pub can_next: bool,
    /// The chosen way to sign in: app login where an application is known, until the person chooses.
    pub method: LoginMethodView,
    /// The ways to sign in and why some cannot work.
    pub methods: Vec<MethodChoice>,
    /// The scopes the login asks for; with a token, those the account is to have.
    pub asks_for: Vec<String>,
    /// How app login goes.
    pub app: AppLoginView,
    /// How the login with a code goes.
    pub device: DeviceView,
    /// What the app found out about the token.
    pub token: TokenView,
    /// Whether Link account would act at once.
    pub can_link: bool,
    /// Whether the link is being made.
    pub linking: bool,
    /// Why the link failed; nothing was stored.
    pub problem: Option<ProblemView>,
    /// The linked account, at the step `done`.
    pub account: Option<String>,
    /// The account that is linked again: the flow stands at signing in, and never goes back from there.
    pub relinking: Option<RelinkingView>,
    /// Somebody else than the account's user: are they to take its place? Nothing is stored before the answer.
    pub somebody_else: Option<PersonView>,
}

/// The account that is linked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RelinkingView {
    /// Its identifier.
    pub id: String,
    /// Its user name; `null` where the token might not tell it.
    pub username: Option<String>,
}

/// Steps of the link flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    /// Nothing is left to ask: the sign-in at a known GitLab begins by itself in a moment.
    AtOnce,
    /// Address and display name.
    Address,
    /// How to sign in.
    SignIn,
    /// It is linked.
    Done,
}

/// Whose GitLab is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// GitLab.com.
    GitlabCom,
    /// One with an address of its own.
    Company,
}

/// What a GitLab that is known is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkGoal {
    /// Sign in, without another question where app login is set up.
    SignIn,
    /// Sign in with a token.
    Token,
    /// Register LabLink there.
    Register,
}

/// A method as offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct MethodChoice {
    /// Which.
    pub method: LoginMethodView,
    /// Whether it works as it is. One that does not can be chosen all the same: it says what would make it work.
    pub ready: bool,
    /// Why it does not: a problem code, `app_not_set_up` or `device_unsupported`.
    pub why: Option<String>,
}

/// Ways to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethodView {
    /// OAuth in the browser.
    App,
    /// An access token.
    Token,
    /// OAuth with a code on another device.
    Device,
}

/// How app login goes. The address the browser opens never crosses to the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AppLoginView {
    /// Not known yet, for want of a GitLab.
    Unknown,
    /// No application is known for this GitLab.
    NotSetUp {
        /// How one is registered.
        registering: RegisteringView,
        /// What is wrong with what was typed.
        problem: Option<ProblemView>,
    },
    /// Link account opens the browser.
    Ready {
        /// The application ID.
        application_id: String,
        /// Whether the application has a secret.
        confidential: bool,
        /// Whether it was typed here; it is kept when the sign-in succeeds.
        typed: bool,
        /// How another one is registered.
        registering: RegisteringView,
        /// What is wrong with what was typed.
        problem: Option<ProblemView>,
    },
    /// Getting ready to open the browser.
    Starting,
    /// The person signs in and authorizes in the browser.
    Waiting {
        /// Whether the browser was opened.
        browser: BrowserView,
        /// When LabLink waits no longer: RFC 3339.
        deadline: String,
    },
    /// The browser came back; the account is being made.
    Finishing,
}

/// Whether the browser was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BrowserView {
    /// Under way.
    Opening,
    /// Somebody took the address.
    Opened,
    /// The program that opens addresses has not come back.
    Unsure,
    /// It could not be opened.
    Failed,
}

/// How the login with a code goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceView {
    /// Not begun.
    Idle,
    /// GitLab is asked for a code.
    Starting,
    /// The person types the code on another device.
    Waiting {
        /// The code.
        user_code: String,
        /// Where to type it, without the scheme.
        address: String,
        /// The address with the code filled in as a QR code: rows of modules, `1` is dark.
        qr: Vec<String>,
        /// When the code's time is over: RFC 3339.
        deadline: String,
    },
    /// Is this you? Nothing is stored before the answer.
    Confirm {
        /// Who signed in.
        person: PersonView,
    },
    /// The account is being made.
    Finishing,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PersonView {
    /// User name without `@`.
    pub username: Option<String>,
    /// The person's own name.
    pub name: Option<String>,
    /// Whether it is a bot.
    pub bot: bool,
    /// What was granted; empty where the server cannot tell.
    pub scopes: Vec<String>,
    /// The picture as a `data:` URL made by LabLink, at most 64 px each way.
    pub picture: Option<String>,
}

/// What is known of the typed address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AddressView {
    /// Nothing typed.
    Empty,
    /// Asking.
    Looking {
        /// Host being asked.
        host: String,
    },
    /// A GitLab.
    Found {
        /// `https://git.example.test/gitlab`
        address: String,
        /// `git.example.test/gitlab`
        host: String,
        /// Whether http was upgraded to https by the server.
        upgraded: bool,
        /// Whether the connection is not encrypted.
        plain_http: bool,
    },
    /// Plain http: the person must agree, per host.
    NeedsConsent {
        /// Whose.
        host: String,
    },
    /// A certificate this computer does not trust.
    Certificate {
        /// Codes `certificate_expired`, `certificate_other_host`, `certificate_unknown_authority`,
        /// `certificate_self_signed`, `certificate_invalid`.
        problem: ProblemView,
        /// Whether "Trust this authority for this GitLab only" may be offered.
        can_trust: bool,
    },
    /// Anything else, in words of [`ProblemView::code`].
    Bad {
        /// What.
        problem: ProblemView,
    },
}

/// What is known of the typed token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TokenView {
    /// None typed.
    Empty,
    /// It looks like another kind; it may still work.
    LooksWrong {
        /// `deploy_token`, `application_secret`, `runner_token`, …
        kind: String,
    },
    /// Typed, not asked yet.
    Typed,
    /// Asking GitLab.
    Checking,
    /// GitLab knows it.
    Checked {
        /// Who it belongs to.
        username: Option<String>,
        /// Their name.
        person: Option<String>,
        /// Kind of token.
        kind: KindView,
        /// What it can do of what is wanted.
        abilities: Vec<AbilityView>,
        /// Scopes it lacks; linking as it is is possible when not empty.
        missing: Vec<String>,
        /// First day it does not work.
        expires_on: Option<String>,
    },
    /// Will not do.
    Bad {
        /// What.
        problem: ProblemView,
    },
}
