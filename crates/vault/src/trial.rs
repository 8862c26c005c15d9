//! The names of trials: records that are written only to see whether the keychain keeps them.

use std::time::Duration;

/// What every trial's name begins with. No record of anybody's does.
const PREFIX: &str = "probe-";

/// How long a trial is left alone, whoever's it is. It takes seconds at most; what is older was left by a process that
/// was killed.
pub(crate) const OVER: Duration = Duration::from_secs(60 * 60);

/// A name for one.
pub(crate) fn name() -> String {
    format!("{PREFIX}{:016x}", rand::random::<u64>())
}

/// Whether this is the name of one.
#[cfg_attr(
    any(windows, target_os = "macos"),
    expect(dead_code, reason = "those keychains are not searched")
)]
pub(crate) fn is_trial(item: &str) -> bool {
    item.strip_prefix(PREFIX).is_some_and(|number| {
        number.len() == 16 && number.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_trial, name};

    #[test]
    fn trials_are_known_by_their_names_and_nothing_else_is() {
        for _ in 0..100 {
            assert!(is_trial(&name()));
        }
        for other in [
            "probe-",
            "probe-1",
            "probe-0123456789abcdeg",
            "probe-0123456789ABCDEF",
            "probe-0123456789abcdef0",
            "account-0123456789abcdef",
            "xprobe-0123456789abcdef",
        ] {
            assert!(!is_trial(other), "{other}");
        }
    }
}
