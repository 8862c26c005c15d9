//! A file encrypted with a passphrase, for computers without a keychain.
//!
//! Two files in the `age` format (<https://age-encryption.org/v1>), so that a person can open
//! them with the `age` program should this one be lost:
//!
//! * `vault.age` (the path given) holds an age identity, encrypted with the passphrase. Written once.
//!   Opening it costs about a second by design (scrypt).
//! * `vault-records.age` beside it holds the records as JSON, encrypted to that identity: cheap to rewrite.
//!
//! Every change reads, changes and replaces the second file under an inter-process lock (`vault.lock`), by
//! a new file that is synced and renamed over the old one: a crash leaves the old or the new records.
//! A file that does not read is reported and never overwritten.

mod files;
mod records;

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, scrypt, x25519};
use zeroize::Zeroizing;

use crate::{Backend, Place, Secret, VaultError};
use files::Files;
use records::Records;

/// The cost of one guess of the passphrase: scrypt with N = 2^18 (256 MiB, about a second), the value the age
/// format's own tools use. Fixed rather than measured as the library does by default, because a
/// computer that is busy at that moment would get a cheap lock for ever.
const WORK_FACTOR: u8 = 18;
/// The dearest file that is opened (4 GiB): a tampered one must not take the computer down.
const MAX_WORK_FACTOR: u8 = 22;

/// Whether there is one at this path, or what is left of one.
pub(crate) fn exists(path: &Path) -> bool {
    Files::new(path.to_path_buf()).exist()
}

pub(crate) struct EncryptedFile {
    files: Files,
    identity: x25519::Identity,
}

impl EncryptedFile {
    /// Opens the file, or creates it where there is none.
    pub(crate) fn open(path: PathBuf, passphrase: &Secret) -> Result<Self, VaultError> {
        let files = Files::new(path);
        let passphrase = SecretString::from(passphrase.expose().to_owned());
        files.make_folder()?;
        let identity = match files.read_identity()? {
            // Without the lock: this file is never changed, and many programs may open it at once, a second each.
            Some(encrypted) => unwrap_identity(&encrypted, passphrase)?,
            None => files.locked(|| match files.read_identity()? {
                Some(encrypted) => unwrap_identity(&encrypted, passphrase),
                // Records without the identity that opens them: making a new one would bury them.
                None if files.exist() => Err(VaultError::Corrupt),
                None => {
                    let identity = x25519::Identity::generate();
                    files.write_identity(&wrap_identity(&identity, passphrase)?)?;
                    Ok(identity)
                }
            })?,
        };
        let opened = Self { files, identity };
        // Damage is said now, not when a secret is needed.
        opened.read()?;
        Ok(opened)
    }

    fn read(&self) -> Result<Records, VaultError> {
        match self.files.read_records()? {
            None => Ok(Records::default()),
            Some(encrypted) => {
                let text = decrypt(&self.identity, &encrypted).map_err(|_| VaultError::Corrupt)?;
                Records::parse(&text)
            }
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Records) -> Result<T, VaultError>) -> Result<T, VaultError> {
        self.files.locked(|| {
            let mut records = self.read()?;
            let answer = change(&mut records)?;
            let encrypted = age::encrypt(&self.identity.to_public(), &records.to_text()?)
                .map_err(|error| failed(&error))?;
            self.files.write_records(&encrypted)?;
            Ok(answer)
        })
    }
}

impl Backend for EncryptedFile {
    fn place(&self) -> Place {
        Place::EncryptedFile
    }

    fn max_record(&self) -> Option<usize> {
        None
    }

    fn put(&self, item: &str, label: &str, secret: &Secret) -> Result<(), VaultError> {
        self.change(|records| {
            records.put(item, label, secret);
            Ok(())
        })
    }

    fn get(&self, item: &str) -> Result<Secret, VaultError> {
        // No lock: the file is replaced in one step, so a reader sees the old or the new one.
        self.read()?.get(item).ok_or(VaultError::Missing)
    }

    fn delete(&self, item: &str) -> Result<(), VaultError> {
        self.change(|records| {
            if records.remove(item) {
                Ok(())
            } else {
                Err(VaultError::Missing)
            }
        })
    }
}

fn wrap_identity(identity: &x25519::Identity, passphrase: SecretString) -> Result<Vec<u8>, VaultError> {
    let mut recipient = scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt(&recipient, identity.to_string().expose_secret().as_bytes()).map_err(|error| failed(&error))
}

fn unwrap_identity(encrypted: &[u8], passphrase: SecretString) -> Result<x25519::Identity, VaultError> {
    let mut key = scrypt::Identity::new(passphrase);
    key.set_max_work_factor(MAX_WORK_FACTOR);
    let text = decrypt(&key, encrypted).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => VaultError::WrongPassphrase,
        _ => VaultError::Corrupt,
    })?;
    let text = str::from_utf8(&text).map_err(|_| VaultError::Corrupt)?;
    x25519::Identity::from_str(text).map_err(|_| VaultError::Corrupt)
}

fn decrypt(key: &dyn age::Identity, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    // Room for everything at once, so that growing leaves no copies behind.
    let mut clear = Zeroizing::new(Vec::with_capacity(encrypted.len()));
    let mut reader = age::Decryptor::new_buffered(encrypted)?.decrypt(std::iter::once(key))?;
    std::io::Read::read_to_end(&mut reader, &mut clear)?;
    Ok(clear)
}

fn failed(error: &age::EncryptError) -> VaultError {
    VaultError::Failed {
        detail: format!("encrypting: {error}"),
    }
}
