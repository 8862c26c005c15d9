//! What a person was told of which account, and what is on its way to the screen.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::unreadable;
use crate::account::AccountId;
use crate::reminding::{Reminder, Told};

pub(crate) fn of(db: &Connection, id: &AccountId) -> rusqlite::Result<Told> {
    let told = db
        .prepare_cached(
            "SELECT credential, told, last_at, showing, showing_at, snoozed, snoozed_until FROM notices
             WHERE account = ?1",
        )?
        .query_row([id.to_string()], read)
        .optional()?;
    Ok(told.unwrap_or_default())
}

pub(crate) fn set(db: &Connection, id: &AccountId, told: &Told) -> rusqlite::Result<()> {
    let words: Vec<&str> = told.reminders.iter().map(|reminder| reminder.as_str()).collect();
    let word = |pair: Option<(Reminder, Timestamp)>| pair.map(|(reminder, _)| reminder.as_str());
    let time = |pair: Option<(Reminder, Timestamp)>| pair.map(|(_, at)| at.to_string());
    db.execute(
        "INSERT OR REPLACE INTO notices (account, credential, told, last_at, showing, showing_at, snoozed,
            snoozed_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            id.to_string(),
            told.credential,
            words.join(" "),
            told.last.map(|at| at.to_string()),
            word(told.on_its_way),
            time(told.on_its_way),
            word(told.snoozed),
            time(told.snoozed),
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Told> {
    let told: String = row.get("told")?;
    let last: Option<String> = row.get("last_at")?;
    Ok(Told {
        credential: row.get("credential")?,
        // A word of a later version is none of ours to tell.
        reminders: told.split(' ').filter_map(Reminder::from_word).collect(),
        last: last
            .map(|at| at.parse().map_err(|_| unreadable("last_at")))
            .transpose()?,
        on_its_way: pair(row, "showing", "showing_at")?,
        snoozed: pair(row, "snoozed", "snoozed_until")?,
    })
}

fn pair(
    row: &Row<'_>,
    word: &'static str,
    time: &'static str,
) -> rusqlite::Result<Option<(Reminder, Timestamp)>> {
    let (said, at): (Option<String>, Option<String>) = (row.get(word)?, row.get(time)?);
    let (Some(said), Some(at)) = (said, at) else {
        return Ok(None);
    };
    let at = at.parse().map_err(|_| unreadable(time))?;
    Ok(Reminder::from_word(&said).map(|reminder| (reminder, at)))
}
