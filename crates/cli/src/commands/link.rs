//! `lablink link URL`: one account, by signing in or with an access token.

use links::{Account, Links, TokenLink, WANTED};

use crate::args::Link;
use crate::commands::{authorities, login, place_of, quoted};
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health;
use crate::json::AccountJson;
use crate::secret_input::Secrets;
use crate::terminal::{Paint, Tone};

/// Refuses scopes that name none.
pub(crate) fn refuse_early(args: &Link) -> Result<(), Failure> {
    wanted(args).map(drop)
}

/// The scopes that were named, if any were.
fn wanted(args: &Link) -> Result<Option<Vec<String>>, Failure> {
    args.scopes.as_deref().map(scopes).transpose()
}

/// The names in the text of `--scopes`, each once.
pub(crate) fn scopes(text: &str) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split([' ', ',', '\t', '\n']).filter(|name| !name.is_empty()) {
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte))
        {
            return Err(Failure::usage(
                "What was given with --scopes is not a list of scopes.",
                "Give their names with spaces between, like --scopes \"read_api read_repository\".",
            ));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Err(Failure::usage(
            "No scope was named with --scopes.",
            "Leave --scopes out, or name at least one, like --scopes read_api.",
        ));
    }
    Ok(names)
}

/// Links the account. `person`: somebody sits at the terminal.
pub(crate) async fn run(
    links: &Links,
    args: Link,
    secrets: Secrets,
    person: bool,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let scopes = wanted(&args)?;
    let account = if args.token_stdin {
        let place = place_of(&args.url);
        let request = TokenLink {
            required: scopes.unwrap_or_else(|| WANTED.map(str::to_owned).to_vec()),
            authorities: authorities(&args.reach)?,
            pasted: args.url,
            name: args.name,
            token: secrets
                .token
                .ok_or_else(|| Failure::new("token_empty", ExitStatus::Usage))?,
            accept_missing: false,
            allow_http: args.reach.allow_http,
        };
        Box::pin(links.link_with_token(request))
            .await
            .map_err(|problem| Failure::at(&problem, &place))?
    } else {
        let new = login::NewLogin {
            url: args.url,
            name: args.name,
            scopes,
            sign_in: &args.sign_in,
            application: &args.application,
            secret: secrets.application_secret,
            reach: &args.reach,
            person,
        };
        Box::pin(login::link(links, new, console)).await?
    };
    Ok(linked(&account, console.paint()))
}

fn linked(account: &Account, paint: Paint) -> Answer {
    let mut told = vec![format!(
        "{} {} is linked.",
        paint.tone(Tone::Good, "●"),
        paint.bold(&quoted(&account.name))
    )];
    if let Some(who) = health::person(account) {
        told.push(format!("  You are {who}."));
    }
    told.push(format!("  It can: {}.", health::abilities(account)));
    told.push(format!(
        "  The secret is in: {}.",
        health::place_name(account.secret_in)
    ));
    if account.plain_http && !account.instance.is_loopback() {
        told.push("  The connection is plain http: anyone on the way can read the token.".to_owned());
    }
    let text = told.join("\n") + "\n";
    Answer::done("account", AccountJson::value(account), text)
}
