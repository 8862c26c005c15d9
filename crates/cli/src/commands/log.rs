//! `lablink log [NAME]`: what happened to the accounts, newest first.

use links::{LedgerEntry, Links, folded};
use serde_json::Value;

use crate::args::Log;
use crate::console::Answer;
use crate::failure::Failure;
use crate::health::moment;
use crate::json;
use crate::terminal::{Cell, Paint, escape, table};
use crate::text::happened;

/// The most entries shown.
const LIMIT: usize = 1000;

/// Shows the ledger.
pub(crate) fn run(links: &Links, args: &Log, paint: Paint) -> Result<Answer, Failure> {
    let entries = match &args.name {
        Some(name) => of(links, name)?,
        None => links.ledger(None, LIMIT)?,
    };
    let rows: Vec<Vec<Cell>> = entries.iter().map(row).collect();
    let text = if rows.is_empty() {
        "Nothing happened yet.\n".to_owned()
    } else {
        table(paint, &rows)
    };
    Ok(Answer::asked(
        "log",
        Value::Array(entries.iter().map(json::event).collect()),
        text,
    ))
}

/// What happened to the account of that name; of one that is gone, what happened under that name.
fn of(links: &Links, name: &str) -> Result<Vec<LedgerEntry>, Failure> {
    let unknown = match links.account(name) {
        Ok(account) => return Ok(links.ledger(Some(&account.id), LIMIT)?),
        Err(problem) => problem,
    };
    let mut entries = links.ledger(None, usize::MAX)?;
    entries.retain(|entry| folded(&entry.name) == folded(name));
    entries.truncate(LIMIT);
    if entries.is_empty() {
        Err(unknown.into())
    } else {
        Ok(entries)
    }
}

fn row(entry: &LedgerEntry) -> Vec<Cell> {
    vec![
        Cell::from(moment(entry.at)),
        Cell::from(escape(&entry.name)),
        Cell::from(happened(entry)),
    ]
}
