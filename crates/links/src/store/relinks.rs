//! Accounts that are being linked again: written before the new secret goes into the vault, cleared with the change of
//! the account's row. Which of the two a killed process got to is told by the secret's mark.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::accounts::{NewLogin, Told};
use super::unreadable;
use crate::account::AccountId;

/// What an account is to be once its new secret stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relink {
    /// The new secret bears it.
    pub(crate) mark: String,
    /// Who GitLab said it is.
    pub(crate) told: Told,
    pub(crate) wanted: Vec<String>,
    /// Of an account that signs in by app login from then on.
    pub(crate) login: Option<NewLogin>,
    /// GitLab's version, where it was told.
    pub(crate) version: Option<String>,
    /// What the ledger says of it: the word, and what goes with it.
    pub(crate) entry: (String, Option<String>),
}

/// Writes what is to come.
pub(crate) fn put(
    db: &Connection,
    account: &AccountId,
    relink: &Relink,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let plan = serde_json::to_string(relink).map_err(|_| unreadable("plan"))?;
    db.execute(
        "INSERT INTO relinks (account, mark, plan, begun_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account) DO UPDATE SET mark = excluded.mark, plan = excluded.plan, begun_at = excluded.begun_at",
        params![account.to_string(), relink.mark, plan, now.to_string()],
    )?;
    Ok(())
}

/// What is to come of an account; the mark alone where the plan is of another version.
pub(crate) fn of(db: &Connection, account: &AccountId) -> rusqlite::Result<Option<(String, Option<Relink>)>> {
    db.query_row(
        "SELECT mark, plan FROM relinks WHERE account = ?1",
        [account.to_string()],
        |row| {
            let plan: String = row.get(1)?;
            Ok((row.get(0)?, serde_json::from_str(&plan).ok()))
        },
    )
    .optional()
}

/// It came, or it will not.
pub(crate) fn clear(db: &Connection, account: &AccountId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM relinks WHERE account = ?1", [account.to_string()])?;
    Ok(())
}

/// The accounts that are being linked again, oldest first.
pub(crate) fn accounts(db: &Connection) -> rusqlite::Result<Vec<AccountId>> {
    db.prepare("SELECT account FROM relinks ORDER BY begun_at, account")?
        .query_map([], |row| {
            let id: String = row.get(0)?;
            id.parse().map_err(|_| unreadable("account"))
        })?
        .collect()
}
