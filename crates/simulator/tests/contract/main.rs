//! The simulator from outside: real sockets, real TLS, real git. Tests of a row or a quirk of the contract carry its number.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what they expect by failing"
)]

mod applications;
mod browser;
mod device;
mod discovery;
mod failure_matrix;
mod faults;
mod git;
mod here;
mod hooks;
mod listing;
mod machines;
mod members;
mod oauth;
mod personas;
mod program;
mod registry;
mod rotation;
mod tls;
mod users;
mod versions;
