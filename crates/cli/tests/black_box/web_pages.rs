//! A web page in the person's own browser, while a login waits: even one that knows everything but a code of GitLab's
//! makes nobody linked, and does not end the login of the person.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::spawn;

use stage::{Chromium, Simulator};

use crate::logins::{application, live_logins};
use crate::session::Session;

/// Serves one page, from an origin of its own; its address.
fn serve(page: String) -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", door.local_addr().unwrap());
    spawn(move || {
        for mut guest in door.incoming().flatten() {
            let page = page.clone();
            // Each by itself: a browser also opens connections on which it asks for nothing yet.
            spawn(move || {
                read_head(&mut guest);
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
                // A guest who went away wants no page.
                let _ = write!(guest, "{head} {}\r\n\r\n{page}", page.len());
            });
        }
    });
    address
}

fn read_head(guest: &mut TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && matches!(guest.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
}

/// The page: it asks in every way a page can without the person, says what came of it, and has two forms.
fn page(callback: &str, state: &str) -> String {
    let right = format!("{callback}?code=c0de0fa5tranger&state={state}");
    format!(
        r#"<!DOCTYPE html><title>asking</title>
        <form id="post" method="post" action="{callback}">
        <input type="hidden" name="code" value="c0de0fa5tranger"><input type="hidden" name="state" value="{state}">
        <button id="posting">Post</button></form>
        <form id="get" action="{callback}"><input type="hidden" name="code" value="c0de0fa5tranger">
        <input type="hidden" name="state" value="wrong"><button id="getting">Get</button></form>
        <p></p>
        <script>
        const right = "{right}";
        const ended = (element, name) => new Promise(done => {{
            element.onload = () => done(name + " loaded");
            element.onerror = () => done(name + " failed");
            element.src = right;
            document.body.append(element);
        }});
        const asked = (mode) => fetch(right, {{ mode }}).then(
            answer => "fetch " + mode + " " + answer.type, () => "fetch " + mode + " failed");
        Promise.all([
            asked("cors"), asked("no-cors"), ended(new Image(), "image"),
            ended(document.createElement("script"), "script"), ended(document.createElement("iframe"), "frame"),
            fetch(right, {{ method: "POST", mode: "no-cors", body: "" }}).then(() => "post sent", () => "post failed"),
        ]).then(all => {{ document.querySelector("p").textContent = "Done: " + all.join(", ") + "."; }});
        </script>"#
    )
}

#[tokio::test]
async fn a_web_page_in_the_same_browser_can_neither_end_nor_make_a_login() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let browser = Chromium::start().await.unwrap();
    browser.sign_in(&simulator, "ada").await.unwrap();
    let id = &application(&simulator, false).application_id;
    let args = ["link", simulator.address(), "--name", "Work", "--no-browser"];
    let mut started = session.start(&[&args[..], &["--client-id", id]].concat(), b"");
    let address = started.address();
    let parsed: url::Url = address.parse().unwrap();
    let value = |wanted: &str| {
        let mut pairs = parsed.query_pairs();
        pairs.find(|(name, _)| name == wanted).unwrap().1.into_owned()
    };
    let (callback, state) = (value("redirect_uri"), value("state"));
    let page = serve(page(&callback, &state));

    browser.go(&page).await.unwrap();
    browser.read("Done: ").await.unwrap();
    let told = browser.text().await;
    assert!(
        !told.contains("image loaded") && !told.contains("script loaded"),
        "{told}"
    );
    assert!(told.contains("fetch cors failed"), "{told}");
    // With a form the person is sent there: nothing came of it, and that is told.
    for (form, refusal) in [("#posting", "405"), ("#getting", "nothing to see here")] {
        browser.go(&page).await.unwrap();
        browser.press(form).await.unwrap();
        browser.read(refusal).await.unwrap();
        let told = browser.text().await;
        assert!(!told.contains("is linked"), "{form}: {told}");
        let url = browser.client().current_url().await.unwrap();
        assert!(url.as_str().starts_with(&callback), "{form}: {url}");
    }
    assert_eq!(live_logins(&simulator), 0);
    let asked = simulator.requests().unwrap();
    assert!(
        !asked.iter().any(|one| one.path == "/oauth/token"),
        "a stranger's code was taken to GitLab"
    );

    // And the person's own login goes on.
    browser.go(&address).await.unwrap();
    browser.authorize().await.unwrap();
    browser.read("the account is linked").await.unwrap();
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(session.names(), ["Work"]);
}
