//! A client bound to one GitLab: the only thing in LabLink that sends a token anywhere.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join, join3};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::base_url::BaseUrl;
use crate::connection::{Connection, Reach, SetupProblem};
use crate::discovery::MetadataProbe;
use crate::identity::{Identity, User};
use crate::judgement::{Told, contradictory, judge};
use crate::problem::{Problem, Unusable};
use crate::refusal::{Refusal, detail};
use crate::reply::{Reply, SelfFacts, reply, self_facts, user, version};
use crate::token::Token;
use crate::wire::{Answer, deadline};

/// The endpoint a token learns about itself at, and is revoked by (contract §2.2, §2.6).
const SELF: &str = "api/v4/personal_access_tokens/self";

/// The endpoint of the token's user (contract §2.4).
const USER: &str = "api/v4/user";

/// How long is waited before a bare 401 is believed (contract §2.9: confirm with a delay).
const SECOND_THOUGHT: Duration = Duration::from_secs(1);

/// Speaks to one GitLab. Nothing else can be asked with it.
pub struct Client {
    pub(crate) base: BaseUrl,
    pub(crate) reach: Reach,
    /// What GitLab's clock said last, and when that was.
    heard: Mutex<Option<(Timestamp, std::time::Instant)>>,
}

/// How a revocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// GitLab revoked the token now.
    Now,
    /// GitLab did not accept the token any more before.
    AlreadyDead,
}

/// What a request that must fail has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// GitLab does not accept the token.
    Dead,
    /// GitLab accepts the token.
    StillAlive,
}

impl Client {
    /// A client for the GitLab at `base`. Fails where a token would travel unencrypted without the person's consent.
    pub fn new(base: BaseUrl, connection: &Connection) -> Result<Self, SetupProblem> {
        if !connection.permits(&base) {
            return Err(SetupProblem::PlainHttp {
                host: base.host().to_owned(),
            });
        }
        let reach = connection.reach(&base)?;
        Ok(Self {
            base,
            reach,
            heard: Mutex::new(None),
        })
    }

    /// The GitLab it is bound to.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// What time it is by this GitLab's clock, as far as its last answer to a token told. A page of something else on the
    /// way is not believed.
    #[must_use]
    pub fn server_time(&self) -> Option<Timestamp> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (date, at) = heard?;
        date.checked_add(SignedDuration::try_from(at.elapsed()).ok()?)
            .ok()
    }

    /// Asks who the token is and what it may do: three questions at the same time, one round trip. Only answers that
    /// contradict each other (contract §1.5, A20) cost a second one.
    pub async fn identify(&self, token: &Token, probe: MetadataProbe) -> Result<Identity, Problem> {
        Box::pin(self.identify_by(token, Some(probe), deadline(&self.reach))).await
    }

    /// Asks whether a stored token still lives (contract §2.9). A bare 401 is believed only when a second endpoint and,
    /// after a second, both of them again say the same.
    pub async fn check(&self, token: &Token) -> Result<Identity, Problem> {
        let end = deadline(&self.reach);
        match Box::pin(self.identify_by(token, None, end)).await {
            Err(Problem::Refusal(Refusal::Unknown)) if Instant::now() + SECOND_THOUGHT < end => {
                sleep(SECOND_THOUGHT).await;
                Box::pin(self.identify_by(token, None, end)).await
            }
            other => other,
        }
    }

    async fn identify_by(
        &self,
        token: &Token,
        probe: Option<MetadataProbe>,
        end: Instant,
    ) -> Result<Identity, Problem> {
        let metadata = async {
            match probe {
                Some(probe) => Some(self.ask(Method::GET, probe.path(), token, end).await),
                None => None,
            }
        };
        let (facts, person, metadata) = Box::pin(join3(
            self.ask(Method::GET, SELF, token, end),
            self.user(token, end),
            metadata,
        ))
        .await;
        let clock_ahead_seconds = match &facts {
            Reply::Good(answer) => answer.clock_ahead_seconds(),
            _ => None,
        };
        let (version, enterprise) = match &metadata {
            Some(Reply::Good(answer)) => version(answer),
            _ => (None, None),
        };
        let told = Told {
            facts: facts.read(|answer| self_facts(&answer)),
            user: person,
            version,
            enterprise,
            clock_ahead_seconds,
        };
        if !contradictory(&told) {
            return judge(told);
        }
        let (facts, user) = Box::pin(join(self.facts(token, end), self.user(token, end))).await;
        judge(Told { facts, user, ..told })
    }

    /// Revokes the token itself (contract §2.6). The request is safe to repeat: a token that is dead already is a
    /// success.
    pub async fn revoke_self(&self, token: &Token) -> Result<Revoked, Problem> {
        let end = deadline(&self.reach);
        match self.delete(SELF, token, end).await {
            Reply::Missing => {}
            other => return self.revoked(other, token, end).await,
        }
        // Where a token cannot be revoked as `self`: by its number, if the server tells it.
        match self.facts(token, end).await {
            Reply::Good(facts) => {
                let path = format!("api/v4/personal_access_tokens/{}", facts.id);
                let reply = self.delete(&path, token, end).await;
                self.revoked(reply, token, end).await
            }
            other => self.revoked(other.read(|_| Ok(())), token, end).await,
        }
    }

    /// Expired and revoked are what was wanted; a bare 401 is, if the token's user is not let in either.
    async fn revoked(&self, reply: Reply<()>, token: &Token, end: Instant) -> Result<Revoked, Problem> {
        match reply {
            Reply::Good(()) => Ok(Revoked::Now),
            Reply::Refused(Refusal::Expired | Refusal::Revoked) => Ok(Revoked::AlreadyDead),
            Reply::Refused(Refusal::Unknown) => match self.user(token, end).await {
                Reply::Refused(Refusal::Unknown | Refusal::Expired | Refusal::Revoked) => {
                    Ok(Revoked::AlreadyDead)
                }
                Reply::Problem(problem) => Err(problem),
                _ => Err(Unusable::Contradiction { field: "token" }.into()),
            },
            Reply::Refused(refusal) => Err(refusal.into()),
            Reply::Missing => Err(Problem::NotGitLabAnswer { status: 404 }),
            Reply::Problem(problem) => Err(problem),
        }
    }

    /// Proves that a token is dead, by requests that must fail. Never a rotation (quirk 9). An answer that tells nothing
    /// is a [`Problem`], not a proof.
    pub async fn prove_dead(&self, token: &Token) -> Result<Proof, Problem> {
        let end = deadline(&self.reach);
        match self.facts(token, end).await {
            Reply::Refused(Refusal::Expired | Refusal::Revoked) => Ok(Proof::Dead),
            // 15.1 to 15.4 say so of living tokens too, and older ones have no such route: the user decides.
            Reply::Refused(Refusal::Unknown) | Reply::Missing => match self.user(token, end).await {
                Reply::Refused(Refusal::Unknown | Refusal::Expired | Refusal::Revoked) => Ok(Proof::Dead),
                Reply::Good(_) | Reply::Refused(_) => Ok(Proof::StillAlive),
                Reply::Missing => Err(Problem::NotGitLabAnswer { status: 404 }),
                Reply::Problem(problem) => Err(problem),
            },
            Reply::Good(_) | Reply::Refused(_) => Ok(Proof::StillAlive),
            Reply::Problem(problem) => Err(problem),
        }
    }

    /// GitLab's own page for a new token, with its name and scopes filled in (contract §2.6).
    #[must_use]
    pub fn token_page(&self, name: &str, scopes: &[&str]) -> Url {
        token_page(&self.base, name, scopes)
    }

    async fn facts(&self, token: &Token, end: Instant) -> Reply<SelfFacts> {
        self.ask(Method::GET, SELF, token, end)
            .await
            .read(|answer| self_facts(&answer))
    }

    pub(crate) async fn user(&self, token: &Token, end: Instant) -> Reply<User> {
        self.ask(Method::GET, USER, token, end)
            .await
            .read(|answer| user(&answer, &self.base))
    }

    /// A deletion: done is only what GitLab calls done (204); its 400s have reasons of their own.
    async fn delete(&self, path: &str, token: &Token, end: Instant) -> Reply<()> {
        let url = self.base.join(path);
        let result = self.reach.ask(Method::DELETE, &url, Some(token), end).await;
        match &result {
            Ok(answer) if answer.status == 204 => return Reply::Good(()),
            Ok(answer) if (200..300).contains(&answer.status) => {
                return Reply::Problem(Problem::NotGitLabAnswer {
                    status: answer.status,
                });
            }
            Ok(answer) if answer.status == 400 => {
                if let Some(json) = answer.json() {
                    return Reply::Refused(Refusal::OtherForbidden {
                        detail: detail(&json),
                    });
                }
            }
            _ => {}
        }
        reply(result, &url, &self.base).read(|_| Ok(()))
    }

    /// One question with the token. The address is below the base address, whatever the path is.
    pub(crate) async fn ask(&self, method: Method, path: &str, token: &Token, end: Instant) -> Reply<Answer> {
        let url = self.base.join(path);
        let result = self.reach.ask(method, &url, Some(token), end).await;
        let date = result.as_ref().ok().and_then(Answer::date);
        let reply = reply(result, &url, &self.base);
        if let (Reply::Good(_) | Reply::Refused(_), Some(date)) = (&reply, date) {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            *heard = Some((date, std::time::Instant::now()));
        }
        reply
    }
}

/// GitLab's own page for a new token at `base`.
pub(crate) fn token_page(base: &BaseUrl, name: &str, scopes: &[&str]) -> Url {
    let mut url = base.join("-/user_settings/personal_access_tokens");
    url.query_pairs_mut()
        .append_pair("name", name)
        .append_pair("scopes", &scopes.join(","));
    // The form's `+` for a space is the one thing some readers of links get wrong.
    let query = url.query().unwrap_or_default().replace('+', "%20");
    url.set_query(Some(&query));
    url
}
