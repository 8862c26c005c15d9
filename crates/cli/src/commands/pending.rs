//! Tokens that wait to be revoked: `lablink unlink --pending`, and what other commands do about them on their way.

use links::{Links, Revocation, RevocationEnd, Tried, Waiting, folded, place_name};
use serde_json::{Value, json};

use crate::args::Unlink;
use crate::commands::quoted;
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health::moment;

/// Refuses to give up everything at once.
pub(crate) fn refuse_early(args: &Unlink) -> Result<(), Failure> {
    if args.pending && args.keep_token && args.name.is_none() {
        return Err(Failure::usage(
            "--pending with --keep-token wants the name of the account.",
            "See what waits with: lablink unlink --pending",
        ));
    }
    Ok(())
}

/// Lists what waits; or tries, or gives up, what waits under a name.
pub(crate) async fn run(links: &Links, args: &Unlink) -> Result<Answer, Failure> {
    let all = links.revocations()?;
    let Some(name) = &args.name else {
        let text = if all.is_empty() {
            "No token waits to be revoked.\n".to_owned()
        } else {
            all.iter().map(waits).collect()
        };
        let values = all.iter().map(|one| value(one, None)).collect();
        return Ok(Answer::asked("pending", Value::Array(values), text));
    };
    let wanted: Vec<Revocation> = all
        .into_iter()
        .filter(|one| folded(&one.name) == folded(name))
        .collect();
    if wanted.is_empty() {
        let value = ("name", name.clone());
        return Err(Failure::about("nothing_pending", ExitStatus::PersonNeeded, value));
    }
    let (mut values, mut text, mut failures) = (Vec::new(), String::new(), Vec::new());
    for revocation in wanted {
        if args.keep_token {
            links.forget_revocation(&revocation.id).await?;
            values.push(value(&revocation, Some(RevocationEnd::LeftAlive)));
            text.push_str(&said(&revocation, RevocationEnd::LeftAlive));
            text.push('\n');
            continue;
        }
        for Tried { revocation, outcome } in links.revoke_waiting(Waiting::One(revocation.id)).await? {
            match outcome {
                Ok(end) => {
                    values.push(value(&revocation, Some(end)));
                    text.push_str(&said(&revocation, end));
                    text.push('\n');
                }
                Err(problem) => {
                    let failure = Failure::at(&problem, &revocation.instance.label());
                    let again = links
                        .revocations()?
                        .into_iter()
                        .find(|one| one.id == revocation.id);
                    let current = again.unwrap_or(revocation);
                    values.push(value(&current, None));
                    text.extend([&waits(&current), "  ", failure.message(), "\n"]);
                    failures.push(failure);
                }
            }
        }
    }
    let status = ExitStatus::together(failures.iter().map(Failure::status));
    let failure = failures.into_iter().find(|failure| failure.status() == status);
    Ok(Answer::asked("pending", Value::Array(values), text).ending(status, failure))
}

/// Tries what waits beside what a command was asked for, and tells what has its end. What waits on is nobody's failure.
pub(crate) async fn catch_up(
    links: &Links,
    which: Waiting,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    for Tried { revocation, outcome } in links.revoke_waiting(which).await? {
        if let Ok(end) = outcome {
            console.note(&said(&revocation, end));
        }
    }
    Ok(())
}

/// What became of a token that waited.
fn said(one: &Revocation, end: RevocationEnd) -> String {
    let name = quoted(&one.name);
    let place = one.instance.label();
    match end {
        RevocationEnd::Revoked => format!("The token of {name} is revoked now at {place}: proved."),
        RevocationEnd::WasDead => format!("The token of {name} was dead already at {place}: proved."),
        RevocationEnd::Expired => {
            format!("The token of {name} has expired; {place} did not answer before that.")
        }
        RevocationEnd::Shared => {
            format!("The token of {name} is not revoked: another account here uses it.")
        }
        RevocationEnd::LeftAlive => {
            format!("The token of {name} is forgotten here, and still alive at {place}.")
        }
    }
}

/// What waits, and how it went so far.
fn waits(one: &Revocation) -> String {
    let tried = one
        .tried_at
        .map_or_else(String::new, |at| format!(", tried last {}", moment(at)));
    format!(
        "The token of {} waits to be revoked at {}, since {}{tried}.\n",
        quoted(&one.name),
        one.instance.label(),
        moment(one.since)
    )
}

/// One that waits, or that has its end; all keys always there.
fn value(one: &Revocation, ended: Option<RevocationEnd>) -> Value {
    json!({
        "name": one.name,
        "instance": one.instance.as_str(),
        "username": one.username,
        "method": one.method.as_str(),
        "secret_in": place_name(one.secret_in),
        "since": one.since.to_string(),
        "tries": one.tries,
        "tried_at": one.tried_at.map(|at| at.to_string()),
        "why": one.why.map(links::ProblemCode::as_str),
        "expires_at": one.ends_at.map(|at| at.to_string()),
        "ended": ended.map(RevocationEnd::as_str),
    })
}
