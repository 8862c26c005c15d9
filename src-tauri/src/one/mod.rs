//! One LabLink for each home: a later start hands itself over to the one that runs and ends, or becomes the app where that
//! one is ending. On Linux this is ours, over D-Bus: Tauri's plugin has no way to say "I am ending", so a start in that
//! moment failed, or was taken by somebody who showed no window any more. Elsewhere it is the plugin's.

mod ending;
#[cfg(target_os = "linux")]
mod linux;

use std::path::Path;

use links::Home;
use tauri::{AppHandle, Manager as _, Runtime, plugin::TauriPlugin};
#[cfg(target_os = "linux")]
use tauri_plugin_deep_link::DeepLinkExt as _;

pub use self::ending::{End, Ending};
use crate::{start::BACKGROUND, window};

/// The plugin that decides whether this start becomes the app. It goes before all others: a start that only hands itself
/// over touches nothing of what is kept.
#[cfg(target_os = "linux")]
#[must_use]
pub fn plugin<R: Runtime>(home: &Home) -> TauriPlugin<R> {
    linux::plugin(bus_name(home))
}

/// The plugin that decides whether this start becomes the app. It goes before all others: a start that only hands itself
/// over touches nothing of what is kept.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn plugin<R: Runtime>(home: &Home) -> TauriPlugin<R> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(bus_name(home))
        .callback(|app, arguments, _folder| {
            answer(app, arguments);
        })
        .build()
}

/// A later start asks for the window, unless it is the one at login, or brings a link. `false` where this app is ending
/// and shows nothing any more.
fn answer<R: Runtime>(app: &AppHandle<R>, arguments: Vec<String>) -> bool {
    if !app.state::<Ending>().promise() {
        return false;
    }
    let handle = app.clone();
    // Where everything is set up: this one may still be starting.
    let asked = app.run_on_main_thread(move || {
        serve(&handle, &arguments);
        handle.state::<Ending>().kept();
    });
    if let Err(error) = asked {
        tracing::error!(%error, "the window could not be asked for");
        app.state::<Ending>().kept();
        return false;
    }
    true
}

fn serve<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) {
    // Elsewhere the plugin has done so.
    #[cfg(target_os = "linux")]
    app.deep_link().handle_cli_arguments(arguments.iter());
    if !arguments.iter().skip(1).any(|argument| argument == BACKGROUND)
        && let Err(error) = window::show(app)
    {
        tracing::error!(%error, "the window could not be shown");
    }
}

/// The name LabLink goes by on the session bus: its identifier, and a number made from the home where that is not the
/// platform's own. A home of its own is an app of its own.
#[must_use]
pub fn bus_name(home: &Home) -> String {
    const IDENTIFIER: &str = "dev.lablink.desktop";
    if std::env::var_os(links::HOME_VARIABLE).is_none_or(|value| value.is_empty()) {
        return IDENTIFIER.to_owned();
    }
    format!("{IDENTIFIER}.h{:016x}", number(home.root()))
}

/// FNV-1a: the same for every build, unlike the standard library's hash.
fn number(home: &Path) -> u64 {
    home.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
