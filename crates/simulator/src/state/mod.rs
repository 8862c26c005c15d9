//! Everything the simulated GitLab remembers, behind one mutex held for a look or a change and never across a wait.

pub(crate) mod application;
pub(crate) mod grant;
pub(crate) mod hook;
pub(crate) mod project;
pub(crate) mod seed;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod token;
pub(crate) mod user;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::Rng;
use subtle::ConstantTimeEq;
use url::Url;

use crate::clock::Clock;
use crate::fault::Faults;
use crate::log::Log;
use crate::options::Edition;
use crate::persona::Persona;
use crate::version::Version;
use application::Application;
use grant::{DeviceGrant, Grant};
use hook::{Hook, HookOwner};
use project::{Group, Project};
use session::Session;
use settings::Settings;
use token::Token;
use user::User;

/// One simulated instance: what was chosen at start, and the world that changes.
pub(crate) struct Instance {
    pub(crate) version: Version,
    pub(crate) edition: Edition,
    pub(crate) persona: Option<Persona>,
    pub(crate) strip_headers: bool,
    pub(crate) redirect_target: Url,
    /// Empty, or `/path` without a slash at its end.
    pub(crate) subpath: String,
    /// Scheme, host, port and subpath it listens on; no slash at its end.
    pub(crate) address: String,
    /// The configured external address; no slash at its end.
    pub(crate) canonical: String,
    pub(crate) clock: Clock,
    /// Directory of the bare repositories.
    pub(crate) repositories: PathBuf,
    /// Directory that stands in for a home while git runs.
    pub(crate) home: PathBuf,
    world: Mutex<World>,
}

/// What changes while it runs.
pub(crate) struct World {
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) tokens: BTreeMap<u64, Token>,
    pub(crate) projects: BTreeMap<u64, Project>,
    pub(crate) groups: BTreeMap<u64, Group>,
    pub(crate) applications: BTreeMap<u64, Application>,
    pub(crate) hooks: BTreeMap<u64, Hook>,
    /// Recent presses of a webhook's test button: where, by whom, at which second.
    pub(crate) hook_tests: Vec<(HookOwner, u64, i64)>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) device_grants: Vec<DeviceGrant>,
    /// By id.
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    last_id: u64,
}

impl Instance {
    pub(crate) fn new(
        options: &crate::options::Options,
        redirect_target: Url,
        address: String,
        canonical: String,
        repositories: PathBuf,
        home: PathBuf,
        world: World,
    ) -> Self {
        Self {
            version: options.gitlab_version,
            edition: options.edition,
            persona: options.persona,
            strip_headers: options.strip_headers,
            redirect_target,
            subpath: options.subpath.clone(),
            address,
            canonical,
            clock: Clock::ahead_by(options.clock),
            repositories,
            home,
            world: Mutex::new(world),
        }
    }

    /// The world. A panic of another thread while it held the lock does not end the simulator.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this version has what came with `major.minor`.
    pub(crate) fn since(&self, major: u16, minor: u16) -> bool {
        self.version.since(major, minor)
    }
}

impl World {
    pub(crate) fn empty() -> Self {
        Self {
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            projects: BTreeMap::new(),
            groups: BTreeMap::new(),
            applications: BTreeMap::new(),
            hooks: BTreeMap::new(),
            hook_tests: Vec::new(),
            grants: Vec::new(),
            device_grants: Vec::new(),
            sessions: BTreeMap::new(),
            settings: Settings::default(),
            faults: Faults::default(),
            log: Log::default(),
            last_id: 90,
        }
    }

    /// The next number of anything; never given twice.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn user_named(&self, username: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// The token with this secret, compared in constant time.
    pub(crate) fn token_with_secret(&self, secret: &str) -> Option<&Token> {
        self.tokens
            .values()
            .find(|token| bool::from(token.secret.as_bytes().ct_eq(secret.as_bytes())))
    }

    /// The OAuth token with this refresh token, dead or alive.
    pub(crate) fn token_with_refresh(&self, secret: &str) -> Option<&Token> {
        self.tokens.values().find(|token| {
            let refresh = token.oauth.as_ref().map(|oauth| oauth.refresh.as_bytes());
            refresh.is_some_and(|refresh| bool::from(refresh.ct_eq(secret.as_bytes())))
        })
    }

    /// The application with this `application_id`.
    pub(crate) fn application_called(&self, uid: &str) -> Option<&Application> {
        self.applications
            .values()
            .find(|application| application.uid == uid)
    }

    /// Removes an account: its tokens are unknown from then on (A1).
    pub(crate) fn remove_user(&mut self, id: u64) {
        self.users.remove(&id);
        self.tokens.retain(|_, token| token.user != id);
        for project in self.projects.values_mut() {
            project.members.remove(&id);
        }
        for group in self.groups.values_mut() {
            group.members.remove(&id);
        }
    }

    /// Removes an application with everything it was given: its tokens are unknown from then on (quirk 29).
    pub(crate) fn remove_application(&mut self, id: u64) {
        self.applications.remove(&id);
        self.grants.retain(|grant| grant.application != id);
        self.device_grants.retain(|grant| grant.application != id);
        self.tokens
            .retain(|_, token| token.oauth.as_ref().is_none_or(|oauth| oauth.application != id));
    }

    pub(crate) fn project_at(&self, path: &str) -> Option<&Project> {
        self.projects
            .values()
            .find(|project| project.path.eq_ignore_ascii_case(path))
    }

    pub(crate) fn group_at(&self, path: &str) -> Option<&Group> {
        self.groups
            .values()
            .find(|group| group.path.eq_ignore_ascii_case(path))
    }

    /// The highest access level (contract §5.3) a user has on a project, own or through its group; 0 is none.
    pub(crate) fn access(&self, user: u64, project: &Project) -> u8 {
        let inherited = self
            .groups
            .values()
            .filter(|group| project.path.starts_with(&format!("{}/", group.path)))
            .filter_map(|group| group.members.get(&user));
        project
            .members
            .get(&user)
            .into_iter()
            .chain(inherited)
            .copied()
            .max()
            .unwrap_or(0)
    }

    /// Whether a user sees a project at all.
    pub(crate) fn sees(&self, user: u64, project: &Project) -> bool {
        !project.private || self.access(user, project) > 0
    }
}

/// Random text of `length` characters of `alphabet`.
pub(crate) fn random_text(length: usize, alphabet: &[u8]) -> String {
    let mut rng = rand::rng();
    (0..length)
        .filter_map(|_| {
            alphabet
                .get(rng.random_range(0..alphabet.len()))
                .copied()
                .map(char::from)
        })
        .collect()
}

pub(crate) const HEX: &[u8] = b"0123456789abcdef";
pub(crate) const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
