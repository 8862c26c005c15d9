//! Linking: everything is validated first, and stored last, in an order that survives a kill between any two steps:
//! intent → secret → account and cleared intent in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gitlab::{Authority, BaseUrl, Found, Identity, Scopes, Token, Unusable};
use vault::{Key, Secret, VaultError};

use crate::account::{Account, AccountId, is_of_use, missing_scopes};
use crate::application::{self, APPLICATION_NAME};
use crate::credential;
use crate::events::Event;
use crate::links::Links;
use crate::looking::{Look, new_instance};
use crate::names::Name;
use crate::problem::Problem;
use crate::signed_in::SignedIn;
use crate::store::accounts::{self, NewAccount, NewLogin};
use crate::store::instances;
use crate::store::intents::{self, Intent, Stage};
use crate::store::ledger;
use crate::turn::Turn;
use crate::witness::Step;

/// How many suggested names are tried, each taken by another link in the moment between.
const NAMES_TRIED: usize = 20;

/// What to link with a token.
pub struct TokenLink {
    /// The address as pasted.
    pub pasted: String,
    /// The display name; without one, one is suggested and taken.
    pub name: Option<String>,
    /// The token.
    pub token: Token,
    /// Scopes the token must name; [`WANTED`](crate::WANTED) unless the person says otherwise.
    pub required: Vec<String>,
    /// Link it as it is, whatever it lacks.
    pub accept_missing: bool,
    /// Consent to plain http, for this host.
    pub allow_http: bool,
    /// Authorities to trust, for this GitLab only.
    pub authorities: Vec<Authority>,
}

/// What is about to be kept: everything in it was validated.
pub(crate) struct Keep {
    pub(crate) name: Name,
    pub(crate) found: Found,
    pub(crate) how: Look,
    pub(crate) identity: Arc<Identity>,
    pub(crate) wanted: Vec<String>,
    pub(crate) secret: KeepSecret,
}

/// What an account is to sign in with.
pub(crate) enum KeepSecret {
    /// An access token.
    Token(Arc<Token>),
    /// An app login. What is not kept of it, GitLab takes back.
    App {
        signed: Box<SignedIn>,
        /// Whether its application was typed for it, and is kept with it.
        new_application: bool,
    },
}

/// A link that may be taken back while it is under way: see [`Links::call_off`].
pub(crate) struct Undertaking {
    /// The account that is to stand.
    id: AccountId,
    called_off: AtomicBool,
}

impl Undertaking {
    pub(crate) fn new() -> Self {
        Self {
            id: AccountId::new(),
            called_off: AtomicBool::new(false),
        }
    }
}

impl Links {
    /// Links an account with a token: finds the GitLab, asks it once who the token is, and keeps both. Nothing is left
    /// behind by a link that is refused. Goes on to its end when its future is dropped.
    pub async fn link_with_token(&self, request: TokenLink) -> Result<Account, Problem> {
        if let Some(name) = &request.name {
            self.check_name(name)?;
        }
        let how = Look {
            allow_http: request.allow_http,
            authorities: request.authorities,
        };
        let found = Box::pin(self.look(&request.pasted, how.clone())).await?;
        let name = match &request.name {
            Some(name) => name.clone(),
            None => self.suggest_name(&found.base)?,
        };
        let identity = Arc::new(Box::pin(self.identify(&found, &how, &request.token)).await?);
        admit(&identity, &request.required, request.accept_missing)?;
        let token = Arc::new(request.token);
        let keep = |name: &str| {
            Ok::<_, Problem>(Keep {
                name: Name::read(name)?,
                found: found.clone(),
                how: how.clone(),
                identity: identity.clone(),
                wanted: request.required.clone(),
                secret: KeepSecret::Token(token.clone()),
            })
        };
        let mut kept = self.keep(keep(&name)?, Arc::new(Undertaking::new())).await;
        // A name nobody gave is no reason to fail: another link may have taken it meanwhile.
        for _ in 0..NAMES_TRIED {
            if request.name.is_some() || !matches!(kept, Err(Problem::NameTaken { .. })) {
                break;
            }
            let name = self.suggest_name(&found.base)?;
            kept = self.keep(keep(&name)?, Arc::new(Undertaking::new())).await;
        }
        kept
    }

    /// Keeps what was validated. Goes on to its end when its future is dropped.
    pub(crate) async fn keep(&self, keep: Keep, undertaking: Arc<Undertaking>) -> Result<Account, Problem> {
        let links = self.clone();
        let kept = tokio::spawn(async move { Box::pin(links.keep_now(keep, &undertaking)).await }).await;
        kept.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "linking was interrupted".to_owned(),
            })
        })
    }

    /// Takes a link back unless its account stands already. Whatever happens to this process from here on, the account
    /// will not stand: the database decides it, and the next start tidies up.
    pub(crate) fn call_off(&self, undertaking: &Undertaking) {
        // First this, then the intent: a link that has not written its intent yet sees the one, all others the other.
        undertaking.called_off.store(true, Ordering::Release);
        let marked = self
            .store()
            .write(|db| intents::call_off(db, &undertaking.id).map_err(Problem::from));
        if let Err(problem) = marked {
            tracing::warn!(account = %undertaking.id, code = problem.code(), "a link could not be marked as undone");
        }
    }

    async fn keep_now(&self, mut keep: Keep, undertaking: &Undertaking) -> Result<Account, Problem> {
        let kept = Box::pin(self.keep_or_undo(&mut keep, undertaking)).await;
        if let KeepSecret::App { mut signed, .. } = keep.secret {
            match &kept {
                Ok(_) => signed.keep(),
                Err(_) => signed.give_back().await,
            }
        }
        kept
    }

    async fn keep_or_undo(&self, keep: &mut Keep, undertaking: &Undertaking) -> Result<Account, Problem> {
        let vault = self.keychains().chosen(self.store()).await?;
        // For a login this was done before anybody signed in.
        if matches!(keep.secret, KeepSecret::Token(_)) {
            vault.probe().await?;
        }
        let now = self.now();
        let base = &keep.found.base;
        let version = keep.identity.version.as_ref().map(ToString::to_string);
        let new = NewAccount {
            id: undertaking.id,
            name: keep.name.shown().to_owned(),
            told: told(&keep.identity)?,
            wanted: std::mem::take(&mut keep.wanted),
            place: NewAccount::place_word(vault.place()),
            linked_at: now,
            instance: new_instance(base, &keep.how, None, version),
            login: keep.secret.planned(now),
        };
        let (id, name) = (new.id, new.name.clone());
        let label = credential::label(&name, &base.label());
        let secret = keep.secret.pack(now)?;
        let key = credential::key(&id)?;
        let application = keep.secret.application_secret(base)?;
        let stage = Stage::Link(Box::new(new.clone()));
        let intent = Intent {
            account: id,
            name,
            place: vault.place(),
            stage,
        };

        let turn = Turn::take(self.home(), &id).await?;
        self.before(Step::LinkIntent);
        // It stands after any kill. Only a computer that loses its power in the next milliseconds may forget it: then
        // there may be a secret without an account, and nobody was told that there was one.
        self.store()
            .note(|db| intents::put(db, &intent, now).map_err(Problem::from))?;
        if undertaking.called_off.load(Ordering::Acquire) {
            self.undo_link(intent, turn, None).await;
            return Err(Problem::Cancelled);
        }
        let mut written = false;
        if let Some((key, secret)) = application {
            self.before(Step::LinkApplication);
            let label = credential::label(APPLICATION_NAME, &base.label());
            if let Err(error) = vault.put(&key, &label, secret).await {
                self.undo_link(intent, turn, Some(&error)).await;
                return Err(error.into());
            }
            written = true;
        }
        self.before(Step::LinkSecret);
        if let Err(error) = vault.put(&key, &label, secret).await {
            self.undo_link(intent, turn, Some(&error).filter(|_| !written))
                .await;
            return Err(error.into());
        }
        self.before(Step::LinkRow);
        if let Err(problem) = self.stand(&new, now) {
            self.undo_link(intent, turn, None).await;
            return Err(problem);
        }
        drop(turn);
        tracing::info!(account = %id, "linked");
        self.tell(Event::InstancesChanged);
        self.tell(Event::AccountsChanged);
        self.account_by_id(&id)
    }

    /// Makes the account stand: account, instance and ledger come, the intent goes, in one transaction. A link that was
    /// called off meanwhile is `Cancelled`.
    pub(crate) fn stand(&self, new: &NewAccount, now: jiff::Timestamp) -> Result<(), Problem> {
        self.store().write(|db| {
            if !matches!(
                intents::of(db, &new.id)?,
                Some(Intent {
                    stage: Stage::Link(_),
                    ..
                })
            ) {
                return Err(Problem::Cancelled);
            }
            accounts::add(db, new)?;
            if let Some(login) = new.login.as_ref().filter(|login| login.new_application) {
                let (id, confidential) = (&login.application_id, login.confidential);
                instances::register(db, &new.instance.address, id, confidential)?;
            }
            ledger::add(db, now, &new.id, &new.name, "linked", Some(&new.instance.address))?;
            self.before(Step::LinkIntentCleared);
            intents::clear(db, &new.id).map_err(Problem::from)
        })
    }

    /// The secret of the application that was typed for a link that does not stand.
    pub(crate) async fn remove_planned_application(
        &self,
        plan: &NewAccount,
        place: vault::Place,
    ) -> Result<(), Problem> {
        match &plan.login {
            Some(login) if login.new_application && login.confidential => {
                let base: BaseUrl = plan.instance.address.parse()?;
                self.remove_application(&base, &login.application_id, place).await
            }
            _ => Ok(()),
        }
    }

    /// Takes a link back: the secret goes, then the intent. Where the keychain does not let the secret go, the intent
    /// stays, and is tried again later; unless writing it failed in a way that wrote nothing.
    async fn undo_link(&self, intent: Intent, turn: Turn, unwritten: Option<&VaultError>) {
        let id = intent.account;
        let place = intent.place;
        let back = Intent {
            stage: Stage::LinkUndo(intent.stage.into_plan()),
            ..intent
        };
        let now = self.now();
        // From here on even a kill leads back: a link that was told to have failed is not finished later.
        if let Err(problem) = self
            .store()
            .write(|db| intents::put(db, &back, now).map_err(Problem::from))
        {
            tracing::warn!(account = %id, code = problem.code(), "a link could not be marked as undone");
        }
        let nothing_written = matches!(
            unwritten,
            Some(VaultError::Absent { .. } | VaultError::Locked | VaultError::Denied)
        );
        let application = match &back.stage {
            Stage::LinkUndo(Some(plan)) => self.remove_planned_application(plan, place).await,
            _ => Ok(()),
        };
        let removed = self.remove_secret(&id, place).await.and(application);
        if removed.is_ok() || nothing_written {
            let cleared = self
                .store()
                .write(|db| intents::clear(db, &id).map_err(Problem::from));
            if cleared.is_ok() {
                turn.close();
            }
        } else {
            self.keychains().hold(id, turn);
        }
    }
}

impl KeepSecret {
    /// What the database keeps of an app login.
    pub(crate) fn planned(&self, now: jiff::Timestamp) -> Option<NewLogin> {
        match self {
            Self::Token(_) => None,
            Self::App {
                signed,
                new_application,
            } => {
                let registration = signed.registration();
                let tokens = signed.tokens()?;
                Some(NewLogin {
                    application_id: registration.application_id.as_str().to_owned(),
                    confidential: registration.secret.is_some(),
                    new_application: *new_application,
                    obtained_at: now,
                    access_until: tokens
                        .expires_at
                        .and_then(|end| jiff::Timestamp::from_second(end).ok()),
                    renews: tokens.refresh.is_some(),
                })
            }
        }
    }

    /// The account's record in the vault.
    fn pack(&self, now: jiff::Timestamp) -> Result<Secret, Problem> {
        let record = match self {
            Self::Token(token) => credential::pack(token),
            Self::App { signed, .. } => {
                let tokens = signed.tokens().ok_or(VaultError::Corrupt)?;
                let id = signed.registration().application_id.as_str();
                credential::pack_first(tokens, id, now.as_second())
            }
        };
        Ok(record?)
    }

    /// The record of the secret of an application that is kept with the account.
    fn application_secret(&self, base: &BaseUrl) -> Result<Option<(Key, Secret)>, Problem> {
        match self {
            Self::App {
                signed,
                new_application: true,
            } => application::secret_record(base, signed.registration()),
            _ => Ok(None),
        }
    }
}

/// Whether a token may be linked: of use at all, and with all that is required unless what is missing is accepted.
pub(crate) fn admit(identity: &Identity, required: &[String], accept_missing: bool) -> Result<(), Problem> {
    let (scopes, kind) = (&identity.token.scopes, identity.token.kind);
    if !is_of_use(scopes, kind) {
        let scopes = match scopes {
            Scopes::Known(scopes) => scopes.clone(),
            Scopes::Unknown => Vec::new(),
        };
        return Err(Problem::Useless { scopes });
    }
    let missing = missing_scopes(required, scopes, kind);
    if missing.is_empty() || accept_missing {
        Ok(())
    } else {
        Err(Problem::TooNarrow { missing })
    }
}

/// What GitLab told, if the database can keep it.
pub(crate) fn told(identity: &Identity) -> Result<accounts::Told, Problem> {
    let fits = |number: u64| i64::try_from(number).is_ok();
    if !fits(identity.user.id) || !identity.token.id.is_none_or(fits) {
        return Err(Unusable::WrongTypes { field: "id" }.into());
    }
    Ok(NewAccount::told(identity))
}
