//! Signing in again, and editing what an app login may do: GitLab adds nothing to a login (contract §3.3), so a new one
//! is made with the whole new set of scopes and takes the old one's place (`relinking`).

use std::sync::Arc;

use gitlab::Identity;

use crate::account::{Account, AccountId, Method};
use crate::application::GivenApplication;
use crate::flow::Person;
use crate::linking::KeepSecret;
use crate::links::Links;
use crate::login::{Admitted, LoginTold, Plan, person};
use crate::looking::Look;
use crate::names::Name;
use crate::problem::Problem;
use crate::relinking::{Anew, OtherUser, Recall, found, same_user, scopes_to_ask};
use crate::store::accounts::KeptAccount;

/// Signing in for an account that is linked already, by app login or with a token.
#[expect(clippy::struct_excessive_bools, reason = "each is wished or not")]
pub struct SignInAgain {
    /// The scopes to ask for; `None`: those the account is wanted for.
    pub scopes: Option<Vec<String>>,
    /// Another application than the one known; kept when the sign-in succeeds.
    pub application: Option<Arc<GivenApplication>>,
    /// Take what was granted, though less than asked for.
    pub accept_missing: bool,
    /// Whether the browser is opened; else the address is told and nothing is opened.
    pub open_browser: bool,
    /// With a code on another device instead of the browser.
    pub by_code: bool,
    /// Whether it may be another user who signs in.
    pub other_user: OtherUser,
    /// Whether GitLab is asked to revoke an access token the login takes the place of.
    pub revoke_old: bool,
}

impl Links {
    /// Links an account again by signing in, whatever it signed in with before. Until the new login is proved and stored
    /// the old secret is untouched.
    pub async fn sign_in_again(
        &self,
        id: &AccountId,
        again: SignInAgain,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        Box::pin(self.sign_in_anew(id, again, "relinked", Arc::default(), told, |_| async { false })).await
    }

    /// Gives an app login another set of scopes, in the browser.
    pub async fn permissions(
        &self,
        id: &AccountId,
        scopes: Vec<String>,
        open_browser: bool,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        Box::pin(self.permit(id, scopes, open_browser, false, told)).await
    }

    /// Gives an app login another set of scopes, in the browser or with a code.
    pub async fn permit(
        &self,
        id: &AccountId,
        scopes: Vec<String>,
        open_browser: bool,
        by_code: bool,
        told: &(dyn Fn(LoginTold) + Send + Sync),
    ) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        if account.method != Method::App {
            return Err(Problem::NoAppLogin { name: account.name });
        }
        let again = SignInAgain {
            scopes: Some(scopes),
            application: None,
            accept_missing: false,
            open_browser,
            by_code,
            other_user: OtherUser::Refused,
            revoke_old: false,
        };
        Box::pin(self.sign_in_anew(id, again, "permitted", Arc::default(), told, |_| async { false })).await
    }

    /// The whole of it. `is_fine` is asked about somebody else who signed in and whom nobody has named before.
    pub(crate) async fn sign_in_anew<F: Future<Output = bool>>(
        &self,
        id: &AccountId,
        again: SignInAgain,
        what: &'static str,
        recall: Arc<Recall>,
        told: &(dyn Fn(LoginTold) + Send + Sync),
        is_fine: impl FnOnce(Person) -> F,
    ) -> Result<Account, Problem> {
        let account = self.kept(id)?;
        let (open_browser, by_code, accept_missing) =
            (again.open_browser, again.by_code, again.accept_missing);
        let (mut other_user, revoke_old) = (again.other_user.clone(), again.revoke_old);
        let plan = self.plan_again(&account, again)?;
        let sign_in = Box::pin(self.prepare_sign_in(&plan, Some(account.place))).await?;
        let new_application = plan.application.is_some();
        let wanted = sign_in.scopes.clone();
        let keep = |admitted: Admitted| async move {
            let Admitted { signed, identity } = admitted;
            if let Err(problem) = same_user(&account, &identity, &other_user) {
                if !is_fine(person(&identity)).await {
                    signed.give_back().await;
                    return Err(problem);
                }
                other_user = OtherUser::Confirmed(identity.user.id);
            }
            let anew = Anew {
                account: account.id,
                identity: Arc::<Identity>::new(identity),
                wanted,
                secret: KeepSecret::App {
                    signed: Box::new(signed),
                    new_application,
                },
                other_user,
                revoke_old,
                what,
                recall,
            };
            Box::pin(self.relink(anew)).await
        };
        if by_code {
            let admitted = Box::pin(self.sign_in_by_code(&sign_in, accept_missing, told)).await?;
            return Box::pin(keep(admitted)).await;
        }
        Box::pin(self.sign_in_by_browser(&sign_in, accept_missing, open_browser, told, keep)).await
    }

    /// What signing in again is to the login.
    fn plan_again(&self, account: &KeptAccount, again: SignInAgain) -> Result<Plan, Problem> {
        let found = found(account)?;
        let scopes = match (again.scopes, &again.application) {
            (Some(scopes), _) => scopes,
            (None, Some(_)) => account.wanted.clone(),
            (None, None) => {
                let registered = self.application(&found.base)?.and_then(|known| known.scopes);
                scopes_to_ask(&account.wanted, registered.as_deref())
            }
        };
        Ok(Plan {
            name: Name::read(&account.name)?,
            found,
            how: Look::default(),
            application: again.application,
            scopes: Some(scopes),
            accept_missing: again.accept_missing,
        })
    }
}
