//! The system's own keychain: the Secret Service, macOS Keychain or Windows Credential Manager.
//!
//! On macOS and Windows by the stores of `keyring` 4, used through `keyring-core` rather than through `keyring`'s
//! one-call face: that connects once per process and remembers a failure for ever, and this program lives in a tray for
//! weeks, through restarts of the keyring service. Labels and persistence need the stores anyway. Elsewhere by the crate
//! that keyring's store is made of, see `secret_service`.

mod failure;
#[cfg(any(windows, target_os = "macos"))]
mod keychain;
#[cfg(any(windows, target_os = "macos"))]
mod native;
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service;

use std::sync::Arc;

use crate::{Backend, VaultError};

/// The name all our items bear in the system's keychain.
const SERVICE: &str = "LabLink";

/// Connects to the keychain. May block for as long as the keychain does.
pub(crate) fn connect() -> Result<Arc<dyn Backend>, VaultError> {
    #[cfg(all(unix, not(target_os = "macos")))]
    let backend = secret_service::SecretService::connect()?;
    #[cfg(any(windows, target_os = "macos"))]
    let backend = native::Native::connect()?;
    Ok(Arc::new(backend))
}
