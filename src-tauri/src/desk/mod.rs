//! The desk: the one task that owns everything that runs in the app.
//!
//! Requests go in, from the window's commands, the tray and the second start of the app; one [`Snapshot`] comes out
//! whenever what it shows has changed. The desk never waits for GitLab or the keychain: work is spawned, and its news
//! come back through a channel. So there is one writer, no lock, and what is shown is always of one piece.

mod attention;
mod clipboard;
mod closed;
mod instances;
mod kept;
mod keychain;
mod linking;
mod news;
mod noticing;
mod outside;
mod pace;
mod permitting;
mod profile;
mod qr;
mod relinking;
mod renewing;
mod report;
mod request;
mod snapshot;
mod state;
mod task;
mod translate;
mod trusting;
mod unlinking;
mod waiting;
mod writes;

use tokio::sync::{mpsc, oneshot, watch};

#[cfg(test)]
pub(crate) use self::attention::attention as attention_of;
#[cfg(test)]
pub(crate) use self::snapshot::tests::account as account_for_tests;
pub(crate) use self::translate::{code as refusal, host as shown_host};
pub use self::{
    permitting::Permitting,
    profile::Reviewing,
    relinking::wants_relink,
    request::{
        AddedInstance, Copied, KeychainRequest, LinkRequest, LoginRequest, PermitRequest, ProfileRequest,
        Reply, Request, TrustRequest, UnlinkRequest, WaitingRequest,
    },
    snapshot::snapshot,
    state::State,
    task::{Kit, start},
    trusting::Trusting,
    unlinking::Unlinking,
};
use crate::view::{ProblemView, Snapshot};

/// How many requests may wait; a page that sends more waits itself.
const WAITING: usize = 256;

/// The way to the desk, for whoever has something to ask. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    requests: mpsc::Sender<Request>,
    snapshots: watch::Receiver<Snapshot>,
}

impl Desk {
    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// The problem the desk answered with, or `internal` where it is gone because the app is ending.
    pub async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, ProblemView> {
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(request(Reply(reply)))
            .await
            .map_err(|_| translate::ending())?;
        answer.await.map_err(|_| translate::ending())?
    }

    /// Tells without waiting for an answer.
    pub fn tell(&self, request: Request) {
        if self.requests.try_send(request).is_err() {
            tracing::warn!("the desk has no room or is gone: a request was dropped");
        }
    }

    /// What the desk shows, now and from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Snapshot> {
        self.snapshots.clone()
    }
}
