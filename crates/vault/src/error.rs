//! Why the vault could not do it, told apart by what a person does about it.

/// What went wrong with a vault. No variant ever carries secret text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no such record.
    #[error("there is no such record in the keychain")]
    Missing,
    /// The keychain is there but locked; [`Vault::unlock`](crate::Vault::unlock) may ask the person to open it.
    #[error("the keychain is locked")]
    Locked,
    /// The keychain, or the person it asked, said no.
    #[error("the keychain refused access")]
    Denied,
    /// This computer (or this session) has no keychain to talk to.
    #[error("no keychain is available: {detail}")]
    Absent {
        /// What was looked for and not found.
        detail: String,
    },
    /// There is no room for the record.
    #[error("the keychain is full")]
    Full,
    /// No answer within the guard's time. A write may still land later.
    #[error("the keychain does not answer")]
    Hung,
    /// The record, or the encrypted file, is damaged. It is left as it is.
    #[error("the stored record is damaged")]
    Corrupt,
    /// The encrypted file does not open with this passphrase.
    #[error("the passphrase does not open the encrypted file")]
    WrongPassphrase,
    /// Anything else, in the keychain's own words.
    #[error("the keychain failed: {detail}")]
    Failed {
        /// The keychain's words, or the operating system's.
        detail: String,
    },
}

impl VaultError {
    /// A failure of the file system while keeping the encrypted file.
    pub(crate) fn from_io(doing: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::Denied,
            _ => Self::Failed {
                detail: format!("{doing}: {error}"),
            },
        }
    }
}
