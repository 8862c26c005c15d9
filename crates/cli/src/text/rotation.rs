//! Words for putting a new token in the place of an access token.

use super::{Pair, Values, say};

pub(super) fn rotation(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "rotation_of_login" => say(
            format!(
                "The account “{}” is linked by app login, which LabLink renews by itself.",
                v.or("name", "named")
            ),
            "Nothing is left to do; it has no token to rotate.",
        ),
        "rotation_past" => say(
            format!("{} is not in the future.", v.or("day", "That day")),
            "Name a later day: lablink rotate NAME --expires YYYY-MM-DD",
        ),
        "date_invalid" => say(
            format!("The day “{}” is none that can be read.", v.or("date", "")),
            "Write it as YYYY-MM-DD, for example 2027-03-01.",
        ),
        "rotation_scope" => say(
            "This token may not be rotated: it has neither the scope api nor self_rotate.",
            "Create a token with one of them at GitLab and link again with that.",
        ),
        "rotation_too_old" => say(
            "This GitLab is too old to rotate a token; it takes 16.10 or newer.",
            "Create a token at GitLab and link again with that before this one ends.",
        ),
        "rotation_shared" => say(
            format!(
                "The account “{}” uses the same token, and would be left with a dead one. Nothing was changed.",
                v.or("name", "another")
            ),
            "Link that account with a token of its own, or unlink it with --keep-token, then try again.",
        ),
        "rotation_expiry" => say(
            format!(
                "GitLab does not let a new token live until {}; the old one is as it was. It says: {}.",
                v.or("day", "then"),
                v.or("said", "nothing more").trim_end_matches('.')
            ),
            "Name an earlier day: lablink rotate NAME --expires YYYY-MM-DD",
        ),
        "rotation_unsure" => say(
            "GitLab was asked for a new token and its answer never arrived. The token still works; it is not rotated \
             again, because that could end it and its successor.",
            "Create a token at GitLab and link again with that before this one ends.",
        ),
        "rotation_unsettled" => say(
            "GitLab was asked for a new token and its answer never arrived. Whether the old one still works is not \
             known yet.",
            "Run `lablink check NAME` when GitLab answers again; it is not asked twice for a new token.",
        ),
        _ => None,
    }
}
