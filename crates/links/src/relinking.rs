//! Linking an account again: with another token or login, also by another method. The new secret is proved first, then
//! stored in the old one's place, then the account learns of it, and only then is the old one taken back.
//!
//! What the account is to be is written before the new secret goes into the vault, which bears a mark of its own. So
//! whoever comes after a kill knows by the secret alone which of the two stands, and finishes or forgets the rest.
//! Name, settings and whether the account answers by default stay; so does its user, unless the person said otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gitlab::{Found, Identity, MetadataProbe, Registration, Token};
use uuid::Uuid;
use vault::{Vault, VaultError};

use crate::account::{Account, AccountId, Method};
use crate::checking::Learned;
use crate::credential::{self, AppCredential, Credential, TokenCredential};
use crate::events::Event;
use crate::linking::{KeepSecret, admit, told};
use crate::links::Links;
use crate::looking::Look;
use crate::problem::Problem;
use crate::recovery::RecoveredWhat;
use crate::store::accounts::{self, KeptAccount};
use crate::store::relinks::{self, Relink};
use crate::store::{instances, ledger};
use crate::taking_back::ReplacedEnd;
use crate::turn::Turn;
use crate::witness::Step;

/// Whether another user than the account's may take its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OtherUser {
    /// Nobody else may.
    #[default]
    Refused,
    /// The user of this name may (or of this number, as GitLab counts users); the person named them.
    Named(String),
    /// The user of this number may: the person saw who it is and said yes.
    Confirmed(u64),
}

/// An access token for an account that is linked already.
pub struct TokenRelink {
    /// The token.
    pub token: Token,
    /// What the account is wanted for from now on; `None`: what it was wanted for.
    pub scopes: Option<Vec<String>>,
    /// Take it as it is, whatever it lacks.
    pub accept_missing: bool,
    /// Whether it may be another user's.
    pub other_user: OtherUser,
    /// Whether GitLab is asked to revoke an access token this one takes the place of. Left alone otherwise: the person
    /// made it, and other programs may live by it. An app login that gives way is always taken back, for it was given
    /// to LabLink alone.
    pub revoke_old: bool,
}

/// A relink that may still be called off: until its secret is in the vault.
#[derive(Default)]
pub(crate) struct Recall(AtomicBool);

impl Recall {
    pub(crate) fn call_off(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What takes the place of an account's secret: everything in it was validated, but for whose it is.
pub(crate) struct Anew {
    pub(crate) account: AccountId,
    pub(crate) identity: Arc<Identity>,
    pub(crate) wanted: Vec<String>,
    pub(crate) secret: KeepSecret,
    pub(crate) other_user: OtherUser,
    pub(crate) revoke_old: bool,
    /// The ledger's word for it.
    pub(crate) what: &'static str,
    pub(crate) recall: Arc<Recall>,
}

impl OtherUser {
    fn may_be(&self, identity: &Identity) -> bool {
        let user = &identity.user;
        match self {
            Self::Refused => false,
            // GitLab's user names are the same in any case.
            Self::Named(name) => {
                let name = name.trim().trim_start_matches('@');
                let own = user.username.as_deref();
                own.is_some_and(|own| own.eq_ignore_ascii_case(name)) || user.id.to_string() == name
            }
            Self::Confirmed(id) => user.id == *id,
        }
    }
}

/// Refuses to put another user in the account's place.
pub(crate) fn same_user(
    account: &KeptAccount,
    identity: &Identity,
    other: &OtherUser,
) -> Result<(), Problem> {
    if identity.user.id == account.told.user_id || other.may_be(identity) {
        return Ok(());
    }
    let called = |username: Option<&str>, id: u64| username.map_or_else(|| id.to_string(), str::to_owned);
    Err(Problem::SomebodyElse {
        name: account.name.clone(),
        found: called(identity.user.username.as_deref(), identity.user.id),
        was: called(account.told.username.as_deref(), account.told.user_id),
    })
}

/// The GitLab of an account, which was found when it was linked.
pub(crate) fn found(account: &KeptAccount) -> Result<Found, Problem> {
    Ok(Found {
        base: account.base()?,
        upgraded_from: None,
        probe: MetadataProbe::Metadata,
    })
}

/// What an app login asks for: what the account is wanted for, unless the application is known not to be registered for
/// all of that. GitLab's page would say no then and never come back (quirk 16).
#[must_use]
pub(crate) fn scopes_to_ask(wanted: &[String], registered: Option<&[String]>) -> Vec<String> {
    match registered {
        Some(registered) if wanted.iter().any(|scope| !registered.contains(scope)) => registered.to_vec(),
        _ => wanted.to_vec(),
    }
}

impl Links {
    /// Links an account again with an access token, whatever it signed in with before. Nothing changes unless the token
    /// is good, the right user's and stored. Goes on to its end when its future is dropped.
    pub async fn relink_with_token(&self, id: &AccountId, request: TokenRelink) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        let identity = Box::pin(self.identify(&found(&account)?, &Look::default(), &request.token)).await?;
        let wanted = request.scopes.unwrap_or_else(|| account.wanted.clone());
        same_user(&account, &identity, &request.other_user)?;
        admit(&identity, &wanted, request.accept_missing)?;
        let anew = Anew {
            account: *id,
            identity: Arc::new(identity),
            wanted,
            secret: KeepSecret::Token(Arc::new(request.token)),
            other_user: request.other_user,
            revoke_old: request.revoke_old,
            what: "relinked",
            recall: Arc::default(),
        };
        Box::pin(self.relink(anew)).await
    }

    /// The new secret takes the old one's place. Goes on to its end when its future is dropped.
    pub(crate) async fn relink(&self, anew: Anew) -> Result<Account, Problem> {
        let links = self.clone();
        let relinked = tokio::spawn(async move { Box::pin(links.relink_now(anew)).await });
        relinked.await.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "linking again was interrupted".to_owned(),
            })
        })
    }

    async fn relink_now(&self, mut anew: Anew) -> Result<Account, Problem> {
        let id = anew.account;
        let stored = Box::pin(self.store_anew(&mut anew)).await;
        if let (Err(_), KeepSecret::App { signed, .. }) = (&stored, anew.secret) {
            // Nothing is given back where the tokens were kept, or may have been.
            signed.give_back().await;
        }
        stored?;
        tracing::info!(account = %id, "linked again");
        Box::pin(self.forget_former_applications()).await;
        self.tell(Event::InstancesChanged);
        self.tell(Event::AccountsChanged);
        self.account_by_id(&id)
    }

    async fn store_anew(&self, anew: &mut Anew) -> Result<(), Problem> {
        let id = anew.account;
        let gate = self.gate(&id);
        let _in_this_process = gate.lock().await;
        let _turn = Turn::take(self.home(), &id).await?;
        // An earlier one that was killed comes to its end first.
        self.settle_relink(&id).await?;
        let account = &self.kept(&id)?;
        same_user(account, &anew.identity, &anew.other_user)?;
        let vault = self.keychains().at(account.place).await?;
        // A record that is gone or damaged has nothing to be taken back.
        let old = match self.credential_of(account).await {
            Ok(old) => Some(Box::pin(self.take_back_earlier(account, &vault, old)).await?),
            Err(Problem::Keychain(VaultError::Missing | VaultError::Corrupt)) => None,
            Err(problem) => return Err(problem),
        };
        let (old, earlier) = match old {
            Some((mut old, Some(ReplacedEnd::Later(why)))) => {
                let earlier = old.replaced().as_ref().map(|earlier| (earlier.method(), why));
                (Some(old), earlier)
            }
            Some((old, _)) => (Some(old), None),
            None => (None, None),
        };
        let revoke_old = anew.revoke_old && !self.token_is_shared(&account.holder()).await?;
        let now = self.now();
        let mark = Uuid::now_v7().to_string();
        let credential = anew.credential(now, &mark, old, revoke_old)?;
        let relink = anew.planned(account, now, mark)?;

        self.before(Step::RelinkIntent);
        self.store()
            .write(|db| relinks::put(db, &id, &relink, now).map_err(Problem::from))?;
        if anew.recall.0.load(Ordering::Acquire) {
            self.forget_relink(account, Some(&relink)).await?;
            return Err(Problem::Cancelled);
        }
        if let Some(registration) = anew.new_application() {
            self.before(Step::LinkApplication);
            if let Err(problem) = self.keep_application(&account.base()?, registration).await {
                self.forget_relink(account, Some(&relink)).await?;
                return Err(problem);
            }
        }
        self.before(Step::PermitSecret);
        if let Err(problem) = self.put_credential(account, &vault, &credential).await {
            match self.stands(account, &vault, &relink.mark).await {
                // The keychain had taken it when it said no, or nothing.
                Ok(true) => {}
                Ok(false) => {
                    self.forget_relink(account, Some(&relink)).await?;
                    return Err(problem);
                }
                Err(Problem::Keychain(
                    VaultError::Absent { .. } | VaultError::Locked | VaultError::Denied,
                )) => {
                    // Nothing was written. What else there is of it goes where the keychain lets it.
                    let _ = self.forget_relink(account, Some(&relink)).await;
                    return Err(problem);
                }
                Err(_) => {
                    // Nobody knows which of the two stands before the keychain answers: the next start will see.
                    anew.kept();
                    return Err(problem);
                }
            }
        }
        // The new secret is the account's from here on, whatever happens to this process.
        anew.kept();
        self.stand_again(account, &relink)?;
        if let Some((method, why)) = earlier {
            self.abandon_replaced(account, method, why)?;
        }
        // A GitLab that does not answer takes the old login back later.
        Box::pin(self.settle_replaced(account, &vault, credential))
            .await
            .map(drop)
    }

    /// The account learns what it is now, and what was to come is cleared, in one transaction.
    fn stand_again(&self, account: &KeptAccount, relink: &Relink) -> Result<(), Problem> {
        let (id, now) = (&account.id, self.now());
        self.before(Step::PermitRow);
        let learned = Learned::again(relink.told.clone(), relink.version.clone());
        self.learn(account, &learned, |db| {
            accounts::relinked(db, id, relink)?;
            if let Some(login) = relink.login.as_ref().filter(|login| login.new_application) {
                instances::register(db, &account.address, &login.application_id, login.confidential)?;
            }
            let (what, detail) = &relink.entry;
            ledger::add(db, now, id, &account.name, what, detail.as_deref())?;
            relinks::clear(db, id).map_err(Problem::from)
        })
        .map(drop)
    }

    /// Finishes or forgets what a killed process left of linking an account again. Under the account's lock.
    pub(crate) async fn settle_relink(&self, id: &AccountId) -> Result<Option<RecoveredWhat>, Problem> {
        let left = self
            .store()
            .read(|db| relinks::of(db, id).map_err(Problem::from))?;
        let Some((mark, relink)) = left else {
            return Ok(None);
        };
        let account = self.kept(id)?;
        let vault = self.keychains().at(account.place).await?;
        match relink {
            Some(relink) if self.stands(&account, &vault, &mark).await? => {
                self.stand_again(&account, &relink)?;
                Ok(Some(RecoveredWhat::RelinkFinished))
            }
            relink => {
                self.forget_relink(&account, relink.as_ref()).await?;
                Ok(Some(RecoveredWhat::RelinkUndone))
            }
        }
    }

    /// The old secret stays: what was to come is forgotten, and the application that was typed for it.
    async fn forget_relink(&self, account: &KeptAccount, relink: Option<&Relink>) -> Result<(), Problem> {
        let typed = relink
            .and_then(|relink| relink.login.as_ref())
            .filter(|login| login.new_application && login.confidential);
        if let Some(login) = typed {
            // Stays where the keychain refuses this; the application's secret alone opens nothing.
            let _ = self
                .remove_application(&account.base()?, &login.application_id, account.place)
                .await;
        }
        self.store()
            .write(|db| relinks::clear(db, &account.id).map_err(Problem::from))
    }

    /// Whether the secret in the vault is the one of this mark.
    async fn stands(&self, account: &KeptAccount, vault: &Vault, mark: &str) -> Result<bool, Problem> {
        match vault.get(&credential::key(&account.id)?).await {
            Ok(secret) => Ok(credential::unpack(&secret).is_ok_and(|stored| stored.mark() == Some(mark))),
            Err(VaultError::Missing) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn put_credential(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        credential: &Credential,
    ) -> Result<(), Problem> {
        let label = credential::label(&account.name, &account.base()?.label());
        let secret = credential::pack_credential(credential)?;
        Ok(vault.put(&credential::key(&account.id)?, &label, secret).await?)
    }
}

impl Anew {
    /// The record for the vault.
    fn credential(
        &self,
        now: jiff::Timestamp,
        mark: &str,
        old: Option<Credential>,
        revoke_old: bool,
    ) -> Result<Credential, Problem> {
        Ok(match &self.secret {
            KeepSecret::Token(token) => {
                Credential::Token(TokenCredential::again(token, mark, old, revoke_old)?)
            }
            KeepSecret::App { signed, .. } => {
                let tokens = signed.tokens().ok_or(VaultError::Corrupt)?;
                let id = signed.registration().application_id.as_str();
                let new = AppCredential::again(tokens, id, now.as_second(), mark, old, revoke_old)?;
                Credential::App(Box::new(new))
            }
        })
    }

    /// The application that was typed for it, and is kept with it.
    fn new_application(&self) -> Option<&Registration> {
        match &self.secret {
            KeepSecret::App {
                signed,
                new_application: true,
            } => Some(signed.registration()),
            _ => None,
        }
    }

    /// What the account is to be.
    fn planned(&self, account: &KeptAccount, now: jiff::Timestamp, mark: String) -> Result<Relink, Problem> {
        let told = told(&self.identity)?;
        let login = self.secret.planned(now);
        let method = if login.is_some() {
            Method::App
        } else {
            Method::Token
        };
        let detail = if self.what == "permitted" {
            Some(self.wanted.join(" "))
        } else if told.user_id != account.told.user_id {
            Some(
                told.username
                    .as_ref()
                    .map_or_else(|| told.user_id.to_string(), |username| format!("@{username}")),
            )
        } else {
            (method != account.method).then(|| method.as_str().to_owned())
        };
        Ok(Relink {
            mark,
            told,
            wanted: self.wanted.clone(),
            login,
            version: self.identity.version.as_ref().map(ToString::to_string),
            entry: (self.what.to_owned(), detail),
        })
    }

    /// Its tokens are in the vault, or may be: GitLab does not take them back.
    fn kept(&mut self) {
        if let KeepSecret::App { signed, .. } = &mut self.secret {
            signed.keep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scopes_to_ask;

    #[test]
    fn an_application_is_asked_for_what_it_is_registered_for() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let wanted = list(&["api", "write_repository"]);
        assert_eq!(scopes_to_ask(&wanted, None), wanted);
        let enough = list(&["api", "read_user", "write_repository"]);
        assert_eq!(scopes_to_ask(&wanted, Some(&enough)), wanted);
        let less = list(&["api", "read_user"]);
        assert_eq!(scopes_to_ask(&wanted, Some(&less)), less);
    }
}
