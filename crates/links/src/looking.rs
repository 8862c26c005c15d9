//! Finding the GitLab somebody means, and keeping what is known about how to reach it.

use gitlab::{
    Authority, BaseUrl, Client, Connection, Discovery, Found, Identity, Refusal, Software, Token, Wall,
};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::events::Event;
use crate::instance::{AddInstance, Instance, Source};
use crate::links::Links;
use crate::policy::managed_on_host;
use crate::problem::Problem;
use crate::registration::application_id;
use crate::setting::refuse_locked;
use crate::store::instances::{self, KeptInstance, NewInstance};
use crate::store::revocations;

/// What the person agreed to for the address that is looked at, beside what is kept for known instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Consent to plain http, for this host.
    pub allow_http: bool,
    /// Authorities to trust, for this GitLab only.
    pub authorities: Vec<Authority>,
}

impl Links {
    /// Finds the GitLab a pasted text stands for, by asking. No credential is sent.
    pub async fn look(&self, pasted: &str, how: Look) -> Result<Found, Problem> {
        let candidates = gitlab::read_address(pasted)?;
        let Some(first) = candidates.bases.first() else {
            return Err(gitlab::AddressProblem::NotAnAddress.into());
        };
        let connection = self.connection(first, &how)?;
        found(gitlab::discover(&candidates, &connection).await)
    }

    /// Adds an instance, or adds to a known one what is new. Asks the server unless told to believe the address.
    pub async fn add_instance(&self, add: AddInstance) -> Result<Instance, Problem> {
        let how = Look {
            allow_http: add.allow_http,
            authorities: add.authorities.clone(),
        };
        let base = if add.offline {
            let base = gitlab::offline_base(&add.pasted)?;
            // The same consent as with asking: what is added is used with a token later.
            Client::new(base.clone(), &self.connection(&base, &how)?)?
                .base()
                .clone()
        } else {
            self.look(&add.pasted, how.clone()).await?.base
        };
        let client_id = add.client_id.as_deref().map(application_id).transpose()?;
        let new = new_instance(&base, &how, client_id, None);
        let now = self.now();
        let kept: Option<KeptInstance> = self.store().write(|db| {
            let before = instances::by_address(db, base.as_str())?.map(|kept| kept.source);
            refuse_locked(db, &base, before, !add.authorities.is_empty() || add.allow_http)?;
            let id = instances::put(db, &new, Source::Typed, now)?;
            instances::by_id(db, id).map_err(Problem::from)
        })?;
        self.tell(Event::InstancesChanged);
        Box::pin(self.forget_former_applications()).await;
        kept.ok_or_else(|| Problem::InstanceNotFound {
            address: base.as_str().to_owned(),
        })?
        .into_instance()
    }

    /// Forgets an instance on which no account is linked, and the secret of its app registration. GitLab.com stays.
    pub async fn remove_instance(&self, address: &str) -> Result<(), Problem> {
        let base = gitlab::offline_base(address)?;
        let kept = self.store().read(|db| removable(db, &base))?;
        if let Some(id) = kept.client_id.filter(|_| kept.confidential) {
            // First, for nobody would ever look for it again: where the keychain refuses it the instance stays.
            self.forget_application(&base, &id).await?;
        }
        self.store().write(|db| {
            let kept = removable(db, &base)?;
            instances::remove(db, kept.id).map_err(Problem::from)
        })?;
        self.tell(Event::InstancesChanged);
        Ok(())
    }

    /// How the host of `base` is reached: what is kept for instances on that host and port, and what was agreed to now,
    /// unless managed policy decides how that host is trusted.
    pub(crate) fn connection(&self, base: &BaseUrl, how: &Look) -> Result<Connection, Problem> {
        let mut connection = self.base_connection().clone();
        let (kept, managed) = self.store().read(|db| {
            let managed = managed_on_host(db, base)?.is_some();
            Ok::<_, Problem>((instances::all(db)?, managed))
        })?;
        if !managed {
            connection.allow_plain_http |= how.allow_http;
            connection
                .extra_authorities
                .extend(how.authorities.iter().cloned());
        }
        for instance in kept {
            let known = instance.base()?;
            if known.host() == base.host() && known.port() == base.port() {
                connection.allow_plain_http |= instance.allow_http;
                for authority in instance.authorities()? {
                    if !connection.extra_authorities.contains(&authority) {
                        connection.extra_authorities.push(authority);
                    }
                }
            }
        }
        Ok(connection)
    }

    /// A client for the GitLab at `base`.
    pub(crate) fn client(&self, base: &BaseUrl, how: &Look) -> Result<Client, Problem> {
        Ok(Client::new(base.clone(), &self.connection(base, how)?)?)
    }

    /// Asks GitLab who a token is: one round trip.
    pub(crate) async fn identify(
        &self,
        found: &Found,
        how: &Look,
        token: &Token,
    ) -> Result<Identity, Problem> {
        let client = self.client(&found.base, how)?;
        let identity = Box::pin(client.identify(token, found.probe))
            .await
            .map_err(
                |problem| match (Problem::at(&found.base, problem), token.suspected_kind()) {
                    (Problem::Refusal(Refusal::Unknown), Some(kind)) => Problem::WrongKind { kind },
                    (problem, _) => problem,
                },
            )?;
        // By the server's own clock, as far as it told: ours may be another one.
        if is_over(&identity, client.server_time().unwrap_or_else(|| self.now())) {
            return Err(Refusal::Expired.into());
        }
        Ok(identity)
    }
}

/// The instance, unless something keeps it here.
fn removable(db: &rusqlite::Connection, base: &BaseUrl) -> Result<KeptInstance, Problem> {
    let Some(kept) = instances::by_address(db, base.as_str())? else {
        return Err(Problem::InstanceNotFound {
            address: base.as_str().to_owned(),
        });
    };
    refuse_locked(db, base, Some(kept.source), false)?;
    if kept.source == Source::BuiltIn {
        return Err(Problem::InstanceBuiltIn {
            address: kept.address,
        });
    }
    if kept.accounts > 0 || revocations::any_at(db, kept.id)? {
        return Err(Problem::InstanceInUse {
            address: kept.address,
            accounts: kept.accounts,
        });
    }
    Ok(kept)
}

/// Whether a token's last day has passed by the clock of the server that told it, whatever else it says (contract §2.9).
fn is_over(identity: &Identity, there: Timestamp) -> bool {
    let ends = identity.token.expires_on.as_deref().and_then(|day| {
        let start = day.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(start.timestamp())
    });
    ends.is_some_and(|ends| ends <= there)
}

/// What is kept about an instance that was added or linked on. Consent and trust are kept only where they matter.
pub(crate) fn new_instance(
    base: &BaseUrl,
    how: &Look,
    client_id: Option<String>,
    version: Option<String>,
) -> NewInstance {
    let plain = base.is_plain_http();
    NewInstance {
        address: base.as_str().to_owned(),
        allow_http: plain && how.allow_http,
        authorities: if plain {
            Vec::new()
        } else {
            how.authorities.iter().map(Authority::to_pem).collect()
        },
        client_id,
        version,
    }
}

/// A discovery's verdict as a GitLab or a problem.
fn found(discovery: Discovery) -> Result<Found, Problem> {
    match discovery {
        Discovery::GitLab(found) => Ok(found),
        Discovery::NotGitLab { software, base } => Err(Problem::NotGitLab {
            host: base.label(),
            software: match &software {
                Software::Html | Software::Json | Software::OtherWeb { .. } => String::new(),
                named => named.to_string(),
            },
            detail: software.to_string(),
        }),
        Discovery::SignInWall { base, kind, host } => Err(Problem::SignInWall {
            host: base.label(),
            detail: wall(kind, host.as_deref()),
        }),
        Discovery::RedirectElsewhere { to, loop_, .. } => {
            Err(Problem::RedirectElsewhere { to, circle: loop_ })
        }
        Discovery::Unanswered(unanswered) => Err(unanswered.into()),
        Discovery::Unusable(unusable) => Err(unusable.into()),
        Discovery::NeedsHttpConsent { host } => Err(Problem::HttpNeedsConsent { host }),
    }
}

pub(crate) fn wall(kind: Wall, host: Option<&str>) -> String {
    let how = match kind {
        Wall::Basic => "it asks for HTTP Basic or Digest credentials",
        Wall::Negotiate => "it asks for Kerberos or NTLM",
        Wall::IdentityProvider => "it sends people to an identity provider",
        Wall::HtmlLogin => "it shows a page with a password field",
        Wall::Network => "the network wants a sign-in first; any web page in a browser shows it",
        Wall::Unnamed => "it refuses and does not say how to sign in",
    };
    host.map_or_else(|| how.to_owned(), |host| format!("{how}: {host}"))
}
