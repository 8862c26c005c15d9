//! Choices that outlive a process: a word for a word.

use rusqlite::{Connection, OptionalExtension as _};

/// Where secrets are kept: `system` (also when nothing is set) or `encrypted_file`.
pub(crate) const SECRETS: &str = "secrets";

pub(crate) fn get(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM settings WHERE key = ?1", [key], |row| {
        row.get(0)
    })
    .optional()
}

pub(crate) fn set(db: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )?;
    Ok(())
}
