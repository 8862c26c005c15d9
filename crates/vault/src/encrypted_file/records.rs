//! What the records' file holds once decrypted: JSON, item name to label and secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Secret, VaultError};

/// All records in clear, wiped when dropped. Serialised only to be encrypted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Records {
    /// The form of this JSON; a newer form is not read, hence not overwritten.
    schema: u32,
    items: BTreeMap<String, Item>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    label: String,
    secret: String,
}

const SCHEMA: u32 = 1;

impl Default for Records {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            items: BTreeMap::new(),
        }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Records {
    pub(super) fn parse(json: &[u8]) -> Result<Self, VaultError> {
        // The parser's words are dropped: they quote the input.
        let records: Self = serde_json::from_slice(json).map_err(|_| VaultError::Corrupt)?;
        if records.schema == SCHEMA {
            Ok(records)
        } else {
            Err(VaultError::Corrupt)
        }
    }

    pub(super) fn to_text(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        // Room for everything at once, with escapes, so that growing leaves no copies behind.
        let room: usize = self
            .items
            .iter()
            .map(|(name, item)| 64 + 6 * (name.len() + item.label.len() + item.secret.len()))
            .sum();
        let mut text = Zeroizing::new(Vec::with_capacity(64 + room));
        serde_json::to_writer(&mut *text, self).map_err(|_| VaultError::Failed {
            detail: "the records cannot be written as JSON".to_owned(),
        })?;
        Ok(text)
    }

    pub(super) fn put(&mut self, name: &str, label: &str, secret: &Secret) {
        let item = Item {
            label: label.to_owned(),
            secret: secret.expose().to_owned(),
        };
        self.items.insert(name.to_owned(), item);
    }

    pub(super) fn get(&self, name: &str) -> Option<Secret> {
        self.items.get(name).map(|item| Secret::new(item.secret.clone()))
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.items.remove(name).is_some()
    }
}
