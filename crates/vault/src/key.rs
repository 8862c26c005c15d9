//! The name of a record.

use std::fmt;

/// Which record, for example `account-0198c0de-…`: 1 to 64 characters of `a-z`, `0-9` and `-`.
///
/// The small alphabet is what every keychain can hold unchanged, and it leaves
/// `.` free for the parts a long record is split into.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

/// The text is no [`Key`]: it is empty, longer than 64 characters, or has a
/// character other than `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a record's key is 1 to 64 characters of a-z, 0-9 and '-'")]
pub struct BadKey;

impl Key {
    /// The longest key, in characters.
    pub const MAX_LEN: usize = 64;

    /// Checks the text and takes it as a key.
    pub fn new(text: &str) -> Result<Self, BadKey> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadKey)
        }
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadKey, Key};

    #[test]
    fn keys_are_checked() {
        assert_eq!(Key::new("account-01-f").unwrap().as_str(), "account-01-f");
        assert!(Key::new(&"a".repeat(64)).is_ok());
        for bad in [
            "",
            &"a".repeat(65),
            "Account",
            "a.b",
            "a_b",
            "a/b",
            "a b",
            "ä",
            "a\0",
            "a\n",
        ] {
            assert_eq!(Key::new(bad), Err(BadKey), "{bad:?}");
        }
    }
}
