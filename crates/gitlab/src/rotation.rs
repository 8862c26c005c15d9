//! Rotation: GitLab gives a token's successor and ends the token in the same moment (contract §2.6). Asked once and never
//! again, whatever comes back: a token that was rotated already and is shown to a rotation once more takes its
//! successor with it (quirk 9).

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::evidence::{says_maintenance, target};
use crate::oauth::Loose;
use crate::once::{self, Came, Missed, Sent};
use crate::problem::Unusable;
use crate::refusal::{Refusal, detail, refusal};
use crate::shown::shown;
use crate::token::Token;
use crate::unanswered::Unanswered;
use crate::wire::{Answer, deadline};

/// The endpoint a token of a person, project, group or service account is rotated at by itself (contract §2.6, §2.8).
const ROTATE: &str = "api/v4/personal_access_tokens/self/rotate";

/// Why there is no successor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationProblem {
    /// GitLab said no, and the token is as it was. Where it says that the token was revoked before (A3), somebody else
    /// may have rotated it.
    #[error(transparent)]
    Refused(Refusal),
    /// 400: GitLab does not take the new last day, and changed nothing.
    #[error("GitLab does not take this last day: {detail}")]
    Expiry {
        /// What GitLab says about it.
        detail: String,
    },
    /// This GitLab has no such request: it is older than 16.10.
    #[error("this GitLab is too old to rotate a token")]
    TooOld,
    /// 405 (quirk 8): the token is of an app login.
    #[error("it is the access token of an app login, which is renewed in another way")]
    OfAnAppLogin,
    /// The request never reached GitLab, or GitLab said that it did not look at it.
    #[error(transparent)]
    Unanswered(Unanswered),
    /// The request was sent and no whole answer of GitLab's came: the token may have a successor nobody knows.
    #[error("the answer was lost: {0}")]
    LostAnswer(Unanswered),
    /// A good answer came that cannot be used: the token has a successor nobody knows.
    #[error(transparent)]
    Unusable(Unusable),
    /// What answered is no GitLab; whether GitLab answered behind it nobody knows.
    #[error("what answers there does not answer as GitLab does (status {status})")]
    NotGitLabAnswer {
        /// The HTTP status.
        status: u16,
    },
    /// The server sends us elsewhere; a token is not carried there.
    #[error("the server sends us to {to} instead of answering")]
    RedirectElsewhere {
        /// Where to: scheme, host and port.
        to: String,
    },
}

impl RotationProblem {
    /// Whether GitLab may have rotated the token though no successor came. The token must then never be shown to a
    /// rotation again; asking about it is harmless.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        matches!(
            self,
            Self::LostAnswer(_) | Self::Unusable(_) | Self::NotGitLabAnswer { .. }
        )
    }
}

impl Client {
    /// Rotates the token: its successor has the same name, user and scopes, works until `expires_on`, and the token is
    /// dead at once. The last day is always sent (quirk 10).
    pub async fn rotate_self(&self, token: &Token, expires_on: Date) -> Result<Token, RotationProblem> {
        let url = self.base.join(ROTATE);
        let fields = Zeroizing::new(format!("expires_at={expires_on}").into_bytes());
        let form = Sent {
            to: &url,
            fields: &fields,
            token: Some(token),
        };
        match Box::pin(once::post(&self.reach, &form, deadline(&self.reach))).await {
            Ok(came) if (200..=299).contains(&came.status) => successor(came),
            Ok(came) => Err(self.refused(came, &url)),
            Err(Missed::NotSent(unanswered)) => Err(RotationProblem::Unanswered(unanswered)),
            Err(Missed::Lost(unanswered)) => Err(RotationProblem::LostAnswer(unanswered)),
            Err(Missed::Unusable(unusable)) => Err(RotationProblem::Unusable(unusable)),
        }
    }

    fn refused(&self, came: Came, asked: &Url) -> RotationProblem {
        let answer = came.into_answer();
        let status = answer.status;
        match status {
            301 | 302 | 303 | 307 | 308 => match target(&answer, asked) {
                Ok(to) => RotationProblem::RedirectElsewhere {
                    to: shown(&to.origin().ascii_serialization()),
                },
                Err(unusable) => RotationProblem::Unusable(unusable),
            },
            407 if self.reach.proxy(asked).is_some() => RotationProblem::Unanswered(Unanswered::Proxy {
                proxy: self.reach.proxy(asked).unwrap_or_default(),
                detail: "it wants a password".to_owned(),
            }),
            429 => RotationProblem::Unanswered(Unanswered::RateLimited {
                retry_after: answer.retry_after(),
            }),
            503 if says_maintenance(&answer) => RotationProblem::Unanswered(Unanswered::Maintenance),
            503 => RotationProblem::Unanswered(Unanswered::ServerError { status }),
            511 => RotationProblem::NotGitLabAnswer { status },
            // What failed inside, or on the way back, may have been done before it failed.
            500.. => RotationProblem::LostAnswer(Unanswered::ServerError { status }),
            _ => match (refusal(&answer, &self.base), answer.json()) {
                (Some(refusal), _) => RotationProblem::Refused(refusal),
                (None, Some(json)) => said(&answer, &json),
                (None, None) => RotationProblem::NotGitLabAnswer { status },
            },
        }
    }
}

/// What GitLab's other refusals mean.
fn said(answer: &Answer, json: &Value) -> RotationProblem {
    match answer.status {
        400 => RotationProblem::Expiry { detail: detail(json) },
        // Grape's own answer to a route that is not there has `error`; the endpoint's answer has `message`.
        405 if json.get("message").is_some() => RotationProblem::OfAnAppLogin,
        404 | 405 => RotationProblem::TooOld,
        status => RotationProblem::NotGitLabAnswer { status },
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    token: Loose,
}

/// The one thing that matters of a good answer; everything else the successor tells when it is asked.
fn successor(came: Came) -> Result<Token, RotationProblem> {
    let told = came
        .body
        .trim_ascii_start()
        .starts_with(b"{")
        .then(|| serde_json::from_slice::<Told>(&came.body).ok())
        .flatten();
    let Some(told) = told else {
        return Err(RotationProblem::Unusable(came.nature()));
    };
    let wrong = || RotationProblem::Unusable(Unusable::WrongTypes { field: "token" });
    let text = told.token.text().ok_or_else(wrong)?;
    Token::read(text).map_err(|_| wrong())
}
