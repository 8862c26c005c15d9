//! A person in a browser, as far as GitLab's pages need one: keeps cookies for whoever gave them, follows redirects of
//! both kinds, fills in forms and presses their buttons.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use stage::{PATIENCE, Simulator};
use tokio::runtime::{Builder, Runtime};
use url::Url;

/// How many redirects one click may lead through.
const REDIRECTS: usize = 10;

/// A browser.
pub(crate) struct Browser {
    client: Client,
    runtime: Runtime,
    /// By origin, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// Every address it was at, the last one last.
    pub(crate) trail: Vec<String>,
}

/// What a browser shows.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        // A second installation is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // The person clicked the warning away; whom LabLink trusts is looked at elsewhere.
            .tls_danger_accept_invalid_certs(true)
            .timeout(PATIENCE + Duration::from_secs(20))
            .build()
            .unwrap();
        Self {
            client,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            cookies: BTreeMap::new(),
            trail: Vec::new(),
        }
    }

    /// Goes to an address.
    pub(crate) fn open(&mut self, url: &str) -> Page {
        self.go(&Method::GET, url.parse().unwrap(), &[])
    }

    /// Signs a user in, if this page asks for that.
    pub(crate) fn sign_in(&mut self, page: Page, simulator: &Simulator, username: &str) -> Page {
        if !page.html.contains("user[password]") {
            return page;
        }
        let user = simulator
            .ready()
            .users
            .iter()
            .find(|user| user.username == username)
            .unwrap();
        let typed = [
            ("user[login]", username),
            ("user[password]", user.password.as_str()),
        ];
        self.submit(&page, "user[password]", &typed)
    }

    /// Presses the button with this id.
    pub(crate) fn press(&mut self, page: &Page, id: &str) -> Page {
        self.submit(page, &format!("id=\"{id}\""), &[])
    }

    /// Signs in at an address GitLab is to authorize an application at, and presses Authorize where it asks.
    pub(crate) fn authorize(&mut self, url: &str, simulator: &Simulator, username: &str) -> Page {
        let page = self.open(url);
        let page = self.sign_in(page, simulator, username);
        if page.html.contains("id=\"authorize\"") {
            self.press(&page, "authorize")
        } else {
            page
        }
    }

    /// Signs in where codes are typed, types this one and presses a button of the page that follows.
    pub(crate) fn type_code(
        &mut self,
        at: &str,
        code: &str,
        simulator: &Simulator,
        username: &str,
        button: &str,
    ) -> Page {
        let page = self.open(at);
        let page = self.sign_in(page, simulator, username);
        let page = self.submit(&page, "name=\"user_code\"", &[("user_code", code)]);
        self.press(&page, button)
    }

    /// Sends the form that `mark` stands in, with what was typed.
    pub(crate) fn submit(&mut self, page: &Page, mark: &str, typed: &[(&str, &str)]) -> Page {
        let form = page
            .html
            .split("<form ")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next())
            .find(|form| form.contains(mark))
            .unwrap_or_else(|| panic!("no form with {mark} at {}: {}", page.url, page.html));
        let action = page.url.join(&attribute(form, "action").unwrap()).unwrap();
        let mut fields: Vec<(String, String)> = Vec::new();
        for input in form.split("<input ").skip(1) {
            let tag = input.split('>').next().unwrap();
            if let Some(name) = attribute(tag, "name") {
                let written = typed.iter().find(|(field, _)| *field == name);
                let value = written.map_or_else(
                    || attribute(tag, "value").unwrap_or_default(),
                    |(_, value)| (*value).to_owned(),
                );
                fields.push((name, value));
            }
        }
        self.go(&Method::POST, action, &fields)
    }

    fn go(&mut self, method: &Method, url: Url, fields: &[(String, String)]) -> Page {
        let mut page = self.ask(method, url, fields);
        for _ in 0..REDIRECTS {
            let Some(next) = page.1.take() else {
                return page.0;
            };
            let next = page.0.url.join(&next).unwrap();
            page = self.ask(&Method::GET, next, &[]);
        }
        panic!("redirected in a circle: {:?}", self.trail);
    }

    /// One request; the page, and where it leads on by itself.
    fn ask(&mut self, method: &Method, url: Url, fields: &[(String, String)]) -> (Page, Option<String>) {
        self.trail.push(url.to_string());
        let origin = url.origin().ascii_serialization();
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header(ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-user", "?1");
        if let Some(cookies) = self.cookies.get(&origin) {
            let pairs: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        if *method == Method::POST {
            request = request.form(&fields.to_vec());
        }
        let asked = async {
            let answer = request.send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.text().await?))
        };
        let (status, headers, html) = self
            .runtime
            .block_on(asked)
            .unwrap_or_else(|error| panic!("{url}: {error:?}"));
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let jar = self.cookies.entry(origin.clone()).or_default();
            jar.insert(name.to_owned(), value.to_owned());
        }
        let by_header = headers
            .get(LOCATION)
            .map(|place| place.to_str().unwrap().to_owned());
        // A page that goes on by itself (quirk 17).
        let by_page = html
            .split_once("http-equiv=\"refresh\" content=\"0; url=")
            .and_then(|(_, rest)| rest.split('"').next())
            .map(unescaped);
        (Page { url, status, html }, by_header.or(by_page))
    }
}

/// The value of an attribute of the tag a text begins with, or of the first tag that has it.
fn attribute(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    rest.split('"').next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
