//! Where secrets live, for telling people.

/// Where a vault keeps its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// GNOME Keyring, through the Secret Service.
    GnomeKeyring,
    /// KDE's wallet, through the Secret Service.
    #[serde(rename = "kwallet")]
    KWallet,
    /// Another program that offers the Secret Service (`KeePassXC` for example).
    SecretService,
    /// The login keychain of macOS.
    MacKeychain,
    /// The Windows Credential Manager, on this computer only (it does not roam).
    WindowsCredentialManager,
    /// A file encrypted with a passphrase, because the person chose it.
    EncryptedFile,
    /// Memory of this process: tests.
    Memory,
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_have_stable_names() {
        let names = [
            (Place::GnomeKeyring, "\"gnome_keyring\""),
            (Place::KWallet, "\"kwallet\""),
            (Place::SecretService, "\"secret_service\""),
            (Place::MacKeychain, "\"mac_keychain\""),
            (Place::WindowsCredentialManager, "\"windows_credential_manager\""),
            (Place::EncryptedFile, "\"encrypted_file\""),
            (Place::Memory, "\"memory\""),
        ];
        for (place, name) in names {
            assert_eq!(serde_json::to_string(&place).unwrap(), name);
        }
    }
}
