//! Projects, each with a repository on disk, and groups.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One project. Its repository is `<path>.git` under the repositories' directory.
pub(crate) struct Project {
    pub(crate) id: u64,
    /// `namespace/name`.
    pub(crate) path: String,
    pub(crate) private: bool,
    /// Access level of each direct member by user id (contract §5.3).
    pub(crate) members: BTreeMap<u64, u8>,
    pub(crate) created_at: Timestamp,
}

impl Project {
    pub(crate) fn namespace(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(namespace, _)| namespace)
    }

    pub(crate) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }
}

/// One top-level group.
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) private: bool,
    /// Access level of each direct member by user id.
    pub(crate) members: BTreeMap<u64, u8>,
}

/// Developer: the lowest level that may push.
pub(crate) const DEVELOPER: u8 = 30;
/// Reporter: the lowest level that may download a private project.
pub(crate) const REPORTER: u8 = 20;
/// Maintainer.
pub(crate) const MAINTAINER: u8 = 40;
/// Owner.
pub(crate) const OWNER: u8 = 50;
