//! Checking: one question to GitLab about a stored token, and what is remembered of the answer. Who is asked when is
//! `round`'s to say.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use gitlab::{BaseUrl, Client, Identity, Refusal, Scopes, Unanswered};
use jiff::Timestamp;
use rusqlite::Connection;
use vault::Place;

use crate::account::{Account, AccountId, kind_from_name, missing_scopes};
use crate::credential::Credential;
use crate::events::Event;
use crate::health::{Facts, Health};
use crate::linking::told;
use crate::links::{Links, gone};
use crate::looking::Look;
use crate::problem::{Problem, ProblemCode};
use crate::round::{Next, Round, Showed, rest, rests};
use crate::skew::Skew;
use crate::store::accounts::{self, KeptAccount, Told};
use crate::store::{instances, ledger};

impl Links {
    /// Checks one account now and remembers what came of it. An `Err` says that nothing could be remembered; what is
    /// wrong with the account is in its health.
    pub async fn check(&self, id: &AccountId) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        let now = self.now();
        let resting = self.store().read(instances::resting)?;
        if resting
            .iter()
            .any(|(instance, until)| *instance == account.instance && rests(*until, now))
        {
            self.fail(&account, ProblemCode::RateLimited)?;
        } else {
            let way = self.way_to_gitlab_of(&account);
            Box::pin(self.check_by(&account, way)).await?;
        }
        self.account_by_id(id)
    }

    /// Checks all accounts. Those that go away meanwhile are left out.
    pub async fn check_all(&self) -> Result<Vec<Account>, Problem> {
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        Box::pin(self.check_round(kept)).await
    }

    /// Checks these accounts in one round.
    pub async fn check_these(&self, ids: &[AccountId]) -> Result<Vec<Account>, Problem> {
        let mut kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        kept.retain(|account| ids.contains(&account.id));
        Box::pin(self.check_round(kept)).await
    }

    /// Checks once more what one check found dead: a death is certain when two checks apart in time saw it. Asks nobody
    /// where nothing is in doubt.
    pub async fn check_doubtful(&self) -> Result<(), Problem> {
        let ids = self.doubtful()?;
        if ids.is_empty() {
            return Ok(());
        }
        self.check_these(&ids).await.map(drop)
    }

    /// The accounts that one check found dead and no second one yet.
    pub fn doubtful(&self) -> Result<Vec<AccountId>, Problem> {
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        Ok(kept
            .into_iter()
            .filter(|account| {
                let failure = account.facts.failure;
                failure.is_some_and(|failure| failure.code.tells_dead() && !failure.is_certain())
            })
            .map(|account| account.id)
            .collect())
    }

    /// One round: `round` says who is asked when, this asks.
    async fn check_round(&self, kept: Vec<KeptAccount>) -> Result<Vec<Account>, Problem> {
        let seed = RandomState::new().build_hasher().finish();
        let mut round = Round::new(kept.iter().map(|account| (account.instance, account.id)), seed);
        let now = self.now();
        for (instance, until) in self.store().read(instances::resting)? {
            if rests(until, now) {
                round.leave_alone(instance, ProblemCode::RateLimited);
            }
        }
        let by_id: HashMap<AccountId, KeptAccount> =
            kept.into_iter().map(|account| (account.id, account)).collect();
        // One client for each GitLab: its connections serve all accounts there.
        let mut ways: HashMap<i64, Result<Arc<Client>, Problem>> = HashMap::new();
        // Where a GitLab that moved sends: what one account learned is told of the others.
        let mut moved: HashMap<i64, String> = HashMap::new();
        // A keychain that cannot be read is not asked a thousand times what it says.
        let mut shut: HashMap<bool, ProblemCode> = HashMap::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            match round.next() {
                Next::Ask(id) => {
                    let Some(account) = by_id.get(&id) else { continue };
                    if let Some(code) = shut.get(&(account.place == Place::EncryptedFile)) {
                        gone_is_fine(self.fail(account, *code).map(drop))?;
                        round.ended(account.instance, Showed::Nothing);
                        continue;
                    }
                    let way = ways
                        .entry(account.instance)
                        .or_insert_with(|| self.way_to_gitlab_of(account))
                        .clone();
                    under_way.push(async move { (account, Box::pin(self.check_by(account, way)).await) });
                }
                Next::Spare(ids, code) => {
                    let spared: Vec<&KeptAccount> = ids.iter().filter_map(|id| by_id.get(id)).collect();
                    let to = spared.first().and_then(|account| moved.get(&account.instance));
                    self.fail_all(&spared, code, to.map(String::as_str))?;
                }
                Next::Wait => {
                    let Some((account, checked)) = under_way.next().await else {
                        break;
                    };
                    let outcome = match checked {
                        Ok(outcome) => outcome,
                        Err(Problem::AccountNotFound { .. }) => Outcome::Fine,
                        Err(problem) => return Err(problem),
                    };
                    if let Outcome::Shut(code) = outcome {
                        shut.insert(account.place == Place::EncryptedFile, code);
                    }
                    if let Outcome::Moved(to) = &outcome {
                        moved.insert(account.instance, to.clone());
                    }
                    round.ended(account.instance, outcome.showed());
                }
                Next::Done => break,
            }
        }
        let mut checked = self.accounts()?;
        checked.retain(|account| by_id.contains_key(&account.id));
        Ok(checked)
    }

    /// Checks one account with this client, and remembers what came of it.
    async fn check_by(
        &self,
        account: &KeptAccount,
        way: Result<Arc<Client>, Problem>,
    ) -> Result<Outcome, Problem> {
        let (answer, there) = match way {
            Ok(client) => {
                let answer = Box::pin(self.ask_about(account, &client)).await;
                (answer, client.server_time())
            }
            Err(problem) => (Err(problem), None),
        };
        let id = account.id;
        let (to, outcome) = match answer {
            Ok(learned) => {
                let learned = Learned { there, ..learned };
                (self.learn(account, &learned, |_| Ok(()))?, Outcome::Fine)
            }
            Err(problem) => {
                // Who says no time has none that could be kept: the next check asks again.
                if let Problem::Unanswered(Unanswered::RateLimited {
                    retry_after: Some(seconds),
                }) = &problem
                {
                    let until = rest(self.now(), *seconds);
                    self.store()
                        .write(|db| instances::rest(db, account.instance, until).map_err(Problem::from))?;
                }
                let outcome = Outcome::of(&problem);
                let sent_to = match &outcome {
                    Outcome::Moved(to) => Some(to.as_str()),
                    _ => None,
                };
                let to = self.fail_there(account, problem.problem_code(), sent_to, there)?;
                (to, outcome)
            }
        };
        tracing::debug!(account = %id, health = to.state(), "checked");
        Ok(outcome)
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
        self.remember(id, learned.there, |db, now| {
            also(db)?;
            let current = accounts::by_id(db, id)?.ok_or_else(gone)?;
            if let Some(version) = &learned.version {
                instances::saw_version(db, current.instance, version)?;
            }
            let told = keep_known(learned.told.clone(), &current.told);
            let facts = renewed(&current, &told).after_success(now);
            accounts::checked(db, id, &told, &facts, now)?;
            Ok(())
        })
    }

    /// Remembers that GitLab did not accept an account's token, or was not reached.
    pub(crate) fn fail(&self, account: &KeptAccount, code: ProblemCode) -> Result<Health, Problem> {
        self.fail_there(account, code, None, None)
    }

    fn fail_there(
        &self,
        account: &KeptAccount,
        code: ProblemCode,
        sent_to: Option<&str>,
        there: Option<Timestamp>,
    ) -> Result<Health, Problem> {
        let id = &account.id;
        self.remember(id, there, |db, now| failed(db, account, code, sent_to, now))
    }

    /// The same for many accounts that share what one of them learned, in one transaction.
    fn fail_all(
        &self,
        accounts: &[&KeptAccount],
        code: ProblemCode,
        sent_to: Option<&str>,
    ) -> Result<(), Problem> {
        let now = self.now();
        let changes = self.store().write(|db| {
            let mut changes = Vec::new();
            for account in accounts {
                match changing(db, &account.id, now, |db| failed(db, account, code, sent_to, now)) {
                    Ok((from, to)) => changes.push((account.id, from, to)),
                    Err(Problem::AccountNotFound { .. }) => {}
                    Err(problem) => return Err(problem),
                }
            }
            Ok(changes)
        })?;
        self.tell(Event::AccountsChanged);
        for (id, from, to) in changes {
            if from != to {
                self.tell(Event::HealthChanged { id, from, to });
            }
        }
        Ok(())
    }

    /// Changes an account's facts and tells whoever listens how its health changed by it.
    fn remember(
        &self,
        id: &AccountId,
        there: Option<Timestamp>,
        change: impl FnOnce(&Connection, Timestamp) -> Result<(), Problem>,
    ) -> Result<Health, Problem> {
        let now = self.now();
        let (from, to) = self.store().write(|db| {
            changing(db, id, now, |db| {
                if let Some(there) = there {
                    let current = accounts::by_id(db, id)?.ok_or_else(gone)?;
                    let skew = Skew::measured(there, now);
                    if skew.is_news(instances::skew(db, current.instance)?) {
                        instances::set_skew(db, current.instance, skew)?;
                    }
                }
                change(db, now)
            })
        })?;
        self.tell(Event::AccountsChanged);
        if from != to {
            let to = to.clone();
            self.tell(Event::HealthChanged { id: *id, from, to });
        }
        Ok(to)
    }

    /// What GitLab says about the account's token now, and the version where it was told.
    async fn ask_about(&self, account: &KeptAccount, client: &Client) -> Result<Learned, Problem> {
        // By another method than the account's where it is being linked again: the secret is ahead of the account.
        let identity = match self.credential_of(account).await? {
            Credential::Token(own) => {
                let identity = Box::pin(self.ask_about_token(account, client)).await?;
                if own.replaced.is_some() {
                    Box::pin(self.settle_login(account)).await?;
                }
                identity
            }
            Credential::App(_) => Box::pin(self.ask_about_login(account, client)).await?,
        };
        if identity.user.id != account.told.user_id {
            return Err(Problem::OtherUser {
                found: identity.user.id,
            });
        }
        Learned::of(&identity)
    }

    /// An app login is renewed where its time has come, and once more where GitLab says so against our clock.
    async fn ask_about_login(&self, account: &KeptAccount, client: &Client) -> Result<Identity, Problem> {
        let mut login = Box::pin(self.fresh_login(account)).await?;
        let base = client.base();
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
                .registration(base, Some(&login.application_id), &account.wanted)
                .await?;
            if Box::pin(self.application_is_gone(client, &registration)).await {
                return Err(Problem::AppUnknown {
                    application_id: login.application_id,
                });
            }
        }
        let mut identity = answer.map_err(|problem| Problem::at(base, problem))?;
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

    fn way_to_gitlab_of(&self, account: &KeptAccount) -> Result<Arc<Client>, Problem> {
        self.client_of(account).map(|(_, client)| Arc::new(client))
    }
}

/// What the check of one account means for the others.
enum Outcome {
    /// The GitLab answers.
    Fine,
    /// Something about this account alone, learned or not.
    Own,
    /// The GitLab may be in trouble.
    Stumbled(ProblemCode),
    /// The GitLab does not answer.
    Silent(ProblemCode),
    /// Its address sends there.
    Moved(String),
    /// The keychain lets nobody in.
    Shut(ProblemCode),
}

impl Outcome {
    fn of(problem: &Problem) -> Self {
        let code = problem.problem_code();
        match problem {
            Problem::Unanswered(Unanswered::ServerError { .. } | Unanswered::ConnectionLost)
            | Problem::Unusable(_) => Self::Stumbled(code),
            Problem::Unanswered(_)
            | Problem::NotGitLab { .. }
            | Problem::SignInWall { .. }
            | Problem::RedirectElsewhere { circle: true, .. }
            | Problem::HttpNeedsConsent { .. } => Self::Silent(code),
            Problem::RedirectElsewhere { to, circle: false } => {
                Self::Moved(without_path_asked(to).to_owned())
            }
            Problem::Refusal(_) | Problem::OtherUser { .. } => Self::Fine,
            _ if code.of_keychain() => match code {
                ProblemCode::KeychainMissing | ProblemCode::KeychainCorrupt => Self::Own,
                _ => Self::Shut(code),
            },
            _ => Self::Own,
        }
    }

    fn showed(&self) -> Showed {
        match self {
            Self::Fine => Showed::Answers,
            Self::Own | Self::Shut(_) => Showed::Nothing,
            Self::Stumbled(code) => Showed::Stumbles(*code),
            Self::Silent(code) => Showed::Silent(*code),
            Self::Moved(_) => Showed::Silent(ProblemCode::RedirectElsewhere),
        }
    }
}

/// An address a server sends to, without the path that was asked for: what a person would type.
fn without_path_asked(to: &str) -> &str {
    ["/api/v4/", "/oauth/"]
        .iter()
        .filter_map(|asked| to.rfind(asked))
        .min()
        .and_then(|at| to.get(..at))
        .unwrap_or(to)
}

/// An account that went away while it was checked is no fault.
fn gone_is_fine(done: Result<(), Problem>) -> Result<(), Problem> {
    match done {
        Err(Problem::AccountNotFound { .. }) => Ok(()),
        other => other,
    }
}

/// Changes an account's facts: how it was, and how it is after that.
fn changing(
    db: &Connection,
    id: &AccountId,
    now: Timestamp,
    change: impl FnOnce(&Connection) -> Result<(), Problem>,
) -> Result<(Health, Health), Problem> {
    // Again: the work took a while, and another one may have ended meanwhile.
    let before = accounts::by_id(db, id)?.ok_or_else(gone)?;
    let from = before.health(now);
    // A token ages by itself between two checks, and what is written down is how it was found then.
    let found = before.health(before.checked_at.unwrap_or(before.linked_at));
    change(db)?;
    let to = accounts::by_id(db, id)?.ok_or_else(gone)?.health(now);
    if found.state() != to.state() {
        ledger::add(db, now, id, &before.name, "health_changed", Some(to.state()))?;
    }
    Ok((from, to))
}

fn failed(
    db: &Connection,
    account: &KeptAccount,
    code: ProblemCode,
    sent_to: Option<&str>,
    now: Timestamp,
) -> Result<(), Problem> {
    let id = &account.id;
    let current = accounts::by_id(db, id)?.ok_or_else(gone)?;
    // Accepted meanwhile: the no is older, and of a token that may have been replaced since.
    if current.facts.last_ok_at > account.facts.last_ok_at {
        return Ok(());
    }
    let facts = current.facts.after_failure(code, now).sent_to(sent_to);
    accounts::set_facts(db, id, &facts, now)?;
    Ok(())
}

/// What GitLab said about a token it accepts.
pub(crate) struct Learned {
    told: Told,
    version: Option<String>,
    /// What time it was there.
    there: Option<Timestamp>,
}

impl Learned {
    pub(crate) fn of(identity: &Identity) -> Result<Self, Problem> {
        Ok(Self {
            told: told(identity)?,
            version: identity.version.as_ref().map(ToString::to_string),
            there: None,
        })
    }

    /// What it said when the account was linked again.
    pub(crate) fn again(told: Told, version: Option<String>) -> Self {
        Self {
            told,
            version,
            there: None,
        }
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
