//! Our own connection to the bus: asking about locks and owners.

use std::collections::HashMap;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use zbus::blocking::Connection;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

use super::meaning;
use crate::system::SERVICE;
use crate::system::keychain::Failure;
use crate::{Listed, Place, VaultError};

pub(super) const NAME: &str = "org.freedesktop.secrets";
pub(super) const PATH: &str = "/org/freedesktop/secrets";
/// How long the service may take for a call that asks no person.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The connection, made when needed and again when it was lost.
#[derive(Default)]
pub(super) struct Bus {
    connection: Mutex<Option<Connection>>,
}

/// The Secret Service at the other end.
pub(super) struct Connected {
    pub(super) connection: Connection,
}

/// Items with the attributes asked for.
#[derive(serde::Deserialize, Type)]
pub(super) struct Found {
    pub(super) unlocked: Vec<OwnedObjectPath>,
    pub(super) locked: Vec<OwnedObjectPath>,
}

impl Bus {
    pub(super) fn with<T>(&self, asking: impl Fn(&Connected) -> Result<T, Failure>) -> Result<T, VaultError> {
        let connected = Connected {
            connection: self.connection()?,
        };
        match asking(&connected) {
            Ok(answer) => Ok(answer),
            Err(Failure { error, lost: false }) => Err(error),
            Err(Failure { lost: true, .. }) => {
                *self.slot() = None;
                // Once more: the bus may have put another service in the place of the lost one.
                let connected = Connected {
                    connection: self.connection()?,
                };
                asking(&connected).map_err(|failure| failure.error)
            }
        }
    }

    fn connection(&self) -> Result<Connection, VaultError> {
        if let Some(connection) = &*self.slot() {
            return Ok(connection.clone());
        }
        let connection = zbus::blocking::connection::Builder::session()
            .and_then(|builder| builder.method_timeout(TIMEOUT).build())
            .map_err(|error| meaning::no_bus(&error))?;
        *self.slot() = Some(connection.clone());
        Ok(connection)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    pub(super) fn search(&self, item: &str) -> Result<Found, Failure> {
        // The attributes keyring's store gives its items.
        let attributes = HashMap::from([("service", SERVICE), ("username", item)]);
        self.call(PATH, "org.freedesktop.Secret.Service", "SearchItems", &attributes)
    }

    /// The collection new items go to, where there is one.
    pub(super) fn default_collection(&self) -> Result<Option<OwnedObjectPath>, Failure> {
        let path: OwnedObjectPath =
            self.call(PATH, "org.freedesktop.Secret.Service", "ReadAlias", &"default")?;
        Ok((path.as_str() != "/").then_some(path))
    }

    pub(super) fn require_default_collection(&self) -> Result<OwnedObjectPath, Failure> {
        self.default_collection()?
            .ok_or_else(|| meaning::no_collection().into())
    }

    pub(super) fn require_unlocked(&self) -> Result<(), Failure> {
        let collection = self.require_default_collection()?;
        if self.is_locked(&collection)? {
            Err(VaultError::Locked.into())
        } else {
            Ok(())
        }
    }

    pub(super) fn is_locked(&self, collection: &OwnedObjectPath) -> Result<bool, Failure> {
        let asked = ("org.freedesktop.Secret.Collection", "Locked");
        let value: OwnedValue = self.call(
            collection.as_str(),
            "org.freedesktop.DBus.Properties",
            "Get",
            &asked,
        )?;
        bool::try_from(value).map_err(|error| meaning::of_zbus(&error.into()))
    }

    pub(super) fn relabel(&self, item: &str, label: &str) -> Result<(), Failure> {
        for path in self.search(item)?.unlocked {
            let wanted = ("org.freedesktop.Secret.Item", "Label", Value::from(label));
            let () = self.call(path.as_str(), "org.freedesktop.DBus.Properties", "Set", &wanted)?;
        }
        Ok(())
    }

    /// All items that bear our name, by theirs.
    pub(super) fn ours(&self) -> Result<Vec<Listed>, Failure> {
        let attributes = HashMap::from([("service", SERVICE)]);
        let found: Found = self.call(PATH, "org.freedesktop.Secret.Service", "SearchItems", &attributes)?;
        let mut listed = Vec::new();
        for path in found.unlocked {
            let property = |name: &str| -> Result<OwnedValue, Failure> {
                let asked = ("org.freedesktop.Secret.Item", name);
                self.call(path.as_str(), "org.freedesktop.DBus.Properties", "Get", &asked)
            };
            let odd = |error: zbus::zvariant::Error| meaning::of_zbus(&error.into());
            let mut attributes: HashMap<String, String> = property("Attributes")?.try_into().map_err(odd)?;
            let label: String = property("Label")?.try_into().map_err(odd)?;
            if let Some(item) = attributes.remove("username") {
                listed.push(Listed { item, label });
            }
        }
        listed.sort();
        Ok(listed)
    }

    /// Which program offers the Secret Service, as far as it can be told. Asks the bus, not the service.
    pub(super) fn who(&self) -> Option<Place> {
        let bus = "org.freedesktop.DBus";
        let process = self
            .connection
            .call_method(
                Some(bus),
                "/org/freedesktop/DBus",
                Some(bus),
                "GetConnectionUnixProcessID",
                &NAME,
            )
            .and_then(|answer| answer.body().deserialize::<u32>())
            .ok()?;
        // The kernel cuts the name to 15 characters.
        let name = fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
        Some(place_of(name.trim_end()))
    }

    pub(super) fn call<B, T>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<T, Failure>
    where
        B: serde::Serialize + DynamicType,
        T: DeserializeOwned + Type,
    {
        self.connection
            .call_method(Some(NAME), path, Some(interface), method, body)
            .and_then(|answer| answer.body().deserialize::<T>())
            .map_err(|error| meaning::of_zbus(&error))
    }
}

fn place_of(process: &str) -> Place {
    if process.starts_with("gnome-keyring") {
        Place::GnomeKeyring
    } else if process.starts_with("kwallet") || process.starts_with("ksecretd") {
        Place::KWallet
    } else {
        Place::SecretService
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;
    use crate::Place;

    #[test]
    fn the_service_is_known_by_its_process() {
        assert_eq!(place_of("gnome-keyring-d"), Place::GnomeKeyring);
        for name in ["kwalletd5", "kwalletd6", "ksecretd"] {
            assert_eq!(place_of(name), Place::KWallet, "{name}");
        }
        assert_eq!(place_of("keepassxc"), Place::SecretService);
    }
}
