//! Trusting another authority for a GitLab that is known: what a person is to look at first, and keeping it for that one
//! GitLab. What is kept is what was shown, whatever the server presents by then.

use gitlab::{Authority, BaseUrl, Unanswered};
use rusqlite::Connection;

use crate::account::AccountId;
use crate::events::Event;
use crate::links::{Links, gone};
use crate::looking::Look;
use crate::problem::Problem;
use crate::setting::refuse_locked;
use crate::store::instances::{self, KeptInstance, Said};
use crate::store::{accounts, ledger};

/// What a GitLab presents that nobody here trusts.
#[derive(Debug, Clone)]
pub struct Presented {
    /// What is wrong with its certificate, with the facts of it.
    pub problem: Problem,
    /// Who vouches for the certificate: the authority that signed it, or the certificate where it signed itself.
    pub authority: Authority,
    /// The authorities trusted for this GitLab until now, which would be trusted no longer.
    pub instead_of: Vec<Authority>,
}

impl Links {
    /// Asks the GitLab of an account for its certificate; no credential is sent. `None`: there is nothing wrong with it
    /// any more.
    ///
    /// # Errors
    /// [`Problem::PolicyLocked`] where the GitLab is managed; [`Problem::AuthorityNotSent`] where there is nobody to be
    /// trusted; what else is wrong with the certificate or the way there, which no trust would mend.
    pub async fn presented(&self, id: &AccountId) -> Result<Option<Presented>, Problem> {
        let (base, instance) = self.store().read(|db| its_gitlab(db, id))?;
        let tls = match self.look(base.as_str(), Look::default()).await {
            Ok(_) => return Ok(None),
            Err(Problem::Unanswered(Unanswered::Tls(tls))) => tls,
            Err(problem) => return Err(problem),
        };
        let authority = tls
            .authority_pem()
            .and_then(|pem| Authority::from_pem(pem.as_bytes()).ok())
            .and_then(|all| all.into_iter().next());
        let (host, issuer) = (tls.host.clone(), tls.issuer.clone());
        let problem = Problem::Unanswered(Unanswered::Tls(tls));
        if !problem.problem_code().asks_whom_to_trust() {
            return Err(problem);
        }
        Ok(Some(Presented {
            problem,
            authority: authority.ok_or(Problem::AuthorityNotSent { host, issuer })?,
            instead_of: instance.into_instance()?.authorities,
        }))
    }

    /// Trusts this authority for the GitLab of an account, instead of those that were trusted for it so far. Asks no
    /// server. Answers all accounts there: they may work again.
    ///
    /// # Errors
    /// [`Problem::PolicyLocked`] where the GitLab is managed.
    pub fn trust(&self, id: &AccountId, authority: &Authority) -> Result<Vec<AccountId>, Problem> {
        let now = self.now();
        let there = self.store().write(|db| {
            let (_, kept) = its_gitlab(db, id)?;
            let said = Said {
                allow_http: kept.allow_http,
                authorities: vec![authority.to_pem()],
                client_id: kept.client_id,
                confidential: kept.confidential,
                scopes: kept.scopes,
            };
            instances::set(db, kept.id, kept.source, &said)?;
            let mut there = Vec::new();
            for account in accounts::all(db)? {
                if account.instance == kept.id {
                    let who = authority.subject();
                    ledger::add(
                        db,
                        now,
                        &account.id,
                        &account.name,
                        "authority_trusted",
                        who.as_deref(),
                    )?;
                    there.push(account.id);
                }
            }
            Ok::<_, Problem>(there)
        })?;
        self.tell(Event::InstancesChanged);
        self.tell(Event::AccountsChanged);
        Ok(there)
    }
}

/// The GitLab of an account, unless managed policy says whom to trust there.
fn its_gitlab(db: &Connection, id: &AccountId) -> Result<(BaseUrl, KeptInstance), Problem> {
    let account = accounts::by_id(db, id)?.ok_or_else(gone)?;
    let kept = instances::by_id(db, account.instance)?.ok_or_else(gone)?;
    let base = kept.base()?;
    refuse_locked(db, &base, Some(kept.source), true)?;
    Ok((base, kept))
}
