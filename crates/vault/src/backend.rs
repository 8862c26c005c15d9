//! What a place for secrets must be able to do.

use std::time::Duration;

use crate::{Place, Secret, VaultError};

/// An item as its owner sees it in the keychain's own window: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub item: String,
    /// What people read.
    pub label: String,
}

/// A place that holds named secret texts. All calls block; [`Vault`](crate::Vault)
/// puts them on threads of their own and guards their time.
///
/// Names are a [`Key`](crate::Key), or a key followed by `.` and more for the
/// parts of a long record: at most 80 characters of `a-z`, `0-9`, `-` and `.`.
pub trait Backend: Send + Sync {
    /// Where this is. May ask the system once; must not wait for the keychain itself.
    fn place(&self) -> Place;

    /// The longest text one item may have, in bytes of UTF-8; `None` when there is no small limit.
    /// Longer records are split; at least 512 where it is given.
    fn max_record(&self) -> Option<usize>;

    /// Writes the item, replacing what was there in one step. `label` is for people to read.
    fn put(&self, item: &str, label: &str, secret: &Secret) -> Result<(), VaultError>;

    /// Reads the item, or says [`VaultError::Missing`].
    fn get(&self, item: &str) -> Result<Secret, VaultError>;

    /// Removes the item, or says [`VaultError::Missing`].
    fn delete(&self, item: &str) -> Result<(), VaultError>;

    /// Whether the keychain answers and is open. Writes nothing.
    fn reach(&self) -> Result<(), VaultError> {
        match self.get("reach") {
            Ok(_) | Err(VaultError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Does ahead what the next call would have to wait for, where there is anything. What goes wrong is told by that
    /// call.
    fn get_ready(&self) {}

    /// All items of ours, by name; `None` where the keychain cannot tell. What is locked may be left out.
    fn list(&self) -> Result<Option<Vec<Listed>>, VaultError> {
        Ok(None)
    }

    /// Removes trials that are older than this, which killed processes left, where that can be told without looking at
    /// everything. What goes wrong with it is nobody's concern.
    fn forget_trials(&self, older_than: Duration) {
        let _ = older_than;
    }

    /// Opens a locked keychain; may ask the person and wait `patience` for them.
    /// Where nothing can be locked this does nothing.
    fn unlock(&self, patience: Duration) -> Result<(), VaultError> {
        let _ = patience;
        Ok(())
    }

    /// Runs `work` while no other program of this user writes or deletes a record here.
    /// Only called where [`max_record`](Backend::max_record) is given, because only
    /// records in parts need it; must be let go of by the system when the process dies.
    fn exclusively(&self, work: &mut dyn FnMut() -> Result<(), VaultError>) -> Result<(), VaultError> {
        work()
    }
}
