//! `lablink show NAME`: everything known about one account, without asking any server or the keychain.

use links::{Account, LedgerEntry, Links, Problem};

use crate::args::Named;
use crate::commands::accounts;
use crate::console::Answer;
use crate::failure::Failure;
use crate::health;
use crate::json::{self, AccountJson};
use crate::terminal::{Cell, Paint, Tone, escape, table};
use crate::text::{happened, rights};

/// How many entries of the ledger are told, and how many of them a person sees.
const EVENTS: usize = 20;
const EVENTS_SHOWN: usize = 5;

/// Shows one account.
pub(crate) fn run(links: &Links, args: &Named, paint: Paint) -> Result<Answer, Failure> {
    let account = links.account(&args.name)?;
    let events = links.ledger(Some(&account.id), EVENTS)?;
    // One account comes as a list of one, as scripts know it from `accounts` and `check`, and by itself.
    Ok(Answer::asked(
        "accounts",
        accounts::values(std::slice::from_ref(&account)),
        card(&account, &events, paint),
    )
    .and("account", AccountJson::value(&account))
    .and("details", json::details(&account, &events)))
}

fn card(account: &Account, events: &[LedgerEntry], paint: Paint) -> String {
    let state = health::state(&account.health);
    let mut rows = vec![vec![Cell::from("  State"), Cell::toned(state.tone, state.text())]];
    let mut row =
        |label: &str, text: String| rows.push(vec![Cell::from(format!("  {label}")), Cell::from(text)]);
    if let Some(detail) = health::detail(account) {
        row("", detail);
    }
    if let Some(action) = health::action(account) {
        row("To do", action);
    }
    row("GitLab", escape(account.instance.as_str()));
    row(
        "User",
        health::person(account).unwrap_or_else(|| health::handle(account)),
    );
    row("Method", health::method_name(account));
    match (&account.token_name, account.token_id) {
        (Some(name), Some(id)) => row("Token", format!("{} (number {id})", escape(name))),
        (Some(name), None) => row("Token", escape(name)),
        (None, Some(id)) => row("Token", format!("number {id}")),
        (None, None) => {}
    }
    row("It can", rights::may(account));
    if let Some(missing) = rights::lacks(account) {
        row("It cannot", missing);
    }
    row("git", rights::reach(&account.git()));
    row("Registry", rights::reach(&account.registry()));
    if let Some(made) = account.token_created_at {
        row("Made", health::moment(made));
    }
    if let Some(used) = account.last_used_at {
        row("Last used", health::moment(used));
    }
    row("Expires", health::expiry(account));
    if let Some(login) = &account.login {
        row("Application", escape(&login.application_id));
    }
    if let Some(seconds) = account.clock_ahead {
        row(
            "Clock",
            Failure::from(Problem::ClockOff { seconds }).message().to_owned(),
        );
    }
    row(
        "Checked",
        account
            .checked_at
            .map_or_else(|| "not yet".to_owned(), health::moment),
    );
    row("Linked", health::moment(account.linked_at));
    row("Secret in", health::place_name(account.secret_in).to_owned());
    let mut text = format!("{}\n{}", paint.bold(&escape(&account.name)), table(paint, &rows));
    if let Some(warning) = rights::wider(account) {
        let warning = paint.tone(Tone::Soon, &format!("◐ {warning}"));
        text.extend(["\n  ", &warning, "\n"]);
    }
    if !events.is_empty() {
        let shown = events.iter().take(EVENTS_SHOWN);
        let rows: Vec<Vec<Cell>> = shown
            .map(|event| {
                vec![
                    Cell::from(format!("  {}", health::moment(event.at))),
                    Cell::from(happened(event)),
                ]
            })
            .collect();
        text.extend(["\n", &table(paint, &rows)]);
    }
    text
}
