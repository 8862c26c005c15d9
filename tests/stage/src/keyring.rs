//! A keychain of its own: a private bus with a real gnome-keyring on it, or without one. Enough for programs without
//! a window.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use zbus::blocking::{Connection, Proxy, proxy};
use zbus::proxy::CacheProperties;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use crate::bus::Bus;
use crate::process::Running;
use crate::room::Room;
use crate::wait::until;

/// What the keychain is unlocked with. It protects nothing but a test.
const PASSWORD: &[u8] = b"stage";
/// Session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

const SERVICE: &str = "org.freedesktop.secrets";
/// What an item bears that a program tries the keychain with.
const OF_TRIALS: &str = "trial";

/// A room with a session bus and, usually, a keychain.
pub struct Keyring {
    // Dropped in this order: what is on the bus before the bus, the folders last.
    daemon: Option<Running>,
    bus: Bus,
    room: Room,
}

impl Keyring {
    /// A keychain that works.
    pub fn unlocked() -> Result<Self> {
        let mut keyring = Self::absent()?;
        keyring.appear()?;
        Ok(keyring)
    }

    /// A keychain that is there and locked, on a computer where nothing can ask the person to unlock it.
    pub fn locked() -> Result<Self> {
        let keyring = Self::unlocked()?;
        keyring.lock()?;
        Ok(keyring)
    }

    /// A session bus without a keychain on it.
    pub fn absent() -> Result<Self> {
        let mut room = Room::new()?;
        let bus = Bus::start(&mut room)?;
        Ok(Self {
            daemon: None,
            bus,
            room,
        })
    }

    /// The room it stands in.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The room, to change its environment.
    pub fn room_mut(&mut self) -> &mut Room {
        &mut self.room
    }

    /// A program as it would be started beside this keychain: `LABLINK_HOME`, the bus, private folders.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.room.command(program)
    }

    /// Address of the session bus.
    #[must_use]
    pub fn bus_address(&self) -> &str {
        self.bus.address()
    }

    /// A connection of our own to the session bus.
    pub fn connect(&self) -> Result<Connection> {
        self.bus.connect()
    }

    /// Starts the keychain, unlocked.
    pub fn appear(&mut self) -> Result<()> {
        ensure!(self.daemon.is_none(), "the keychain runs already");
        let mut command = self.room.companion("gnome-keyring-daemon");
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(File::create(self.room.path("run/keyring.log"))?);
        let mut daemon =
            Running::start("gnome-keyring-daemon", command).context("install the package gnome-keyring")?;
        give_password(&mut daemon)?;
        let connection = self.bus.connect()?;
        until("gnome-keyring to offer an unlocked collection", || {
            daemon.still_runs()?;
            Ok((locked_now(&connection) == Some(false)).then_some(()))
        })?;
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Ends the keychain, as if it had crashed. What it keeps stays in its files.
    pub fn vanish(&mut self) {
        self.daemon = None;
    }

    /// Locks it.
    pub fn lock(&self) -> Result<()> {
        let connection = self.bus.connect()?;
        let collection = default_collection(&connection)?;
        let service = service(&connection)?;
        let _: (Vec<OwnedObjectPath>, OwnedObjectPath) = service.call("Lock", &(vec![collection],))?;
        until("gnome-keyring to lock", || {
            Ok((locked_now(&connection) == Some(true)).then_some(()))
        })
    }

    /// Unlocks it, as a person who types the password would.
    pub fn unlock(&self) -> Result<()> {
        let connection = self.bus.connect()?;
        let collection = default_collection(&connection)?;
        let service = service(&connection)?;
        let (_, session): (OwnedValue, OwnedObjectPath) =
            service.call("OpenSession", &("plain", Value::from("")))?;
        // What gnome-keyring's own password prompt calls in the end.
        let inner = Proxy::new(
            &connection,
            SERVICE,
            "/org/freedesktop/secrets",
            "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
        )?;
        let nothing: &[u8] = &[];
        let secret = (session, nothing, PASSWORD, "text/plain");
        let () = inner.call("UnlockWithMasterPassword", &(collection, secret))?;
        until("gnome-keyring to unlock", || {
            Ok((locked_now(&connection) == Some(false)).then_some(()))
        })
    }

    /// Stops it in mid-air: it keeps its name on the bus and answers nothing.
    pub fn freeze(&self) -> Result<()> {
        self.daemon
            .as_ref()
            .context("there is no keychain")?
            .signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        self.daemon
            .as_ref()
            .context("there is no keychain")?
            .signal(Signal::CONT)
    }

    /// Deletes every secret, as its owner may by hand. What a program just tries the keychain with is none.
    pub fn forget(&self) -> Result<()> {
        of_each(&self.bus.connect()?, |item| {
            if is_trial(item)? {
                return Ok(());
            }
            item.call::<_, _, OwnedObjectPath>("Delete", &()).map(drop)
        })?;
        Ok(())
    }

    /// How many items it holds at this moment.
    pub fn items(&self) -> Result<usize> {
        Ok(paths(&self.bus.connect()?)?.len())
    }

    /// How many secrets it holds beside a program that runs: counted when that does not try any more whether the
    /// keychain keeps what it is given.
    pub fn kept(&self) -> Result<usize> {
        let connection = self.bus.connect()?;
        until("the trials of the keychain to be over", || {
            let trials = of_each(&connection, is_trial)?;
            Ok((!trials.contains(&true)).then_some(trials.len()))
        })
    }

    /// Every secret it holds, as its owner could read them.
    pub fn secrets(&self) -> Result<Vec<Vec<u8>>> {
        let connection = self.bus.connect()?;
        let (_, session): (OwnedValue, OwnedObjectPath) =
            service(&connection)?.call("OpenSession", &("plain", Value::from("")))?;
        of_each(&connection, |item| {
            let (_, _, value, _): Secret = item.call("GetSecret", &(&session,))?;
            Ok(value)
        })
    }
}

/// What there is to be had of each item, but for those that are removed meanwhile: programs try the keychain with items
/// that do not stay.
fn of_each<T>(connection: &Connection, ask: impl Fn(&Proxy<'_>) -> zbus::Result<T>) -> Result<Vec<T>> {
    let mut answers = Vec::new();
    for path in paths(connection)? {
        let item: Proxy<'_> = proxy::Builder::new(connection)
            .destination(SERVICE)?
            .path(&path)?
            .interface("org.freedesktop.Secret.Item")?
            .cache_properties(CacheProperties::No)
            .build()?;
        match ask(&item) {
            Ok(answer) => answers.push(answer),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(answers)
}

fn give_password(daemon: &mut Running) -> Result<()> {
    // Dropping the pipe ends the password.
    daemon
        .child()
        .stdin
        .take()
        .context("gnome-keyring has no input")?
        .write_all(PASSWORD)?;
    Ok(())
}

/// Whether an item is only there to try the keychain.
fn is_trial(item: &Proxy<'_>) -> zbus::Result<bool> {
    let attributes: HashMap<String, String> = item.get_property("Attributes")?;
    Ok(attributes.contains_key(OF_TRIALS))
}

/// Whether an error says that there is nothing at the path that was asked.
fn is_gone(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::MethodError(name, ..) => ["UnknownMethod", "UnknownObject", "NoSuchObject"]
            .iter()
            .any(|gone| name.ends_with(gone)),
        zbus::Error::FDO(error) => matches!(
            **error,
            zbus::fdo::Error::UnknownMethod(_) | zbus::fdo::Error::UnknownObject(_)
        ),
        _ => false,
    }
}

/// The items of the default collection.
fn paths(connection: &Connection) -> Result<Vec<OwnedObjectPath>> {
    let collection = default_collection(connection)?;
    let collection = Proxy::new(
        connection,
        SERVICE,
        collection,
        "org.freedesktop.Secret.Collection",
    )?;
    Ok(collection.get_property("Items")?)
}

fn service(connection: &Connection) -> Result<Proxy<'static>> {
    Ok(Proxy::new(
        connection,
        SERVICE,
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service",
    )?)
}

fn default_collection(connection: &Connection) -> Result<OwnedObjectPath> {
    Ok(service(connection)?.call("ReadAlias", &("default",))?)
}

/// Whether the default collection is locked; nothing while there is none.
fn locked_now(connection: &Connection) -> Option<bool> {
    let collection = default_collection(connection).ok()?;
    if collection.as_ref() == ObjectPath::from_static_str_unchecked("/") {
        return None;
    }
    Proxy::new(
        connection,
        SERVICE,
        collection,
        "org.freedesktop.Secret.Collection",
    )
    .and_then(|proxy| proxy.get_property("Locked"))
    .ok()
}
