//! The connection to the bus: asking about locks and owners, and the session secrets are encrypted in.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use secret_service::{EncryptionType, SecretService};
use serde::de::DeserializeOwned;
use zbus::Connection;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type, Value};

use super::meaning;
use crate::system::SERVICE;
use crate::system::failure::Failure;
use crate::{Listed, Place, VaultError};

pub(super) const NAME: &str = "org.freedesktop.secrets";
pub(super) const PATH: &str = "/org/freedesktop/secrets";
const ITEM: &str = "org.freedesktop.Secret.Item";
/// How long the service may take for a call that asks no person.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The connection, made when needed and again when it was lost.
#[derive(Default)]
pub(super) struct Bus {
    connected: Mutex<Option<Arc<Connected>>>,
}

/// The Secret Service at the other end.
pub(super) struct Connected {
    pub(super) connection: Connection,
    /// Agreeing on a key takes both sides a while.
    session: Mutex<Option<Arc<SecretService<'static>>>>,
}

/// Items with the attributes asked for.
#[derive(serde::Deserialize, Type)]
pub(super) struct Found {
    pub(super) unlocked: Vec<OwnedObjectPath>,
    pub(super) locked: Vec<OwnedObjectPath>,
}

/// What an item says about itself.
pub(super) struct About {
    /// What a person sees of it in their keychain's window.
    pub(super) label: String,
    pub(super) attributes: HashMap<String, String>,
    /// When it was made, in seconds since 1970; 0 where that is not told.
    pub(super) created: u64,
    /// When it was changed last, in seconds since 1970; 0 where that is not told.
    pub(super) modified: u64,
}

impl Bus {
    pub(super) fn with<T>(&self, asking: impl Fn(&Connected) -> Result<T, Failure>) -> Result<T, VaultError> {
        let connected = self.connected()?;
        match asking(&connected) {
            Ok(answer) => Ok(answer),
            Err(Failure { error, lost: false }) => Err(error),
            Err(Failure { lost: true, .. }) => {
                self.forget(&connected);
                // Once more: the bus may have put another service in the place of the lost one. (Everything that is
                // asked may be repeated: it puts, gets or removes one named item.)
                let connected = self.connected()?;
                asking(&connected).map_err(|failure| {
                    if failure.lost {
                        self.forget(&connected);
                    }
                    failure.error
                })
            }
        }
    }

    /// Begins to open the session before the first secret is asked for. Who needs it waits for this one, and where it
    /// failed, or there is no thread to be had, opens another.
    pub(super) fn begin_session(&self) {
        if let Some(connected) = self.slot().clone() {
            let begun = thread::Builder::new()
                .name("keychain-session".to_owned())
                .spawn(move || drop(connected.session()));
            drop(begun);
        }
    }

    fn connected(&self) -> Result<Arc<Connected>, VaultError> {
        if let Some(connected) = &*self.slot() {
            return Ok(Arc::clone(connected));
        }
        let connection = connect().map_err(|error| meaning::no_bus(&error))?;
        let connected = Arc::new(Connected {
            connection,
            session: Mutex::default(),
        });
        *self.slot() = Some(Arc::clone(&connected));
        Ok(connected)
    }

    fn forget(&self, lost: &Arc<Connected>) {
        let mut slot = self.slot();
        if slot.as_ref().is_some_and(|now| Arc::ptr_eq(now, lost)) {
            *slot = None;
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Connected>>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    /// The session, with a key of its own that the bus does not see.
    pub(super) fn session(&self) -> Result<Arc<SecretService<'static>>, Failure> {
        let mut slot = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = &*slot {
            return Ok(Arc::clone(session));
        }
        let opening = SecretService::connect_with_existing(EncryptionType::Dh, self.connection.clone());
        let session = block_on(opening).map_err(|error| meaning::of_service(&error))?;
        let session = Arc::new(session);
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }

    pub(super) fn search(&self, attributes: &HashMap<&str, &str>) -> Result<Found, Failure> {
        self.call(PATH, "org.freedesktop.Secret.Service", "SearchItems", attributes)
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

    /// The default collection, which is open.
    pub(super) fn require_unlocked(&self) -> Result<OwnedObjectPath, Failure> {
        let collection = self.require_default_collection()?;
        if self.is_locked(&collection)? {
            Err(VaultError::Locked.into())
        } else {
            Ok(collection)
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

    pub(super) fn relabel(&self, path: &OwnedObjectPath, label: &str) -> Result<(), Failure> {
        let wanted = (ITEM, "Label", Value::from(label));
        self.call_item(path, "Set", &wanted)
    }

    /// All items that bear our name, by theirs, but for what another process removes meanwhile.
    pub(super) fn ours(&self) -> Result<Vec<Listed>, Failure> {
        let found = self.search(&HashMap::from([("service", SERVICE)]))?;
        let mut listed = Vec::new();
        for path in found.unlocked {
            let Some(mut about) = present(self.about(&path))? else {
                continue;
            };
            if let Some(item) = about.attributes.remove("username") {
                let label = about.label;
                listed.push(Listed { item, label });
            }
        }
        listed.sort();
        Ok(listed)
    }

    /// What an item says about itself without being opened.
    pub(super) fn about(&self, path: &OwnedObjectPath) -> Result<About, Failure> {
        let mut all: HashMap<String, OwnedValue> = self.call_item(path, "GetAll", &ITEM)?;
        let odd = |error: zbus::zvariant::Error| meaning::of_zbus(&error.into());
        let mut seconds = |name: &str| match all.remove(name) {
            Some(value) => u64::try_from(value).map_err(odd),
            None => Ok(0),
        };
        let (created, modified) = (seconds("Created")?, seconds("Modified")?);
        let attributes = match all.remove("Attributes") {
            Some(value) => value.try_into().map_err(odd)?,
            None => HashMap::new(),
        };
        let label = match all.remove("Label") {
            Some(value) => value.try_into().map_err(odd)?,
            None => String::new(),
        };
        Ok(About {
            label,
            attributes,
            created,
            modified,
        })
    }

    /// Which program offers the Secret Service, as far as it can be told. Asks the bus, not the service.
    pub(super) fn who(&self) -> Option<Place> {
        let bus = "org.freedesktop.DBus";
        let asked = self.connection.call_method(
            Some(bus),
            "/org/freedesktop/DBus",
            Some(bus),
            "GetConnectionUnixProcessID",
            &NAME,
        );
        let process = block_on(asked)
            .and_then(|answer| answer.body().deserialize::<u32>())
            .ok()?;
        // The kernel cuts the name to 15 characters.
        let name = fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
        Some(place_of(name.trim_end()))
    }

    /// Asks about an item, which may be gone by now.
    fn call_item<B, T>(&self, path: &OwnedObjectPath, method: &str, body: &B) -> Result<T, Failure>
    where
        B: serde::Serialize + DynamicType,
        T: DeserializeOwned + Type,
    {
        self.ask(path.as_str(), "org.freedesktop.DBus.Properties", method, body)
            .map_err(|error| meaning::of_item_on_bus(&error))
    }

    pub(super) fn call<B, T>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<T, Failure>
    where
        B: serde::Serialize + DynamicType,
        T: DeserializeOwned + Type,
    {
        self.ask(path, interface, method, body)
            .map_err(|error| meaning::of_zbus(&error))
    }

    fn ask<B, T>(&self, path: &str, interface: &str, method: &str, body: &B) -> zbus::Result<T>
    where
        B: serde::Serialize + DynamicType,
        T: DeserializeOwned + Type,
    {
        let asked = self
            .connection
            .call_method(Some(NAME), path, Some(interface), method, body);
        block_on(asked).and_then(|answer| answer.body().deserialize::<T>())
    }
}

/// What was learned of an item, unless it is gone.
pub(super) fn present<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Failure {
            error: VaultError::Missing,
            ..
        }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Connects to the session's bus. What comes in is read by a thread of our own, and waited for without zbus's blocking
/// face: both of its would share the reading by turns, with pauses by a clock that must not be moved, and a program whose
/// clock is (by `faketime`) would pause for as long.
fn connect() -> zbus::Result<Connection> {
    let builder = zbus::connection::Builder::session()?
        .method_timeout(TIMEOUT)
        .internal_executor(false);
    let connection = block_on(builder.build())?;
    let executor = connection.executor().clone();
    thread::Builder::new()
        .name("keychain-bus".to_owned())
        .spawn(move || {
            block_on(async move {
                // Until the connection is gone, and with it what reads from it.
                while !executor.is_empty() {
                    executor.tick().await;
                }
            });
        })?;
    Ok(connection)
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
