//! QR codes as plain rows of modules, so that the window only draws squares. Pure.

use qrcode::{EcLevel, QrCode};

/// The widest code that a telephone still reads from a window, in modules: version 25.
const WIDEST: usize = 117;

/// The rows of a text's QR code, `1` is dark; the quiet zone is the drawer's. Empty where the text does not fit.
pub(super) fn rows(text: &str) -> Vec<String> {
    // Medium correction where there is room for it, low where that makes it fit.
    [EcLevel::M, EcLevel::L]
        .into_iter()
        .filter_map(|level| QrCode::with_error_correction_level(text, level).ok())
        .find(|code| code.width() <= WIDEST)
        .map(|code| drawn(&code))
        .unwrap_or_default()
}

fn drawn(code: &QrCode) -> Vec<String> {
    code.to_colors()
        .chunks(code.width())
        .map(|row| row.iter().map(|module| module.select('1', '0')).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three corners every code has (ISO/IEC 18004 §6.3.3).
    const FINDER: [&str; 7] = [
        "1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111",
    ];

    #[test]
    fn an_address_becomes_a_square_with_its_three_corners() {
        let rows = rows("https://git.example.test/gitlab/oauth/device?user_code=0A44L90H");
        let width = rows.len();
        assert!((21..=WIDEST).contains(&width), "{width}");
        assert!(
            rows.iter()
                .all(|row| row.len() == width && row.bytes().all(|module| b"01".contains(&module))),
            "{rows:#?}"
        );
        for (at, corner) in FINDER.iter().enumerate() {
            assert!(
                rows[at].starts_with(corner) && rows[at].ends_with(corner),
                "row {at}"
            );
            assert!(rows[width - 7 + at].starts_with(corner), "row {}", width - 7 + at);
        }
    }

    #[test]
    fn another_address_is_another_code() {
        assert_ne!(
            rows("https://git.example.test/a"),
            rows("https://git.example.test/b")
        );
    }

    #[test]
    fn what_fits_into_no_readable_code_has_none() {
        assert!(!rows(&"x".repeat(1200)).is_empty());
        assert!(rows(&"x".repeat(2000)).is_empty());
        assert!(rows(&"x".repeat(64 * 1024)).is_empty());
    }
}
