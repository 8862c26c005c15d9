//! The forms that are posted to GitLab, written by the `oauth2` crate where it can. Credentials are in the form and
//! nowhere else: two ways at once are refused by newer servers (contract §3.13).

use std::borrow::Cow;
use std::fmt;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse, TokenUrl,
};
use url::Url;
use zeroize::Zeroizing;

use super::request::named;
use super::{ApplicationId, AuthorizationRequest, Code, GrantProblem, Registration};
use crate::base_url::BaseUrl;
use crate::token::Token;

/// A form and where it goes.
pub(super) struct Form {
    pub(super) to: Url,
    pub(super) fields: Zeroizing<Vec<u8>>,
}

type Writer = BasicClient<EndpointNotSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// The `grant_type` of RFC 8628 §3.4.
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `authorization_code` (contract §3.6).
pub(super) fn exchange(
    base: &BaseUrl,
    registration: &Registration,
    request: &AuthorizationRequest,
    code: &Code,
) -> Result<Form, GrantProblem> {
    let redirect =
        RedirectUrl::new(request.redirect().as_str().to_owned()).map_err(|_| GrantProblem::InvalidRequest)?;
    let writer = writer(base, &registration.application_id, registration.secret_text());
    let written = writer
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(request.verifier().to_owned()))
        .set_redirect_uri(Cow::Owned(redirect))
        .request(&keep);
    form(base.join("oauth/token"), written)
}

/// `refresh_token` (contract §3.6). No scope is sent: the same as before is wanted.
pub(super) fn refresh(
    base: &BaseUrl,
    registration: &Registration,
    refresh: &Token,
) -> Result<Form, GrantProblem> {
    let token = RefreshToken::new(refresh.expose().to_owned());
    let written = writer(base, &registration.application_id, registration.secret_text())
        .exchange_refresh_token(&token)
        .request(&keep);
    drop(Zeroizing::new(token.into_secret()));
    form(base.join("oauth/token"), written)
}

/// The request for a device code (contract §3.8).
pub(super) fn device(base: &BaseUrl, id: &ApplicationId, scopes: &[String]) -> Result<Form, GrantProblem> {
    let written: Result<StandardDeviceAuthorizationResponse, _> = writer(base, id, None)
        .exchange_device_code()
        .add_scopes(named(scopes).map(Scope::new))
        .request(&keep);
    form(base.join("oauth/authorize_device"), written)
}

/// One poll for a device's tokens (contract §3.8). Written here: the crate polls by a clock of its own.
pub(super) fn poll(base: &BaseUrl, registration: &Registration, device_code: &str) -> Form {
    by_hand(
        base.join("oauth/token"),
        registration,
        &[("grant_type", DEVICE), ("device_code", device_code)],
    )
}

/// A revocation (contract §3.9). Written here: the crate refuses http, which a loopback address may be reached by.
pub(super) fn revoke(base: &BaseUrl, registration: &Registration, token: &Token) -> Form {
    by_hand(
        base.join("oauth/revoke"),
        registration,
        &[("token", token.expose())],
    )
}

fn by_hand(to: Url, registration: &Registration, own: &[(&str, &str)]) -> Form {
    let mut fields = url::form_urlencoded::Serializer::new(String::new());
    fields.extend_pairs(own);
    fields.append_pair("client_id", registration.application_id.as_str());
    if let Some(secret) = registration.secret_text() {
        fields.append_pair("client_secret", secret);
    }
    Form {
        to,
        fields: Zeroizing::new(fields.finish().into_bytes()),
    }
}

fn writer(base: &BaseUrl, id: &ApplicationId, secret: Option<&str>) -> Writer {
    let client = BasicClient::new(ClientId::new(id.as_str().to_owned()))
        .set_device_authorization_url(DeviceAuthorizationUrl::from_url(
            base.join("oauth/authorize_device"),
        ))
        .set_token_uri(TokenUrl::from_url(base.join("oauth/token")))
        .set_auth_type(AuthType::RequestBody);
    match secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.to_owned())),
        None => client,
    }
}

/// The crate hands its request to a client; this one keeps the form instead of sending it.
fn keep(request: HttpRequest) -> Result<HttpResponse, Kept> {
    Err(Kept(Zeroizing::new(request.into_body())))
}

struct Kept(Zeroizing<Vec<u8>>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was kept")
    }
}

impl std::error::Error for Kept {}

fn form<T, E: oauth2::ErrorResponse>(
    to: Url,
    written: Result<T, RequestTokenError<Kept, E>>,
) -> Result<Form, GrantProblem> {
    match written {
        Err(RequestTokenError::Request(Kept(fields))) => Ok(Form { to, fields }),
        _ => Err(GrantProblem::InvalidRequest),
    }
}

impl Registration {
    fn secret_text(&self) -> Option<&str> {
        self.secret.as_ref().map(super::ApplicationSecret::expose)
    }
}
