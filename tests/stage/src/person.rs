//! A person in a browser, as far as GitLab's pages need one: keeps cookies for whoever gave them, follows redirects of
//! both kinds, fills in forms and presses their buttons. Where a real browser matters, Chromium is driven instead.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url, redirect};
use tokio::runtime::{Builder, Runtime};

use crate::simulator::Simulator;
use crate::wait::PATIENCE;

/// How many redirects one click may lead through.
const REDIRECTS: usize = 10;

/// What the browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: Url,
    /// The status it came with.
    pub status: u16,
    /// Its source.
    pub html: String,
}

/// Opens the address of a login in a fresh browser, signs `username` in and presses the button with the id `button`
/// (`authorize` or `deny`) where GitLab asks. The page it ends on.
pub fn answer_login(simulator: &Simulator, address: &str, username: &str, button: &str) -> Result<Page> {
    // A thread of its own: whoever asks may be in the middle of something asynchronous.
    thread::scope(|scope| {
        let browsing = scope.spawn(|| {
            let mut browser = Browser::new()?;
            let page = browser.open(address)?;
            let page = browser.sign_in(page, simulator, username)?;
            if page.html.contains(&with_id(button)) {
                browser.press(&page, button)
            } else {
                Ok(page)
            }
        });
        browsing.join().map_err(|_| anyhow!("the browser broke"))?
    })
}

/// A browser. It waits for what it asks, so it is for threads that may.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    /// By origin, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    trail: Vec<Url>,
}

impl Browser {
    /// One that has been nowhere.
    pub fn new() -> Result<Self> {
        // A second installation is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // The person clicked the warning away; whom LabLink trusts is looked at elsewhere.
            .tls_danger_accept_invalid_certs(true)
            .timeout(PATIENCE + Duration::from_secs(20))
            .build()?;
        Ok(Self {
            client,
            runtime: Builder::new_current_thread().enable_all().build()?,
            cookies: BTreeMap::new(),
            trail: Vec::new(),
        })
    }

    /// Every address it was at, the last one last.
    #[must_use]
    pub fn trail(&self) -> &[Url] {
        &self.trail
    }

    /// Goes to an address.
    pub fn open(&mut self, url: &str) -> Result<Page> {
        self.go(&Method::GET, Url::parse(url)?, &[])
    }

    /// Signs a user in, if this page asks for that.
    pub fn sign_in(&mut self, page: Page, simulator: &Simulator, username: &str) -> Result<Page> {
        if !page.html.contains("user[password]") {
            return Ok(page);
        }
        let mut users = simulator.ready().users.iter();
        let user = users.find(|user| user.username == username);
        let user = user.with_context(|| format!("no user {username}"))?;
        let typed = [
            ("user[login]", username),
            ("user[password]", user.password.as_str()),
        ];
        self.submit(&page, "user[password]", &typed)
    }

    /// Presses the button with this id.
    pub fn press(&mut self, page: &Page, id: &str) -> Result<Page> {
        self.submit(page, &with_id(id), &[])
    }

    /// Sends the form that `mark` stands in, with what was typed.
    pub fn submit(&mut self, page: &Page, mark: &str, typed: &[(&str, &str)]) -> Result<Page> {
        let mut forms = page
            .html
            .split("<form ")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next());
        let form = forms.find(|form| form.contains(mark));
        let form = form.with_context(|| format!("no form with {mark} at {}: {}", page.url, page.html))?;
        let action = attribute(form, "action").context("a form without an action")?;
        let mut fields = Vec::new();
        for tag in form
            .split("<input ")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
        {
            if let Some(name) = attribute(tag, "name") {
                let written = typed.iter().find(|(field, _)| *field == name);
                let value = written.map(|(_, value)| (*value).to_owned());
                let value = value.or_else(|| attribute(tag, "value"));
                fields.push((name, value.unwrap_or_default()));
            }
        }
        self.go(&Method::POST, page.url.join(&action)?, &fields)
    }

    fn go(&mut self, method: &Method, url: Url, fields: &[(String, String)]) -> Result<Page> {
        let (mut page, mut next) = self.ask(method, url, fields)?;
        for _ in 0..REDIRECTS {
            let Some(place) = next else {
                return Ok(page);
            };
            let place = page.url.join(&place)?;
            (page, next) = self.ask(&Method::GET, place, &[])?;
        }
        bail!("redirected in a circle, last to {}", page.url)
    }

    /// One request; the page, and where it leads on by itself.
    fn ask(
        &mut self,
        method: &Method,
        url: Url,
        fields: &[(String, String)],
    ) -> Result<(Page, Option<String>)> {
        self.trail.push(url.clone());
        let jar = self
            .cookies
            .entry(url.origin().ascii_serialization())
            .or_default();
        let cookies: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .header(ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-user", "?1")
            .header(COOKIE, cookies.join("; "));
        if *method == Method::POST {
            request = request.form(&fields.to_vec());
        }
        let asked = async {
            let answer = request.send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.text().await?))
        };
        let (status, headers, html) = self.runtime.block_on(asked)?;
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie without a value")?;
            jar.insert(name.to_owned(), value.to_owned());
        }
        let by_header = headers.get(LOCATION).map(|place| place.to_str()).transpose()?;
        // A page that goes on by itself (quirk 17).
        let by_page = html
            .split_once("http-equiv=\"refresh\" content=\"0; url=")
            .and_then(|(_, rest)| rest.split('"').next())
            .map(unescaped);
        let next = by_header.map(str::to_owned).or(by_page);
        Ok((Page { url, status, html }, next))
    }
}

fn with_id(id: &str) -> String {
    format!("id=\"{id}\"")
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
