//! Link profiles and what is known here: made of an instance, compared with it, taken. Never changes an instance that
//! exists unless told to replace, and never one that managed policy decides about.

use gitlab::{Authority, BaseUrl};
use rusqlite::Connection;

use super::LinkProfile;
use crate::account::WANTED;
use crate::events::Event;
use crate::instance::{Instance, Source};
use crate::links::Links;
use crate::policy::managed_on_host;
use crate::problem::Problem;
use crate::store::instances::{self, KeptInstance, Said};

/// What taking a profile would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Its GitLab is not known here: it would be added.
    New,
    /// All of it is known here: nothing would change.
    Same,
    /// Its GitLab, or another on the same host, would change.
    Differs(Vec<Difference>),
    /// Managed policy decides about its GitLab: nothing can change.
    Locked,
}

/// One thing a profile says otherwise than it is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The instance that would change.
    pub instance: BaseUrl,
    /// In what.
    pub terms: Terms,
    /// How it is, for people; `None`: not set.
    pub here: Option<String>,
    /// What it would be, for people.
    pub there: String,
}

/// In what an instance and a profile can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// The application ID.
    ApplicationId,
    /// Whether the application has a secret.
    Confidential,
    /// The scopes to ask for.
    Scopes,
    /// An authority to trust, for everything on that host and port.
    Authority,
}

/// What taking a profile did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Its GitLab was added.
    Added,
    /// Nothing was new.
    Unchanged,
    /// An instance was changed, as was asked.
    Replaced,
}

impl Terms {
    /// The word: `application_id`, `confidential`, `scopes`, `authority`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApplicationId => "application_id",
            Self::Confidential => "confidential",
            Self::Scopes => "scopes",
            Self::Authority => "authority",
        }
    }
}

impl Taken {
    /// The word: `added`, `unchanged`, `replaced`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Unchanged => "unchanged",
            Self::Replaced => "replaced",
        }
    }
}

impl Links {
    /// The link profile of a known instance with a public app registration.
    pub fn export_profile(&self, pasted: &str) -> Result<LinkProfile, Problem> {
        let base = gitlab::offline_base(pasted)?;
        let kept: Option<KeptInstance> = self
            .store()
            .read(|db| instances::by_address(db, base.as_str()).map_err(Problem::from))?;
        let kept = kept.ok_or_else(|| Problem::InstanceNotFound {
            address: base.as_str().to_owned(),
        })?;
        let address = kept.address.clone();
        let instance = kept.into_instance()?;
        let Some(application_id) = instance.client_id else {
            let wanted = WANTED.map(str::to_owned);
            return Err(Problem::AppNotSetUp(Box::new(self.registering(&base, &wanted))));
        };
        if instance.confidential {
            return Err(Problem::ProfileConfidential { address });
        }
        Ok(LinkProfile {
            address: instance.address,
            application_id,
            scopes: instance
                .scopes
                .unwrap_or_else(|| WANTED.map(str::to_owned).to_vec()),
            authorities: instance.authorities,
        })
    }

    /// What taking the profile would do now. Changes nothing.
    pub fn review_profile(&self, profile: &LinkProfile) -> Result<Review, Problem> {
        self.store().read(|db| review(db, profile))
    }

    /// Takes the profile. Without `replace` an instance that exists is left as it is, and the problem says in what it
    /// differs.
    pub fn take_profile(&self, profile: &LinkProfile, replace: bool) -> Result<(Instance, Taken), Problem> {
        let now = self.now();
        let address = profile.address.as_str();
        let (kept, taken) = self.store().write(|db| {
            let taken = match review(db, profile)? {
                Review::Locked => {
                    return Err(Problem::PolicyLocked {
                        address: address.to_owned(),
                    });
                }
                Review::Differs(differences) if !replace => {
                    return Err(Problem::ProfileConflict {
                        address: address.to_owned(),
                        differs: differences
                            .iter()
                            .map(|difference| difference.terms.as_str())
                            .collect(),
                    });
                }
                Review::Same => Taken::Unchanged,
                Review::New => Taken::Added,
                Review::Differs(_) => Taken::Replaced,
            };
            let before = instances::by_address(db, address)?;
            if taken != Taken::Unchanged {
                let said = said(profile, before.as_ref());
                match &before {
                    None => instances::add(db, address, Source::LinkProfile, &said, now)?,
                    Some(kept) if kept.source == Source::BuiltIn => {
                        instances::set(db, kept.id, Source::BuiltIn, &said)?;
                    }
                    Some(kept) => instances::set(db, kept.id, Source::LinkProfile, &said)?,
                }
            }
            let kept = instances::by_address(db, address)?;
            let kept = kept.ok_or_else(|| Problem::InstanceNotFound {
                address: address.to_owned(),
            })?;
            Ok((kept, taken))
        })?;
        if taken != Taken::Unchanged {
            self.tell(Event::InstancesChanged);
        }
        Ok((kept.into_instance()?, taken))
    }
}

/// What is kept of a profile, beside what the instance already had: consent and trust are added to, never taken.
fn said(profile: &LinkProfile, before: Option<&KeptInstance>) -> Said {
    let mut authorities = before.map(|kept| kept.authorities.clone()).unwrap_or_default();
    for pem in profile.authorities.iter().map(Authority::to_pem) {
        if !authorities.contains(&pem) {
            authorities.push(pem);
        }
    }
    Said {
        // Whoever wrote the profile cannot agree to plain http for whoever takes it.
        allow_http: before.is_some_and(|kept| kept.allow_http),
        authorities,
        client_id: Some(profile.application_id.clone()),
        confidential: false,
        scopes: Some(profile.scopes.clone()),
    }
}

fn review(db: &Connection, profile: &LinkProfile) -> Result<Review, Problem> {
    let base = &profile.address;
    let all = instances::all(db)?;
    let mut known = None;
    let mut neighbours = Vec::new();
    for kept in all {
        let address = kept.base()?;
        if address == *base {
            known = Some(kept);
        } else if address.host() == base.host() && address.port() == base.port() {
            neighbours.push((address, kept));
        }
    }
    if known.as_ref().is_some_and(|kept| kept.source == Source::Managed)
        || (!profile.authorities.is_empty() && managed_on_host(db, base)?.is_some())
    {
        return Ok(Review::Locked);
    }
    let mut differences = Vec::new();
    if let Some(kept) = &known {
        own_terms(profile, kept, &mut differences);
        trust(profile, base, kept, &mut differences)?;
    }
    // An authority is trusted for a host and port: also by whatever else is linked there.
    for (address, kept) in &neighbours {
        trust(profile, address, kept, &mut differences)?;
    }
    Ok(match (known, differences.is_empty()) {
        (None, true) => Review::New,
        (Some(_), true) => Review::Same,
        (_, false) => Review::Differs(differences),
    })
}

fn own_terms(profile: &LinkProfile, kept: &KeptInstance, differences: &mut Vec<Difference>) {
    let mut differ = |terms, here: Option<String>, there: String| {
        differences.push(Difference {
            instance: profile.address.clone(),
            terms,
            here,
            there,
        });
    };
    if kept.client_id.as_deref() != Some(profile.application_id.as_str()) {
        differ(
            Terms::ApplicationId,
            kept.client_id.clone(),
            profile.application_id.clone(),
        );
    }
    if kept.confidential {
        differ(
            Terms::Confidential,
            Some("with a secret".to_owned()),
            "without a secret".to_owned(),
        );
    }
    if kept.scopes.as_ref() != Some(&profile.scopes) {
        differ(
            Terms::Scopes,
            kept.scopes.as_ref().map(|scopes| scopes.join(" ")),
            profile.scopes.join(" "),
        );
    }
}

fn trust(
    profile: &LinkProfile,
    address: &BaseUrl,
    kept: &KeptInstance,
    differences: &mut Vec<Difference>,
) -> Result<(), Problem> {
    let trusted = kept.authorities()?;
    let describe = |authority: &Authority| {
        let subject = authority.subject().unwrap_or_default();
        format!("{subject} (SHA-256 {})", authority.sha256_fingerprint())
    };
    for authority in &profile.authorities {
        if !trusted.contains(authority) {
            differences.push(Difference {
                instance: address.clone(),
                terms: Terms::Authority,
                here: None,
                there: describe(authority),
            });
        }
    }
    Ok(())
}
