//! What the desktop does for LabLink: opens a page or a folder, keeps the clipboard.
//!
//! Behind a trait, so that the desk's tests see what would have been opened. Every call may block: callers use a
//! blocking thread.

use std::{
    io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use zeroize::Zeroizing;

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
#[derive(Default)]
pub struct Desktop {
    /// Kept alive: on X11 the owner of the text answers whoever pastes it.
    clipboard: Mutex<Option<arboard::Clipboard>>,
}

impl Desktop {
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
}
