//! What the person can choose.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the person can choose, as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct SettingsView {
    /// Tell of a token before it dies.
    pub notices: bool,
    /// Whether the desktop shows notices at all.
    pub notices_shown: bool,
    /// Live on in the tray when the window closes.
    pub keep_in_tray: bool,
    /// How often all accounts are checked.
    pub check_minutes: u32,
    /// Start at login; `null` where that cannot be.
    pub starts_at_login: Option<bool>,
}

/// One thing the person chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Choice {
    /// See [`SettingsView::notices`].
    Notices {
        /// Yes or no.
        on: bool,
    },
    /// See [`SettingsView::keep_in_tray`].
    KeepInTray {
        /// Yes or no.
        on: bool,
    },
    /// See [`SettingsView::check_minutes`].
    CheckEvery {
        /// One of the lengths that are offered.
        minutes: u32,
    },
    /// See [`SettingsView::starts_at_login`].
    StartAtLogin {
        /// Yes or no.
        on: bool,
    },
}
