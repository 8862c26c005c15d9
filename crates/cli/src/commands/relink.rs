//! `lablink relink NAME` and `lablink permissions NAME`: another token or login in the place of the one there is. Until
//! the new one is proved and stored, the old one is untouched.

use std::sync::Arc;

use links::{Account, Event, Links, Method, OtherUser, ProblemCode, ReplacedEnd, SignInAgain, TokenRelink};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use crate::args::{Permissions, Relink};
use crate::commands::{link, login, quoted};
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::secret_input::Secrets;
use crate::terminal::Tone;
use crate::text;

/// Refuses scopes that name none.
pub(crate) fn refuse_early(args: &Relink) -> Result<(), Failure> {
    args.scopes.as_deref().map(link::scopes).transpose().map(drop)
}

/// Links an account again, for what it was linked for unless something else is said.
pub(crate) async fn relink(
    links: &Links,
    args: Relink,
    secrets: Secrets,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let scopes = args.scopes.as_deref().map(link::scopes).transpose()?;
    let account = links.account(&args.name)?;
    let other_user = args.other_user.map_or(OtherUser::Refused, OtherUser::Named);
    let mut events = links.subscribe();
    let relinked = if args.token_stdin {
        let request = TokenRelink {
            token: secrets
                .token
                .ok_or_else(|| Failure::new("token_empty", ExitStatus::Usage))?,
            scopes,
            accept_missing: false,
            other_user,
            revoke_old: args.revoke_old,
        };
        Box::pin(links.relink_with_token(&account.id, request))
            .await
            .map_err(|problem| Failure::on(&problem, &account))?
    } else {
        let application = login::given(&args.application, secrets.application_secret.as_ref())?;
        let again = SignInAgain {
            scopes,
            application: application.map(Arc::new),
            accept_missing: false,
            open_browser: !args.sign_in.no_browser,
            by_code: args.sign_in.device,
            other_user,
            revoke_old: args.revoke_old,
        };
        login::again(links, &account, again, &args.sign_in, console).await?
    };
    let said = if relinked.user.id == account.user.id {
        "is linked again".to_owned()
    } else {
        format!("is {} from now on", health::handle(&relinked))
    };
    let replaced = replaced(&mut events, &account);
    let old_lives = account.method == Method::Token
        && replaced.is_empty()
        && account.token_id != relinked.token_id
        && health::works(&account.health);
    let also = if old_lives {
        "  Its earlier token still works at GitLab; revoke it there if nothing else uses it.\n"
    } else {
        ""
    };
    Ok(done(&relinked, &said, also, &replaced, console))
}

/// What became of what the account signed in with before, in the order it was told of.
fn replaced(events: &mut Receiver<Event>, account: &Account) -> Vec<(Method, ReplacedEnd)> {
    let mut told = Vec::new();
    loop {
        match events.try_recv() {
            Ok(Event::Replaced { id, method, end, .. }) if id == account.id => told.push((method, end)),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return told,
        }
    }
}

/// Signs in again for another set of permissions.
pub(crate) async fn permissions(
    links: &Links,
    args: &Permissions,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let scopes = link::scopes(&args.scopes)?;
    let account = links.account(&args.name)?;
    let mut events = links.subscribe();
    let account = login::permit(links, &account, scopes, &args.sign_in, console).await?;
    let replaced = replaced(&mut events, &account);
    Ok(done(&account, "is signed in again", "", &replaced, console))
}

fn done(
    account: &Account,
    said: &str,
    also: &str,
    replaced: &[(Method, ReplacedEnd)],
    console: &Console<'_>,
) -> Answer {
    let paint = console.paint();
    let ends: Vec<String> = replaced
        .iter()
        .map(|(method, end)| format!("  {}\n", text::replaced(account, *method, *end)))
        .collect();
    let ends = ends.concat();
    let values: Vec<Value> = replaced
        .iter()
        .map(|(method, end)| {
            let why = end.why().map(ProblemCode::as_str);
            json!({ "method": method.as_str(), "end": end.as_str(), "why": why })
        })
        .collect();
    let text = format!(
        "{} {} {said}.\n  It can: {}.\n{also}{ends}",
        paint.tone(Tone::Good, "●"),
        paint.bold(&quoted(&account.name)),
        health::abilities(account)
    );
    Answer::done("account", AccountJson::value(account), text).and("replaced", Value::Array(values))
}
