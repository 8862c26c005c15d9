//! A person's private folders and environment: nothing of the real one shows through, nothing leaks out of it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::calendar::{Calendar, prove};
use crate::process::tied;

/// Variables of the surroundings that would reach the real desktop, a proxy, or change what is drawn.
const FOREIGN: [&str; 24] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "DESKTOP_SESSION",
    "GNOME_KEYRING_CONTROL",
    "SSH_AUTH_SOCK",
    "GTK_THEME",
    "GTK_MODULES",
    "LABLINK_HOME",
    "WEBKIT_DISABLE_DMABUF_RENDERER",
    "WEBKIT_DISABLE_COMPOSITING_MODE",
    "TAURI_WEBVIEW_AUTOMATION",
    "LC_ALL",
];

/// Private folders, and the environment that points at them.
pub struct Room {
    folder: TempDir,
    environment: BTreeMap<OsString, OsString>,
    calendar: Calendar,
}

impl Room {
    /// A fresh room.
    pub fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("lablink-stage-").context("no temporary folder")?;
        let mut room = Self {
            folder,
            environment: BTreeMap::new(),
            calendar: Calendar::default(),
        };
        for (variable, name) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ] {
            let path = room.path(name);
            fs::create_dir_all(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
            room.set(variable, path);
        }
        // LabLink makes this one itself.
        let home = room.lablink_home();
        room.set("LABLINK_HOME", home);
        room.set("LANG", "C.UTF-8");
        Ok(room)
    }

    /// A path inside the room.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder all of it stands in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where LabLink keeps what it keeps in this room.
    #[must_use]
    pub fn lablink_home(&self) -> PathBuf {
        self.path("lablink")
    }

    /// Sets a variable for every program started from now on.
    pub fn set(&mut self, variable: impl Into<OsString>, value: impl Into<OsString>) {
        self.environment.insert(variable.into(), value.into());
    }

    /// What a variable is in this room.
    #[must_use]
    pub fn get(&self, variable: &str) -> Option<&OsStr> {
        self.environment
            .get(OsStr::new(variable))
            .map(OsString::as_os_str)
    }

    /// Every program started from now on lives so far ahead of the computer, in whole seconds; those that run stay
    /// where they are. Nothing takes longer or shorter by it.
    pub fn live_ahead(&mut self, by: SignedDuration) -> Result<()> {
        self.calendar = Calendar::ahead_by(by)?;
        prove(self.command("date"), by)
    }

    /// A program as it would be started in this room.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.furnish(&self.calendar, Command::new, program)
    }

    /// The same at another time, in libfaketime's words: `+7300` (seconds), `-3d`, `+0 x300` (three hundred times as
    /// fast).
    pub fn command_at(&self, time: &str, program: impl AsRef<OsStr>) -> Command {
        self.furnish(&Calendar::said(time), Command::new, program)
    }

    /// A program that is to run beside the test and end with its thread.
    pub fn companion(&self, program: impl AsRef<OsStr>) -> Command {
        self.furnish(&self.calendar, tied, program)
    }

    /// The path to start where only a path can be said, and somebody else says it.
    pub(crate) fn stand_in(&self, program: &Path) -> Result<PathBuf> {
        self.calendar.stand_in(program, &self.path("run/started"))
    }

    fn furnish(
        &self,
        calendar: &Calendar,
        start: fn(OsString) -> Command,
        program: impl AsRef<OsStr>,
    ) -> Command {
        let mut words = calendar.words().into_iter().map(OsString::from);
        let mut command = match words.next() {
            None => start(program.as_ref().to_owned()),
            Some(first) => {
                let mut command = start(first);
                command.args(words).arg(program);
                command
            }
        };
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.envs(&self.environment).current_dir(self.path("home"));
        command
    }
}
