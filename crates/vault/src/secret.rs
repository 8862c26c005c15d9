//! Secret text in memory: wiped when dropped, and unable to print itself.

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// UTF-8 secret text, wiped from memory when dropped.
///
/// It has no `Debug`, no `Display`, no `Serialize` and no `Clone`, so it cannot
/// reach a log, an error text or an answer by accident; whoever needs the text
/// says so with [`Secret::expose`].
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the given string's buffer is the one that is wiped later.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both hold the same text, in a time that depends on the length alone.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Takes bytes a store gave back; what is not UTF-8 is wiped and refused.
    pub(crate) fn from_utf8(bytes: Vec<u8>) -> Option<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn same_as_compares_the_text() {
        let secret = Secret::new("glpat-one".to_owned());
        assert!(secret.same_as(&Secret::new("glpat-one".to_owned())));
        assert!(!secret.same_as(&Secret::new("glpat-two".to_owned())));
        assert!(!secret.same_as(&Secret::new("glpat-one-longer".to_owned())));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        assert!(Secret::from_utf8(vec![0xff, 0xfe]).is_none());
        assert_eq!(Secret::from_utf8("ü".as_bytes().to_vec()).unwrap().expose(), "ü");
    }
}
