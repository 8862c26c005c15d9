//! The crate from the outside: real HTTP against the simulator, real SQLite, real processes that are really killed.
//! One binary, so that the canary's log holds what every test here logs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests: what fails is to fail loudly, in functions that tests share too"
)]

mod access;
mod canary;
mod checking;
mod device;
mod faults;
mod faults_here;
mod flow;
mod instances;
mod keychain;
mod kill;
mod later;
mod linking;
mod login;
mod login_flow;
mod login_kill;
mod login_session;
mod mirror;
mod notices;
mod permitting;
mod person;
mod policy;
mod port;
mod profiles;
mod recovery;
mod relink_kill;
mod relinking;
mod renewal;
mod room;
mod rotation;
mod rotation_kill;
mod session;
mod sim;
mod together;
mod unlinking;
