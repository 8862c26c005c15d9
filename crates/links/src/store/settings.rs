//! Choices that outlive a process: a word for a word.

use rusqlite::{Connection, OptionalExtension as _};

/// Where secrets are kept: `system` (also when nothing is set) or `encrypted_file`.
pub(crate) const SECRETS: &str = "secrets";
/// Whether the person is told of tokens that die: [`ON`] (also when nothing is set) or [`OFF`].
pub(crate) const NOTICES: &str = "notices";
/// Whether the app lives on in the tray without its window: the same.
pub(crate) const KEEP_IN_TRAY: &str = "keep_in_tray";
/// How often all accounts are checked.
pub(crate) const CHECK_MINUTES: &str = "check_minutes";

/// Yes.
pub(crate) const ON: &str = "on";
/// No.
pub(crate) const OFF: &str = "off";

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
