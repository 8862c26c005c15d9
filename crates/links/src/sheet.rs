//! Sheets: small TOML files people hand to LabLink (link profiles, managed policy), read to the letter. What is not
//! known is refused, and no complaint ever says back a value: somebody may have put a secret where none belongs.

use toml::{Table, Value};

/// Why a text is no sheet of the wanted form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetProblem {
    /// It is no TOML.
    #[error("line {line} cannot be read as TOML")]
    Syntax {
        /// Which line, counted from 1.
        line: usize,
    },
    /// A field is not there.
    #[error("the field “{field}” is missing")]
    Missing {
        /// Which one.
        field: String,
    },
    /// A field nobody knows is there.
    #[error("there is a field “{field}”, which is not known")]
    Unknown {
        /// Which one, escaped and capped.
        field: String,
    },
    /// A field holds another kind of value.
    #[error("the field “{field}” holds another kind of value than it should")]
    WrongType {
        /// Which one.
        field: String,
    },
}

/// A table whose fields are taken out one by one; none may be left.
pub(crate) struct Sheet(Table);

/// How much of an unknown field's name is said back, in characters.
const NAME_LIMIT: usize = 40;

impl Sheet {
    pub(crate) fn read(text: &str) -> Result<Self, SheetProblem> {
        match text.parse::<Table>() {
            Ok(table) => Ok(Self(table)),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let before = text.get(..at).unwrap_or_default();
                Err(SheetProblem::Syntax {
                    line: before.matches('\n').count() + 1,
                })
            }
        }
    }

    /// A number that must be there.
    pub(crate) fn number(&mut self, field: &str) -> Result<i64, SheetProblem> {
        match self.must(field)? {
            Value::Integer(number) => Ok(number),
            _ => Err(wrong_type(field)),
        }
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, field: &str) -> Result<String, SheetProblem> {
        match self.must(field)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type(field)),
        }
    }

    /// A text that may be there.
    pub(crate) fn text_if_any(&mut self, field: &str) -> Result<Option<String>, SheetProblem> {
        if self.0.contains_key(field) {
            self.text(field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A list of texts that may be there.
    pub(crate) fn texts_if_any(&mut self, field: &str) -> Result<Option<Vec<String>>, SheetProblem> {
        let Some(value) = self.0.remove(field) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(wrong_type(field));
        };
        let texts = items.into_iter().map(|item| match item {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type(field)),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// A yes or no; no when it is not there.
    pub(crate) fn flag(&mut self, field: &str) -> Result<bool, SheetProblem> {
        match self.0.remove(field) {
            None => Ok(false),
            Some(Value::Boolean(yes)) => Ok(yes),
            Some(_) => Err(wrong_type(field)),
        }
    }

    /// The tables written as `[[field]]`; none when it is not there.
    pub(crate) fn sheets(&mut self, field: &str) -> Result<Vec<Self>, SheetProblem> {
        let Some(value) = self.0.remove(field) else {
            return Ok(Vec::new());
        };
        let Value::Array(items) = value else {
            return Err(wrong_type(field));
        };
        let sheets = items.into_iter().map(|item| match item {
            Value::Table(table) => Ok(Self(table)),
            _ => Err(wrong_type(field)),
        });
        sheets.collect()
    }

    /// Nothing else may be there.
    pub(crate) fn end(self) -> Result<(), SheetProblem> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(field) => Err(SheetProblem::Unknown {
                field: gitlab::shown_within(field, NAME_LIMIT),
            }),
        }
    }

    fn must(&mut self, field: &str) -> Result<Value, SheetProblem> {
        self.0.remove(field).ok_or_else(|| SheetProblem::Missing {
            field: field.to_owned(),
        })
    }
}

fn wrong_type(field: &str) -> SheetProblem {
    SheetProblem::WrongType {
        field: field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<SheetProblem> {
        let read = || {
            let mut sheet = Sheet::read(text)?;
            sheet.number("n")?;
            sheet.text("t")?;
            sheet.text_if_any("o")?;
            sheet.texts_if_any("l")?;
            sheet.flag("f")?;
            for inner in sheet.sheets("s")? {
                inner.end()?;
            }
            sheet.end()
        };
        read().err()
    }

    #[test]
    fn every_field_is_read_to_the_letter() {
        let wrong = |field: &str| Some(wrong_type(field));
        assert_eq!(
            problem("n = 1\nt = 'x'\no = 'y'\nl = ['z']\nf = true\n[[s]]\n"),
            None
        );
        for (text, expected) in [
            ("n = 1\nt = ", Some(SheetProblem::Syntax { line: 2 })),
            ("t = 'x'", Some(SheetProblem::Missing { field: "n".into() })),
            ("n = '1'\nt = 'x'", wrong("n")),
            ("n = 1.0\nt = 'x'", wrong("n")),
            ("n = 1\nt = 2", wrong("t")),
            ("n = 1\nt = 'x'\no = []", wrong("o")),
            ("n = 1\nt = 'x'\nl = 'z'", wrong("l")),
            ("n = 1\nt = 'x'\nl = ['z', 1]", wrong("l")),
            ("n = 1\nt = 'x'\nf = 1", wrong("f")),
            ("n = 1\nt = 'x'\ns = [1]", wrong("s")),
            (
                "n = 1\nt = 'x'\nx = 1",
                Some(SheetProblem::Unknown { field: "x".into() }),
            ),
            ("n = 1\nn = 1\nt = 'x'", Some(SheetProblem::Syntax { line: 2 })),
            (
                "n = 1\nt = 'x'\n[[s]]\ny = 1",
                Some(SheetProblem::Unknown { field: "y".into() }),
            ),
        ] {
            assert_eq!(problem(text), expected, "{text}");
        }
    }

    #[test]
    fn values_are_never_said_back() {
        for text in [
            "n = 'gloas-secret'\nt = 'x'",
            "n = 1\nt = 'gloas-secret",
            "n = 1\nt = ['gloas-secret']",
            "n = 1\nt = 'x'\nsecret = 'gloas-secret'",
        ] {
            let said = problem(text).unwrap().to_string();
            assert!(!said.contains("gloas"), "{said}");
        }
    }
}
