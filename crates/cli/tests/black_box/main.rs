//! `lablink` from the outside: the built program, a real keychain, a simulated GitLab. Nothing in here knows the
//! program's code.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod addresses;
mod answers;
mod at_terminal;
mod browser;
mod canary;
mod devices;
mod faults;
mod git_asks;
mod handing_out;
mod keychain;
mod later;
mod life;
mod logins;
mod manners;
mod names;
mod profiles;
mod relinking;
mod renewals;
mod rotations;
mod servers;
mod session;
mod started;
mod tokens;
mod trouble;
mod usage;
mod web_pages;
