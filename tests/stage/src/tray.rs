//! A tray: owns `org.kde.StatusNotifierWatcher` on the private bus, takes what registers, reads its menu and clicks in
//! it, all over D-Bus as a desktop shell does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use zbus::blocking::{Connection, Proxy};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::wait::until;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// Width, height, ARGB.
type Pixmap = (i32, i32, Vec<u8>);
/// Icon name, icon, title, text.
type Tooltip = (String, Vec<Pixmap>, String, String);
/// Number, properties, children.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// Where an icon is: its owner on the bus and its object path.
type Place = (String, String);

struct Watcher {
    registered: Arc<Mutex<Vec<Place>>>,
}

#[expect(clippy::unused_self, reason = "the interface is D-Bus's, not ours")]
#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let place = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(place);
        // Nobody else listens in these tests; a lost signal loses nothing.
        let _ = Self::status_notifier_item_registered(&emitter, service).await;
    }

    fn register_status_notifier_host(&self, service: &str) {
        // This tray is the only host there is.
        let _ = service;
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered
            .iter()
            .map(|(owner, path)| format!("{owner}{path}"))
            .collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// One line of a tray's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    /// Its number, for clicking.
    pub id: i32,
    /// Its text, without mnemonic underscores.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// How deep it is: 0 at the top, 1 in a sub-menu.
    pub depth: usize,
}

/// A running tray.
pub struct TrayHost {
    connection: Connection,
    registered: Arc<Mutex<Vec<Place>>>,
}

impl TrayHost {
    /// Starts a tray on the bus of `connection`.
    pub fn start(connection: &Connection) -> Result<Self> {
        let registered = Arc::new(Mutex::new(Vec::new()));
        connection.object_server().at(
            "/StatusNotifierWatcher",
            Watcher {
                registered: Arc::clone(&registered),
            },
        )?;
        connection.request_name(WATCHER)?;
        Ok(Self {
            connection: connection.clone(),
            registered,
        })
    }

    /// Title, status and tooltip of the icon: what a person who cannot see it is told.
    pub fn tooltip(&self) -> Result<String> {
        let item = self.item()?;
        let (_, _, title, text) = item.get_property::<Tooltip>("ToolTip")?;
        Ok(format!("{title} {text}").trim().to_owned())
    }

    /// The icon's pixels, largest first: width, height, ARGB.
    pub fn icon(&self) -> Result<Vec<Pixmap>> {
        let mut sizes: Vec<Pixmap> = self.item()?.get_property("IconPixmap")?;
        sizes.sort_by_key(|(width, _, _)| -width);
        Ok(sizes)
    }

    /// The menu as it is now, top to bottom, sub-menus after their parent.
    pub fn menu(&self) -> Result<Vec<MenuEntry>> {
        let menu = self.menu_proxy()?;
        let none: [&str; 0] = [];
        let (_, layout): (u32, Layout) = menu.call("GetLayout", &(0_i32, -1_i32, &none[..]))?;
        let mut entries = Vec::new();
        collect(&layout, 0, &mut entries)?;
        Ok(entries)
    }

    /// Waits for a line whose text contains `text`.
    pub fn entry(&self, text: &str) -> Result<MenuEntry> {
        until(&format!("a tray menu line with {text:?}"), || {
            // The icon may not be there yet.
            Ok(self
                .menu()
                .ok()
                .and_then(|menu| menu.into_iter().find(|entry| entry.label.contains(text))))
        })
    }

    /// Clicks the line whose text contains `text`, and waits until the program has taken it, or is gone because of it. A
    /// menu that was drawn anew in between is read again.
    pub fn pick(&self, text: &str) -> Result<()> {
        until(&format!("{text:?} to be taken"), || {
            let click = (self.entry(text)?.id, "clicked", Value::from(0_i32), 0_u32);
            match self.menu_proxy()?.call::<_, _, ()>("Event", &click) {
                Ok(()) => Ok(Some(())),
                // What quits because of it may be gone before its answer is on the bus.
                Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".NoReply") => Ok(Some(())),
                Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".InvalidArgs") => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn place(&self) -> Result<Place> {
        until("a tray icon", || {
            let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(registered.last().cloned())
        })
    }

    fn item(&self) -> Result<Proxy<'static>> {
        let (owner, path) = self.place()?;
        Ok(Proxy::new(&self.connection, owner, path, ITEM)?)
    }

    fn menu_proxy(&self) -> Result<Proxy<'static>> {
        let (owner, _) = self.place()?;
        let path: OwnedObjectPath = self.item()?.get_property("Menu")?;
        Ok(Proxy::new(&self.connection, owner, path, MENU)?)
    }
}

fn collect((id, properties, children): &Layout, depth: usize, entries: &mut Vec<MenuEntry>) -> Result<()> {
    let label = properties
        .get("label")
        .and_then(|value| String::try_from(value.clone()).ok());
    if let Some(label) = label {
        let enabled = properties
            .get("enabled")
            .and_then(|value| bool::try_from(value.clone()).ok());
        entries.push(MenuEntry {
            id: *id,
            label: label.replace("__", "\0").replace('_', "").replace('\0', "_"),
            enabled: enabled.unwrap_or(true),
            depth: depth.saturating_sub(1),
        });
    }
    for child in children {
        let layout =
            Layout::try_from(child.clone()).map_err(|error| anyhow!("a menu of another shape: {error}"))?;
        collect(&layout, depth + 1, entries).context("in a sub-menu")?;
    }
    Ok(())
}
