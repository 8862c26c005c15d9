//! The keychain of macOS or Windows by the stores of `keyring`, and what its errors mean to us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::SERVICE;
use super::failure::Failure;
use crate::{Secret, VaultError};

/// A connection to the keychain that is made when needed, and made again when it was lost.
#[derive(Default)]
pub(super) struct Connection {
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl Connection {
    /// Runs one whole operation; when the keychain turns out to have been restarted since the last, once more on a
    /// new connection. (All operations may be repeated: they put, get or remove one named item.)
    pub(super) fn with<T>(
        &self,
        operation: impl Fn(&CredentialStore) -> Result<T, Failure>,
    ) -> Result<T, VaultError> {
        let (store, fresh) = self.store()?;
        match operation(&*store) {
            Ok(answer) => Ok(answer),
            Err(Failure { error, lost: false }) => Err(error),
            Err(Failure { error, lost: true }) => {
                self.forget(&store);
                if fresh {
                    return Err(error);
                }
                let (store, _) = self.store()?;
                operation(&*store).map_err(|failure| {
                    if failure.lost {
                        self.forget(&store);
                    }
                    failure.error
                })
            }
        }
    }

    /// The store, and whether it was connected just now.
    pub(super) fn store(&self) -> Result<(Arc<CredentialStore>, bool), VaultError> {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*slot {
            return Ok((Arc::clone(store), false));
        }
        let store = open().map_err(|error| failure(error).error)?;
        *slot = Some(Arc::clone(&store));
        Ok((store, true))
    }

    fn forget(&self, lost: &Arc<CredentialStore>) {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|store| Arc::ptr_eq(store, lost)) {
            *slot = None;
        }
    }
}

#[cfg(target_os = "macos")]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn open() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// The entry for an item. The stores accept different particulars and refuse those they do not know.
fn entry(store: &CredentialStore, item: &str, label: Option<&str>) -> Result<Entry, Failure> {
    let mut particulars = HashMap::new();
    if cfg!(windows) {
        // The default would let the secret roam with a domain profile to other computers.
        particulars.insert("persistence", "Local");
    }
    store.build(SERVICE, item, Some(&particulars)).map_err(failure)
}

pub(super) fn put(store: &CredentialStore, item: &str, label: &str, secret: &Secret) -> Result<(), Failure> {
    // As UTF-8 bytes: as a "password" Windows would store UTF-16, twice as long.
    entry(store, item, Some(label))?
        .set_secret(secret.expose().as_bytes())
        .map_err(failure)
}

pub(super) fn get(store: &CredentialStore, item: &str) -> Result<Secret, Failure> {
    let bytes = entry(store, item, None)?.get_secret().map_err(failure)?;
    Secret::from_utf8(bytes).ok_or_else(|| VaultError::Corrupt.into())
}

pub(super) fn delete(store: &CredentialStore, item: &str) -> Result<(), Failure> {
    match entry(store, item, None)?.delete_credential() {
        // Two programs may have made the same item at the same moment: none may stay.
        Err(Error::Ambiguous(entries)) => entries
            .iter()
            .try_for_each(|entry| entry.delete_credential().map_err(failure)),
        other => other.map_err(failure),
    }
}

/// What a store's error means. Its words are taken only where they cannot quote a secret.
pub(super) fn failure(error: Error) -> Failure {
    let error = match error {
        Error::NoEntry => VaultError::Missing,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            VaultError::Corrupt
        }
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => return platform_failure(&*cause),
        Error::BadStoreFormat(detail) | Error::NotSupportedByStore(detail) => VaultError::Failed { detail },
        Error::Ambiguous(entries) => VaultError::Failed {
            detail: format!("{} items bear the same name", entries.len()),
        },
        Error::TooLong(what, most) => VaultError::Failed {
            detail: format!("{what} is longer than {most}"),
        },
        Error::Invalid(what, why) => VaultError::Failed {
            detail: format!("{what} {why}"),
        },
        Error::NoDefaultStore => VaultError::Absent {
            detail: "no keychain for this system".to_owned(),
        },
        _ => VaultError::Failed {
            detail: "an error of an unknown kind".to_owned(),
        },
    };
    error.into()
}

/// `OSStatus` values from Apple's `SecBase.h`.
#[cfg(target_os = "macos")]
fn platform_failure(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    let code = cause
        .downcast_ref::<security_framework::base::Error>()
        .map(security_framework::base::Error::code);
    match code {
        // errSecInteractionNotAllowed: locked, and nobody may be asked.
        Some(-25308) => VaultError::Locked,
        // errSecWritePerm (-61), userCanceledErr, errSecAuthFailed, errSecInvalidOwnerEdit, errSecReadOnly.
        Some(-61 | -128 | -25293 | -25244 | -25292) => VaultError::Denied,
        // errSecDiskFull.
        Some(-34) => VaultError::Full,
        // errSecNotAvailable, errSecNoSuchKeychain, errSecInvalidKeychain, errSecNoDefaultKeychain.
        Some(-25291 | -25294 | -25295 | -25307) => VaultError::Absent {
            detail: cause.to_string(),
        },
        _ => VaultError::Failed {
            detail: cause.to_string(),
        },
    }
    .into()
}

/// System error codes from Microsoft's `WinError.h`. The store keeps its error type to itself, so the code
/// is read off the end of its text.
#[cfg(windows)]
fn platform_failure(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    let detail = cause.to_string();
    match detail.rsplit(' ').next() {
        // A session without credentials (a service, ssh).
        Some("ERROR_NO_SUCH_LOGON_SESSION") => VaultError::Absent { detail },
        // ERROR_ACCESS_DENIED.
        Some("5") => VaultError::Denied,
        // ERROR_DISK_FULL, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_QUOTA.
        Some("112" | "1450" | "1816") => VaultError::Full,
        _ => VaultError::Failed { detail },
    }
    .into()
}
