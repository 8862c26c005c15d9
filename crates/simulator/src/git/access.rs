//! Who may clone and push (contract §7.1): 401 invites to sign in, 404 hides, 403 says too little. `DPoP` does not apply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use subtle::ConstantTimeEq;

use super::{Service, Target};
use crate::asked::Asked;
use crate::guard::Refusal;
use crate::reply::Reply;
use crate::state::project::{DEVELOPER, Project, REPORTER};
use crate::state::token::{Token, TokenKind};
use crate::state::user::User;
use crate::state::{Instance, World};

/// What is granted: the repository's path with `.git`, and the signed-in user's name.
type Grant = (String, Option<String>);

/// How every refusal of a name and password begins, git's and the registry's.
pub(crate) const ACCESS_DENIED: &str = "HTTP Basic: Access denied. If a password was provided for Git authentication, \
    the password was incorrect or you're required to use a token instead of a password. If a token was provided, it was \
    either incorrect, expired, or improperly scoped.";

/// How a caller signed in.
pub(crate) enum Credential<'a> {
    Token(&'a User, &'a Token),
    Password(&'a User),
}

impl<'a> Credential<'a> {
    pub(crate) fn user(&self) -> &'a User {
        match self {
            Self::Token(user, _) | Self::Password(user) => user,
        }
    }

    /// Whether the credential's own reach covers the service, whatever the user may.
    fn covers(&self, service: Service, project: &Project) -> bool {
        let Self::Token(_, token) = self else { return true };
        if let Some(scopes) = &token.granular {
            let wanted = match service {
                Service::Upload => "read_code",
                Service::Receive => "write_code",
            };
            return scopes.iter().any(|scope| {
                scope.project_id.is_none_or(|id| id == project.id)
                    && scope.permissions.iter().any(|given| given == wanted)
            });
        }
        match service {
            Service::Upload => token.has_any(&["api", "read_api", "read_repository", "write_repository"]),
            Service::Receive => token.has_any(&["api", "write_repository"]),
        }
    }
}

pub(crate) fn decide(instance: &Instance, asked: &Asked, target: &Target) -> Result<Grant, Refusal> {
    let now = instance.clock.now();
    let mut world = instance.world();
    let (grant, spent) = {
        let project = world.project_at(&target.project);
        let Some((name, password)) = basic(asked) else {
            return match project {
                Some(project) if !project.private && target.service == Service::Upload => {
                    Ok((format!("{}.git", project.path), None))
                }
                _ => Err(denied(instance, &world)),
            };
        };
        let Some(credential) = sign_in(&world, now, &name, &password) else {
            return Err(denied(instance, &world));
        };
        let user = credential.user();
        if let Some(reason) = user.refusal(&instance.canonical) {
            return Err(plain(StatusCode::FORBIDDEN, &reason));
        }
        let Some(project) = project.filter(|project| user.admin || world.sees(user.id, project)) else {
            return Err(plain(
                StatusCode::NOT_FOUND,
                "The project you were looking for could not be found or you don't have permission to view it.",
            ));
        };
        allowed(&world, &credential, target.service, project)?;
        let token = match credential {
            Credential::Token(_, token) => Some(token.id),
            Credential::Password(_) => None,
        };
        (
            (format!("{}.git", project.path), Some(user.username.clone())),
            token,
        )
    };
    if let Some(token) = spent.and_then(|id| world.tokens.get_mut(&id)) {
        token.last_used_at = Some(now);
    }
    Ok(grant)
}

fn allowed(
    world: &World,
    credential: &Credential<'_>,
    service: Service,
    project: &Project,
) -> Result<(), Refusal> {
    let level = if credential.user().admin {
        u8::MAX
    } else {
        world.access(credential.user().id, project)
    };
    let covered = credential.covers(service, project);
    match service {
        Service::Upload if !project.private || (covered && level >= REPORTER) => Ok(()),
        Service::Upload => Err(plain(
            StatusCode::FORBIDDEN,
            "You are not allowed to download code from this project.",
        )),
        Service::Receive if covered && level >= DEVELOPER => Ok(()),
        Service::Receive => Err(plain(
            StatusCode::FORBIDDEN,
            "You are not allowed to push code to this project.",
        )),
    }
}

/// Name and password of `Authorization: Basic`.
pub(crate) fn basic(asked: &Asked) -> Option<(String, String)> {
    let (scheme, encoded) = asked.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Any name with a live token, or an account's own name with its password.
pub(crate) fn sign_in<'a>(
    world: &'a World,
    now: jiff::Timestamp,
    name: &str,
    password: &str,
) -> Option<Credential<'a>> {
    if name.trim().is_empty() {
        return None;
    }
    if let Some(token) = world.token_with_secret(password) {
        let user = world.users.get(&token.user)?;
        let off = match token.kind {
            TokenKind::Personal => !world.settings.personal_access_tokens,
            TokenKind::Impersonation => !world.settings.impersonation,
            _ => false,
        };
        return (token.active(now) && !off && user.can_sign_in()).then_some(Credential::Token(user, token));
    }
    let user = world.user_named(name)?;
    let right = bool::from(user.password.as_bytes().ct_eq(password.as_bytes()));
    (right && world.settings.git_password && !user.bot && user.can_sign_in())
        .then_some(Credential::Password(user))
}

fn plain(status: StatusCode, text: &str) -> Refusal {
    Box::new(Reply::new(status, "text/plain", text.to_owned()))
}

/// 401; the challenge is left out where a password could not help.
fn denied(instance: &Instance, world: &World) -> Refusal {
    let text = format!(
        "{ACCESS_DENIED} See {}/help/topics/git/troubleshooting_git.md",
        instance.canonical
    );
    let reply = plain(StatusCode::UNAUTHORIZED, &text);
    if world.settings.git_password {
        Box::new(reply.challenged("Basic realm=\"GitLab\""))
    } else {
        reply
    }
}
