//! The tray, where the desktop has one: drawn from [`menu::tray`], a pure function of the snapshot.
//!
//! On Linux it is a `StatusNotifierItem` over D-Bus. Desktops without a host for those (GNOME without an extension,
//! bare window managers) refuse it: then LabLink lives as long as its window, and the tray comes when a host does.

pub mod menu;
#[cfg(target_os = "linux")]
mod watcher;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tauri::{
    AppHandle, Manager as _, Runtime,
    image::Image,
    menu::{Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{TrayIcon, TrayIconBuilder},
};

use self::menu::{Entry, Line, Pick, Sign, Tray};
use crate::{
    desk::{Desk, Request},
    one::Ending,
    view::Snapshot,
    window,
};

/// The tray of the running app. Drawn on the main thread alone.
pub struct Host<R: Runtime> {
    drawn: Mutex<Drawn<R>>,
    /// Whether the desktop shows it now.
    present: AtomicBool,
}

struct Drawn<R: Runtime> {
    icon: Option<TrayIcon<R>>,
    /// What it shows, or should as soon as there is one.
    tray: Option<Tray>,
}

impl<R: Runtime> Default for Host<R> {
    fn default() -> Self {
        Self {
            drawn: Mutex::new(Drawn {
                icon: None,
                tray: None,
            }),
            present: AtomicBool::new(false),
        }
    }
}

impl<R: Runtime> Host<R> {
    /// Whether the desktop shows the tray, so that LabLink may live without a window.
    #[must_use]
    pub fn present(&self) -> bool {
        self.present.load(Ordering::Relaxed)
    }

    /// Draws the tray where the desktop has one; called again when one appears. On the main thread.
    fn appear(&self, app: &AppHandle<R>) -> bool {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.icon.is_none() {
            match build(app, drawn.tray.as_ref()) {
                Ok(icon) => drawn.icon = Some(icon),
                Err(error) => tracing::info!(%error, "this desktop shows no tray"),
            }
        }
        let present = drawn.icon.is_some();
        self.present.store(present, Ordering::Relaxed);
        present
    }

    /// The desktop's tray is gone, for a moment or for good.
    #[cfg(target_os = "linux")]
    fn vanish(&self) {
        self.present.store(false, Ordering::Relaxed);
    }

    /// Draws what changed. On the main thread.
    fn redraw(&self, app: &AppHandle<R>, tray: Tray) -> tauri::Result<()> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(icon) = &drawn.icon {
            let before = drawn.tray.as_ref();
            if before.map(|before| before.sign) != Some(tray.sign) {
                icon.set_icon(Some(image(tray.sign)))?;
            }
            if before.map(|before| &before.tooltip) != Some(&tray.tooltip) {
                icon.set_tooltip(Some(&tray.tooltip))?;
            }
            if before.map(|before| &before.menu) != Some(&tray.menu) {
                icon.set_menu(Some(native(app, &tray.menu)?))?;
            }
        }
        drawn.tray = Some(tray);
        Ok(())
    }
}

/// Starts the tray: draws it where there is a host for it, and follows the host's coming and going. Says whether
/// there is one. On the main thread.
pub fn start<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.on_menu_event(|app, event| {
        if let Some(pick) = Pick::from_id(event.id().as_ref()) {
            picked(app, pick);
        }
    });
    #[cfg(target_os = "linux")]
    watcher::follow(app.clone());
    appeared(app)
}

/// A host for trays is there. On the main thread.
fn appeared<R: Runtime>(app: &AppHandle<R>) -> bool {
    let present = app.state::<Host<R>>().appear(app);
    app.state::<Desk>().tell(Request::Tray(present));
    present
}

/// The host went away. On the main thread.
#[cfg(target_os = "linux")]
fn vanished<R: Runtime>(app: &AppHandle<R>) {
    app.state::<Host<R>>().vanish();
    app.state::<Desk>().tell(Request::Tray(false));
}

/// Brings the tray in line with a snapshot, from any thread.
pub fn show<R: Runtime>(app: &AppHandle<R>, snapshot: &Snapshot) {
    let tray = menu::tray(snapshot);
    let host = app.state::<Host<R>>();
    if host
        .drawn
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .tray
        .as_ref()
        == Some(&tray)
    {
        return;
    }
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        if let Err(error) = handle.state::<Host<R>>().redraw(&handle, tray) {
            tracing::warn!(%error, "the tray could not be drawn");
        }
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the app is ending");
    }
}

fn picked<R: Runtime>(app: &AppHandle<R>, pick: Pick) {
    let desk = app.state::<Desk>();
    match pick {
        Pick::Account(id) => {
            desk.tell(Request::CallTo(id));
            window::show_soon(app);
        }
        Pick::Relink(id) => {
            if let Ok(id) = id.parse() {
                desk.tell(Request::CallToRelink(id));
            }
            window::show_soon(app);
        }
        Pick::Check(id) => desk.tell(Request::CheckOne(id)),
        Pick::CheckAll => desk.tell(Request::CheckAll),
        Pick::Link => {
            desk.tell(Request::CallToLink);
            window::show_soon(app);
        }
        Pick::Open => window::show_soon(app),
        Pick::Quit => {
            app.state::<Ending>().wish();
            app.exit(0);
        }
    }
}

fn build<R: Runtime>(app: &AppHandle<R>, tray: Option<&Tray>) -> tauri::Result<TrayIcon<R>> {
    let first = menu::unread();
    let tray = tray.unwrap_or(&first);
    TrayIconBuilder::with_id("lablink")
        .icon(image(tray.sign))
        .icon_as_template(true)
        .title("LabLink")
        .tooltip(&tray.tooltip)
        .menu(&native(app, &tray.menu)?)
        .show_menu_on_left_click(true)
        .build(app)
}

fn native<R: Runtime>(app: &AppHandle<R>, entries: &[Entry]) -> tauri::Result<Menu<R>> {
    let menu = Menu::new(app)?;
    for entry in entries {
        match entry {
            Entry::Line(line) => menu.append(&item(app, line)?)?,
            Entry::Rule => menu.append(&PredefinedMenuItem::separator(app)?)?,
            Entry::Sub(title, lines) => {
                let sub = Submenu::new(app, literal(title), true)?;
                for line in lines {
                    sub.append(&item(app, line)?)?;
                }
                menu.append(&sub)?;
            }
        }
    }
    Ok(menu)
}

fn item<R: Runtime>(app: &AppHandle<R>, line: &Line) -> tauri::Result<MenuItem<R>> {
    MenuItem::with_id(app, line.pick.id(), literal(&line.text), line.ready, None::<&str>)
}

/// `&` marks an access key in menus; an account may be called "R&D".
fn literal(text: &str) -> String {
    text.replace('&', "&&")
}

fn image(sign: Sign) -> Image<'static> {
    match sign {
        Sign::Well => tauri::include_image!("icons/tray/ok.png"),
        Sign::Soon => tauri::include_image!("icons/tray/soon.png"),
        Sign::Now => tauri::include_image!("icons/tray/bad.png"),
        Sign::Offline => tauri::include_image!("icons/tray/off.png"),
    }
}
