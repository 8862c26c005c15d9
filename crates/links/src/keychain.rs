//! Which vault is used: the system's keychain, the encrypted file a person chose, or one handed in.
//!
//! The choice says where *new* secrets go. An account's secret is looked for where it was put.

use std::sync::{Mutex, PoisonError};

use vault::{Place, Secret, Vault, VaultError};

use crate::account::AccountId;
use crate::home::Home;
use crate::problem::Problem;
use crate::store::{Store, settings};
use crate::turn::Turn;

/// Where secrets are to be kept.
#[derive(Clone)]
pub enum VaultSource {
    /// Where the settings say: the system's keychain, or the encrypted file.
    Configured,
    /// In this vault, whatever the settings say.
    Given(Vault),
}

/// How the keychain is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keychain {
    /// Works.
    Ready {
        /// Which.
        place: Place,
    },
    /// Waits to be unlocked.
    Locked {
        /// Which.
        place: Place,
    },
    /// There is none on this computer.
    Absent,
    /// The encrypted file waits for its passphrase.
    NeedsPassphrase {
        /// Whether the last passphrase given was wrong.
        wrong: bool,
    },
    /// Anything else.
    Broken {
        /// What.
        problem: Problem,
    },
}

/// The vaults of this process.
pub(crate) struct Keychains {
    source: VaultSource,
    open: Mutex<Open>,
    /// Held by who connects to the system's keychain: others wait for that connection.
    connecting: tokio::sync::Mutex<()>,
    /// The right to work on accounts whose secret this process may still write: a call that was answered `Hung` goes on,
    /// and only this process's own later calls are sure to come after it. Another process must not tidy up before.
    unsettled: Mutex<Vec<(AccountId, Turn)>>,
}

#[derive(Default)]
struct Open {
    system: Option<Vault>,
    file: Option<Vault>,
    wrong_passphrase: bool,
    /// Set where the encrypted file was tried and nothing in it can be read.
    damaged_file: Option<Problem>,
}

const SYSTEM: &str = "system";
const ENCRYPTED_FILE: &str = "encrypted_file";

impl Keychains {
    pub(crate) fn new(source: VaultSource) -> Self {
        Self {
            source,
            open: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            unsettled: Mutex::default(),
        }
    }

    /// Keeps the right to work on an account until it is settled, or until this process ends.
    pub(crate) fn hold(&self, id: AccountId, turn: Turn) {
        self.unsettled().push((id, turn));
    }

    /// Gives a held right back to whoever settles the account now.
    pub(crate) fn held(&self, id: &AccountId) -> Option<Turn> {
        let mut unsettled = self.unsettled();
        let at = unsettled.iter().position(|(held, _)| held == id)?;
        Some(unsettled.swap_remove(at).1)
    }

    fn unsettled(&self) -> std::sync::MutexGuard<'_, Vec<(AccountId, Turn)>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vault for new secrets.
    pub(crate) async fn chosen(&self, store: &Store) -> Result<Vault, Problem> {
        match &self.source {
            VaultSource::Given(vault) => Ok(vault.clone()),
            VaultSource::Configured if encrypted_file_chosen(store)? => self.file(),
            VaultSource::Configured => self.system().await,
        }
    }

    /// The vault a secret was put in.
    pub(crate) async fn at(&self, place: Place) -> Result<Vault, Problem> {
        match &self.source {
            VaultSource::Given(vault) => Ok(vault.clone()),
            VaultSource::Configured if place == Place::EncryptedFile => self.file(),
            VaultSource::Configured => self.system().await,
        }
    }

    /// The system's keychain, whatever is chosen.
    pub(crate) async fn of_the_system(&self) -> Result<Vault, Problem> {
        match &self.source {
            VaultSource::Given(vault) => Ok(vault.clone()),
            VaultSource::Configured => self.system().await,
        }
    }

    fn file(&self) -> Result<Vault, Problem> {
        let open = self.turn();
        let closed = || open.damaged_file.clone().unwrap_or(Problem::NeedsPassphrase);
        open.file.clone().ok_or_else(closed)
    }

    async fn system(&self) -> Result<Vault, Problem> {
        let _alone = self.connecting.lock().await;
        if let Some(vault) = self.turn().system.clone() {
            return Ok(vault);
        }
        let vault = blocking(Vault::system).await?;
        self.turn().system = Some(vault.clone());
        Ok(vault)
    }

    /// How the vault for new secrets is, tried out.
    pub(crate) async fn state(&self, store: &Store) -> Keychain {
        let vault = match self.chosen(store).await {
            Ok(vault) => vault,
            Err(Problem::NeedsPassphrase) => {
                return Keychain::NeedsPassphrase {
                    wrong: self.turn().wrong_passphrase,
                };
            }
            Err(Problem::Keychain(VaultError::Absent { .. })) => return Keychain::Absent,
            Err(problem) => return Keychain::Broken { problem },
        };
        let place = vault.place();
        match vault.probe().await {
            Ok(()) => Keychain::Ready { place },
            Err(VaultError::Locked) => Keychain::Locked { place },
            Err(VaultError::Absent { .. }) => Keychain::Absent,
            Err(error) => Keychain::Broken {
                problem: error.into(),
            },
        }
    }

    /// Opens the encrypted file, or creates it where `create` says so.
    pub(crate) async fn open_file(
        &self,
        home: &Home,
        passphrase: Secret,
        create: bool,
    ) -> Result<(), Problem> {
        let path = home.vault_file();
        if !create && !Vault::encrypted_file_exists(&path) {
            return Err(VaultError::Missing.into());
        }
        let file = path.display().to_string();
        let opened = blocking(move || Vault::encrypted_file(path, passphrase))
            .await
            .map_err(|problem| match problem {
                Problem::Keychain(VaultError::Corrupt) => Problem::VaultFileDamaged { file },
                other => other,
            });
        let mut open = self.turn();
        open.damaged_file = match &opened {
            Err(damaged @ Problem::VaultFileDamaged { .. }) => Some(damaged.clone()),
            _ => None,
        };
        open.wrong_passphrase = matches!(opened, Err(Problem::Keychain(VaultError::WrongPassphrase)));
        open.file = Some(opened?);
        Ok(())
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the choice of the encrypted file.
pub(crate) fn choose_encrypted_file(store: &Store) -> Result<(), Problem> {
    store.write(|db| settings::set(db, settings::SECRETS, ENCRYPTED_FILE).map_err(Problem::from))
}

/// Keeps the choice of the system's keychain.
pub(crate) fn choose_system(store: &Store) -> Result<(), Problem> {
    store.write(|db| settings::set(db, settings::SECRETS, SYSTEM).map_err(Problem::from))
}

fn encrypted_file_chosen(store: &Store) -> Result<bool, Problem> {
    let chosen: Option<String> =
        store.read(|db| settings::get(db, settings::SECRETS).map_err(Problem::from))?;
    Ok(chosen.as_deref() == Some(ENCRYPTED_FILE))
}

/// Runs what blocks for seconds beside the runtime.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Problem::from),
        Err(_) => Err(Problem::Internal {
            detail: "opening the keychain was interrupted".to_owned(),
        }),
    }
}
