//! The stage's browser in the hands of a person who does what these tests need; whatever it cannot do fails the test.

use stage::{Page, Simulator};

/// A browser.
pub(crate) struct Browser(stage::Browser);

impl Browser {
    pub(crate) fn new() -> Self {
        Self(stage::Browser::new().unwrap())
    }

    /// Goes to an address.
    pub(crate) fn open(&mut self, url: &str) -> Page {
        self.0.open(url).unwrap()
    }

    /// Where it is.
    pub(crate) fn at(&self) -> String {
        self.0.trail().last().unwrap().to_string()
    }

    /// Signs a user in, if this page asks for that.
    pub(crate) fn sign_in(&mut self, page: Page, simulator: &Simulator, username: &str) -> Page {
        self.0.sign_in(page, simulator, username).unwrap()
    }

    /// Presses the button with this id.
    pub(crate) fn press(&mut self, page: &Page, id: &str) -> Page {
        self.0.press(page, id).unwrap()
    }

    /// Sends the form that `mark` stands in, with what was typed.
    pub(crate) fn submit(&mut self, page: &Page, mark: &str, typed: &[(&str, &str)]) -> Page {
        self.0.submit(page, mark, typed).unwrap()
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
}
