//! What goes into the machine and what comes out of it. Neither has `Debug`: some hold the token.

use std::sync::Arc;

use gitlab::{BaseUrl, Found, Identity, Token, TokenProblem};
use jiff::Timestamp;

use super::relink::Relinking;
use super::state::{DeviceState, LoginMethod, Person, Way};
use crate::account::AccountId;
use crate::application::{GivenApplication, KnownApplication};
use crate::looking::Look;
use crate::names::Name;
use crate::opener::BrowserState;
use crate::problem::Problem;
use crate::relinking::OtherUser;

/// What a person did, or what an effect came to.
#[derive(Clone)]
pub enum FlowEvent {
    /// Link this account again: address, name and method are settled.
    Relink(Box<Relinking>),
    /// Whose GitLab.
    Way(Way),
    /// The address field holds this now.
    Address(String),
    /// A GitLab that is known here, and what for.
    Known(String, Goal),
    /// The pause after typing an address is over.
    AddressPaused(u64),
    /// What looking came to.
    Looked(u64, Result<Found, Problem>),
    /// Plain http is fine, for the host that asks for it.
    ConsentHttp,
    /// The presented authority is trusted, for this GitLab only.
    TrustAuthority,
    /// Look again at the same address.
    LookAgain,
    /// A free display name for the GitLab found.
    Suggested(u64, String),
    /// The name field holds this now.
    Name(String),
    /// Whether the name is free.
    NameChecked(u64, Option<Problem>),
    /// On to signing in.
    Next,
    /// Back to the address.
    Back,
    /// The token field holds this now.
    Token(TypedToken),
    /// The pause after typing a token is over.
    TokenPaused(u64),
    /// Who the token is.
    Identified(u64, Result<Arc<Identity>, Problem>),
    /// Whether the keychain would keep a secret.
    KeychainTried(u64, Option<Problem>),
    /// The keychain changed: unlocked, or another one.
    KeychainChanged,
    /// Link it; `as_it_is` with whatever it lacks.
    Link {
        /// Whether what is missing is accepted.
        as_it_is: bool,
    },
    /// What keeping came to.
    Kept(u64, Result<AccountId, Problem>),
    /// What application is known for the GitLab found.
    ApplicationKnown(u64, Option<KnownApplication>),
    /// How the account is to sign in.
    Method(LoginMethod),
    /// The fields for an application hold this now.
    Application(TypedApplication),
    /// The login waits for the browser, at this address, until then.
    LoginWaits(u64, String, Timestamp),
    /// How opening the browser went.
    Browser(u64, BrowserState),
    /// Open the browser again.
    OpenAgain,
    /// Take a code instead of the browser.
    UseCode,
    /// The login waits for a code to be typed.
    DeviceWaits(u64, DeviceState),
    /// Somebody signed in with the code: is it the right person?
    SignedIn(u64, Person),
    /// Somebody else than the account's user signed in: are they to take its place?
    SomebodyElse(u64, Person),
    /// Whether it is, or they are.
    Confirm(bool),
    /// The login that is under way is not wanted any more; the ways to sign in stand again.
    StopLogin,
    /// The account should have these scopes.
    Wanted(Vec<String>),
    /// The browser came back; the account is being made.
    LoginFinishes(u64),
    /// What the login came to.
    LoginEnded(u64, Result<AccountId, Problem>),
    /// Away with everything.
    Cancel,
}

/// What a GitLab that is known here is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Sign in, without another question where app login is set up.
    SignIn,
    /// Sign in with a token, whatever else is set up: a bot's account has no other way.
    Token,
    /// Register LabLink there.
    Register,
}

/// A typed token, read.
#[derive(Clone)]
pub enum TypedToken {
    /// The field is empty.
    Nothing,
    /// A token.
    Token(Arc<Token>),
    /// Text that cannot be one.
    NoToken(TokenProblem),
}

/// A typed application, read. Has no `Debug`: it may hold a secret.
#[derive(Clone)]
pub enum TypedApplication {
    /// The fields are empty.
    Nothing,
    /// An application.
    Application(Arc<GivenApplication>),
    /// Text that cannot be one.
    Bad(Problem),
}

/// What the flow wants done. Has no `Debug`: some hold the token.
pub enum FlowEffect {
    /// Say [`FlowEvent::AddressPaused`] after the pause for typing.
    PauseAddress(u64),
    /// Look, and say [`FlowEvent::Looked`].
    Look {
        /// The question's number.
        number: u64,
        /// The address as typed.
        pasted: String,
        /// What was agreed to for it.
        how: Look,
    },
    /// Find a free name, and say [`FlowEvent::Suggested`]; see what application is known, and say
    /// [`FlowEvent::ApplicationKnown`].
    Suggest {
        /// The question's number.
        number: u64,
        /// For which GitLab.
        base: BaseUrl,
    },
    /// See whether a name is free, and say [`FlowEvent::NameChecked`].
    CheckName {
        /// The question's number.
        number: u64,
        /// The name.
        name: String,
    },
    /// Say [`FlowEvent::TokenPaused`] after the pause for typing.
    PauseToken(u64),
    /// Ask who the token is, and say [`FlowEvent::Identified`].
    Identify {
        /// The question's number.
        number: u64,
        /// Which GitLab.
        found: Found,
        /// What was agreed to for it.
        how: Look,
        /// The token.
        token: Arc<Token>,
    },
    /// Try the keychain out, and say [`FlowEvent::KeychainTried`].
    TryKeychain(u64),
    /// Keep the account, and say [`FlowEvent::Kept`].
    Keep(Box<KeepWish>),
    /// Sign in by browser and keep the account: say [`FlowEvent::LoginWaits`], [`FlowEvent::Browser`],
    /// [`FlowEvent::LoginFinishes`] and, whatever happens, [`FlowEvent::LoginEnded`].
    BrowserLogin(Box<LoginWish>),
    /// Sign in with a code: say [`FlowEvent::DeviceWaits`] and [`FlowEvent::SignedIn`], or [`FlowEvent::LoginEnded`].
    DeviceLogin(Box<LoginWish>),
    /// It is the right person: keep the account, and say [`FlowEvent::LoginEnded`].
    ConfirmLogin(u64),
    /// Open the browser again, and say [`FlowEvent::Browser`].
    OpenAgain {
        /// The login's number.
        number: u64,
        /// The address.
        url: String,
    },
    /// The login that is under way is not wanted any more: nothing of it is left behind.
    StopLogin,
    /// Nothing that is under way is wanted any more.
    CallOff,
}

/// What to sign in for. Has no `Debug`: it may hold a secret.
pub struct LoginWish {
    pub(crate) number: u64,
    pub(crate) name: Name,
    pub(crate) found: Found,
    pub(crate) how: Look,
    pub(crate) wanted: Vec<String>,
    pub(crate) application: Option<Arc<GivenApplication>>,
    pub(crate) accept_missing: bool,
    /// The account that is linked again.
    pub(crate) relinking: Option<AccountId>,
}

/// What is to be kept.
pub struct KeepWish {
    pub(crate) number: u64,
    pub(crate) name: Name,
    pub(crate) found: Found,
    pub(crate) how: Look,
    pub(crate) identity: Arc<Identity>,
    pub(crate) wanted: Vec<String>,
    pub(crate) token: Arc<Token>,
    /// The account that is linked again.
    pub(crate) relinking: Option<AccountId>,
    /// Whether it may become another user's.
    pub(crate) other_user: OtherUser,
}

impl KeepWish {
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

    /// The token that is to be kept.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }
}
