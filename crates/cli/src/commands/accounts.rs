//! `lablink accounts`: all of them, without asking any server or the keychain.

use links::{Account, Links};
use serde_json::Value;

use crate::commands::place;
use crate::console::Answer;
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::terminal::{Cell, Paint, escape, table};

/// Lists the accounts.
pub(crate) fn run(links: &Links, paint: Paint) -> Result<Answer, Failure> {
    let accounts = links.accounts()?;
    let text = if accounts.is_empty() {
        "No account is linked yet. Link one with: lablink link URL\n".to_owned()
    } else {
        lines(&accounts, paint)
    };
    Ok(Answer::asked("accounts", values(&accounts), text))
}

/// The accounts' JSON.
pub(crate) fn values(accounts: &[Account]) -> Value {
    Value::Array(accounts.iter().map(AccountJson::value).collect())
}

/// One aligned line an account.
pub(crate) fn lines(accounts: &[Account], paint: Paint) -> String {
    let rows: Vec<Vec<Cell>> = accounts
        .iter()
        .map(|account| {
            let state = health::state(&account.health);
            vec![
                Cell::toned(state.tone, state.text()),
                Cell::from(escape(&account.name)),
                Cell::from(format!(
                    "{} · {}",
                    health::handle(account),
                    escape(&place(account))
                )),
                Cell::from(health::method_name(account)),
            ]
        })
        .collect();
    table(paint, &rows)
}
