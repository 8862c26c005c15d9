//! Renewing app logins: one at a time for all processes of the person, and never a refresh token spent twice by mistake.
//!
//! Who needs a token reads the record; while it is fresh, that is all. Else: in this process one task at a time, among
//! processes one by the account's lock; the record is read again under the lock, for somebody may have renewed it
//! meanwhile; the journal is written into it; GitLab is asked once; the new record takes the old one's place in one
//! step. What a kill leaves between any two steps is told in `credential`.
//!
//! A refused refresh is told apart: by the old access token (revoked, or its application deleted: quirk 29), by the
//! kind of refusal (quirk 60), and by asking again after a minute (quirk 13). Whoever is offline loses nothing.

use std::sync::Arc;

use gitlab::{BaseUrl, Client, GrantProblem, Refusal, Registration, Token, TokenSet};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Duration, sleep};
use vault::{Place, Vault, VaultError};

use crate::account::{AccountId, Method};
use crate::application::{GivenApplication, Registering};
use crate::credential::{self, AppCredential, Credential};
use crate::events::Event;
use crate::links::Links;
use crate::looking::Look;
use crate::problem::{Problem, ProblemCode};
use crate::schedule::{RENEWAL_MARGIN, renewal_due};
use crate::store::accounts::{self, KeptAccount};
use crate::store::cannot_be_written;
use crate::store::instances;
use crate::store::ledger::{self, Repeating};
use crate::turn::Turn;
use crate::witness::Step;

/// How many seconds lie between two refusals that count as two (quirk 13), and between any two attempts after one.
const APART: i64 = 60;

/// How many seconds an app lets pass after a failure that will not end by itself.
const LATER: i64 = 3_600;

/// How long a keychain that cannot take the new record is tried, by pauses between the attempts.
const STUBBORN: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// What a renewal is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// A token that works for so many seconds more.
    Fresh(i64),
    /// Another token than this generation's, whatever the clock says: GitLab calls it expired.
    Newer(u64),
}

impl Want {
    fn is_met(self, app: &AppCredential, now: i64) -> bool {
        match self {
            Self::Fresh(margin) => app.is_fresh(now, margin),
            Self::Newer(generation) => app.generation > generation,
        }
    }
}

impl Links {
    /// The account's access token, good for five minutes more: from the vault, or renewed. With it the end of an app
    /// login's, of the same record: the account's row may still tell that of the token before.
    pub(crate) async fn fresh_token(
        &self,
        account: &KeptAccount,
    ) -> Result<(Token, Option<Timestamp>), Problem> {
        if account.method == Method::Token {
            match Box::pin(self.usable_token(account)).await {
                // An app login, maybe: where the account is being linked again its secret is ahead of it.
                Err(Problem::Keychain(VaultError::Corrupt)) => {}
                token => return Ok((token?, None)),
            }
        }
        match self.credential_of(account).await? {
            Credential::Token(own) => Ok((own.token, None)),
            Credential::App(app) => {
                let app = Box::pin(self.wanted(account, *app, Want::Fresh(RENEWAL_MARGIN))).await?;
                let end = app.expires_at.and_then(|end| Timestamp::from_second(end).ok());
                Ok((app.access, end))
            }
        }
    }

    /// The credential of an app login after GitLab called this generation's access token expired.
    pub(crate) async fn newer_login(
        &self,
        account: &KeptAccount,
        app: AppCredential,
    ) -> Result<AppCredential, Problem> {
        let want = Want::Newer(app.generation);
        Box::pin(self.wanted(account, app, want)).await
    }

    /// The credential of an app login, with an access token good for five minutes more.
    pub(crate) async fn fresh_login(&self, account: &KeptAccount) -> Result<AppCredential, Problem> {
        match self.credential_of(account).await? {
            Credential::App(app) => Box::pin(self.wanted(account, *app, Want::Fresh(RENEWAL_MARGIN))).await,
            Credential::Token(_) => Err(VaultError::Corrupt.into()),
        }
    }

    /// Renews every login and rotates every token whose time has come, and says when the next one's comes. For an app
    /// that runs.
    pub async fn renew_due(&self) -> Result<Option<Timestamp>, Problem> {
        for account in self.accounts()? {
            let due = account.login.as_ref().and_then(|login| login.renews_at);
            if due.is_some_and(|due| due <= self.now())
                && let Err(problem) = Box::pin(self.renew(&account.id)).await
            {
                tracing::debug!(account = %account.id, code = problem.code(), "a login was not renewed");
            }
        }
        Box::pin(self.rotate_due()).await?;
        self.next_renewal()
    }

    /// When the next login or token is to be renewed ahead of its end; after a refusal, when it is tried again.
    pub fn next_renewal(&self) -> Result<Option<Timestamp>, Problem> {
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        let dues = kept.iter().filter_map(|account| {
            let login = account.login.as_ref().filter(|login| login.renews)?;
            let dead = account
                .facts
                .failure
                .is_some_and(|failure| failure.code.tells_dead());
            let due = renewal_due(&account.id, login.obtained_at, login.access_until?);
            let again = login.tried.and_then(|(at, code)| {
                let pause = if code.tells_nothing() { APART } else { LATER };
                at.checked_add(jiff::SignedDuration::from_secs(pause)).ok()
            });
            (!dead).then(|| again.map_or(due, |again| due.max(again)))
        });
        Ok(dues.chain(self.next_rotation()?).min())
    }

    /// Renews an app login now, fresh or not.
    pub async fn renew(&self, id: &AccountId) -> Result<(), Problem> {
        let account = self.kept(id)?;
        match self.credential_of(&account).await? {
            Credential::Token(_) => Ok(()),
            Credential::App(app) => {
                let want = Want::Newer(app.generation);
                Box::pin(self.wanted(&account, *app, want)).await.map(drop)
            }
        }
    }

    async fn wanted(
        &self,
        account: &KeptAccount,
        app: AppCredential,
        want: Want,
    ) -> Result<AppCredential, Problem> {
        if want.is_met(&app, self.now().as_second()) {
            return Ok(app);
        }
        drop(app);
        // Goes on to its end when this future is dropped: a spent refresh token's successor is never lost by that.
        let (links, account) = (self.clone(), account.id);
        let renewal = tokio::spawn(async move { Box::pin(links.wanted_by_turn(&account, want)).await });
        renewal.await.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "a renewal was interrupted".to_owned(),
            })
        })
    }

    async fn wanted_by_turn(&self, id: &AccountId, want: Want) -> Result<AppCredential, Problem> {
        let asked_at = self.now();
        let gate = self.gate(id);
        let _in_this_process = gate.lock().await;
        let turn = Turn::take_for(self.home(), id, self.stay()).await?;
        // Read again: it was somebody else's turn before.
        let account = self.kept(id)?;
        let result = Box::pin(self.wanted_now(&account, want, asked_at)).await;
        drop(turn);
        result
    }

    /// Under the account's lock.
    async fn wanted_now(
        &self,
        account: &KeptAccount,
        want: Want,
        asked_at: Timestamp,
    ) -> Result<AppCredential, Problem> {
        let Credential::App(app) = self.credential_of(account).await? else {
            return Err(VaultError::Corrupt.into());
        };
        let vault = self.keychains().at(account.place).await?;
        let settled = Box::pin(self.settle_replaced(account, &vault, Credential::App(app))).await?;
        let Credential::App(app) = settled else {
            return Err(VaultError::Corrupt.into());
        };
        let app = *app;
        if want.is_met(&app, self.now().as_second()) {
            return Ok(app);
        }
        // Whoever waited for an attempt shares what it came to.
        let tried = account.login.as_ref().and_then(|login| login.tried);
        if let Some((at, code)) = tried
            && at >= asked_at
        {
            return self.or_old(app, want, Problem::AsBefore(code));
        }
        if let Some(code) = self.refused_a_moment_ago(account, &app) {
            return self.or_old(app, want, Problem::AsBefore(code));
        }
        let before = (app.is_fresh(self.now().as_second(), 0), want);
        match Box::pin(self.renew_now(account, &vault, app)).await {
            Ok(app) => Ok(app),
            Err((problem, app)) => {
                self.remember_refusal(account, &problem)?;
                match (app, before) {
                    // Not renewed ahead of time, and not dead yet: what there is still works.
                    (Some(app), (true, Want::Fresh(_))) if problem.problem_code().tells_nothing() => Ok(app),
                    _ => Err(problem),
                }
            }
        }
    }

    /// The token there is, where it works still and nothing speaks against it.
    fn or_old(&self, app: AppCredential, want: Want, problem: Problem) -> Result<AppCredential, Problem> {
        let works = app.is_fresh(self.now().as_second(), 0) && matches!(want, Want::Fresh(_));
        if works && problem.problem_code().tells_nothing() {
            Ok(app)
        } else {
            Err(problem)
        }
    }

    /// GitLab is not asked again within a minute of a refusal.
    fn refused_a_moment_ago(&self, account: &KeptAccount, app: &AppCredential) -> Option<ProblemCode> {
        app.journal.refused_since?;
        let (asked, now) = (app.journal.asked_at?, self.now().as_second());
        let recent = (asked..asked.saturating_add(APART)).contains(&now);
        let code = account.login.as_ref().and_then(|login| login.tried);
        recent.then(|| code.map_or(ProblemCode::RenewalDelayed, |(_, code)| code))
    }

    /// One attempt. On failure the credential comes back where it may still work.
    async fn renew_now(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut app: AppCredential,
    ) -> Result<AppCredential, (Problem, Option<AppCredential>)> {
        let Some(refresh) = app.refresh.take() else {
            return Err((Problem::Refusal(Refusal::Expired), None));
        };
        let asked = async {
            let base = account.base()?;
            let client = self.client(&base, &Look::default())?;
            let scopes = &account.wanted;
            let registration = self
                .registration(&base, Some(&app.application_id), scopes)
                .await?;
            Ok::<_, Problem>((client, registration))
        };
        let (client, registration) = match Box::pin(asked).await {
            Ok(ready) => ready,
            Err(problem) => {
                app.refresh = Some(refresh);
                return Err((problem, Some(app)));
            }
        };
        let now = self.now().as_second();
        app.refresh = Some(refresh);
        // What is left of an attempt that was never settled: its answer is lost.
        app.journal.lost |= app.journal.under_way.is_some();
        app.journal.under_way = Some(now);
        app.journal.asked_at = Some(now);
        self.before(Step::RenewJournal);
        if let Err(problem) = self.put_login(account, vault, &app).await {
            return Err((problem, Some(app)));
        }
        self.before(Step::RenewRequest);
        let Some(refresh) = &app.refresh else {
            return Err((Problem::Refusal(Refusal::Expired), None));
        };
        match Box::pin(client.refresh(&registration, refresh)).await {
            Ok(tokens) => self
                .renewed(account, vault, app, tokens)
                .await
                .map_err(|problem| (problem, None)),
            Err(problem) => {
                let problem = Box::pin(self.not_renewed(&client, &registration, &mut app, problem)).await;
                // The journal settles; where the keychain refuses that, the next attempt reads it as unsettled, which
                // costs nothing but a question.
                if let Err(unsettled) = self.put_login(account, vault, &app).await {
                    tracing::debug!(account = %account.id, code = unsettled.code(), "a renewal's journal was not settled");
                }
                Err((problem, Some(app)))
            }
        }
    }

    /// The new record takes the old one's place. From GitLab's answer on, the keychain is given every chance.
    async fn renewed(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        app: AppCredential,
        tokens: TokenSet,
    ) -> Result<AppCredential, Problem> {
        let app = app.renewed(self.by_our_clock(tokens), self.now().as_second());
        self.before(Step::RenewSecret);
        let mut pauses = STUBBORN.iter();
        while let Err(problem) = self.put_login(account, vault, &app).await {
            let Some(pause) = pauses.next() else {
                tracing::error!(account = %account.id, code = problem.code(), "the keychain does not take the renewed login");
                return Err(problem);
            };
            sleep(*pause).await;
        }
        self.before(Step::RenewRow);
        match self.write_login(account, &app) {
            // The vault tells everybody that it is renewed; the row follows with the next renewal.
            Err(error) if cannot_be_written(&error) => {
                tracing::warn!(account = %account.id, %error, "a renewed login is not in the database");
            }
            written => written?,
        }
        let (now, entry) = (self.now(), renewed_entry());
        let noted: Result<(), Problem> = self
            .store()
            .note(|db| ledger::count(db, now, &account.id, &account.name, &entry).map_err(Problem::from));
        // The login is renewed, whether or not that is written down.
        if let Err(problem) = noted {
            tracing::warn!(account = %account.id, code = problem.code(), "the renewal is not in the ledger");
        }
        tracing::info!(account = %account.id, "renewed");
        self.tell(Event::AccountsChanged);
        Ok(app)
    }

    /// What the database knows of a login.
    pub(crate) fn write_login(&self, account: &KeptAccount, app: &AppCredential) -> rusqlite::Result<()> {
        let obtained = Timestamp::from_second(app.obtained_at).unwrap_or(self.now());
        let until = app.expires_at.and_then(|end| Timestamp::from_second(end).ok());
        let renews = app.refresh.is_some();
        self.store()
            .write(|db| accounts::renewed(db, &account.id, obtained, until, renews))
    }

    /// Tells a refusal from a lost answer from being offline, and writes into the journal what the next attempt has
    /// to know.
    async fn not_renewed(
        &self,
        client: &Client,
        registration: &Registration,
        app: &mut AppCredential,
        problem: GrantProblem,
    ) -> Problem {
        let (id, base) = (&registration.application_id, client.base());
        if problem.may_have_acted() {
            // Under way it stays, and lost it is.
            app.journal.lost = true;
            app.journal.unusable |= problem.is_unusable();
            app.journal.under_way = None;
            // With tokens in it that cannot be read, the old ones are gone: only a new sign-in helps.
            return if problem.has_acted() {
                Problem::LostRenewal
            } else {
                Problem::of_login(base, id, problem)
            };
        }
        app.journal.under_way = None;
        let old = Box::pin(client.check_app(&app.access)).await.err();
        let refusal = match &old {
            Some(gitlab::Problem::Refusal(refusal)) => Some(refusal),
            _ => None,
        };
        match (problem, refusal) {
            (GrantProblem::InvalidGrant, Some(Refusal::Revoked)) => app.journal.dead(),
            (GrantProblem::InvalidGrant, Some(Refusal::Unknown)) => {
                if Box::pin(self.application_is_gone(client, registration)).await {
                    Problem::AppUnknown {
                        application_id: id.as_str().to_owned(),
                    }
                } else {
                    Problem::Refusal(Refusal::Unknown)
                }
            }
            // Alive, silent, or merely expired: a replica may lag behind (quirk 13).
            (GrantProblem::InvalidGrant, refusal) => {
                let now = self.now().as_second();
                let since = *app.journal.refused_since.get_or_insert(now);
                let twice = since.saturating_add(APART) <= now;
                match refusal {
                    Some(Refusal::Expired) if app.journal.unusable => Problem::LostRenewal,
                    Some(Refusal::Expired) if twice && app.journal.lost => Problem::LostRenewal,
                    Some(Refusal::Expired) if twice => Problem::GrantRefused,
                    _ => Problem::RenewalDelayed,
                }
            }
            (GrantProblem::InvalidClient, Some(Refusal::Unknown)) => Problem::AppUnknown {
                application_id: id.as_str().to_owned(),
            },
            // The token was found before the client was looked at (contract §3.6): the application is there, and its
            // secret will not do (quirk 60).
            (GrantProblem::InvalidClient, _) => Problem::AppSecretWrong {
                application_id: id.as_str().to_owned(),
            },
            (problem, _) => Problem::of_login(base, id, problem),
        }
    }

    /// Gives the application of an instance its new secret, after its old one was renewed (quirk 60). Kept only when
    /// GitLab takes it; the logins go on without anybody signing in.
    pub async fn new_application_secret(&self, base: &BaseUrl, secret: &str) -> Result<(), Problem> {
        let known = self
            .application(base)?
            .ok_or_else(|| Problem::AppNotSetUp(Box::new(Registering::new(base, &[]))))?;
        let given = GivenApplication::read(&known.application_id, Some(secret))?;
        let registration = given.registration()?;
        let client = self.client(base, &Look::default())?;
        match Box::pin(self.try_application(&client, &registration)).await {
            Err(GrantProblem::InvalidGrant) => {}
            Err(problem) => return Err(Problem::of_login(base, &registration.application_id, problem)),
            Ok(()) => return Err(gitlab::Unusable::Contradiction { field: "code" }.into()),
        }
        self.keep_application(base, &registration).await?;
        let confidential = registration.secret.is_some();
        self.store().write(|db| {
            instances::register(db, base.as_str(), &known.application_id, confidential).map_err(Problem::from)
        })?;
        // What was refused for the old secret's sake is asked for again at once.
        self.store()
            .write(|db| accounts::forget_refusals(db, base.as_str()).map_err(Problem::from))?;
        self.tell(Event::InstancesChanged);
        Ok(())
    }

    /// Asks whether GitLab still knows the application, by a code that cannot exist: the client is looked at before the
    /// code (contract §3.6), so nothing is spent and nothing is made.
    pub(crate) async fn application_is_gone(&self, client: &Client, registration: &Registration) -> bool {
        let answer = Box::pin(self.try_application(client, registration)).await;
        answer == Err(GrantProblem::InvalidClient)
    }

    async fn try_application(
        &self,
        client: &Client,
        registration: &Registration,
    ) -> Result<(), GrantProblem> {
        let redirect = gitlab::RedirectUri::loopback(1);
        let id = &registration.application_id;
        let request = gitlab::AuthorizationRequest::new(client.base(), id, &redirect, &[]);
        let code = gitlab::Code::read("0").ok_or(GrantProblem::InvalidRequest)?;
        Box::pin(client.exchange_code(registration, &request, code))
            .await
            .map(drop)
    }

    /// What an attempt came to, for those who waited for it, and in the account's health where it is final.
    fn remember_refusal(&self, account: &KeptAccount, problem: &Problem) -> Result<(), Problem> {
        let (now, code) = (self.now(), problem.problem_code());
        self.store()
            .write(|db| accounts::not_renewed(db, &account.id, code, now).map_err(Problem::from))?;
        if !code.tells_nothing() && !code.of_keychain() {
            self.fail(account, code)?;
        }
        Ok(())
    }

    /// Does what an earlier sign-in left to do for this login.
    pub(crate) async fn settle_login(&self, account: &KeptAccount) -> Result<(), Problem> {
        let gate = self.gate(&account.id);
        let _in_this_process = gate.lock().await;
        let _turn = Turn::take(self.home(), &account.id).await?;
        let account = self.kept(&account.id)?;
        let vault = self.keychains().at(account.place).await?;
        let credential = self.credential_of(&account).await?;
        Box::pin(self.settle_replaced(&account, &vault, credential)).await?;
        Ok(())
    }

    pub(crate) async fn put_login(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        app: &AppCredential,
    ) -> Result<(), Problem> {
        let label = credential::label(&account.name, &account.base()?.label());
        let secret = credential::pack_app(app)?;
        Ok(vault.put(&credential::key(&account.id)?, &label, secret).await?)
    }

    /// The account's credential, from where it was put.
    pub(crate) async fn credential_of(&self, account: &KeptAccount) -> Result<Credential, Problem> {
        self.credential_at(&account.id, account.place).await
    }

    /// The credential of this identifier, from where it was put; by another method than the account's where it is being
    /// linked again: the secret is ahead of the account.
    pub(crate) async fn credential_at(&self, id: &AccountId, place: Place) -> Result<Credential, Problem> {
        let vault = self.keychains().at(place).await?;
        let secret = vault.get(&credential::key(id)?).await?;
        Ok(credential::unpack(&secret)?)
    }
}

impl credential::Journal {
    /// The old tokens are dead: by somebody's hand, or by a renewal without an answer that could be used.
    fn dead(self) -> Problem {
        if self.lost {
            Problem::LostRenewal
        } else {
            Problem::Refusal(Refusal::Revoked)
        }
    }
}

/// A login renews itself a dozen times a day: one entry a day tells of it.
fn renewed_entry() -> Repeating<'static> {
    Repeating {
        what: "renewed",
        detail: None,
        address: None,
        within: SignedDuration::from_hours(24),
    }
}

/// One task at a time for each account of this process; the others wait here instead of at the lock file.
pub(crate) type Gate = Arc<tokio::sync::Mutex<()>>;
