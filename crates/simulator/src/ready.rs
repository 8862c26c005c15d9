//! The one line that says a simulator listens, and all a caller needs to use it (design §4).

use serde::Serialize;

use crate::state::Instance;
use crate::state::token::TokenKind;

/// What there is at start. Secrets are in it on purpose: they are made for this start and work nowhere else.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// Scheme, host, port and subpath; no slash at its end.
    pub address: String,
    /// PEM of the authority to trust; nothing without TLS, or where trusting it would hide the fault asked for.
    pub ca_file: Option<String>,
    /// Users that can sign in.
    pub users: Vec<ReadyUser>,
    /// Their tokens.
    pub tokens: Vec<ReadyToken>,
    /// OAuth applications.
    pub applications: Vec<ReadyApplication>,
    /// Repositories with a commit in them.
    pub repositories: Vec<ReadyRepository>,
}

/// One user.
#[derive(Clone, Serialize)]
pub struct ReadyUser {
    /// Name to sign in with.
    pub username: String,
    /// Password to sign in with.
    pub password: String,
    /// Whether it is an administrator.
    pub admin: bool,
}

/// One token.
#[derive(Clone, Serialize)]
pub struct ReadyToken {
    /// The secret itself.
    pub token: String,
    /// Whose it is.
    pub username: String,
    /// `personal` at start.
    pub kind: String,
    /// What it may.
    pub scopes: Vec<String>,
}

/// One OAuth application.
#[derive(Clone, Serialize)]
pub struct ReadyApplication {
    /// 64 hexadecimal digits; the `client_id` of OAuth.
    pub application_id: String,
    /// Only of a confidential application.
    pub secret: Option<String>,
    /// Whether it has to prove itself with the secret.
    pub confidential: bool,
    /// What it may ask for.
    pub scopes: Vec<String>,
}

/// One repository.
#[derive(Clone, Serialize)]
pub struct ReadyRepository {
    /// `namespace/name`.
    pub path: String,
    /// Where to clone it from.
    pub url: String,
    /// Whether cloning it needs a credential.
    pub private: bool,
}

impl Ready {
    pub(crate) fn of(instance: &Instance, ca_file: Option<String>) -> Self {
        let world = instance.world();
        let users = world
            .users
            .values()
            .map(|user| ReadyUser {
                username: user.username.clone(),
                password: user.password.clone(),
                admin: user.admin,
            })
            .collect();
        let tokens = world
            .tokens
            .values()
            .filter(|token| token.kind == TokenKind::Personal)
            .filter_map(|token| {
                Some(ReadyToken {
                    token: token.secret.clone(),
                    username: world.users.get(&token.user)?.username.clone(),
                    kind: "personal".to_owned(),
                    scopes: token.scopes.clone(),
                })
            })
            .collect();
        let applications = world
            .applications
            .values()
            .map(|application| ReadyApplication {
                application_id: application.uid.clone(),
                secret: application.confidential.then(|| application.secret.clone()),
                confidential: application.confidential,
                scopes: application.scopes.clone(),
            })
            .collect();
        let repositories = world
            .projects
            .values()
            .map(|project| ReadyRepository {
                path: project.path.clone(),
                url: format!("{}/{}.git", instance.address, project.path),
                private: project.private,
            })
            .collect();
        drop(world);
        Self {
            address: instance.address.clone(),
            ca_file,
            users,
            tokens,
            applications,
            repositories,
        }
    }
}
