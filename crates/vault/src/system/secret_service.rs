//! The Secret Service of Linux and its relatives (GNOME Keyring, KDE's wallet, `KeePassXC`), over D-Bus.
//!
//! The crate `secret_service`, which keyring's own store is made of, used directly: on one connection with what is asked
//! beside, and with no call more than needed. Its calls open a prompt by themselves when they meet something locked. A
//! credential helper must never do that, so every operation first asks the service whether it would.
//! (Source of names and paths: the freedesktop.org Secret Service API 0.2.)

mod asking;
mod bus;
mod items;
mod meaning;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::{Backend, Listed, Place, Secret, VaultError};
use bus::Bus;

/// How long what connecting found need not be asked for again.
const JUST_NOW: Duration = Duration::from_secs(1);

pub(super) struct SecretService {
    bus: Bus,
    place: OnceLock<Place>,
    /// When connecting found the keyring open.
    found_open: Mutex<Option<Instant>>,
}

impl SecretService {
    pub(super) fn connect() -> Result<Self, VaultError> {
        let bus = Bus::default();
        let found_open = bus.with(|service| {
            let Some(collection) = service.default_collection()? else {
                return Ok(None);
            };
            // Whatever stands in the way is told by the call that meets it.
            let locked = service.is_locked(&collection).unwrap_or(true);
            Ok((!locked).then(Instant::now))
        })?;
        // After that, not beside it: the service does one thing at a time, and this takes it a while.
        bus.begin_session();
        Ok(Self {
            bus,
            place: OnceLock::new(),
            found_open: Mutex::new(found_open),
        })
    }

    /// Whether connecting, just now, found the keyring open, and nothing has been done since; true once.
    fn just_found_open(&self) -> bool {
        let found = self
            .found_open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        found.is_some_and(|at| at.elapsed() < JUST_NOW)
    }

    /// The bus, for something that takes its time: what connecting found is old from here on.
    fn bus(&self) -> &Bus {
        self.just_found_open();
        &self.bus
    }
}

impl Backend for SecretService {
    fn place(&self) -> Place {
        match self.place.get() {
            Some(place) => *place,
            None => match self.bus.with(|service| Ok(service.who())) {
                Ok(Some(place)) => *self.place.get_or_init(|| place),
                Ok(None) | Err(_) => Place::SecretService,
            },
        }
    }

    fn max_record(&self) -> Option<usize> {
        None
    }

    fn put(&self, item: &str, label: &str, secret: &Secret) -> Result<(), VaultError> {
        self.bus().with(|service| {
            let mut all = items::all(service, item)?;
            let Some(path) = all.pop() else {
                return items::create(service, item, label, secret);
            };
            // First any others of the same name: whoever dies in between leaves one that is whole.
            all.into_iter()
                .try_for_each(|path| items::remove(service, path))?;
            match bus::present(items::replace(service, &path, label, secret))? {
                Some(()) => Ok(()),
                // Another process has just removed it.
                None => items::create(service, item, label, secret),
            }
        })
    }

    fn get(&self, item: &str) -> Result<Secret, VaultError> {
        self.bus().with(|service| items::read_all(service, item))
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        self.bus().with(|service| {
            let all = items::all(service, item)?;
            if all.is_empty() {
                return Err(items::missing(service));
            }
            // Two programs may have made the same item at the same moment: none may stay.
            all.into_iter().try_for_each(|path| items::remove(service, path))
        })
    }

    fn reach(&self) -> Result<(), VaultError> {
        // What connecting has just found is not asked for again.
        let found = self
            .found_open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if found.is_some_and(|at| at.elapsed() < JUST_NOW) {
            return Ok(());
        }
        self.bus.with(bus::Connected::require_unlocked).map(drop)
    }

    fn get_ready(&self) {
        self.place();
        // Whatever is wrong is told by the call that needs it.
        if let Err(error) = self.bus.with(|service| service.session().map(drop)) {
            tracing::debug!(%error, "the keychain could not be made ready");
        }
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, VaultError> {
        self.bus.with(bus::Connected::ours).map(Some)
    }

    fn forget_trials(&self, older_than: Duration) {
        let forgotten = self.bus.with(|service| {
            let old = items::old_trials(service, older_than)?;
            old.into_iter().try_for_each(|path| items::remove(service, path))
        });
        if let Err(error) = forgotten {
            tracing::debug!(%error, "an earlier trial of the keychain may be left");
        }
    }

    fn unlock(&self, patience: Duration) -> Result<(), VaultError> {
        self.bus
            .with(|service| asking::unlock(service, patience).map_err(Failure::from))
    }
}
