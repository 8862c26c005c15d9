//! The verdict over a token from what the endpoints said, in the order of contract §2.9. Pure: no network, no clock.

use crate::identity::{Identity, Scopes, TokenFacts, TokenKind, User};
use crate::problem::{Problem, Unusable};
use crate::refusal::Refusal;
use crate::reply::{Reply, SelfFacts};
use crate::version::GitLabVersion;

/// What the endpoints told about one token.
pub(crate) struct Told {
    pub(crate) facts: Reply<SelfFacts>,
    pub(crate) user: Reply<User>,
    pub(crate) version: Option<GitLabVersion>,
    pub(crate) enterprise: Option<bool>,
    pub(crate) clock_ahead_seconds: Option<i64>,
}

/// Judges.
pub(crate) fn judge(told: Told) -> Result<Identity, Problem> {
    let Told {
        facts,
        user,
        version,
        enterprise,
        clock_ahead_seconds,
    } = told;
    let (user, mut token) = match (facts, user) {
        (Reply::Good(facts), user) => with_facts(facts, user)?,
        (Reply::Refused(refusal), user) => without_facts(refusal, user)?,
        (Reply::Missing, Reply::Good(user)) => (user, unknown_facts()),
        (Reply::Missing, Reply::Missing) => return Err(Problem::NotGitLabAnswer { status: 404 }),
        (Reply::Missing, Reply::Refused(refusal)) => return Err(refusal.into()),
        (Reply::Problem(_), Reply::Refused(refusal)) if is_final(&refusal) => return Err(refusal.into()),
        (Reply::Missing, Reply::Problem(problem)) | (Reply::Problem(problem), _) => return Err(problem),
    };
    if token.kind == TokenKind::Unknown {
        token.kind = kind(&user);
    }
    Ok(Identity {
        user,
        token,
        version,
        enterprise,
        clock_ahead_seconds,
    })
}

/// One endpoint knows the token and the other has never heard of it. From 15.5 on that is no trait of the version but
/// a replica's delay (A20), and worth asking once more.
pub(crate) fn contradictory(told: &Told) -> bool {
    let modern = told
        .version
        .as_ref()
        .is_none_or(|version| version.at_least(15, 5));
    match (&told.facts, &told.user) {
        (Reply::Good(_), Reply::Refused(Refusal::Unknown)) => true,
        (Reply::Refused(Refusal::Unknown), Reply::Good(_)) => modern,
        (Reply::Refused(Refusal::Unknown), Reply::Refused(refusal)) => modern && *refusal != Refusal::Unknown,
        _ => false,
    }
}

/// The token told about itself; the user may be out of its reach (quirk 6).
fn with_facts(facts: SelfFacts, user: Reply<User>) -> Result<(User, TokenFacts), Problem> {
    let user = match user {
        Reply::Good(user) if user.id == facts.user_id => user,
        Reply::Good(_) => return Err(Unusable::Contradiction { field: "user_id" }.into()),
        Reply::Refused(Refusal::TooNarrow { .. } | Refusal::FineGrained { .. }) => nameless(facts.user_id),
        // A bare 401 is no verdict over a token that has just told about itself (contract §2.9, A20).
        Reply::Refused(Refusal::Unknown) => return Err(Unusable::Contradiction { field: "user" }.into()),
        Reply::Refused(refusal) => return Err(refusal.into()),
        Reply::Missing => return Err(Problem::NotGitLabAnswer { status: 404 }),
        Reply::Problem(problem) => return Err(problem),
    };
    let token = TokenFacts {
        id: Some(facts.id),
        name: facts.name,
        kind: if facts.granular {
            TokenKind::FineGrained
        } else {
            TokenKind::Unknown
        },
        scopes: facts.scopes,
        expires_on: facts.expires_on,
        created_at: facts.created_at,
        last_used_at: facts.last_used_at,
    };
    Ok((user, token))
}

/// The token could not tell about itself.
fn without_facts(refusal: Refusal, user: Reply<User>) -> Result<(User, TokenFacts), Problem> {
    match (refusal, user) {
        // A fine-grained token that may not read itself but may read its user (quirk 45).
        (Refusal::FineGrained { .. }, Reply::Good(user)) => Ok((
            user,
            TokenFacts {
                kind: TokenKind::FineGrained,
                scopes: Scopes::Known(vec!["granular".to_owned()]),
                ..unknown_facts()
            },
        )),
        // Quirk 34: 15.0 to 15.4 take `self` for a number, and refuse it as a stranger's or by scope.
        (Refusal::Unknown | Refusal::TooNarrow { .. } | Refusal::Forbidden, Reply::Good(user)) => {
            Ok((user, unknown_facts()))
        }
        (Refusal::FineGrained { .. }, Reply::Refused(refusal)) if is_final(&refusal) => Err(refusal.into()),
        (
            Refusal::Unknown | Refusal::TooNarrow { .. } | Refusal::FineGrained { .. },
            Reply::Problem(problem),
        ) => Err(problem),
        (Refusal::Unknown | Refusal::TooNarrow { .. }, Reply::Refused(refusal)) | (refusal, _) => {
            Err(refusal.into())
        }
    }
}

/// A refusal that says something about the token or its user as such, and not about one endpoint.
fn is_final(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::Unknown
            | Refusal::TooNarrow { .. }
            | Refusal::FineGrained { .. }
            | Refusal::Forbidden
            | Refusal::OtherForbidden { .. }
    )
}

pub(crate) fn nameless(id: u64) -> User {
    User {
        id,
        username: None,
        name: None,
        bot: None,
        web_url: None,
        avatar_url: None,
        is_admin: None,
        state: None,
    }
}

fn unknown_facts() -> TokenFacts {
    TokenFacts {
        id: None,
        name: None,
        kind: TokenKind::Unknown,
        scopes: Scopes::Unknown,
        expires_on: None,
        created_at: None,
        last_used_at: None,
    }
}

/// The kind by the user it acts as (contract §2.8): only bots have GitLab's bot names for certain.
pub(crate) fn kind(user: &User) -> TokenKind {
    let Some(username) = user.username.as_deref() else {
        return TokenKind::Unknown;
    };
    if user.bot != Some(true) {
        return TokenKind::Personal;
    }
    if is_bot_of(username, "project_") {
        TokenKind::Project
    } else if is_bot_of(username, "group_") {
        TokenKind::Group
    } else if username.starts_with("service_account") {
        TokenKind::ServiceAccount
    } else {
        TokenKind::Unknown
    }
}

/// `project_<id>_bot`, perhaps with more behind it.
fn is_bot_of(username: &str, prefix: &str) -> bool {
    username
        .strip_prefix(prefix)
        .and_then(|rest| rest.split_once("_bot"))
        .is_some_and(|(id, _)| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
}
