//! A simulator of a test's own, and a client that follows nothing and hides nothing.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use simulator::{Options, Running, Simulator, Version};

/// A running simulator and who may use it.
pub(crate) struct Here {
    pub(crate) running: Running,
    pub(crate) http: Client,
    pub(crate) ada: String,
    pub(crate) root: String,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|fault| panic!("{} is not JSON: {fault}: {:?}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status, body and challenge at once, as the failure matrix has them.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &Value, challenge: Option<&str>) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(&self.json(), body);
        assert_eq!(self.header("www-authenticate"), challenge);
        assert_eq!(self.header("content-type"), Some("application/json"));
    }
}

/// A client builder after rustls knows its provider.
pub(crate) fn client() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("nobody else installs one");
    });
    // The deadline only ends a test that would hang.
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
}

pub(crate) fn version(text: &str) -> Options {
    Options {
        gitlab_version: text.parse::<Version>().unwrap(),
        ..Options::default()
    }
}

impl Here {
    pub(crate) async fn start(options: Options) -> Self {
        let running = Simulator::start(options).await.unwrap();
        let token = |username: &str| {
            let ready = running.ready();
            ready
                .tokens
                .iter()
                .find(|token| token.username == username)
                .unwrap()
                .token
                .clone()
        };
        let (ada, root) = (token("ada"), token("root"));
        Self {
            http: client().build().unwrap(),
            ada,
            root,
            running,
        }
    }

    pub(crate) async fn plain() -> Self {
        Self::start(Options::default()).await
    }

    pub(crate) async fn at(text: &str) -> Self {
        Self::start(version(text)).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.address())
    }

    pub(crate) fn api(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(&format!("/api/v4{path}")));
        if token.is_empty() {
            request
        } else {
            request.header("PRIVATE-TOKEN", token)
        }
    }

    /// A request of the API with a token in `PRIVATE-TOKEN`; none when it is empty.
    pub(crate) async fn ask(&self, method: Method, path: &str, token: &str) -> Answer {
        send(self.api(method, path, token)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::GET, path, token).await
    }

    /// A page, without a credential.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        send(self.http.get(self.url(path))).await
    }

    fn control_url(&self, what: &str) -> String {
        let mut url = url::Url::parse(self.running.address()).unwrap();
        url.set_path(&format!("/_sim/{what}"));
        url.into()
    }

    pub(crate) async fn control(&self, method: Method, what: &str, body: Option<Value>) -> Answer {
        let request = self.http.request(method, self.control_url(what));
        send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// Control that must succeed.
    pub(crate) async fn set(&self, what: &str, body: Value) -> Value {
        let answer = self.control(Method::POST, what, Some(body)).await;
        assert!((200..300).contains(&answer.status), "{}", answer.text);
        if answer.text.is_empty() {
            Value::Null
        } else {
            answer.json()
        }
    }

    pub(crate) async fn state(&self) -> Value {
        self.control(Method::GET, "state", None).await.json()
    }

    pub(crate) async fn requests(&self) -> Vec<Value> {
        let answer = self.control(Method::GET, "requests", None).await.json();
        answer.as_array().unwrap().clone()
    }

    /// A new token of ada's, or of whom `more` says.
    pub(crate) async fn token(&self, scopes: &str, more: Value) -> String {
        let mut body = json!({ "username": "ada", "scopes": scopes });
        for (key, value) in more.as_object().unwrap() {
            if value.is_null() {
                body.as_object_mut().unwrap().remove(key);
            } else {
                body[key] = value.clone();
            }
        }
        self.set("tokens", body).await["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    Answer {
        status,
        headers,
        text: response.text().await.unwrap(),
    }
}
