//! What the desk does when it is asked.

use std::sync::Arc;

use links::{AccountId, Links, Preference, Snooze, Unlink};

use super::Task;
use crate::{
    desk::{
        Permitting, Reply, Request, Trusting, Unlinking, clipboard, instances, keychain, linking,
        news::{News, Teller},
        outside, permitting, profile, relinking,
        report::{self, Computer},
        request::{Copied, LinkRequest, LoginRequest, PermitRequest, ProfileRequest, UnlinkRequest},
        snapshot, translate, waiting,
    },
    view::{ProblemView, Way},
};

impl Task {
    pub(super) fn serve(&mut self, request: Request) {
        match request {
            Request::Snapshot(reply) => reply.answer(Ok(self.published.borrow().clone())),
            Request::Check(None, reply) => {
                self.check_all();
                reply.answer(Ok(()));
            }
            Request::Check(Some(id), reply) => reply.answer(self.check(id)),
            Request::CheckAll => self.check_all(),
            Request::CheckOne(id) => {
                if let Ok(id) = id.parse() {
                    // An account that is gone by now needs no check.
                    let _gone = self.check(id);
                }
            }
            Request::Rename(id, name, reply) => self.rename(id, name, reply),
            Request::DismissRecovered(reply) => {
                self.state.forget_told();
                reply.answer(Ok(()));
            }
            Request::Link(LinkRequest::Paste, reply) => {
                let (shell, session) = (Arc::clone(&self.shell), self.linking.session());
                tokio::spawn(async move { reply.answer(linking::paste(shell, session).await) });
            }
            Request::Link(LinkRequest::Relink(id), reply) => reply.answer(self.relink(&id)),
            Request::Link(request, reply) => {
                self.linking.act(&self.links, request);
                reply.answer(Ok(()));
            }
            Request::Login(request, reply) => self.login(request, reply),
            Request::Permit(request, reply) => reply.answer(self.permit(request)),
            Request::Profile(request, reply) => self.profile(request, reply),
            Request::ProfileLink(link) => {
                let (links, teller) = (self.links.clone(), self.teller.clone());
                tokio::spawn(async move { profile::review(links, link, &teller).await });
            }
            Request::AddInstance(add, reply) => {
                tokio::spawn(instances::add(
                    self.links.clone(),
                    add.text,
                    add.allow_http,
                    reply,
                ));
            }
            Request::RemoveInstance(address, reply) => {
                tokio::spawn(instances::remove(self.links.clone(), address, reply));
            }
            Request::ExportProfile(address, how, reply) => {
                let (links, shell) = (self.links.clone(), Arc::clone(&self.shell));
                tokio::spawn(instances::export(links, shell, address, how, reply));
            }
            Request::Copy(Copied::Redirect, reply) => self.copy(links::REDIRECT.to_owned(), reply),
            Request::Copy(Copied::AdminMessage(text), reply) => self.copy(text, reply),
            Request::Unlink(request, reply) => reply.answer(self.unlink(request)),
            Request::Trust(request, reply) => reply.answer(self.trust(request)),
            Request::Waiting(id, request, reply) => {
                tokio::spawn(waiting::serve(self.links.clone(), id, request, reply));
            }
            Request::Keychain(request, reply) => {
                tokio::spawn(keychain::serve(
                    self.links.clone(),
                    request,
                    reply,
                    self.teller.clone(),
                ));
            }
            Request::Open(destination, reply) => match outside::place(&self.state, &self.links, &destination)
            {
                Ok(place) => {
                    let shell = Arc::clone(&self.shell);
                    tokio::spawn(async move { reply.answer(outside::open(shell, place).await) });
                }
                Err(problem) => reply.answer(Err(problem)),
            },
            Request::Rotate(id, reply) => self.rotate(id, reply),
            Request::RotateByItself(id, on, reply) => {
                let links = self.links.clone();
                tokio::task::spawn_blocking(move || {
                    let set = links.rotate_by_itself(&id, on);
                    reply.answer(set.map(drop).map_err(|problem| translate::problem(&problem)));
                });
            }
            // Nothing is damaged any more: whoever asks has not seen it yet.
            Request::PutAside(reply) => reply.answer(Ok(())),
            Request::Report(reply) => reply.answer(Ok(self.report())),
            Request::CopyReport(reply) => {
                let text = self.report();
                self.copy(text, reply);
            }
            Request::Prefer(preference, reply) => self.prefer(preference, reply),
            Request::StartAtLogin(on, reply) => self.start_at_login(on, reply),
            Request::Tray(shown) => self.state.tray = shown,
            Request::NoticesCanBeShown(shown) => {
                self.state.notices_shown = shown;
                // What nobody could be told of until now.
                self.stale |= shown;
            }
            Request::Snooze(ids, how_long) => self.snooze(ids, how_long),
            Request::CallTo(id) => self.state.call_to(&id),
            Request::CallToLink => self.linking.start_if_none(&self.links, Way::Company),
            Request::CallToRelink(id) => self.call_to_relink(&id, true),
            Request::RelinkLink(link) => self.relink_link(&link),
            Request::WindowClosed => self.window_closed(),
        }
    }

    fn relink(&mut self, id: &AccountId) -> Result<(), ProblemView> {
        let account = self
            .state
            .account(id)
            .ok_or_else(|| translate::code("account_not_found"))?;
        self.linking.relink(&self.links, account);
        Ok(())
    }

    /// Opens the flow for an account. A flow in which something would be lost stays: the account's page stands behind it.
    fn call_to_relink(&mut self, id: &AccountId, begin: bool) {
        if let Some(account) = self.state.account(id)
            && !self.linking.relink_if_idle(&self.links, account, begin)
        {
            self.state.call_to(&id.to_string());
        }
    }

    /// A link from outside opens the flow for the account it means, and does nothing else.
    fn relink_link(&mut self, link: &str) {
        match relinking::meant(link, &self.state.accounts) {
            Ok(id) => self.call_to_relink(&id, false),
            Err(problem) => {
                tracing::info!(code = problem.code(), "a relink link was refused");
                self.state.call_with(translate::problem(&problem));
            }
        }
    }

    fn prefer(&self, preference: Preference, reply: Reply<()>) {
        let (links, teller) = (self.links.clone(), self.teller.clone());
        tokio::task::spawn_blocking(move || {
            let kept = links.prefer(preference);
            teller.tell(News::Preferred);
            reply.answer(kept.map_err(|problem| translate::problem(&problem)));
        });
    }

    fn start_at_login(&self, on: bool, reply: Reply<()>) {
        let (shell, teller) = (Arc::clone(&self.shell), self.teller.clone());
        tokio::task::spawn_blocking(move || {
            let switched = shell.start_at_login(on);
            teller.tell(News::Preferred);
            reply.answer(switched.map_err(|error| {
                tracing::warn!(kind = ?error.kind(), "the start at login could not be switched");
                translate::code("start_at_login_failed")
            }));
        });
    }

    fn snooze(&self, ids: Vec<AccountId>, how_long: Snooze) {
        let links = self.links.clone();
        tokio::task::spawn_blocking(move || {
            for id in ids {
                if let Err(problem) = links.snooze_notice(&id, how_long) {
                    tracing::info!(account = %id, code = problem.code(), "its notice could not be put off");
                }
            }
        });
    }

    fn rename(&mut self, id: AccountId, name: String, reply: Reply<()>) {
        let links = self.links.clone();
        tokio::task::spawn_blocking(move || {
            let renamed = links.rename(&id, &name);
            reply.answer(
                renamed
                    .map(|_| ())
                    .map_err(|problem| translate::problem(&problem)),
            );
        });
    }

    fn rotate(&mut self, id: AccountId, reply: Reply<()>) {
        // Pressed twice: the one under way is what was wanted.
        if !self.state.rotating.insert(id) {
            return reply.answer(Ok(()));
        }
        let (links, teller) = (self.links.clone(), self.teller.clone());
        tokio::spawn(async move {
            let work = tokio::spawn(async move { Box::pin(links.rotate(&id, None)).await });
            let answer = match work.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(problem)) => Err(translate::problem(&problem)),
                Err(_) => Err(translate::ending()),
            };
            // The snapshot that follows shows what came of it.
            teller.tell(News::Rotated(id));
            reply.answer(answer);
        });
    }

    fn check(&mut self, id: AccountId) -> Result<(), ProblemView> {
        if self.state.account(&id).is_none() {
            return Err(translate::code("account_not_found"));
        }
        if self.state.checking.insert(id) {
            let (links, teller) = (self.links.clone(), self.teller.clone());
            tokio::spawn(async move {
                let checked = tokio::spawn(async move { links.check(&id).await.map(|_| ()) }).await;
                if let Ok(Err(problem)) = checked {
                    tracing::warn!(account = %id, code = problem.code(), "the account could not be checked");
                }
                teller.tell(News::Checked(id));
            });
        }
        Ok(())
    }

    fn unlink(&mut self, request: UnlinkRequest) -> Result<(), ProblemView> {
        let running = self.state.unlinking.as_ref().is_some_and(Unlinking::running);
        match request {
            _ if running => {}
            UnlinkRequest::Ask(id) => {
                let account = self
                    .state
                    .account(&id)
                    .ok_or_else(|| translate::code("account_not_found"))?;
                self.state.unlinking = Some(Unlinking::ask(account));
            }
            UnlinkRequest::Cancel | UnlinkRequest::Close => self.state.unlinking = None,
            UnlinkRequest::Go {
                keep_token,
                here_only,
                revoke_later,
            } => {
                let unlinking = self
                    .state
                    .unlinking
                    .as_mut()
                    .ok_or_else(|| translate::code("account_not_found"))?;
                let id = unlinking
                    .view()
                    .id
                    .parse()
                    .map_err(|_| translate::code("account_not_found"))?;
                if unlinking.begin() {
                    tokio::spawn(unlink(
                        self.links.clone(),
                        id,
                        Unlink {
                            keep_token,
                            here_only,
                            revoke_later,
                        },
                        self.teller.clone(),
                    ));
                }
            }
        }
        Ok(())
    }

    fn login(&mut self, request: LoginRequest, reply: Reply<()>) {
        let address = self
            .linking
            .login_address()
            .or_else(|| self.permits.address().map(str::to_owned));
        match (request, address) {
            (LoginRequest::OpenAgain, _) if self.linking.open_again() => reply.answer(Ok(())),
            (LoginRequest::OpenAgain, Some(address)) => {
                let shell = Arc::clone(&self.shell);
                let place = outside::Place::Page(address);
                tokio::spawn(async move { reply.answer(outside::open(shell, place).await) });
            }
            (LoginRequest::CopyLink, Some(address)) => self.copy(address, reply),
            // It was over before the person pressed.
            (_, None) => reply.answer(Ok(())),
        }
    }

    fn permit(&mut self, request: PermitRequest) -> Result<(), ProblemView> {
        let finishing = self.state.permitting.as_ref().is_some_and(Permitting::finishing);
        match request {
            _ if finishing => {}
            PermitRequest::Edit(id) => {
                let account = self
                    .state
                    .account(&id)
                    .ok_or_else(|| translate::code("account_not_found"))?;
                permitting::can_be_edited(account)?;
                let dialog = Permitting::ask(account);
                self.permits.stop();
                self.state.permitting = Some(dialog);
            }
            PermitRequest::Ask(scopes) => {
                let dialog = self
                    .state
                    .permitting
                    .as_mut()
                    .ok_or_else(|| translate::code("account_not_found"))?;
                dialog.begin(scopes.clone());
                let id = dialog.id;
                self.permits
                    .begin(self.links.clone(), id, scopes, self.teller.clone());
            }
            PermitRequest::Cancel => {
                self.permits.stop();
                self.state.permitting = None;
            }
        }
        Ok(())
    }

    fn profile(&mut self, request: ProfileRequest, reply: Reply<()>) {
        if matches!(request, ProfileRequest::Dismiss) {
            self.state.reviewing = None;
            return reply.answer(Ok(()));
        }
        let under_review = self
            .state
            .reviewing
            .as_ref()
            .and_then(|reviewing| reviewing.profile.clone());
        let (links, teller) = (self.links.clone(), self.teller.clone());
        tokio::spawn(profile::serve(links, request, under_review, reply, teller));
    }

    fn copy(&self, text: String, reply: Reply<()>) {
        let shell = Arc::clone(&self.shell);
        tokio::spawn(async move { reply.answer(clipboard::copy(shell, text).await) });
    }

    fn report(&self) -> String {
        report::report(
            &snapshot(&self.state),
            self.state.policy.as_ref(),
            &Computer::this(),
        )
    }

    fn window_closed(&mut self) {
        self.linking.abandon();
        self.state.called_to = None;
        self.state.reviewing = None;
        if !self.state.permitting.as_ref().is_some_and(Permitting::finishing) {
            self.permits.stop();
            self.state.permitting = None;
        }
        if !self.state.unlinking.as_ref().is_some_and(Unlinking::running) {
            self.state.unlinking = None;
        }
        if !self.state.trusting.as_ref().is_some_and(Trusting::storing) {
            self.state.trusting = None;
        }
    }
}

async fn unlink(links: Links, id: AccountId, how: Unlink, teller: Teller) {
    let steps = teller.clone();
    let work = tokio::spawn(async move {
        let told = move |step, state| steps.tell(News::UnlinkStep(step, state));
        links.unlink(&id, how, &told).await
    });
    teller.tell(match work.await {
        Ok(Ok(_)) => News::Unlinked(None),
        Ok(Err(problem)) => {
            tracing::info!(account = %id, code = problem.code(), "unlinking stopped");
            News::Unlinked(Some(problem))
        }
        Err(_) => News::UnlinkLost,
    });
}
