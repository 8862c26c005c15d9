//! Revocations that wait: the account is gone, its token still lives, and GitLab did not answer. The secret stays in the
//! vault where it was, under the identifier the account had, which is never given again; the database remembers what
//! is to be done with it.
//!
//! The account's end and the revocation's beginning are one transaction, and so is what became of it: a process that
//! dies in between leaves something to revoke (asking again is harmless) or a secret to remove.

use futures_util::{StreamExt as _, stream};
use gitlab::{BaseUrl, Proof, Revoked};
use jiff::{SignedDuration, Timestamp};
use vault::Place;

use crate::account::{AccountId, Method};
use crate::events::Event;
use crate::links::{Links, gone};
use crate::problem::{Problem, ProblemCode};
use crate::recovery::PATIENCE;
use crate::schedule::next_try;
use crate::store::accounts::{self, KeptAccount};
use crate::store::revocations::{self, KeptRevocation};
use crate::store::{intents, ledger};
use crate::turn::Turn;
use crate::witness::Step;

/// How many are asked for at the same time.
const AT_ONCE: usize = 4;

/// How long after its end by this computer's clock a token is taken for dead without GitLab saying so: clocks and
/// GitLab's own tidying up have that long.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// A token that waits to be revoked; its account is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The identifier the account had.
    pub id: AccountId,
    /// Its display name.
    pub name: String,
    /// Its GitLab.
    pub instance: BaseUrl,
    /// Whose token it is, where that is known.
    pub username: Option<String>,
    /// How the account signed in.
    pub method: Method,
    /// Where the secret is until then.
    pub secret_in: Place,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// What the last attempt came to.
    pub why: Option<ProblemCode>,
    /// When it is tried next by an app that is running.
    pub next_try: Timestamp,
    /// When the token dies by itself.
    pub ends_at: Option<Timestamp>,
}

/// What became of a token that waited to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationEnd {
    /// Revoked, and proved dead.
    Revoked,
    /// Found dead, and proved so.
    WasDead,
    /// GitLab did not answer until its last day had passed.
    Expired,
    /// Left alive: an account here uses the same token.
    Shared,
    /// Left alive: the person said so.
    LeftAlive,
}

impl RevocationEnd {
    const ALL: [Self; 5] = [
        Self::Revoked,
        Self::WasDead,
        Self::Expired,
        Self::Shared,
        Self::LeftAlive,
    ];

    /// The word: `revoked`, `was_dead`, `expired`, `shared`, `left_alive`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::WasDead => "was_dead",
            Self::Expired => "expired",
            Self::Shared => "shared",
            Self::LeftAlive => "left_alive",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == word)
    }
}

/// Which of the revocations that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Those whose pause is over.
    Due,
    /// All of them.
    All,
    /// This one.
    One(AccountId),
}

/// What trying came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What waited.
    pub revocation: Revocation,
    /// What became of it, or why it waits on.
    pub outcome: Result<RevocationEnd, Problem>,
}

impl Links {
    /// What waits to be revoked, oldest first.
    pub fn revocations(&self) -> Result<Vec<Revocation>, Problem> {
        let kept = self.kept_revocations()?;
        kept.iter()
            .filter(|kept| kept.ended.is_none())
            .map(KeptRevocation::told)
            .collect()
    }

    /// When the next one is to be tried; `None` where nothing waits.
    pub fn next_revocation(&self) -> Result<Option<Timestamp>, Problem> {
        let now = self.now();
        Ok(self.kept_revocations()?.iter().map(|kept| kept.next(now)).min())
    }

    /// Tries to revoke what waits. One that another process is at is left to it.
    pub async fn revoke_waiting(&self, which: Waiting) -> Result<Vec<Tried>, Problem> {
        let now = self.now();
        let mut wanted = self.kept_revocations()?;
        wanted.retain(|kept| match which {
            Waiting::Due => kept.next(now) <= now,
            Waiting::All => true,
            Waiting::One(id) => kept.id == id,
        });
        let work = stream::iter(
            wanted
                .into_iter()
                .map(|kept| async move { Box::pin(self.try_one(kept)).await }),
        );
        let mut results = work.buffered(AT_ONCE);
        let mut tried = Vec::new();
        while let Some(result) = results.next().await {
            tried.extend(result?);
        }
        Ok(tried)
    }

    async fn try_one(&self, kept: KeptRevocation) -> Result<Option<Tried>, Problem> {
        let Some(turn) = Turn::try_take(self.home(), &kept.id)? else {
            return Ok(None);
        };
        match Box::pin(self.attend(&kept.id, turn)).await {
            // Somebody was quicker.
            Err(Problem::AccountNotFound { .. }) => Ok(None),
            outcome => Ok(Some(Tried {
                revocation: kept.told()?,
                outcome,
            })),
        }
    }

    /// Forgets a token that waits, and leaves it alive: the person said so. Where the keychain does not let the secret
    /// go now, the next start removes it.
    pub async fn forget_revocation(&self, id: &AccountId) -> Result<(), Problem> {
        let turn = Turn::take(self.home(), id).await?;
        let (kept, turn) = self.revocation(id, turn)?;
        if kept.ended.is_none() {
            self.end_revocation(&kept, RevocationEnd::LeftAlive)?;
        }
        Box::pin(self.remove_ended(&kept, turn)).await
    }

    /// The account goes, and its token waits to be revoked from then on.
    pub(crate) fn revoke_without_account(&self, account: &KeptAccount) -> Result<(), Problem> {
        let now = self.now();
        self.store().write(|db| {
            let current = accounts::by_id(db, &account.id)?.ok_or_else(gone)?;
            revocations::add(db, &current, ends_at(&current), now)?;
            accounts::remove(db, &account.id)?;
            intents::clear(db, &account.id)?;
            for what in ["unlinked", "revocation_waits"] {
                ledger::add(db, now, &account.id, &current.name, what, Some(&current.address))?;
            }
            Ok(())
        })
    }

    /// One attempt, by whoever has the right to. What it came to is remembered.
    pub(crate) async fn attend(&self, id: &AccountId, turn: Turn) -> Result<RevocationEnd, Problem> {
        let (kept, turn) = self.revocation(id, turn)?;
        let end = match kept.ended {
            Some(end) => end,
            None => match Box::pin(self.end_of(&kept)).await {
                Ok(end) => {
                    self.before(Step::LaterEnd);
                    self.end_revocation(&kept, end)?;
                    end
                }
                Err(problem) => {
                    self.revocation_failed(id, &problem)?;
                    return Err(problem);
                }
            },
        };
        if let Err(problem) = Box::pin(self.remove_ended(&kept, turn)).await {
            self.revocation_failed(id, &problem)?;
            return Err(problem);
        }
        tracing::info!(account = %id, end = end.as_str(), "a token that waited has its end");
        Ok(end)
    }

    /// What becomes of it.
    async fn end_of(&self, kept: &KeptRevocation) -> Result<RevocationEnd, Problem> {
        match Box::pin(self.end_at_gitlab(kept)).await {
            Err(problem) if kept.is_past(self.now()) => {
                tracing::info!(account = %kept.id, code = problem.code(), "its last day has passed");
                Ok(RevocationEnd::Expired)
            }
            other => other,
        }
    }

    async fn end_at_gitlab(&self, kept: &KeptRevocation) -> Result<RevocationEnd, Problem> {
        // It may have been linked again meanwhile.
        if self.token_is_shared(&kept.holder()).await? {
            return Ok(RevocationEnd::Shared);
        }
        let dying = Box::pin(self.dying(kept.holder(), Some(PATIENCE))).await?;
        self.before(Step::LaterRevoke);
        let revoked = Box::pin(dying.revoke()).await?;
        self.before(Step::LaterProve);
        match (Box::pin(dying.prove_dead()).await?, revoked) {
            (Proof::StillAlive, _) => Err(Problem::StillAlive),
            (Proof::Dead, Revoked::Now) => Ok(RevocationEnd::Revoked),
            (Proof::Dead, Revoked::AlreadyDead) => Ok(RevocationEnd::WasDead),
        }
    }

    fn end_revocation(&self, kept: &KeptRevocation, end: RevocationEnd) -> Result<(), Problem> {
        let now = self.now();
        self.store().write(|db| {
            revocations::end(db, &kept.id, end)?;
            ledger::add(
                db,
                now,
                &kept.id,
                &kept.name,
                "revocation_ended",
                Some(end.as_str()),
            )
            .map_err(Problem::from)
        })?;
        self.tell(Event::AccountsChanged);
        Ok(())
    }

    fn revocation_failed(&self, id: &AccountId, problem: &Problem) -> Result<(), Problem> {
        let (now, code) = (self.now(), problem.problem_code());
        self.store()
            .write(|db| revocations::failed(db, id, code, now).map_err(Problem::from))?;
        self.tell(Event::AccountsChanged);
        Ok(())
    }

    /// What is left when it has its end: the secret, and the memory of it.
    async fn remove_ended(&self, kept: &KeptRevocation, turn: Turn) -> Result<(), Problem> {
        self.before(Step::LaterSecret);
        self.remove_secret(&kept.id, kept.place).await?;
        self.before(Step::LaterGone);
        self.store()
            .write(|db| revocations::remove(db, &kept.id).map_err(Problem::from))?;
        turn.close();
        self.tell(Event::AccountsChanged);
        Box::pin(self.forget_former_applications()).await;
        Ok(())
    }

    /// Removes what dead processes left of revocations that have their end. What the keychain keeps now goes the next
    /// time.
    pub(crate) async fn finish_revocations(&self) -> Result<(), Problem> {
        for kept in self.kept_revocations()? {
            if kept.ended.is_none() {
                continue;
            }
            let Some(turn) = Turn::try_take(self.home(), &kept.id)? else {
                continue;
            };
            if let Err(problem) = Box::pin(self.remove_ended(&kept, turn)).await {
                tracing::warn!(account = %kept.id, code = problem.code(), "a secret stays until the next start");
            }
        }
        Ok(())
    }

    fn kept_revocations(&self) -> Result<Vec<KeptRevocation>, Problem> {
        self.store()
            .read(|db| revocations::all(db).map_err(Problem::from))
    }

    /// The revocation, for whoever has the right to work on it. Where somebody was quicker, that right has no purpose.
    fn revocation(&self, id: &AccountId, turn: Turn) -> Result<(KeptRevocation, Turn), Problem> {
        let kept: Option<KeptRevocation> = self
            .store()
            .read(|db| revocations::of(db, id).map_err(Problem::from))?;
        if let Some(kept) = kept {
            return Ok((kept, turn));
        }
        turn.close();
        Err(gone())
    }
}

impl KeptRevocation {
    fn next(&self, now: Timestamp) -> Timestamp {
        next_try(self.since, self.tried_at, self.tries, now)
    }

    fn is_past(&self, now: Timestamp) -> bool {
        self.ends_at
            .and_then(|end| end.checked_add(GRACE).ok())
            .is_some_and(|end| end <= now)
    }

    fn told(&self) -> Result<Revocation, Problem> {
        Ok(Revocation {
            id: self.id,
            name: self.name.clone(),
            instance: self.address.parse()?,
            username: self.username.clone(),
            method: self.method,
            secret_in: self.place,
            since: self.since,
            tries: self.tries,
            tried_at: self.tried_at,
            why: self.why,
            next_try: self.next(self.tried_at.unwrap_or(self.since)),
            ends_at: self.ends_at,
        })
    }
}

/// When an account's token dies by itself; `None`: never, or not told, or it renews itself.
fn ends_at(account: &KeptAccount) -> Option<Timestamp> {
    match &account.login {
        Some(login) if login.renews => None,
        Some(login) => login.access_until,
        None => crate::access::last_day(account),
    }
}
