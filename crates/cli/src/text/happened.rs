//! What happened to an account, in words: one line for each kind of entry the ledger has. Touches nothing.

use links::LedgerEntry;

use crate::health::{list, moment};
use crate::redact::redact;
use crate::terminal::escape;

/// An entry as a line for people, fit for a terminal.
#[must_use]
pub fn happened(entry: &LedgerEntry) -> String {
    let detail = entry.detail.as_deref().map(|detail| redact(&escape(detail)));
    let line = match (entry.what.as_str(), detail) {
        ("linked", Some(address)) => format!("linked at {address}"),
        ("linked", None) => "linked".to_owned(),
        ("renamed", Some(old)) => format!("renamed, it was “{old}”"),
        ("renamed", None) => "renamed".to_owned(),
        ("relinked", Some(who)) if who.starts_with('@') => format!("linked again, as {who}"),
        ("relinked", _) => "linked again".to_owned(),
        ("old_left_alive", Some(method)) if method == "app" => {
            "its earlier sign-in could not be revoked at GitLab and may still work".to_owned()
        }
        ("old_left_alive", _) => {
            "its earlier token could not be revoked at GitLab and may still work".to_owned()
        }
        ("rotated", Some(until)) => format!("token rotated, the new one ends on {until}"),
        ("rotated", None) => "token rotated".to_owned(),
        ("not_rotated", why) => not_rotated(why.as_deref()),
        ("rotation_on", _) => "set to rotate its token by itself".to_owned(),
        ("rotation_off", _) => "set to keep its token until it ends".to_owned(),
        ("renewed", _) => "login renewed by itself".to_owned(),
        ("permitted", Some(scopes)) => {
            let scopes: Vec<String> = scopes.split(' ').map(str::to_owned).collect();
            format!("given other permissions: {}", list(&scopes))
        }
        ("authority_trusted", Some(name)) => format!("another authority trusted for its GitLab: {name}"),
        ("authority_trusted", None) => "another authority trusted for its GitLab".to_owned(),
        ("token_given", Some(program)) => format!("token given to {program}"),
        ("token_given", None) => "token given to a program".to_owned(),
        ("token_refused", Some(program)) => format!("token refused by GitLab, says {program}"),
        ("health_changed", Some(state)) => changed(&state),
        ("unlinked", Some(address)) => format!("unlinked from {address}"),
        ("revocation_waits", Some(address)) => format!("its token waits to be revoked at {address}"),
        ("revocation_ended", Some(end)) => ended(&end),
        ("unlinked", None) => "unlinked".to_owned(),
        (what, detail) => {
            let what = escape(&what.replace('_', " "));
            detail.map_or_else(|| what.clone(), |detail| format!("{what}: {detail}"))
        }
    };
    format!("{line}{}{}", whereto(entry), often(entry))
}

fn changed(state: &str) -> String {
    match state {
        "linked" => "works again",
        "expiring" => "will expire soon",
        "expired" => "expired",
        "revoked" => "GitLab no longer accepts the token",
        "too_narrow" => "found to lack permissions",
        "refused" => "refused by GitLab",
        "unreachable" => "could not be reached",
        "unknown" => "could not be checked",
        other => return format!("changed: {other}"),
    }
    .to_owned()
}

fn not_rotated(why: Option<&str>) -> String {
    match why {
        Some("lost_renewal") => "its new token was lost on the way, and the old one is dead",
        Some("rotation_unsure") => "GitLab’s answer to a rotation was lost; the token is used to its end",
        Some("rotation_scope") => "token not rotated: it has no scope that allows it",
        Some("rotation_too_old") => "token not rotated: this GitLab is too old for it",
        Some("rotation_shared") => "token not rotated: another account uses it, too",
        Some("rotation_expiry") => "token not rotated: GitLab does not let a new one live that long",
        Some("rotation_unsettled") => {
            "GitLab’s answer to a rotation was lost; what became of the token is not known yet"
        }
        // A name of a problem, as `lablink check` shows it in full.
        Some(code) => return format!("token not rotated ({code})"),
        None => "token not rotated",
    }
    .to_owned()
}

fn ended(end: &str) -> String {
    match end {
        "revoked" => "its token is revoked, and proved dead",
        "was_dead" => "its token was dead already, and proved so",
        "expired" => "its token expired before GitLab answered",
        "shared" => "its token is left alive: another account uses it",
        "left_alive" => "its token is left alive, as asked",
        other => return format!("its token has its end: {other}"),
    }
    .to_owned()
}

fn whereto(entry: &LedgerEntry) -> String {
    let address = entry.address.as_deref();
    address.map_or_else(String::new, |address| {
        format!(" for {}", redact(&escape(address)))
    })
}

fn often(entry: &LedgerEntry) -> String {
    if entry.times > 1 {
        format!(", {} times until {}", entry.times, moment(entry.last_at))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(what: &str, detail: Option<&str>, address: Option<&str>, times: u32) -> LedgerEntry {
        LedgerEntry {
            at: "2026-11-20T08:00:00Z".parse().unwrap(),
            account: None,
            name: "Work".to_owned(),
            what: what.to_owned(),
            detail: detail.map(str::to_owned),
            address: address.map(str::to_owned),
            times,
            last_at: "2026-11-20T08:41:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn every_kind_of_entry_reads_as_a_sentence() {
        for (what, detail, address, times, line) in [
            (
                "linked",
                Some("https://a.test"),
                None,
                1,
                "linked at https://a.test",
            ),
            (
                "token_given",
                Some("git"),
                Some("https://a.test/x"),
                1,
                "token given to git for https://a.test/x",
            ),
            (
                "token_given",
                Some("git"),
                Some("https://a.test/x"),
                12,
                "token given to git for https://a.test/x, 12 times until 2026-11-20 08:41 UTC",
            ),
            ("health_changed", Some("expired"), None, 1, "expired"),
            ("relinked", None, None, 1, "linked again"),
            ("relinked", Some("@grace"), None, 1, "linked again, as @grace"),
            (
                "rotated",
                Some("2027-11-20"),
                None,
                1,
                "token rotated, the new one ends on 2027-11-20",
            ),
            (
                "not_rotated",
                Some("rotation_scope"),
                None,
                1,
                "token not rotated: it has no scope that allows it",
            ),
            (
                "old_left_alive",
                Some("app"),
                None,
                1,
                "its earlier sign-in could not be revoked at GitLab and may still work",
            ),
            (
                "authority_trusted",
                Some("Example Corp CA"),
                None,
                1,
                "another authority trusted for its GitLab: Example Corp CA",
            ),
            ("rotation_on", None, None, 1, "set to rotate its token by itself"),
            (
                "rotation_off",
                None,
                None,
                1,
                "set to keep its token until it ends",
            ),
            (
                "permitted",
                Some("api read_user"),
                None,
                1,
                "given other permissions: api and read_user",
            ),
            ("of_next_year", Some("x"), None, 1, "of next year: x"),
        ] {
            assert_eq!(happened(&entry(what, detail, address, times)), line);
        }
    }

    #[test]
    fn hostile_text_is_escaped_and_what_looks_like_a_token_withheld() {
        let hostile = "\u{1b}[31m\u{202e}glpat-secret";
        for what in ["linked", "renamed", "token_given", "health_changed", "\u{1b}]0;x"] {
            let line = happened(&entry(what, Some(hostile), Some(hostile), 2));
            assert!(
                !line.contains(['\u{1b}', '\u{202e}']) && !line.contains("glpat-secret"),
                "{line}"
            );
        }
    }
}
