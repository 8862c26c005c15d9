//! A keychain that is tried out while a person signs in. Trying it takes a record of full size, written, read and
//! removed, which is longer than everything else a login does on this computer.

use tokio::sync::watch;
use vault::{Vault, VaultError};

use crate::problem::Problem;

/// A trial under way, or its outcome. Goes on to its end when this is dropped, so that nothing stays in the keychain.
pub(crate) struct Trial(watch::Receiver<Option<Result<(), VaultError>>>);

impl Trial {
    /// Begins one, once the keychain is known to answer and to be open: a person is sent nowhere before.
    pub(crate) async fn begin(vault: Vault) -> Result<Self, Problem> {
        vault.reach().await?;
        let (tell, outcome) = watch::channel(None);
        tokio::spawn(async move {
            let passed = vault.probe().await;
            tell.send_replace(Some(passed));
        });
        Ok(Self(outcome))
    }

    /// Waits for its end; why the keychain will not do, if so.
    pub(crate) async fn passed(&self) -> Result<(), Problem> {
        let mut outcome = self.0.clone();
        let passed = outcome
            .wait_for(Option::is_some)
            .await
            .map_err(|_| Problem::Internal {
                detail: "trying the keychain was interrupted".to_owned(),
            })?;
        match &*passed {
            Some(Err(error)) => Err(error.clone().into()),
            _ => Ok(()),
        }
    }

    /// Waits for its failure, for ever if there is none.
    pub(crate) async fn failure(&self) -> Problem {
        match self.passed().await {
            Err(problem) => problem,
            Ok(()) => std::future::pending().await,
        }
    }
}
