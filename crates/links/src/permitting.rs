//! Editing what an app login may do, and signing in again: GitLab adds nothing to a login (contract §3.3), so a new one
//! is made with the whole new set of scopes, proved, stored, and only then is the old one taken back.
//!
//! The new record carries the old tokens along until GitLab has taken them back: whoever reads it after a kill goes on
//! from there.

use std::sync::Arc;

use gitlab::{Client, Found, MetadataProbe, Registration};
use vault::Vault;

use crate::account::{Account, AccountId, Method};
use crate::application::GivenApplication;
use crate::checking::Learned;
use crate::credential::{AppCredential, Credential, Replaced};
use crate::events::Event;
use crate::links::Links;
use crate::login::{Admitted, LoginTold, Plan};
use crate::looking::Look;
use crate::names::Name;
use crate::problem::{Problem, ProblemKind};
use crate::signed_in::SignedIn;
use crate::store::accounts::{self, KeptAccount};
use crate::store::{instances, ledger};
use crate::turn::Turn;
use crate::witness::Step;

/// Signing in again for an account that signs in by app login.
pub struct SignInAgain {
    /// The scopes to ask for; `None`: those the account is wanted for.
    pub scopes: Option<Vec<String>>,
    /// Another application than the one known; kept when the sign-in succeeds.
    pub application: Option<GivenApplication>,
    /// Take what was granted, though less than asked for.
    pub accept_missing: bool,
    /// Whether the browser is opened; else the address is told and nothing is opened.
    pub open_browser: bool,
    /// With a code on another device instead of the browser.
    pub by_code: bool,
}

impl Links {
    /// Gives an app login other permissions, or a new life: the same user signs in again, with the whole new set of
    /// scopes. Until the new login is proved and stored the old one is untouched.
    pub async fn sign_in_again(
        &self,
        id: &AccountId,
        again: SignInAgain,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        if account.method != Method::App {
            return Err(Problem::NoAppLogin { name: account.name });
        }
        let (open_browser, by_code, accept_missing) =
            (again.open_browser, again.by_code, again.accept_missing);
        let plan = plan_again(&account, again)?;
        let sign_in = Box::pin(self.prepare_sign_in(&plan, Some(account.place))).await?;
        let new_application = plan.application.is_some();
        let scopes = sign_in.scopes.clone();
        let keep = |admitted: Admitted| async move {
            Box::pin(self.permit(account, scopes, admitted, new_application)).await
        };
        if by_code {
            let admitted = Box::pin(self.sign_in_by_code(&sign_in, accept_missing, told)).await?;
            return keep(admitted).await;
        }
        Box::pin(self.sign_in_by_browser(&sign_in, accept_missing, open_browser, told, keep)).await
    }

    /// Gives an app login another set of scopes: [`sign_in_again`](Self::sign_in_again) in the browser.
    pub async fn permissions(
        &self,
        id: &AccountId,
        scopes: Vec<String>,
        open_browser: bool,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        let again = SignInAgain {
            scopes: Some(scopes),
            application: None,
            accept_missing: false,
            open_browser,
            by_code: false,
        };
        Box::pin(self.sign_in_again(id, again, told)).await
    }

    /// The new login takes the old one's place.
    async fn permit(
        &self,
        account: KeptAccount,
        scopes: Vec<String>,
        admitted: Admitted,
        new_application: bool,
    ) -> Result<Account, Problem> {
        let links = self.clone();
        let permitted = tokio::spawn(async move {
            Box::pin(links.permit_now(account, scopes, admitted, new_application)).await
        });
        permitted.await.unwrap_or_else(|_| {
            Err(Problem::Internal {
                detail: "signing in again was interrupted".to_owned(),
            })
        })
    }

    async fn permit_now(
        &self,
        account: KeptAccount,
        scopes: Vec<String>,
        admitted: Admitted,
        new_application: bool,
    ) -> Result<Account, Problem> {
        let Admitted { mut signed, identity } = admitted;
        let id = account.id;
        let stored =
            Box::pin(self.store_new_login(&account, &scopes, &mut signed, &identity, new_application)).await;
        match stored {
            Ok(()) => {}
            Err(problem) => {
                signed.give_back().await;
                return Err(problem);
            }
        }
        tracing::info!(account = %id, "signed in again");
        self.tell(Event::InstancesChanged);
        self.tell(Event::AccountsChanged);
        self.account_by_id(&id)
    }

    async fn store_new_login(
        &self,
        account: &KeptAccount,
        scopes: &[String],
        signed: &mut SignedIn,
        identity: &gitlab::Identity,
        new_application: bool,
    ) -> Result<(), Problem> {
        if identity.user.id != account.told.user_id {
            return Err(Problem::OtherUser {
                found: identity.user.id,
            });
        }
        let gate = self.gate(&account.id);
        let _in_this_process = gate.lock().await;
        let _turn = Turn::take(self.home(), &account.id).await?;
        let account = &self.kept(&account.id)?;
        let vault = self.keychains().at(account.place).await?;
        // A record that is gone or damaged has nothing to be taken back.
        let old = match self.credential_of(account).await {
            Ok(Credential::App(app)) => Some(Box::pin(self.settle_replaced(account, &vault, *app)).await?),
            Ok(Credential::Token(_))
            | Err(Problem::Keychain(vault::VaultError::Missing | vault::VaultError::Corrupt)) => None,
            Err(problem) => return Err(problem),
        };
        let now = self.now();
        let application_id = signed.registration().application_id.as_str().to_owned();
        let tokens = signed.tokens().ok_or(vault::VaultError::Corrupt)?;
        let app = AppCredential::again(tokens, &application_id, now.as_second(), scopes, old)?;
        let base = account.base()?;
        if new_application {
            self.before(Step::LinkApplication);
            self.keep_application(&base, signed.registration()).await?;
        }
        self.before(Step::PermitSecret);
        if let Err(problem) = self.put_login(account, &vault, &app).await {
            if new_application {
                // Stays where the keychain refuses this too; the application's secret alone opens nothing.
                let _ = self
                    .remove_application(&base, &application_id, account.place)
                    .await;
            }
            return Err(problem);
        }
        // The new login is the account's from here on, whatever happens to this process.
        signed.keep();
        self.before(Step::PermitRow);
        let learned = Learned::of(identity)?;
        self.learn(account, &learned, |db| {
            accounts::permitted(db, &account.id, scopes, &application_id)?;
            if new_application {
                let confidential = signed.registration().secret.is_some();
                instances::register(db, &account.address, &application_id, confidential)?;
            }
            ledger::add(
                db,
                now,
                &account.id,
                &account.name,
                "permitted",
                Some(&scopes.join(" ")),
            )?;
            Ok(())
        })?;
        self.write_login(account, &app)?;
        // A GitLab that does not answer takes the old login back later.
        Box::pin(self.settle_replaced(account, &vault, app))
            .await
            .map(drop)
    }

    /// Takes back the tokens an app login took the place of. GitLab that does not answer is asked again by whoever
    /// comes next; the account is not kept waiting for it.
    pub(crate) async fn settle_replaced(
        &self,
        account: &KeptAccount,
        vault: &Vault,
        mut app: AppCredential,
    ) -> Result<AppCredential, Problem> {
        let Some(old) = app.replaced.take() else {
            return Ok(app);
        };
        // A kill may have kept the account from learning what its login is for.
        if account.wanted != old.wanted {
            self.store().write(|db| {
                accounts::permitted(db, &account.id, &old.wanted, &app.application_id).map_err(Problem::from)
            })?;
            self.write_login(account, &app)?;
        }
        self.before(Step::PermitRevoke);
        if Box::pin(self.take_back_replaced(account, &old)).await {
            self.before(Step::PermitForget);
            self.put_login(account, vault, &app).await?;
        } else {
            app.replaced = Some(old);
        }
        Ok(app)
    }

    /// Whether nothing is left to do about the old tokens: GitLab took them back, or cannot be made to.
    async fn take_back_replaced(&self, account: &KeptAccount, old: &Replaced) -> bool {
        let prepared = async {
            let base = account.base()?;
            let client = self.client(&base, &Look::default())?;
            let registration = self
                .registration(&base, Some(&old.application_id), &account.wanted)
                .await?;
            Ok::<(Client, Registration), Problem>((client, registration))
        };
        let (client, registration) = match Box::pin(prepared).await {
            Ok(prepared) => prepared,
            // A keychain that opens again tells the application's secret.
            Err(problem) => return problem.kind() != ProblemKind::Keychain,
        };
        let last = old.refresh.as_ref().unwrap_or(&old.access);
        match Box::pin(client.revoke(&registration, last)).await {
            Ok(()) => true,
            Err(problem) => {
                tracing::warn!(account = %account.id, "GitLab did not take an earlier login back");
                // Refused is refused: only silence is asked again.
                !(problem.may_have_acted() || problem.may_be_transient())
            }
        }
    }
}

/// What signing in again is to the login.
fn plan_again(account: &KeptAccount, again: SignInAgain) -> Result<Plan, Problem> {
    let base = account.base()?;
    Ok(Plan {
        name: Name::read(&account.name)?,
        found: Found {
            base,
            upgraded_from: None,
            probe: MetadataProbe::Metadata,
        },
        how: Look::default(),
        application: again.application.map(Arc::new),
        scopes: Some(again.scopes.unwrap_or_else(|| account.wanted.clone())),
        accept_missing: again.accept_missing,
    })
}
