//! Any pasted text gives candidates in normal form, or a reason; a normal form read again is itself.
#![no_main]

use gitlab::{BaseUrl, offline_base, read_address};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pasted: &str| {
    if let Ok(candidates) = read_address(pasted) {
        assert!(!candidates.bases.is_empty() && candidates.bases.len() <= 8);
        for base in &candidates.bases {
            let again = BaseUrl::parse(base.as_str());
            assert!(
                again.is_ok_and(|again| again.as_str() == base.as_str()),
                "{}",
                base.as_str()
            );
            // What stands between the scheme and the path names nobody; in a path an @ is a letter like others.
            let authority = base.as_str().split('/').nth(2).unwrap_or_default();
            assert!(
                !authority.is_empty() && !authority.contains('@'),
                "{}",
                base.as_str()
            );
        }
    }
    if let Ok(base) = offline_base(pasted) {
        let again = offline_base(base.as_str());
        assert!(
            again.is_ok_and(|again| again.as_str() == base.as_str()),
            "{}",
            base.as_str()
        );
    }
});
