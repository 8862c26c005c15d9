//! Tokens of accounts that are gone, which wait to be revoked at GitLab. The tokens themselves are in the vault.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vault::Place;

use super::accounts::{KeptAccount, integer, list, natural, parsed, text, unlist};
use super::unreadable;
use crate::account::{AccountId, Method, place_from_name, place_name};
use crate::later::RevocationEnd;
use crate::problem::ProblemCode;

/// A revocation as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptRevocation {
    /// The identifier the account had; its secret still lies under it.
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) instance: i64,
    pub(crate) address: String,
    pub(crate) user_id: u64,
    pub(crate) username: Option<String>,
    pub(crate) method: Method,
    pub(crate) token_id: Option<u64>,
    pub(crate) wanted: Vec<String>,
    pub(crate) place: Place,
    /// When the token dies by itself.
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) since: Timestamp,
    pub(crate) tries: u32,
    pub(crate) tried_at: Option<Timestamp>,
    pub(crate) why: Option<ProblemCode>,
    /// What became of it; all that is left to do is to remove the secret.
    pub(crate) ended: Option<RevocationEnd>,
}

const COLUMNS: &str =
    "SELECT r.account, r.name, r.instance, i.address, r.user_id, r.username, r.method, r.token_id,
    r.wanted, r.place, r.ends_at, r.since, r.tries, r.tried_at, r.why, r.ended
    FROM revocations r JOIN instances i ON i.id = r.instance";

/// All of them, oldest first.
pub(crate) fn all(db: &Connection) -> rusqlite::Result<Vec<KeptRevocation>> {
    db.prepare_cached(&format!("{COLUMNS} ORDER BY r.since, r.account"))?
        .query_map([], read)?
        .collect()
}

/// One, as it stands now.
pub(crate) fn of(db: &Connection, id: &AccountId) -> rusqlite::Result<Option<KeptRevocation>> {
    db.prepare_cached(&format!("{COLUMNS} WHERE r.account = ?1"))?
        .query_row([id.to_string()], read)
        .optional()
}

/// Whether a token of this instance waits.
pub(crate) fn any_at(db: &Connection, instance: i64) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM revocations WHERE instance = ?1")?
        .exists([instance])
}

/// The token of this account waits from now on.
pub(crate) fn add(
    db: &Connection,
    account: &KeptAccount,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO revocations (account, name, instance, user_id, username, method, token_id, wanted, place,
            ends_at, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            account.id.to_string(),
            account.name,
            account.instance,
            integer(account.told.user_id)?,
            account.told.username,
            account.method.as_str(),
            account.told.token_id.map(integer).transpose()?,
            list(&account.wanted),
            place_name(account.place),
            ends_at.map(|at| at.to_string()),
            now.to_string(),
        ],
    )?;
    Ok(())
}

/// An attempt came to nothing.
pub(crate) fn failed(
    db: &Connection,
    id: &AccountId,
    why: ProblemCode,
    now: Timestamp,
) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE revocations SET tries = min(tries + 1, 1000000), tried_at = ?2, why = ?3 WHERE account = ?1",
        params![id.to_string(), now.to_string(), why.as_str()],
    )?;
    Ok(())
}

/// This became of it: what is left is to remove the secret.
pub(crate) fn end(db: &Connection, id: &AccountId, end: RevocationEnd) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE revocations SET ended = ?2, tries = 0, tried_at = NULL, why = NULL WHERE account = ?1",
        params![id.to_string(), end.as_str()],
    )?;
    Ok(())
}

/// The secret is gone, and so is this.
pub(crate) fn remove(db: &Connection, id: &AccountId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM revocations WHERE account = ?1", [id.to_string()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptRevocation> {
    let why: Option<String> = row.get("why")?;
    let ended: Option<String> = row.get("ended")?;
    Ok(KeptRevocation {
        id: text(row, "account")?.parse().map_err(|_| unreadable("account"))?,
        name: row.get("name")?,
        instance: row.get("instance")?,
        address: row.get("address")?,
        user_id: natural(row.get("user_id")?)?,
        username: row.get("username")?,
        method: Method::from_word(&text(row, "method")?).ok_or_else(|| unreadable("method"))?,
        token_id: row.get::<_, Option<i64>>("token_id")?.map(natural).transpose()?,
        wanted: unlist("wanted", &text(row, "wanted")?)?,
        place: place_from_name(&text(row, "place")?).ok_or_else(|| unreadable("place"))?,
        ends_at: parsed(row, "ends_at")?,
        since: parsed(row, "since")?.ok_or_else(|| unreadable("since"))?,
        tries: row.get("tries")?,
        tried_at: parsed(row, "tried_at")?,
        why: why.map(|word| ProblemCode::from_word(&word).unwrap_or(ProblemCode::Internal)),
        ended: match ended {
            Some(word) => Some(RevocationEnd::from_word(&word).ok_or_else(|| unreadable("ended"))?),
            None => None,
        },
    })
}
