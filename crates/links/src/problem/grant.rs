//! What GitLab says to a login, as things a person can act on.

use gitlab::{ApplicationId, BaseUrl, GrantProblem, Unanswered, Unusable};

use super::Problem;

impl Problem {
    /// What a request for tokens by the application `id` came to.
    pub(crate) fn of_login(base: &BaseUrl, id: &ApplicationId, problem: GrantProblem) -> Self {
        let refused = |error: &str| Self::AppRefused {
            error: error.to_owned(),
        };
        match problem {
            GrantProblem::InvalidRequest => refused("invalid_request"),
            // The application was known when the person was asked: what is wrong is its secret (quirks 20, 21, 60).
            GrantProblem::InvalidClient => Self::AppSecretWrong {
                application_id: id.as_str().to_owned(),
            },
            GrantProblem::InvalidGrant => Self::GrantRefused,
            GrantProblem::UnauthorizedClient => refused("unauthorized_client"),
            GrantProblem::InvalidScope => refused("invalid_scope"),
            GrantProblem::UnsupportedGrantType => refused("unsupported_grant_type"),
            GrantProblem::AccessDenied => Self::LoginDenied,
            GrantProblem::Expired => Self::DeviceExpired,
            GrantProblem::TemporarilyUnavailable { .. } => Self::Unanswered(Unanswered::Maintenance),
            GrantProblem::WrongTokenType => Self::Unusable(Unusable::WrongTypes { field: "token_type" }),
            GrantProblem::NoAccessToken => Self::Unusable(Unusable::WrongTypes {
                field: "access_token",
            }),
            GrantProblem::Unexpected { status } => {
                Self::at(base, gitlab::Problem::NotGitLabAnswer { status })
            }
            GrantProblem::Unanswered(unanswered) | GrantProblem::LostAnswer(unanswered) => {
                Self::Unanswered(unanswered)
            }
            GrantProblem::Unusable(unusable) => Self::Unusable(unusable),
            GrantProblem::RedirectElsewhere { to } => Self::RedirectElsewhere { to, circle: false },
        }
    }

    /// The same of a login with a code.
    pub(crate) fn of_device(base: &BaseUrl, id: &ApplicationId, problem: GrantProblem) -> Self {
        match problem {
            GrantProblem::UnsupportedGrantType => Self::DeviceUnsupported,
            GrantProblem::AccessDenied => Self::DeviceDenied,
            problem => Self::of_login(base, id, problem),
        }
    }
}
