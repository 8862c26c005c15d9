//! Browser sessions: a cookie, a token against forged forms, who signed in, and where to go after.

use super::{HEX, World, random_text};

/// One browser session.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) csrf: String,
    pub(crate) user: Option<u64>,
    /// Path and query that were asked for before signing in.
    pub(crate) return_to: Option<String>,
}

impl World {
    /// The session with this id, or a new one with an id of its own.
    pub(crate) fn session(&mut self, id: Option<&str>) -> &mut Session {
        let id = match id {
            Some(id) if self.sessions.contains_key(id) => id.to_owned(),
            _ => random_text(32, HEX),
        };
        self.sessions.entry(id.clone()).or_insert_with(|| Session {
            id,
            csrf: random_text(64, HEX),
            user: None,
            return_to: None,
        })
    }
}
