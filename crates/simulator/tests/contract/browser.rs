//! A person at a browser, as far as a cookie and forms go.

use std::sync::Mutex;

use reqwest::{Client, RequestBuilder};

use crate::here::{Answer, Here, send};

/// Remembers one cookie; follows nothing by itself.
pub(crate) struct Browser {
    http: Client,
    cookie: Mutex<Option<String>>,
}

impl Browser {
    pub(crate) fn new(here: &Here) -> Self {
        Self {
            http: here.http.clone(),
            cookie: Mutex::new(None),
        }
    }

    async fn go(&self, request: RequestBuilder) -> Answer {
        let cookie = self.cookie.lock().unwrap().clone();
        let answer = send(match cookie {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        })
        .await;
        if let Some(set) = answer.header("set-cookie") {
            *self.cookie.lock().unwrap() = set.split(';').next().map(str::to_owned);
        }
        answer
    }

    pub(crate) async fn open(&self, url: &str) -> Answer {
        self.go(self.http.get(url)).await
    }

    pub(crate) async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.go(self.http.post(url).form(fields)).await
    }

    /// Sends the form that has this button, with these fields filled in.
    pub(crate) async fn press(
        &self,
        here: &Here,
        page: &Answer,
        button: &str,
        typed: &[(&str, &str)],
    ) -> Answer {
        let (action, mut fields) = form(&page.text, button);
        fields.retain(|(name, _)| typed.iter().all(|(typed, _)| typed != name));
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(typed.iter().copied())
            .collect();
        let url = url::Url::parse(here.running.address())
            .unwrap()
            .join(&action)
            .unwrap();
        self.post(url.as_str(), &fields).await
    }

    /// Opens a page that wants a signed-in person, signs in, and comes back to it.
    pub(crate) async fn open_signed_in(&self, here: &Here, url: &str, username: &str) -> Answer {
        let users = &here.running.ready().users;
        let password = &users
            .iter()
            .find(|user| user.username == username)
            .unwrap()
            .password;
        let away = self.open(url).await;
        assert_eq!(away.status, 302);
        assert_eq!(away.header("location"), Some(here.url("/users/sign_in").as_str()));
        let page = self.open(away.header("location").unwrap()).await;
        let back = self
            .press(
                here,
                &page,
                "Sign in",
                &[("user[login]", username), ("user[password]", password)],
            )
            .await;
        assert_eq!(back.header("location"), Some(url), "back to what was asked for");
        self.open(url).await
    }
}

/// The action and the hidden fields of the form around a button with this text.
fn form(page: &str, button: &str) -> (String, Vec<(String, String)>) {
    let form = page
        .split("<form ")
        .skip(1)
        .map(|rest| rest.split("</form>").next().unwrap())
        .find(|form| form.contains(&format!(">{button}")))
        .unwrap_or_else(|| panic!("no form has a button {button}: {page}"));
    let action = attribute(form, "action").unwrap();
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
    (action, fields)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!("{name}=\"")).nth(1)?;
    let raw = rest.split('"').next()?;
    let plain = raw
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    Some(plain.replace("&amp;", "&"))
}
