//! App login: OAuth 2.0 with one GitLab (contract §3).
//!
//! Who lives here builds authorization requests, trades codes, refresh tokens and device codes for tokens, and revokes
//! them; all of it through a [`Client`](crate::Client) and so bound to its [`BaseUrl`](crate::BaseUrl). Nothing here
//! listens (that is [`loopback`](crate::loopback)), stores, or repeats a request that GitLab may have acted on.
//!
//! The `oauth2` crate writes the requests. The answers are read here: its readers keep whole answers, tokens included,
//! in errors that can be printed. Its secret types are not cleared when they are dropped, so they live for one call.

mod application;
mod carry;
mod code;
mod device;
mod form;
mod grants;
mod loose;
mod pace;
mod person;
mod problem;
mod redirect;
mod request;
mod support;
mod tokens;

pub use application::{
    ApplicationId, ApplicationIdProblem, ApplicationSecret, ApplicationSecretProblem, Registration,
};
pub use code::Code;
pub use device::{DeviceAuthorization, DevicePoll};
pub use problem::GrantProblem;
pub use redirect::RedirectUri;
pub use request::AuthorizationRequest;
pub use support::LoginSupport;
pub use tokens::{ScopeDifference, TokenSet};

pub(crate) use loose::Loose;
pub(crate) use redirect::PATH as CALLBACK;
pub(crate) use request::State;
