//! Trading a code or a refresh token for tokens, and giving tokens back. Each call is exactly one request, and one more
//! where a login's tokens have to go back at once.

use std::time::Duration;

use tokio::time::timeout;

use super::carry::{post, post_for_nothing};
use super::form::{self, Form};
use super::loose::Told;
use super::tokens::OtherType;
use super::{AuthorizationRequest, Code, GrantProblem, Registration, TokenSet};
use crate::client::Client;
use crate::token::Token;
use crate::wire::deadline;

/// How long GitLab is asked to take back tokens that cannot be used: a person waits to be told.
const GIVING_BACK: Duration = Duration::from_secs(20);

impl Client {
    /// Trades the code of `request` for tokens. One request, never repeated: newer servers revoke what a code gave
    /// when it comes a second time (contract §3.13). [`GrantProblem::InvalidGrant`] may be transient (quirk 15), but the
    /// way on is a new login.
    pub async fn exchange_code(
        &self,
        registration: &Registration,
        request: &AuthorizationRequest,
        code: Code,
    ) -> Result<TokenSet, GrantProblem> {
        let form = form::exchange(&self.base, registration, request, &code)?;
        let asked_at = now();
        let told = post(&self.reach, &form, deadline(&self.reach)).await?;
        self.signed_in(registration, &told, &form, asked_at).await
    }

    /// Trades a refresh token for new tokens; the old ones are dead from then on (quirk 11). One request, never
    /// repeated here: whoever keeps the tokens knows what was stored. Tokens of another type than `Bearer` are given as
    /// they are: this login's were bearer tokens, and the old ones are gone.
    pub async fn refresh(
        &self,
        registration: &Registration,
        refresh: &Token,
    ) -> Result<TokenSet, GrantProblem> {
        let form = form::refresh(&self.base, registration, refresh)?;
        let asked_at = now();
        let told = post(&self.reach, &form, deadline(&self.reach)).await?;
        TokenSet::of(&told, &form, asked_at, OtherType::Overlooked)
    }

    /// Gives a token back; GitLab revokes the access and the refresh token of its grant. "Yes" proves nothing
    /// (quirk 28): [`Client::prove_dead`] does.
    pub async fn revoke(&self, registration: &Registration, token: &Token) -> Result<(), GrantProblem> {
        let form = form::revoke(&self.base, registration, token);
        post_for_nothing(&self.reach, &form, deadline(&self.reach)).await
    }

    /// Reads the answer to a login. Tokens that will not do live at GitLab all the same: it takes them back before
    /// anybody is told.
    pub(super) async fn signed_in(
        &self,
        registration: &Registration,
        told: &Told,
        form: &Form,
        asked_at: i64,
    ) -> Result<TokenSet, GrantProblem> {
        let set = TokenSet::of(told, form, asked_at, OtherType::Refused);
        if set.is_err() {
            // Where GitLab does not answer, the tokens are forgotten; they have an end of their own.
            let _ = timeout(GIVING_BACK, self.give_back(registration, told)).await;
        }
        set
    }

    /// Revoking one of a pair revokes both (contract §3.9); the other is sent where the first cannot be read or that
    /// failed.
    async fn give_back(&self, registration: &Registration, told: &Told) {
        for field in [&told.access_token, &told.refresh_token] {
            if let Some(token) = field.text().and_then(|text| Token::read(text).ok())
                && self.revoke(registration, &token).await.is_ok()
            {
                return;
            }
        }
    }
}

/// This computer's clock, in seconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
