//! An access token in memory: a secret that shows itself to nobody but the request it goes with.

use zeroize::Zeroizing;

/// The longest token taken, in characters. Tokens of GitLab.com's identity service are JWTs of several thousand
/// characters (contract §2.1); common web servers take no header line beyond 8 KiB.
pub const TOKEN_LIMIT: usize = 8192;

/// An access token. Cannot be printed, serialized or copied; its memory is cleared when it is dropped.
pub struct Token(Zeroizing<String>);

/// Why a text cannot be an access token. Never carries the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// Nothing, or white space alone.
    #[error("the token is empty")]
    Empty,
    /// Longer than [`TOKEN_LIMIT`].
    #[error("the token is longer than {limit} characters")]
    TooLong {
        /// The longest token taken, in characters.
        limit: usize,
    },
    /// White space between other characters: more than a token was pasted.
    #[error("there is a space inside the token")]
    InnerSpace,
    /// A line break, NUL or another control character inside the token.
    #[error("there is a line break or another control character inside the token")]
    ControlCharacter,
    /// A character no token is made of.
    #[error("there is a character in the token that no access token contains")]
    NonAscii,
}

/// A secret that is not an access token, told by its prefix (contract §2.1). A hint for people: administrators may
/// change prefixes, so it is never a reason to refuse a token before the server was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongKind {
    /// `gloas-`: the secret of an OAuth application.
    ApplicationSecret,
    /// `gldt-`: a deploy token, for git and the registry only.
    DeployToken,
    /// `glrt-`, `glrtr-`: a runner's token.
    RunnerToken,
    /// `glcbt-`: the token of one CI job.
    JobToken,
    /// `glptt-`: a pipeline trigger.
    PipelineTrigger,
    /// `glft-`: a feed token.
    FeedToken,
    /// `glimt-`: an incoming mail token.
    IncomingMailToken,
    /// `glagent-`: the Kubernetes agent's token.
    AgentToken,
    /// `glwt-`: a workspace token.
    WorkspaceToken,
    /// `glsoat-`: a SCIM token.
    ScimToken,
    /// `glffct-`: the token of a feature-flags client.
    FeatureFlagsToken,
    /// `_gitlab_session=`: a browser's session cookie.
    SessionCookie,
    /// `gliamac-`: an authorization code of GitLab.com's identity service.
    IdentityCode,
    /// `gliamrt-`: a refresh token of GitLab.com's identity service.
    IdentityRefreshToken,
    /// `ghp_`, `gho_`, `github_pat_` …: a token of GitHub.
    GitHubToken,
}

/// Longer prefixes stand before the shorter ones they begin with.
const PREFIXES: [(&str, WrongKind); 21] = [
    ("gloas-", WrongKind::ApplicationSecret),
    ("gldt-", WrongKind::DeployToken),
    ("glrt-", WrongKind::RunnerToken),
    ("glrtr-", WrongKind::RunnerToken),
    ("glcbt-", WrongKind::JobToken),
    ("glptt-", WrongKind::PipelineTrigger),
    ("glft-", WrongKind::FeedToken),
    ("glimt-", WrongKind::IncomingMailToken),
    ("glagent-", WrongKind::AgentToken),
    ("glwt-", WrongKind::WorkspaceToken),
    ("glsoat-", WrongKind::ScimToken),
    ("glffct-", WrongKind::FeatureFlagsToken),
    ("_gitlab_session=", WrongKind::SessionCookie),
    ("gliamac-", WrongKind::IdentityCode),
    ("gliamrt-", WrongKind::IdentityRefreshToken),
    ("github_pat_", WrongKind::GitHubToken),
    ("ghp_", WrongKind::GitHubToken),
    ("gho_", WrongKind::GitHubToken),
    ("ghu_", WrongKind::GitHubToken),
    ("ghs_", WrongKind::GitHubToken),
    ("ghr_", WrongKind::GitHubToken),
];

/// The least length of what follows a prefix in a secret; GitLab's shortest bodies have 20 characters.
const BODY: usize = 16;

/// Whether a word pasted as something else, an address for instance, is rather a token or another secret (contract §2.1):
/// a known prefix, a long run of the characters secrets are made of, and none of the names hosts end in behind it.
pub(crate) fn looks_like_token(word: &str) -> bool {
    let prefixes = ["glpat-", "gliamat-"].into_iter();
    let Some(rest) = prefixes
        .chain(PREFIXES.iter().map(|(prefix, _)| *prefix))
        .find_map(|prefix| word.strip_prefix(prefix))
    else {
        return false;
    };
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    let (body, behind) = rest.split_at(end.unwrap_or(rest.len()));
    let mixed = body.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    // The last part of a routable token has a checksum with digits in it; a host's last label has none.
    let name = behind
        .strip_prefix('.')
        .and_then(|labels| labels.rsplit('.').next());
    body.len() >= BODY && mixed && name.is_none_or(|last| last.bytes().any(|b| b.is_ascii_digit()))
}

impl WrongKind {
    /// The prefix it is known by, `gloas-` for instance.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        PREFIXES
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(prefix, _)| prefix)
    }
}

impl Token {
    /// Takes the token out of a pasted text: white space and line breaks around it go; any shape and any prefix is
    /// taken (contract §2.1).
    pub fn read(text: &str) -> Result<Self, TokenProblem> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'));
        if text.is_empty() {
            return Err(TokenProblem::Empty);
        }
        if text.chars().nth(TOKEN_LIMIT).is_some() {
            return Err(TokenProblem::TooLong { limit: TOKEN_LIMIT });
        }
        for c in text.chars() {
            if c.is_control() {
                return Err(TokenProblem::ControlCharacter);
            }
            if c.is_whitespace() {
                return Err(TokenProblem::InnerSpace);
            }
            if !c.is_ascii() {
                return Err(TokenProblem::NonAscii);
            }
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the token seems to be instead of an access token, by its prefix.
    #[must_use]
    pub fn suspected_kind(&self) -> Option<WrongKind> {
        PREFIXES
            .iter()
            .find(|(prefix, _)| self.0.starts_with(prefix))
            .map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_line_breaks_around_are_no_part_of_it() {
        for text in [
            "glpat-x",
            " glpat-x ",
            "glpat-x\n",
            "\r\n\tglpat-x\r\n",
            "\u{feff}glpat-x",
            "\u{a0}glpat-x\u{200b}",
        ] {
            assert!(Token::read(text).unwrap().expose() == "glpat-x");
        }
    }

    #[test]
    fn what_cannot_be_a_token_says_why() {
        let cases = [
            ("", TokenProblem::Empty),
            (" \r\n\t ", TokenProblem::Empty),
            ("glpat-a b", TokenProblem::InnerSpace),
            ("Bearer glpat-ab", TokenProblem::InnerSpace),
            ("glpat-a\nb", TokenProblem::ControlCharacter),
            ("glpat-a\u{0}b", TokenProblem::ControlCharacter),
            ("glpat-a\u{7f}", TokenProblem::ControlCharacter),
            ("glpat-ä", TokenProblem::NonAscii),
            ("glpat-\u{202e}x", TokenProblem::NonAscii),
        ];
        for (text, problem) in cases {
            assert_eq!(Token::read(text).err(), Some(problem), "{text:?}");
        }
    }

    #[test]
    fn quirk_37_any_length_up_to_the_limit_and_any_shape_is_taken() {
        for length in [1, 20, 300, 4000, TOKEN_LIMIT] {
            assert!(Token::read(&"j".repeat(length)).unwrap().expose().len() == length);
        }
        assert_eq!(
            Token::read(&"j".repeat(TOKEN_LIMIT + 1)).err(),
            Some(TokenProblem::TooLong { limit: TOKEN_LIMIT })
        );
        for odd in ["a.b.c", "~!@#$%^&*()", "glpat-X.01.1abcdefgh", "company-pat-x"] {
            assert!(Token::read(odd).unwrap().expose() == odd);
        }
    }

    #[test]
    fn wrong_kinds_are_told_by_their_prefix_and_still_taken() {
        for (prefix, kind) in PREFIXES {
            let token = Token::read(&format!("{prefix}0123456789abcdef")).unwrap();
            assert_eq!(token.suspected_kind(), Some(kind), "{prefix}");
            assert!(!kind.prefix().is_empty());
        }
        for fine in ["glpat-x", "0123456789abcdef", "gliamat-x.y.z", "gloasx"] {
            assert_eq!(Token::read(fine).unwrap().suspected_kind(), None, "{fine}");
        }
    }
}
