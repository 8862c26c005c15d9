//! Tokens that came and are not kept yet. Whatever happens to the login, either they are kept or GitLab takes them
//! back: nothing is left behind.

use std::sync::Arc;

use gitlab::{Client, Registration, TokenSet};

/// How long GitLab is asked to take tokens back when nobody waits for it, all in all. A client's own deadline is
/// longer, and the tokens have an end of their own.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Fresh tokens. Cannot be printed. Dropped without [`keep`](Self::keep) they are revoked as long as there is a runtime.
pub(crate) struct SignedIn {
    client: Arc<Client>,
    registration: Arc<Registration>,
    tokens: Option<TokenSet>,
}

impl SignedIn {
    pub(crate) fn new(client: Arc<Client>, registration: Arc<Registration>, tokens: TokenSet) -> Self {
        Self {
            client,
            registration,
            tokens: Some(tokens),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    /// The tokens; `None` once they were kept or given back.
    pub(crate) fn tokens(&self) -> Option<&TokenSet> {
        self.tokens.as_ref()
    }

    /// They are in the vault: theirs is another life from here on.
    pub(crate) fn keep(&mut self) {
        self.tokens = None;
    }

    /// They will not be kept: GitLab takes them back before anybody is told why.
    pub(crate) async fn give_back(mut self) {
        if let Some(tokens) = self.tokens.take() {
            give_back(&self.client, &self.registration, &tokens).await;
        }
    }
}

impl Drop for SignedIn {
    fn drop(&mut self) {
        let Some(tokens) = self.tokens.take() else {
            return;
        };
        let (client, registration) = (Arc::clone(&self.client), Arc::clone(&self.registration));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { give_back(&client, &registration, &tokens).await });
        }
    }
}

/// Revoking one of a pair revokes both (contract §3.9); the other is sent where that failed.
async fn give_back(client: &Client, registration: &Registration, tokens: &TokenSet) {
    let given_back = tokio::time::timeout(PATIENCE, async {
        match (client.revoke(registration, &tokens.access).await, &tokens.refresh) {
            (Err(_), Some(refresh)) => client.revoke(registration, refresh).await,
            (done, _) => done,
        }
    });
    if matches!(given_back.await, Ok(Ok(()))) {
        tracing::info!("GitLab took back the tokens of a login that was not kept");
    } else {
        tracing::warn!("GitLab could not be told that a login was not kept; its tokens are forgotten");
    }
}
