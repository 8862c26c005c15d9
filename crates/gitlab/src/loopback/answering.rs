//! The browser that brought the answer, kept waiting until the truth is known.

use std::io::Write as _;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;
use super::guest::say;
use super::page::{FinalPage, Pages, Status, answer};
use crate::oauth::Code;

/// The callback that was waited for.
pub enum Callback {
    /// GitLab's yes.
    Code(Code, Answering),
    /// GitLab's no.
    Denied {
        /// The error code: `access_denied`, or another (contract §3.13). Lower-case letters, digits, underscores; at
        /// most 64.
        error: String,
        /// The browser that waits for a page.
        answering: Answering,
    },
    /// It calls itself another server's answer (RFC 9207): nothing in it is to be used.
    WrongIssuer {
        /// The browser that waits for a page.
        answering: Answering,
    },
}

impl Callback {
    /// The same, found to be another server's answer.
    pub(super) fn mixed_up(self) -> Self {
        let (Self::Code(_, mut answering)
        | Self::Denied { mut answering, .. }
        | Self::WrongIssuer { mut answering }) = self;
        answering.unless_told = Ending::Failed;
        Self::WrongIssuer { answering }
    }
}

/// How a login ended, as the person in front of the browser is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The account is linked: exchanged, identified, stored.
    Linked,
    /// Something went wrong after GitLab's yes.
    Failed,
    /// GitLab, or the person, said no.
    Denied,
}

/// A browser that waits for its page. It lives on when the listener is dropped. Dropped without an ending it says that
/// the login failed, or, after a no, that access was not granted.
pub struct Answering {
    stream: Option<TcpStream>,
    unless_told: Ending,
    linked: FinalPage,
    failed: FinalPage,
    denied: FinalPage,
}

impl Answering {
    pub(super) fn new(stream: TcpStream, pages: &Pages, unless_told: Ending) -> Self {
        Self {
            stream: Some(stream),
            unless_told,
            linked: pages.linked.clone(),
            failed: pages.failed.clone(),
            denied: pages.denied.clone(),
        }
    }

    /// Shows the page. A browser that has gone, or does not read, is given 5 s at most and changes nothing.
    pub async fn finish(mut self, ending: Ending) {
        let page = self.page(ending);
        if let Some(stream) = self.stream.take() {
            let _ = timeout(PATIENCE, say(stream, &page)).await;
        }
    }

    fn page(&self, ending: Ending) -> Vec<u8> {
        let page = match ending {
            Ending::Linked => &self.linked,
            Ending::Failed => &self.failed,
            Ending::Denied => &self.denied,
        };
        answer(Status::Ok, page)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // Nobody to wait for: the page fits into what the system buffers, or is lost.
        if let Some(stream) = self.stream.take()
            && let Ok(mut stream) = stream.into_std()
        {
            let _ = stream.write_all(&self.page(self.unless_told));
        }
    }
}
