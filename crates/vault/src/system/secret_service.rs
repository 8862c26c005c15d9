//! The Secret Service of Linux and its relatives (GNOME Keyring, KDE's wallet, `KeePassXC`), over D-Bus.
//!
//! The store of `keyring` opens a prompt by itself when it meets something locked. A credential
//! helper must never do that, so every operation first asks the service, on a connection of our own
//! whose calls time out, whether it would meet something locked.
//! (Source of names and paths: the freedesktop.org Secret Service API 0.2.)

mod asking;
mod bus;
mod meaning;

use std::sync::OnceLock;
use std::time::Duration;

use super::keychain::{self, Connection, Failure};
use crate::{Backend, Listed, Place, Secret, VaultError};
use bus::Bus;

pub(super) use meaning::of_store;

pub(super) struct SecretService {
    connection: Connection,
    bus: Bus,
    place: OnceLock<Place>,
}

impl SecretService {
    pub(super) fn connect() -> Result<Self, VaultError> {
        let service = Self {
            connection: Connection::default(),
            bus: Bus::default(),
            place: OnceLock::new(),
        };
        // On our own connection first: a service that hangs is then found out by a call that times out.
        service.bus.with(bus::Connected::default_collection)?;
        service.connection.store()?;
        Ok(service)
    }

    /// Whether the item is there and readable. Says `Locked` rather than letting anything ask the person.
    fn is_there(&self, item: &str) -> Result<bool, VaultError> {
        self.bus.with(|service| {
            let found = service.search(item)?;
            if !found.locked.is_empty() {
                return Err(VaultError::Locked.into());
            }
            if found.unlocked.is_empty() {
                // Some services show nothing of a locked collection: "missing" would be a guess.
                service.require_unlocked()?;
            }
            Ok(!found.unlocked.is_empty())
        })
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
        let replaces = self.is_there(item)?;
        self.connection
            .with(|store| keychain::put(store, item, label, secret))?;
        if replaces {
            // The store keeps the old label. The secret is safe by now: a label is not worth an error.
            let relabelled = self.bus.with(|service| service.relabel(item, label));
            if let Err(error) = relabelled {
                tracing::debug!(item, %error, "the item keeps its old label");
            }
        }
        Ok(())
    }

    fn get(&self, item: &str) -> Result<Secret, VaultError> {
        if !self.is_there(item)? {
            return Err(VaultError::Missing);
        }
        self.connection.with(|store| keychain::get(store, item))
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        if !self.is_there(item)? {
            return Err(VaultError::Missing);
        }
        self.connection.with(|store| keychain::delete(store, item))
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, VaultError> {
        self.bus.with(bus::Connected::ours).map(Some)
    }

    fn unlock(&self, patience: Duration) -> Result<(), VaultError> {
        self.bus
            .with(|service| asking::unlock(service, patience).map_err(Failure::from))
    }
}
