//! Work under way: written before anything lasting happens, cleared with the last of it. What a killed process leaves
//! here tells the next one what to finish or to undo.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vault::Place;

use super::accounts::NewAccount;
use super::unreadable;
use crate::account::{AccountId, place_from_name, place_name};

/// What was being done, and so which way leads out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Linking: the token was found good, the secret may be in the vault, the account does not stand yet. Forward
    /// when the secret is there, else back.
    Link(Box<NewAccount>),
    /// Linking failed or was cancelled after the secret may have been written: back. The plan, where it can be read,
    /// says what else was written.
    LinkUndo(Option<Box<NewAccount>>),
    /// Unlinking: the token may have been revoked at GitLab or not. Ask, then forward or back.
    Unlink,
    /// Unlinking: GitLab said that it revoked the token. Forward, unless the token still works.
    Revoked,
    /// Unlinking: nothing is left to do at GitLab. Forward.
    Forget,
}

impl Stage {
    /// What was to be linked.
    pub(crate) fn into_plan(self) -> Option<Box<NewAccount>> {
        match self {
            Self::Link(plan) => Some(plan),
            Self::LinkUndo(plan) => plan,
            Self::Unlink | Self::Revoked | Self::Forget => None,
        }
    }
}

/// One piece of work under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    /// Where its secret is, or would be.
    pub(crate) place: Place,
    pub(crate) stage: Stage,
}

/// Writes the intent, or moves it to another stage.
pub(crate) fn put(db: &Connection, intent: &Intent, now: Timestamp) -> rusqlite::Result<()> {
    let written = |plan: &NewAccount| serde_json::to_string(plan).map_err(|_| unreadable("plan"));
    let (stage, plan) = match &intent.stage {
        Stage::Link(plan) => ("link", Some(written(plan)?)),
        Stage::LinkUndo(plan) => ("link_undo", plan.as_deref().map(written).transpose()?),
        Stage::Unlink => ("unlink", None),
        Stage::Revoked => ("revoked", None),
        Stage::Forget => ("forget", None),
    };
    db.execute(
        "INSERT INTO intents (account, stage, name, place, plan, begun_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (account) DO UPDATE SET stage = excluded.stage, plan = excluded.plan",
        params![
            intent.account.to_string(),
            stage,
            intent.name,
            place_name(intent.place),
            plan,
            now.to_string()
        ],
    )?;
    Ok(())
}

/// A link that is under way is to be taken back.
pub(crate) fn call_off(db: &Connection, account: &AccountId) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE intents SET stage = 'link_undo' WHERE account = ?1 AND stage = 'link'",
        [account.to_string()],
    )?;
    Ok(())
}

/// The work is done, or undone.
pub(crate) fn clear(db: &Connection, account: &AccountId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM intents WHERE account = ?1", [account.to_string()])?;
    Ok(())
}

/// One account's intent, as it stands now.
pub(crate) fn of(db: &Connection, account: &AccountId) -> rusqlite::Result<Option<Intent>> {
    db.query_row(
        "SELECT account, stage, name, plan, place FROM intents WHERE account = ?1",
        [account.to_string()],
        read,
    )
    .optional()
}

/// The accounts with work under way, oldest first.
pub(crate) fn accounts(db: &Connection) -> rusqlite::Result<Vec<AccountId>> {
    db.prepare("SELECT account FROM intents ORDER BY begun_at, account")?
        .query_map([], |row| {
            let id: String = row.get(0)?;
            id.parse().map_err(|_| unreadable("account"))
        })?
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Intent> {
    let account: String = row.get(0)?;
    let stage: String = row.get(1)?;
    let plan: Option<String> = row.get(3)?;
    let plan = plan
        .and_then(|plan| serde_json::from_str(&plan).ok())
        .map(Box::new);
    let stage = match (stage.as_str(), plan) {
        // A plan of another version is not followed: back is always safe.
        ("link", Some(plan)) => Stage::Link(plan),
        ("link" | "link_undo", plan) => Stage::LinkUndo(plan),
        ("unlink", _) => Stage::Unlink,
        ("revoked", _) => Stage::Revoked,
        ("forget", _) => Stage::Forget,
        _ => return Err(unreadable("stage")),
    };
    let place: String = row.get(4)?;
    Ok(Intent {
        account: account.parse().map_err(|_| unreadable("account"))?,
        name: row.get(2)?,
        place: place_from_name(&place).ok_or_else(|| unreadable("place"))?,
        stage,
    })
}
