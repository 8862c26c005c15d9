//! The dialog that trusts another authority for the GitLab of an account: looked up, asked, kept, or why it cannot be.
//! Pure; the desk does the work. The authority that is kept is the one that was shown.

use links::{Account, AccountId, Authority, Presented, Problem};

use super::translate;
use crate::view::{TrustStage, TrustView};

/// One open dialog.
#[derive(Debug, Clone)]
pub struct Trusting {
    /// Which opening of the dialog this is: what was asked for another one is not for this.
    number: u64,
    id: AccountId,
    /// Whom the person sees.
    authority: Option<Authority>,
    view: TrustView,
}

impl Trusting {
    /// The dialog as it opens, naming the GitLab, while that is asked for its certificate.
    #[must_use]
    pub fn ask(account: &Account, number: u64) -> Self {
        Self {
            number,
            id: account.id,
            authority: None,
            view: TrustView {
                host: translate::host(&account.instance),
                stage: TrustStage::Looking,
                certificate: None,
                authority: None,
                fingerprint: None,
                instead_of: Vec::new(),
                problem: None,
            },
        }
    }

    /// What the window draws.
    #[must_use]
    pub fn view(&self) -> &TrustView {
        &self.view
    }

    /// Whether this is the opening of that number.
    #[must_use]
    pub fn is(&self, number: u64) -> bool {
        self.number == number
    }

    /// Whose GitLab it is about.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.id
    }

    /// Whether what the person agreed to is being kept, so that the dialog cannot go.
    #[must_use]
    pub fn storing(&self) -> bool {
        self.view.stage == TrustStage::Storing
    }

    /// What the GitLab presents.
    pub fn show(&mut self, presented: Presented) {
        self.view.stage = TrustStage::Asks;
        self.view.certificate = Some(translate::problem(&presented.problem));
        self.view.authority = presented.authority.subject();
        self.view.fingerprint = Some(presented.authority.sha256_fingerprint());
        self.view.instead_of = presented
            .instead_of
            .iter()
            .filter(|before| **before != presented.authority)
            .map(|before| {
                let name = before.subject();
                name.unwrap_or_else(|| before.sha256_fingerprint())
            })
            .collect();
        self.authority = Some(presented.authority);
    }

    /// Why nobody can be trusted; `None` where the work died.
    pub fn refuse(&mut self, problem: Option<&Problem>) {
        self.authority = None;
        self.view.stage = TrustStage::Refused;
        self.view.problem = Some(problem.map_or_else(translate::ending, translate::problem));
    }

    /// The person agreed: what is to be kept, and for whose GitLab. `None` where nothing was shown, or it is being kept
    /// already.
    pub fn begin(&mut self) -> Option<(u64, AccountId, Authority)> {
        let authority = self.authority.take()?;
        self.view.stage = TrustStage::Storing;
        Some((self.number, self.id, authority))
    }
}

#[cfg(test)]
mod tests {
    use links::Health;

    use super::{super::snapshot::tests::account, *};

    const PEM: &str = include_str!("../../../crates/links/tests/authority.pem");

    fn authority() -> Authority {
        Authority::from_pem(PEM.as_bytes()).unwrap().remove(0)
    }

    fn presented(instead_of: Vec<Authority>) -> Presented {
        Presented {
            problem: Problem::Cancelled,
            authority: authority(),
            instead_of,
        }
    }

    fn opened() -> Trusting {
        Trusting::ask(&account(1, "Work", Health::Linked), 3)
    }

    #[test]
    fn nothing_is_kept_before_it_was_shown_and_what_was_shown_is_kept_once() {
        let mut dialog = opened();
        assert_eq!(dialog.view().stage, TrustStage::Looking);
        assert!(dialog.begin().is_none(), "nobody has seen anything");
        dialog.show(presented(Vec::new()));
        assert_eq!(dialog.view().stage, TrustStage::Asks);
        assert_eq!(dialog.view().fingerprint, Some(authority().sha256_fingerprint()));
        let (number, _, kept) = dialog.begin().unwrap();
        assert_eq!((number, kept), (3, authority()));
        assert!(dialog.storing());
        assert!(dialog.begin().is_none(), "it is being kept already");
    }

    #[test]
    fn the_one_it_takes_the_place_of_is_named_unless_it_is_the_same() {
        let mut dialog = opened();
        dialog.show(presented(vec![authority()]));
        assert!(dialog.view().instead_of.is_empty());
    }

    #[test]
    fn what_cannot_be_trusted_cannot_be_agreed_to() {
        let mut dialog = opened();
        dialog.show(presented(Vec::new()));
        dialog.refuse(None);
        assert_eq!(dialog.view().stage, TrustStage::Refused);
        assert_eq!(dialog.view().problem.as_ref().unwrap().code, "interrupted");
        assert!(dialog.begin().is_none());
    }
}
