//! The domain of LabLink: instances, accounts, linking and unlinking, health, and what survives a crash.
//!
//! [`Links`] is the one way in for every face. What decides is pure ([`LinkFlow`], [`Facts::health`], names, scopes); what
//! acts is thin and does one thing: `store` speaks SQL, `credential` and `keychain` touch secrets, `looking`, `linking`,
//! `checking`, `unlinking` and `recovery` speak to GitLab through the `gitlab` crate.
//!
//! The one invariant: an account stands with its secret, or there is neither, and what a killed process left between the
//! two is put right by the next one. No secret is ever in the database, a log, an error or an event.

mod access;
mod account;
mod answer;
mod application;
mod aside;
mod checking;
mod clock;
mod credential;
mod doctor;
mod dying;
mod events;
mod flow;
mod former_applications;
mod health;
mod home;
mod instance;
mod keychain;
mod later;
mod linking;
mod links;
mod login;
mod looking;
mod names;
mod noticing;
mod opener;
mod permitting;
mod policy;
mod preferences;
mod problem;
mod profile;
mod queue;
mod recovery;
mod registration;
mod relinking;
mod reminding;
mod renewal;
mod rights;
mod rotation;
mod round;
mod schedule;
mod session;
mod setting;
mod sheet;
mod signed_in;
mod skew;
mod store;
mod taking_back;
mod trial;
mod trusting;
mod turn;
mod unlinking;
mod witness;

pub use access::{AccessToken, Asked};
pub use account::{
    Ability, Account, AccountId, AccountUser, BadAccountId, LedgerEntry, LoginFacts, Method, WANTED,
    abilities, is_of_use, kind_name, missing_scopes, place_name,
};
pub use answer::{Question, Who, who};
pub use application::{GivenApplication, KnownApplication, Registering};
pub use aside::{PutAside, put_aside};
pub use clock::{Clock, SystemClock, utc_day};
pub use doctor::{Check, Finding, Verdict};
pub use events::Event;
pub use flow::{
    AddressState, AppState, DeviceState, FlowEffect, FlowEvent, FlowState, FlowStep, Goal, KeepWish,
    LinkFlow, LoginMethod, LoginWish, MethodChoice, Person, Relinking, TokenState, TypedApplication,
    TypedToken, Way,
};
pub use health::{APART, EXPIRING_DAYS, Facts, Failure, Health};
pub use home::{HOME_VARIABLE, Home};
pub use instance::{AddInstance, GITLAB_COM, Instance, SetInstance, Source};
pub use keychain::{Keychain, VaultSource};
pub use later::{Revocation, RevocationEnd, Tried, Waiting};
pub use linking::TokenLink;
pub use links::{Links, Opened, Setup};
pub use login::{AppLogin, LoginTold};
pub use looking::Look;
pub use names::{NAME_LIMIT, Name, NameProblem, folded};
pub use noticing::Notice;
pub use opener::{BrowserState, Opener, SystemOpener};
pub use permitting::SignInAgain;
pub use policy::Policy;
pub use preferences::{CheckEvery, Preference, Preferences};
pub use problem::{Problem, ProblemCode, ProblemKind, kind_word};
pub use profile::{Difference, LinkProfile, PROFILE_LIMIT, ProfileProblem, Review, Taken, Terms, is_link};
pub use recovery::{Recovered, RecoveredWhat};
pub use registration::REDIRECT;
pub use relinking::{OtherUser, TokenRelink};
pub use reminding::{Reminder, Snooze};
pub use rights::Reach;
pub use rotation::facts::{Hindrance, RotationFacts};
pub use schedule::{RENEWAL_MARGIN, next_expiry, renewal_due, rotation_due};
pub use session::LinkSession;
pub use sheet::SheetProblem;
pub use skew::SKEW_TOLD;
pub use store::Stay;
pub use taking_back::ReplacedEnd;
pub use trusting::Presented;
pub use unlinking::{StepState, TokenEnd, Unlink, UnlinkStep, Unlinked};
pub use witness::{NoWitness, Step, Witness};

// What the faces need of the crates below, which they may not depend on.
pub use gitlab::{
    AddressProblem, ApplicationIdProblem, ApplicationSecretProblem, Authority, AuthorityProblem, BaseUrl,
    Candidates, Connection, Discovery, FinalPage, Found, Identity, Pages, Proxy, Refusal, Scopes,
    TOKEN_LIMIT, Timeouts, TlsKind, TlsProblem, Token, TokenKind, TokenProblem, Unanswered, Unusable,
    WrongKind, offline_base, read_address, shown, shown_within,
};
pub use vault::{Place, Secret, Vault, VaultError};
