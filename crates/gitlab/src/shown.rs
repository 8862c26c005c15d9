//! Text of strangers made fit to be shown: on a terminal, in a log, in JSON, in a window.

/// How many characters of a server's text are shown, at most.
const LIMIT: usize = 300;

/// The text as it may be shown anywhere: runs of white space become one space; control, escape, format and
/// bidirectional characters become their `\u{…}` escapes; at most 300 characters, a cut is marked with `…`.
#[must_use]
pub fn shown(text: &str) -> String {
    shown_within(text, LIMIT)
}

/// [`shown`] with another limit, in characters of the result.
#[must_use]
pub fn shown_within(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut length = 0_usize;
    let mut pending_space = false;
    for c in text.chars() {
        if c.is_whitespace() && !is_hidden(c) || matches!(c, '\n' | '\r' | '\t') {
            pending_space = !out.is_empty();
            continue;
        }
        let piece = if is_hidden(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        };
        let width = piece.chars().count() + usize::from(pending_space);
        if length + width > limit {
            // Room for the mark: the limit counts it.
            while out.chars().count() + 1 > limit && out.pop().is_some() {}
            out.push('…');
            return out;
        }
        if pending_space {
            out.push(' ');
            pending_space = false;
        }
        out.push_str(&piece);
        length += width;
    }
    out
}

/// Characters that are not seen but act: controls, line and paragraph separators, everything of Unicode's category Cf
/// (bidirectional overrides and isolates, tags, soft hyphen …) but the two joiners that names are rightly written
/// with, invisible fillers, variation selectors beyond the emoji's own, private use and non-characters.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2
            | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B | 0x200E..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFFFE..=0xFFFF
            | 0x1_10BD | 0x1_10CD | 0x1_3430..=0x1_345F | 0x1_BCA0..=0x1_BCA3 | 0x1_D173..=0x1_D17A
            | 0xE_0000..=0x10_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_escape_and_bidirectional_characters_never_come_out_raw() {
        for c in (0..0x11_0000_u32).filter_map(char::from_u32) {
            if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
            {
                let seen = shown(&format!("a{c}b"));
                assert!(!seen.contains(c), "{c:?} came out raw");
                assert!(seen.starts_with('a') && seen.ends_with('b'), "{c:?}: {seen}");
            }
        }
    }

    #[test]
    fn a_terminal_escape_is_told_instead_of_sent() {
        assert_eq!(shown("\u{1b}[31mred"), "\\u{1b}[31mred");
    }

    #[test]
    fn lines_become_one_line() {
        assert_eq!(shown("  one\r\n\ttwo  "), "one two");
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["Ada Lovelace", "Zoë", "李小龍", "می‌خواهم", "👩‍💻", "O'Brien"] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn long_text_is_cut_at_the_limit_and_says_so() {
        let seen = shown(&"x".repeat(100_000));
        assert_eq!(seen.chars().count(), 300);
        assert!(seen.ends_with('…'));
        assert_eq!(shown_within("\u{1b}\u{1b}\u{1b}", 7), "\\u{1b}…");
    }
}
