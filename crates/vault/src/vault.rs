//! The vault itself: checks, guards and serialises every call to its backend.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::guard::{Abandoned, Stuck};
use crate::parts::Record;
use crate::{Backend, Key, Listed, Place, Secret, VaultError, encrypted_file, system, trial};

/// The longest record, in bytes of UTF-8. [`Vault::probe`] proves that this much can be kept.
pub const MAX_SECRET_BYTES: usize = 16 * 1024;

/// How long a keychain may take to answer, unless a person is asked.
const GUARD: Duration = Duration::from_secs(3);
/// How long a person may take to open a locked keychain.
const PATIENCE: Duration = Duration::from_secs(60);

/// The one way to secrets. Cheap to clone; all clones share one backend.
///
/// Calls are answered within three seconds or with [`VaultError::Hung`]. A
/// `put` or `delete` that was answered so may still happen later, when the keychain wakes
/// up, but never after a later call on the same vault has begun; in between the record
/// is the old or the new one, whole. Whoever must know asks with `get`, or keeps a journal.
/// Dropping the future of a call does not take the call back either.
///
/// A locked keychain answers [`VaultError::Locked`] at once; only [`Vault::unlock`] may
/// open a prompt. (macOS decides that for itself: it may ask the person on any call, which is
/// then `Hung` until answered.)
#[derive(Clone)]
pub struct Vault {
    shared: Arc<Shared>,
}

struct Shared {
    backend: Arc<dyn Backend>,
    guard: Duration,
    stuck: Stuck,
    /// One call at a time: the order of writes is the order of calls.
    turn: Mutex<()>,
}

impl Vault {
    /// The system's keychain. Never falls back to anything else: where there is none the
    /// answer is [`VaultError::Absent`]. Blocks for up to three seconds.
    pub fn system() -> Result<Self, VaultError> {
        let backend = Stuck::default().run_blocking(GUARD, |_| system::connect())?;
        Ok(Self::with_backend(backend, GUARD))
    }

    /// A file encrypted with a passphrase, for computers without a keychain, when the person chose it.
    ///
    /// Creates the file, or opens it and checks the passphrase
    /// ([`VaultError::WrongPassphrase`]; a damaged file is [`VaultError::Corrupt`] and left alone). `path` is the file the
    /// passphrase opens; the records lie beside it. Blocks for about a second, deliberately: that is
    /// what each guess of the passphrase costs as well. Reading and writing records is quick afterwards.
    pub fn encrypted_file(path: PathBuf, passphrase: Secret) -> Result<Self, VaultError> {
        let open = move |_: &Abandoned| encrypted_file::EncryptedFile::open(path, &passphrase);
        let backend = Stuck::default().run_blocking(PATIENCE, open)?;
        Ok(Self::with_backend(Arc::new(backend), GUARD))
    }

    /// Whether there is an encrypted file at this path (or what is left of one), so that it is
    /// to be opened rather than created.
    #[must_use]
    pub fn encrypted_file_exists(path: &Path) -> bool {
        encrypted_file::exists(path)
    }

    /// A vault over any backend; `guard` is how long one call may take.
    #[must_use]
    pub fn with_backend(backend: Arc<dyn Backend>, guard: Duration) -> Self {
        let shared = Shared {
            backend,
            guard,
            stuck: Stuck::default(),
            turn: Mutex::new(()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Where the secrets live.
    #[must_use]
    pub fn place(&self) -> Place {
        self.shared.backend.place()
    }

    /// Writes the record, replacing the old one in one step. `label` is what people see in
    /// their keychain's own window, so it names the account and holds nothing secret.
    pub async fn put(&self, key: &Key, label: &str, secret: Secret) -> Result<(), VaultError> {
        let (key, label) = (key.clone(), label.to_owned());
        self.call(self.shared.guard, move |shared, abandoned| {
            shared.put(&key, &label, &secret, abandoned)
        })
        .await
    }

    /// Reads the record, or says [`VaultError::Missing`].
    pub async fn get(&self, key: &Key) -> Result<Secret, VaultError> {
        let key = key.clone();
        self.call(self.shared.guard, move |shared, _| {
            Record::new(&*shared.backend, &key).get()
        })
        .await
    }

    /// Removes the record. Removing what is not there is fine.
    pub async fn delete(&self, key: &Key) -> Result<(), VaultError> {
        let key = key.clone();
        self.call(self.shared.guard, move |shared, _| {
            Record::new(&*shared.backend, &key).delete()
        })
        .await
    }

    /// The records that are here, by name; `None` where the keychain cannot tell. Long records may be listed by their
    /// parts.
    pub async fn list(&self) -> Result<Option<Vec<Listed>>, VaultError> {
        self.call(self.shared.guard, |shared, _| shared.backend.list())
            .await
    }

    /// Whether the keychain answers and is open. Writes nothing, and is quicker than [`Vault::probe`] by far; only
    /// that one finds a keychain that is full or keeps nothing.
    pub async fn reach(&self) -> Result<(), VaultError> {
        self.call(self.shared.guard, |shared, _| shared.backend.reach())
            .await
    }

    /// Does ahead what the next call would have to wait for (agreeing on a key with the Secret Service takes longer than
    /// a read). Comes back when that is done or went wrong; the next call then says how.
    pub async fn get_ready(&self) {
        let ready = self.call(self.shared.guard, |shared, _| {
            shared.backend.get_ready();
            Ok(())
        });
        if let Err(error) = ready.await {
            tracing::debug!(%error, "the keychain could not be made ready");
        }
    }

    /// Proves that a record of full size ([`MAX_SECRET_BYTES`]) can be written, read back and removed, under
    /// a name of its own. Leaves nothing behind, whichever step fails; what a killed process left of its own trial goes
    /// with a later one.
    pub async fn probe(&self) -> Result<(), VaultError> {
        self.call(self.shared.guard, Shared::probe).await
    }

    /// Opens a locked keychain. May show the system's prompt and wait up to a minute for the
    /// person: [`VaultError::Denied`] when they close it, [`VaultError::Locked`] when they do not answer.
    /// Other calls are answered meanwhile.
    pub async fn unlock(&self) -> Result<(), VaultError> {
        let shared = Arc::clone(&self.shared);
        let patience = PATIENCE + self.shared.guard;
        self.shared
            .stuck
            .run(patience, move |_| shared.backend.unlock(PATIENCE))
            .await
    }

    async fn call<T, W>(&self, guard: Duration, work: W) -> Result<T, VaultError>
    where
        T: Send + 'static,
        W: FnOnce(&Shared, &Abandoned) -> Result<T, VaultError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let stuck = self.shared.stuck.clone();
        stuck
            .run(guard, move |abandoned| {
                let _turn = shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
                abandoned.check()?;
                work(&shared, abandoned)
            })
            .await
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Shared {
    fn put(&self, key: &Key, label: &str, secret: &Secret, abandoned: &Abandoned) -> Result<(), VaultError> {
        let length = secret.expose().len();
        if length > MAX_SECRET_BYTES {
            let detail = format!("a record of {length} bytes is longer than {MAX_SECRET_BYTES}");
            return Err(VaultError::Failed { detail });
        }
        Record::new(&*self.backend, key).put(label, secret, abandoned)
    }

    fn probe(&self, abandoned: &Abandoned) -> Result<(), VaultError> {
        // A name no record of anybody's has.
        let key = Key::new(&trial::name()).map_err(|error| VaultError::Failed {
            detail: error.to_string(),
        })?;
        let text = || -> String {
            (b'a'..=b'z')
                .cycle()
                .map(char::from)
                .take(MAX_SECRET_BYTES)
                .collect()
        };
        let record = Record::new(&*self.backend, &key);
        let kept = record
            .put("LabLink: test of the keychain", &Secret::new(text()), abandoned)
            .and_then(|()| {
                let read = record.get()?;
                if read.expose() == text() {
                    Ok(())
                } else {
                    Err(VaultError::Corrupt)
                }
            });
        // Also when a step failed, and when nobody waits any more: a write that was called hung may have landed.
        let removed = record.delete();
        if kept.is_ok() {
            self.backend.forget_trials(trial::OVER);
        }
        kept.and(removed)?;
        match record.get() {
            Err(VaultError::Missing) => Ok(()),
            Ok(_) => Err(VaultError::Failed {
                detail: "a removed record is still there".to_owned(),
            }),
            Err(error) => Err(error),
        }
    }
}
