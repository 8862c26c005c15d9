//! Ending an account's credential at GitLab: an access token by itself, an app login by its application (contract §2.6,
//! §3.9); and proving it dead by requests that must fail.

use std::time::Duration;

use gitlab::{BaseUrl, Client, GrantProblem, Proof, Refusal, Registration, Revoked, Token};
use vault::Place;

use crate::account::{AccountId, Method};
use crate::credential::{AppCredential, Credential};
use crate::links::Links;
use crate::looking::Look;
use crate::problem::Problem;
use crate::store::accounts::{self, KeptAccount};
use crate::store::revocations::KeptRevocation;

/// A credential that is to die, and the way to its GitLab. Cannot be printed.
pub(crate) struct Dying {
    base: BaseUrl,
    client: Client,
    secret: Secret,
}

enum Secret {
    Token(Token),
    App(Box<AppCredential>, Box<Registration>),
}

/// Whose credential it is: an account's, or that of one that is gone and waits to be revoked.
pub(crate) struct Holder<'a> {
    pub(crate) id: &'a AccountId,
    pub(crate) instance: i64,
    pub(crate) address: &'a str,
    pub(crate) user_id: u64,
    pub(crate) token_id: Option<u64>,
    pub(crate) method: Method,
    pub(crate) wanted: &'a [String],
    pub(crate) place: Place,
}

impl KeptAccount {
    pub(crate) fn holder(&self) -> Holder<'_> {
        Holder {
            id: &self.id,
            instance: self.instance,
            address: &self.address,
            user_id: self.told.user_id,
            token_id: self.told.token_id,
            method: self.method,
            wanted: &self.wanted,
            place: self.place,
        }
    }
}

impl KeptRevocation {
    pub(crate) fn holder(&self) -> Holder<'_> {
        Holder {
            id: &self.id,
            instance: self.instance,
            address: &self.address,
            user_id: self.user_id,
            token_id: self.token_id,
            method: self.method,
            wanted: &self.wanted,
            place: self.place,
        }
    }
}

impl Links {
    /// The credential. `patience`: how long GitLab is given for an answer, where that is less than usual.
    pub(crate) async fn dying(
        &self,
        holder: Holder<'_>,
        patience: Option<Duration>,
    ) -> Result<Dying, Problem> {
        let base: BaseUrl = holder.address.parse()?;
        let found = self.credential_at(holder.id, holder.place).await?;
        let secret = match found {
            Credential::Token(own) => Secret::Token(own.token),
            Credential::App(app) => {
                let id = Some(app.application_id.as_str());
                let registration = self.registration(&base, id, holder.wanted).await?;
                Secret::App(app, Box::new(registration))
            }
        };
        let mut connection = self.connection(&base, &Look::default())?;
        if let Some(patience) = patience {
            connection.timeouts.connect = connection.timeouts.connect.min(patience);
            connection.timeouts.whole = connection.timeouts.whole.min(patience);
        }
        Ok(Dying {
            client: Client::new(base.clone(), &connection)?,
            base,
            secret,
        })
    }
}

impl Links {
    /// Whether an account here holds the same token: by its number, or by itself where no number is told.
    pub(crate) async fn token_is_shared(&self, holder: &Holder<'_>) -> Result<bool, Problem> {
        // Every app login has tokens of its own.
        if holder.method == Method::App {
            return Ok(false);
        }
        let siblings = self.store().read(|db| {
            accounts::siblings(db, holder.instance, holder.user_id, holder.id).map_err(Problem::from)
        })?;
        let mut own = None;
        for sibling in siblings {
            if sibling.method == Method::App {
                continue;
            }
            if let (Some(one), Some(other)) = (holder.token_id, sibling.told.token_id) {
                if one == other {
                    return Ok(true);
                }
                continue;
            }
            if own.is_none() {
                let found = self.credential_at(holder.id, holder.place).await?;
                own = Some(found.into_access());
            }
            // A sibling whose secret cannot be read is given the benefit of the doubt.
            let same = match (&own, self.token_of(&sibling).await) {
                (Some(own), Ok(other)) => own.expose() == other.expose(),
                _ => true,
            };
            if same {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Dying {
    /// An access token.
    pub(crate) fn token(base: BaseUrl, client: Client, token: Token) -> Self {
        Self {
            base,
            client,
            secret: Secret::Token(token),
        }
    }

    /// An app login.
    pub(crate) fn login(
        base: BaseUrl,
        client: Client,
        login: AppCredential,
        registration: Registration,
    ) -> Self {
        Self {
            base,
            client,
            secret: Secret::App(Box::new(login), Box::new(registration)),
        }
    }

    /// Revokes it. What is dead already is fine.
    pub(crate) async fn revoke(&self) -> Result<Revoked, Problem> {
        match &self.secret {
            Secret::Token(token) => Box::pin(self.client.revoke_self(token))
                .await
                .map_err(|problem| Problem::at(&self.base, problem)),
            Secret::App(app, registration) => Box::pin(self.revoke_login(app, registration)).await,
        }
    }

    async fn revoke_login(
        &self,
        app: &AppCredential,
        registration: &Registration,
    ) -> Result<Revoked, Problem> {
        let tokens = [app.refresh.as_ref(), Some(&app.access)];
        let earlier = app
            .replaced
            .as_ref()
            .map(|old| old.refresh.as_ref().unwrap_or(&old.access));
        for token in tokens.into_iter().flatten().chain(earlier) {
            match Box::pin(self.client.revoke(registration, token)).await {
                Ok(()) => {}
                // An application that is gone, or whose secret was renewed, revokes nothing; its tokens may be dead.
                Err(GrantProblem::InvalidClient | GrantProblem::UnauthorizedClient) => {
                    return match Box::pin(self.prove_login_dead(app, registration)).await? {
                        Proof::Dead => Ok(Revoked::AlreadyDead),
                        Proof::StillAlive => Err(self.problem(registration, GrantProblem::InvalidClient)),
                    };
                }
                Err(problem) => return Err(self.problem(registration, problem)),
            }
        }
        Ok(Revoked::Now)
    }

    /// Proves it dead, by requests that must fail.
    pub(crate) async fn prove_dead(&self) -> Result<Proof, Problem> {
        match &self.secret {
            Secret::Token(token) => self.prove_token_dead(token).await,
            Secret::App(app, registration) => Box::pin(self.prove_login_dead(app, registration)).await,
        }
    }

    /// Whether it was revoked, by requests that change nothing: an app login whose access token is merely old does not
    /// look dead.
    pub(crate) async fn looks_dead(&self) -> Result<Proof, Problem> {
        match &self.secret {
            Secret::Token(token) => self.prove_token_dead(token).await,
            Secret::App(app, _) => match Box::pin(self.client.check_app(&app.access)).await {
                Err(gitlab::Problem::Refusal(Refusal::Revoked | Refusal::Unknown)) => Ok(Proof::Dead),
                Ok(_) | Err(gitlab::Problem::Refusal(_)) => Ok(Proof::StillAlive),
                Err(problem) => Err(Problem::at(&self.base, problem)),
            },
        }
    }

    async fn prove_token_dead(&self, token: &Token) -> Result<Proof, Problem> {
        Box::pin(self.client.prove_dead(token))
            .await
            .map_err(|problem| Problem::at(&self.base, problem))
    }

    /// An access token that does not work may merely be old: the refresh token must not work either. Should it work,
    /// what it gave is revoked, and the login is alive.
    async fn prove_login_dead(
        &self,
        app: &AppCredential,
        registration: &Registration,
    ) -> Result<Proof, Problem> {
        if self.prove_token_dead(&app.access).await? == Proof::StillAlive {
            return Ok(Proof::StillAlive);
        }
        let Some(refresh) = &app.refresh else {
            return Ok(Proof::Dead);
        };
        match Box::pin(self.client.refresh(registration, refresh)).await {
            Err(GrantProblem::InvalidGrant) => Ok(Proof::Dead),
            // The token was found before the client was looked at (contract §3.6).
            Err(GrantProblem::InvalidClient) => Ok(Proof::StillAlive),
            Ok(tokens) => {
                let given_back = Box::pin(self.client.revoke(registration, &tokens.access)).await;
                given_back.map_err(|problem| self.problem(registration, problem))?;
                Ok(Proof::StillAlive)
            }
            Err(problem) => Err(self.problem(registration, problem)),
        }
    }

    fn problem(&self, registration: &Registration, problem: GrantProblem) -> Problem {
        Problem::of_login(&self.base, &registration.application_id, problem)
    }
}
