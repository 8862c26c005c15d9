//! `lablink show NAME`: everything known about one account, without asking any server or the keychain.

use links::{Account, Links};

use crate::args::Named;
use crate::console::Answer;
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::terminal::{Cell, Paint, escape, table};

/// Shows one account.
pub(crate) fn run(links: &Links, args: &Named, paint: Paint) -> Result<Answer, Failure> {
    let account = links.account(&args.name)?;
    Ok(Answer::asked(
        "account",
        AccountJson::value(&account),
        card(&account, paint),
    ))
}

fn card(account: &Account, paint: Paint) -> String {
    let state = health::state(&account.health);
    let mut rows = vec![vec![Cell::from("  State"), Cell::toned(state.tone, state.text())]];
    let mut row =
        |label: &str, text: String| rows.push(vec![Cell::from(format!("  {label}")), Cell::from(text)]);
    if let Some(detail) = health::detail(account) {
        row("", detail);
    }
    row("GitLab", escape(account.instance.as_str()));
    row(
        "User",
        health::person(account).unwrap_or_else(|| health::handle(account)),
    );
    row("Method", health::method_name(account));
    if let Some(name) = &account.token_name {
        row("Token", escape(name));
    }
    row("It can", health::abilities(account));
    row("Expires", health::expiry(account));
    if let Some(login) = &account.login {
        row("Application", escape(&login.application_id));
    }
    row(
        "Checked",
        account
            .checked_at
            .map_or_else(|| "not yet".to_owned(), health::moment),
    );
    row("Linked", health::moment(account.linked_at));
    row("Secret in", health::place_name(account.secret_in).to_owned());
    format!("{}\n{}", paint.bold(&escape(&account.name)), table(paint, &rows))
}
