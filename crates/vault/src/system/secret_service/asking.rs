//! The one place that asks the person to open a locked keyring.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use zbus::blocking::Proxy;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue};

use super::bus::{Connected, NAME, PATH};
use super::meaning::of_zbus;
use crate::VaultError;

/// Opens the default collection, with the service's own prompt where it wants one.
pub(super) fn unlock(service: &Connected, patience: Duration) -> Result<(), VaultError> {
    let collection = service
        .require_default_collection()
        .map_err(|failure| failure.error)?;
    let wanted: Vec<ObjectPath<'_>> = vec![collection.as_ref().clone()];
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = service
        .call(PATH, "org.freedesktop.Secret.Service", "Unlock", &wanted)
        .map_err(|failure| failure.error)?;
    if prompt.as_str() != "/" {
        ask(service, &prompt, patience)?;
    }
    match service.is_locked(&collection) {
        Ok(false) => Ok(()),
        Ok(true) => Err(VaultError::Locked),
        Err(failure) => Err(failure.error),
    }
}

/// Shows the prompt and waits for its end; takes it back when the person does not answer.
fn ask(service: &Connected, prompt: &OwnedObjectPath, patience: Duration) -> Result<(), VaultError> {
    let problem = |error: zbus::Error| of_zbus(&error).error;
    let connection = service.connection.clone().into();
    let prompt = Proxy::new(
        &connection,
        NAME,
        prompt.as_str(),
        "org.freedesktop.Secret.Prompt",
    )
    .map_err(problem)?;
    let mut ends = prompt.receive_signal("Completed").map_err(problem)?;
    // No window of ours to stand before: the empty text means that.
    prompt.call_method("Prompt", &"").map_err(problem)?;
    let (answered, answer) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let showing = &prompt;
        let waiter = scope.spawn(move || {
            let late = answer.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            // Dismissing makes the service end the prompt, which wakes the wait below.
            if late && let Err(error) = showing.call_method("Dismiss", &()) {
                tracing::debug!(%error, "the keyring's prompt could not be taken back");
            }
            late
        });
        let end = ends.next();
        drop(answered);
        let late = waiter.join().unwrap_or(false);
        let end = end.ok_or(VaultError::Failed {
            detail: "the keyring's prompt went away".to_owned(),
        })?;
        let (dismissed, _): (bool, OwnedValue) = end.body().deserialize().map_err(problem)?;
        match (dismissed, late) {
            (false, _) => Ok(()),
            (true, false) => Err(VaultError::Denied),
            (true, true) => Err(VaultError::Locked),
        }
    })
}
