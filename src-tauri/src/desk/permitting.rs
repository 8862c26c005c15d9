//! The dialog that edits permissions: asked, waiting for the browser, done or failed. The account stays as it is until
//! GitLab has granted the new set. What is shown is plain; the login's address is held apart and never shown.

use jiff::Timestamp;
use links::{Account, AccountId, BrowserState, Links, LoginTold, Method, Problem, Scopes};
use tokio::task::AbortHandle;

use super::{
    news::{News, Teller},
    translate,
};
use crate::view::{BrowserView, PermissionsStage, PermissionsView, ProblemView};

/// The dialog as it stands.
#[derive(Debug, Clone)]
pub struct Permitting {
    /// Whose permissions.
    pub id: AccountId,
    view: PermissionsView,
}

impl Permitting {
    /// The dialog as it opens, naming the account.
    #[must_use]
    pub fn ask(account: &Account) -> Self {
        let scopes = match &account.scopes {
            Scopes::Known(names) => names.clone(),
            Scopes::Unknown => account.wanted.clone(),
        };
        let view = PermissionsView {
            id: account.id.to_string(),
            name: account.name.clone(),
            host: translate::host(&account.instance),
            wanted: scopes.clone(),
            scopes,
            stage: PermissionsStage::Choose,
            browser: None,
            deadline: None,
            problem: None,
        };
        Self { id: account.id, view }
    }

    /// What the window draws.
    #[must_use]
    pub fn view(&self) -> &PermissionsView {
        &self.view
    }

    /// Whether the browser is waited for or came back: nothing else can begin.
    #[must_use]
    pub fn under_way(&self) -> bool {
        matches!(
            self.view.stage,
            PermissionsStage::Waiting | PermissionsStage::Finishing
        )
    }

    /// Whether the new permissions are being stored, so that there is no way back.
    #[must_use]
    pub fn finishing(&self) -> bool {
        self.view.stage == PermissionsStage::Finishing
    }

    /// The person asked for this set.
    pub fn begin(&mut self, wanted: Vec<String>) {
        self.view.wanted = wanted;
        self.view.stage = PermissionsStage::Waiting;
        self.view.browser = Some(BrowserView::Opening);
        self.view.deadline = None;
        self.view.problem = None;
    }

    /// The browser waits until then.
    pub fn waits(&mut self, deadline: Timestamp) {
        self.view.deadline = Some(translate::time(deadline));
    }

    /// How opening the browser went.
    pub fn browser(&mut self, browser: &BrowserState) {
        if self.view.stage == PermissionsStage::Waiting {
            self.view.browser = Some(translate::browser(browser));
        }
    }

    /// The browser came back.
    pub fn finishes(&mut self) {
        self.view.stage = PermissionsStage::Finishing;
        self.view.browser = None;
        self.view.deadline = None;
    }

    /// It is over.
    pub fn end(&mut self, ended: Option<&Result<(), Problem>>) {
        self.view.browser = None;
        self.view.deadline = None;
        self.view.problem = match ended {
            Some(Ok(())) => None,
            Some(Err(problem)) => Some(translate::problem(problem)),
            None => Some(translate::ending()),
        };
        self.view.stage = if self.view.problem.is_none() {
            PermissionsStage::Done
        } else {
            PermissionsStage::Failed
        };
    }
}

/// The round of editing permissions that is under way. Has no `Debug`: it holds the login's address.
#[derive(Default)]
pub(super) struct Round {
    number: u64,
    work: Option<AbortHandle>,
    address: Option<String>,
}

impl Round {
    /// Begins one; one that was under way ends.
    pub(super) fn begin(&mut self, links: Links, id: AccountId, scopes: Vec<String>, teller: Teller) {
        self.stop();
        let number = self.number;
        let told = teller.clone();
        let work = tokio::spawn(async move {
            let told = move |news| told.tell(News::Permitting(number, news));
            Box::pin(links.permissions(&id, scopes, true, &told)).await
        });
        self.work = Some(work.abort_handle());
        tokio::spawn(async move {
            let ended = match work.await {
                Ok(Ok(_)) => Some(Ok(())),
                Ok(Err(problem)) => {
                    tracing::info!(account = %id, code = problem.code(), "the permissions stay as they are");
                    Some(Err(problem))
                }
                Err(died) if died.is_cancelled() => return,
                Err(_) => None,
            };
            teller.tell(News::Permitted(number, ended));
        });
    }

    /// Ends it; what it still says is not heard.
    pub(super) fn stop(&mut self) {
        if let Some(work) = self.work.take() {
            work.abort();
        }
        self.address = None;
        self.number += 1;
    }

    /// Whether news of this number are of this round.
    pub(super) fn is(&self, number: u64) -> bool {
        self.number == number && self.work.is_some()
    }

    /// What the login says, for the dialog.
    pub(super) fn hear(&mut self, told: LoginTold, permitting: &mut Permitting) {
        match told {
            LoginTold::Open { url, deadline } => {
                self.address = Some(url);
                permitting.waits(deadline);
            }
            LoginTold::Browser(browser) => permitting.browser(&browser),
            LoginTold::Finishing => {
                self.address = None;
                permitting.finishes();
            }
            // Codes are of logins on another device, and what was granted besides is shown with the account.
            LoginTold::Code { .. } | LoginTold::Wider { .. } => {}
        }
    }

    /// It is over by itself.
    pub(super) fn over(&mut self) {
        self.work = None;
        self.address = None;
    }

    /// The address that waits in the browser.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

/// Whether permissions of an account can be edited: those of an access token are decided where it is made.
pub(super) fn can_be_edited(account: &Account) -> Result<(), ProblemView> {
    match account.method {
        Method::App => Ok(()),
        Method::Token => Err(translate::problem(&Problem::NoAppLogin {
            name: account.name.clone(),
        })),
    }
}

#[cfg(test)]
mod tests {
    use links::Health;

    use super::{super::snapshot::tests::account, *};

    fn dialog() -> Permitting {
        Permitting::ask(&account(1, "Work", Health::Linked))
    }

    #[test]
    fn it_opens_with_what_the_account_has() {
        let dialog = dialog();
        let view = dialog.view();
        assert_eq!(view.stage, PermissionsStage::Choose);
        assert_eq!(view.scopes, ["api", "read_repository"]);
        assert_eq!(view.wanted, view.scopes);
        assert!(!dialog.under_way());
    }

    #[test]
    fn from_the_question_to_the_new_permissions() {
        let mut dialog = dialog();
        dialog.begin(vec!["read_api".to_owned()]);
        assert!(dialog.under_way() && !dialog.finishing());
        assert_eq!(dialog.view().wanted, ["read_api"]);
        dialog.waits("2026-11-20T09:10:00Z".parse().unwrap());
        dialog.browser(&BrowserState::Opened);
        assert_eq!(dialog.view().browser, Some(BrowserView::Opened));
        assert_eq!(dialog.view().deadline.as_deref(), Some("2026-11-20T09:10:00Z"));
        dialog.finishes();
        dialog.browser(&BrowserState::Unsure);
        assert_eq!(
            dialog.view().browser,
            None,
            "it came back: how it was opened is past"
        );
        assert!(dialog.finishing());
        dialog.end(Some(&Ok(())));
        assert_eq!(dialog.view().stage, PermissionsStage::Done);
    }

    #[test]
    fn a_no_is_told_and_it_can_be_asked_again() {
        let mut dialog = dialog();
        dialog.begin(vec!["api".to_owned()]);
        dialog.end(Some(&Err(Problem::Cancelled)));
        assert_eq!(dialog.view().stage, PermissionsStage::Failed);
        assert!(dialog.view().problem.is_some() && !dialog.under_way());
        dialog.begin(vec!["api".to_owned()]);
        assert_eq!(dialog.view().problem, None);
        dialog.end(None);
        let code = dialog
            .view()
            .problem
            .as_ref()
            .map(|problem| problem.code.as_str());
        assert_eq!(code, Some("interrupted"));
    }

    #[test]
    fn a_token_has_its_permissions_from_where_it_was_made() {
        let mut account = account(1, "Work", Health::Linked);
        assert!(can_be_edited(&account).is_err());
        account.method = Method::App;
        assert!(can_be_edited(&account).is_ok());
    }

    #[test]
    fn the_address_is_kept_while_it_is_of_use_and_stale_news_are_not_of_the_round() {
        let (mut round, mut dialog) = (Round::default(), dialog());
        dialog.begin(vec!["api".to_owned()]);
        let deadline = "2026-11-20T09:10:00Z".parse().unwrap();
        let url = "https://git.example.test/oauth/authorize?state=hush".to_owned();
        round.hear(LoginTold::Open { url, deadline }, &mut dialog);
        assert!(round.address().is_some());
        assert!(!format!("{dialog:?}").contains("hush"));
        round.hear(LoginTold::Finishing, &mut dialog);
        assert_eq!(round.address(), None);
        assert!(!round.is(0), "none was begun");
    }
}
