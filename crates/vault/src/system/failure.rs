//! An error of a keychain, with what it says of the connection to it.

use crate::VaultError;

/// An error, with whether the connection to the keychain is of no use any more.
pub(super) struct Failure {
    pub(super) error: VaultError,
    pub(super) lost: bool,
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self { error, lost: false }
    }
}
