//! Checking: one question to GitLab about a stored token, and what is remembered of the answer.

use futures_util::{StreamExt as _, stream};
use gitlab::{BaseUrl, Client, Identity, Refusal, Scopes};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::account::{Account, AccountId, kind_from_name, missing_scopes};
use crate::credential::Credential;
use crate::events::Event;
use crate::health::{Facts, Health};
use crate::linking::told;
use crate::links::{Links, not_found};
use crate::looking::Look;
use crate::problem::{Problem, ProblemCode};
use crate::store::accounts::{self, KeptAccount, Told};
use crate::store::{instances, ledger};

/// How many accounts are checked at the same time.
const AT_ONCE: usize = 4;

impl Links {
    /// Checks one account now and remembers what came of it. An `Err` says that nothing could be remembered; what is
    /// wrong with the account is in its health.
    pub async fn check(&self, id: &AccountId) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        let outcome = Box::pin(self.ask_about(&account)).await;
        let to = match outcome {
            Ok(learned) => self.learn(&account, &learned, |_| Ok(()))?,
            Err(problem) => self.fail(&account, problem.problem_code())?,
        };
        tracing::debug!(account = %id, health = to.state(), "checked");
        self.account_by_id(id)
    }

    /// Checks all accounts, at most four at the same time. Accounts that go away meanwhile are left out.
    pub async fn check_all(&self) -> Result<Vec<Account>, Problem> {
        let ids: Vec<AccountId> = self.accounts()?.into_iter().map(|account| account.id).collect();
        let checks = stream::iter(
            ids.into_iter()
                .map(|id| async move { Box::pin(self.check(&id)).await }),
        );
        let mut results = checks.buffered(AT_ONCE);
        let mut accounts = Vec::new();
        while let Some(result) = results.next().await {
            match result {
                Ok(account) => accounts.push(account),
                Err(Problem::AccountNotFound { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(accounts)
    }

    /// Remembers what GitLab said about an account's token when it accepted it, with whatever else goes with it, in one
    /// transaction.
    pub(crate) fn learn(
        &self,
        account: &KeptAccount,
        learned: &Learned,
        also: impl FnOnce(&Connection) -> Result<(), Problem>,
    ) -> Result<Health, Problem> {
        let id = &account.id;
        self.remember(id, |db, now| {
            also(db)?;
            let current = accounts::by_id(db, id)?.ok_or_else(|| not_found(id))?;
            if let Some(version) = &learned.version {
                instances::saw_version(db, current.instance, version)?;
            }
            let told = keep_known(learned.told.clone(), &current.told);
            let facts = renewed(&current, &told).after_success(now);
            accounts::checked(db, id, &told, &facts, now)?;
            Ok(facts)
        })
    }

    /// Remembers that GitLab did not accept an account's token, or was not reached.
    pub(crate) fn fail(&self, account: &KeptAccount, code: ProblemCode) -> Result<Health, Problem> {
        let id = &account.id;
        self.remember(id, |db, now| {
            let current = accounts::by_id(db, id)?.ok_or_else(|| not_found(id))?;
            // Accepted meanwhile: the no is older, and of a token that may have been replaced since.
            if current.facts.last_ok_at > account.facts.last_ok_at {
                return Ok(current.facts);
            }
            let facts = current.facts.after_failure(code, now);
            accounts::set_facts(db, id, &facts, now)?;
            Ok(facts)
        })
    }

    /// Changes an account's facts and tells whoever listens how its health changed by it.
    fn remember(
        &self,
        id: &AccountId,
        change: impl FnOnce(&Connection, Timestamp) -> Result<Facts, Problem>,
    ) -> Result<Health, Problem> {
        let now = self.now();
        let (from, to) = self.store().write(|db| {
            // Again: the work took a while, and another one may have ended meanwhile.
            let current = accounts::by_id(db, id)?.ok_or_else(|| not_found(id))?;
            let from = current.facts.health(now);
            let to = change(db, now)?.health(now);
            if from.state() != to.state() {
                ledger::add(db, now, id, &current.name, "health_changed", Some(to.state()))?;
            }
            Ok::<(Health, Health), Problem>((from, to))
        })?;
        self.tell(Event::AccountsChanged);
        if from != to {
            let to = to.clone();
            self.tell(Event::HealthChanged { id: *id, from, to });
        }
        Ok(to)
    }

    /// What GitLab says about the account's token now, and the version where it was told.
    async fn ask_about(&self, account: &KeptAccount) -> Result<Learned, Problem> {
        // By another method than the account's where it is being linked again: the secret is ahead of the account.
        let identity = match self.credential_of(account).await? {
            Credential::Token(own) => {
                let identity = Box::pin(self.ask_about_token(account)).await?;
                if own.replaced.is_some() {
                    Box::pin(self.settle_login(account)).await?;
                }
                identity
            }
            Credential::App(_) => Box::pin(self.ask_about_login(account)).await?,
        };
        if identity.user.id != account.told.user_id {
            return Err(Problem::OtherUser {
                found: identity.user.id,
            });
        }
        Learned::of(&identity)
    }

    /// An app login is renewed where its time has come, and once more where GitLab says so against our clock.
    async fn ask_about_login(&self, account: &KeptAccount) -> Result<Identity, Problem> {
        let mut login = Box::pin(self.fresh_login(account)).await?;
        let (base, client) = self.client_of(account)?;
        let mut answer = Box::pin(client.check_app(&login.access)).await;
        if let Err(gitlab::Problem::Refusal(Refusal::Expired | Refusal::Revoked)) = answer
            && login.refresh.is_some()
        {
            // Somebody may have renewed it between our reading and our asking (quirk 11).
            login = Box::pin(self.newer_login(account, login)).await?;
            answer = Box::pin(client.check_app(&login.access)).await;
        }
        if let Err(gitlab::Problem::Refusal(Refusal::Unknown)) = answer {
            let registration = self
                .registration(&base, Some(&login.application_id), &account.wanted)
                .await?;
            if Box::pin(self.application_is_gone(&client, &registration)).await {
                return Err(Problem::AppUnknown {
                    application_id: login.application_id,
                });
            }
        }
        let mut identity = answer.map_err(|problem| Problem::at(&base, problem))?;
        if let (Scopes::Unknown, Some(scopes)) = (&identity.token.scopes, login.scopes) {
            identity.token.scopes = Scopes::Known(scopes);
        }
        if login.replaced.is_some() {
            Box::pin(self.settle_login(account)).await?;
        }
        Ok(identity)
    }

    pub(crate) fn client_of(&self, account: &KeptAccount) -> Result<(BaseUrl, Client), Problem> {
        let base = account.base()?;
        let client = self.client(&base, &Look::default())?;
        Ok((base, client))
    }
}

/// What GitLab said about a token it accepts.
pub(crate) struct Learned {
    told: Told,
    version: Option<String>,
}

impl Learned {
    pub(crate) fn of(identity: &Identity) -> Result<Self, Problem> {
        Ok(Self {
            told: told(identity)?,
            version: identity.version.as_ref().map(ToString::to_string),
        })
    }

    /// What it said when the account was linked again.
    pub(crate) fn again(told: Told, version: Option<String>) -> Self {
        Self { told, version }
    }
}

/// What a token may not tell any more (its scopes changed, the server is older now) stays as it was known.
fn keep_known(now: Told, before: &Told) -> Told {
    Told {
        username: now.username.or_else(|| before.username.clone()),
        person: now.person.or_else(|| before.person.clone()),
        web_url: now.web_url.or_else(|| before.web_url.clone()),
        bot: now.bot || before.bot,
        ..now
    }
}

fn renewed(account: &KeptAccount, told: &Told) -> Facts {
    Facts {
        expires_on: told.expires_on,
        missing: missing_scopes(&account.wanted, &told.scopes(), kind_from_name(&told.kind)),
        ..account.facts.clone()
    }
}
