//! The grants that need no browser (contract §3.6): an application for itself, and a person's password, which went with
//! 19.0.

use hyper::StatusCode;
use subtle::ConstantTimeEq as _;

use super::client::{authenticated, error, granted, invalid_client, invalid_grant, missing};
use crate::asked::Asked;
use crate::guard::Refusal;
use crate::reply::Reply;
use crate::state::Instance;
use crate::state::application::Application;

/// The number of no user: such a token is nobody's, and no endpoint about a person knows it.
const NOBODY: u64 = 0;

/// What is asked for, `api` when nothing is, within what the application has.
fn scopes(application: &Application, asked: &Asked) -> Result<Vec<String>, Refusal> {
    let wanted: Vec<String> = asked
        .param("scope")
        .unwrap_or_else(|| "api".to_owned())
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if wanted.iter().all(|scope| application.scopes.contains(scope)) {
        Ok(wanted)
    } else {
        Err(error(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ))
    }
}

/// For the application itself; a public one cannot prove that it is the one.
pub(super) fn by_client(instance: &Instance, asked: &Asked) -> Result<Reply, Refusal> {
    let mut world = instance.world();
    let application = authenticated(&world, asked)
        .filter(|application| application.confidential)
        .ok_or_else(invalid_client)?;
    let (id, scopes) = (application.id, scopes(application, asked)?);
    let mut body = world.issue(id, NOBODY, scopes, instance.clock.now());
    let refresh = body
        .as_object_mut()
        .and_then(|fields| fields.remove("refresh_token"));
    if let Some(refresh) = refresh.as_ref().and_then(|text| text.as_str()) {
        world.forget_refresh(refresh);
    }
    Ok(granted(&body))
}

/// For a person whose password the client knows.
pub(super) fn by_password(instance: &Instance, asked: &Asked) -> Result<Reply, Refusal> {
    let mut world = instance.world();
    let name = asked.param("username").ok_or_else(|| missing("username"))?;
    let password = asked.param("password").ok_or_else(|| missing("password"))?;
    let application = authenticated(&world, asked).ok_or_else(invalid_client)?;
    let (id, scopes) = (application.id, scopes(application, asked)?);
    let user = world
        .user_named(&name)
        .filter(|user| bool::from(user.password.as_bytes().ct_eq(password.as_bytes())))
        .filter(|user| !user.bot && user.can_sign_in())
        .ok_or_else(invalid_grant)?
        .id;
    Ok(granted(&world.issue(id, user, scopes, instance.clock.now())))
}
