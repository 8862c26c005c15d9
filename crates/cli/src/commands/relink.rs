//! `lablink relink NAME` and `lablink permissions NAME`: signing in again to an account that is linked by app login.
//! Until the new sign-in is proved and stored, the old one is untouched.

use links::{Account, Links, Secret};

use crate::args::{Permissions, Relink};
use crate::commands::{link, login, quoted};
use crate::console::{Answer, Console};
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::terminal::Tone;

/// Signs in again for what the account was linked for.
pub(crate) async fn relink(
    links: &Links,
    args: &Relink,
    secret: Option<Secret>,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let account = links.account(&args.name)?;
    let application = login::given(&args.application, secret.as_ref())?;
    let account = login::again(links, &account, None, &args.sign_in, application, console).await?;
    Ok(done(&account, console))
}

/// Signs in again for another set of permissions.
pub(crate) async fn permissions(
    links: &Links,
    args: &Permissions,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let scopes = link::scopes(&args.scopes)?;
    let account = links.account(&args.name)?;
    let account = login::again(links, &account, Some(scopes), &args.sign_in, None, console).await?;
    Ok(done(&account, console))
}

fn done(account: &Account, console: &Console<'_>) -> Answer {
    let paint = console.paint();
    let text = format!(
        "{} {} is signed in again.\n  It can: {}.\n",
        paint.tone(Tone::Good, "●"),
        paint.bold(&quoted(&account.name)),
        health::abilities(account)
    );
    Answer::done("account", AccountJson::value(account), text)
}
