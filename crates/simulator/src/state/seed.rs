//! The world as it is at start (design §4): two users with a token each, two applications, a group, three repositories.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::application::Application;
use super::project::{DEVELOPER, Group, OWNER, Project};
use super::token::{Expiry, Token, TokenKind, new_secret};
use super::user::{User, UserState};
use super::{HEX, LETTERS, World, random_text};
use crate::clock::day;

/// What applications may ask for unless something else is said.
pub(crate) const APPLICATION_SCOPES: [&str; 5] = [
    "api",
    "read_api",
    "read_user",
    "read_repository",
    "write_repository",
];
/// Where they may send people unless something else is said.
pub(crate) const REDIRECT_URIS: [&str; 2] = ["http://127.0.0.1/callback", "http://[::1]/callback"];

/// A user with the given name and nothing special, not yet in any world.
pub(crate) fn user(id: u64, username: &str, now: Timestamp) -> User {
    User {
        id,
        username: username.to_owned(),
        name: username.to_owned(),
        email: format!("{username}@example.test"),
        password: random_text(24, LETTERS),
        admin: false,
        bot: false,
        state: UserState::Active,
        dpop: false,
        too_many_ips: false,
        avatar_url: None,
        home: None,
        created_at: now,
    }
}

/// The first day a token made now with the usual lifetime does not work.
pub(crate) fn days_from(now: Timestamp, days: i64) -> Date {
    day(now).saturating_add(Span::new().try_days(days).unwrap_or_default())
}

impl World {
    /// The world at start.
    pub(crate) fn seeded(now: Timestamp) -> Self {
        let mut world = Self::empty();
        let root = User {
            name: "Administrator".to_owned(),
            admin: true,
            ..user(1, "root", now)
        };
        let ada = User {
            name: "Ada Lovelace".to_owned(),
            ..user(world.next_id(), "ada", now)
        };
        let grace = User {
            name: "Grace Hopper".to_owned(),
            ..user(world.next_id(), "grace", now)
        };
        let (root_id, ada_id, grace_id) = (root.id, ada.id, grace.id);
        for person in [root, ada, grace] {
            world.users.insert(person.id, person);
        }
        world.add_personal_token(
            ada_id,
            "Ada's token",
            &["api", "read_repository", "write_repository"],
            now,
        );
        world.add_personal_token(root_id, "Root's token", &["api", "admin_mode"], now);
        world.add_project("ada/notes", true, BTreeMap::from([(ada_id, OWNER)]), now);
        world.add_project("ada/hello", false, BTreeMap::from([(ada_id, OWNER)]), now);
        let works = world.next_id();
        world.groups.insert(
            works,
            Group {
                id: works,
                path: "works".to_owned(),
                name: "Works".to_owned(),
                private: true,
                members: BTreeMap::from([(grace_id, OWNER), (ada_id, DEVELOPER)]),
            },
        );
        world.add_project("works/engine", true, BTreeMap::new(), now);
        world.add_application("Desk client", false);
        world.add_application("Team server", true);
        world
    }

    /// A personal access token that lasts a year; answers its id.
    fn add_personal_token(&mut self, user: u64, name: &str, scopes: &[&str], now: Timestamp) -> u64 {
        let id = self.next_id();
        let token = Token {
            id,
            secret: new_secret(TokenKind::Personal, &self.settings),
            kind: TokenKind::Personal,
            user,
            name: name.to_owned(),
            description: None,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            created_at: now,
            last_used_at: None,
            last_used_ips: Vec::new(),
            expiry: Expiry::Day(days_from(now, 365)),
            revoked: false,
            previous: None,
            granular: None,
            oauth: None,
        };
        self.tokens.insert(id, token);
        id
    }

    fn add_project(&mut self, path: &str, private: bool, members: BTreeMap<u64, u8>, now: Timestamp) {
        let id = self.next_id();
        self.projects.insert(
            id,
            Project {
                id,
                path: path.to_owned(),
                private,
                members,
                created_at: now,
            },
        );
    }

    fn add_application(&mut self, name: &str, confidential: bool) {
        let id = self.next_id();
        self.applications.insert(
            id,
            Application {
                id,
                name: name.to_owned(),
                uid: random_text(64, HEX),
                secret: format!("gloas-{}", random_text(64, HEX)),
                confidential,
                trusted: false,
                owner: None,
                scopes: APPLICATION_SCOPES.iter().map(|&scope| scope.to_owned()).collect(),
                redirect_uris: REDIRECT_URIS.iter().map(|&uri| uri.to_owned()).collect(),
            },
        );
    }
}
