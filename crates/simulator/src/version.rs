//! The product version the simulator plays, and the comparison every feature gate of the contract's §0.2 uses.
//! Pure: parses text, compares numbers.

use std::fmt;
use std::str::FromStr;

/// A GitLab version, three numbers. The edition's suffix is added where the version is told (§1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 15 to 19 are the ones the contract describes.
    pub major: u16,
    /// Month of the release within its major version, 0 to 11 or so.
    pub minor: u16,
    /// Patch number.
    pub patch: u16,
}

/// The text was not `MAJOR.MINOR` or `MAJOR.MINOR.PATCH`, or a major version the contract does not describe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version is MAJOR.MINOR or MAJOR.MINOR.PATCH from 15.0 to 19.x, got {0:?}")]
pub struct VersionError(String);

impl Version {
    /// A version from its three numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether this version has what came with `major.minor`.
    #[must_use]
    pub fn since(self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::new(18, 1, 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || VersionError(text.to_owned());
        // As GitLab writes it; the edition is an option of its own.
        let bare = text.strip_suffix("-ee").unwrap_or(text);
        let numbers: Vec<u16> = bare
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        let version = match *numbers.as_slice() {
            [major, minor] => Self::new(major, minor, 0),
            [major, minor, patch] => Self::new(major, minor, patch),
            _ => return Err(wrong()),
        };
        if (15..=19).contains(&version.major) {
            Ok(version)
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_number_not_by_text() {
        let old: Version = "16.9.2".parse().unwrap();
        let new: Version = "16.10".parse().unwrap();
        assert!(old < new);
        assert!(!old.since(16, 10));
        assert!(new.since(16, 10));
        assert_eq!(new.to_string(), "16.10.0");
        assert_eq!("18.1.1-ee".parse(), Ok(Version::new(18, 1, 1)));
    }

    #[test]
    fn refuses_what_the_contract_does_not_describe() {
        for text in [
            "",
            "18",
            "18.",
            "18.1.1.1",
            "14.10.0",
            "20.0.0",
            "18.1.1-pre",
            "-ee",
            "v18.1",
            "-18.1",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
