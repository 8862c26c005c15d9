//! GitLab over HTTP: discovery, REST with an access token, app login.
//!
//! Holds no state and stores nothing. Who lives here may speak HTTP and TLS and nothing else: no files, no keychain,
//! no clock but the runtime's. Three rules hold everywhere in this crate:
//!
//! * a credential is sent only by a [`Client`], and a client is bound to one [`BaseUrl`]: a request to another origin or
//!   to another path prefix cannot be expressed, and redirects are never followed with a credential;
//! * every answer has a deadline and a size limit, and is not believed to be JSON before it parsed as JSON;
//! * text that came from a server is escaped and capped before it enters any public type ([`shown`]).

mod address;
#[cfg(test)]
mod any_answer;
mod authority;
mod base_url;
mod client;
mod connection;
mod discover;
mod discovery;
mod evidence;
mod exchange;
mod host;
mod identity;
mod judgement;
mod line;
pub mod loopback;
mod oauth;
mod once;
mod pages;
mod problem;
mod proxy;
mod read;
mod refusal;
mod reply;
mod rotation;
mod shown;
mod tls;
mod token;
mod unanswered;
mod unpacking;
mod version;
mod wire;

pub use address::{Candidates, offline_base, read_address};
pub use authority::{Authority, AuthorityProblem};
pub use base_url::{AddressProblem, BaseUrl};
pub use client::{Client, Proof, Revoked};
pub use connection::{Connection, Proxy, SetupProblem, Timeouts};
pub use discover::discover;
pub use discovery::{Discovery, Found, MetadataProbe, Software, Wall};
pub use identity::{Identity, Scopes, TokenFacts, TokenKind, User};
pub use loopback::{Answering, Callback, Ending, FinalPage, LoopbackListener, Pages};
pub use oauth::{
    ApplicationId, ApplicationIdProblem, ApplicationSecret, ApplicationSecretProblem, AuthorizationRequest,
    Code, DeviceAuthorization, DevicePoll, GrantProblem, LoginSupport, RedirectUri, Registration,
    ScopeDifference, TokenSet,
};
pub use problem::{Problem, Unusable};
pub use refusal::Refusal;
pub use rotation::RotationProblem;
pub use shown::{shown, shown_within};
pub use tls::{TlsKind, TlsProblem};
pub use token::{TOKEN_LIMIT, Token, TokenProblem, WrongKind};
pub use unanswered::Unanswered;
pub use version::GitLabVersion;
