//! Token answers that are not what they should be, through the whole program: what cannot be used is refused and leaves
//! nothing behind; what is less or more than was asked for is said.

use serde_json::{Value, json};
use stage::{Bent, Mirror, Simulator};

use crate::browser::Browser;
use crate::logins::{application, live_logins};
use crate::session::{Said, Session};

struct Behind {
    session: Session,
    simulator: Simulator,
    mirror: Mirror,
}

impl Behind {
    fn new() -> Self {
        let (simulator, mirror) = Mirror::before(&[]).unwrap();
        Self {
            session: Session::new(),
            simulator,
            mirror,
        }
    }

    /// Signs in and authorizes, GitLab's token answer being bent so: what the browser shows, and what the program said.
    fn sign_in(&self, name: &str, json: bool, bent: Bent) -> (String, Said) {
        self.mirror.bend(bent);
        let id = &application(&self.simulator, false).application_id;
        let args = ["link", self.mirror.address(), "--name", name, "--no-browser"];
        let args = [&args[..], &["--client-id", id]].concat();
        let mut started = if json {
            self.session.start(&args, b"")
        } else {
            crate::started::Started::new(self.session.command(&args), b"")
        };
        // The person signs in on this side of the mirror.
        let (seen, real) = (self.mirror.address(), self.simulator.address());
        let address = started.address().replacen(seen, real, 1);
        let page = Browser::new().authorize(&address, &self.simulator, "ada");
        assert_eq!(page.url.path(), "/callback", "{}", page.html);
        (page.html, started.end())
    }

    fn refused(&self, bent: Bent, code: &str, status: i32) -> Value {
        let (page, said) = self.sign_in("Work", true, bent);
        assert!(page.contains("could not be linked"), "{code}: {page}");
        assert_eq!((said.code().as_str(), said.status), (code, status), "{said:?}");
        self.session.is_empty();
        let known = self.session.instances();
        assert_eq!(known["instances"].as_array().unwrap().len(), 1, "{known}");
        for token in ["access_token", "refresh_token"] {
            for secret in self.mirror.values(token) {
                said.never_says(&secret);
            }
        }
        said.object()["error"].clone()
    }

    fn linked(&self, name: &str, fields: Value) -> Value {
        let (page, said) = self.sign_in(name, true, Bent::Fields(fields));
        assert!(page.contains("the account is linked"), "{name}: {page}");
        assert_eq!(said.status, 0, "{said:?}");
        self.mirror.bend(Bent::Not);
        let said = self.session.json(&["check", name], b"");
        assert_eq!(said.status, 0, "{name}: {said:?}");
        said.object()["accounts"][0].clone()
    }
}

#[test]
fn a_token_answer_that_is_html_broken_huge_or_of_another_type_is_refused() {
    let behind = Behind::new();
    let sign_in = b"<!DOCTYPE html><html><title>Sign in</title></html>".to_vec();
    behind.refused(Bent::Body("text/html", sign_in), "unusable_answer", 1);
    let cut = br#"{"access_token":"acce55","token_ty"#.to_vec();
    behind.refused(Bent::Body("application/json", cut), "unusable_answer", 1);
    let huge = vec![b' '; 10 * 1024 * 1024];
    behind.refused(Bent::Body("application/json", huge), "unusable_answer", 1);
    // Of what cannot be read at all nothing can go back; of what can be read, everything does.
    let unreadable = live_logins(&behind.simulator);
    for kind in [json!("mac"), json!(7), json!(null)] {
        let other = json!({ "token_type": kind });
        behind.refused(Bent::Fields(other), "unusable_answer", 1);
        assert_eq!(live_logins(&behind.simulator), unreadable, "not taken back");
    }
    let odd = json!({ "refresh_token": 5 });
    behind.refused(Bent::Fields(odd), "unusable_answer", 1);
    assert_eq!(live_logins(&behind.simulator), unreadable, "not taken back");
    let none = json!({ "access_token": null });
    behind.refused(Bent::Fields(none), "unusable_answer", 1);
}

#[test]
fn narrower_permissions_than_asked_for_are_refused_and_the_tokens_given_back() {
    let behind = Behind::new();
    let narrow = json!({ "scope": "read_repository" });
    let error = behind.refused(Bent::Fields(narrow), "scopes_differ", 1);
    let said = error.to_string();
    assert!(
        said.contains("api") && said.contains("write_repository"),
        "{said}"
    );
    assert_eq!(live_logins(&behind.simulator), 0);
}

#[test]
fn wider_permissions_than_asked_for_are_said() {
    let behind = Behind::new();
    let wide = json!({ "scope": "api read_repository write_repository sudo" });
    let (_, said) = behind.sign_in("Wide", false, Bent::Fields(wide));
    assert_eq!(said.status, 0, "{said:?}");
    assert!(
        said.err.contains("GitLab granted more than was asked for: sudo."),
        "{said:?}"
    );
}

#[test]
fn a_token_answer_without_refresh_token_or_without_expiry_is_taken_as_what_it_is() {
    let behind = Behind::new();
    for (name, fields) in [
        ("No refresh", json!({ "refresh_token": null })),
        ("No expiry", json!({ "expires_in": null })),
        ("No scope", json!({ "scope": null })),
        ("Odd expiry", json!({ "expires_in": "soon" })),
        (
            "List of scopes",
            json!({ "scope": ["api", "read_repository", "write_repository"] }),
        ),
    ] {
        let account = behind.linked(name, fields);
        assert_eq!(account["health"]["state"], "linked", "{name}: {account}");
        assert_eq!(
            account["scopes"],
            json!(["api", "read_repository", "write_repository"]),
            "{name}: {account}"
        );
    }
    assert_eq!(behind.session.keyring.items().unwrap(), 5);
}
