//! Why a grant was not given.

use crate::problem::Unusable;
use crate::unanswered::Unanswered;

/// Why GitLab gave no tokens, or took none back (RFC 6749 §5.2, contract §3.6). Carries no text of the server but the
/// origin of a redirect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantProblem {
    /// The request lacks something.
    #[error("GitLab says that the request is malformed")]
    InvalidRequest,
    /// The application is unknown or deleted, its secret is wrong or missing, or it has been renewed (quirk 60).
    #[error("GitLab does not know this application, or its secret is wrong")]
    InvalidClient,
    /// The code or refresh token is unknown, used, expired, revoked, or another application's. May be transient right
    /// after it was given (quirks 13 and 15).
    #[error("GitLab does not accept the authorization any more")]
    InvalidGrant,
    /// The application may not do this; on revoking, the token is another application's.
    #[error("this application may not do this")]
    UnauthorizedClient,
    /// More was asked for than there is.
    #[error("GitLab does not give these permissions to this application")]
    InvalidScope,
    /// This GitLab has no such grant: a device login before 17.2, for instance.
    #[error("this GitLab does not offer this way of signing in")]
    UnsupportedGrantType,
    /// Somebody said no.
    #[error("access was denied")]
    AccessDenied,
    /// The device code's time is over (quirk 26).
    #[error("the time for signing in is over")]
    Expired,
    /// GitLab cannot answer now and says so; it did nothing.
    #[error("GitLab is not available for this now")]
    TemporarilyUnavailable {
        /// Seconds it wants to be left alone for, if it says.
        retry_after: Option<u64>,
    },
    /// Tokens came, but not bearer tokens.
    #[error("the tokens are of a type that cannot be used")]
    WrongTokenType,
    /// A good answer without an access token in it.
    #[error("the answer has no access token in it")]
    NoAccessToken,
    /// A refusal that is not one of GitLab's.
    #[error("what answers there does not answer as GitLab does (status {status})")]
    Unexpected {
        /// The HTTP status.
        status: u16,
    },
    /// The request never reached GitLab, or GitLab said that it did not look at it.
    #[error(transparent)]
    Unanswered(Unanswered),
    /// The request was sent and no whole answer came: GitLab may have acted on it.
    #[error("the answer was lost: {0}")]
    LostAnswer(Unanswered),
    /// A good answer came that cannot be used: GitLab may have acted.
    #[error(transparent)]
    Unusable(Unusable),
    /// The server sends us elsewhere; secrets are not carried there.
    #[error("the server sends us to {to} instead of answering")]
    RedirectElsewhere {
        /// Where to: scheme, host and port alone, since the rest may carry what was sent.
        to: String,
    },
}

impl GrantProblem {
    /// Whether GitLab may have acted on the request though no tokens came: a code is then spent, and a refresh token
    /// may be.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        matches!(
            self,
            Self::LostAnswer(_) | Self::Unusable(_) | Self::WrongTokenType | Self::NoAccessToken
        )
    }

    /// Whether GitLab acted for certain: its answer had tokens in it that cannot be read.
    #[must_use]
    pub fn has_acted(&self) -> bool {
        match self {
            Self::WrongTokenType => true,
            Self::Unusable(Unusable::WrongTypes { field }) => {
                matches!(*field, "access_token" | "refresh_token")
            }
            _ => false,
        }
    }

    /// Whether an answer came, and GitLab may have acted: nothing was lost on the way, and nothing of it can be used.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        self.may_have_acted() && !matches!(self, Self::LostAnswer(_))
    }

    /// Whether the same question may be answered otherwise a little later, without anybody doing anything: nothing was
    /// learned, or a replica lags behind (quirks 13 and 15).
    #[must_use]
    pub fn may_be_transient(&self) -> bool {
        matches!(
            self,
            Self::InvalidGrant | Self::TemporarilyUnavailable { .. } | Self::Unanswered(_)
        )
    }
}
