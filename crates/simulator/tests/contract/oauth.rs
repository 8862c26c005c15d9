//! Contract §3.1 to §3.9 and §3.12: authorization by a person, tokens, refresh, revocation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use simulator::Options;
use url::Url;

use crate::browser::Browser;
use crate::here::{Answer, Here, send};

const REDIRECT: &str = "http://127.0.0.1:4711/callback";
const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

/// One of the two applications of the start.
struct App {
    id: String,
    secret: Option<String>,
}

impl App {
    fn of(here: &Here, confidential: bool) -> Self {
        let applications = &here.running.ready().applications;
        let found = applications
            .iter()
            .find(|application| application.confidential == confidential)
            .unwrap();
        Self {
            id: found.application_id.clone(),
            secret: found.secret.clone(),
        }
    }

    fn url(&self, here: &Here, more: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&here.url("/oauth/authorize")).unwrap();
        let usual = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "api"),
        ];
        for (name, value) in usual
            .iter()
            .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        {
            url.query_pairs_mut().append_pair(name, value);
        }
        for (name, value) in more.iter().filter(|(_, value)| *value != LEFT_OUT) {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.into()
    }

    /// Asks the token endpoint, with the secret if there is one.
    async fn token(&self, here: &Here, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("client_id", self.id.as_str())];
        fields.extend(
            self.secret
                .iter()
                .map(|secret| ("client_secret", secret.as_str())),
        );
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend(more.iter().copied().filter(|(_, value)| *value != LEFT_OUT));
        send(here.http.post(here.url("/oauth/token")).form(&fields)).await
    }

    async fn exchange(&self, here: &Here, code: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
        ];
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend(more.iter().copied());
        self.token(here, &fields).await
    }

    async fn refresh(&self, here: &Here, token: &str, more: &[(&str, &str)]) -> Answer {
        let fields = [&[("grant_type", "refresh_token"), ("refresh_token", token)], more].concat();
        self.token(here, &fields).await
    }

    /// A code that ada approved.
    async fn code(&self, here: &Here, more: &[(&str, &str)]) -> String {
        let browser = Browser::new(here);
        let page = browser.open_signed_in(here, &self.url(here, more), "ada").await;
        code_of(&browser.press(here, &page, "Authorize", &[]).await)
    }

    /// A pair of tokens that ada approved.
    async fn linked(&self, here: &Here) -> Value {
        let code = self.code(here, &[]).await;
        let answer = self.exchange(here, &code, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

const LEFT_OUT: &str = "\u{0}left out";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()))
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", answer.text);
    parameter(answer.header("location").unwrap(), "code").unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn failed(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (status, &json!(code)),
        "{}",
        answer.text
    );
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with(&format!("Bearer realm=\"Doorkeeper\", error=\"{code}\"")),
        "{challenge}"
    );
}

async fn user(here: &Here, token: &Value) -> Answer {
    send(here.api(Method::GET, "/user", "").bearer_auth(text(token))).await
}

#[tokio::test]
async fn a_person_signs_in_consents_and_the_client_gets_tokens() {
    let options = Options {
        subpath: "/gitlab".to_owned(),
        ..Options::default()
    };
    let here = Here::start(options).await;
    let app = App::of(&here, false);
    let browser = Browser::new(&here);
    let more = [
        ("state", "a b&c=\"d\""),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
    ];
    let page = browser.open_signed_in(&here, &app.url(&here, &more), "ada").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Desk client") && page.text.contains("<li>api</li>"));
    let back = browser.press(&here, &page, "Authorize", &[]).await;
    let location = back.header("location").unwrap();
    assert!(location.starts_with(&format!("{REDIRECT}?code=")));
    assert_eq!(parameter(location, "state").as_deref(), Some("a b&c=\"d\""));
    let answer = app
        .exchange(&here, &code_of(&back), &[("code_verifier", VERIFIER)])
        .await;
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["expires_in"], &body["token_type"]),
        (200, &json!(7_200), &json!("Bearer"))
    );
    assert_eq!(body["scope"], "api");
    assert_eq!(
        (
            text(&body["access_token"]).len(),
            text(&body["refresh_token"]).len()
        ),
        (64, 64)
    );
    assert_eq!(answer.header("cache-control"), Some("no-store, no-cache"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(user(&here, &body["access_token"]).await.json()["username"], "ada");
    let git = here
        .http
        .get(here.url("/ada/notes.git/info/refs?service=git-upload-pack"));
    assert_eq!(
        send(git.basic_auth("oauth2", Some(text(&body["access_token"]))))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn denial_reaches_the_client() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let browser = Browser::new(&here);
    let page = browser
        .open_signed_in(&here, &app.url(&here, &[("state", "s")]), "ada")
        .await;
    let back = browser.press(&here, &page, "Deny", &[]).await;
    assert_eq!(back.status, 302);
    let location = back.header("location").unwrap();
    assert_eq!(parameter(location, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(location, "state").as_deref(), Some("s"));
    assert!(parameter(location, "code").is_none());
}

#[tokio::test]
async fn quirk_16_errors_stay_inside_gitlab() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let browser = Browser::new(&here);
    browser.open_signed_in(&here, &app.url(&here, &[]), "ada").await;
    for wrong in [
        [("client_id", "nobody")],
        [("client_id", LEFT_OUT)],
        [("redirect_uri", "http://127.0.0.1:4711/other")],
        [("redirect_uri", "http://localhost:4711/callback")],
        [("redirect_uri", LEFT_OUT)],
        [("response_type", LEFT_OUT)],
        [("response_type", "token")],
        [("response_mode", "carrier-pigeon")],
        [("scope", "api openid")],
        [("scope", "sudo")],
        [("code_challenge", "x")],
    ] {
        let answer = browser.open(&app.url(&here, &wrong)).await;
        assert_eq!(answer.status, 200, "{wrong:?}");
        assert!(
            answer.text.contains("An error has occurred"),
            "{wrong:?}: {}",
            answer.text
        );
        assert_eq!(answer.header("location"), None);
    }
    let method = [("code_challenge", "x"), ("code_challenge_method", "S512")];
    assert!(
        browser
            .open(&app.url(&here, &method))
            .await
            .text
            .contains("An error has occurred")
    );
    here.set("users", json!({ "username": "ada", "state": "unconfirmed" }))
        .await;
    assert!(
        browser
            .open(&app.url(&here, &[]))
            .await
            .text
            .contains("An error has occurred")
    );
}

#[tokio::test]
async fn wrong_passwords_and_forged_forms_get_nowhere() {
    let here = Here::plain().await;
    let browser = Browser::new(&here);
    let page = browser.open(&here.url("/users/sign_in")).await;
    let typed = [("user[login]", "ada"), ("user[password]", "wrong")];
    let again = browser.press(&here, &page, "Sign in", &typed).await;
    assert!(again.status == 200 && again.text.contains("Invalid login or password."));
    for path in [
        "/users/sign_in",
        "/oauth/authorize",
        "/oauth/device",
        "/oauth/device/confirm",
    ] {
        let forged = browser
            .post(&here.url(path), &[("authenticity_token", "guess")])
            .await;
        assert_eq!(forged.status, 422, "{path}");
    }
}

#[tokio::test]
async fn quirks_17_and_18_only_confidential_apps_are_approved_in_silence() {
    let here = Here::plain().await;
    for (confidential, silent) in [(true, true), (false, false)] {
        let app = App::of(&here, confidential);
        let browser = Browser::new(&here);
        let page = browser.open_signed_in(&here, &app.url(&here, &[]), "ada").await;
        let code = code_of(&browser.press(&here, &page, "Authorize", &[]).await);
        assert_eq!(app.exchange(&here, &code, &[]).await.status, 200);
        let again = browser.open(&app.url(&here, &[])).await;
        assert_eq!(again.status, 200, "never a 302");
        assert_eq!(again.text.contains("http-equiv=\"refresh\""), silent);
        assert_eq!(again.text.contains("?code="), silent);
        let other = browser.open(&app.url(&here, &[("scope", "read_user")])).await;
        assert!(
            other.text.contains(">Authorize"),
            "another set of scopes is asked for"
        );
    }
}

#[tokio::test]
async fn trusted_apps_need_no_consent() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    here.set(
        "applications",
        json!({ "application_id": app.id, "trusted": true }),
    )
    .await;
    let page = Browser::new(&here)
        .open_signed_in(&here, &app.url(&here, &[]), "ada")
        .await;
    assert!(page.text.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn quirk_22_no_scope_means_api() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let code = app.code(&here, &[("scope", LEFT_OUT)]).await;
    assert_eq!(app.exchange(&here, &code, &[]).await.json()["scope"], "api");
    here.set(
        "applications",
        json!({ "application_id": app.id, "scopes": ["read_user"] }),
    )
    .await;
    let page = Browser::new(&here)
        .open_signed_in(&here, &app.url(&here, &[("scope", LEFT_OUT)]), "ada")
        .await;
    assert!(page.text.contains("An error has occurred"));
}

#[tokio::test]
async fn quirk_56_administrators_can_be_kept_from_giving_api_away() {
    let here = Here::plain().await;
    here.set("settings", json!({ "disable_admin_oauth_scopes": true }))
        .await;
    let app = App::of(&here, false);
    let browser = Browser::new(&here);
    let page = browser.open_signed_in(&here, &app.url(&here, &[]), "root").await;
    assert!(page.text.contains("Access denied") && page.header("location").is_none());
    let harmless = browser.open(&app.url(&here, &[("scope", "read_user")])).await;
    assert!(harmless.text.contains(">Authorize"));
}

#[tokio::test]
async fn response_modes() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let browser = Browser::new(&here);
    let page = browser
        .open_signed_in(&here, &app.url(&here, &[("response_mode", "fragment")]), "ada")
        .await;
    let back = browser.press(&here, &page, "Authorize", &[]).await;
    assert!(
        back.header("location")
            .unwrap()
            .starts_with(&format!("{REDIRECT}#code="))
    );
    let page = browser
        .open(&app.url(&here, &[("response_mode", "form_post")]))
        .await;
    let posted = browser.press(&here, &page, "Authorize", &[]).await;
    assert_eq!(posted.status, 200);
    assert!(posted.text.contains(&format!("action=\"{REDIRECT}\"")) && posted.text.contains("name=\"code\""));
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_at_its_own_place() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let code = app.code(&here, &[]).await;
    failed(
        &app.exchange(&here, &code, &[("redirect_uri", "http://127.0.0.1:1/other")])
            .await,
        400,
        "invalid_grant",
    );
    let other_port = app
        .exchange(&here, &code, &[("redirect_uri", "http://127.0.0.1:1/callback")])
        .await;
    assert_eq!(other_port.status, 200);
    failed(&app.exchange(&here, &code, &[]).await, 400, "invalid_grant");
    assert_eq!(
        user(&here, &other_port.json()["access_token"]).await.status,
        200,
        "the first use stands"
    );
    let late = app.code(&here, &[]).await;
    here.set("clock", json!({ "advance_seconds": 600 })).await;
    failed(&app.exchange(&here, &late, &[]).await, 400, "invalid_grant");
    failed(&app.exchange(&here, "nonsense", &[]).await, 400, "invalid_grant");
    let other = App::of(&here, true);
    let code = app.code(&here, &[]).await;
    failed(&other.exchange(&here, &code, &[]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn missing_parameters_are_named() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let code = app.code(&here, &[]).await;
    for (fields, name) in [
        (vec![], "grant_type"),
        (vec![("grant_type", "authorization_code")], "code"),
        (
            vec![("grant_type", "authorization_code"), ("code", code.as_str())],
            "redirect_uri",
        ),
        (vec![("grant_type", "refresh_token")], "refresh_token"),
    ] {
        let answer = app.token(&here, &fields).await;
        failed(&answer, 400, "invalid_request");
        assert_eq!(
            answer.json()["error_description"],
            format!("Missing required parameter: {name}.")
        );
    }
    failed(
        &app.token(&here, &[("grant_type", "magic")]).await,
        400,
        "unsupported_grant_type",
    );
}

#[tokio::test]
async fn quirk_23_pkce_is_the_clients_own_business() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let verified = [("code_verifier", VERIFIER)];
    let challenge = challenge();
    let s256 = [
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "plain")];

    let code = app.code(&here, &s256).await;
    let missing = app.exchange(&here, &code, &[]).await;
    failed(&missing, 400, "invalid_request");
    assert_eq!(
        missing.json()["error_description"],
        "Missing required parameter: code_verifier."
    );
    failed(
        &app.exchange(&here, &code, &[("code_verifier", "wrong")]).await,
        400,
        "invalid_grant",
    );
    assert_eq!(app.exchange(&here, &code, &verified).await.status, 200);

    let code = app.code(&here, &plain).await;
    assert_eq!(app.exchange(&here, &code, &verified).await.status, 200);
    let code = app.code(&here, &[]).await;
    failed(&app.exchange(&here, &code, &verified).await, 400, "invalid_grant");
    assert_eq!(app.exchange(&here, &code, &[]).await.status, 200);
}

#[tokio::test]
async fn quirk_21_secrets_of_public_and_confidential_clients() {
    let here = Here::plain().await;
    let (public, confidential) = (App::of(&here, false), App::of(&here, true));
    let code = public.code(&here, &[]).await;
    failed(
        &public.exchange(&here, &code, &[("client_secret", "wrong")]).await,
        401,
        "invalid_client",
    );
    assert_eq!(
        public
            .exchange(&here, &code, &[("client_secret", "")])
            .await
            .status,
        200
    );
    let code = confidential.code(&here, &[]).await;
    for secret in ["wrong", "", LEFT_OUT] {
        failed(
            &confidential
                .exchange(&here, &code, &[("client_secret", secret)])
                .await,
            401,
            "invalid_client",
        );
    }
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
    ];
    let basic = here.http.post(here.url("/oauth/token")).form(&fields);
    assert_eq!(
        send(basic.basic_auth(&confidential.id, confidential.secret.as_deref()))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn quirks_11_and_12_refreshing_ends_the_old_pair_and_a_replay_harms_nothing() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let first = app.linked(&here).await;
    let second = app
        .refresh(&here, text(&first["refresh_token"]), &[])
        .await
        .json();
    assert_eq!(
        user(&here, &first["access_token"]).await.json()["error"],
        "invalid_token"
    );
    assert_eq!(user(&here, &second["access_token"]).await.status, 200);
    failed(
        &app.refresh(&here, text(&first["refresh_token"]), &[]).await,
        400,
        "invalid_grant",
    );
    assert_eq!(user(&here, &second["access_token"]).await.status, 200);
    here.set("clock", json!({ "advance_seconds": 8_000 })).await;
    let expired = user(&here, &second["access_token"]).await.json();
    assert!(text(&expired["error_description"]).starts_with("Token is expired."));
    let third = app
        .refresh(&here, text(&second["refresh_token"]), &[])
        .await
        .json();
    assert_eq!(third["expires_in"], 7_200);
    assert_eq!(user(&here, &third["access_token"]).await.status, 200);
}

#[tokio::test]
async fn quirk_11_of_two_parallel_refreshes_one_wins() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let pair = app.linked(&here).await;
    let token = text(&pair["refresh_token"]);
    here.set(
        "faults",
        json!({ "fault": "together", "times": 2, "seconds": 60, "path": "/oauth/token" }),
    )
    .await;
    let (one, other) = tokio::join!(app.refresh(&here, token, &[]), app.refresh(&here, token, &[]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_refresh_may_narrow_but_not_widen() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let code = app.code(&here, &[("scope", "read_api read_user")]).await;
    let pair = app.exchange(&here, &code, &[]).await.json();
    failed(
        &app.refresh(&here, text(&pair["refresh_token"]), &[("scope", "api")])
            .await,
        400,
        "invalid_scope",
    );
    let narrow = app
        .refresh(&here, text(&pair["refresh_token"]), &[("scope", "read_user")])
        .await
        .json();
    assert_eq!(narrow["scope"], "read_user");
}

#[tokio::test]
async fn a_dead_client_shows_differently_in_the_two_grants() {
    let here = Here::plain().await;
    let app = App::of(&here, true);
    let pair = app.linked(&here).await;
    let code = app.code(&here, &[("scope", "read_user")]).await;
    here.set(
        "applications",
        json!({ "application_id": app.id, "deleted": true }),
    )
    .await;
    failed(&app.exchange(&here, &code, &[]).await, 401, "invalid_client");
    failed(
        &app.refresh(&here, text(&pair["refresh_token"]), &[]).await,
        400,
        "invalid_grant",
    );
}

#[tokio::test]
async fn quirk_13_a_good_refresh_fails_for_a_moment() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let pair = app.linked(&here).await;
    here.set(
        "faults",
        json!({ "fault": "transient_invalid_grant", "path": "/oauth/token" }),
    )
    .await;
    failed(
        &app.refresh(&here, text(&pair["refresh_token"]), &[]).await,
        400,
        "invalid_grant",
    );
    assert_eq!(
        app.refresh(&here, text(&pair["refresh_token"]), &[]).await.status,
        200
    );
}

#[tokio::test]
async fn a_lost_refresh_is_a_lost_link() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let pair = app.linked(&here).await;
    let token = text(&pair["refresh_token"]);
    here.set(
        "faults",
        json!({ "fault": "lost_response", "path": "/oauth/token" }),
    )
    .await;
    let fields = [
        ("client_id", app.id.as_str()),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ];
    assert!(
        here.http
            .post(here.url("/oauth/token"))
            .form(&fields)
            .send()
            .await
            .is_err()
    );
    failed(&app.refresh(&here, token, &[]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn quirk_29_revoked_by_the_user_and_deleted_with_the_app_differ() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let pair = app.linked(&here).await;
    here.set(
        "tokens",
        json!({ "token": pair["access_token"], "state": "revoked" }),
    )
    .await;
    assert_eq!(
        user(&here, &pair["access_token"]).await.json()["error"],
        "invalid_token"
    );
    failed(
        &app.refresh(&here, text(&pair["refresh_token"]), &[]).await,
        400,
        "invalid_grant",
    );
    let pair = app.linked(&here).await;
    here.set(
        "applications",
        json!({ "application_id": app.id, "deleted": true }),
    )
    .await;
    user(&here, &pair["access_token"])
        .await
        .is(401, &json!({ "message": "401 Unauthorized" }), None);
}

#[tokio::test]
async fn quirk_60_a_new_secret_ends_no_session() {
    let here = Here::plain().await;
    let app = App::of(&here, true);
    let pair = app.linked(&here).await;
    let renewed = here
        .set(
            "applications",
            json!({ "application_id": app.id, "renew_secret": true }),
        )
        .await;
    assert_eq!(user(&here, &pair["access_token"]).await.status, 200);
    let refresh = text(&pair["refresh_token"]);
    failed(&app.refresh(&here, refresh, &[]).await, 401, "invalid_client");
    let secret = text(&renewed["secret"]);
    assert_eq!(
        app.refresh(&here, refresh, &[("client_secret", secret)])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn quirk_28_revoking_says_200_to_what_it_does_not_know() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let revoke = |client: &str, token: &str| {
        let fields = [("client_id", client), ("token", token)];
        send(here.http.post(here.url("/oauth/revoke")).form(&fields))
    };
    for unknown in ["nonsense", here.ada.as_str()] {
        let answer = revoke(&app.id, unknown).await;
        assert_eq!((answer.status, answer.json()), (200, json!({})));
    }
    assert_eq!(
        here.get("/user", &here.ada).await.status,
        200,
        "a personal token is not touched"
    );
    for which in ["access_token", "refresh_token"] {
        let pair = app.linked(&here).await;
        let foreign = revoke(&App::of(&here, true).id, text(&pair[which])).await;
        assert_eq!(
            (foreign.status, &foreign.json()["error"]),
            (403, &json!("unauthorized_client"))
        );
        assert_eq!(revoke(&app.id, text(&pair[which])).await.status, 200);
        assert_eq!(
            user(&here, &pair["access_token"]).await.json()["error"],
            "invalid_token"
        );
        failed(
            &app.refresh(&here, text(&pair["refresh_token"]), &[]).await,
            400,
            "invalid_grant",
        );
    }
}

#[tokio::test]
async fn token_info_and_introspection() {
    let here = Here::plain().await;
    let app = App::of(&here, true);
    let pair = app.linked(&here).await;
    let info = |token: &str| send(here.http.get(here.url("/oauth/token/info")).bearer_auth(token));
    let body = info(text(&pair["access_token"])).await.json();
    assert_eq!(
        (&body["scope"], &body["application"]["uid"]),
        (&json!(["api"]), &json!(app.id))
    );
    assert!(body["expires_in"].as_i64().unwrap() <= 7_200);
    let personal = info(&here.ada).await;
    assert_eq!(
        (personal.status, &personal.json()["error"]),
        (401, &json!("invalid_token"))
    );
    let ask = |token: &str| {
        let fields = [
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.as_deref().unwrap()),
            ("token", token),
        ];
        send(here.http.post(here.url("/oauth/introspect")).form(&fields))
    };
    assert_eq!(ask(text(&pair["access_token"])).await.json()["active"], true);
    assert_eq!(ask("nonsense").await.json(), json!({ "active": false }));
    let nobody = here
        .http
        .post(here.url("/oauth/introspect"))
        .form(&[("token", "x")]);
    assert_eq!(send(nobody).await.json()["error"], "invalid_client");
}

#[tokio::test]
async fn a_token_of_the_same_client_may_ask_about_another() {
    let here = Here::plain().await;
    let app = App::of(&here, true);
    let one = app.linked(&here).await;
    let other = app
        .token(&here, &[("grant_type", "client_credentials")])
        .await
        .json();
    let ask = |about: &Value, by: &str| {
        let request = here.http.post(here.url("/oauth/introspect")).bearer_auth(by);
        send(request.form(&[("token", text(&about["access_token"]))]))
    };
    let told = ask(&one, text(&other["access_token"])).await;
    assert_eq!((told.status, &told.json()["active"]), (200, &json!(true)));
    failed(
        &ask(&one, text(&one["access_token"])).await,
        401,
        "invalid_client",
    );
    failed(&ask(&one, &here.ada).await, 401, "invalid_client");
}

#[tokio::test]
async fn grants_without_a_browser() {
    let here = Here::plain().await;
    let app = App::of(&here, true);
    let alone = app
        .token(&here, &[("grant_type", "client_credentials"), ("scope", "api")])
        .await;
    assert_eq!(alone.status, 200, "{}", alone.text);
    assert_eq!(alone.json().get("refresh_token"), None);
    let nobody = user(&here, &alone.json()["access_token"]).await;
    nobody.is(401, &json!({ "message": "401 Unauthorized" }), None);
    let public = App::of(&here, false);
    failed(
        &public.token(&here, &[("grant_type", "client_credentials")]).await,
        401,
        "invalid_client",
    );

    let ada = &here
        .running
        .ready()
        .users
        .iter()
        .find(|user| user.username == "ada")
        .unwrap()
        .password;
    let fields = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("scope", "read_user"),
    ];
    let signed_in = public
        .token(&here, &[&fields[..], &[("password", ada)]].concat())
        .await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text);
    assert_eq!(
        user(&here, &signed_in.json()["access_token"]).await.json()["username"],
        "ada"
    );
    failed(
        &public
            .token(&here, &[&fields[..], &[("password", "no")]].concat())
            .await,
        400,
        "invalid_grant",
    );
    let wide = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", ada),
        ("scope", "sudo"),
    ];
    failed(&public.token(&here, &wide).await, 400, "invalid_scope");

    let new = Here::at("19.0.0").await;
    let gone = App::of(&new, false).token(&new, &fields).await;
    failed(&gone, 400, "unsupported_grant_type");
}

#[tokio::test]
async fn a_login_gets_to_know_the_person_and_no_more() {
    let here = Here::plain().await;
    let app = App::of(&here, false);
    let code = app.code(&here, &[("gl_auth_type", "login")]).await;
    assert_eq!(app.exchange(&here, &code, &[]).await.json()["scope"], "read_user");
}

#[tokio::test]
async fn claims_are_told_to_who_has_openid() {
    let here = Here::plain().await;
    let ask = |method: Method, token: &str| {
        send(
            here.http
                .request(method, here.url("/oauth/userinfo"))
                .bearer_auth(token),
        )
    };
    let narrow = here.token("openid", json!({ "kind": "oauth" })).await;
    let full = here.token("openid email", json!({ "kind": "oauth" })).await;
    for method in [Method::GET, Method::POST] {
        let claims = ask(method, &full).await.json();
        let id = here.get("/user", &here.ada).await.json()["id"].to_string();
        assert_eq!(claims["sub"], json!(id));
        assert_eq!(claims["nickname"], "ada");
        assert_eq!(claims["email"], "ada@example.test");
        assert_eq!(claims["groups"], json!(["works"]));
        assert_eq!(
            claims["https://gitlab.org/claims/groups/developer"],
            json!(["works"])
        );
        assert_eq!(claims["https://gitlab.org/claims/groups/owner"], json!([]));
    }
    assert_eq!(ask(Method::GET, &narrow).await.json()["email"], Value::Null);
    let other = here.token("api", json!({ "kind": "oauth" })).await;
    for (token, status, code) in [
        (other.as_str(), 403, "insufficient_scope"),
        ("x", 401, "invalid_token"),
        (here.ada.as_str(), 401, "invalid_token"),
    ] {
        let answer = ask(Method::GET, token).await;
        assert_eq!((answer.status, answer.text.as_str()), (status, ""));
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains(code), "{challenge}");
    }
}

#[tokio::test]
async fn other_sites_may_ask_for_tokens() {
    let here = Here::plain().await;
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/userinfo"] {
        let answer = send(here.http.request(Method::OPTIONS, here.url(path))).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            Some("Authorization"),
            "{path}"
        );
    }
}
