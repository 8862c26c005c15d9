//! The façade: one open installation. What the faces call is here or in the room of its verb (`linking`, `unlinking`,
//! `checking`, `looking`, `doctor`).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gitlab::{BaseUrl, Client, Connection, Pages};
use tokio::sync::broadcast;
use vault::{Secret, VaultError};

use crate::account::{Account, AccountId, LedgerEntry};
use crate::clock::{Clock, SystemClock};
use crate::events::Event;
use crate::home::Home;
use crate::instance::Instance;
use crate::keychain::{self, Keychain, Keychains, VaultSource};
use crate::names::{self, Name};
use crate::opener::{Opener, SystemOpener};
use crate::policy::{self, Policy};
use crate::problem::Problem;
use crate::recovery::Recovered;
use crate::renewal::Gate;
use crate::session::LinkSession;
use crate::store::accounts::KeptAccount;
use crate::store::{Stay, Store, accounts, instances, ledger};
use crate::witness::{NoWitness, Step, Witness};

/// How many events a slow listener may lag behind before it misses some.
const EVENTS: usize = 256;

/// What an installation is opened with.
#[derive(Clone)]
pub struct Setup {
    /// Where it is.
    pub home: Home,
    /// Where secrets are kept.
    pub vault: VaultSource,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How servers are reached, before what is kept for each instance is added.
    pub connection: Connection,
    /// Who watches the durable steps.
    pub witness: Arc<dyn Witness>,
    /// Opens the person's browser.
    pub opener: Arc<dyn Opener>,
    /// How long this process stays at the database.
    pub stay: Stay,
    /// The file of managed policy; the system's own place unless a test has another.
    pub policy: PathBuf,
}

impl Setup {
    /// The system's clock, the configured keychain, the network as the environment says, no witness.
    #[must_use]
    pub fn new(home: Home) -> Self {
        Self {
            home,
            vault: VaultSource::Configured,
            clock: Arc::new(SystemClock),
            connection: Connection::default(),
            witness: Arc::new(NoWitness),
            opener: Arc::new(SystemOpener),
            stay: Stay::Long,
            policy: policy::place(),
        }
    }
}

/// An open installation, and what opening it put right.
pub struct Opened {
    /// The installation.
    pub links: Links,
    /// What dead processes had left half done.
    pub recovered: Vec<Recovered>,
}

/// One open installation. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct Links {
    house: Arc<House>,
}

struct House {
    home: Home,
    stay: Stay,
    store: Store,
    keychains: Keychains,
    clock: Arc<dyn Clock>,
    connection: Connection,
    witness: Arc<dyn Witness>,
    opener: Arc<dyn Opener>,
    /// What the browser says at the end of a login, in the person's language.
    pages: Mutex<Pages>,
    /// One renewal at a time for each account.
    gates: Mutex<HashMap<AccountId, Gate>>,
    policy: Policy,
    policy_file: PathBuf,
    events: broadcast::Sender<Event>,
}

impl Links {
    /// Opens the installation: creates its home, brings the database to this version's form, and puts right what dead
    /// processes left half done. A keychain or a server that is in the way of the latter does not keep it from
    /// opening: what could not be finished is tried again the next time.
    pub async fn open(setup: Setup) -> Result<Opened, Problem> {
        setup.home.create()?;
        let store = Store::open_for(&setup.home.database(), setup.stay)?;
        let house = House {
            policy: policy::enforce(&setup.policy, &store, setup.clock.now())?,
            policy_file: setup.policy,
            keychains: Keychains::new(setup.vault),
            events: broadcast::channel(EVENTS).0,
            home: setup.home,
            stay: setup.stay,
            store,
            clock: setup.clock,
            connection: setup.connection,
            witness: setup.witness,
            opener: setup.opener,
            pages: Mutex::new(Pages::english()),
            gates: Mutex::default(),
        };
        let links = Self {
            house: Arc::new(house),
        };
        let recovered = links.recover().await?;
        Ok(Opened { links, recovered })
    }

    /// Tells what changes in this process from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.house.events.subscribe()
    }

    /// Whether another process changed anything since this was last asked. Costs next to nothing.
    pub fn changed_outside(&self) -> Result<bool, Problem> {
        self.house.store.changed_outside()
    }

    /// The accounts, by name; their health is as of now.
    pub fn accounts(&self) -> Result<Vec<Account>, Problem> {
        let now = self.now();
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        kept.into_iter()
            .map(|account| account.into_account(now))
            .collect()
    }

    /// The account of this display name (case and spaces folded).
    pub fn account(&self, name: &str) -> Result<Account, Problem> {
        let kept: Option<KeptAccount> = self
            .store()
            .read(|db| accounts::by_name(db, name).map_err(Problem::from))?;
        kept.ok_or_else(|| Problem::AccountNotFound {
            name: Some(name.to_owned()),
        })?
        .into_account(self.now())
    }

    /// The account of this identifier.
    pub fn account_by_id(&self, id: &AccountId) -> Result<Account, Problem> {
        self.kept(id)?.into_account(self.now())
    }

    /// What happened, newest first, to one account or to all; at most `limit` entries.
    pub fn ledger(&self, id: Option<&AccountId>, limit: usize) -> Result<Vec<LedgerEntry>, Problem> {
        self.store()
            .read(|db| ledger::newest(db, id, limit).map_err(Problem::from))
    }

    /// The instances known here; GitLab.com first, then by address.
    pub fn instances(&self) -> Result<Vec<Instance>, Problem> {
        let kept = self
            .store()
            .read(|db| instances::all(db).map_err(Problem::from))?;
        kept.into_iter()
            .map(instances::KeptInstance::into_instance)
            .collect()
    }

    /// A link flow for a window, for an account that should have the `wanted` scopes. Needs a tokio runtime.
    #[must_use]
    pub fn link_session(&self, wanted: Vec<String>) -> LinkSession {
        LinkSession::start(self.clone(), wanted, None)
    }

    /// A link flow for a window, for an account that is linked already: nothing of it changes before what takes its
    /// secret's place is proved and stored. Needs a tokio runtime.
    #[must_use]
    pub fn relink_session(&self, account: &Account) -> LinkSession {
        LinkSession::start(self.clone(), account.wanted.clone(), Some(account.into()))
    }

    /// A free display name for an account on the instance: its host, with a number behind it where that is taken.
    pub fn suggest_name(&self, base: &BaseUrl) -> Result<String, Problem> {
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        let taken: Vec<String> = kept.iter().map(|account| names::folded(&account.name)).collect();
        Ok(names::suggestion(base.host(), |name| {
            taken.iter().any(|one| one == name)
        }))
    }

    /// Whether a display name may be given to a new account.
    pub fn check_name(&self, name: &str) -> Result<(), Problem> {
        let name = Name::read(name)?;
        if self
            .store()
            .read(|db| accounts::name_taken(db, name.folded()).map_err(Problem::from))?
        {
            return Err(Problem::NameTaken {
                name: name.shown().to_owned(),
            });
        }
        Ok(())
    }

    /// Gives an account another display name.
    pub fn rename(&self, id: &AccountId, new: &str) -> Result<Account, Problem> {
        let name = Name::read(new)?;
        let now = self.now();
        let renamed = self.store().write(|db| {
            let old = accounts::by_id(db, id)?.ok_or_else(gone)?;
            accounts::rename(db, id, name.shown())?;
            if old.name != name.shown() {
                ledger::add(db, now, id, name.shown(), "renamed", Some(&old.name))?;
            }
            accounts::by_id(db, id)?.ok_or_else(gone)
        })?;
        self.tell(Event::AccountsChanged);
        renamed.into_account(now)
    }

    /// How the keychain for new secrets is. Tries it out; answers within a few seconds.
    pub async fn keychain(&self) -> Keychain {
        self.house.keychains.state(self.store()).await
    }

    /// Opens a locked keychain; the system may ask the person, for up to a minute.
    pub async fn unlock_keychain(&self) -> Result<(), Problem> {
        let vault = self.house.keychains.chosen(self.store()).await?;
        vault.unlock().await?;
        self.keychain_opened().await
    }

    /// Keeps new secrets in a file encrypted with this passphrase from now on, because the person chose it. Creates
    /// the file, or opens the one that is there.
    pub async fn use_encrypted_file(&self, passphrase: Secret) -> Result<(), Problem> {
        let keychains = &self.house.keychains;
        keychains.open_file(&self.house.home, passphrase, true).await?;
        keychain::choose_encrypted_file(self.store())?;
        self.keychain_opened().await
    }

    /// Opens the encrypted file that was chosen before, for this process.
    pub async fn open_encrypted_file(&self, passphrase: Secret) -> Result<(), Problem> {
        let keychains = &self.house.keychains;
        if let Err(problem) = keychains.open_file(&self.house.home, passphrase, false).await {
            self.tell(Event::KeychainChanged);
            return Err(problem);
        }
        self.keychain_opened().await
    }

    /// What waited for the keychain can be put right now; listeners are told what was.
    async fn keychain_opened(&self) -> Result<(), Problem> {
        self.tell(Event::KeychainChanged);
        Box::pin(self.recover()).await.map(drop)
    }

    /// Keeps new secrets in the system's keychain from now on. Those in the encrypted file stay there. Where there is no
    /// such keychain, or it does not answer, the choice stays as it was.
    pub async fn use_system_keychain(&self) -> Result<(), Problem> {
        let vault = self.house.keychains.of_the_system().await?;
        match vault.reach().await {
            // A locked one can be unlocked.
            Ok(()) | Err(VaultError::Locked) => {}
            Err(error) => return Err(error.into()),
        }
        keychain::choose_system(self.store())?;
        self.tell(Event::KeychainChanged);
        Ok(())
    }

    /// GitLab's page for a new access token, with a name and these scopes filled in.
    #[must_use]
    pub fn token_page(&self, base: &BaseUrl, scopes: &[&str]) -> String {
        // No token travels here: the consent that a client wants for plain http is beside the point.
        let connection = Connection {
            allow_plain_http: true,
            ..self.house.connection.clone()
        };
        match Client::new(base.clone(), &connection) {
            Ok(client) => client.token_page("LabLink", scopes).to_string(),
            Err(_) => base.as_str().to_owned(),
        }
    }

    /// The account's page on its GitLab: at the address it was linked by, whatever GitLab calls itself (quirk 54).
    #[must_use]
    pub fn account_page(&self, account: &Account) -> String {
        match &account.user.username {
            Some(username) => account.instance.join(username).to_string(),
            None => account.instance.as_str().to_owned(),
        }
    }

    /// How managed policy was when this was opened.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.house.policy
    }

    /// Where managed policy is, if there is one.
    #[must_use]
    pub fn policy_file(&self) -> &Path {
        &self.house.policy_file
    }

    /// Where this installation is.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.house.home
    }

    pub(crate) fn stay(&self) -> Stay {
        self.house.stay
    }

    pub(crate) fn store(&self) -> &Store {
        &self.house.store
    }

    pub(crate) fn keychains(&self) -> &Keychains {
        &self.house.keychains
    }

    pub(crate) fn base_connection(&self) -> &Connection {
        &self.house.connection
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.house.clock.now()
    }

    pub(crate) fn before(&self, step: Step) {
        self.house.witness.before(step);
    }

    /// What the browser says at the end of a login, from now on; English unless somebody says otherwise.
    pub fn speak(&self, pages: Pages) {
        *self.house.pages.lock().unwrap_or_else(PoisonError::into_inner) = pages;
    }

    pub(crate) fn pages(&self) -> Pages {
        self.house
            .pages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn opener(&self) -> Arc<dyn Opener> {
        Arc::clone(&self.house.opener)
    }

    pub(crate) fn gate(&self, id: &AccountId) -> Gate {
        let mut gates = self.house.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(*id).or_default())
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.house.events.send(event);
    }

    pub(crate) fn kept(&self, id: &AccountId) -> Result<KeptAccount, Problem> {
        let kept: Option<KeptAccount> = self
            .store()
            .read(|db| accounts::by_id(db, id).map_err(Problem::from))?;
        kept.ok_or_else(gone)
    }
}

pub(crate) fn gone() -> Problem {
    Problem::AccountNotFound { name: None }
}
