//! The JSON objects of GitLab's OAuth endpoints, read without trusting a field to be of its type and without leaving a
//! token in memory that is not cleared.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// A field's value, as far as it is of interest.
#[derive(Default)]
pub(crate) enum Loose {
    /// Missing or `null`.
    #[default]
    Nothing,
    Text(Zeroizing<String>),
    /// A whole number not below 0.
    Number(u64),
    /// A number with a fraction, if only `.0`.
    Fraction(f64),
    /// A list of texts and nothing else.
    List(Vec<Zeroizing<String>>),
    /// Something of another type.
    Other,
}

/// Everything the endpoints tell (contract §3.6, §3.8).
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct Told {
    pub(super) error: Loose,
    pub(super) access_token: Loose,
    pub(super) token_type: Loose,
    pub(super) expires_in: Loose,
    pub(super) refresh_token: Loose,
    pub(super) scope: Loose,
    pub(super) created_at: Loose,
    pub(super) device_code: Loose,
    pub(super) user_code: Loose,
    pub(super) verification_uri: Loose,
    pub(super) interval: Loose,
}

impl Told {
    /// Reads a JSON object; `None` for everything else.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        // A list would be taken for the object's fields in their order.
        body.trim_ascii_start().starts_with(b"{").then_some(())?;
        serde_json::from_slice(body).ok()
    }
}

impl Loose {
    /// The text, if it is one and not empty.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A stretch of time in whole seconds, however it is written: as a number, with a fraction, or as a text of one.
    pub(super) fn seconds(&self) -> Option<u64> {
        let seconds = match self {
            Self::Number(number) => return Some(*number),
            Self::Fraction(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        Duration::try_from_secs_f64(seconds)
            .ok()
            .map(|stretch| stretch.as_secs())
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::Text(Zeroizing::new(text.to_owned())))
            }
            fn visit_string<E>(self, text: String) -> Result<Loose, E> {
                Ok(Loose::Text(Zeroizing::new(text)))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
                Ok(Loose::Number(number))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
                Ok(u64::try_from(number).map_or(Loose::Other, Loose::Number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Loose, E> {
                Ok(Loose::Fraction(number))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Nothing)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                let mut texts = Some(Vec::new());
                while let Some(element) = seq.next_element::<Loose>()? {
                    match (element, &mut texts) {
                        (Loose::Text(text), Some(texts)) => texts.push(text),
                        _ => texts = None,
                    }
                }
                Ok(texts.map_or(Loose::Other, Loose::List))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
