#![doc = include_str!("../README.md")]

mod api;
mod asked;
mod body;
mod clock;
mod control;
mod fault;
mod git;
mod guard;
mod log;
mod oauth;
mod options;
mod pages;
mod persona;
mod ready;
mod registry;
mod reply;
mod route;
mod scratch;
mod serve;
mod sign_in;
mod signing;
mod start;
mod state;
mod tls;
mod version;

pub use options::{Edition, Options, TlsFault};
pub use persona::Persona;
pub use ready::{Ready, ReadyApplication, ReadyRepository, ReadyToken, ReadyUser};
pub use start::{Running, Simulator, StartError};
pub use tls::TlsError;
pub use version::{Version, VersionError};
