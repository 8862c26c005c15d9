//! The listener the browser brings GitLab's answer to (RFC 8252 §7.3).
//!
//! It listens on `127.0.0.1` alone, on a port of the system's choice. What cannot be guessed is `state`: whoever comes
//! without it is a stranger, gets a page that says so, and changes nothing. Who lives here may accept connections on
//! that one port and nothing else; what a request is taken for is decided by [`judge`](judge()), without any I/O.

mod answering;
mod desk;
mod guest;
mod issuer;
mod judge;
mod page;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

pub use answering::{Answering, Callback, Ending};
pub use judge::{HEAD_LIMIT, Rules, Stranger, Verdict, judge};
pub use page::{FinalPage, Pages};

use crate::oauth::{AuthorizationRequest, RedirectUri};
use desk::{Desk, Heard};

/// How many connections are held at once. While there are so many, others wait at the door, and the one that has been
/// there longest is closed after [`GRACE`]: so whoever opens many and says nothing does not lock the browser out.
pub const CONNECTIONS: usize = 64;

/// How long a connection lasts at least, however many wait: a browser has said all it has to say within milliseconds.
pub const GRACE: Duration = Duration::from_millis(250);

/// How long a connection may last, from its first to its last byte; the one whose answer is being awaited excepted.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long accepting rests after the system could not give a connection (no file descriptors left, for instance).
const BREATH: Duration = Duration::from_millis(50);

/// Listens for the answer to one authorization request at a time. Dropping it closes the port at once.
pub struct LoopbackListener {
    door: Arc<Door>,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

impl LoopbackListener {
    /// Listens on `127.0.0.1`, on a free port, with English pages. Fails where the system gives no port. Needs a Tokio
    /// runtime.
    pub async fn bind() -> io::Result<Self> {
        Self::bind_speaking(Pages::english()).await
    }

    /// As [`bind`](Self::bind), with the pages in the person's language.
    pub async fn bind_speaking(pages: Pages) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = socket.local_addr()?.port();
        let door = Arc::new(Door {
            socket: Mutex::new(Some(socket)),
        });
        let desk = Arc::new(Desk::new(port, pages));
        let task = tokio::spawn(serve(Arc::clone(&door), Arc::clone(&desk)));
        Ok(Self { door, desk, task })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.desk.port()
    }

    /// The address the authorization request has to name.
    #[must_use]
    pub fn redirect_uri(&self) -> RedirectUri {
        RedirectUri::loopback(self.desk.port())
    }

    /// Waits for the one callback whose `state` is `request`'s. `issuer`: what an `iss` in it has to be equal to; with
    /// `None` it has to be `request`'s own GitLab. Waits for ever: the deadline is the caller's. Strangers are answered before,
    /// while and after; so is whoever brings the right callback a second time. Cancelling waits for nothing any more
    /// and leaves the listener as it was.
    pub async fn receive(&mut self, request: &AuthorizationRequest, issuer: Option<&str>) -> Callback {
        let issuer = issuer.map(str::to_owned);
        self.receive_asking(request, async { issuer }).await
    }

    /// The same where the issuer is still being asked for: a browser that is faster is not turned away. If its answer has
    /// an `iss`, it waits with its browser until the issuer is known; without one, for nothing.
    pub async fn receive_asking(
        &mut self,
        request: &AuthorizationRequest,
        issuer: impl Future<Output = Option<String>>,
    ) -> Callback {
        let mut asked = Box::pin(issuer);
        let mut known: Option<Option<String>> = None;
        loop {
            let mut waiting = self.desk.wait(request.state().clone(), known.clone().flatten());
            let heard = loop {
                tokio::select! {
                    biased;
                    told = &mut asked, if known.is_none() => {
                        self.desk.learn(told.clone());
                        known = Some(told);
                    }
                    heard = waiting.heard() => break heard,
                }
            };
            let Some(Heard { callback, iss }) = heard else {
                continue;
            };
            let Some(iss) = iss else {
                return callback;
            };
            let issuer = match known {
                Some(issuer) => issuer,
                None => asked.await,
            };
            return if issuer::is_named(&iss, issuer.as_deref(), request.base()) {
                callback
            } else {
                callback.mixed_up()
            };
        }
    }
}

impl Drop for LoopbackListener {
    fn drop(&mut self) {
        // An aborted task lives until the runtime gets to it; the port has to be free now.
        self.door.close();
        self.task.abort();
    }
}

/// The listening socket, where it can be closed from outside of the task that accepts.
struct Door {
    socket: Mutex<Option<TcpListener>>,
}

impl Door {
    fn close(&self) {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The next connection; `None` once the door is closed.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Option<io::Result<TcpStream>>> {
        match &*self.socket.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(socket) => socket
                .poll_accept(cx)
                .map(|came| Some(came.map(|(stream, _)| stream))),
            None => Poll::Ready(None),
        }
    }
}

async fn serve(door: Arc<Door>, desk: Arc<Desk>) {
    // Dropped with the task: so are all connections.
    let mut guests = JoinSet::new();
    let mut order: VecDeque<(Instant, AbortHandle)> = VecDeque::new();
    while let Some(came) = poll_fn(|cx| door.poll_accept(cx)).await {
        let Ok(stream) = came else {
            sleep(BREATH).await;
            continue;
        };
        make_room(&mut guests, &mut order).await;
        let guest = guests.spawn(guest::attend(stream, Arc::clone(&desk)));
        order.push_back((Instant::now(), guest));
    }
}

/// Returns as soon as there are fewer than [`CONNECTIONS`].
async fn make_room(guests: &mut JoinSet<()>, order: &mut VecDeque<(Instant, AbortHandle)>) {
    loop {
        while guests.try_join_next().is_some() {}
        order.retain(|(_, guest)| !guest.is_finished());
        let Some((since, oldest)) = order.front().filter(|_| order.len() >= CONNECTIONS) else {
            return;
        };
        if timeout_at(*since + GRACE, guests.join_next()).await.is_err() {
            oldest.abort();
            guests.join_next().await;
        }
    }
}
