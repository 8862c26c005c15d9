//! Why a request with a token did not end as hoped.

use crate::refusal::Refusal;
use crate::unanswered::Unanswered;

/// Why a request to a known GitLab failed. None of these changes what is known about the token but [`Problem::Refusal`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// GitLab answered, and said no.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// No usable answer came; nothing was learned.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// An answer came that cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The server sends us elsewhere; a token is not carried there.
    #[error("the server sends us to {to} instead of answering")]
    RedirectElsewhere {
        /// Where to, as it may be typed: without query; escaped and capped.
        to: String,
    },
    /// What answers at this address is no GitLab (any more): a proxy, another program, a wrong path.
    #[error("what answers there does not answer as GitLab does (status {status})")]
    NotGitLabAnswer {
        /// The HTTP status, 100 to 599.
        status: u16,
    },
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A web page where data was asked for.
    #[error("a web page came instead of data")]
    Html,
    /// Text that is not the JSON it claims to be.
    #[error("the answer is damaged: it is not the JSON it should be")]
    BrokenJson,
    /// JSON in which a needed field is missing or of another type.
    #[error("the answer is not as GitLab's: “{field}” is missing or of the wrong type")]
    WrongTypes {
        /// The field's name.
        field: &'static str,
    },
    /// More bytes than any honest answer has, counted after decompression.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A redirect that leads nowhere: without a target, or to something that is no web address.
    #[error("the server sends us elsewhere without a usable address")]
    BadRedirect,
    /// Whatever answers does not speak HTTP.
    #[error("what answers there does not speak HTTP")]
    NotHttp,
    /// Interim answers without end, as `100 Continue`, and never the one they promise.
    #[error("the server announces an answer over and over, and gives none")]
    NoAnswer,
    /// A compressed answer that cannot be decompressed.
    #[error("the answer's compression is damaged")]
    BadCompression,
    /// Two answers of one server that contradict each other.
    #[error("the server's answers contradict each other about “{field}”")]
    Contradiction {
        /// What they contradict each other about.
        field: &'static str,
    },
}
