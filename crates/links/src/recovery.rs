//! Putting right what dead processes left half done. Work of living processes holds its lock and is left alone.

use std::time::Duration;

use gitlab::{Authority, BaseUrl, Client, Proof};
use vault::{Place, VaultError};

use crate::account::AccountId;
use crate::credential::{self, Credential};
use crate::events::Event;
use crate::links::Links;
use crate::looking::Look;
use crate::problem::Problem;
use crate::store::accounts::{KeptAccount, NewAccount};
use crate::store::intents::{self, Intent, Stage};
use crate::store::relinks;
use crate::turn::Turn;

/// How long GitLab is asked for what nobody waits for: whether a token was revoked before its account is taken for
/// whole, or to revoke one whose account is gone.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Half-done work that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Which way.
    pub what: RecoveredWhat,
    /// The account's display name.
    pub name: String,
}

/// Which way half-done work was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveredWhat {
    /// Linking was taken back: nothing of it is left.
    LinkUndone,
    /// Linking was finished: the account stands.
    LinkFinished,
    /// Unlinking was finished: the account is gone.
    UnlinkFinished,
    /// Unlinking was taken back: the account stands, its token works.
    UnlinkUndone,
    /// Linking again was taken back: the account has the secret it had.
    RelinkUndone,
    /// Linking again was finished: the account has its new secret.
    RelinkFinished,
}

impl RecoveredWhat {
    /// The word: `link_undone`, `link_finished`, `unlink_finished`, `unlink_undone`, `relink_undone`,
    /// `relink_finished`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LinkUndone => "link_undone",
            Self::LinkFinished => "link_finished",
            Self::UnlinkFinished => "unlink_finished",
            Self::UnlinkUndone => "unlink_undone",
            Self::RelinkUndone => "relink_undone",
            Self::RelinkFinished => "relink_finished",
        }
    }
}

impl Links {
    /// Puts right what dead processes left half done; what cannot be put right now is left for the next time. Opening
    /// does this; a process that lives for long may ask again.
    pub async fn recover(&self) -> Result<Vec<Recovered>, Problem> {
        let unfinished: Vec<AccountId> = self.store().read(|db| {
            let mut unfinished = relinks::accounts(db)?;
            for id in intents::accounts(db)? {
                if !unfinished.contains(&id) {
                    unfinished.push(id);
                }
            }
            Ok::<_, Problem>(unfinished)
        })?;
        let mut recovered = Vec::new();
        for id in unfinished {
            match Box::pin(self.recover_one(&id)).await {
                Ok(Some(done)) => {
                    tracing::info!(account = %id, what = done.what.as_str(), "half-done work was put right");
                    self.tell(Event::AccountsChanged);
                    self.tell(Event::Recovered(done.clone()));
                    recovered.push(done);
                }
                Ok(None) => {}
                Err(problem) => {
                    tracing::warn!(account = %id, code = problem.code(), "half-done work is left for the next start");
                }
            }
        }
        if let Err(problem) = self.finish_revocations().await {
            tracing::warn!(
                code = problem.code(),
                "secrets that are to go stay until the next start"
            );
        }
        Box::pin(self.forget_former_applications()).await;
        Ok(recovered)
    }

    async fn recover_one(&self, id: &AccountId) -> Result<Option<Recovered>, Problem> {
        let held = self.keychains().held(id);
        let is_held = held.is_some();
        let turn = match held {
            Some(turn) => Some(turn),
            None => Turn::try_take(self.home(), id)?,
        };
        let Some(turn) = turn else { return Ok(None) };
        let settled = Box::pin(self.settle(id)).await;
        match &settled {
            Err(_) if is_held => self.keychains().hold(*id, turn),
            Ok(Some(done))
                if matches!(
                    done.what,
                    RecoveredWhat::LinkUndone | RecoveredWhat::UnlinkFinished
                ) =>
            {
                turn.close();
            }
            _ => drop(turn),
        }
        settled
    }

    async fn settle(&self, id: &AccountId) -> Result<Option<Recovered>, Problem> {
        // Read under the lock: whoever held it may have finished meanwhile.
        let relinked = self.settle_relink(id).await?;
        let intent = self
            .store()
            .read(|db| intents::of(db, id).map_err(Problem::from))?;
        let Some(intent) = intent else {
            let Some(what) = relinked else { return Ok(None) };
            let name = self.kept(id)?.name;
            return Ok(Some(Recovered { what, name }));
        };
        let what = match &intent.stage {
            Stage::Link(_) => self.recover_link(&intent).await?,
            Stage::LinkUndo(_) => self.take_back(&intent).await?,
            Stage::Unlink | Stage::Revoked => Box::pin(self.recover_unlink(&intent)).await?,
            Stage::Forget => self.forget(&intent).await?,
        };
        Ok(Some(Recovered {
            what,
            name: intent.name,
        }))
    }

    /// The token was found good; whether its secret got into the vault decides.
    async fn recover_link(&self, intent: &Intent) -> Result<RecoveredWhat, Problem> {
        let Stage::Link(new) = &intent.stage else {
            return self.take_back(intent).await;
        };
        let vault = self.keychains().at(intent.place).await?;
        let whole = match vault.get(&credential::key(&intent.account)?).await {
            Ok(secret) => credential::unpack(&secret).is_ok(),
            Err(VaultError::Missing | VaultError::Corrupt) => false,
            Err(error) => return Err(error.into()),
        };
        if whole {
            match self.stand(new, self.now()) {
                Ok(()) => return Ok(RecoveredWhat::LinkFinished),
                // Somebody took the name meanwhile.
                Err(Problem::NameTaken { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        self.take_back(intent).await
    }

    async fn take_back(&self, intent: &Intent) -> Result<RecoveredWhat, Problem> {
        if let Stage::Link(plan) | Stage::LinkUndo(Some(plan)) = &intent.stage {
            if plan.login.is_some()
                && let Err(problem) = Box::pin(self.give_back(plan, intent.place)).await
            {
                // Its tokens are forgotten with it.
                tracing::warn!(account = %intent.account, code = problem.code(), "a login that was not kept was not given back");
            }
            self.remove_planned_application(plan, intent.place).await?;
        }
        self.remove_secret(&intent.account, intent.place).await?;
        self.store()
            .write(|db| intents::clear(db, &intent.account).map_err(Problem::from))?;
        Ok(RecoveredWhat::LinkUndone)
    }

    /// GitLab is asked what became of the token. Where it does not answer: before it said that the token is revoked the
    /// account stays, and its next check will tell; after that it goes.
    async fn recover_unlink(&self, intent: &Intent) -> Result<RecoveredWhat, Problem> {
        let account = match self.kept(&intent.account) {
            Ok(account) => account,
            Err(Problem::AccountNotFound { .. }) => return self.forget(intent).await,
            Err(problem) => return Err(problem),
        };
        let dead = match self.proof(&account, &intent.stage).await? {
            Some(proof) => proof == Proof::Dead,
            None => intent.stage == Stage::Revoked,
        };
        if dead {
            return self.forget(intent).await;
        }
        self.store()
            .write(|db| intents::clear(db, &intent.account).map_err(Problem::from))?;
        Ok(RecoveredWhat::UnlinkUndone)
    }

    /// What GitLab says about the token; `None` where it says nothing, or where there is no token to ask with.
    async fn proof(&self, account: &KeptAccount, stage: &Stage) -> Result<Option<Proof>, Problem> {
        let dying = match Box::pin(self.dying(account.holder(), Some(PATIENCE))).await {
            Ok(dying) => dying,
            Err(Problem::Keychain(VaultError::Missing | VaultError::Corrupt)) => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let proof = if *stage == Stage::Revoked {
            Box::pin(dying.prove_dead()).await
        } else {
            Box::pin(dying.looks_dead()).await
        };
        Ok(proof.ok())
    }

    /// GitLab takes back the tokens of a login that is not kept, where they got as far as the vault.
    async fn give_back(&self, plan: &NewAccount, place: Place) -> Result<(), Problem> {
        let vault = self.keychains().at(place).await?;
        let secret = match vault.get(&credential::key(&plan.id)?).await {
            Ok(secret) => secret,
            Err(VaultError::Missing) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Credential::App(app) = credential::unpack(&secret)? else {
            return Ok(());
        };
        let base: BaseUrl = plan.instance.address.parse()?;
        let confidential = plan.login.as_ref().is_some_and(|login| login.confidential);
        let registration = self
            .registration_by_id(&base, &app.application_id, confidential)
            .await?;
        let mut authorities = Vec::new();
        for pem in &plan.instance.authorities {
            authorities.extend(Authority::from_pem(pem.as_bytes())?);
        }
        let how = Look {
            allow_http: plan.instance.allow_http,
            authorities,
        };
        let mut connection = self.connection(&base, &how)?;
        connection.timeouts.connect = connection.timeouts.connect.min(PATIENCE);
        connection.timeouts.whole = connection.timeouts.whole.min(PATIENCE);
        let client = Client::new(base.clone(), &connection)?;
        Box::pin(client.revoke(&registration, &app.access))
            .await
            .map_err(|problem| Problem::of_login(&base, &registration.application_id, problem))
    }

    /// Nothing is left to do at GitLab.
    async fn forget(&self, intent: &Intent) -> Result<RecoveredWhat, Problem> {
        match self.kept(&intent.account) {
            Ok(account) => self.remove_account(&account)?,
            Err(Problem::AccountNotFound { .. }) => {}
            Err(problem) => return Err(problem),
        }
        self.remove_secret(&intent.account, intent.place).await?;
        self.store()
            .write(|db| intents::clear(db, &intent.account).map_err(Problem::from))?;
        Ok(RecoveredWhat::UnlinkFinished)
    }
}
