//! `/api/v4`: which room answers which route, by version (contract §0.2). A route nobody defined is told from a known one
//! asked with another method.

mod applications;
mod hooks;
mod listing;
mod machines;
mod members;
mod metadata;
mod paging;
mod rotation;
mod scope;
mod self_information;
mod tokens;
mod users;

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::asked::Asked;
use crate::guard::Refusal;
use crate::options::Edition;
use crate::reply::{Reply, unknown_route, wrong_method};
use crate::state::Instance;

type Answer = Result<Reply, Refusal>;

/// Answers a path under `{base}/api`.
pub(crate) async fn answer(instance: &Instance, asked: &Asked, rest: &[&str]) -> Reply {
    match rest {
        ["v4", kind @ "projects", id, "hooks", rest @ ..] => hooks::answer(instance, asked, kind, id, rest)
            .await
            .unwrap_or_else(|refusal| *refusal),
        // Paid for: an edition without a licence to pay for does not know the route (contract §6.2).
        ["v4", kind @ "groups", id, "hooks", rest @ ..] if instance.edition == Edition::Ee => {
            let answered = hooks::answer(instance, asked, kind, id, rest).await;
            answered.unwrap_or_else(|refusal| *refusal)
        }
        ["v3", ..] => Reply::json(
            StatusCode::GONE,
            &json!({ "error": "API V3 is no longer supported. Use API V4 instead." }),
        ),
        ["v4", rest @ ..] => v4(instance, asked, rest).unwrap_or_else(|refusal| *refusal),
        _ => unknown_route(),
    }
}

fn v4(instance: &Instance, asked: &Asked, rest: &[&str]) -> Answer {
    let since = |major, minor| instance.since(major, minor);
    match rest {
        ["version"] => reading(asked, |asked| metadata::show(instance, asked)),
        ["metadata"] if since(15, 2) => reading(asked, |asked| metadata::show(instance, asked)),
        ["user"] => reading(asked, |asked| users::me(instance, asked)),
        ["applications", rest @ ..] => applications::of_instance(instance, asked, rest),
        ["user", "applications", rest @ ..] if since(19, 0) => applications::of_user(instance, asked, rest),
        [kind @ ("projects" | "groups"), id, "members", rest @ ..] => {
            members::answer(instance, asked, kind, id, rest)
        }
        ["users"] if asked.method == Method::POST => users::create(instance, asked),
        ["users"] => reading(asked, |asked| users::list(instance, asked)),
        ["users", id] => reading(asked, |asked| users::show(instance, asked, id)),
        ["user", "personal_access_tokens"] if since(16, 5) => {
            writing(asked, |asked| tokens::create_own(instance, asked))
        }
        ["users", id, "personal_access_tokens"] => {
            writing(asked, |asked| tokens::create_for(instance, asked, id))
        }
        ["users", id, "impersonation_tokens", rest @ ..] => tokens::impersonation(instance, asked, id, rest),
        [kind @ ("projects" | "groups"), id, "access_tokens", rest @ ..] => {
            machines::access_tokens(instance, asked, kind, id, rest)
        }
        ["service_accounts", rest @ ..] if since(16, 1) => {
            machines::service_accounts(instance, asked, None, rest)
        }
        ["groups", id, "service_accounts", rest @ ..] if since(16, 1) => {
            machines::service_accounts(instance, asked, Some(("groups", id)), rest)
        }
        ["projects", id, "service_accounts", rest @ ..] if since(18, 11) => {
            machines::service_accounts(instance, asked, Some(("projects", id)), rest)
        }
        ["personal_access_tokens", rest @ ..] => personal_access_tokens(instance, asked, rest),
        ["projects"] => reading(asked, |asked| listing::projects(instance, asked)),
        ["projects", id] => reading(asked, |asked| listing::project(instance, asked, id)),
        ["groups"] => reading(asked, |asked| listing::groups(instance, asked)),
        ["groups", id] => reading(asked, |asked| listing::group(instance, asked, id)),
        _ => Ok(unknown_route()),
    }
}

fn personal_access_tokens(instance: &Instance, asked: &Asked, rest: &[&str]) -> Answer {
    let since = |major, minor| instance.since(major, minor);
    match rest {
        [] => reading(asked, |asked| tokens::list(instance, asked)),
        ["self"] if since(15, 5) => match asked.method {
            Method::GET | Method::HEAD => self_information::show(instance, asked),
            Method::DELETE => self_information::revoke(instance, asked),
            _ => Ok(wrong_method("DELETE, GET, HEAD")),
        },
        ["self"] if asked.method == Method::DELETE => self_information::revoke(instance, asked),
        ["self", "associations"] if since(17, 4) => {
            reading(asked, |asked| self_information::associations(instance, asked))
        }
        ["self", "rotate"] if since(16, 10) => writing(asked, |asked| rotation::rotate_self(instance, asked)),
        // Where the word has no route of its own it is taken for a number (contract §1.5).
        [id] => match asked.method {
            Method::GET | Method::HEAD if since(15, 1) => tokens::show(instance, asked, id),
            Method::DELETE => tokens::revoke(instance, asked, id),
            _ => Ok(wrong_method("DELETE")),
        },
        [id, "rotate"] if since(16, 0) => writing(asked, |asked| rotation::rotate(instance, asked, id)),
        _ => Ok(unknown_route()),
    }
}

fn reading(asked: &Asked, then: impl FnOnce(&Asked) -> Answer) -> Answer {
    if asked.reads() {
        then(asked)
    } else {
        Ok(wrong_method("GET, HEAD"))
    }
}

fn writing(asked: &Asked, then: impl FnOnce(&Asked) -> Answer) -> Answer {
    if asked.method == Method::POST {
        then(asked)
    } else {
        Ok(wrong_method("POST"))
    }
}
