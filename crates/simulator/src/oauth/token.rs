//! `/oauth/token` (contract §3.6, §3.7): codes, refreshes, device codes and what needs no browser become tokens. Each grant checks in the order
//! the contract gives.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::client::{authenticated, error, granted, invalid_client, invalid_grant, missing};
use super::{device, pkce, redirect_uri, unattended};
use crate::asked::Asked;
use crate::guard::Refusal;
use crate::reply::Reply;
use crate::state::token::{Expiry, OauthPart, Token, TokenKind, new_secret};
use crate::state::{HEX, Instance, World, random_text};

/// Seconds an access token lives.
const LIFETIME: i64 = 7_200;
/// Seconds an authorization code lives.
const CODE_LIFETIME: i64 = 600;

pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn answer(instance: &Instance, asked: &Asked) -> Reply {
    let answered = match asked.param("grant_type").as_deref() {
        Some("authorization_code") => by_code(instance, asked),
        Some("refresh_token") => by_refresh(instance, asked),
        Some(DEVICE_GRANT) if instance.since(17, 3) => device::redeem(instance, asked),
        Some("client_credentials") => unattended::by_client(instance, asked),
        Some("password") if !instance.since(19, 0) => unattended::by_password(instance, asked),
        Some(_) => Err(error(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        )),
        None => Err(missing("grant_type")),
    };
    answered.unwrap_or_else(|refusal| *refusal)
}

/// Parameters, client, code, redirect URI, verifier.
fn by_code(instance: &Instance, asked: &Asked) -> Result<Reply, Refusal> {
    let now = instance.clock.now();
    let mut world = instance.world();
    let code = asked.param("code").ok_or_else(|| missing("code"))?;
    let at = world.grants.iter().position(|grant| grant.code == code);
    let verifier = asked.param("code_verifier");
    let challenged = at
        .and_then(|at| world.grants.get(at))
        .is_some_and(|grant| grant.challenge.is_some());
    if challenged && verifier.is_none() {
        return Err(missing("code_verifier"));
    }
    let redirect = asked
        .param("redirect_uri")
        .ok_or_else(|| missing("redirect_uri"))?;
    let application = authenticated(&world, asked).ok_or_else(invalid_client)?.id;
    let grant = at
        .and_then(|at| world.grants.get_mut(at))
        .ok_or_else(invalid_grant)?;
    let alive = !grant.used && now.as_second() - grant.created_at.as_second() < CODE_LIFETIME;
    if !alive || grant.application != application {
        return Err(invalid_grant());
    }
    if !redirect_uri::matches(&grant.redirect_uri, &redirect)
        || !pkce::fits(grant.challenge.as_ref(), verifier.as_deref())
    {
        return Err(invalid_grant());
    }
    grant.used = true;
    let (user, scopes) = (grant.user, grant.scopes.clone());
    Ok(granted(&world.issue(application, user, scopes, now)))
}

/// Parameter, token, client, whose it is, scope. The old pair is dead at once (quirk 11); a dead one that is shown again
/// harms nothing (quirk 12).
fn by_refresh(instance: &Instance, asked: &Asked) -> Result<Reply, Refusal> {
    let now = instance.clock.now();
    let mut world = instance.world();
    let shown = asked
        .param("refresh_token")
        .ok_or_else(|| missing("refresh_token"))?;
    let old = world
        .token_with_refresh(&shown)
        .filter(|token| !token.revoked)
        .ok_or_else(invalid_grant)?;
    let owner = old.oauth.as_ref().map(|oauth| oauth.application);
    let application = authenticated(&world, asked).ok_or_else(invalid_client)?.id;
    if owner != Some(application) {
        return Err(invalid_grant());
    }
    let scopes = match asked.param("scope") {
        None => old.scopes.clone(),
        Some(text) => {
            let wanted: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            if !wanted.iter().all(|scope| old.scopes.contains(scope)) {
                return Err(error(
                    StatusCode::BAD_REQUEST,
                    "invalid_scope",
                    "The requested scope is invalid, unknown, or malformed.",
                ));
            }
            wanted
        }
    };
    let (id, user) = (old.id, old.user);
    if let Some(token) = world.tokens.get_mut(&id) {
        token.revoked = true;
    }
    Ok(granted(&world.issue(application, user, scopes, now)))
}

impl World {
    /// Takes back a refresh token that was never told.
    pub(super) fn forget_refresh(&mut self, refresh: &str) {
        for token in self.tokens.values_mut() {
            if let Some(oauth) = token.oauth.as_mut().filter(|oauth| oauth.refresh == refresh) {
                oauth.refresh.clear();
            }
        }
    }

    /// A new pair of tokens; answers what the token endpoint says.
    pub(super) fn issue(
        &mut self,
        application: u64,
        user: u64,
        scopes: Vec<String>,
        now: Timestamp,
    ) -> Value {
        let id = self.next_id();
        let secret = new_secret(TokenKind::Oauth, &self.settings);
        let refresh = random_text(64, HEX);
        let until = now.as_second().saturating_add(LIFETIME);
        let body = json!({
            "access_token": secret,
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "refresh_token": refresh,
            "scope": scopes.join(" "),
            "created_at": now.as_second(),
        });
        let token = Token {
            id,
            secret,
            kind: TokenKind::Oauth,
            user,
            name: String::new(),
            description: None,
            scopes,
            created_at: now,
            last_used_at: None,
            last_used_ips: Vec::new(),
            expiry: Expiry::At(Timestamp::from_second(until).unwrap_or(Timestamp::MAX)),
            revoked: false,
            previous: None,
            granular: None,
            oauth: Some(OauthPart { application, refresh }),
        };
        self.tokens.insert(id, token);
        body
    }
}
