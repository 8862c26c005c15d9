//! Unlinking: revoke at GitLab, prove it dead by a request that must fail, then forget: account, secret, intent. Until
//! the token is proved dead (or the person said to leave it alone, or to do that later) the account stays whole.

use gitlab::{Proof, Revoked, Token};
use tokio::sync::mpsc;
use vault::VaultError;

use crate::account::AccountId;
use crate::credential;
use crate::dying::Dying;
use crate::events::Event;
use crate::later::RevocationEnd;
use crate::links::{Links, gone};
use crate::problem::Problem;
use crate::store::accounts::{self, KeptAccount};
use crate::store::intents::{self, Intent, Stage};
use crate::store::ledger;
use crate::turn::Turn;
use crate::witness::Step;

/// How to unlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unlink {
    /// Leave the token alive at GitLab.
    pub keep_token: bool,
    /// Ask GitLab nothing: it cannot be reached, and the person wants the account gone here.
    pub here_only: bool,
    /// The account goes at once, and the token is revoked as soon as GitLab answers: now, or later.
    pub revoke_later: bool,
}

/// The steps of unlinking, as a person sees them, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnlinkStep {
    /// GitLab revokes the token.
    Revoke,
    /// A request that must fail proves it.
    Prove,
    /// The account is forgotten here.
    ForgetAccount,
    /// The secret leaves the keychain.
    ForgetSecret,
}

/// How a step of unlinking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Under way.
    Busy,
    /// Done.
    Done,
    /// Not called for.
    Skipped,
    /// Failed; unlinking stops here unless it is the secret, which the next start removes.
    Failed,
    /// Remembered, and done once GitLab answers.
    Later,
}

/// What became of the token at GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEnd {
    /// Revoked now, and proved dead.
    Revoked,
    /// Dead before, and proved so.
    WasDead,
    /// Left alive, as asked.
    Kept,
    /// Left alive: another account here uses the same token.
    Shared,
    /// Alive still: it is revoked once GitLab answers.
    Later,
}

/// What unlinking did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlinked {
    /// The display name the account had.
    pub name: String,
    /// What became of the token at GitLab.
    pub token: TokenEnd,
    /// Whether the secret is out of the keychain; if not, the next start removes it, or the revocation that waits.
    pub secret_removed: bool,
}

type Told = mpsc::UnboundedSender<(UnlinkStep, StepState)>;

impl Links {
    /// Unlinks an account and tells each step. When GitLab cannot be reached, or the keychain does not give the token
    /// out, the account stays whole (unless told to leave the token alone). Goes on to its end when its future is
    /// dropped.
    pub async fn unlink(
        &self,
        id: &AccountId,
        how: Unlink,
        told: &(dyn Fn(UnlinkStep, StepState) + Send + Sync),
    ) -> Result<Unlinked, Problem> {
        let (tell, mut steps) = mpsc::unbounded_channel();
        let (links, id) = (self.clone(), *id);
        let work = tokio::spawn(async move { Box::pin(links.unlink_now(id, how, tell)).await });
        while let Some((step, state)) = steps.recv().await {
            told(step, state);
        }
        work.await.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "unlinking was interrupted".to_owned(),
            })
        })
    }

    async fn unlink_now(&self, id: AccountId, how: Unlink, told: Told) -> Result<Unlinked, Problem> {
        let turn = Turn::take(self.home(), &id).await?;
        let account = match self.kept(&id) {
            Ok(account) => account,
            Err(problem) => {
                turn.close();
                return Err(problem);
            }
        };
        let account = self.whole(account).await;
        if how.revoke_later {
            return Box::pin(self.unlink_before_revoking(account, turn, &told)).await;
        }
        let end = if how.keep_token || how.here_only {
            Some(TokenEnd::Kept)
        } else if self.token_is_shared(&account.holder()).await? {
            Some(TokenEnd::Shared)
        } else {
            None
        };
        self.before(Step::UnlinkIntent);
        let stage = if end.is_some() {
            Stage::Forget
        } else {
            Stage::Unlink
        };
        self.write_intent(&account, stage)?;
        let token = match end {
            Some(end) => {
                say(&told, UnlinkStep::Revoke, StepState::Skipped);
                say(&told, UnlinkStep::Prove, StepState::Skipped);
                end
            }
            None => match Box::pin(self.end_token(&account, &told)).await {
                Ok(end) => end,
                Err(problem) => {
                    self.store()
                        .write(|db| intents::clear(db, &id).map_err(Problem::from))?;
                    return Err(problem);
                }
            },
        };
        say(&told, UnlinkStep::ForgetAccount, StepState::Busy);
        self.before(Step::UnlinkRow);
        self.remove_account(&account)?;
        say(&told, UnlinkStep::ForgetAccount, StepState::Done);
        self.tell(Event::AccountsChanged);
        say(&told, UnlinkStep::ForgetSecret, StepState::Busy);
        self.before(Step::UnlinkSecret);
        let secret_removed = match self.remove_secret(&id, account.place).await {
            Ok(()) => {
                say(&told, UnlinkStep::ForgetSecret, StepState::Done);
                self.before(Step::UnlinkIntentCleared);
                self.store()
                    .write(|db| intents::clear(db, &id).map_err(Problem::from))?;
                turn.close();
                // It may have been the last account to need the secret of an application.
                Box::pin(self.forget_former_applications()).await;
                true
            }
            Err(problem) => {
                tracing::warn!(account = %id, code = problem.code(), "the secret stays until the next start");
                say(&told, UnlinkStep::ForgetSecret, StepState::Failed);
                false
            }
        };
        tracing::info!(account = %id, "unlinked");
        Ok(Unlinked {
            name: account.name,
            token,
            secret_removed,
        })
    }

    /// The account with nothing left to do of linking it again: what that left to be taken back would go with it. Where
    /// this cannot be done now, unlinking tells why.
    async fn whole(&self, account: KeptAccount) -> KeptAccount {
        let settled = async {
            self.settle_relink(&account.id).await?;
            let kept = self.kept(&account.id)?;
            let vault = self.keychains().at(kept.place).await?;
            let credential = self.credential_of(&kept).await?;
            Box::pin(self.settle_replaced(&kept, &vault, credential)).await?;
            Ok::<KeptAccount, Problem>(kept)
        };
        Box::pin(settled).await.unwrap_or(account)
    }

    /// The account goes in one step, which leaves a revocation that waits. Then that is tried for the first time.
    async fn unlink_before_revoking(
        &self,
        account: KeptAccount,
        turn: Turn,
        told: &Told,
    ) -> Result<Unlinked, Problem> {
        say(told, UnlinkStep::ForgetAccount, StepState::Busy);
        self.before(Step::LaterRow);
        self.revoke_without_account(&account)?;
        tracing::info!(account = %account.id, "unlinked, to be revoked");
        self.tell(Event::AccountsChanged);
        say(told, UnlinkStep::ForgetAccount, StepState::Done);
        say(told, UnlinkStep::Revoke, StepState::Busy);
        let ended = Box::pin(self.attend(&account.id, turn)).await;
        let (token, states) = match &ended {
            Ok(RevocationEnd::Revoked) => (TokenEnd::Revoked, [StepState::Done; 3]),
            Ok(RevocationEnd::WasDead | RevocationEnd::Expired) => (TokenEnd::WasDead, [StepState::Done; 3]),
            Ok(RevocationEnd::Shared | RevocationEnd::LeftAlive) => (
                TokenEnd::Shared,
                [StepState::Skipped, StepState::Skipped, StepState::Done],
            ),
            Err(problem) => {
                tracing::info!(account = %account.id, code = problem.code(), "the token is to be revoked later");
                (
                    TokenEnd::Later,
                    [StepState::Later, StepState::Skipped, StepState::Later],
                )
            }
        };
        let steps = [UnlinkStep::Revoke, UnlinkStep::Prove, UnlinkStep::ForgetSecret];
        for (step, state) in steps.into_iter().zip(states) {
            say(told, step, state);
        }
        Ok(Unlinked {
            name: account.name,
            token,
            secret_removed: ended.is_ok(),
        })
    }

    /// Revokes the token and proves it dead. From the moment GitLab said yes, a kill leads forward.
    async fn end_token(&self, account: &KeptAccount, told: &Told) -> Result<TokenEnd, Problem> {
        say(told, UnlinkStep::Revoke, StepState::Busy);
        let (ending, revoked) = match Box::pin(self.revoke(account)).await {
            Ok(revoked) => revoked,
            Err(problem) => {
                say(told, UnlinkStep::Revoke, StepState::Failed);
                return Err(problem);
            }
        };
        say(told, UnlinkStep::Revoke, StepState::Done);
        say(told, UnlinkStep::Prove, StepState::Busy);
        self.write_intent(account, Stage::Revoked)?;
        self.before(Step::UnlinkProve);
        let proof = match Box::pin(ending.prove_dead()).await {
            Ok(Proof::Dead) => self.write_intent(account, Stage::Forget),
            Ok(Proof::StillAlive) => Err(Problem::StillAlive),
            Err(problem) => Err(problem),
        };
        match proof {
            Ok(()) => say(told, UnlinkStep::Prove, StepState::Done),
            Err(problem) => {
                say(told, UnlinkStep::Prove, StepState::Failed);
                return Err(problem);
            }
        }
        Ok(match revoked {
            Revoked::Now => TokenEnd::Revoked,
            Revoked::AlreadyDead => TokenEnd::WasDead,
        })
    }

    async fn revoke(&self, account: &KeptAccount) -> Result<(Dying, Revoked), Problem> {
        let dying = Box::pin(self.dying(account.holder(), None)).await?;
        self.before(Step::UnlinkRevoke);
        let revoked = Box::pin(dying.revoke()).await?;
        Ok((dying, revoked))
    }

    /// The account's token, from where it was put.
    pub(crate) async fn token_of(&self, account: &KeptAccount) -> Result<Token, Problem> {
        Ok(self.credential_of(account).await?.into_access())
    }

    fn write_intent(&self, account: &KeptAccount, stage: Stage) -> Result<(), Problem> {
        let intent = Intent {
            account: account.id,
            name: account.name.clone(),
            place: account.place,
            stage,
        };
        let now = self.now();
        self.store()
            .write(|db| intents::put(db, &intent, now).map_err(Problem::from))
    }

    /// The account goes, the ledger keeps that it did.
    pub(crate) fn remove_account(&self, account: &KeptAccount) -> Result<(), Problem> {
        let now = self.now();
        self.store().write(|db| {
            if accounts::by_id(db, &account.id)?.is_none() {
                return Err(gone());
            }
            accounts::remove(db, &account.id)?;
            ledger::add(
                db,
                now,
                &account.id,
                &account.name,
                "unlinked",
                Some(&account.address),
            )
            .map_err(Problem::from)
        })
    }

    /// The secret goes from where it was put.
    pub(crate) async fn remove_secret(&self, id: &AccountId, place: vault::Place) -> Result<(), Problem> {
        let vault = self.keychains().at(place).await?;
        match vault.delete(&credential::key(id)?).await {
            Ok(()) | Err(VaultError::Missing) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn say(told: &Told, step: UnlinkStep, state: StepState) {
    // Whoever asked may have gone; the work goes on.
    let _ = told.send((step, state));
}
