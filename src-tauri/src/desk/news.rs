//! What spawned work tells the desk.

use jiff::Timestamp;
use links::{AccountId, Keychain, LoginTold, Presented, Problem, StepState, UnlinkStep};
use tokio::sync::mpsc;

use super::Reviewing;

/// News from work the desk has spawned. It has no `Debug`: a login's address is in some.
pub(super) enum News {
    /// The check of one account is over.
    Checked(AccountId),
    /// The rotation of one account's token is over.
    Rotated(AccountId),
    /// The check of all is over.
    CheckedAll,
    /// A step of unlinking.
    UnlinkStep(UnlinkStep, StepState),
    /// Unlinking is over.
    Unlinked(Option<Problem>),
    /// Unlinking died.
    UnlinkLost,
    /// What the GitLab presents that the dialog of this number asks about, nothing where all is well; `None` where asking
    /// died.
    Presented(u64, Option<Result<Option<Box<Presented>>, Problem>>),
    /// The authority is trusted, and these accounts may work again; `None` where that died.
    Trusted(u64, Option<Result<Vec<AccountId>, Problem>>),
    /// How the keychain is.
    Keychain(Keychain),
    /// The labels of secrets that no account here knows.
    Orphans(Vec<String>),
    /// How editing permissions goes, of the round of this number.
    Permitting(u64, LoginTold),
    /// It is over; `None` where it died.
    Permitted(u64, Option<Result<(), Problem>>),
    /// A link profile was read.
    Reviewed(Box<Reviewing>),
    /// A link profile was taken, or why not.
    ProfileTaken(Option<Problem>),
    /// A round of renewals is over, and the next login is due then.
    Renewed(Option<Timestamp>),
    /// A round of revocations that waited is over, and the next one is due then.
    RevokedWaiting(Option<Timestamp>),
    /// A notice is about to be shown.
    Noticing,
    /// What was due has been shown, or not.
    Noticed,
    /// A choice of the person's was kept, or not: look again.
    Preferred,
}

/// The way back to the desk, for spawned work.
#[derive(Clone)]
pub(super) struct Teller(mpsc::UnboundedSender<News>);

impl Teller {
    /// A way, and its end.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<News>) {
        let (sender, news) = mpsc::unbounded_channel();
        (Self(sender), news)
    }

    /// Tells the desk; when the app is ending nobody hears it.
    pub(super) fn tell(&self, news: News) {
        let _gone = self.0.send(news);
    }
}
