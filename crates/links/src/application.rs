//! App registrations: what LabLink is known by on an instance, where that is kept, and what a person has to do where
//! there is none. The secret of a confidential one is in the vault under a key of its own and nowhere else.

use std::collections::BTreeMap;

use gitlab::{ApplicationId, ApplicationSecret, BaseUrl, RedirectUri, Registration};
use sha2::{Digest as _, Sha256};
use vault::{Key, Place, Secret, VaultError};

use crate::credential;
use crate::instance::GITLAB_COM;
use crate::links::Links;
use crate::problem::Problem;
use crate::store::instances::{self, KeptInstance};

/// The application ID of LabLink on GitLab.com, as this program was built with it; the instance's own goes before.
const GITLAB_COM_APPLICATION_ID: Option<&str> = option_env!("LABLINK_GITLAB_COM_APPLICATION_ID");

/// The name an application is registered under.
pub(crate) const APPLICATION_NAME: &str = "LabLink";

/// The application LabLink uses on an instance, as everyone may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownApplication {
    /// Its application ID.
    pub application_id: String,
    /// Whether it has a secret.
    pub confidential: bool,
    /// The scopes its app login asks for; `None`: the usual ones.
    pub scopes: Option<Vec<String>>,
}

/// An application as a person types it. Has no `Debug`: it may hold a secret.
pub struct GivenApplication {
    application_id: ApplicationId,
    secret: Option<ApplicationSecret>,
}

impl GivenApplication {
    /// Reads what was typed; an empty secret is none.
    pub fn read(application_id: &str, secret: Option<&str>) -> Result<Self, Problem> {
        let secret = secret.filter(|text| !text.trim().is_empty());
        Ok(Self {
            application_id: ApplicationId::read(application_id)?,
            secret: secret.map(ApplicationSecret::read).transpose()?,
        })
    }

    /// Its application ID.
    #[must_use]
    pub fn application_id(&self) -> &str {
        self.application_id.as_str()
    }

    /// Whether it has a secret.
    #[must_use]
    pub fn confidential(&self) -> bool {
        self.secret.is_some()
    }

    pub(crate) fn registration(&self) -> Result<Registration, Problem> {
        let secret = self
            .secret
            .as_ref()
            .map(|secret| ApplicationSecret::read(secret.expose()));
        Ok(Registration {
            application_id: self.application_id.clone(),
            secret: secret.transpose()?,
        })
    }
}

/// What a person has to enter on GitLab's page to register LabLink there, and where that page is (contract §4.3); also
/// what a message to an administrator is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registering {
    /// The GitLab.
    pub address: BaseUrl,
    /// The name to enter: `LabLink`.
    pub name: String,
    /// The redirect address to enter.
    pub redirect: String,
    /// The scopes to tick.
    pub scopes: Vec<String>,
    /// The page of the person's own applications.
    pub user_page: String,
    /// The page of the instance's applications, for its administrators.
    pub admin_page: String,
    /// The page of a group's applications, for its owners; `GROUP` stands for the group's path.
    pub group_page: String,
}

impl Registering {
    /// For the GitLab at `base`, with these scopes.
    #[must_use]
    pub fn new(base: &BaseUrl, scopes: &[String]) -> Self {
        Self {
            address: base.clone(),
            name: APPLICATION_NAME.to_owned(),
            redirect: RedirectUri::REGISTERED.to_owned(),
            scopes: scopes.to_vec(),
            user_page: base.join("-/user_settings/applications").to_string(),
            admin_page: base.join("admin/applications").to_string(),
            group_page: base.join("groups/GROUP/-/settings/applications").to_string(),
        }
    }

    /// The same as words' values: `address`, `name`, `redirect`, `scopes`, `confidential`, `user_page`, `admin_page`,
    /// `group_page`.
    #[must_use]
    pub fn values(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("address", self.address.as_str().to_owned()),
            ("name", self.name.clone()),
            ("redirect", self.redirect.clone()),
            ("scopes", self.scopes.join(" ")),
            // Confidential is GitLab's default and wants a secret (quirk 20).
            ("confidential", "false".to_owned()),
            ("user_page", self.user_page.clone()),
            ("admin_page", self.admin_page.clone()),
            ("group_page", self.group_page.clone()),
        ])
    }
}

impl Links {
    /// The application known for the GitLab at `base`: the instance's own, or the one this program was built with for
    /// GitLab.com.
    pub fn application(&self, base: &BaseUrl) -> Result<Option<KnownApplication>, Problem> {
        Ok(known(base, self.kept_instance(base)?.as_ref()))
    }

    /// What a person has to do to register LabLink on the GitLab at `base`.
    #[must_use]
    pub fn registering(&self, base: &BaseUrl, scopes: &[String]) -> Registering {
        Registering::new(base, scopes)
    }

    /// The registration that goes with an application ID on the GitLab at `base`. `AppNotSetUp` where another one, or
    /// none, is known there.
    pub(crate) async fn registration(
        &self,
        base: &BaseUrl,
        application_id: Option<&str>,
        scopes: &[String],
    ) -> Result<Registration, Problem> {
        let kept = self.kept_instance(base)?;
        let known = known(base, kept.as_ref())
            .ok_or_else(|| Problem::AppNotSetUp(Box::new(Registering::new(base, scopes))))?;
        let own = application_id.is_none_or(|id| id == known.application_id);
        let id = application_id.unwrap_or(&known.application_id);
        let secret = match kept {
            Some(kept) if own && kept.confidential => Some(self.application_secret(base, id).await?),
            // One that an earlier account was linked with: its secret stayed where it was, if it has one.
            _ if !own => self.application_secret(base, id).await.ok(),
            _ => None,
        };
        Ok(Registration {
            application_id: ApplicationId::read(id)?,
            secret,
        })
    }

    /// The registration of an application that may not be the instance's any more, or not yet.
    pub(crate) async fn registration_by_id(
        &self,
        base: &BaseUrl,
        id: &str,
        confidential: bool,
    ) -> Result<Registration, Problem> {
        let secret = if confidential {
            Some(self.application_secret(base, id).await?)
        } else {
            None
        };
        Ok(Registration {
            application_id: ApplicationId::read(id)?,
            secret,
        })
    }

    /// The secret of a confidential application. One that is gone has to be typed again.
    async fn application_secret(&self, base: &BaseUrl, id: &str) -> Result<ApplicationSecret, Problem> {
        let wrong = || Problem::AppSecretWrong {
            application_id: id.to_owned(),
        };
        let key = secret_key(base, id)?;
        // It lies where secrets went when it was typed, which may have been another place than today's.
        let places = [
            self.keychains().chosen(self.store()).await,
            self.keychains().at(Place::EncryptedFile).await,
            self.keychains().at(Place::SecretService).await,
        ];
        let mut problem = None;
        for place in places {
            let found = match place {
                Ok(vault) => vault.get(&key).await.map_err(Problem::from),
                Err(problem) => Err(problem),
            };
            match found {
                Ok(secret) => return ApplicationSecret::read(secret.expose()).map_err(|_| wrong()),
                Err(Problem::Keychain(VaultError::Missing)) => {}
                Err(other) => problem = problem.or(Some(other)),
            }
        }
        Err(problem.unwrap_or_else(wrong))
    }

    /// Keeps the secret of an application, before the instance says that it is confidential.
    pub(crate) async fn keep_application(
        &self,
        base: &BaseUrl,
        registration: &Registration,
    ) -> Result<(), Problem> {
        if let Some((key, secret)) = secret_record(base, registration)? {
            let vault = self.keychains().chosen(self.store()).await?;
            let label = credential::label(APPLICATION_NAME, &base.label());
            vault.put(&key, &label, secret).await?;
        }
        Ok(())
    }

    /// Removes the secret of an application that was typed for a login that does not stand, unless the instance has it.
    pub(crate) async fn remove_application(
        &self,
        base: &BaseUrl,
        application_id: &str,
        place: Place,
    ) -> Result<(), Problem> {
        let kept = self.kept_instance(base)?;
        if kept.is_some_and(|kept| kept.confidential && kept.client_id.as_deref() == Some(application_id)) {
            return Ok(());
        }
        let vault = self.keychains().at(place).await?;
        match vault.delete(&secret_key(base, application_id)?).await {
            Ok(()) | Err(VaultError::Missing) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the secret of an application nobody signs in with any more, from wherever it was put.
    pub(crate) async fn forget_application(
        &self,
        base: &BaseUrl,
        application_id: &str,
    ) -> Result<(), Problem> {
        let key = secret_key(base, application_id)?;
        self.keychains().chosen(self.store()).await?.delete(&key).await?;
        for place in [Place::EncryptedFile, Place::SecretService] {
            // It may have been typed while another place was the chosen one, which may not be here now.
            if let Ok(vault) = self.keychains().at(place).await
                && let Err(error) = vault.delete(&key).await
            {
                tracing::debug!(%error, "an application's secret may be left");
            }
        }
        Ok(())
    }

    pub(crate) fn kept_instance(&self, base: &BaseUrl) -> Result<Option<KeptInstance>, Problem> {
        self.store()
            .read(|db| instances::by_address(db, base.as_str()).map_err(Problem::from))
    }
}

/// What the vault keeps of a confidential application.
pub(crate) fn secret_record(
    base: &BaseUrl,
    registration: &Registration,
) -> Result<Option<(Key, Secret)>, Problem> {
    let Some(secret) = &registration.secret else {
        return Ok(None);
    };
    let key = secret_key(base, registration.application_id.as_str())?;
    Ok(Some((key, Secret::new(secret.expose().to_owned()))))
}

/// The vault's key for an application's secret: of the GitLab and the application together, so that the secret can
/// never be taken for that of another GitLab whose application calls itself the same.
fn secret_key(base: &BaseUrl, id: &str) -> Result<Key, VaultError> {
    let digest = Sha256::new()
        .chain_update(base.as_str())
        .chain_update([0])
        .chain_update(id)
        .finalize();
    let name = digest
        .iter()
        .take(24)
        .fold("registration-".to_owned(), |name, byte| {
            format!("{name}{byte:02x}")
        });
    Key::new(&name).map_err(|error| VaultError::Failed {
        detail: error.to_string(),
    })
}

fn known(base: &BaseUrl, kept: Option<&KeptInstance>) -> Option<KnownApplication> {
    let own = kept.and_then(|kept| {
        Some(KnownApplication {
            application_id: kept.client_id.clone()?,
            confidential: kept.confidential,
            scopes: kept.scopes.clone(),
        })
    });
    own.or_else(|| {
        let id = GITLAB_COM_APPLICATION_ID.filter(|_| base.as_str() == GITLAB_COM)?;
        Some(KnownApplication {
            application_id: ApplicationId::read(id).ok()?.as_str().to_owned(),
            confidential: false,
            scopes: None,
        })
    })
}
