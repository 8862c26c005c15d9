//! A person at a browser, as far as a cookie and forms go: signs in to the simulator, presses a button, and goes where
//! the page sends them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use links::Opener;

/// What the person does on GitLab's page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Authorize,
    Deny,
    /// Looks at the page and leaves.
    Nothing,
}

/// A browser with one cookie. Cheap to clone; all clones share it.
#[derive(Clone)]
pub(crate) struct Person {
    username: String,
    password: String,
    cookie: Arc<Mutex<Option<String>>>,
    answer: Answer,
    seen: Arc<Mutex<Seen>>,
}

/// What the person saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) opened: Vec<String>,
    pub(crate) callbacks: Vec<String>,
    pub(crate) last_pages: Vec<String>,
}

pub(crate) struct Page {
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Person {
    pub(crate) fn new(username: &str, password: &str, answer: Answer) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
            cookie: Arc::default(),
            answer,
            seen: Arc::default(),
        }
    }

    pub(crate) fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// The page a visit ended on, once it is read: a login may be over a moment before.
    pub(crate) async fn last_page(&self) -> String {
        loop {
            let page = self.seen().last_pages.pop();
            if let Some(page) = page {
                return page;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Opens the address, signs in where that is wanted, answers, and follows to the end.
    pub(crate) fn visit(&self, url: &str) {
        let Some((page, onward)) = self.answered(url) else {
            return;
        };
        if let Some(onward) = onward {
            self.seen().callbacks.push(onward.clone());
            let end = self.get(&onward);
            self.seen().last_pages.push(end.text);
        } else {
            self.seen().last_pages.push(page.text);
        }
    }

    /// The same as far as GitLab's last page, and where that sends the browser; nobody goes there.
    pub(crate) fn answered(&self, url: &str) -> Option<(Page, Option<String>)> {
        self.seen().opened.push(url.to_owned());
        let page = self.open_signed_in(url);
        let page = match self.answer {
            _ if !page.text.contains(">Authorize") => page,
            Answer::Authorize => self.press(url, &page, "Authorize", &[]),
            Answer::Deny => self.press(url, &page, "Deny", &[]),
            Answer::Nothing => return None,
        };
        let onward = page.location.clone().or_else(|| refresh(&page.text));
        Some((page, onward))
    }

    /// Types a code on GitLab's page for devices and answers.
    pub(crate) fn type_code(&self, complete: &str) {
        let page = self.open_signed_in(complete);
        let page = self.press(complete, &page, "Continue", &[]);
        let button = match self.answer {
            Answer::Authorize => "Authorize",
            Answer::Deny => "Deny",
            Answer::Nothing => return,
        };
        let end = self.press(complete, &page, button, &[]);
        self.seen().last_pages.push(end.text);
    }

    fn open_signed_in(&self, url: &str) -> Page {
        let page = self.get(url);
        let Some(sign_in) = page.location.clone() else {
            return page;
        };
        let form = self.get(&sign_in);
        let typed = [
            ("user[login]", self.username.as_str()),
            ("user[password]", self.password.as_str()),
        ];
        let back = self.press(&sign_in, &form, "Sign in", &typed);
        assert_eq!(back.location.as_deref(), Some(url), "{}", back.text);
        self.get(url)
    }

    pub(crate) fn get(&self, url: &str) -> Page {
        self.ask("GET", url, "")
    }

    pub(crate) fn post(&self, url: &str, form: &[(&str, &str)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        self.ask("POST", url, &body.finish())
    }

    fn press(&self, on: &str, page: &Page, button: &str, typed: &[(&str, &str)]) -> Page {
        let (action, mut fields) = form(&page.text, button);
        fields.retain(|(name, _)| typed.iter().all(|(typed, _)| typed != name));
        fields.extend(
            typed
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let to = url::Url::parse(on).unwrap().join(&action).unwrap();
        self.ask("POST", to.as_str(), &body.finish())
    }

    fn ask(&self, method: &str, url: &str, body: &str) -> Page {
        let url = url::Url::parse(url).unwrap();
        let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let cookie = self.cookie.lock().unwrap().clone();
        let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: {cookie}\r\n"));
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        if let Some(set) = header("set-cookie") {
            *self.cookie.lock().unwrap() = set.split(';').next().map(str::to_owned);
        }
        Page {
            location: header("location"),
            text: text.to_owned(),
        }
    }
}

impl Opener for Person {
    fn open(&self, url: &str) -> std::io::Result<()> {
        let (person, url) = (self.clone(), url.to_owned());
        std::thread::spawn(move || person.visit(&url));
        Ok(())
    }
}

/// Where a page goes on to by itself (quirk 17).
fn refresh(page: &str) -> Option<String> {
    let url = page.split("http-equiv=\"refresh\" content=\"0; url=").nth(1)?;
    Some(plain(url.split('"').next()?))
}

/// The action and the fields of the form around a button with this text.
fn form(page: &str, button: &str) -> (String, Vec<(String, String)>) {
    let form = page
        .split("<form ")
        .skip(1)
        .map(|rest| rest.split("</form>").next().unwrap())
        .find(|form| form.contains(&format!(">{button}")))
        .unwrap_or_else(|| panic!("no form has a button {button}: {page}"));
    let fields = form
        .split("<input ")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .filter_map(|input| {
            Some((
                attribute(input, "name")?,
                attribute(input, "value").unwrap_or_default(),
            ))
        })
        .collect();
    (attribute(form, "action").unwrap(), fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!("{name}=\"")).nth(1)?;
    rest.split('"').next().map(plain)
}

fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
