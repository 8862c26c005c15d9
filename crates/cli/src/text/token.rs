//! Words for what GitLab says of a token or its user.

use super::{Pair, Values, say};

pub(super) fn token(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "token_empty" => say(
            "No token came in.",
            "Pipe the token in: lablink link URL --token-stdin < token-file",
        ),
        "token_too_long" => say(
            "What came in is too long to be an access token.",
            "Give the token alone, nothing before or after it.",
        ),
        "token_invalid_text" => say(
            "What came in is not an access token: it contains characters no token has.",
            "Copy the token again from GitLab, the token alone.",
        ),
        "token_wrong_kind" => say(
            format!(
                "This is {}, which cannot link an account.",
                kind(&v.or("kind", ""))
            ),
            "Create a personal, project, group or service account access token at GitLab.",
        ),
        "token_unknown" => say(
            "GitLab does not know this token.",
            "Check that it is whole and comes from this GitLab, or create a new one.",
        ),
        "token_expired" => say(
            "GitLab no longer accepts this token: it has expired.",
            new_token(v),
        ),
        "token_revoked" => say(
            "GitLab no longer accepts this token: it was revoked.",
            new_token(v),
        ),
        "token_too_narrow" => say(
            format!(
                "The token works, but it lacks {}.",
                v.list("missing", "a permission")
            ),
            "Create one with these scopes, or name the ones that are enough with --scopes.",
        ),
        "token_useless" => say(
            "The token works, but it may do nothing LabLink could use it for.",
            "Create one with the scopes api, read_repository and write_repository.",
        ),
        "token_other" => say(
            "This token belongs to another GitLab user than the account.",
            "Use a token of the same user, or link it as an account of its own.",
        ),
        "dpop_required" => say(
            "Your GitLab account demands proof of possession (DPoP) with every token, which access tokens do not carry.",
            "Turn off DPoP in your GitLab preferences, or use a token of a bot or service account.",
        ),
        "fine_grained_refused" => say(
            "GitLab does not let this fine-grained token tell whose it is, or your group demands fine-grained tokens.",
            "Give the token the permissions to read the user and the token itself.",
        ),
        "impersonation_disabled" => say(
            "This is an impersonation token, and the admin of this GitLab has switched those off.",
            "Create a personal access token of your own.",
        ),
        _ => None,
    }
}

/// What to do about a token that is dead, of an account or not.
fn new_token(v: &Values<'_>) -> String {
    if v.or("name", "").is_empty() {
        "Create a new token at GitLab and link with that.".to_owned()
    } else {
        format!("Create a new token at GitLab, then: {}", v.relink())
    }
}

/// A secret of another kind, by links' word for it.
fn kind(word: &str) -> &'static str {
    match word {
        "application_secret" => "the secret of an OAuth application",
        "deploy_token" => "a deploy token",
        "runner_token" => "a runner's token",
        "job_token" => "the token of a CI job",
        "pipeline_trigger" => "a pipeline trigger token",
        "feed_token" => "a feed token",
        "incoming_mail_token" => "an incoming mail token",
        "agent_token" => "a Kubernetes agent's token",
        "workspace_token" => "a workspace token",
        "scim_token" => "a SCIM token",
        "feature_flags_token" => "a feature flags token",
        "session_cookie" => "a browser's session cookie",
        "identity_code" => "a sign-in code of GitLab.com",
        "identity_refresh_token" => "a refresh token of GitLab.com",
        "github_token" => "a token of GitHub",
        "app_login_token" => "the token of an app login",
        _ => "another kind of secret",
    }
}

pub(super) fn person(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "account_blocked" => say(
            "Your GitLab account is blocked.",
            "Ask an admin of this GitLab to unblock it.",
        ),
        "account_pending" => say(
            "Your GitLab account waits for an admin's approval.",
            "Try again once it is approved.",
        ),
        "account_deactivated" => say(
            "Your GitLab account was deactivated because it was not used.",
            "Sign in to GitLab in a browser once; that wakes it up.",
        ),
        "account_unconfirmed" => say(
            "The email address of your GitLab account is not confirmed.",
            "Follow the link in GitLab's email, then try again.",
        ),
        "terms_not_accepted" => say(
            "GitLab wants its terms of service accepted first.",
            "Sign in to GitLab in a browser, accept them, then try again.",
        ),
        "password_expired" => say(
            "The password of your GitLab account has expired.",
            "Sign in to GitLab in a browser and set a new one, then try again.",
        ),
        "forbidden" => say(
            format!(
                "{} does not allow this account or this computer to use it.",
                v.or("host", "GitLab")
            ),
            "Ask its admin; access may be limited to certain networks.",
        ),
        _ => None,
    }
}
