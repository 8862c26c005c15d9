//! Trading a code or a refresh token for tokens, and giving tokens back. Each call is exactly one request.

use super::carry::{post, post_for_nothing};
use super::form::{self, Form};
use super::{AuthorizationRequest, Code, GrantProblem, Registration, TokenSet};
use crate::client::Client;
use crate::token::Token;
use crate::wire::deadline;

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
        self.tokens(&form).await
    }

    /// Trades a refresh token for new tokens; the old ones are dead from then on (quirk 11). One request, never
    /// repeated here: whoever keeps the tokens knows what was stored.
    pub async fn refresh(
        &self,
        registration: &Registration,
        refresh: &Token,
    ) -> Result<TokenSet, GrantProblem> {
        let form = form::refresh(&self.base, registration, refresh)?;
        self.tokens(&form).await
    }

    /// Gives a token back; GitLab revokes the access and the refresh token of its grant. "Yes" proves nothing
    /// (quirk 28): [`Client::prove_dead`] does.
    pub async fn revoke(&self, registration: &Registration, token: &Token) -> Result<(), GrantProblem> {
        let form = form::revoke(&self.base, registration, token);
        post_for_nothing(&self.reach, &form, deadline(&self.reach)).await
    }

    async fn tokens(&self, form: &Form) -> Result<TokenSet, GrantProblem> {
        let asked_at = now();
        let told = post(&self.reach, form, deadline(&self.reach)).await?;
        TokenSet::of(&told, form, asked_at)
    }
}

/// This computer's clock, in seconds since 1970.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
