//! A keychain that is tried out while a person signs in. Trying it takes a record of full size, written, read and
//! removed, which is longer than everything else a login does on this computer.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use vault::{Vault, VaultError};

use crate::problem::Problem;

/// Who signs in quicker than this, where GitLab asks nothing, is not kept waiting: what is stored then tells as well.
const HEAD_START: Duration = Duration::from_millis(400);

type Outcome = watch::Receiver<Option<Result<(), VaultError>>>;

/// A trial to come, under way, or over. Goes on to its end when this is dropped, so that nothing stays in the keychain.
pub(crate) struct Trial {
    vault: Vault,
    begun: OnceLock<Outcome>,
}

impl Trial {
    /// Of a keychain that answers and is open: a person is sent nowhere before.
    pub(crate) async fn of(vault: Vault) -> Result<Self, Problem> {
        vault.reach().await?;
        Ok(Self {
            vault,
            begun: OnceLock::new(),
        })
    }

    /// Tries it now.
    pub(crate) async fn now(&self) -> Result<(), Problem> {
        self.begin();
        self.passed().await
    }

    /// Why the keychain will not do, found out while the person is elsewhere; never comes where it will.
    pub(crate) async fn failure(&self) -> Problem {
        let ready = self.vault.get_ready();
        tokio::join!(ready, tokio::time::sleep(HEAD_START));
        match self.now().await {
            Err(problem) => problem,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Waits for the end of what has begun; why the keychain will not do, if so.
    pub(crate) async fn passed(&self) -> Result<(), Problem> {
        let Some(mut outcome) = self.begun.get().cloned() else {
            return Ok(());
        };
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

    fn begin(&self) {
        self.begun.get_or_init(|| {
            let (tell, outcome) = watch::channel(None);
            let vault = self.vault.clone();
            tokio::spawn(async move {
                let passed = vault.probe().await;
                tell.send_replace(Some(passed));
            });
            outcome
        });
    }
}
