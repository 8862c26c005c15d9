//! Any typed text is a token without white space and control characters, or a reason.
#![no_main]

use gitlab::Token;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Ok(token) = Token::read(typed) {
        let text = token.expose();
        assert!(!text.is_empty());
        assert!(
            !text
                .chars()
                .any(|character| character.is_whitespace() || character.is_control())
        );
        let _ = token.suspected_kind();
    }
});
