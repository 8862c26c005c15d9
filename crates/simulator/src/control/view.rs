//! `/_sim/state`: everything, for comparing before and after. Secrets stand there as the start of their SHA-256.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::clock::iso;
use crate::options::Edition;
use crate::state::Instance;
use crate::state::hook::HookOwner;
use crate::state::token::Expiry;

/// Sixteen hexadecimal digits that tell two secrets apart and give neither away.
fn fingerprint(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

pub(super) fn state(instance: &Instance) -> Value {
    let world = instance.world();
    let now = instance.clock.now();
    let users: Vec<Value> = world
        .users
        .values()
        .map(|user| {
            json!({
                "id": user.id, "username": user.username, "name": user.name, "email": user.email,
                "admin": user.admin, "bot": user.bot, "state": user.state, "dpop": user.dpop,
                "too_many_ips": user.too_many_ips, "avatar_url": user.avatar_url,
            })
        })
        .collect();
    let tokens: Vec<Value> = world
        .tokens
        .values()
        .map(|token| {
            let expires_at = match token.expiry {
                Expiry::Never => None,
                Expiry::Day(date) => Some(date.to_string()),
                Expiry::At(at) => Some(iso(at)),
            };
            json!({
                "id": token.id, "sha256": fingerprint(&token.secret), "kind": token.kind, "user_id": token.user,
                "name": token.name, "description": token.description, "scopes": token.scopes,
                "expires_at": expires_at, "revoked": token.revoked, "active": token.active(now),
                "previous": token.previous, "granular_scopes": token.granular,
            })
        })
        .collect();
    let projects: Vec<Value> = world
        .projects
        .values()
        .map(|project| {
            json!({
                "id": project.id, "path": project.path, "private": project.private, "members": project.members,
            })
        })
        .collect();
    let groups: Vec<Value> = world
        .groups
        .values()
        .map(|group| {
            json!({ "id": group.id, "path": group.path, "private": group.private, "members": group.members })
        })
        .collect();
    let applications: Vec<Value> = world
        .applications
        .values()
        .map(|application| {
            json!({
                "id": application.id, "application_id": application.uid, "name": application.name,
                "confidential": application.confidential, "trusted": application.trusted, "scopes": application.scopes,
                "redirect_uris": application.redirect_uris,
            })
        })
        .collect();
    let hooks: Vec<Value> = world
        .hooks
        .values()
        .map(|hook| {
            let (kind, owner) = match hook.owner {
                HookOwner::Project(id) => ("project", id),
                HookOwner::Group(id) => ("group", id),
            };
            json!({
                "id": hook.id, kind: owner, "url": hook.url, "events": hook.events,
                "token": hook.token.as_deref().map(fingerprint), "alert_status": hook.alert_status(now),
            })
        })
        .collect();
    json!({
        "version": instance.version.to_string(),
        "edition": if instance.edition == Edition::Ee { "ee" } else { "ce" },
        "canonical": instance.canonical,
        "settings": world.settings,
        "users": users,
        "tokens": tokens,
        "projects": projects,
        "groups": groups,
        "applications": applications,
        "hooks": hooks,
        "faults": world.faults.waiting(),
    })
}
