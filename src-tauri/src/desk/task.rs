//! The desk's task: one loop, one writer.

mod hear;
mod serve;
mod trust;

use std::{future::Future, sync::Arc};

use jiff::Timestamp;
use links::{Event, Links, Opened, Setup, Waiting};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::Instant,
};

use super::{
    Desk, Request, State, WAITING, closed,
    kept::Kept,
    keychain,
    linking::Linking,
    news::{News, Teller},
    noticing,
    pace::{self, Clockwork, Rounds},
    permitting::Round,
    renewing::Renewing,
    snapshot, translate,
    writes::{Looks, Writes},
};
use crate::{shell::Shell, view::Snapshot};

/// What the desk works with.
pub struct Kit {
    /// How the domain is opened.
    pub setup: Setup,
    /// The desktop.
    pub shell: Arc<dyn Shell>,
    /// The log folder, for the settings screen.
    pub log_folder: String,
}

/// Makes the desk and the task behind it; nothing happens until the task runs.
pub fn start(kit: Kit) -> (Desk, impl Future<Output = ()> + Send + 'static) {
    let (requests, asked) = mpsc::channel(WAITING);
    let first = snapshot(&State {
        log_folder: kit.log_folder.clone(),
        ..State::default()
    });
    let (published, snapshots) = watch::channel(first);
    (Desk { requests, snapshots }, run(kit, asked, published))
}

async fn run(kit: Kit, mut asked: mpsc::Receiver<Request>, published: watch::Sender<Snapshot>) {
    let mut state = State {
        log_folder: kit.log_folder,
        ..State::default()
    };
    loop {
        match Links::open(kit.setup.clone()).await {
            Ok(Opened { links, recovered }) => {
                state.recovered = recovered;
                state.policy = Some(links.policy().clone());
                state.policy_file = links.policy_file().to_owned();
                let (teller, news) = Teller::new();
                let events = links.subscribe();
                let task = Task {
                    writes: Writes::to(&links.home().database()),
                    looks: Looks::default(),
                    rounds: Rounds::new(Timestamp::now()),
                    clock: Clockwork::new(),
                    noticing: Noticing::default(),
                    links,
                    shell: kit.shell,
                    state,
                    linking: Linking::default(),
                    permits: Round::default(),
                    trusts: 0,
                    renewing: Renewing::default(),
                    revoking: Renewing::default(),
                    teller,
                    published,
                    stale: true,
                    rested: Instant::now(),
                    first_check: true,
                    check_at: None,
                    second_look: None,
                };
                return Box::pin(task.run(asked, news, events)).await;
            }
            Err(problem) => {
                tracing::error!(code = problem.code(), "what is kept could not be opened");
                state.trouble = Some(translate::problem(&problem));
                let home = &kit.setup.home;
                match closed::serve(&mut state, home, &kit.shell, &mut asked, &published).await {
                    closed::Left::Aside(aside) => {
                        state.put_aside = aside;
                        state.trouble = None;
                    }
                    closed::Left::Alone => return,
                }
            }
        }
    }
}

/// Publishes a snapshot if it shows anything new.
pub(super) fn publish(published: &watch::Sender<Snapshot>, state: &State) {
    let mut next = snapshot(state);
    published.send_if_modified(|last| {
        next.revision = last.revision;
        if *last == next {
            return false;
        }
        next.revision += 1;
        std::mem::swap(last, &mut next);
        true
    });
}

/// Whether notices are being shown.
#[derive(Debug, Clone, Copy, Default)]
struct Noticing {
    running: bool,
    /// Something has changed meanwhile.
    again: bool,
}

struct Task {
    writes: Writes,
    looks: Looks,
    rounds: Rounds,
    clock: Clockwork,
    noticing: Noticing,
    links: Links,
    shell: Arc<dyn Shell>,
    state: State,
    linking: Linking,
    permits: Round,
    /// How often the dialog that trusts another authority was opened.
    trusts: u64,
    renewing: Renewing,
    revoking: Renewing,
    teller: Teller,
    published: watch::Sender<Snapshot>,
    /// Whether what is kept has to be read again.
    stale: bool,
    /// When it may be read again because of a check that goes on.
    rested: Instant,
    /// Whether all accounts are still to be checked for the first time.
    first_check: bool,
    /// When all accounts are checked unasked: a window that opens has drawn many of them by then, and has the computer to
    /// itself until it has.
    check_at: Option<Instant>,
    /// When what was found dead is looked at again.
    second_look: Option<Instant>,
}

impl Task {
    async fn run(
        mut self,
        mut asked: mpsc::Receiver<Request>,
        mut news: mpsc::UnboundedReceiver<News>,
        mut events: broadcast::Receiver<Event>,
    ) {
        self.look_at_keychain();
        self.clock.slept(Timestamp::now(), Instant::now());
        let mut tick = Instant::now() + pace::TICK;
        loop {
            // What came in together is read together: a check of a thousand accounts must not read them a thousand times.
            while let Ok(event) = events.try_recv() {
                self.notice(Ok(event));
            }
            while let Ok(news) = news.try_recv() {
                self.hear(news);
            }
            if self.stale && (!self.state.checking_all || self.rested <= Instant::now()) {
                self.read().await;
                self.rested = Instant::now() + pace::rest(self.state.accounts.len());
                self.notice_dying();
            }
            // What was just read may say that something is due at once.
            self.renew();
            self.revoke_waiting();
            let wake = self.wake(tick);
            self.state.flow = self.linking.state();
            publish(&self.published, &self.state);
            tokio::select! {
                // What has happened is heard before what is asked next: whoever was answered asks of what came of it.
                biased;
                Some(news) = news.recv() => self.hear(news),
                event = events.recv() => self.notice(event),
                request = asked.recv() => match request {
                    Some(request) => self.serve(request),
                    None => return,
                },
                () = self.linking.changed() => {}
                () = tokio::time::sleep_until(self.rested), if self.stale => {}
                () = self.writes.next() => self.looks.written(Instant::now()),
                () = tokio::time::sleep_until(wake) => {
                    let now = Instant::now();
                    if self.looks.next().is_some_and(|at| at <= now) {
                        self.looks.looked(now);
                        self.look_outside().await;
                    }
                    self.look_again();
                    if self.check_at.is_some_and(|at| at <= now) {
                        self.check_all();
                    }
                    if tick <= now {
                        tick = now + pace::TICK;
                        self.tick().await;
                    }
                }
            }
        }
    }

    /// When there is something to do, should nobody ask before.
    fn wake(&self, tick: Instant) -> Instant {
        let due = |what: &Renewing| {
            let ahead = what.due_in(Timestamp::now());
            ahead.map(|ahead| Instant::now() + ahead.min(pace::TICK))
        };
        // What waits for a check to end is done when that is heard of.
        let second_look = self.second_look.filter(|_| !self.state.checking_all);
        [
            self.looks.next(),
            self.check_at,
            second_look,
            due(&self.renewing),
            due(&self.revoking),
        ]
        .into_iter()
        .flatten()
        .fold(tick, Instant::min)
    }

    /// What comes round by itself.
    async fn tick(&mut self) {
        self.look_outside().await;
        let now = Timestamp::now();
        // A laptop that slept, or a clock that was set: what was known is old.
        let slept = self.clock.slept(now, Instant::now());
        self.stale |= self.rounds.read_again(now) || slept;
        if self.rounds.check(now, slept) {
            // What the keychain says decides whether the check can go ahead, see `hear`.
            self.first_check = true;
            self.look_at_keychain();
        }
    }

    /// Has what is due shown, where the desktop shows notices.
    fn notice_dying(&mut self) {
        if !self.state.notices_shown {
            return;
        }
        if self.noticing.running {
            self.noticing.again = true;
            return;
        }
        self.noticing.running = true;
        let (links, shell, teller) = (self.links.clone(), Arc::clone(&self.shell), self.teller.clone());
        tokio::spawn(async move {
            let begins = teller.clone();
            let showing = move || noticing::notice(&links, &shell, || begins.tell(News::Noticing));
            match tokio::task::spawn_blocking(showing).await {
                Ok(Ok(())) => {}
                Ok(Err(problem)) => tracing::warn!(code = problem.code(), "notices could not be told"),
                Err(_) => tracing::warn!("telling notices died"),
            }
            teller.tell(News::Noticed);
        });
    }

    fn look_at_keychain(&self) {
        tokio::spawn(keychain::look(self.links.clone(), self.teller.clone()));
    }

    async fn look_outside(&mut self) {
        let links = self.links.clone();
        match tokio::task::spawn_blocking(move || links.changed_outside()).await {
            Ok(Ok(changed)) => self.stale |= changed,
            Ok(Err(problem)) => {
                tracing::warn!(code = problem.code(), "what others changed could not be asked");
            }
            Err(_) => {}
        }
    }

    async fn read(&mut self) {
        self.stale = false;
        let (links, shell) = (self.links.clone(), Arc::clone(&self.shell));
        let profile = self
            .state
            .reviewing
            .as_ref()
            .and_then(|reviewing| reviewing.profile.clone());
        match tokio::task::spawn_blocking(move || Kept::read(&links, &shell, profile.as_ref())).await {
            Ok(Ok(kept)) => {
                self.state.accounts = kept.accounts;
                self.state.happened = kept.happened;
                self.state.instances = kept.instances;
                self.state.preferences = kept.preferences;
                self.state.starts_at_login = kept.starts_at_login;
                self.rounds.choose(kept.preferences.check_every);
                self.renewing.learn(kept.next_renewal);
                self.state.waiting = kept.waiting;
                self.revoking.learn(kept.next_revocation);
                if let (Some(reviewing), Some(reviewed)) = (&mut self.state.reviewing, kept.review) {
                    reviewing.compare(reviewed);
                }
            }
            Ok(Err(problem)) => tracing::warn!(code = problem.code(), "what is kept could not be read"),
            Err(_) => tracing::warn!("reading what is kept died"),
        }
    }

    fn check_all(&mut self) {
        self.check_at = None;
        if self.state.checking_all || self.state.accounts.is_empty() {
            return;
        }
        self.state.checking_all = true;
        let (links, teller) = (self.links.clone(), self.teller.clone());
        tokio::spawn(async move {
            let checked = tokio::spawn(async move { links.check_all().await }).await;
            if let Ok(Err(problem)) = checked {
                tracing::warn!(code = problem.code(), "the accounts could not be checked");
            }
            teller.tell(News::CheckedAll);
        });
    }

    /// Checks once more what the last check found dead, when a while has passed.
    fn look_again(&mut self) {
        if self.state.checking_all || self.second_look.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.second_look = None;
        let links = self.links.clone();
        tokio::spawn(async move {
            if let Err(problem) = Box::pin(links.check_doubtful()).await {
                tracing::warn!(code = problem.code(), "the second look came to nothing");
            }
        });
    }

    /// Has the domain renew what is due. Nobody asked for it, so it waits until the keychain can be read without asking
    /// the person for a password.
    fn renew(&mut self) {
        if keychain::ready(self.state.keychain.as_ref())
            && self.renewing.begin(Timestamp::now(), Instant::now())
        {
            self.state.unasked.renewing = true;
            let (links, teller) = (self.links.clone(), self.teller.clone());
            tokio::spawn(async move {
                let renewed = tokio::spawn(async move { Box::pin(links.renew_due()).await }).await;
                teller.tell(News::Renewed(match renewed {
                    Ok(Ok(next)) => next,
                    // Read again with everything else.
                    Ok(Err(_)) | Err(_) => Some(Timestamp::UNIX_EPOCH),
                }));
            });
        }
    }

    /// Has the domain revoke what waits and is due; how far apart attempts are it decides itself. Nobody asked for it
    /// either.
    fn revoke_waiting(&mut self) {
        if keychain::ready(self.state.keychain.as_ref())
            && self.revoking.begin(Timestamp::now(), Instant::now())
        {
            let (links, teller) = (self.links.clone(), self.teller.clone());
            tokio::spawn(async move {
                let round = tokio::spawn(async move {
                    let tried = Box::pin(links.revoke_waiting(Waiting::Due)).await;
                    tried.and_then(|_| links.next_revocation())
                });
                teller.tell(News::RevokedWaiting(match round.await {
                    Ok(Ok(next)) => next,
                    Ok(Err(_)) | Err(_) => Some(Timestamp::UNIX_EPOCH),
                }));
            });
        }
    }
}
