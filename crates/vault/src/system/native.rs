//! macOS Keychain and Windows Credential Manager.

use std::time::Duration;

use super::keychain::{self, Connection};
use crate::{Backend, Place, Secret, VaultError};

/// `CRED_MAX_CREDENTIAL_BLOB_SIZE` of Windows' `wincred.h`: 5 × 512 bytes.
#[cfg(windows)]
const MAX_RECORD: Option<usize> = Some(2560);
#[cfg(target_os = "macos")]
const MAX_RECORD: Option<usize> = None;

pub(super) struct Native {
    connection: Connection,
}

impl Native {
    pub(super) fn connect() -> Result<Self, VaultError> {
        let connection = Connection::default();
        connection.store()?;
        Ok(Self { connection })
    }
}

impl Backend for Native {
    fn place(&self) -> Place {
        if cfg!(windows) {
            Place::WindowsCredentialManager
        } else {
            Place::MacKeychain
        }
    }

    fn max_record(&self) -> Option<usize> {
        MAX_RECORD
    }

    fn put(&self, item: &str, label: &str, secret: &Secret) -> Result<(), VaultError> {
        self.connection
            .with(|store| keychain::put(store, item, label, secret))
    }

    fn get(&self, item: &str) -> Result<Secret, VaultError> {
        self.connection.with(|store| keychain::get(store, item))
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        self.connection.with(|store| keychain::delete(store, item))
    }

    /// These systems ask by themselves on any access; so this accesses, and waits for the person.
    fn unlock(&self, _patience: Duration) -> Result<(), VaultError> {
        match self.get("unlock") {
            Ok(_) | Err(VaultError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// By a lock file of this user: the Credential Manager is this user's too.
    #[cfg(windows)]
    fn exclusively(&self, work: &mut dyn FnMut() -> Result<(), VaultError>) -> Result<(), VaultError> {
        let folders = directories::BaseDirs::new().ok_or_else(|| VaultError::Absent {
            detail: "this user has no folder for application data".to_owned(),
        })?;
        let folder = folders.data_local_dir().join("LabLink");
        let problem = |error: std::io::Error| VaultError::from_io("locking the keychain", &error);
        std::fs::create_dir_all(&folder).map_err(problem)?;
        let lock = std::fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("keychain.lock"))
            .map_err(problem)?;
        lock.lock().map_err(problem)?;
        let answer = work();
        drop(lock);
        answer
    }
}
