//! What became of what an account signed in with before it was linked again. Touches nothing.

use links::{Account, Method, ProblemCode, ReplacedEnd};

use crate::terminal::escape;

/// As a sentence for people, fit for a terminal; what they can do about it is in it.
#[must_use]
pub fn replaced(account: &Account, method: Method, end: ReplacedEnd) -> String {
    let (old, page) = match method {
        Method::Token => ("token", "-/user_settings/personal_access_tokens"),
        Method::App => ("sign-in", "-/user_settings/applications"),
    };
    match end {
        ReplacedEnd::Revoked => format!("Its earlier {old} is revoked at GitLab, and proved dead."),
        ReplacedEnd::Later(ProblemCode::StillAlive) => format!(
            "GitLab said that its earlier {old} is revoked, and it still works. LabLink asks again with the next \
             `lablink check`."
        ),
        ReplacedEnd::Later(why) => format!(
            "Its earlier {old} could not be revoked yet ({why}) and may still work. LabLink asks again with the next \
             `lablink check`."
        ),
        ReplacedEnd::LeftAlive(why) => format!(
            "GitLab did not let LabLink revoke its earlier {old} ({why}), which may still work. Revoke it there: {}",
            escape(account.instance.join(page).as_str())
        ),
    }
}
