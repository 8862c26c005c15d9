//! Records longer than one item of the keychain may be (2560 bytes on Windows).
//!
//! A long record is cut into numbered parts, written into that one of two slots the record does not
//! stand in now; then its *head*, the item with the key's own name, is switched to
//! name the new slot, in one write; then the old slot is cleared. So a crash at any point leaves
//! the head naming a whole record, old or new. What a crash left in the other slot is
//! cleared by the next write or removal of the key: both slots' names are known without
//! listing, so nothing can be left that is not found again.
//!
//! Writers exclude one another by [`Backend::exclusively`]. Readers do not take part: the head
//! carries the length and a hash, and a reader that saw a switch happen reads again.
//!
//! A short record is the head itself, as it is, wherever it cannot be mistaken for a head.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::guard::Abandoned;
use crate::{Backend, Key, MAX_SECRET_BYTES, Secret, VaultError};

/// What the head of a record in parts starts with.
const HEAD: &str = "lablink-record-in-parts/1 ";
/// A reader that keeps meeting switches gives up after so many: a writer in a
/// loop must not hold it forever.
const READS: usize = 16;

/// One key's record on one backend.
pub(crate) struct Record<'a> {
    backend: &'a dyn Backend,
    key: &'a Key,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    A,
    B,
}

impl Slot {
    const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// What a head says about its parts.
#[derive(Clone, PartialEq, Eq)]
struct Head {
    slot: Slot,
    /// Differs between any two writes, so that a reader can tell that the head moved.
    generation: String,
    /// How many parts.
    count: usize,
    /// Length of the whole text in bytes.
    length: usize,
    /// SHA-256 of the whole text, in hexadecimal.
    hash: String,
}

impl Head {
    fn to_text(&self) -> String {
        let Self {
            slot,
            generation,
            count,
            length,
            hash,
        } = self;
        format!("{HEAD}{} {generation} {count} {length} {hash}", slot.name())
    }

    /// `None`: not a head but a short record. An error: a head, but damaged.
    fn parse(text: &str) -> Option<Result<Self, VaultError>> {
        let rest = text.strip_prefix(HEAD)?;
        Some(Self::parse_fields(rest).ok_or(VaultError::Corrupt))
    }

    fn parse_fields(rest: &str) -> Option<Self> {
        let mut fields = rest.split(' ');
        let slot = match fields.next()? {
            "a" => Slot::A,
            "b" => Slot::B,
            _ => return None,
        };
        let generation = fields.next()?.to_owned();
        let count: usize = fields.next()?.parse().ok()?;
        let length: usize = fields.next()?.parse().ok()?;
        let hash = fields.next()?.to_owned();
        let sane = fields.next().is_none() && length <= MAX_SECRET_BYTES && count <= length.max(1);
        sane.then_some(Self {
            slot,
            generation,
            count,
            length,
            hash,
        })
    }
}

impl<'a> Record<'a> {
    pub(crate) fn new(backend: &'a dyn Backend, key: &'a Key) -> Self {
        Self { backend, key }
    }

    /// Writes the record; on an error the old one still stands, whole.
    pub(crate) fn put(&self, label: &str, secret: &Secret, abandoned: &Abandoned) -> Result<(), VaultError> {
        let Some(limit) = self.backend.max_record() else {
            return self.backend.put(self.key.as_str(), label, secret);
        };
        self.backend
            .exclusively(&mut || self.put_split(limit, label, secret, abandoned))
    }

    fn put_split(
        &self,
        limit: usize,
        label: &str,
        secret: &Secret,
        abandoned: &Abandoned,
    ) -> Result<(), VaultError> {
        let text = secret.expose();
        if text.len() <= limit && !text.starts_with(HEAD) {
            self.backend.put(self.key.as_str(), label, secret)?;
            self.clear_quietly(limit, &[(Slot::A, 0), (Slot::B, 0)]);
            return Ok(());
        }
        let slot = self.slot_in_use()?.map_or(Slot::A, Slot::other);
        let written = self.put_parts(slot, limit, label, text).and_then(|head| {
            // Not for a caller who was told that it hung.
            abandoned.check()?;
            self.backend
                .put(self.key.as_str(), label, &Secret::new(head.to_text()))?;
            Ok(head.count)
        });
        match written {
            Ok(count) => {
                self.clear_quietly(limit, &[(slot.other(), 0), (slot, count)]);
                Ok(())
            }
            Err(error) => {
                // The head may have been switched although the keychain said otherwise; only a slot
                // that is surely not the record's may be cleared.
                if let Ok(in_use) = self.slot_in_use()
                    && in_use != Some(slot)
                {
                    self.clear_quietly(limit, &[(slot, 0)]);
                }
                Err(error)
            }
        }
    }

    fn put_parts(&self, slot: Slot, limit: usize, label: &str, text: &str) -> Result<Head, VaultError> {
        let mut count = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(last_boundary(rest, limit));
            if part.is_empty() {
                let detail = format!("a keychain with items of {limit} bytes cannot hold a record");
                return Err(VaultError::Failed { detail });
            }
            let label = format!("{label} (part {})", count + 1);
            self.backend
                .put(&self.part(slot, count), &label, &Secret::new(part.to_owned()))?;
            count += 1;
            rest = after;
        }
        let generation = format!("{:016x}", rand::random::<u64>());
        Ok(Head {
            slot,
            generation,
            count,
            length: text.len(),
            hash: hash(text),
        })
    }

    /// Reads the record, whole.
    pub(crate) fn get(&self) -> Result<Secret, VaultError> {
        let mut before = None;
        for _ in 0..READS {
            let stored = self.backend.get(self.key.as_str())?;
            if self.backend.max_record().is_none() {
                return Ok(stored);
            }
            let head = match Head::parse(stored.expose()) {
                None => return Ok(stored),
                Some(head) => head?,
            };
            if before.as_ref() == Some(&head) {
                // The head did not move, so no writer can be blamed.
                return Err(VaultError::Corrupt);
            }
            if let Some(secret) = self.join(&head)? {
                return Ok(secret);
            }
            before = Some(head);
        }
        Err(VaultError::Failed {
            detail: "the record keeps changing while it is read".to_owned(),
        })
    }

    /// The text of the parts, or `None` when they are not the ones the head means.
    fn join(&self, head: &Head) -> Result<Option<Secret>, VaultError> {
        let mut text = Zeroizing::new(String::with_capacity(head.length));
        for index in 0..head.count {
            match self.backend.get(&self.part(head.slot, index)) {
                // Never beyond the capacity, so that no copy is left behind by growing.
                Ok(part) if text.len() + part.expose().len() <= head.length => text.push_str(part.expose()),
                Ok(_) | Err(VaultError::Missing) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let whole = text.len() == head.length && hash(&text) == head.hash;
        Ok(whole.then(|| Secret::new(std::mem::take(&mut *text))))
    }

    /// Removes the record and everything any crash left of it. Removing what is not there is fine.
    pub(crate) fn delete(&self) -> Result<(), VaultError> {
        let Some(limit) = self.backend.max_record() else {
            return gone(self.backend.delete(self.key.as_str()));
        };
        self.backend.exclusively(&mut || {
            // The head first: from here on nothing half can be read.
            gone(self.backend.delete(self.key.as_str()))?;
            self.clear(limit, &[(Slot::A, 0), (Slot::B, 0)])
        })
    }

    /// The slot the stored record's parts are in; `None` for a short, damaged or missing one.
    fn slot_in_use(&self) -> Result<Option<Slot>, VaultError> {
        match self.backend.get(self.key.as_str()) {
            Ok(stored) => Ok(Head::parse(stored.expose())
                .and_then(Result::ok)
                .map(|head| head.slot)),
            Err(VaultError::Missing | VaultError::Corrupt) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes every part any record could have in these slots, from the given number on.
    fn clear(&self, limit: usize, slots: &[(Slot, usize)]) -> Result<(), VaultError> {
        // A part is at most three bytes shorter than the limit: it ends between characters.
        let most = MAX_SECRET_BYTES.div_ceil(limit.saturating_sub(3).max(1));
        for &(slot, first) in slots {
            for index in first..most {
                gone(self.backend.delete(&self.part(slot, index)))?;
            }
        }
        Ok(())
    }

    /// After the record stands: what could not be cleared now is cleared by the next write.
    fn clear_quietly(&self, limit: usize, slots: &[(Slot, usize)]) {
        if let Err(error) = self.clear(limit, slots) {
            tracing::debug!(key = %self.key, %error, "parts of an older record are still in the keychain");
        }
    }

    fn part(&self, slot: Slot, index: usize) -> String {
        format!("{}.{}{index}", self.key, slot.name())
    }
}

/// The longest start of the text that is no longer than the limit and ends between characters.
fn last_boundary(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0)
}

fn gone(deleted: Result<(), VaultError>) -> Result<(), VaultError> {
    match deleted {
        Err(VaultError::Missing) => Ok(()),
        other => other,
    }
}

fn hash(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::{Head, Slot};
    use crate::VaultError;

    #[test]
    fn heads_survive_a_round_trip() {
        let head = Head {
            slot: Slot::B,
            generation: "00ff".into(),
            count: 7,
            length: 16_384,
            hash: "ab".into(),
        };
        assert!(Head::parse(&head.to_text()).unwrap().unwrap() == head);
    }

    #[test]
    fn what_is_not_a_head_is_a_short_record_or_damage() {
        assert!(Head::parse("glpat-anything").is_none());
        assert!(Head::parse("").is_none());
        for damaged in [
            "",
            "c 1 1 1 ab",
            "a 1 x 1 ab",
            "a 1 9 1 ab",
            "a 1 1 99999999 ab",
            "a 1 1 1 ab more",
            "a 1 1",
        ] {
            let text = format!("{}{damaged}", super::HEAD);
            assert!(
                matches!(Head::parse(&text), Some(Err(VaultError::Corrupt))),
                "{damaged:?}"
            );
        }
    }
}
