//! Items of the service: found, read, written, removed. Secrets are encrypted on their way over the bus.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_lite::future::block_on;
use zbus::zvariant::OwnedObjectPath;

use super::bus::{Connected, present};
use super::meaning;
use crate::system::SERVICE;
use crate::system::failure::Failure;
use crate::trial::is_trial;
use crate::{Secret, VaultError};

/// What the bytes of an item are. Other programs may have other ideas of ours than text.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The attributes an item of ours bears: those that `keyring` gives its items, so that its other users find them, too.
pub(super) fn attributes(item: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", item)])
}

/// What tells a trial from every other item without looking at them one by one.
const OF_TRIALS: (&str, &str) = ("trial", "yes");

/// The attributes a new item bears.
fn attributes_of_new(item: &str) -> HashMap<&str, &str> {
    let mut attributes = attributes(item);
    if is_trial(item) {
        attributes.extend([OF_TRIALS]);
    }
    attributes
}

/// The trials that were made, and last changed, longer ago than this. A clock that was set back finds none.
pub(super) fn old_trials(service: &Connected, older_than: Duration) -> Result<Vec<OwnedObjectPath>, Failure> {
    let found = service.search(&HashMap::from([("service", SERVICE), OF_TRIALS]))?;
    let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
        return Ok(Vec::new());
    };
    let mut old = Vec::new();
    for path in found.unlocked {
        let Some(about) = present(service.about(&path))? else {
            continue;
        };
        let touched = Duration::from_secs(about.created.max(about.modified));
        let is_ours = about.attributes.get("service").map(String::as_str) == Some(SERVICE);
        let named = about
            .attributes
            .get("username")
            .is_some_and(|item| is_trial(item));
        // A service that does not tell times says 0.
        if is_ours && named && about.created > 0 && touched + older_than < now {
            old.push(path);
        }
    }
    Ok(old)
}

/// All items of this name. Says `Locked` rather than letting anything ask the person. Where there are none, that may be
/// a guess: some services show nothing of a locked collection.
pub(super) fn all(service: &Connected, item: &str) -> Result<Vec<OwnedObjectPath>, Failure> {
    let found = service.search(&attributes(item))?;
    if found.locked.is_empty() {
        Ok(found.unlocked)
    } else {
        Err(VaultError::Locked.into())
    }
}

/// What all items of this name say, if there is any. A keyring that was copied or put together from two may have one
/// twice; where they contradict each other nobody knows which is the account's.
pub(super) fn read_all(service: &Connected, item: &str) -> Result<Secret, Failure> {
    let mut said: Option<Secret> = None;
    for path in all(service, item)? {
        let Some(secret) = present(read(service, path))? else {
            continue;
        };
        if said.as_ref().is_some_and(|said| !said.same_as(&secret)) {
            return Err(VaultError::Corrupt.into());
        }
        said = Some(secret);
    }
    said.map_or_else(|| Err(missing(service)), Ok)
}

/// Why no item can be seen: there is none, or its collection is locked.
pub(super) fn missing(service: &Connected) -> Failure {
    match service.require_unlocked() {
        Ok(_) => VaultError::Missing.into(),
        Err(failure) => failure,
    }
}

/// Reads the secret of an item.
fn read(service: &Connected, path: OwnedObjectPath) -> Result<Secret, Failure> {
    let session = service.session()?;
    let bytes = of_item(async { session.get_item_by_path(path).await?.get_secret().await })?;
    Secret::from_utf8(bytes).ok_or_else(|| VaultError::Corrupt.into())
}

/// Gives an item another secret and another label. Says `Missing` where it is gone.
pub(super) fn replace(
    service: &Connected,
    path: &OwnedObjectPath,
    label: &str,
    secret: &Secret,
) -> Result<(), Failure> {
    let session = service.session()?;
    let bytes = secret.expose().as_bytes();
    of_item(async {
        let item = session.get_item_by_path(path.clone()).await?;
        item.set_secret(bytes, CONTENT_TYPE).await
    })?;
    // The secret is safe by now: a label is not worth an error.
    if let Err(failure) = service.relabel(path, label) {
        tracing::debug!(error = %failure.error, "an item keeps its old label");
    }
    Ok(())
}

/// Makes an item in the default collection, unless that is locked.
pub(super) fn create(service: &Connected, item: &str, label: &str, secret: &Secret) -> Result<(), Failure> {
    let path = service.require_unlocked()?;
    let session = service.session()?;
    let bytes = secret.expose().as_bytes();
    block_on(async {
        let collection = session.get_collection_by_path(path).await?;
        let made = collection.create_item(label, attributes_of_new(item), bytes, true, CONTENT_TYPE);
        made.await.map(drop)
    })
    .map_err(|error| meaning::of_service(&error))
}

/// Removes an item, or finds it gone.
pub(super) fn remove(service: &Connected, path: OwnedObjectPath) -> Result<(), Failure> {
    let session = service.session()?;
    let removed = of_item(async { session.get_item_by_path(path).await?.delete().await });
    present(removed).map(drop)
}

/// What was asked of an item.
fn of_item<T>(asked: impl Future<Output = Result<T, secret_service::Error>>) -> Result<T, Failure> {
    block_on(asked).map_err(|error| meaning::of_item(&error))
}
