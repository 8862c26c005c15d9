//! Words for app login: the application, the browser, the code, and the login itself.

use super::{Pair, Values, say};

/// The application LabLink signs in as.
pub(super) fn application(code: &str, v: &Values<'_>) -> Pair {
    let id = v.or("application_id", "given");
    match code {
        "app_not_set_up" => say(
            format!(
                "App login is not set up for {}: LabLink has to be registered there once.",
                v.or("address", "this GitLab")
            ),
            register(v),
        ),
        "app_unknown" => say(
            format!("GitLab does not know the application {id}, or knows it no more."),
            "Compare the application ID with the one on GitLab's page of the application, and give it with --client-id.",
        ),
        "app_secret_wrong" => say(
            format!(
                "GitLab does not accept the secret of the application {id}: it is another one, missing, or was renewed."
            ),
            "Give it with --client-id ID --client-secret-stdin; a public application has none.",
        ),
        "app_refused" => say(
            format!(
                "GitLab does not let the application do what LabLink asked for ({}).",
                v.or("error", "it does not say why")
            ),
            "Compare its redirect address and its scopes with what LabLink needs: lablink instance list",
        ),
        "application_id_invalid" => say(
            "What was given is not an application ID.",
            "Copy the application ID from GitLab's page of the application; its secret stands below it.",
        ),
        "application_secret_invalid" => say(
            "What came in is not the secret of an application.",
            "Pipe the secret in alone: lablink link URL --client-id ID --client-secret-stdin < secret-file",
        ),
        _ => None,
    }
}

/// What to enter where, to register LabLink (contract §4.3).
fn register(v: &Values<'_>) -> String {
    format!(
        "Register it, yourself or by an admin, on one of these pages:\n\
         for you alone: {user}\n\
         for a group: {group}\n\
         for everyone: {admin}\n\
         Name: {name}. Redirect URI: {redirect}. Confidential: off. Scopes: {scopes}.\n\
         Then: lablink link {address} --client-id APPLICATION-ID\n\
         Or link with an access token: lablink link {address} --token-stdin",
        user = v.or("user_page", "your preferences, Applications"),
        group = v.or("group_page", "the group's settings, Applications"),
        admin = v.or("admin_page", "the admin area, Applications"),
        name = v.or("name", "LabLink"),
        redirect = v.or("redirect", links::REDIRECT),
        scopes = v.or("scopes", "api read_repository write_repository"),
        address = v.or("address", "URL"),
    )
}

/// Signing in.
pub(super) fn sign_in(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "login_denied" => say(
            "Access was not granted: somebody pressed Deny at GitLab.",
            "Run the command again, and authorize LabLink.",
        ),
        "login_timed_out" => say(
            "The browser did not come back in time.",
            "If GitLab showed a mistake: the application ID, its redirect address (http://127.0.0.1/callback) or its \
             scopes do not fit. Else run the command again.",
        ),
        "login_mixed_up" => say(
            "The browser brought the answer of another server; it was not used.",
            "Run the command again, and sign in at no other place meanwhile.",
        ),
        "browser_failed" => say(
            "The browser could not be opened.",
            "Run the command again with --no-browser and open the address yourself.",
        ),
        "listener_failed" => say(
            "This computer gave no port to wait for the browser on.",
            "Sign in with a code instead: --device",
        ),
        "device_unsupported" => say(
            "This GitLab has no login with a code; it is older than 17.2, or that is switched off.",
            "Leave --device out and sign in with the browser.",
        ),
        "device_expired" => say(
            "The code's time is over, and nobody authorized LabLink with it.",
            "Run the command again for a new code.",
        ),
        "device_denied" => say(
            "Access was not granted: somebody denied the code at GitLab.",
            "Run the command again, and authorize LabLink.",
        ),
        "scopes_differ" => say(
            format!(
                "GitLab did not grant {}.",
                v.list("missing", "all that was asked for")
            ),
            "Ask for less with --scopes, or have the application's scopes changed at GitLab.",
        ),
        "other_user" => say(
            format!(
                "This is {}, but the account “{}” is {}.",
                v.user("found"),
                v.or("name", "named"),
                v.user("was")
            ),
            format!(
                "Use the account's own user; or take this one from now on: lablink relink {} --other-user {}",
                v.account(),
                v.or("found", "USERNAME")
            ),
        ),
        "relink_link_invalid" => say(
            "This link does not say which account to link again.",
            "See the names with: lablink accounts; then: lablink relink NAME",
        ),
        "no_app_login" => say(
            format!(
                "The account “{}” is linked with an access token, not by app login.",
                v.or("name", "named")
            ),
            format!("Create a token that can at GitLab, then: {}", v.relink()),
        ),
        _ => None,
    }
}

/// A login that is linked.
pub(super) fn renewal(code: &str, v: &Values<'_>) -> Pair {
    match code {
        "grant_refused" => say(
            "GitLab does not renew this login any more.",
            format!("Sign in again: {}", v.relink()),
        ),
        "renewal_delayed" => say(
            "GitLab does not renew this login right now.",
            "Try again in a minute; LabLink goes on by itself.",
        ),
        "account_busy" => say(
            "Another LabLink is at work on this account and does not come to an end.",
            "Look for one that was stopped (jobs, or ps -C lablink), end it, and try again.",
        ),
        "lost_renewal" if v.or("method", "") == "token" => say(
            "GitLab was asked for a new token, no answer came that LabLink can use, and the old token is dead.",
            "Create a token at GitLab and link again with that; revoke the one there that nobody holds.",
        ),
        "lost_renewal" => say(
            "GitLab renewed this login, but no answer came that LabLink can use, and the old login is dead.",
            format!("Sign in again: {}", v.relink()),
        ),
        _ => None,
    }
}

/// What GitLab says of an account's token, in words for one that has none of its own: `method` is `app`.
pub(super) fn account(code: &str, v: &Values<'_>) -> Pair {
    if v.or("method", "") != "app" {
        return None;
    }
    match code {
        "token_unknown" => say(
            "GitLab does not know this login any more.",
            format!("Sign in again: {}", v.relink()),
        ),
        "token_expired" => say(
            "GitLab no longer accepts this login: it has expired.",
            format!("Sign in again: {}", v.relink()),
        ),
        "token_revoked" => say(
            "GitLab no longer accepts this login: it was revoked there.",
            format!("Sign in again: {}", v.relink()),
        ),
        "token_too_narrow" => say(
            format!(
                "The login works, but it lacks {}.",
                v.list("missing", "a permission")
            ),
            format!("Ask for more: lablink permissions {} --scopes \"…\"", v.account()),
        ),
        "token_other" => say(
            "Somebody else signed in than the account's user; the account is as it was.",
            "Sign out at GitLab in the browser and sign in as the account's user.",
        ),
        "keychain_corrupt" => say(
            "The login the keychain keeps for this account is damaged.",
            format!("Sign in again: {}", v.relink()),
        ),
        "keychain_missing" => say(
            "The login of this account is no longer in the keychain.",
            format!("Sign in again: {}", v.relink()),
        ),
        _ => None,
    }
}
