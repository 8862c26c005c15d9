//! One authorization request: what the browser is opened with, and what has to come back.

use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, basic::BasicClient};
use subtle::ConstantTimeEq;
use url::Url;
use zeroize::Zeroizing;

use super::{ApplicationId, RedirectUri};
use crate::base_url::BaseUrl;

/// How many random bytes `state` and the verifier are made of: 256 bits, 43 characters (RFC 7636 §4.1 wants no fewer).
const RANDOM_BYTES: u32 = 32;

/// One authorization request (RFC 6749 §4.1.1) with PKCE S256 (RFC 7636), a `state` of 256 bits and its scopes named.
/// Carries secrets: cannot be printed, serialized or copied.
pub struct AuthorizationRequest {
    base: BaseUrl,
    url: Url,
    redirect: RedirectUri,
    state: State,
    verifier: Zeroizing<String>,
}

/// The text that proves that an answer belongs to a request.
#[derive(Clone)]
pub(crate) struct State(Zeroizing<String>);

impl State {
    /// Compares without telling by its duration how much was right.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl AuthorizationRequest {
    /// A request to the GitLab at `base`, whose page lies below it whatever the discovery document says (contract
    /// §1.4, quirk 24).
    ///
    /// The scopes are always sent, since GitLab takes "none" for `api` (quirk 22): an empty list asks for
    /// `read_user`, the least an account can be known by.
    #[must_use]
    pub fn new(base: &BaseUrl, id: &ApplicationId, redirect: &RedirectUri, scopes: &[String]) -> Self {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256_len(RANDOM_BYTES);
        let state = CsrfToken::new_random_len(RANDOM_BYTES);
        let client = BasicClient::new(ClientId::new(id.as_str().to_owned()))
            .set_auth_uri(AuthUrl::from_url(base.join("oauth/authorize")));
        let mut asking = client
            .authorize_url(|| state)
            .add_scopes(named(scopes).map(Scope::new))
            .set_pkce_challenge(challenge);
        // Cannot fail: a loopback address with a port is an address.
        if let Ok(redirect) = RedirectUrl::new(redirect.as_str().to_owned()) {
            asking = asking.set_redirect_uri(std::borrow::Cow::Owned(redirect));
        }
        let (url, state) = asking.url();
        Self {
            base: base.clone(),
            url,
            redirect: redirect.clone(),
            state: State(Zeroizing::new(state.into_secret())),
            verifier: Zeroizing::new(verifier.into_secret()),
        }
    }

    /// The page to open in the browser. Carries `state`, so it goes to the browser and to nobody else.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether `text` is this request's `state`; takes the same time however much of it is right.
    #[must_use]
    pub fn state_matches(&self, text: &str) -> bool {
        self.state.matches(text)
    }

    /// The GitLab it is made to.
    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn redirect(&self) -> &RedirectUri {
        &self.redirect
    }

    pub(crate) fn verifier(&self) -> &str {
        &self.verifier
    }
}

/// The scopes as they are sent: single names, at least one.
pub(crate) fn named(scopes: &[String]) -> impl Iterator<Item = String> {
    let mut names: Vec<String> = Vec::new();
    for name in scopes.iter().flat_map(|scope| scope.split_whitespace()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        names.push("read_user".to_owned());
    }
    names.into_iter()
}
