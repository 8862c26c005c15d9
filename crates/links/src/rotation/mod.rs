//! Rotating access tokens: GitLab gives a successor and ends the token in the same moment (contract §2.6).
//!
//! Intended: the account's lock is taken, the record read again, the token asked about. Asked: a note is written into the
//! record, and GitLab is asked once. Received, stored: the successor's record takes the old one's place and carries the
//! old token along. Proven: a request with the successor; then the account's row learns of it and the old token is
//! forgotten. What a kill leaves between any two steps is told in `credential`.
//!
//! The one rule (quirk 9): a token GitLab may have rotated is never shown to a rotation again, for that would end its
//! successor too. So whoever finds a note asks about the token, which is harmless, and says what came of it: dead, its
//! successor lost; or alive, and then it is used to its end and never rotated.

pub(crate) mod facts;

use gitlab::{Client, Identity, MetadataProbe, Refusal, RotationProblem, Scopes, Token, Unusable};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::{Duration, sleep};
use vault::{Vault, VaultError};

use crate::account::{Account, AccountId, Method};
use crate::checking::Learned;
use crate::clock::utc_day;
use crate::credential::{self, RotationAsked, TokenCredential};
use crate::events::Event;
use crate::links::Links;
use crate::problem::{Problem, ProblemCode};
use crate::schedule::next_expiry;
use crate::store::accounts::{self, KeptAccount};
use crate::store::ledger;
use crate::turn::Turn;
use crate::witness::Step;
use facts::{Hindrance, hindrance};

/// How long a keychain that cannot take the successor is tried, by pauses between the attempts.
const STUBBORN: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// Who wants a token rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// A person, who may have said which day the successor is not to work any more.
    Now(Option<Date>),
    /// The schedule.
    Due,
}

impl Links {
    /// Rotates an account's token now; its successor works until `expires_on`, or as long as the token was to live. Of
    /// several who want it at the same time one does it, the others share what came of it. Goes on to its end when its
    /// future is dropped.
    pub async fn rotate(&self, id: &AccountId, expires_on: Option<Date>) -> Result<Account, Problem> {
        self.rotate_if(id, Want::Now(expires_on)).await
    }

    /// Says whether an account's token is to be rotated ahead of its end without asking. Refused where it cannot be.
    pub fn rotate_by_itself(&self, id: &AccountId, on: bool) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        let facts = account.rotation_facts().ok_or_else(|| Problem::RotationOfLogin {
            name: account.name.clone(),
        })?;
        if let (true, Some(hindrance)) = (on, facts.hindrance) {
            return Err(hindered(hindrance));
        }
        let now = self.now();
        self.store().write(|db| {
            accounts::set_rotates(db, id, on)?;
            if facts.on != on {
                let what = if on { "rotation_on" } else { "rotation_off" };
                ledger::add(db, now, id, &account.name, what, None)?;
            }
            Ok::<(), Problem>(())
        })?;
        self.tell(Event::AccountsChanged);
        self.account_by_id(id)
    }

    /// Rotates every token whose time has come and whose person wants that.
    pub(crate) async fn rotate_due(&self) -> Result<(), Problem> {
        for account in self.accounts()? {
            let due = account
                .rotation
                .filter(|facts| facts.on)
                .and_then(|facts| facts.due);
            if due.is_some_and(|due| due <= self.now())
                && let Err(problem) = Box::pin(self.rotate_if(&account.id, Want::Due)).await
            {
                tracing::warn!(account = %account.id, code = problem.code(), "a token was not rotated");
            }
        }
        Ok(())
    }

    /// When the next token is to be rotated.
    pub(crate) fn next_rotation(&self) -> Result<Option<Timestamp>, Problem> {
        let kept = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        let dues = kept
            .iter()
            .filter_map(|account| account.rotation_facts().filter(|facts| facts.on)?.due);
        Ok(dues.min())
    }

    async fn rotate_if(&self, id: &AccountId, want: Want) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        if account.method == Method::App {
            return Err(Problem::RotationOfLogin { name: account.name });
        }
        let today = utc_day(self.now());
        if let Want::Now(Some(day)) = want
            && day <= today
        {
            return Err(Problem::RotationPast { day });
        }
        let before = self.token_record(&account).await?;
        // Goes on to its end when this future is dropped: a rotated token's successor is never lost by that.
        let (links, id) = (self.clone(), *id);
        let work = tokio::spawn(async move { Box::pin(links.rotate_by_turn(&id, want, &before)).await });
        work.await.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "a rotation was interrupted".to_owned(),
            })
        })?;
        self.account_by_id(&id)
    }

    async fn rotate_by_turn(
        &self,
        id: &AccountId,
        want: Want,
        before: &TokenCredential,
    ) -> Result<(), Problem> {
        let gate = self.gate(id);
        let _in_this_process = gate.lock().await;
        let _turn = Turn::take(self.home(), id).await?;
        // Read again: it was somebody else's turn before.
        let account = self.kept(id)?;
        let vault = self.keychains().at(account.place).await?;
        let kept = self.token_record(&account).await?;
        let rotated = match Box::pin(self.settled(&account, &vault, kept)).await {
            // Somebody did it while this one waited.
            Ok(kept) if !kept.holds(&before.token) => return Ok(()),
            Ok(kept) => {
                // Settling may have told its row something.
                let account = self.kept(id)?;
                Box::pin(self.rotate_now(&account, &vault, kept, want)).await
            }
            Err(problem) => Err(problem),
        };
        rotated.inspect_err(|problem| self.remember_attempt(&account, problem))
    }

    /// Under the account's lock, with a record that leaves nothing open.
    async fn rotate_now(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut kept: TokenCredential,
        want: Want,
    ) -> Result<(), Problem> {
        if kept.asked.is_some() {
            return Err(Problem::RotationUnsure);
        }
        let facts = account.rotation_facts();
        let due = facts.filter(|facts| facts.on).and_then(|facts| facts.due);
        if want == Want::Due && due.is_none_or(|due| due > self.now()) {
            return Ok(());
        }
        if let Some(name) = self.shares_token(account, &kept.token).await? {
            return Err(Problem::RotationShared { name });
        }
        let (base, client) = self.client_of(account)?;
        let identity = Box::pin(client.identify(&kept.token, MetadataProbe::Metadata))
            .await
            .map_err(|problem| Problem::at(&base, problem))
            .inspect_err(|problem| self.note_dead(account, problem))?;
        if kept.before.take().is_some() {
            // What could not be proved before is proved now.
            self.learn_rotation(account, &identity)?;
        }
        self.learn_of(account, &identity)?;
        refuse_hindered(&identity)?;
        let expires_on = match want {
            Want::Now(Some(day)) => day,
            Want::Now(None) | Want::Due => self.expiry_after(&identity)?,
        };
        kept.asked = Some(RotationAsked {
            at: self.now().as_second(),
            lived: false,
        });
        self.before(Step::RotateNote);
        self.put_token(account, vault, &kept).await?;
        self.before(Step::RotateRequest);
        match Box::pin(client.rotate_self(&kept.token, expires_on)).await {
            Ok(successor) => Box::pin(self.rotated(account, vault, kept, successor)).await,
            Err(problem) if problem.may_have_acted() => {
                tracing::warn!(account = %account.id, "the answer to a rotation was lost");
                match Box::pin(self.settled(account, vault, kept)).await {
                    Ok(_) => Err(Problem::RotationUnsure),
                    Err(problem) if problem.problem_code().tells_nothing() => Err(Problem::RotationUnsettled),
                    Err(problem) => Err(problem),
                }
            }
            Err(problem) => {
                // GitLab said that it did nothing.
                kept.asked = None;
                self.put_token(account, vault, &kept).await?;
                let problem = Problem::of_rotation(&base, expires_on, problem);
                self.note_dead(account, &problem);
                Err(problem)
            }
        }
    }

    /// GitLab has answered: from here on the keychain is given every chance.
    async fn rotated(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        old: TokenCredential,
        successor: Token,
    ) -> Result<(), Problem> {
        let new = TokenCredential {
            generation: old.generation.saturating_add(1),
            token: successor,
            asked: None,
            before: Some(old.token),
            mark: old.mark,
            replaced: old.replaced,
        };
        self.before(Step::RotateSecret);
        let mut pauses = STUBBORN.iter();
        while let Err(problem) = self.put_token(account, vault, &new).await {
            let Some(pause) = pauses.next() else {
                tracing::error!(account = %account.id, code = problem.code(), "the keychain does not take the rotated token");
                // What is in the keychain is dead, and what lives dies with this process.
                self.note_dead(account, &Problem::LostRenewal);
                return Err(problem);
            };
            sleep(*pause).await;
        }
        tracing::info!(account = %account.id, "rotated");
        // A GitLab that says nothing now proves it later; it is stored.
        let proved = Box::pin(self.prove(account, vault, new)).await?;
        if proved.asked.is_some() {
            return Err(Problem::RotationUnsure);
        }
        Ok(())
    }

    /// What a rotation left open is settled as far as GitLab tells. `Err`: the token in the record is dead, or nobody
    /// knows. Under the account's lock.
    async fn settled(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut kept: TokenCredential,
    ) -> Result<TokenCredential, Problem> {
        if kept.before.is_some() {
            return Box::pin(self.prove(account, vault, kept)).await;
        }
        let Some(asked) = kept.asked.filter(|asked| !asked.lived) else {
            return Ok(kept);
        };
        let (base, client) = self.client_of(account)?;
        match Box::pin(client.check(&kept.token)).await {
            Ok(identity) => {
                kept.asked = Some(RotationAsked { lived: true, ..asked });
                self.put_token(account, vault, &kept).await?;
                self.learn_of(account, &identity)?;
                self.remember_attempt(account, &Problem::RotationUnsure);
                Ok(kept)
            }
            Err(gitlab::Problem::Refusal(Refusal::Revoked | Refusal::Unknown)) => {
                self.note_dead(account, &Problem::LostRenewal);
                Err(Problem::LostRenewal)
            }
            Err(problem) => Err(Problem::at(&base, problem)),
        }
    }

    /// Proves a successor by a request, tells the account's row, and forgets the token before. Where GitLab does not
    /// know the successor and still accepts the token before, that one is the account's again.
    async fn prove(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut kept: TokenCredential,
    ) -> Result<TokenCredential, Problem> {
        let (base, client) = self.client_of(account)?;
        self.before(Step::RotateProve);
        match Box::pin(client.check(&kept.token)).await {
            Ok(identity) => {
                self.before(Step::RotateRow);
                self.learn_rotation(account, &identity)?;
                self.before(Step::RotateForget);
                kept.before = None;
                self.put_token(account, vault, &kept).await?;
                Ok(kept)
            }
            Err(gitlab::Problem::Refusal(refusal @ (Refusal::Revoked | Refusal::Unknown))) => {
                let Some(before) = kept.before.take() else {
                    return Err(refusal.into());
                };
                if Box::pin(client.check(&before)).await.is_err() {
                    let problem = refusal.into();
                    self.note_dead(account, &problem);
                    return Err(problem);
                }
                let back = TokenCredential {
                    token: before,
                    asked: Some(RotationAsked {
                        at: self.now().as_second(),
                        lived: true,
                    }),
                    ..kept
                };
                self.put_token(account, vault, &back).await?;
                self.remember_attempt(account, &Problem::RotationUnsure);
                Ok(back)
            }
            // Nothing speaks against it: it is proved by whoever asks next.
            Err(problem) => {
                let problem = Problem::at(&base, problem);
                tracing::info!(account = %account.id, code = problem.code(), "a rotated token is not proved yet");
                Ok(kept)
            }
        }
    }

    /// Settles, in its turn, what a rotation left open.
    pub(crate) async fn settle_rotation(&self, account: &KeptAccount) -> Result<TokenCredential, Problem> {
        let gate = self.gate(&account.id);
        let _in_this_process = gate.lock().await;
        let _turn = Turn::take(self.home(), &account.id).await?;
        let account = self.kept(&account.id)?;
        let vault = self.keychains().at(account.place).await?;
        let kept = self.token_record(&account).await?;
        Box::pin(self.settled(&account, &vault, kept)).await
    }

    /// What GitLab says about an account's access token now.
    pub(crate) async fn ask_about_token(
        &self,
        account: &KeptAccount,
        client: &Client,
    ) -> Result<Identity, Problem> {
        let base = client.base();
        let mut kept = self.token_record(account).await?;
        if kept.is_unsettled() || kept.before.is_some() {
            kept = Box::pin(self.settle_rotation(account)).await?;
        }
        let answer = Box::pin(client.check(&kept.token)).await;
        if kept.asked.is_none() {
            self.forget_unsure(account)?;
        }
        let Err(gitlab::Problem::Refusal(refusal @ (Refusal::Revoked | Refusal::Unknown))) = answer else {
            return answer.map_err(|problem| Problem::at(base, problem));
        };
        // Somebody may have rotated it between our reading and our asking.
        let now = Box::pin(self.settle_rotation(account)).await?;
        if !now.is_as(&kept) {
            let again = Box::pin(client.check(&now.token)).await;
            return again.map_err(|problem| Problem::at(base, problem));
        }
        Err(if kept.asked.is_some() {
            Problem::LostRenewal
        } else {
            refusal.into()
        })
    }

    /// The token for a program. A rotation under way is waited for; one that was left open is settled first. Where
    /// GitLab says nothing, the token there is has as good a chance as any.
    pub(crate) async fn usable_token(&self, account: &KeptAccount) -> Result<Token, Problem> {
        let kept = self.token_record(account).await?;
        if !kept.is_unsettled() {
            return Ok(kept.token);
        }
        match Box::pin(self.settle_rotation(account)).await {
            Ok(settled) => Ok(settled.token),
            Err(problem) if problem.problem_code().tells_nothing() => Ok(kept.token),
            Err(problem) => Err(problem),
        }
    }

    /// Another account here that has the same token, by its name: that one would be left with a dead one.
    async fn shares_token(&self, account: &KeptAccount, token: &Token) -> Result<Option<String>, Problem> {
        let siblings = self.store().read(|db| {
            accounts::siblings(db, account.instance, account.told.user_id, &account.id).map_err(Problem::from)
        })?;
        for sibling in siblings.into_iter().filter(|one| one.method == Method::Token) {
            let same = match self.token_record(&sibling).await {
                Ok(other) => other.holds(token),
                Err(Problem::Keychain(VaultError::Missing | VaultError::Corrupt)) => false,
                Err(problem) => return Err(problem),
            };
            if same {
                return Ok(Some(sibling.name));
            }
        }
        Ok(None)
    }

    fn expiry_after(&self, identity: &Identity) -> Result<Date, Problem> {
        let token = &identity.token;
        let made_at = token.created_at.as_deref().and_then(|text| text.parse().ok());
        let expires_on = token.expires_on.as_deref().and_then(|day| day.parse().ok());
        next_expiry(made_at, expires_on, utc_day(self.now())).ok_or_else(|| Problem::Internal {
            detail: "no day is left for a token to expire on".to_owned(),
        })
    }

    fn learn_of(&self, account: &KeptAccount, identity: &Identity) -> Result<(), Problem> {
        if identity.user.id != account.told.user_id {
            return Err(Problem::OtherUser {
                found: identity.user.id,
            });
        }
        let learned = Learned::of(identity)?;
        self.learn(account, &learned, |_| Ok(())).map(drop)
    }

    /// The account's row learns of the successor, once.
    fn learn_rotation(&self, account: &KeptAccount, identity: &Identity) -> Result<(), Problem> {
        let (now, learned) = (self.now(), Learned::of(identity)?);
        self.learn(account, &learned, |db| {
            accounts::rotated(db, &account.id)?;
            let until = identity.token.expires_on.as_deref();
            ledger::add(db, now, &account.id, &account.name, "rotated", until)?;
            Ok(())
        })
        .map(drop)
    }

    /// Another token has taken the place of one that may have been rotated: that one's doubt is not this one's.
    fn forget_unsure(&self, account: &KeptAccount) -> Result<(), Problem> {
        let unsure = Some(ProblemCode::RotationUnsure);
        if account.tried.map(|(_, code)| code) != unsure {
            return Ok(());
        }
        self.store()
            .write(|db| accounts::rotated(db, &account.id).map_err(Problem::from))
    }

    /// What an attempt came to, for the schedule and for whoever looks at the account; told once.
    fn remember_attempt(&self, account: &KeptAccount, problem: &Problem) {
        let (now, code) = (self.now(), problem.problem_code());
        let kept = self.store().write(|db| {
            let before = accounts::by_id(db, &account.id)?.and_then(|account| account.tried);
            accounts::not_renewed(db, &account.id, code, now)?;
            if !code.tells_nothing() && before.map(|(_, code)| code) != Some(code) {
                ledger::add(
                    db,
                    now,
                    &account.id,
                    &account.name,
                    "not_rotated",
                    Some(code.as_str()),
                )?;
            }
            Ok::<(), Problem>(())
        });
        if let Err(problem) = kept {
            tracing::error!(account = %account.id, code = problem.code(), "a rotation's end was not written down");
        }
        self.tell(Event::AccountsChanged);
    }

    /// GitLab said that the token is dead: the account's health says so too. That it does not know the token is for a
    /// check to say, which asks twice (contract §2.9).
    fn note_dead(&self, account: &KeptAccount, problem: &Problem) {
        let code = problem.problem_code();
        if code.tells_dead()
            && code != ProblemCode::TokenUnknown
            && let Err(problem) = self.fail(account, code)
        {
            tracing::error!(account = %account.id, code = problem.code(), "a dead token was not written down");
        }
    }

    /// The record of an account's access token.
    async fn token_record(&self, account: &KeptAccount) -> Result<TokenCredential, Problem> {
        let vault = self.keychains().at(account.place).await?;
        let secret = vault.get(&credential::key(&account.id)?).await?;
        Ok(credential::unpack_token(&secret)?)
    }

    async fn put_token(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        kept: &TokenCredential,
    ) -> Result<(), Problem> {
        let label = credential::label(&account.name, &account.base()?.label());
        let secret = credential::pack_token(kept)?;
        Ok(vault.put(&credential::key(&account.id)?, &label, secret).await?)
    }
}

/// What GitLab just told decides. A token that may not ask for the version has `self_rotate`, or cannot be rotated.
fn refuse_hindered(identity: &Identity) -> Result<(), Problem> {
    let (token, version) = (&identity.token, identity.version.as_ref());
    if let Some(hindrance) = hindrance(token.kind, &token.scopes, version) {
        return Err(hindered(hindrance));
    }
    let told = version.is_some()
        || token.scopes.names("self_rotate")
        || matches!(token.kind, gitlab::TokenKind::FineGrained);
    if told && !matches!(token.scopes, Scopes::Unknown) {
        Ok(())
    } else {
        Err(Unusable::WrongTypes { field: "version" }.into())
    }
}

fn hindered(hindrance: Hindrance) -> Problem {
    match hindrance {
        Hindrance::Scope => Problem::RotationScope,
        Hindrance::TooOld => Problem::RotationTooOld,
    }
}

impl Problem {
    /// What a rotation came to that GitLab did nothing about.
    fn of_rotation(base: &gitlab::BaseUrl, day: Date, problem: RotationProblem) -> Self {
        match problem {
            RotationProblem::Refused(Refusal::TooNarrow { .. }) => Self::RotationScope,
            RotationProblem::Refused(refusal) => Self::Refusal(refusal),
            RotationProblem::Expiry { detail } => Self::RotationExpiry { day, detail },
            RotationProblem::TooOld => Self::RotationTooOld,
            RotationProblem::OfAnAppLogin => Self::Refusal(Refusal::OAuthToken),
            RotationProblem::Unanswered(unanswered) | RotationProblem::LostAnswer(unanswered) => {
                Self::Unanswered(unanswered)
            }
            RotationProblem::Unusable(unusable) => Self::Unusable(unusable),
            RotationProblem::NotGitLabAnswer { status } => {
                Self::at(base, gitlab::Problem::NotGitLabAnswer { status })
            }
            RotationProblem::RedirectElsewhere { to } => Self::RedirectElsewhere { to, circle: false },
        }
    }
}
