//! `lablink check [NAME…]`: asks each account's GitLab now.

use links::{Account, AccountId, Links};

use crate::args::Check;
use crate::commands::accounts;
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health;
use crate::terminal::{Paint, escape};

/// Checks the named accounts, or all; the status tells the most urgent thing found.
pub(crate) async fn run(links: &Links, args: &Check, paint: Paint) -> Result<Answer, Failure> {
    let checked = if args.names.is_empty() {
        links.check_all().await?
    } else {
        // All names first: a wrong one must not leave half of the others checked.
        let mut wanted: Vec<Account> = Vec::new();
        for name in &args.names {
            let account = links.account(name)?;
            if !wanted.iter().any(|known| known.id == account.id) {
                wanted.push(account);
            }
        }
        let ids: Vec<AccountId> = wanted.iter().map(|account| account.id).collect();
        let mut checked = links.check_these(&ids).await?;
        // In the order they were asked for.
        checked.sort_by_key(|account| ids.iter().position(|id| *id == account.id));
        checked
    };
    let status = ExitStatus::together(checked.iter().map(|account| health::status(&account.health)));
    let mut text = if checked.is_empty() {
        "No account is linked yet. Link one with: lablink link URL\n".to_owned()
    } else {
        accounts::lines(&checked, paint)
    };
    for account in &checked {
        if let Some(detail) = health::detail(account) {
            text.extend(["\n", &escape(&account.name), ": ", &detail, "\n"]);
            if let Some(action) = health::action(account) {
                text.extend(["  ", &action, "\n"]);
            }
        }
    }
    // Of several the first that needs what the status says.
    let failure = checked
        .iter()
        .filter(|account| status != ExitStatus::Done && health::status(&account.health) == status)
        .find_map(|account| Some(health::problem(account)?.of_account(&account.name)));
    Ok(Answer::asked("accounts", accounts::values(&checked), text).ending(status, failure))
}
