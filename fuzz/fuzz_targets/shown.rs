//! Text from a server that is shown holds nothing that acts: no control character, no bidirectional override.
#![no_main]

use gitlab::{shown, shown_within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for safe in [shown(text), shown_within(text, 64)] {
        assert!(!safe.chars().any(char::is_control), "{safe:?}");
        let acts = |character| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!safe.chars().any(acts), "{safe:?}");
    }
});
