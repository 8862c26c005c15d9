//! Git over HTTP (contract §7.1): who may, and then `git http-backend` does it.

pub(crate) mod access;
mod backend;
pub(crate) mod repository;

use hyper::body::Incoming;
use hyper::{Method, StatusCode};

use crate::asked::Asked;
use crate::reply::Reply;
use crate::state::Instance;

/// What a client wants of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Clone and fetch.
    Upload,
    /// Push.
    Receive,
}

/// A path that belongs to git.
pub(crate) struct Target {
    /// `namespace/name`, without `.git`.
    pub(crate) project: String,
    /// What follows the repository: `info/refs`, `git-upload-pack`, `git-receive-pack`.
    pub(crate) rest: &'static str,
    pub(crate) service: Service,
}

/// The repository and service a path under the subpath means, if it is one of git's.
pub(crate) fn target(asked: &Asked) -> Option<Target> {
    let parts = asked.parts();
    let at = parts
        .iter()
        .position(|part| part.len() > 4 && has_git_suffix(part))?;
    let (repository, after) = parts.split_at_checked(at + 1)?;
    let (rest, service) = match after {
        ["info", "refs"] if asked.param("service").as_deref() == Some("git-receive-pack") => {
            ("info/refs", Service::Receive)
        }
        ["info", "refs"] => ("info/refs", Service::Upload),
        ["git-upload-pack"] => ("git-upload-pack", Service::Upload),
        ["git-receive-pack"] => ("git-receive-pack", Service::Receive),
        _ => return None,
    };
    let path = repository.join("/");
    let project = path.get(..path.len().checked_sub(4)?)?.to_owned();
    Some(Target {
        project,
        rest,
        service,
    })
}

fn has_git_suffix(part: &str) -> bool {
    part.get(part.len().saturating_sub(4)..) == Some(".git")
}

/// Answers a request of git.
pub(crate) async fn serve(instance: &Instance, asked: &Asked, body: Incoming, target: &Target) -> Reply {
    let right_method = match target.rest {
        "info/refs" => asked.method == Method::GET,
        _ => asked.method == Method::POST,
    };
    if asked.method == Method::HEAD {
        return Reply::text(StatusCode::FORBIDDEN, "");
    }
    if !right_method {
        return Reply::text(StatusCode::NOT_FOUND, "");
    }
    let (directory, user) = match access::decide(instance, asked, target) {
        Ok(grant) => grant,
        Err(refusal) => return *refusal,
    };
    let served = backend::run(instance, asked, body, &directory, target, user.as_deref()).await;
    served.unwrap_or_else(|fault| Reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("git: {fault}\n")))
}
