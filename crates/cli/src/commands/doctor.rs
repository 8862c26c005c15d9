//! `lablink doctor [URL]`: what keeps a link from working, one line and one action each.

use links::{Check, Clock as _, Finding, Home, Links, PutAside, SystemClock, Verdict};
use serde_json::{Value, json};

use crate::args::Doctor;
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health;
use crate::redact::redact;
use crate::terminal::{Cell, Paint, Tone, escape, table};

/// Looks at everything, and tells; the status is that of the most urgent thing that does not work.
pub(crate) async fn run(links: &Links, args: &Doctor, paint: Paint) -> Result<Answer, Failure> {
    let found = Box::pin(links.doctor(args.url.as_deref())).await;
    let findings: Vec<(Finding, Option<Failure>)> = found
        .into_iter()
        .map(|finding| {
            let failure = failure(links, &finding);
            (finding, failure)
        })
        .collect();
    let bad = findings.iter().filter(|(finding, _)| finding.ok == Verdict::Bad);
    let status = ExitStatus::together(
        bad.map(|(_, failure)| failure.as_ref().map_or(ExitStatus::Refused, Failure::status)),
    );
    let failure = findings
        .iter()
        .filter(|(finding, _)| finding.ok == Verdict::Bad)
        .find_map(|(_, failure)| failure.clone().filter(|failure| failure.status() == status));
    let rows: Vec<Vec<Cell>> = findings.iter().map(row).collect();
    let text = table(paint, &rows);
    Ok(Answer::asked(
        "findings",
        Value::Array(findings.iter().map(value).collect()),
        text,
    )
    .ending(status, failure))
}

/// Puts a damaged database aside, and says what came of it.
pub(crate) fn put_aside(home: &Home) -> Result<String, Failure> {
    Ok(match links::put_aside(home, SystemClock.now())? {
        None => "The list of accounts is not damaged; nothing was put aside.".to_owned(),
        Some(PutAside { file, accounts }) => format!(
            "The damaged list of accounts is kept as {}. Accounts taken over from it: {accounts}.",
            escape(&file.display().to_string())
        ),
    })
}

/// What is wrong, with its words; of a token what its account's state says.
fn failure(links: &Links, finding: &Finding) -> Option<Failure> {
    match (&finding.problem, &finding.check) {
        (Some(problem), _) => Some(Failure::from(problem)),
        (None, Check::Token { name }) if finding.ok != Verdict::Ok => {
            health::problem(&links.account(name).ok()?)
        }
        (None, Check::Revocation { .. }) => Some(Failure::new("revocation_waits", ExitStatus::NoAnswer)),
        (None, _) => None,
    }
}

fn row((finding, failure): &(Finding, Option<Failure>)) -> Vec<Cell> {
    let mark = match finding.ok {
        Verdict::Ok => Cell::toned(Tone::Good, "✓"),
        Verdict::Warn => Cell::toned(Tone::Soon, "◐"),
        Verdict::Bad => Cell::toned(Tone::Bad, "✕"),
    };
    let said = match failure {
        Some(failure) => format!("{} → {}", failure.message(), failure.hint()),
        None => escape(finding.detail.as_deref().unwrap_or_default()),
    };
    vec![
        mark,
        Cell::from(title(&finding.check)),
        Cell::from(subject(finding)),
        Cell::from(said),
    ]
}

/// What was looked at, for people.
fn title(check: &Check) -> &'static str {
    match check {
        Check::Home => "Folder",
        Check::Store => "Database",
        Check::Clock => "Clock",
        Check::Policy => "Policy",
        Check::Keychain => "Keychain",
        Check::Dns => "Name",
        Check::Proxy => "Proxy",
        Check::Tls => "Connection",
        Check::GitLab => "GitLab",
        Check::Token { .. } => "Token",
        Check::Scopes { .. } => "Scopes",
        Check::Revocation { .. } => "Unlinked",
        Check::Git => "git",
    }
}

/// Which one: of an account its display name. What a person typed before an `@` may be a password: it is not said back.
fn subject(finding: &Finding) -> String {
    let withheld = matches!(&finding.problem, Some(problem) if matches!(problem.code(), "address_user_info" | "address_token"));
    match &finding.check {
        Check::Token { name } | Check::Scopes { name } | Check::Revocation { name } => escape(name),
        _ if withheld => "the address given".to_owned(),
        _ => redact(&escape(&finding.subject)),
    }
}

fn value((finding, failure): &(Finding, Option<Failure>)) -> Value {
    let check = match &finding.check {
        Check::Home => "home",
        Check::Store => "store",
        Check::Clock => "clock",
        Check::Policy => "policy",
        Check::Keychain => "keychain",
        Check::Dns => "dns",
        Check::Proxy => "proxy",
        Check::Tls => "tls",
        Check::GitLab => "gitlab",
        Check::Token { .. } => "token",
        Check::Scopes { .. } => "scopes",
        Check::Revocation { .. } => "revocation",
        Check::Git => "git",
    };
    let state = match finding.ok {
        Verdict::Ok => "ok",
        Verdict::Warn => "warn",
        Verdict::Bad => "bad",
    };
    json!({
        "check": check,
        "state": state,
        "subject": subject(finding),
        "code": failure.as_ref().map(Failure::code),
        "message": failure.as_ref().map(Failure::message),
        "hint": failure.as_ref().map(Failure::hint),
        "detail": finding.detail,
    })
}
