//! The keychain of the stage is what it says it is, seen by another program on the same bus.

use anyhow::{Context, Result};
use stage::{Keyring, until};
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

const SERVICE: &str = "org.freedesktop.secrets";

fn service(connection: &Connection) -> Result<Proxy<'static>> {
    Ok(Proxy::new(
        connection,
        SERVICE,
        "/org/freedesktop/secrets",
        "org.freedesktop.Secret.Service",
    )?)
}

fn is_locked(connection: &Connection) -> Result<bool> {
    let collection: OwnedObjectPath = service(connection)?.call("ReadAlias", &("default",))?;
    let proxy = Proxy::new(
        connection,
        SERVICE,
        collection,
        "org.freedesktop.Secret.Collection",
    )?;
    Ok(proxy.get_property("Locked")?)
}

#[test]
fn unlocked_keyring_answers_and_holds_nothing() -> Result<()> {
    let keyring = Keyring::unlocked()?;
    assert!(!is_locked(&keyring.connect()?)?);
    assert_eq!(keyring.items()?, 0);
    Ok(())
}

#[test]
fn locked_keyring_stays_locked_until_a_person_unlocks_it() -> Result<()> {
    let keyring = Keyring::locked()?;
    let connection = keyring.connect()?;
    assert!(is_locked(&connection)?);
    // A program asks; nobody can answer the prompt, so it stays locked.
    let collection: OwnedObjectPath = service(&connection)?.call("ReadAlias", &("default",))?;
    let (unlocked, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
        service(&connection)?.call("Unlock", &(vec![collection],))?;
    assert!(unlocked.is_empty());
    assert_ne!(prompt.as_ref(), ObjectPath::from_static_str_unchecked("/"));
    assert!(is_locked(&connection)?);
    keyring.unlock()?;
    assert!(!is_locked(&connection)?);
    Ok(())
}

#[test]
fn absent_keyring_is_not_started_by_asking_for_it() -> Result<()> {
    let mut keyring = Keyring::absent()?;
    let connection = keyring.connect()?;
    let refused = service(&connection)
        .and_then(|service| Ok(service.call::<_, _, OwnedObjectPath>("ReadAlias", &("default",))?));
    let words = format!("{:#}", refused.err().context("something answered")?);
    assert!(
        words.contains("ServiceUnknown") || words.contains("NameHasNoOwner"),
        "{words}"
    );
    keyring.appear()?;
    assert!(!is_locked(&connection)?);
    keyring.vanish();
    assert!(is_locked(&connection).is_err());
    Ok(())
}

#[test]
fn frozen_keyring_keeps_its_name_and_answers_after_the_thaw() -> Result<()> {
    let keyring = Keyring::unlocked()?;
    keyring.freeze()?;
    let connection = keyring.connect()?;
    let names = Proxy::new(
        &connection,
        "org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
    )?;
    assert!(names.call::<_, _, bool>("NameHasOwner", &(SERVICE,))?);
    let process: u32 = names.call("GetConnectionUnixProcessID", &(SERVICE,))?;
    let stopped = |state: &str| state.contains("State:\tT");
    let status = || std::fs::read_to_string(format!("/proc/{process}/status"));
    until("the keyring to stand still", || {
        Ok(stopped(&status()?).then_some(()))
    })?;
    keyring.thaw()?;
    assert!(!is_locked(&connection)?);
    Ok(())
}

#[test]
fn room_shows_nothing_of_the_surroundings() -> Result<()> {
    let keyring = Keyring::absent()?;
    let output = keyring.command("env").env("MARK", "1").output()?;
    let text = String::from_utf8(output.stdout)?;
    let bus = format!("DBUS_SESSION_BUS_ADDRESS={}", keyring.bus_address());
    assert!(text.lines().any(|line| line == bus));
    assert!(!text.to_lowercase().contains("_proxy="), "a proxy shows through");
    let home = format!("LABLINK_HOME={}", keyring.room().lablink_home().display());
    assert!(text.lines().any(|line| line == home));
    assert!(
        !keyring.room().lablink_home().exists(),
        "LabLink makes its own home"
    );
    Ok(())
}

#[test]
fn everything_ends_with_the_keyring() -> Result<()> {
    let keyring = Keyring::unlocked()?;
    let connection = keyring.connect()?;
    let names = Proxy::new(
        &connection,
        "org.freedesktop.DBus",
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
    )?;
    let process: u32 = names.call("GetConnectionUnixProcessID", &(SERVICE,))?;
    let folder = keyring.room().folder().to_owned();
    drop(keyring);
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
    assert!(!folder.exists());
    Ok(())
}
