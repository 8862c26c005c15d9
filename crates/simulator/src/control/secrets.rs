//! `/_sim/tokens`: making tokens of every kind, and changing the state of those there are.

use hyper::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::{Controlled, Wrong};
use crate::clock::day;
use crate::reply::Reply;
use crate::state::project::MAINTAINER;
use crate::state::seed::{days_from, user};
use crate::state::token::{Expiry, GranularScope, Token, TokenKind, new_secret};
use crate::state::user::User;
use crate::state::{HEX, Instance, World, random_text};

/// With `id`, or `token` that is known: changes that token. Otherwise: a new one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    id: Option<u64>,
    token: Option<String>,
    username: Option<String>,
    kind: Option<TokenKind>,
    name: Option<String>,
    description: Option<String>,
    scopes: Option<Scopes>,
    /// A date, the first day the token does not work; `"never"`; or, for OAuth, a moment.
    expires_at: Option<String>,
    state: Option<State>,
    /// Fine-grained, with `granular_scopes`.
    #[serde(default)]
    granular: bool,
    granular_scopes: Option<Vec<GranularScope>>,
    /// For the kinds `project` and `group`: where the bot is a member.
    resource: Option<String>,
    /// The bot's level there; 40 when left out.
    access_level: Option<u8>,
}

/// A list, or one text with spaces or commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    List(Vec<String>),
    Text(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Active,
    Expired,
    Revoked,
    Deleted,
}

impl Scopes {
    fn list(self) -> Vec<String> {
        match self {
            Self::List(list) => list,
            Self::Text(text) => text
                .split([' ', ','])
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }
}

pub(super) fn put(instance: &Instance, wanted: Wanted) -> Controlled {
    let mut world = instance.world();
    let by_secret = wanted
        .token
        .as_deref()
        .and_then(|secret| world.token_with_secret(secret));
    let known = wanted.id.or(by_secret.map(|token| token.id));
    if wanted.id.is_some_and(|id| !world.tokens.contains_key(&id)) {
        return Err(Wrong::missing("no token has this id"));
    }
    match known {
        Some(id) => change(instance, &mut world, id, wanted),
        None => create(instance, &mut world, wanted),
    }
}

fn change(instance: &Instance, world: &mut World, id: u64, wanted: Wanted) -> Controlled {
    let now = instance.clock.now();
    if wanted.kind.is_some()
        || wanted.username.is_some()
        || wanted.resource.is_some()
        || wanted.access_level.is_some()
    {
        return Err(Wrong::new(
            "kind, username, resource and access_level of a token cannot change",
        ));
    }
    let expiry = wanted.expires_at.as_deref().map(read_expiry).transpose()?;
    if wanted.state == Some(State::Deleted) {
        world.tokens.remove(&id);
        return Ok(Reply::no_content());
    }
    let token = world
        .tokens
        .get_mut(&id)
        .ok_or_else(|| Wrong::missing("no such token"))?;
    if let Some(scopes) = wanted.scopes {
        token.scopes = scopes.list();
    }
    token.name = wanted.name.unwrap_or_else(|| token.name.clone());
    token.description = wanted.description.or_else(|| token.description.take());
    token.expiry = expiry.unwrap_or(token.expiry);
    if wanted.granular || wanted.granular_scopes.is_some() {
        token.granular = Some(wanted.granular_scopes.unwrap_or_default());
    }
    if let Some(state) = wanted.state {
        set_state(token, state, now);
    }
    Ok(Reply::ok(&json!({ "id": id, "token": token.secret })))
}

fn create(instance: &Instance, world: &mut World, wanted: Wanted) -> Controlled {
    let now = instance.clock.now();
    let kind = wanted.kind.unwrap_or(TokenKind::Personal);
    let name = wanted.name.unwrap_or_else(|| "A token".to_owned());
    let expiry = match wanted.expires_at.as_deref() {
        Some(text) => read_expiry(text)?,
        None if kind == TokenKind::Oauth => {
            Expiry::At(Timestamp::from_second(now.as_second() + 7_200).unwrap_or(Timestamp::MAX))
        }
        None => Expiry::Day(days_from(now, 365)),
    };
    let owner = match wanted.username.as_deref() {
        Some(username) => world
            .user_named(username)
            .map(|user| user.id)
            .ok_or_else(|| Wrong::missing(format!("no user is called {username:?}")))?,
        None => bot(
            world,
            kind,
            &name,
            wanted.resource.as_deref(),
            wanted.access_level,
            now,
        )?,
    };
    let mut token = Token {
        id: world.next_id(),
        secret: wanted.token.unwrap_or_else(|| new_secret(kind, &world.settings)),
        kind,
        user: owner,
        name,
        description: wanted.description,
        scopes: wanted.scopes.map(Scopes::list).unwrap_or_default(),
        created_at: now,
        last_used_at: None,
        last_used_ips: Vec::new(),
        expiry,
        revoked: false,
        previous: None,
        granular: (wanted.granular || wanted.granular_scopes.is_some())
            .then(|| wanted.granular_scopes.unwrap_or_default()),
        oauth: None,
    };
    if let Some(state) = wanted.state {
        set_state(&mut token, state, now);
    }
    let reply = Reply::json(
        StatusCode::CREATED,
        &json!({ "id": token.id, "token": token.secret }),
    );
    if wanted.state != Some(State::Deleted) {
        world.tokens.insert(token.id, token);
    }
    Ok(reply)
}

fn set_state(token: &mut Token, state: State, now: Timestamp) {
    match state {
        State::Active => {
            token.revoked = false;
            if token.expired(now) {
                token.expiry = Expiry::Day(days_from(now, 365));
            }
        }
        State::Expired if token.kind == TokenKind::Oauth => token.expiry = Expiry::At(now),
        State::Expired => token.expiry = Expiry::Day(day(now)),
        State::Revoked => token.revoked = true,
        // A deleted token leaves the table; there is nothing to mark.
        State::Deleted => {}
    }
}

fn read_expiry(text: &str) -> Result<Expiry, Wrong> {
    if text == "never" {
        return Ok(Expiry::Never);
    }
    let date = text.parse::<Date>();
    match (text.contains('T').then(|| text.parse::<Timestamp>()), date) {
        (Some(Ok(at)), _) => Ok(Expiry::At(at)),
        (None, Ok(date)) => Ok(Expiry::Day(date)),
        _ => Err(Wrong::new(
            "expires_at is YYYY-MM-DD, \"never\", or a moment with a time",
        )),
    }
}

/// The bot behind a token nobody owns (contract §2.4, §2.8).
fn bot(
    world: &mut World,
    kind: TokenKind,
    name: &str,
    resource: Option<&str>,
    level: Option<u8>,
    now: Timestamp,
) -> Result<u64, Wrong> {
    let level = level.unwrap_or(MAINTAINER);
    let hash = random_text(32, HEX);
    let place = || resource.ok_or_else(|| Wrong::new("resource is missing: the path of a project or group"));
    let (username, project, group) = match kind {
        TokenKind::Project => {
            let id = world.project_at(place()?).map(|project| project.id);
            let id = id.ok_or_else(|| Wrong::missing("no project has this path"))?;
            (format!("project_{id}_bot_{hash}"), Some(id), None)
        }
        TokenKind::Group => {
            let id = world.group_at(place()?).map(|group| group.id);
            let id = id.ok_or_else(|| Wrong::missing("no group has this path"))?;
            (format!("group_{id}_bot_{hash}"), None, Some(id))
        }
        TokenKind::ServiceAccount => (format!("service_account_{hash}"), None, None),
        _ => return Err(Wrong::new("username is missing")),
    };
    let id = world.next_id();
    let account = User {
        name: name.to_owned(),
        bot: true,
        ..user(id, &username, now)
    };
    world.users.insert(id, account);
    if let Some(project) = project.and_then(|project| world.projects.get_mut(&project)) {
        project.members.insert(id, level);
    }
    if let Some(group) = group.and_then(|group| world.groups.get_mut(&group)) {
        group.members.insert(id, level);
    }
    Ok(id)
}
