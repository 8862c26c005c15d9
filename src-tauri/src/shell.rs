//! What the desktop does for LabLink: opens a page or a folder, keeps the clipboard, shows notices, starts it at login.
//!
//! Behind a trait, so that the desk's tests see what would have been opened. Every call may block: callers use a
//! blocking thread.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use zeroize::Zeroizing;

use crate::{
    login_entry::LoginEntry,
    notices::{Bubble, NotShown, Service},
};

/// The desktop as LabLink needs it.
pub trait Shell: Send + Sync {
    /// Opens an `https` or `http` address in the person's browser.
    fn open_address(&self, address: &str) -> io::Result<()>;
    /// Opens a folder in the file manager.
    fn open_folder(&self, folder: &Path) -> io::Result<()>;
    /// The clipboard's text.
    fn paste(&self) -> Result<Zeroizing<String>, ClipboardTrouble>;
    /// Puts text on the clipboard.
    fn copy(&self, text: String) -> Result<(), ClipboardTrouble>;
    /// Shows a notice; returns when the desktop has it.
    fn notify(&self, bubble: &Bubble) -> Result<(), NotShown>;
    /// The accounts that notices on the screen tell of.
    fn noticed(&self) -> Vec<String>;
    /// Takes back the notice of an account.
    fn take_back(&self, account: &str);
    /// Whether LabLink starts at login; `None` where it cannot.
    fn starts_at_login(&self) -> Option<bool>;
    /// Has it start at login, or no longer.
    fn start_at_login(&self, on: bool) -> io::Result<()>;
}

/// Why the clipboard did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClipboardTrouble {
    /// There is no text on it.
    #[error("the clipboard holds no text")]
    Empty,
    /// The desktop did not answer or refused.
    #[error("the clipboard could not be reached")]
    Failed,
}

/// The real desktop.
pub struct Desktop {
    /// Kept alive: on X11 the owner of the text answers whoever pastes it.
    clipboard: Mutex<Option<arboard::Clipboard>>,
    notices: Arc<Service>,
    login_entry: LoginEntry,
}

impl Desktop {
    /// The desktop with this service for notices and this entry for the start at login.
    #[must_use]
    pub fn new(notices: Arc<Service>, login_entry: LoginEntry) -> Self {
        Self {
            clipboard: Mutex::default(),
            notices,
            login_entry,
        }
    }

    fn with_clipboard<T>(
        &self,
        act: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
    ) -> Result<T, ClipboardTrouble> {
        let mut kept = self.clipboard.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match kept.as_mut() {
            Some(clipboard) => clipboard,
            None => kept.insert(arboard::Clipboard::new().map_err(|_| ClipboardTrouble::Failed)?),
        };
        let done = act(clipboard);
        if matches!(
            done,
            Err(arboard::Error::ClipboardNotSupported | arboard::Error::Unknown { .. })
        ) {
            // The connection may be gone, for example with the display server: the next call makes a new one.
            *kept = None;
        }
        done.map_err(|error| match error {
            arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure => {
                ClipboardTrouble::Empty
            }
            _ => ClipboardTrouble::Failed,
        })
    }
}

impl Shell for Desktop {
    fn open_address(&self, address: &str) -> io::Result<()> {
        if !address.starts_with("https://") && !address.starts_with("http://") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "only https and http are opened",
            ));
        }
        open::that_detached(address)
    }

    fn open_folder(&self, folder: &Path) -> io::Result<()> {
        if !folder.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the folder is not there"));
        }
        open::that_detached(folder)
    }

    fn paste(&self) -> Result<Zeroizing<String>, ClipboardTrouble> {
        let text = Zeroizing::new(self.with_clipboard(arboard::Clipboard::get_text)?);
        if text.is_empty() {
            Err(ClipboardTrouble::Empty)
        } else {
            Ok(text)
        }
    }

    fn copy(&self, text: String) -> Result<(), ClipboardTrouble> {
        self.with_clipboard(|clipboard| clipboard.set_text(text))
    }

    fn notify(&self, bubble: &Bubble) -> Result<(), NotShown> {
        self.notices.show(bubble)
    }

    fn noticed(&self) -> Vec<String> {
        self.notices.on_screen()
    }

    fn take_back(&self, account: &str) {
        self.notices.take_back(account);
    }

    fn starts_at_login(&self) -> Option<bool> {
        self.login_entry.is_on()
    }

    fn start_at_login(&self, on: bool) -> io::Result<()> {
        self.login_entry.switch(on)
    }
}
