//! What a GitLab is set up with here: its app registration, link profiles, managed policy.

use super::{Pair, Values, say};
use crate::health::list;

pub(super) fn set_up(code: &str, v: &Values<'_>) -> Pair {
    let address = v.or("address", "this GitLab");
    match code {
        "scopes_invalid" => say(
            "What was given as scopes is not a list of them.",
            "Give their names with spaces between, like --scopes \"read_api read_repository\".",
        ),
        "profile_invalid" => say(
            format!(
                "This is not a link profile LabLink can take: {}.",
                reason(&v.or("reason", ""))
            ),
            "Ask whoever made it for a new one; it comes from: lablink profile export URL",
        ),
        "profile_unreadable" => say(
            format!("The profile {} cannot be read.", v.or("file", "given")),
            "Give the path of its file, or its link, which begins with lablink://.",
        ),
        "profile_unwritable" => say(
            format!("The file {} cannot be written.", v.or("file", "given with --out")),
            "Choose another place, or leave out --out to see the profile.",
        ),
        "profile_version" => say(
            format!(
                "This link profile is of version {}, which this LabLink does not know.",
                v.or("found", "unknown")
            ),
            "Update LabLink, or ask for a profile made with this version.",
        ),
        "profile_conflict" => say(
            format!(
                "This link profile would change what is known here about {address}: {}.",
                list(&v.or("differs", "").split(' ').map(term).collect::<Vec<_>>())
            ),
            "If that is meant to be, take it with --replace.",
        ),
        "profile_confidential" => say(
            format!(
                "The application registered on {address} has a secret, and a link profile never carries one."
            ),
            "Register LabLink there as an application that is not confidential.",
        ),
        "policy_locked" => say(
            format!("Whoever manages this computer decides about {address}; it cannot be changed here."),
            "Ask the admin of this computer.",
        ),
        "policy_broken" => say(
            "The policy file of this computer cannot be used, so nothing of it was taken.",
            "Ask the admin of this computer to put it right.",
        ),
        _ => None,
    }
}

/// Why a text is no link profile, by links' word for it.
fn reason(word: &str) -> &'static str {
    match word {
        "too_large" => "it is larger than any profile",
        "not_text" => "it is empty, or no text",
        "bad_link" => "its link is not whole",
        "syntax" => "it is cut off, or was never one",
        "field_missing" => "a part of it is missing",
        "field_unknown" => "it says something that no profile says",
        "field_type" => "a part of it is of another kind than it should be",
        "address_user_info" => "its address contains a user name or a password",
        "address_mixed_script" => "its address can be taken for another one",
        "address_form" => "its address is not written as addresses are kept",
        "address" => "its address is none",
        "application_id" => "its application ID is none",
        "redirect" => "its redirect address is not LabLink's",
        "scopes" => "its scopes are none",
        "authority" => "its certificate authority is none",
        _ => "it cannot be read",
    }
}

/// What a profile and an instance differ in, by links' word for it.
fn term(word: &str) -> String {
    match word {
        "application_id" => "the application ID",
        "confidential" => "whether the application has a secret",
        "scopes" => "the scopes",
        "authority" => "whose certificates are trusted there",
        _ => "how it is set up",
    }
    .to_owned()
}
