//! Signing in with a name and a password in a browser: the page, the cookie, and the way back to what was asked for.

use hyper::StatusCode;
use hyper::header::SET_COOKIE;
use subtle::ConstantTimeEq as _;

use crate::asked::Asked;
use crate::pages::{escaped, layout};
use crate::reply::Reply;
use crate::state::session::Session;
use crate::state::{HEX, Instance, random_text};

const COOKIE: &str = "_gitlab_session";

/// The session's id in the request's cookies.
pub(crate) fn cookie(asked: &Asked) -> Option<&str> {
    asked
        .header("cookie")?
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

fn with_cookie(instance: &Instance, reply: Reply, session: &str) -> Reply {
    let path = if instance.subpath.is_empty() {
        "/"
    } else {
        &instance.subpath
    };
    reply.with(
        SET_COOKIE,
        &format!("{COOKIE}={session}; path={path}; HttpOnly; SameSite=Lax"),
    )
}

/// 302 to the sign-in page.
pub(crate) fn required(instance: &Instance, session: &Session) -> Reply {
    let page = format!("{}/users/sign_in", instance.address);
    with_cookie(instance, Reply::redirect(StatusCode::FOUND, &page), &session.id)
}

/// A form that no page of this session made.
pub(crate) fn forged() -> Reply {
    Reply::html(
        StatusCode::UNPROCESSABLE_ENTITY,
        "<h1>422</h1><h3>The change you requested was rejected.</h3>",
    )
}

pub(crate) fn page(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let session = world.session(cookie(asked));
    form(instance, session, "")
}

fn form(instance: &Instance, session: &Session, alert: &str) -> Reply {
    let content = format!(
        "<h1>GitLab</h1>\n{alert}<form method=\"post\" action=\"{}/users/sign_in\">\n\
         <input type=\"hidden\" name=\"authenticity_token\" value=\"{}\">\n\
         <label>Username <input name=\"user[login]\" autocomplete=\"username\"></label>\n\
         <label>Password <input name=\"user[password]\" type=\"password\" autocomplete=\"current-password\"></label>\n\
         <button type=\"submit\">Sign in</button>\n</form>",
        instance.subpath,
        escaped(&session.csrf)
    );
    with_cookie(
        instance,
        Reply::html(StatusCode::OK, layout(instance, "Sign in", &content)),
        &session.id,
    )
}

/// `POST /users/sign_in`. The session gets a new id, as every careful server gives it.
pub(crate) fn submit(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let session = world.session(cookie(asked));
    if asked.param("authenticity_token").as_deref() != Some(session.csrf.as_str()) {
        return forged();
    }
    let old = session.id.clone();
    let (name, password) = (
        asked.param("user[login]").unwrap_or_default(),
        asked.param("user[password]").unwrap_or_default(),
    );
    let user = world
        .user_named(&name)
        .filter(|user| bool::from(user.password.as_bytes().ct_eq(password.as_bytes())))
        .filter(|user| user.can_sign_in() && !user.bot)
        .map(|user| user.id);
    let Some(user) = user else {
        let session = world.session(Some(&old));
        return form(
            instance,
            session,
            "<p role=\"alert\">Invalid login or password.</p>\n",
        );
    };
    let Some(mut session) = world.sessions.remove(&old) else {
        return forged();
    };
    session.id = random_text(32, HEX);
    session.user = Some(user);
    let onward = format!(
        "{}{}",
        instance.address,
        session.return_to.take().unwrap_or_else(|| "/".to_owned())
    );
    let id = session.id.clone();
    world.sessions.insert(id.clone(), session);
    with_cookie(instance, Reply::redirect(StatusCode::FOUND, &onward), &id)
}

/// Who is signed in, for the start page.
pub(crate) fn who(instance: &Instance, asked: &Asked) -> Option<String> {
    let world = instance.world();
    let user = world.sessions.get(cookie(asked)?)?.user?;
    world.users.get(&user).map(|user| user.name.clone())
}
