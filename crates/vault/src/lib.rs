//! Secrets in the system's keychain. Knows nothing of GitLab.
//!
//! What lives here: [`Vault`], the one way in and out for secret text; the
//! [`Backend`]s it can stand on (the system's keychain, a file encrypted with a
//! passphrase, memory for tests of callers); and [`VaultError`], which tells
//! *missing, locked, denied, absent, full, hung* apart because a person does
//! something different about each.
//!
//! What this crate may touch: the keychain, and the files of the encrypted
//! file when a person chose it. It never falls back from one to the other by itself,
//! and never writes a secret anywhere unencrypted.
//!
//! The one invariant: after any failure, crash or timeout a record reads as the
//! old text or the new text, whole, or is missing because it was deleted or never written.

mod backend;
mod encrypted_file;
mod error;
mod guard;
mod key;
pub mod memory;
mod parts;
mod place;
mod secret;
mod system;
mod trial;
mod vault;

pub use backend::{Backend, Listed};
pub use error::VaultError;
pub use key::{BadKey, Key};
pub use place::Place;
pub use secret::Secret;
pub use vault::{MAX_SECRET_BYTES, Vault};
