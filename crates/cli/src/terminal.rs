//! What may reach a terminal, and how: escaping of foreign text, colour, tables. Touches only the writers it is handed.

use std::fmt::Write as _;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

/// One output of a program: where it goes, and whether a person watches.
pub struct Output<'a> {
    writer: &'a mut dyn Write,
    colour: bool,
    terminal: bool,
}

impl<'a> Output<'a> {
    /// `colour` is for terminals whose owner did not set `NO_COLOR`.
    pub fn new(writer: &'a mut dyn Write, colour: bool) -> Self {
        Self {
            writer,
            colour,
            terminal: false,
        }
    }

    /// Whether it is a terminal, where what is written can be seen; without this it is none.
    #[must_use]
    pub fn on_terminal(self, terminal: bool) -> Self {
        Self { terminal, ..self }
    }

    /// Whether it is a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// How to paint text that goes here.
    #[must_use]
    pub fn paint(&self) -> Paint {
        Paint { colour: self.colour }
    }

    /// Writes `text` and hands it on at once. A reader who has gone away is not an error: what it wanted, it has.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let written = self
            .writer
            .write_all(text.as_bytes())
            .and_then(|()| self.writer.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    colour: bool,
}

/// What a colour says; never the only thing that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All well.
    Good,
    /// Soon.
    Soon,
    /// Now.
    Bad,
    /// Not known, or beside the point.
    Quiet,
}

impl Paint {
    /// `text` in its tone's colour, or as it is.
    #[must_use]
    pub fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Soon => "33",
            Tone::Bad => "31",
            Tone::Quiet => "2",
        };
        self.with(code, text)
    }

    /// `text` in bold, or as it is.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether a character could change what a terminal or a log shows around it: control characters (C0, DEL, C1),
/// bidirectional controls (UAX #9), the line and paragraph separators, and what takes no room and joins nothing, so that
/// a name with it looks like another. All of them are in the basic plane.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}')
        || matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{206A}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Foreign text for one line of a terminal: what is unsafe shows as `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// As [`escape`], for text of several lines of our own.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// The rows as aligned lines, two spaces between columns, none at the end of a line.
/// Cells are text already escaped, with the tone they are painted in.
#[must_use]
pub fn table(paint: Paint, rows: &[Vec<Cell>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            match widths.get_mut(column) {
                Some(width) => *width = (*width).max(cell.text.width()),
                None => widths.push(cell.text.width()),
            }
        }
    }
    let mut out = String::new();
    for row in rows {
        let last = row.iter().rposition(|cell| !cell.text.is_empty());
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if Some(column) > last {
                break;
            }
            out.push_str(&match cell.tone {
                Some(tone) => paint.tone(tone, &cell.text),
                None => cell.text.clone(),
            });
            if Some(column) < last {
                out.push_str(&" ".repeat(width.saturating_sub(cell.text.width()) + 2));
            }
        }
        out.push('\n');
    }
    out
}

/// One cell of a [`table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// Text in a tone.
    #[must_use]
    pub fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone: Some(tone),
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            tone: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Output, Paint, Tone, escape, escape_lines, table};

    const PLAIN: Paint = Paint { colour: false };

    #[test]
    fn control_escape_and_direction_characters_never_reach_a_terminal_raw() {
        assert_eq!(
            escape("a\u{1b}[31mb\u{7f}\u{9b}\u{202e}c\n"),
            r"a\u{1b}[31mb\u{7f}\u{9b}\u{202e}c\u{a}"
        );
        assert_eq!(
            escape("root\u{200b}\u{ad}\u{2060}"),
            r"root\u{200b}\u{ad}\u{2060}"
        );
        // Joiners are how some scripts and signs are written.
        assert_eq!(
            escape("👩\u{200d}👧 می\u{200c}خواهم"),
            "👩\u{200d}👧 می\u{200c}خواهم"
        );
        assert_eq!(escape("Ünïcode 日本 ✓"), "Ünïcode 日本 ✓");
        assert_eq!(escape_lines("one\r\ntwo"), "one\\u{d}\ntwo");
    }

    #[test]
    fn columns_align_by_what_is_seen() {
        let rows = vec![
            vec![Cell::from("日本"), Cell::from("x"), Cell::from("")],
            vec![Cell::from("abc"), Cell::from("yy"), Cell::from("z")],
        ];
        assert_eq!(table(PLAIN, &rows), "日本  x\nabc   yy  z\n");
    }

    #[test]
    fn colour_only_where_asked() {
        assert_eq!(PLAIN.tone(Tone::Bad, "x"), "x");
        assert_eq!(
            Paint { colour: true }.tone(Tone::Bad, "x"),
            "\u{1b}[31mx\u{1b}[0m"
        );
    }

    struct Gone(std::io::ErrorKind);

    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_gone_away_is_no_error_and_a_full_disk_is() {
        assert!(
            Output::new(&mut Gone(std::io::ErrorKind::BrokenPipe), false)
                .write("x")
                .is_ok()
        );
        assert!(
            Output::new(&mut Gone(std::io::ErrorKind::StorageFull), false)
                .write("x")
                .is_err()
        );
    }
}
