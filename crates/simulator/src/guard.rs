//! The door of the REST API: which token this is, and each way it is refused, in the contract's order (§2.7: lookup,
//! expired, revoked, impersonation, scope, account, endpoint). Bodies and the presence of `WWW-Authenticate` are exact.

use hyper::StatusCode;
use serde_json::json;

use crate::asked::Asked;
use crate::reply::{Reply, forbidden, unauthorized};
use crate::state::token::{Token, TokenKind};
use crate::state::user::User;
use crate::state::{Instance, World};

/// A refusal, boxed because it is far larger than what is handed on otherwise.
pub(crate) type Refusal = Box<Reply>;

/// What an endpoint asks of a token.
pub(crate) struct Rule {
    /// Any of these will do; empty means any scope at all.
    pub(crate) accepts: &'static [&'static str],
    /// What A5 lists: alternatives, with repetitions, and `read_api` even for writes (quirk 4).
    pub(crate) told: &'static str,
    /// What a fine-grained token needs instead.
    pub(crate) permission: &'static str,
}

/// Who calls, once let in.
#[derive(Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) user: u64,
    pub(crate) token: u64,
    pub(crate) kind: TokenKind,
    /// May do what only administrators may.
    pub(crate) admin: bool,
}

const REALM: &str = "Bearer realm=\"Protected by OAuth 2.0\"";
const EXPIRED: &str = "Token is expired. You can either do re-authorization or token refresh.";
const REVOKED: &str = "Token was revoked. You have to re-authorize from the user.";
const NO_IMPERSONATION: &str = "Token is an impersonation token but impersonation was disabled.";

/// A2, A3, A4: the body of OAuth and its challenge.
fn invalid_token(description: &str) -> Refusal {
    let body = json!({ "error": "invalid_token", "error_description": description });
    let challenge = format!("{REALM}, error=\"invalid_token\", error_description=\"{description}\"");
    Box::new(Reply::json(StatusCode::UNAUTHORIZED, &body).challenged(&challenge))
}

/// A5.
fn insufficient_scope(told: &str) -> Refusal {
    let body = json!({
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": told,
    });
    Box::new(Reply::json(StatusCode::FORBIDDEN, &body))
}

/// A6.
pub(crate) fn insufficient_granular_scope(detail: &str) -> Refusal {
    let body = json!({
        "error": "insufficient_granular_scope",
        "error_description": format!("Access denied: {detail}"),
    });
    Box::new(Reply::json(StatusCode::FORBIDDEN, &body))
}

/// A7. No proof of possession is ever good here: the simulator lets nobody register a key.
fn dpop_error() -> Refusal {
    let body = json!({
        "error": "dpop_error",
        "error_description": "DPoP validation error: DPoP header is missing",
    });
    Box::new(Reply::json(StatusCode::UNAUTHORIZED, &body).challenged(REALM))
}

/// A8.
fn two_tokens() -> Refusal {
    let description = "Both Authorization header and payload includes access token.";
    let body = json!({ "error": "invalid_request", "error_description": description });
    let challenge = format!("{REALM}, error=\"invalid_request\", error_description=\"{description}\"");
    Box::new(Reply::json(StatusCode::BAD_REQUEST, &body).challenged(&challenge))
}

fn forbidden_because(reason: &str) -> Refusal {
    Box::new(Reply::message(
        StatusCode::FORBIDDEN,
        &format!("403 Forbidden - {reason}"),
    ))
}

/// Where a token was shown decides what it may be: an OAuth token counts as bearer only.
struct Shown {
    secret: String,
    bearer: bool,
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(asked: &Asked) -> Option<&str> {
    asked
        .header("authorization")
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
}

fn shown(asked: &Asked) -> Result<Option<Shown>, Refusal> {
    let private = asked.header("private-token").filter(|text| !text.is_empty());
    let bearer = bearer(asked);
    let in_header = match (private, bearer) {
        (Some(secret), _) => Some(Shown {
            secret: secret.to_owned(),
            bearer: false,
        }),
        (None, Some(secret)) => Some(Shown {
            secret: secret.to_owned(),
            bearer: true,
        }),
        (None, None) => None,
    };
    let in_parameter = asked
        .param("private_token")
        .map(|secret| Shown {
            secret,
            bearer: false,
        })
        .or_else(|| {
            asked
                .param("access_token")
                .map(|secret| Shown { secret, bearer: true })
        });
    match (in_header, in_parameter) {
        (Some(_), Some(_)) => Err(two_tokens()),
        (header, parameter) => Ok(header.or(parameter)),
    }
}

/// Lets a request in, or says why not. Only a request that is let in counts as a use of its token.
pub(crate) fn admit(
    world: &mut World,
    instance: &Instance,
    asked: &Asked,
    rule: &Rule,
) -> Result<Caller, Refusal> {
    let now = instance.clock.now();
    let unknown = || Box::new(unauthorized());
    let shown = shown(asked)?.ok_or_else(unknown)?;
    let token = world.token_with_secret(&shown.secret).ok_or_else(unknown)?;
    let user = world.users.get(&token.user).ok_or_else(unknown)?;
    if token.kind == TokenKind::Oauth && !shown.bearer {
        return Err(unknown());
    }
    if token.kind == TokenKind::Personal && !world.settings.personal_access_tokens {
        return Err(unknown());
    }
    if token.expired(now) {
        return Err(invalid_token(EXPIRED));
    }
    if token.revoked {
        let ancestor = token.id;
        if instance.since(16, 3) && is_rotation(asked) {
            world.revoke_descendants(ancestor);
        }
        return Err(invalid_token(REVOKED));
    }
    if token.kind == TokenKind::Impersonation && !world.settings.impersonation {
        return Err(invalid_token(NO_IMPERSONATION));
    }
    check_scope(token, rule)?;
    check_account(user, token, &instance.canonical)?;
    let caller = Caller {
        user: user.id,
        token: token.id,
        kind: token.kind,
        admin: world.is_admin(user, token),
    };
    let caller = sudo(world, asked, caller, token)?;
    note_use(world, instance, asked, caller.token);
    Ok(caller)
}

fn check_scope(token: &Token, rule: &Rule) -> Result<(), Refusal> {
    if token.granular.is_some() {
        return if token.permits(rule.permission) {
            Ok(())
        } else {
            Err(insufficient_granular_scope(&format!(
                "Your Personal Access Token lacks the required permissions: [{}].",
                rule.permission
            )))
        };
    }
    if rule.accepts.is_empty() || token.has_any(rule.accepts) {
        Ok(())
    } else {
        Err(insufficient_scope(rule.told))
    }
}

/// A9 to A14, then A16, then A7. The contract does not say where `DPoP` stands in the order; here it is last.
fn check_account(user: &User, token: &Token, canonical: &str) -> Result<(), Refusal> {
    if let Some(reason) = user.refusal(canonical) {
        return Err(forbidden_because(&reason));
    }
    if user.too_many_ips {
        return Err(Box::new(forbidden()));
    }
    if user.dpop && token.kind == TokenKind::Personal {
        return Err(dpop_error());
    }
    Ok(())
}

/// A17.
fn sudo(world: &World, asked: &Asked, caller: Caller, token: &Token) -> Result<Caller, Refusal> {
    let Some(name) = asked
        .header("sudo")
        .map(str::to_owned)
        .or_else(|| asked.param("sudo"))
    else {
        return Ok(caller);
    };
    if !caller.admin {
        return Err(forbidden_because("Must be admin to use sudo"));
    }
    if !token.has_any(&["sudo"]) {
        return Err(insufficient_scope("sudo"));
    }
    let by_id = name.parse().ok().and_then(|id: u64| world.users.get(&id));
    match by_id.or_else(|| world.user_named(&name)) {
        Some(user) => Ok(Caller {
            user: user.id,
            admin: user.admin,
            ..caller
        }),
        None => Err(Box::new(Reply::message(
            StatusCode::NOT_FOUND,
            &format!("404 User with ID or username '{name}' Not Found"),
        ))),
    }
}

/// Whether the path is one on which a revoked token kills its successors (contract §2.6).
fn is_rotation(asked: &Asked) -> bool {
    matches!(asked.parts().as_slice(), [.., "access_tokens" | "personal_access_tokens", which, "rotate"]
        if *which == "self" || which.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `last_used_at` moves at most every ten minutes, every day before 16.1; addresses are the last five.
fn note_use(world: &mut World, instance: &Instance, asked: &Asked, token: u64) {
    let now = instance.clock.now();
    let granularity = if instance.since(16, 1) { 600 } else { 86_400 };
    let Some(token) = world.tokens.get_mut(&token) else {
        return;
    };
    if token
        .last_used_at
        .is_none_or(|last| now.as_second() - last.as_second() >= granularity)
    {
        token.last_used_at = Some(now);
    }
    let address = asked.peer.to_string();
    if !token.last_used_ips.contains(&address) {
        token.last_used_ips.insert(0, address);
        token.last_used_ips.truncate(5);
    }
}
