//! Link profiles in the window: one that was opened is shown before it is taken, and one of an instance is handed out.

use links::{LinkProfile, Links, Problem, Review};

use super::{
    news::{News, Teller},
    qr,
    request::{ProfileRequest, Reply},
    translate,
};
use crate::view::{ProblemView, ProfileExportView};

/// A profile under review, or the text that is none.
#[derive(Debug, Clone)]
pub struct Reviewing {
    /// The profile; `None` where the text is none.
    pub profile: Option<LinkProfile>,
    /// What taking it would do.
    pub review: Option<Review>,
    /// Why it is no profile, or why it was not taken.
    pub problem: Option<Problem>,
}

impl Reviewing {
    /// Reads a profile's file or link and compares it with what is known here. Changes nothing.
    #[must_use]
    pub fn read(links: &Links, text: &str) -> Self {
        let mut reviewing = Self {
            profile: None,
            review: None,
            problem: None,
        };
        match LinkProfile::read(text.as_bytes()) {
            Ok(profile) => {
                reviewing.compare(links.review_profile(&profile));
                reviewing.profile = Some(profile);
            }
            Err(problem) => reviewing.problem = Some(problem.into()),
        }
        reviewing
    }

    /// What taking it would do now.
    pub fn compare(&mut self, reviewed: Result<Review, Problem>) {
        match reviewed {
            Ok(review) => self.review = Some(review),
            Err(problem) => self.problem = Some(problem),
        }
    }
}

/// Does what was asked of the profile under review; what it came to is told, then answered.
pub(super) async fn serve(
    links: Links,
    request: ProfileRequest,
    under_review: Option<LinkProfile>,
    reply: Reply<()>,
    teller: Teller,
) {
    let answered = match request {
        ProfileRequest::Review(text) => {
            review(links, text, &teller).await;
            Ok(())
        }
        ProfileRequest::Take { replace } => take(links, under_review, replace, &teller).await,
        // Putting it away is the desk's.
        ProfileRequest::Dismiss => Ok(()),
    };
    reply.answer(answered);
}

/// Reads a text for review; a text that is no profile is reviewed too, and said to be none.
pub(super) async fn review(links: Links, text: String, teller: &Teller) {
    if let Ok(reviewing) = tokio::task::spawn_blocking(move || Reviewing::read(&links, &text)).await {
        teller.tell(News::Reviewed(Box::new(reviewing)));
    }
}

async fn take(
    links: Links,
    profile: Option<LinkProfile>,
    replace: bool,
    teller: &Teller,
) -> Result<(), ProblemView> {
    let profile = profile.ok_or_else(|| translate::code("profile_invalid"))?;
    let taken = tokio::task::spawn_blocking(move || links.take_profile(&profile, replace)).await;
    let problem = match taken {
        Ok(Ok(_)) => None,
        Ok(Err(problem)) => Some(problem),
        Err(_) => return Err(translate::ending()),
    };
    let answer = problem
        .as_ref()
        .map_or(Ok(()), |problem| Err(translate::problem(problem)));
    teller.tell(News::ProfileTaken(problem));
    answer
}

/// The profile of a known instance, as link, QR code and text.
pub(super) fn export(links: &Links, address: &str) -> Result<ProfileExportView, Problem> {
    let profile = links.export_profile(address)?;
    let link = profile.to_link();
    Ok(ProfileExportView {
        qr: qr::rows(&link),
        link,
        file: profile.to_file(),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use links::{Home, Setup};

    use super::*;
    use crate::{
        desk::{State, snapshot},
        view::{ProfileOutcome, ProfileReviewView},
    };

    const PROFILE: &str = r#"
        lablink_profile = 1
        address = "https://git.example.test/gitlab"
        application_id = "f00d"
        redirect = "http://127.0.0.1/callback"
        scopes = ["api", "read_user"]
    "#;

    async fn links(folder: &Path, policy: Option<&str>) -> Links {
        let mut setup = Setup::new(Home::at(folder.join("home")));
        setup.policy = folder.join("policy.toml");
        if let Some(policy) = policy {
            fs::write(&setup.policy, policy).unwrap();
        }
        Links::open(setup).await.unwrap().links
    }

    fn shown(reviewing: Reviewing) -> ProfileReviewView {
        snapshot(&State {
            reviewing: Some(reviewing),
            ..State::default()
        })
        .profile
        .unwrap()
    }

    #[tokio::test]
    async fn a_profile_is_shown_whole_before_it_is_taken_and_reviewing_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path(), None).await;
        let before = links.instances().unwrap();
        let view = shown(Reviewing::read(&links, PROFILE));
        assert_eq!(view.outcome, ProfileOutcome::New);
        assert_eq!(view.host, "git.example.test/gitlab");
        assert_eq!(view.application_id, "f00d");
        assert_eq!(view.scopes, ["api", "read_user"]);
        assert_eq!((view.differences, view.problem), (Vec::new(), None));
        assert_eq!(links.instances().unwrap(), before);
    }

    #[tokio::test]
    async fn its_link_is_the_same_profile_and_goes_round_through_an_export() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path(), None).await;
        let profile = LinkProfile::read(PROFILE.as_bytes()).unwrap();
        links.take_profile(&profile, false).unwrap();
        let exported = export(&links, "https://git.example.test/gitlab").unwrap();
        assert_eq!(LinkProfile::read(exported.link.as_bytes()).unwrap(), profile);
        assert_eq!(LinkProfile::read(exported.file.as_bytes()).unwrap(), profile);
        assert!(exported.qr.len() >= 21);
        let view = shown(Reviewing::read(&links, &exported.link));
        assert_eq!(view.outcome, ProfileOutcome::Same);
    }

    #[tokio::test]
    async fn what_would_change_is_told_thing_by_thing() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path(), None).await;
        let profile = LinkProfile::read(PROFILE.as_bytes()).unwrap();
        links.take_profile(&profile, false).unwrap();
        let other = PROFILE.replace("f00d", "beef");
        let view = shown(Reviewing::read(&links, &other));
        assert_eq!(view.outcome, ProfileOutcome::Differs);
        let told: Vec<_> = view
            .differences
            .iter()
            .map(|differs| {
                (
                    differs.what.as_str(),
                    differs.here.as_deref(),
                    differs.there.as_str(),
                )
            })
            .collect();
        assert_eq!(told, [("application_id", Some("f00d"), "beef")]);
    }

    #[tokio::test]
    async fn managed_policy_locks_what_it_decides_about() {
        let folder = tempfile::tempdir().unwrap();
        let policy = "lablink_policy = 1\n[[instance]]\naddress = \"https://git.example.test/gitlab\"\n";
        let links = links(folder.path(), Some(policy)).await;
        let reviewing = Reviewing::read(&links, PROFILE);
        assert_eq!(shown(reviewing).outcome, ProfileOutcome::Locked);
        let managed = snapshot(&State {
            instances: links.instances().unwrap(),
            ..State::default()
        });
        let managed: Vec<_> = managed
            .instances
            .iter()
            .map(|instance| (instance.host.as_str(), instance.managed))
            .collect();
        assert_eq!(
            managed,
            [("gitlab.com", false), ("git.example.test/gitlab", true)]
        );
    }

    #[tokio::test]
    async fn a_text_that_is_no_profile_is_told_as_one_that_cannot_be_taken() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path(), None).await;
        for text in [
            "",
            "lablink://link?p=%%%",
            "lablink://run?cmd=rm",
            "https://evil.example",
            &PROFILE.replace("= 1", "= 2"),
            &PROFILE.replace("git.example.test", "ada:hush@git.example.test"),
            &"x".repeat(links::PROFILE_LIMIT + 1),
        ] {
            let view = shown(Reviewing::read(&links, text));
            assert_eq!(view.outcome, ProfileOutcome::Invalid);
            let problem = view.problem.unwrap();
            assert!(problem.code.starts_with("profile_"), "{}", problem.code);
            assert!(!format!("{problem:?}").contains("hush"), "{problem:?}");
        }
    }
}
