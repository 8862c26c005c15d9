//! A person in a browser, as far as GitLab's pages need one: keeps cookies for whoever gave them, follows redirects of
//! both kinds, fills in forms and presses their buttons. Where a real browser matters, Chromium is driven instead.

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url, redirect};
use tokio::runtime::Builder;

use crate::simulator::Simulator;
use crate::wait::PATIENCE;

/// How many redirects one click may lead through.
const REDIRECTS: usize = 10;

/// What the browser shows at the end.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub address: Url,
    /// The status it came with.
    pub status: u16,
    /// Its source.
    pub html: String,
}

/// Opens the address of a login in a fresh browser, signs `username` in and presses the button with the id `button`
/// (`authorize` or `deny`) where GitLab asks. The page it ends on.
pub fn answer_login(simulator: &Simulator, address: &str, username: &str, button: &str) -> Result<Page> {
    let user = simulator
        .ready()
        .users
        .iter()
        .find(|user| user.username == username);
    let user = user.with_context(|| format!("no user {username}"))?;
    let typed = [
        ("user[login]".to_owned(), user.username.clone()),
        ("user[password]".to_owned(), user.password.clone()),
    ];
    let (address, button) = (Url::parse(address)?, format!("id=\"{button}\""));
    // A thread of its own: whoever asks may be in the middle of something asynchronous.
    let browsing = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut browser = Browser::new()?;
            let mut page = browser.go(Method::GET, address, &[]).await?;
            if page.html.contains("user[password]") {
                page = browser.submit(&page, "user[password]", &typed).await?;
            }
            if page.html.contains(&button) {
                page = browser.submit(&page, &button, &[]).await?;
            }
            Ok(page)
        })
    });
    browsing.join().map_err(|_| anyhow!("the browser broke"))?
}

struct Browser {
    client: Client,
    /// By origin, then by name.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    fn new() -> Result<Self> {
        // A second installation is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            client,
            cookies: BTreeMap::new(),
        })
    }

    /// Sends the form that `mark` stands in, with what was typed.
    async fn submit(&mut self, page: &Page, mark: &str, typed: &[(String, String)]) -> Result<Page> {
        let mut forms = page
            .html
            .split("<form ")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next());
        let form = forms.find(|form| form.contains(mark));
        let form = form.with_context(|| format!("no form with {mark} at {}", page.address))?;
        let action = attribute(form, "action").context("a form without an action")?;
        let mut fields = Vec::new();
        for tag in form
            .split("<input ")
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
        {
            if let Some(name) = attribute(tag, "name") {
                let written = typed.iter().find(|(field, _)| *field == name);
                let value = written.map(|(_, value)| value.clone());
                fields.push((
                    name,
                    value.or_else(|| attribute(tag, "value")).unwrap_or_default(),
                ));
            }
        }
        self.go(Method::POST, page.address.join(&action)?, &fields).await
    }

    async fn go(&mut self, method: Method, address: Url, fields: &[(String, String)]) -> Result<Page> {
        let (mut page, mut next) = self.ask(method, address, fields).await?;
        for _ in 0..REDIRECTS {
            let Some(place) = next else {
                return Ok(page);
            };
            let place = page.address.join(&place)?;
            (page, next) = self.ask(Method::GET, place, &[]).await?;
        }
        bail!("redirected in a circle, last to {}", page.address)
    }

    /// One request; the page, and where it leads on by itself.
    async fn ask(
        &mut self,
        method: Method,
        address: Url,
        fields: &[(String, String)],
    ) -> Result<(Page, Option<String>)> {
        let origin = address.origin().ascii_serialization();
        let jar = self.cookies.entry(origin).or_default();
        let cookies: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self
            .client
            .request(method.clone(), address.clone())
            .header(ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header(COOKIE, cookies.join("; "));
        if method == Method::POST {
            request = request.form(&fields.to_vec());
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let html = answer.text().await?;
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
        let page = Page {
            address,
            status,
            html,
        };
        Ok((page, next))
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
