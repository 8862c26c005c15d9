//! Follows the desktop's tray host coming and going: the owner of `org.kde.StatusNotifierWatcher`, by which the
//! `StatusNotifierItem` specification lets an application find out whether it will be shown.

use std::thread;

use tauri::{AppHandle, Runtime};
use zbus::blocking::{Connection, fdo::DBusProxy};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Follows the host for as long as the session bus lives. Without a session bus there is no tray and nothing to follow.
pub(super) fn follow<R: Runtime>(app: AppHandle<R>) {
    let started = thread::Builder::new()
        .name("tray-watcher".to_owned())
        .spawn(move || {
            if let Err(error) = watch(&app) {
                tracing::info!(%error, "the session bus does not tell of trays");
            }
        });
    if let Err(error) = started {
        tracing::warn!(%error, "no thread to watch for trays");
    }
}

fn watch<R: Runtime>(app: &AppHandle<R>) -> zbus::Result<()> {
    let connection = Connection::session()?;
    let bus = DBusProxy::new(&connection)?;
    let changes = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)])?;
    // It may have come between the first look at start and the subscription.
    if bus.name_has_owner(WATCHER.try_into()?)? {
        tell(app, true)?;
    }
    for change in changes {
        let there = change.args()?.new_owner.is_some();
        tracing::info!(there, "the tray's host changed");
        tell(app, there)?;
    }
    Ok(())
}

/// Has the main thread draw or forget the tray; an error means that the app is ending.
fn tell<R: Runtime>(app: &AppHandle<R>, there: bool) -> zbus::Result<()> {
    let handle = app.clone();
    app.run_on_main_thread(move || {
        if there {
            super::appeared(&handle);
        } else {
            super::vanished(&handle);
        }
    })
    .map_err(|error| zbus::Error::Failure(error.to_string()))
}
