//! The link flow's driver: runs what the pure machine wants done, and turns calls of a window into its events.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gitlab::{Token, TokenProblem};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::application::GivenApplication;
use crate::events::Event;
use crate::flow::{
    DeviceState, FlowEffect, FlowEvent, FlowState, Goal, KeepWish, LinkFlow, LoginMethod, LoginWish, Person,
    Relinking, TypedApplication, TypedToken, Way,
};
use crate::keychain::Keychain;
use crate::linking::{Keep, KeepSecret, Undertaking};
use crate::links::Links;
use crate::login::{LoginTold, Plan, person};
use crate::opener;
use crate::permitting::SignInAgain;
use crate::problem::Problem;
use crate::relinking::{Anew, OtherUser, Recall};

/// How long typing an address pauses before a server is asked.
const ADDRESS_PAUSE: Duration = Duration::from_millis(300);

/// How long typing a token pauses before GitLab is asked.
const TOKEN_PAUSE: Duration = Duration::from_millis(400);

/// How long a login that was ended may take to be gone.
const SETTLING: Duration = Duration::from_secs(1);

/// One link flow of a window. Cheap to clone; when the last clone goes, everything under way is called off.
#[derive(Clone)]
pub struct LinkSession {
    events: mpsc::UnboundedSender<FlowEvent>,
    state: watch::Receiver<FlowState>,
}

impl LinkSession {
    pub(crate) fn start(links: Links, wanted: Vec<String>, again: Option<Relinking>) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let mut flow = LinkFlow::new(wanted);
        // Before the first is drawn: nobody sees the step it skips.
        let first = again.map_or_else(Vec::new, |again| flow.apply(FlowEvent::Relink(Box::new(again))));
        let (draw, state) = watch::channel(flow.state().clone());
        let driver = Driver {
            changes: links.subscribe(),
            links,
            flow,
            draw,
            answers: events.downgrade(),
            tasks: JoinSet::new(),
            address: None,
            token: None,
            login: None,
            ending: None,
            confirm: None,
            keeping: None,
            recall: None,
            at_once: VecDeque::new(),
        };
        tokio::spawn(driver.run(inbox, first));
        Self { events, state }
    }

    /// What the window draws, now and from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<FlowState> {
        self.state.clone()
    }

    /// What the window draws now.
    #[must_use]
    pub fn state(&self) -> FlowState {
        self.state.borrow().clone()
    }

    /// Whose GitLab.
    pub fn set_way(&self, way: Way) {
        self.send(FlowEvent::Way(way));
    }

    /// The address field holds this now; after a pause the app looks.
    pub fn set_address(&self, text: String) {
        self.send(FlowEvent::Address(text));
    }

    /// A GitLab that is known here, and what for: a sign-in begins without another question where it can.
    pub fn choose_known(&self, address: String, goal: Goal) {
        self.send(FlowEvent::Known(address, goal));
    }

    /// Plain http is fine, for the host that asks for it.
    pub fn consent_plain_http(&self) {
        self.send(FlowEvent::ConsentHttp);
    }

    /// The presented authority is trusted, for this GitLab only.
    pub fn trust_authority(&self) {
        self.send(FlowEvent::TrustAuthority);
    }

    /// Look again at the same address.
    pub fn look_again(&self) {
        self.send(FlowEvent::LookAgain);
    }

    /// The name field holds this now.
    pub fn set_name(&self, text: String) {
        self.send(FlowEvent::Name(text));
    }

    /// On to signing in.
    pub fn next(&self) {
        self.send(FlowEvent::Next);
    }

    /// Back to the address; what was typed stays, the token goes.
    pub fn back(&self) {
        self.send(FlowEvent::Back);
    }

    /// The token field holds this now. The text goes in once and never comes out; `None` or nothing but white space
    /// clears it.
    pub fn set_token(&self, text: Option<Zeroizing<String>>) {
        let typed = match text.map(|text| Token::read(&text)) {
            None | Some(Err(TokenProblem::Empty)) => TypedToken::Nothing,
            Some(Ok(token)) => TypedToken::Token(Arc::new(token)),
            Some(Err(problem)) => TypedToken::NoToken(problem),
        };
        self.send(FlowEvent::Token(typed));
    }

    /// How to sign in.
    pub fn choose_method(&self, method: LoginMethod) {
        self.send(FlowEvent::Method(method));
    }

    /// The fields for an application hold this now. A secret goes in once and never comes out; an empty ID clears both.
    pub fn set_application(&self, application_id: &str, secret: Option<Zeroizing<String>>) {
        let typed = if application_id.trim().is_empty() {
            TypedApplication::Nothing
        } else {
            let given = secret.map_or_else(
                || GivenApplication::read(application_id, None),
                |secret| GivenApplication::read(application_id, Some(&secret)),
            );
            match given {
                Ok(given) => TypedApplication::Application(Arc::new(given)),
                Err(problem) => TypedApplication::Bad(problem),
            }
        };
        self.send(FlowEvent::Application(typed));
    }

    /// Open the browser again at the address that waits.
    pub fn open_again(&self) {
        self.send(FlowEvent::OpenAgain);
    }

    /// Take a code on another device instead of the browser that is waited for.
    pub fn use_code(&self) {
        self.send(FlowEvent::UseCode);
    }

    /// Whether who signed in with the code is the person in front of the window.
    pub fn confirm_identity(&self, is_me: bool) {
        self.send(FlowEvent::Confirm(is_me));
    }

    /// The login that is under way is not wanted any more; the ways to sign in stand again.
    pub fn stop_login(&self) {
        self.send(FlowEvent::StopLogin);
    }

    /// The account should have these scopes; names that cannot be scopes change nothing.
    pub fn set_wanted(&self, scopes: Vec<String>) {
        self.send(FlowEvent::Wanted(scopes));
    }

    /// Link it; `as_it_is` with whatever it lacks.
    pub fn link(&self, as_it_is: bool) {
        self.send(FlowEvent::Link { as_it_is });
    }

    /// Away with everything: what is under way ends, nothing is left behind.
    pub fn cancel(&self) {
        self.send(FlowEvent::Cancel);
    }

    fn send(&self, event: FlowEvent) {
        // The driver lives as long as this sender does, unless the runtime is shutting down.
        let _ = self.events.send(event);
    }
}

struct Driver {
    links: Links,
    changes: broadcast::Receiver<Event>,
    flow: LinkFlow,
    draw: watch::Sender<FlowState>,
    answers: mpsc::WeakUnboundedSender<FlowEvent>,
    tasks: JoinSet<()>,
    /// The pause or question about the address that is under way.
    address: Option<AbortHandle>,
    /// The pause or question about the token that is under way.
    token: Option<AbortHandle>,
    /// The login that is under way.
    login: Option<(AbortHandle, oneshot::Receiver<()>)>,
    /// Answers when the login that was ended is gone: its port is free before anybody is told so.
    ending: Option<oneshot::Receiver<()>>,
    /// Where a login with a code waits for the person's word.
    confirm: Option<oneshot::Sender<()>>,
    /// The link that is being stored.
    keeping: Option<Arc<Undertaking>>,
    /// The account that is being linked again.
    recall: Option<Arc<Recall>>,
    /// Answers that need no waiting.
    at_once: VecDeque<FlowEvent>,
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<FlowEvent>, first: Vec<FlowEffect>) {
        for effect in first {
            self.perform(effect);
        }
        self.settle().await;
        loop {
            let event = tokio::select! {
                event = inbox.recv() => match event {
                    Some(event) => event,
                    None => break,
                },
                Some(_) = self.tasks.join_next() => continue,
                change = self.changes.recv() => match change {
                    Ok(Event::KeychainChanged) => FlowEvent::KeychainChanged,
                    _ => continue,
                },
            };
            self.at_once.push_back(event);
            self.settle().await;
        }
        self.call_off();
    }

    /// Takes in what is there, and draws what came of it.
    async fn settle(&mut self) {
        while let Some(event) = self.at_once.pop_front() {
            for effect in self.flow.apply(event) {
                self.perform(effect);
            }
        }
        if let Some(gone) = self.ending.take() {
            // Told by being dropped, at once unless the runtime has its hands full.
            let _ = tokio::time::timeout(SETTLING, gone).await;
        }
        self.draw.send_if_modified(|drawn| {
            let changed = drawn != self.flow.state();
            if changed {
                drawn.clone_from(self.flow.state());
            }
            changed
        });
    }

    fn perform(&mut self, effect: FlowEffect) {
        let links = self.links.clone();
        match effect {
            FlowEffect::PauseAddress(number) => {
                let pause = self.begin(async move {
                    tokio::time::sleep(ADDRESS_PAUSE).await;
                    FlowEvent::AddressPaused(number)
                });
                replace(&mut self.address, pause);
            }
            FlowEffect::Look { number, pasted, how } => {
                let look =
                    self.begin(
                        async move { FlowEvent::Looked(number, Box::pin(links.look(&pasted, how)).await) },
                    );
                replace(&mut self.address, look);
            }
            FlowEffect::Suggest { number, base } => {
                // Where no name can be suggested the field stays empty, and the person types one.
                let name = links.suggest_name(&base).unwrap_or_default();
                self.at_once.push_back(FlowEvent::Suggested(number, name));
                let known = links.application(&base).unwrap_or_default();
                self.at_once.push_back(FlowEvent::ApplicationKnown(number, known));
            }
            FlowEffect::CheckName { number, name } => {
                let problem = links.check_name(&name).err();
                self.at_once.push_back(FlowEvent::NameChecked(number, problem));
            }
            FlowEffect::PauseToken(number) => {
                let pause = self.begin(async move {
                    tokio::time::sleep(TOKEN_PAUSE).await;
                    FlowEvent::TokenPaused(number)
                });
                replace(&mut self.token, pause);
            }
            FlowEffect::Identify {
                number,
                found,
                how,
                token,
            } => {
                let question = self.begin(async move {
                    let identified = Box::pin(links.identify(&found, &how, &token)).await;
                    FlowEvent::Identified(number, identified.map(Arc::new))
                });
                replace(&mut self.token, question);
            }
            FlowEffect::TryKeychain(number) => {
                self.begin(async move {
                    FlowEvent::KeychainTried(number, keychain_problem(links.keychain().await))
                });
            }
            FlowEffect::Keep(wish) if wish.relinking.is_some() => self.keep_anew(*wish),
            FlowEffect::Keep(wish) => {
                let undertaking = Arc::new(Undertaking::new());
                self.keeping = Some(Arc::clone(&undertaking));
                self.begin(async move {
                    let KeepWish {
                        number,
                        name,
                        found,
                        how,
                        identity,
                        wanted,
                        token,
                        ..
                    } = *wish;
                    let keep = Keep {
                        name,
                        found,
                        how,
                        identity,
                        wanted,
                        secret: KeepSecret::Token(token),
                    };
                    let kept = Box::pin(links.keep(keep, undertaking)).await;
                    FlowEvent::Kept(number, kept.map(|account| account.id))
                });
            }
            FlowEffect::BrowserLogin(wish) => match wish.relinking {
                Some(id) => self.login_anew(id, *wish, false),
                None => self.browser_login(*wish),
            },
            FlowEffect::DeviceLogin(wish) => match wish.relinking {
                Some(id) => self.login_anew(id, *wish, true),
                None => self.device_login(*wish),
            },
            FlowEffect::ConfirmLogin(_) => {
                if let Some(confirm) = self.confirm.take() {
                    // A login that ended meanwhile says so itself.
                    let _ = confirm.send(());
                }
            }
            FlowEffect::OpenAgain { number, url } => {
                self.begin(
                    async move { FlowEvent::Browser(number, opener::open(links.opener(), url).await) },
                );
            }
            FlowEffect::StopLogin => self.stop_login(),
            FlowEffect::CallOff => self.call_off(),
        }
    }

    fn browser_login(&mut self, wish: LoginWish) {
        let (links, teller) = (self.links.clone(), self.teller(wish.number));
        let undertaking = Arc::new(Undertaking::new());
        self.keeping = Some(Arc::clone(&undertaking));
        let (number, plan) = plan(wish);
        let (alive, gone) = oneshot::channel::<()>();
        let login = self.begin(async move {
            // Dropped after everything else in here.
            let _alive = alive;
            let linked = Box::pin(links.browser_login(plan, true, undertaking, &teller)).await;
            FlowEvent::LoginEnded(number, linked.map(|account| account.id))
        });
        self.login = Some((login, gone));
    }

    fn device_login(&mut self, wish: LoginWish) {
        let (links, teller) = (self.links.clone(), self.teller(wish.number));
        let undertaking = Arc::new(Undertaking::new());
        self.keeping = Some(Arc::clone(&undertaking));
        let (confirm, confirmed) = oneshot::channel();
        self.confirm = Some(confirm);
        let answers = self.answers.clone();
        let (number, plan) = plan(wish);
        let (alive, gone) = oneshot::channel::<()>();
        let login = self.begin(async move {
            let _alive = alive;
            let linked = async {
                let sign_in = Box::pin(links.prepare(&plan)).await?;
                let admitted =
                    Box::pin(links.sign_in_by_code(&sign_in, plan.accept_missing, &teller)).await?;
                if let Some(answers) = answers.upgrade() {
                    let _ = answers.send(FlowEvent::SignedIn(number, person(&admitted.identity)));
                }
                drop(answers);
                // Whoever is not the right person ends this task, and the tokens are given back.
                if confirmed.await.is_err() {
                    admitted.signed.give_back().await;
                    return Err(Problem::Cancelled);
                }
                Box::pin(links.keep_login(plan, sign_in.scopes, admitted, undertaking)).await
            };
            FlowEvent::LoginEnded(number, Box::pin(linked).await.map(|account| account.id))
        });
        self.login = Some((login, gone));
    }

    /// A token for an account that is linked already.
    fn keep_anew(&mut self, wish: KeepWish) {
        let Some(account) = wish.relinking else { return };
        let (links, recall) = (self.links.clone(), Arc::new(Recall::default()));
        self.recall = Some(Arc::clone(&recall));
        let number = wish.number;
        let anew = Anew {
            account,
            identity: wish.identity,
            wanted: wish.wanted,
            secret: KeepSecret::Token(wish.token),
            other_user: wish.other_user,
            revoke_old: false,
            what: "relinked",
            recall,
        };
        self.begin(async move {
            let kept = Box::pin(links.relink(anew)).await;
            FlowEvent::Kept(number, kept.map(|account| account.id))
        });
    }

    /// A login for an account that is linked already. Somebody else who signs in waits for the person's word.
    fn login_anew(&mut self, id: AccountId, wish: LoginWish, by_code: bool) {
        let (links, teller, number) = (self.links.clone(), self.teller(wish.number), wish.number);
        let recall = Arc::new(Recall::default());
        self.recall = Some(Arc::clone(&recall));
        let (confirm, confirmed) = oneshot::channel();
        self.confirm = Some(confirm);
        let answers = self.answers.clone();
        let again = SignInAgain {
            scopes: Some(wish.wanted),
            application: wish.application,
            accept_missing: wish.accept_missing,
            open_browser: true,
            by_code,
            other_user: OtherUser::Refused,
            revoke_old: false,
        };
        let (alive, gone) = oneshot::channel::<()>();
        let login = self.begin(async move {
            let _alive = alive;
            let is_fine = |who: Person| async move {
                if let Some(answers) = answers.upgrade() {
                    let _ = answers.send(FlowEvent::SomebodyElse(number, who));
                }
                drop(answers);
                confirmed.await.is_ok()
            };
            let linked = Box::pin(links.sign_in_anew(&id, again, "relinked", recall, &teller, is_fine)).await;
            FlowEvent::LoginEnded(number, linked.map(|account| account.id))
        });
        self.login = Some((login, gone));
    }

    /// Turns what a login says into events.
    fn teller(&self, number: u64) -> impl Fn(LoginTold) + Send + Sync + use<> {
        let answers = self.answers.clone();
        move |told| {
            let event = match told {
                LoginTold::Open { url, deadline } => FlowEvent::LoginWaits(number, url, deadline),
                LoginTold::Browser(browser) => FlowEvent::Browser(number, browser),
                LoginTold::Code {
                    user_code,
                    at,
                    complete,
                    deadline,
                } => FlowEvent::DeviceWaits(
                    number,
                    DeviceState::Waiting {
                        user_code,
                        verification_uri: at,
                        verification_uri_complete: complete,
                        deadline,
                    },
                ),
                LoginTold::Finishing => FlowEvent::LoginFinishes(number),
                // The account says what it may do.
                LoginTold::Wider { .. } => return,
            };
            if let Some(answers) = answers.upgrade() {
                let _ = answers.send(event);
            }
        }
    }

    /// Runs a piece of work whose answer is an event.
    fn begin(&mut self, work: impl Future<Output = FlowEvent> + Send + 'static) -> AbortHandle {
        let answers = self.answers.clone();
        self.tasks.spawn(async move {
            let event = work.await;
            // Nobody to answer: the session is over.
            if let Some(answers) = answers.upgrade() {
                let _ = answers.send(event);
            }
        })
    }

    /// Ends a login that is under way: its port, its polling, its tokens.
    fn stop_login(&mut self) {
        if let Some((login, gone)) = self.login.take() {
            login.abort();
            self.ending = Some(gone);
        }
        self.confirm = None;
        if let Some(recall) = self.recall.take() {
            recall.call_off();
        }
        if let Some(undertaking) = self.keeping.take() {
            self.links.call_off(&undertaking);
        }
    }

    /// Ends what is under way. A link that is being stored takes itself back.
    fn call_off(&mut self) {
        self.stop_login();
        if let Some(undertaking) = self.keeping.take() {
            self.links.call_off(&undertaking);
        }
        self.tasks.abort_all();
        self.address = None;
        self.token = None;
    }
}

/// What a wish of the machine is to the login.
fn plan(wish: LoginWish) -> (u64, Plan) {
    let plan = Plan {
        name: wish.name,
        found: wish.found,
        how: wish.how,
        application: wish.application,
        scopes: Some(wish.wanted),
        accept_missing: wish.accept_missing,
    };
    (wish.number, plan)
}

/// The newer work takes the older one's place, whose answer nobody waits for.
fn replace(slot: &mut Option<AbortHandle>, new: AbortHandle) {
    if let Some(old) = slot.replace(new) {
        old.abort();
    }
}

/// Why the keychain would not keep a secret.
fn keychain_problem(keychain: Keychain) -> Option<Problem> {
    match keychain {
        Keychain::Ready { .. } => None,
        Keychain::Locked { .. } => Some(vault::VaultError::Locked.into()),
        Keychain::Absent => Some(
            vault::VaultError::Absent {
                detail: "none was found".to_owned(),
            }
            .into(),
        ),
        Keychain::NeedsPassphrase { .. } => Some(Problem::NeedsPassphrase),
        Keychain::Broken { problem } => Some(problem),
    }
}
