//! What happened to which account, newest last; without secrets. Outlives the account.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::unreadable;
use crate::account::{AccountId, LedgerEntry};

/// How many entries are kept.
const LIMIT: i64 = 10_000;

/// Adds an entry and drops the oldest beyond the limit.
pub(crate) fn add(
    db: &Connection,
    at: Timestamp,
    account: &AccountId,
    name: &str,
    what: &str,
    detail: Option<&str>,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO ledger (at, account, name, what, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![at.to_string(), account.to_string(), name, what, detail],
    )?;
    db.execute(
        "DELETE FROM ledger WHERE id <= ?1",
        [db.last_insert_rowid() - LIMIT],
    )?;
    Ok(())
}

/// The newest entries first, of one account or of all.
pub(crate) fn newest(
    db: &Connection,
    account: Option<&AccountId>,
    limit: usize,
) -> rusqlite::Result<Vec<LedgerEntry>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let columns = "SELECT at, account, name, what, detail FROM ledger";
    match account {
        Some(id) => db
            .prepare_cached(&format!("{columns} WHERE account = ?1 ORDER BY id DESC LIMIT ?2"))?
            .query_map(params![id.to_string(), limit], read)?
            .collect(),
        None => db
            .prepare_cached(&format!("{columns} ORDER BY id DESC LIMIT ?1"))?
            .query_map([limit], read)?
            .collect(),
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    let at: String = row.get(0)?;
    let account: Option<String> = row.get(1)?;
    Ok(LedgerEntry {
        at: at.parse().map_err(|_| unreadable("at"))?,
        account: account.and_then(|id| id.parse().ok()),
        name: row.get(2)?,
        what: row.get(3)?,
        detail: row.get(4)?,
    })
}
