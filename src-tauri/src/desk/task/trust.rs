//! The dialog that trusts another authority: the GitLab is asked for its certificate, and what the person agreed to is
//! kept and tried at once.

use links::{AccountId, Presented, Problem};

use super::Task;
use crate::{
    desk::{Trusting, news::News, request::TrustRequest, translate},
    view::ProblemView,
};

impl Task {
    pub(super) fn trust(&mut self, request: TrustRequest) -> Result<(), ProblemView> {
        let storing = self.state.trusting.as_ref().is_some_and(Trusting::storing);
        match request {
            _ if storing => {}
            TrustRequest::Ask(id) => {
                self.trusts += 1;
                let number = self.trusts;
                let account = self
                    .state
                    .account(&id)
                    .ok_or_else(|| translate::code("account_not_found"))?;
                self.state.trusting = Some(Trusting::ask(account, number));
                let (links, teller) = (self.links.clone(), self.teller.clone());
                tokio::spawn(async move {
                    let asked = tokio::spawn(async move { Box::pin(links.presented(&id)).await });
                    let told = asked.await.ok().map(|told| told.map(|what| what.map(Box::new)));
                    teller.tell(News::Presented(number, told));
                });
            }
            TrustRequest::Cancel => self.state.trusting = None,
            TrustRequest::Go => {
                let agreed = self.state.trusting.as_mut().and_then(Trusting::begin);
                if let Some((number, id, authority)) = agreed {
                    let (links, teller) = (self.links.clone(), self.teller.clone());
                    tokio::spawn(async move {
                        let work = tokio::task::spawn_blocking(move || links.trust(&id, &authority));
                        teller.tell(News::Trusted(number, work.await.ok()));
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn presented(&mut self, number: u64, told: Option<Result<Option<Box<Presented>>, Problem>>) {
        let Some(dialog) = self.state.trusting.as_mut().filter(|dialog| dialog.is(number)) else {
            return;
        };
        match told {
            Some(Ok(Some(presented))) => dialog.show(*presented),
            Some(Ok(None)) => {
                // Nothing is wrong any more: that is for the account to say.
                let id = dialog.account();
                self.state.trusting = None;
                self.check_these(vec![id]);
            }
            Some(Err(problem)) => {
                tracing::info!(code = problem.code(), "nobody can be trusted there");
                dialog.refuse(Some(&problem));
            }
            None => dialog.refuse(None),
        }
    }

    pub(super) fn trusted(&mut self, number: u64, done: Option<Result<Vec<AccountId>, Problem>>) {
        let dialog = self.state.trusting.as_mut().filter(|dialog| dialog.is(number));
        match done {
            Some(Ok(accounts)) => {
                if dialog.is_some() {
                    self.state.trusting = None;
                }
                self.check_these(accounts);
                self.stale = true;
            }
            failed => {
                let problem = failed.and_then(Result::err);
                if let Some(dialog) = dialog {
                    dialog.refuse(problem.as_ref());
                }
            }
        }
    }

    /// Checks these in one round, as whoever looks at them is shown.
    fn check_these(&mut self, mut ids: Vec<AccountId>) {
        ids.retain(|id| self.state.checking.insert(*id));
        let (links, teller) = (self.links.clone(), self.teller.clone());
        tokio::spawn(async move {
            let asked = ids.clone();
            let checked = tokio::spawn(async move { Box::pin(links.check_these(&asked)).await });
            if let Ok(Err(problem)) = checked.await {
                tracing::warn!(code = problem.code(), "the accounts could not be checked");
            }
            for id in ids {
                teller.tell(News::Checked(id));
            }
        });
    }
}
