//! The one link flow of the window: the domain's session and what it says of itself.

use std::{future, sync::Arc};

use links::{
    Account, AppState, DeviceState, FlowState, FlowStep, Goal, LinkSession, Links, LoginMethod, Method,
    TokenState, WANTED,
};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::{request::LinkRequest, translate};
use crate::{
    shell::{ClipboardTrouble, Shell},
    view::{ProblemView, Way},
};

/// The session while the flow is open.
#[derive(Default)]
pub(super) struct Linking {
    open: Option<Open>,
}

struct Open {
    session: LinkSession,
    states: watch::Receiver<FlowState>,
}

impl Linking {
    /// Waits until the flow says something new; for ever while none is open.
    pub(super) async fn changed(&mut self) {
        if let Some(open) = &mut self.open
            && open.states.changed().await.is_ok()
        {
            return;
        }
        future::pending::<()>().await;
    }

    /// How the flow stands.
    pub(super) fn state(&mut self) -> Option<FlowState> {
        self.open
            .as_mut()
            .map(|open| open.states.borrow_and_update().clone())
    }

    /// Opens a flow; one that was open ends.
    pub(super) fn start(&mut self, links: &Links, way: Way) {
        self.open(links).set_way(translate::way(way));
    }

    /// Opens a flow at a GitLab that is known; one that was open ends.
    fn start_known(&mut self, links: &Links, address: String, goal: Goal) {
        self.open(links).choose_known(address, goal);
    }

    fn open(&mut self, links: &Links) -> LinkSession {
        self.cancel();
        let session = links.link_session(WANTED.map(str::to_owned).to_vec());
        let states = session.watch();
        self.open = Some(Open {
            session: session.clone(),
            states,
        });
        session
    }

    /// Opens a flow unless one is open.
    pub(super) fn start_if_none(&mut self, links: &Links, way: Way) {
        if self.open.is_none() {
            self.start(links, way);
        }
    }

    /// Opens a flow for an account that is linked already; one that was open ends.
    pub(super) fn relink(&mut self, links: &Links, account: &Account) {
        self.cancel();
        let session = links.relink_session(account);
        let states = session.watch();
        self.open = Some(Open { session, states });
    }

    /// The same, unless that would lose what was typed or is under way; `false` then. `begin`: the person asked for
    /// signing in, which opens the browser without another press.
    pub(super) fn relink_if_idle(&mut self, links: &Links, account: &Account, begin: bool) -> bool {
        if let Some(open) = &self.open {
            let flow = open.states.borrow();
            if flow.step != FlowStep::Done
                && flow.relinking.as_ref().map(|again| again.account) == Some(account.id)
            {
                return true;
            }
            if !idle(&flow) {
                return false;
            }
        }
        self.relink(links, account);
        if let Some(open) = self
            .open
            .as_ref()
            .filter(|_| begin && account.method == Method::App)
        {
            open.session.link(false);
        }
        true
    }

    /// Ends the flow and everything under way.
    pub(super) fn cancel(&mut self) {
        if let Some(open) = self.open.take() {
            open.session.cancel();
        }
    }

    /// The window is gone. An account that is being linked is linked to the end; anything else is over, and with it
    /// the token that was typed.
    pub(super) fn abandon(&mut self) {
        let linking = self
            .open
            .as_ref()
            .is_some_and(|open| open.states.borrow().linking);
        if !linking {
            self.cancel();
        }
    }

    /// Does what was asked of the open flow; a request that comes after its end changes nothing.
    pub(super) fn act(&mut self, links: &Links, request: LinkRequest) {
        let request = match request {
            LinkRequest::Start(way) => return self.start(links, way),
            LinkRequest::Known { address, goal } => {
                return self.start_known(links, address, translate::goal(goal));
            }
            request => request,
        };
        let Some(open) = &self.open else {
            return;
        };
        let session = &open.session;
        match request {
            LinkRequest::Way(way) => session.set_way(translate::way(way)),
            LinkRequest::Address(text) => session.set_address(text),
            LinkRequest::ConsentPlainHttp => session.consent_plain_http(),
            LinkRequest::TrustAuthority => session.trust_authority(),
            LinkRequest::LookAgain => session.look_again(),
            LinkRequest::Name(text) => session.set_name(text),
            LinkRequest::Next => session.next(),
            LinkRequest::Back => session.back(),
            LinkRequest::Token(text) => session.set_token(if text.is_empty() { None } else { Some(text) }),
            LinkRequest::Method(method) => {
                let method = translate::chosen(method);
                if method == LoginMethod::Device && waits_for_browser(&open.states.borrow()) {
                    // The browser that is waited for gives way to a code at once.
                    session.use_code();
                } else {
                    session.choose_method(method);
                }
            }
            LinkRequest::Application {
                application_id,
                secret,
            } => session.set_application(&application_id, Some(secret)),
            LinkRequest::StopLogin => session.stop_login(),
            LinkRequest::Scopes(scopes) => session.set_wanted(scopes),
            LinkRequest::Confirm(is_me) => session.confirm_identity(is_me),
            LinkRequest::Link { as_it_is } => session.link(as_it_is),
            LinkRequest::Cancel | LinkRequest::Finish => self.cancel(),
            // Pasting is the desk's: it needs the desktop. A start is dealt with above or there.
            LinkRequest::Paste
            | LinkRequest::Start(_)
            | LinkRequest::Known { .. }
            | LinkRequest::Relink(_) => {}
        }
    }

    /// Opens the browser again at the address that waits there; `false` where none does.
    pub(super) fn open_again(&self) -> bool {
        match &self.open {
            Some(open) if matches!(open.states.borrow().app, AppState::Waiting { .. }) => {
                open.session.open_again();
                true
            }
            _ => false,
        }
    }

    /// The address that waits for the person, in the browser or on another device.
    pub(super) fn login_address(&self) -> Option<String> {
        let flow = self.open.as_ref()?.states.borrow();
        match (&flow.app, &flow.device) {
            (AppState::Waiting { url, .. }, _) => Some(url.clone()),
            (
                _,
                DeviceState::Waiting {
                    verification_uri_complete,
                    ..
                },
            ) => Some(verification_uri_complete.clone()),
            _ => None,
        }
    }

    /// The session a pasted token is for, if one is open.
    pub(super) fn session(&self) -> Option<LinkSession> {
        self.open.as_ref().map(|open| open.session.clone())
    }
}

/// Whether nothing would be lost if the flow were closed.
fn idle(flow: &FlowState) -> bool {
    let untouched = match flow.step {
        FlowStep::Done => true,
        FlowStep::Address => flow.address_text.is_empty(),
        FlowStep::SignIn => {
            flow.relinking.is_some() && matches!(flow.app, AppState::Ready { .. } | AppState::NotSetUp { .. })
        }
    };
    untouched
        && !flow.linking
        && flow.goal.is_none()
        && flow.somebody_else.is_none()
        && flow.token == TokenState::Empty
        && flow.device == DeviceState::Idle
}

fn waits_for_browser(flow: &FlowState) -> bool {
    matches!(flow.app, AppState::Starting | AppState::Waiting { .. })
}

/// Reads the clipboard, on a thread that may block, and hands its text to the flow without the page seeing it.
pub(super) async fn paste(shell: Arc<dyn Shell>, session: Option<LinkSession>) -> Result<(), ProblemView> {
    let read = tokio::task::spawn_blocking(move || shell.paste())
        .await
        .map_err(|_| translate::ending())?;
    let text: Zeroizing<String> = read.map_err(|trouble| {
        translate::code(match trouble {
            ClipboardTrouble::Empty => "clipboard_empty",
            ClipboardTrouble::Failed => "clipboard_failed",
        })
    })?;
    if let Some(session) = session {
        session.set_token(Some(text));
    }
    Ok(())
}
