//! The doctor: one finding a line, one action each. Changes nothing but what a check remembers.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::account::{Account, AccountId, place_name};
use crate::health::Health;
use crate::keychain::Keychain;
use crate::links::Links;
use crate::looking::Look;
use crate::policy::Policy;
use crate::problem::{Problem, ProblemCode};
use crate::store::{accounts, intents, revocations, settings};

/// How long git may take to tell its version.
const GIT_PATIENCE: Duration = Duration::from_secs(5);

/// One thing the doctor looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub ok: Verdict,
    /// Which one: an address, a folder, a name.
    pub subject: String,
    /// What is wrong, where something is.
    pub problem: Option<Problem>,
    /// A fact worth telling: a version, a place.
    pub detail: Option<String>,
}

/// What the doctor looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// The home folder.
    Home,
    /// The database.
    Store,
    /// This computer's clock, where it is off.
    Clock,
    /// Managed policy, where there is one.
    Policy,
    /// The keychain.
    Keychain,
    /// The host's name.
    Dns,
    /// The proxy on the way.
    Proxy,
    /// The connection and its encryption.
    Tls,
    /// Whether a GitLab answers.
    GitLab,
    /// An account's token.
    Token {
        /// The account.
        name: String,
    },
    /// What an account may do.
    Scopes {
        /// The account.
        name: String,
    },
    /// A token that waits to be revoked; its account is gone.
    Revocation {
        /// The display name the account had.
        name: String,
    },
    /// git itself.
    Git,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Fine.
    Ok,
    /// Works, and wants attention.
    Warn,
    /// Does not work.
    Bad,
}

impl Links {
    /// Looks at everything: this installation, the GitLab of a pasted address (or all that have accounts), the
    /// accounts there, git.
    pub async fn doctor(&self, pasted: Option<&str>) -> Vec<Finding> {
        let mut findings = vec![
            self.home_finding(),
            self.store_finding(),
            self.keychain_finding().await,
        ];
        findings.extend(self.orphans_finding().await);
        findings.extend(self.policy_finding());
        let accounts = self.accounts().unwrap_or_default();
        let accounts = if let Some(pasted) = pasted {
            let (base, mut way) = Box::pin(self.way_to(pasted)).await;
            findings.append(&mut way);
            accounts
                .into_iter()
                .filter(|account| Some(&account.instance) == base.as_ref())
                .collect()
        } else {
            let addresses: BTreeSet<_> = accounts.iter().map(|account| account.instance.clone()).collect();
            for address in addresses {
                findings.append(&mut Box::pin(self.way_to(address.as_str())).await.1);
            }
            accounts
        };
        let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
        let accounts = Box::pin(self.check_these(&ids)).await.unwrap_or(accounts);
        findings.extend(clocks(&accounts));
        for account in accounts {
            findings.extend(account_findings(&account));
        }
        findings.extend(self.revocation_findings());
        findings.push(git().await);
        findings
    }

    fn revocation_findings(&self) -> Vec<Finding> {
        let waiting = self.revocations().unwrap_or_default().into_iter();
        let told = waiting.map(|one| Finding {
            ok: Verdict::Warn,
            ..finding(
                Check::Revocation { name: one.name },
                one.instance.label(),
                None,
                one.why.map(|why| why.to_string()),
            )
        });
        told.collect()
    }

    fn home_finding(&self) -> Finding {
        let subject = gitlab::shown(&self.home().root().display().to_string());
        finding(Check::Home, subject, self.home().create().err(), None)
    }

    fn store_finding(&self) -> Finding {
        let subject = gitlab::shown(&self.home().database().display().to_string());
        let read = self
            .store()
            .read(|db| settings::get(db, settings::SECRETS).map_err(Problem::from));
        finding(Check::Store, subject, read.err(), None)
    }

    fn policy_finding(&self) -> Option<Finding> {
        let (problem, detail) = match self.policy() {
            Policy::Absent => return None,
            Policy::InForce(instances) => {
                let labels: Vec<String> = instances.iter().map(gitlab::BaseUrl::label).collect();
                (None, Some(labels.join(", ")))
            }
            Policy::Broken { detail } => {
                let detail = detail.clone();
                (Some(Problem::PolicyBroken { detail }), None)
            }
        };
        let subject = gitlab::shown(&self.policy_file().display().to_string());
        Some(finding(Check::Policy, subject, problem, detail))
    }

    async fn keychain_finding(&self) -> Finding {
        let (subject, problem) = match self.keychain().await {
            Keychain::Ready { place } => (place_name(place), None),
            Keychain::Locked { place } => (place_name(place), Some(vault::VaultError::Locked.into())),
            Keychain::Absent => (
                "",
                Some(
                    vault::VaultError::Absent {
                        detail: "none was found".to_owned(),
                    }
                    .into(),
                ),
            ),
            Keychain::NeedsPassphrase { .. } => ("encrypted_file", Some(Problem::NeedsPassphrase)),
            Keychain::Broken { problem } => ("", Some(problem)),
        };
        finding(Check::Keychain, subject.to_owned(), problem, None)
    }

    /// What lies between here and a GitLab, as far as one discovery tells: all that comes before the failure works.
    async fn way_to(&self, pasted: &str) -> (Option<gitlab::BaseUrl>, Vec<Finding>) {
        let subject = gitlab::read_address(pasted)
            .ok()
            .and_then(|candidates| candidates.bases.first().map(gitlab::BaseUrl::label))
            .unwrap_or_else(|| gitlab::shown(pasted));
        let way = [Check::Dns, Check::Proxy, Check::Tls, Check::GitLab];
        match Box::pin(self.look(pasted, Look::default())).await {
            Ok(found) => {
                let subject = found.base.label();
                let findings = way.into_iter().map(|check| {
                    let plain =
                        check == Check::Tls && found.base.is_plain_http() && !found.base.is_loopback();
                    let consent = plain.then(|| Problem::HttpNeedsConsent {
                        host: found.base.host().to_owned(),
                    });
                    let ok = if plain { Verdict::Warn } else { Verdict::Ok };
                    Finding {
                        ok,
                        ..finding(check, subject.clone(), consent, None)
                    }
                });
                let findings = findings.collect();
                (Some(found.base), findings)
            }
            Err(problem) => {
                let at = failing(&problem);
                let before = way.into_iter().take_while(|check| *check != at);
                let mut findings: Vec<_> = before
                    .map(|check| finding(check, subject.clone(), None, None))
                    .collect();
                findings.push(finding(at, subject, Some(problem), None));
                (gitlab::offline_base(pasted).ok(), findings)
            }
        }
    }

    async fn orphans_finding(&self) -> Option<Finding> {
        let labels = self.orphans().await;
        let place = self.keychains().chosen(self.store()).await.ok()?.place();
        (!labels.is_empty()).then(|| Finding {
            ok: Verdict::Warn,
            ..finding(
                Check::Keychain,
                place_name(place).to_owned(),
                Some(Problem::SecretsOrphaned { labels }),
                None,
            )
        })
    }

    /// The labels of secrets in the keychain that belong to no account here: nobody would ever look for them again.
    /// None where the keychain cannot be asked without a person.
    pub async fn orphans(&self) -> Vec<String> {
        Box::pin(self.orphans_if_told()).await.unwrap_or_default()
    }

    async fn orphans_if_told(&self) -> Option<Vec<String>> {
        let vault = self.keychains().chosen(self.store()).await.ok()?;
        let listed = vault.list().await.ok()??;
        let known = self.ids_with_secrets().ok()?;
        let mut labels: Vec<String> = listed
            .into_iter()
            .filter(|one| {
                let id = one.item.strip_prefix("account-").and_then(|id| id.parse().ok());
                id.is_some_and(|id: AccountId| !known.contains(&id))
            })
            .map(|one| one.label)
            .collect();
        labels.sort();
        Some(labels)
    }

    /// The accounts that stand, and those being linked or unlinked.
    fn ids_with_secrets(&self) -> Result<BTreeSet<AccountId>, Problem> {
        self.store().read(|db| {
            let mut ids: BTreeSet<AccountId> = intents::accounts(db)?.into_iter().collect();
            ids.extend(accounts::all(db)?.into_iter().map(|account| account.id));
            // Those that wait to be revoked.
            ids.extend(revocations::all(db)?.into_iter().map(|one| one.id));
            Ok(ids)
        })
    }
}

/// The clock of this computer, where a GitLab's answers tell that it is off.
fn clocks(accounts: &[Account]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    accounts
        .iter()
        .filter_map(|account| Some((account, account.clock_ahead?)))
        .filter(|(account, _)| seen.insert(account.instance.clone()))
        .map(|(account, seconds)| Finding {
            ok: Verdict::Warn,
            ..finding(
                Check::Clock,
                account.instance.label(),
                Some(Problem::ClockOff { seconds }),
                None,
            )
        })
        .collect()
}

fn account_findings(account: &Account) -> Vec<Finding> {
    let (name, subject) = (account.name.clone(), account.instance.label());
    let (ok, detail) = match &account.health {
        Health::Linked | Health::TooNarrow { .. } => (Verdict::Ok, None),
        Health::Expiring { days } => (Verdict::Warn, Some(days.to_string())),
        Health::Unknown { why } => (Verdict::Warn, why.map(|why| why.to_string())),
        Health::Unreachable { why } | Health::Refused { why } => (Verdict::Bad, Some(why.to_string())),
        Health::Expired { .. } | Health::Revoked { .. } => (Verdict::Bad, None),
    };
    let detail = detail.map_or_else(
        || account.health.state().to_owned(),
        |detail| format!("{}: {detail}", account.health.state()),
    );
    let token = Finding {
        ok,
        ..finding(
            Check::Token { name: name.clone() },
            subject.clone(),
            None,
            Some(detail),
        )
    };
    if token.ok == Verdict::Bad {
        return vec![token];
    }
    let missing = (!account.missing.is_empty()).then(|| Problem::TooNarrow {
        missing: account.missing.clone(),
    });
    let ok = if missing.is_some() {
        Verdict::Warn
    } else {
        Verdict::Ok
    };
    let scopes = match &account.scopes {
        gitlab::Scopes::Known(scopes) => Some(scopes.join(" ")),
        gitlab::Scopes::Unknown => None,
    };
    vec![
        token,
        Finding {
            ok,
            ..finding(Check::Scopes { name }, subject, missing, scopes)
        },
    ]
}

/// The part of the way a problem of discovery lies in.
fn failing(problem: &Problem) -> Check {
    let code = problem.problem_code();
    match code {
        ProblemCode::NameNotFound => Check::Dns,
        ProblemCode::ProxyFailed => Check::Proxy,
        ProblemCode::ConnectionRefused
        | ProblemCode::ConnectionLost
        | ProblemCode::Unreachable
        | ProblemCode::Silent
        | ProblemCode::HttpNeedsConsent => Check::Tls,
        _ if code.as_str().starts_with("certificate_") => Check::Tls,
        _ if code.as_str().starts_with("address_") => Check::Dns,
        _ => Check::GitLab,
    }
}

fn finding(check: Check, subject: String, problem: Option<Problem>, detail: Option<String>) -> Finding {
    let ok = if problem.is_some() {
        Verdict::Bad
    } else {
        Verdict::Ok
    };
    Finding {
        check,
        ok,
        subject,
        problem,
        detail,
    }
}

async fn git() -> Finding {
    let asked = Command::new("git")
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let (problem, detail) = match timeout(GIT_PATIENCE, asked).await {
        Ok(Ok(output)) if output.status.success() => (
            None,
            Some(gitlab::shown(&String::from_utf8_lossy(&output.stdout))),
        ),
        Ok(Ok(output)) => (Some(output.status.to_string()), None),
        Ok(Err(error)) => (Some(error.to_string()), None),
        Err(_) => (Some("it does not answer".to_owned()), None),
    };
    let problem = problem.map(|detail| Problem::GitMissing { detail });
    finding(Check::Git, "git".to_owned(), problem, detail)
}
