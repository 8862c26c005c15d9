//! Where secrets are, and how that place is.

use serde::Serialize;
use ts_rs::TS;

/// Where secrets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlaceView {
    /// GNOME Keyring.
    GnomeKeyring,
    /// KDE Wallet.
    Kwallet,
    /// Another Secret Service.
    SecretService,
    /// macOS.
    MacKeychain,
    /// Windows.
    WindowsCredentialManager,
    /// The encrypted file.
    EncryptedFile,
}

/// How the keychain is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeychainView {
    /// Not asked yet.
    Unknown,
    /// Works.
    Ready {
        /// Which.
        place: PlaceView,
    },
    /// Waits to be unlocked.
    Locked {
        /// Which.
        place: PlaceView,
    },
    /// There is none on this computer.
    Absent,
    /// The encrypted file waits for its passphrase.
    NeedsPassphrase {
        /// Whether the last passphrase was wrong.
        wrong: bool,
    },
    /// Anything else.
    Broken {
        /// `keychain_denied`, `keychain_full`, `keychain_hung`, `keychain_corrupt`,
        /// `keychain_file_damaged`, `keychain_failed`.
        code: String,
        /// For "Details".
        detail: String,
    },
}
