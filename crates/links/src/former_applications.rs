//! The secrets of applications an instance had before: each goes when nothing needs it any more. Until then accounts
//! that signed in by it are renewed with it, and a login that gave way is taken back with it.
//!
//! What is left to do is written with the change that makes an application a former one; so whoever dies in between, the
//! next start goes on.

use gitlab::BaseUrl;
use vault::VaultError;

use crate::links::Links;
use crate::problem::Problem;
use crate::store::accounts::{self, KeptAccount};
use crate::store::former_applications::{self, FormerApplication, Standing};
use crate::witness::Step;

impl Links {
    /// Removes the secrets of applications that were an instance's and that nothing needs any more. What the keychain
    /// keeps now goes the next time.
    pub(crate) async fn forget_former_applications(&self) {
        let former = self
            .store()
            .read(|db| former_applications::all(db).map_err(Problem::from));
        let former: Vec<FormerApplication> = match former {
            Ok(former) => former,
            Err(problem) => {
                tracing::warn!(code = problem.code(), "former applications cannot be read");
                return;
            }
        };
        for one in former {
            if let Err(problem) = Box::pin(self.forget_former(&one)).await {
                tracing::warn!(
                    code = problem.code(),
                    "an application's secret stays until the next start"
                );
            }
        }
    }

    async fn forget_former(&self, former: &FormerApplication) -> Result<(), Problem> {
        let standing = self
            .store()
            .read(|db| former_applications::standing(db, former).map_err(Problem::from))?;
        match standing {
            Standing::Needed => return Ok(()),
            Standing::Back => {}
            Standing::Over => {
                if Box::pin(self.is_in_tow(former)).await? {
                    return Ok(());
                }
                let base: BaseUrl = former.address.parse()?;
                self.before(Step::FormerSecret);
                self.forget_application(&base, &former.application_id).await?;
            }
        }
        self.before(Step::FormerGone);
        self.store()
            .write(|db| former_applications::remove(db, former).map_err(Problem::from))
    }

    /// Whether an account there still carries a login of the application along, which GitLab has not taken back.
    async fn is_in_tow(&self, former: &FormerApplication) -> Result<bool, Problem> {
        let all: Vec<KeptAccount> = self.store().read(|db| accounts::all(db).map_err(Problem::from))?;
        for account in all.iter().filter(|account| account.address == former.address) {
            let mut credential = match self.credential_of(account).await {
                Ok(credential) => credential,
                Err(Problem::Keychain(VaultError::Missing | VaultError::Corrupt)) => continue,
                Err(problem) => return Err(problem),
            };
            let towed = credential.replaced().as_ref();
            if towed.and_then(|old| old.application_id.as_deref()) == Some(former.application_id.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
