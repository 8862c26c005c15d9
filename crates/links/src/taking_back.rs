//! Taking back at GitLab what an account signed in with before: revoked, and proved dead by requests that must fail.
//!
//! The new record carries the old tokens along until then: whoever reads it after a kill goes on from there. GitLab that
//! does not answer is asked again by whoever comes next; where it says no, the person is told, for nobody asks again.

use gitlab::{BaseUrl, Client, Proof};
use vault::Vault;

use crate::account::Method;
use crate::credential::{Credential, Replaced};
use crate::dying::Dying;
use crate::events::Event;
use crate::links::Links;
use crate::looking::Look;
use crate::problem::{Problem, ProblemCode, ProblemKind};
use crate::store::accounts::KeptAccount;
use crate::store::ledger;
use crate::witness::Step;

/// What became at GitLab of what an account signed in with before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacedEnd {
    /// Revoked, and proved dead.
    Revoked,
    /// It may still work, and is revoked later: this was in the way.
    Later(ProblemCode),
    /// It may still work, and LabLink cannot have it revoked, for this reason: a person can, at GitLab.
    LeftAlive(ProblemCode),
}

impl ReplacedEnd {
    /// The word: `revoked`, `later`, `left_alive`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Later(_) => "later",
            Self::LeftAlive(_) => "left_alive",
        }
    }

    /// Why it may still work.
    #[must_use]
    pub fn why(self) -> Option<ProblemCode> {
        match self {
            Self::Revoked => None,
            Self::Later(why) | Self::LeftAlive(why) => Some(why),
        }
    }
}

impl Links {
    /// Takes back what a credential took the place of. The account is not kept waiting for a GitLab that does not answer.
    /// Under the account's lock.
    pub(crate) async fn settle_replaced(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        credential: Credential,
    ) -> Result<Credential, Problem> {
        let (credential, _) = Box::pin(self.take_back_earlier(account, vault, credential)).await?;
        Ok(credential)
    }

    /// The same, and how it ended where there was anything.
    pub(crate) async fn take_back_earlier(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut credential: Credential,
    ) -> Result<(Credential, Option<ReplacedEnd>), Problem> {
        let Some(old) = credential.replaced().take() else {
            return Ok((credential, None));
        };
        // A kill may have kept the account from learning whose its secret is and what for.
        self.settle_relink(&account.id).await?;
        self.before(Step::PermitRevoke);
        let end = Box::pin(self.end_of_replaced(account, &old)).await;
        let method = old.method();
        if let ReplacedEnd::Later(_) = end {
            *credential.replaced() = Some(old);
        } else {
            if let ReplacedEnd::LeftAlive(_) = end {
                self.note_left_alive(account, method)?;
            }
            self.before(Step::PermitForget);
            self.put_credential(account, vault, &credential).await?;
            if method == Method::App {
                Box::pin(self.forget_former_applications()).await;
            }
        }
        self.tell_replaced(account, method, end);
        Ok((credential, Some(end)))
    }

    /// What GitLab was to take back gave way once more before it did: nobody will ask again.
    pub(crate) fn abandon_replaced(
        &self,
        account: &KeptAccount,
        method: Method,
        why: ProblemCode,
    ) -> Result<(), Problem> {
        self.note_left_alive(account, method)?;
        self.tell_replaced(account, method, ReplacedEnd::LeftAlive(why));
        Ok(())
    }

    fn tell_replaced(&self, account: &KeptAccount, method: Method, end: ReplacedEnd) {
        self.tell(Event::Replaced {
            id: account.id,
            name: account.name.clone(),
            method,
            end,
        });
    }

    fn note_left_alive(&self, account: &KeptAccount, method: Method) -> Result<(), Problem> {
        tracing::warn!(account = %account.id, method = method.as_str(), "an earlier credential is left alive");
        let now = self.now();
        self.store().write(|db| {
            let detail = Some(method.as_str());
            ledger::add(db, now, &account.id, &account.name, "old_left_alive", detail).map_err(Problem::from)
        })
    }

    async fn end_of_replaced(&self, account: &KeptAccount, old: &Replaced) -> ReplacedEnd {
        let dying = match Box::pin(self.dying_replaced(account, old)).await {
            Ok(dying) => dying,
            // A keychain that opens again tells the application's secret.
            Err(problem) if problem.kind() == ProblemKind::Keychain => {
                return ReplacedEnd::Later(problem.problem_code());
            }
            Err(problem) => return ReplacedEnd::LeftAlive(problem.problem_code()),
        };
        let taken = async {
            dying.revoke().await?;
            dying.prove_dead().await
        };
        match Box::pin(taken).await {
            Ok(Proof::Dead) => ReplacedEnd::Revoked,
            Ok(Proof::StillAlive) => ReplacedEnd::Later(ProblemCode::StillAlive),
            Err(problem) if is_final(&problem) => ReplacedEnd::LeftAlive(problem.problem_code()),
            Err(problem) => ReplacedEnd::Later(problem.problem_code()),
        }
    }

    async fn dying_replaced(&self, account: &KeptAccount, old: &Replaced) -> Result<Dying, Problem> {
        let base: BaseUrl = account.base()?;
        let client: Client = self.client(&base, &Look::default())?;
        let Some(application_id) = &old.application_id else {
            return Ok(Dying::token(base, client, old.token()?));
        };
        let registration = self
            .registration(&base, Some(application_id), &account.wanted)
            .await?;
        Ok(Dying::login(
            base,
            client,
            old.login(application_id)?,
            registration,
        ))
    }
}

/// GitLab's own no is its last word; of what anybody else says there, a sign-in page, a proxy, whoever stands on the
/// way now, nothing was learned.
fn is_final(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::Refusal(_)
            | Problem::AppRefused { .. }
            | Problem::AppSecretWrong { .. }
            | Problem::LoginDenied
            | Problem::DeviceExpired
    )
}
