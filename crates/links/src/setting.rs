//! Setting what is kept about a known instance: its app registration and how it is trusted.

use gitlab::{Authority, BaseUrl};
use rusqlite::Connection;

use crate::events::Event;
use crate::instance::{Instance, SetInstance, Source};
use crate::links::Links;
use crate::policy::managed_on_host;
use crate::problem::Problem;
use crate::registration::{application_id, are_scopes};
use crate::store::instances::{self, KeptInstance, Said};

impl Links {
    /// Sets what is given of a known instance. Asks no server. The secret of an application that gives way goes when no
    /// account needs it any more; where the keychain does not let it go now, the next start removes it.
    pub async fn set_instance(&self, set: &SetInstance) -> Result<Instance, Problem> {
        let base = gitlab::offline_base(&set.pasted)?;
        let client_id = set.client_id.as_deref().map(application_id).transpose()?;
        if !set.scopes.as_deref().is_none_or(are_scopes) {
            return Err(Problem::Scopes);
        }
        let plain = base.is_plain_http();
        let kept = self.store().write(|db| {
            let Some(kept) = instances::by_address(db, base.as_str())? else {
                return Err(Problem::InstanceNotFound {
                    address: base.as_str().to_owned(),
                });
            };
            refuse_locked(db, &base, Some(kept.source), set.authorities.is_some())?;
            let same_app = client_id.is_none() || client_id == kept.client_id;
            let said = Said {
                allow_http: kept.allow_http || (plain && set.allow_http),
                authorities: match &set.authorities {
                    Some(authorities) if !plain => authorities.iter().map(Authority::to_pem).collect(),
                    _ => kept.authorities.clone(),
                },
                // A secret belongs to one application.
                confidential: kept.confidential && same_app,
                client_id: client_id.clone().or_else(|| kept.client_id.clone()),
                scopes: set.scopes.clone().or_else(|| kept.scopes.clone()),
            };
            instances::set(db, kept.id, kept.source, &said)?;
            instances::by_id(db, kept.id).map_err(Problem::from)
        })?;
        self.tell(Event::InstancesChanged);
        Box::pin(self.forget_former_applications()).await;
        let kept: KeptInstance = kept.ok_or_else(|| Problem::InstanceNotFound {
            address: base.as_str().to_owned(),
        })?;
        kept.into_instance()
    }
}

/// Refuses to change a managed instance, and to say whom to trust on the host of one.
pub(crate) fn refuse_locked(
    db: &Connection,
    base: &BaseUrl,
    source: Option<Source>,
    trust: bool,
) -> Result<(), Problem> {
    if source == Some(Source::Managed) || (trust && managed_on_host(db, base)?.is_some()) {
        return Err(Problem::PolicyLocked {
            address: base.as_str().to_owned(),
        });
    }
    Ok(())
}
