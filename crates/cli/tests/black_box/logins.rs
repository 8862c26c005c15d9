//! App login in the browser, from the command line: public and confidential applications, old and new versions, and
//! everything that keeps a login from coming to be. What is refused leaves nothing behind, here or at GitLab.

use std::net::TcpStream;

use serde_json::{Value, json};
use stage::{ReadyApplication, Simulator, until};

use crate::browser::Browser;
use crate::session::{Said, Session};

/// The application of that kind that is there from the start.
pub(crate) fn application(simulator: &Simulator, confidential: bool) -> &ReadyApplication {
    let all = &simulator.ready().applications;
    all.iter().find(|one| one.confidential == confidential).unwrap()
}

/// How many tokens of applications live at GitLab.
pub(crate) fn live_logins(simulator: &Simulator) -> usize {
    let state = simulator.state().unwrap();
    let tokens = state["tokens"].as_array().unwrap().iter();
    tokens
        .filter(|token| token["kind"] == "oauth" && token["revoked"] == false)
        .count()
}

fn whole(options: &[&str], confidential: bool) {
    let session = Session::new();
    let simulator = Simulator::with(options).unwrap();
    let app = application(&simulator, confidential).clone();
    let ca = simulator.ready().ca_file.clone();
    let mut args = vec!["link", simulator.address(), "--name", "Work", "--no-browser"];
    args.extend(["--client-id", &app.application_id]);
    if confidential {
        args.push("--client-secret-stdin");
    }
    if let Some(ca) = &ca {
        args.extend(["--ca", ca.to_str().unwrap()]);
    }
    let secret = format!("{}\n", app.secret.as_deref().unwrap_or_default());
    let mut started = session.start(&args, secret.as_bytes());
    let address = started.address();
    let start = format!("{}/oauth/authorize?", simulator.address());
    assert!(address.starts_with(&start), "{address}");
    let page = Browser::new().authorize(&address, &simulator, "ada");
    assert!(page.html.contains("the account is linked"), "{}", page.html);
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    let opened = said.err.lines().filter(|line| line.contains("/oauth/authorize"));
    assert_eq!(opened.count(), 1, "{said:?}");

    let account = said.object()["account"].clone();
    assert_eq!(
        account["scopes"],
        json!(["api", "read_repository", "write_repository"])
    );
    assert_eq!(
        (&account["method"], &account["kind"], &account["expires_at"]),
        (&json!("app"), &json!("personal"), &Value::Null),
        "{account}"
    );
    assert_eq!(account["user"]["username"], "ada");
    assert_eq!(account["health"], json!({ "state": "linked", "detail": null }));
    assert_eq!(account["instance"], simulator.address());
    let kept = if confidential { 2 } else { 1 };
    assert_eq!(session.keyring.items().unwrap(), kept);
    let shown = session.json(&["show", "Work"], b"").object();
    assert_eq!((&shown["schema"], &shown["account"]), (&json!(1), &account));
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");

    // The registration is known from now on: address and nothing else.
    let known = &session.instances()["instances"];
    let mut known = known.as_array().unwrap().iter();
    let known = known.find(|one| one["address"] == simulator.address()).unwrap();
    assert_eq!(known["client_id"], app.application_id.as_str());
    session.sign_in(&simulator, "Again", &[]);
    assert_eq!(session.names().len(), 2);

    let said = session.json(&["unlink", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let unlinked = said.object()["unlinked"].clone();
    assert_eq!(
        (&unlinked["revoked"], &unlinked["proved"]),
        (&json!(true), &json!(true)),
        "{unlinked}"
    );
    let said = session.json(&["check", "Again"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(live_logins(&simulator), 1);
}

macro_rules! logins {
    ($($test:ident: $confidential:literal, $options:expr;)+) => {
        $(#[test]
        fn $test() {
            let options: &[&str] = &$options;
            whole(options, $confidential);
        })+
    };
}

logins! {
    a_public_application_on_15_0_under_a_subpath_with_a_company_certificate:
        false, ["--gitlab-version", "15.0", "--subpath", "/gitlab", "--tls"];
    a_public_application_on_17_3_under_a_long_subpath: false, ["--gitlab-version", "17.3", "--subpath", "/tools/gitlab"];
    a_public_application_on_19_4_under_a_subpath_with_a_company_certificate:
        false, ["--gitlab-version", "19.4", "--subpath", "/gitlab", "--tls"];
    quirk_18_a_confidential_application_on_15_0_under_a_subpath_with_a_company_certificate:
        true, ["--gitlab-version", "15.0", "--subpath", "/gitlab", "--tls"];
    quirk_18_a_confidential_application_on_17_3: true, ["--gitlab-version", "17.3"];
    quirk_18_a_confidential_application_on_19_4_under_a_subpath_with_a_company_certificate:
        true, ["--gitlab-version", "19.4", "--subpath", "/gitlab", "--tls"];
}

#[test]
fn the_program_that_opens_addresses_gets_the_address_and_nothing_is_printed() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut session = Session::new();
    let simulator = Simulator::start().unwrap();
    let (folder, told) = (
        session.keyring.room().path("bin"),
        session.keyring.room().path("opened"),
    );
    std::fs::create_dir_all(&folder).unwrap();
    let opener = folder.join("xdg-open");
    let script = format!(
        "#!/bin/sh\nprintf %s \"$1\" > '{0}.new' && mv '{0}.new' '{0}'\n",
        told.display()
    );
    std::fs::write(&opener, script).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", folder.display());
    session.keyring.room_mut().set("PATH", path);
    let id = &application(&simulator, false).application_id;
    let started = session.start(&["link", simulator.address(), "--client-id", id], b"");
    let address = until("the opener to be called", || {
        Ok(std::fs::read_to_string(&told).ok())
    })
    .unwrap();
    Browser::new().authorize(&address, &simulator, "ada");
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    assert!(!said.err.contains("open: "), "{said:?}");
}

#[test]
fn a_browser_that_does_not_open_leaves_the_address_to_the_person() {
    let mut session = Session::new();
    let simulator = Simulator::start().unwrap();
    let nothing = session.keyring.room().path("nothing");
    session.keyring.room_mut().set("PATH", nothing);
    let id = &application(&simulator, false).application_id;
    let mut started = session.start(&["link", simulator.address(), "--client-id", id], b"");
    Browser::new().authorize(&started.address(), &simulator, "ada");
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
}

/// Starts a login with these arguments behind the address, acts on it, and expects this end and nothing left behind.
fn refused(
    simulator: &Simulator,
    (args, input): (&[&str], &str),
    act: impl FnOnce(&str),
    (code, status): (&str, i32),
) -> Said {
    let session = Session::new();
    let args = [&["link", simulator.address(), "--no-browser"], args].concat();
    let mut started = session.start(&args, input.as_bytes());
    act(&started.address());
    let said = started.end();
    assert_eq!((said.code().as_str(), said.status), (code, status), "{said:?}");
    session.is_empty();
    let known = session.instances();
    assert_eq!(known["instances"].as_array().unwrap().len(), 1, "{known}");
    assert_eq!(live_logins(simulator), 0);
    said
}

#[test]
fn access_that_is_denied_is_told_and_nothing_is_kept() {
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let deny = |address: &str| {
        let mut browser = Browser::new();
        let page = browser.open(address);
        let page = browser.sign_in(page, &simulator, "ada");
        let page = browser.press(&page, "deny");
        assert!(page.html.contains("access was not granted"), "{}", page.html);
    };
    refused(&simulator, (&["--client-id", id], ""), deny, ("login_denied", 3));
}

#[test]
fn quirk_21_a_wrong_secret_is_told_from_an_unknown_application() {
    let simulator = Simulator::start().unwrap();
    let failed = |address: &str| {
        let page = Browser::new().authorize(address, &simulator, "ada");
        assert!(page.html.contains("could not be linked"), "{}", page.html);
    };
    for confidential in [false, true] {
        let id = &application(&simulator, confidential).application_id;
        let args = ["--client-id", id, "--client-secret-stdin"];
        let secret = "gloas-canary0123456789abcdef";
        let said = refused(&simulator, (&args, secret), failed, ("app_secret_wrong", 1));
        said.never_says("canary");
    }
}

#[test]
fn quirk_20_a_confidential_application_without_its_secret_is_told() {
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, true).application_id;
    let failed = |address: &str| {
        let page = Browser::new().authorize(address, &simulator, "ada");
        assert!(page.html.contains("could not be linked"), "{}", page.html);
    };
    let said = refused(
        &simulator,
        (&["--client-id", id], ""),
        failed,
        ("app_secret_wrong", 1),
    );
    let hint = said.object()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--client-secret-stdin"), "{hint}");
}

/// What the browser shows to somebody who signs in and authorizes, after `meanwhile`.
fn authorized(simulator: &Simulator, address: &str, meanwhile: impl FnOnce()) -> String {
    let mut browser = Browser::new();
    let page = browser.open(address);
    let page = browser.sign_in(page, simulator, "ada");
    meanwhile();
    browser.press(&page, "authorize").html
}

#[test]
fn a_user_gitlab_keeps_out_is_not_linked() {
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let blocked = |address: &str| {
        let page = authorized(&simulator, address, || {
            let state = json!({ "username": "ada", "state": "blocked" });
            simulator.user(state).unwrap();
        });
        assert!(page.contains("could not be linked"), "{page}");
    };
    refused(
        &simulator,
        (&["--client-id", id], ""),
        blocked,
        ("account_blocked", 3),
    );
}

#[test]
fn quirk_44_proof_of_possession_is_not_demanded_of_app_logins() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let id = application(&simulator, false).application_id.clone();
    simulator
        .user(json!({ "username": "ada", "dpop": true }))
        .unwrap();
    session.sign_in(&simulator, "Work", &["--client-id", &id]);
}

#[test]
fn an_identity_check_that_fails_gives_the_tokens_back() {
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let spoilt = |address: &str| {
        simulator
            .fault(json!({ "fault": "wrong-types", "times": 1, "path": "/api/v4/user" }))
            .unwrap();
        let page = Browser::new().authorize(address, &simulator, "ada");
        assert!(page.html.contains("could not be linked"), "{}", page.html);
    };
    refused(
        &simulator,
        (&["--client-id", id], ""),
        spoilt,
        ("unusable_answer", 1),
    );
}

/// GitLab shows its error in the browser and never comes back: the person presses Ctrl-C.
#[test]
fn quirk_16_an_error_page_never_comes_back_and_ctrl_c_ends_it() {
    let simulator = Simulator::start().unwrap();
    let narrow = simulator
        .control(
            reqwest::Method::POST,
            "applications",
            Some(
                json!({ "name": "narrow", "confidential": false, "scopes": ["read_user"],
                "redirect_uris": ["http://127.0.0.1/callback"] }),
            ),
        )
        .unwrap();
    for id in ["unknown", narrow["application_id"].as_str().unwrap()] {
        let session = Session::new();
        let args = ["link", simulator.address(), "--no-browser", "--client-id", id];
        let mut started = session.start(&args, b"");
        let address = started.address();
        let mut browser = Browser::new();
        let page = browser.open(&address);
        let page = browser.sign_in(page, &simulator, "ada");
        assert!(page.html.contains("An error has occurred"), "{}", page.html);
        assert_eq!((page.status, page.url.path()), (200, "/oauth/authorize"));
        let port = port_of(&address);
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        started.interrupt();
        let said = started.end();
        assert_eq!(
            (said.code().as_str(), said.status),
            ("interrupted", 130),
            "{said:?}"
        );
        assert!(
            TcpStream::connect(("127.0.0.1", port)).is_err(),
            "the port is not free"
        );
        session.is_empty();
    }
}

/// The port of the redirect address in an address to sign in at.
fn port_of(address: &str) -> u16 {
    let address: url::Url = address.parse().unwrap();
    let (_, redirect) = address
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap();
    redirect.parse::<url::Url>().unwrap().port().unwrap()
}

#[test]
fn ctrl_c_in_the_middle_of_the_exchange_gives_the_tokens_back() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let args = ["link", simulator.address(), "--no-browser", "--client-id", id];
    let mut started = session.start(&args, b"");
    let address = started.address();
    simulator
        .fault(json!({ "fault": "slow", "path": "/oauth/token", "seconds": 2 }))
        .unwrap();
    let mut browser = Browser::new();
    let page = browser.open(&address);
    let page = browser.sign_in(page, &simulator, "ada");
    std::thread::scope(|scope| {
        // Its page never comes: the program it would come from ends.
        let waiting = scope.spawn(|| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| browser.press(&page, "authorize")))
                .is_ok()
        });
        until("the exchange", || {
            let asked = simulator.requests()?;
            Ok(asked.iter().any(|one| one.path == "/oauth/token").then_some(()))
        })
        .unwrap();
        started.interrupt();
        let said = started.end();
        assert_eq!(
            (said.code().as_str(), said.status),
            ("interrupted", 130),
            "{said:?}"
        );
        let _ = waiting.join();
    });
    let asked = simulator.requests().unwrap();
    assert!(
        asked
            .iter()
            .any(|one| one.path == "/oauth/revoke" && one.status == Some(200)),
        "{asked:?}"
    );
    assert_eq!(live_logins(&simulator), 0);
    session.is_empty();
}

#[test]
fn a_browser_that_never_comes_back_is_waited_for_ten_minutes() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    // Ten minutes of the program's clock pass in two seconds.
    let args = [
        "--json",
        "link",
        simulator.address(),
        "--no-browser",
        "--client-id",
        id,
    ];
    let mut started = crate::started::Started::new(session.later("+0 x300", &args), b"");
    let port = port_of(&started.address());
    let said = started.end();
    assert_eq!(
        (said.code().as_str(), said.status),
        ("login_timed_out", 3),
        "{said:?}"
    );
    let hint = said.object()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("http://127.0.0.1/callback"), "{hint}");
    assert!(
        TcpStream::connect(("127.0.0.1", port)).is_err(),
        "the port is not free"
    );
    session.is_empty();
}

#[test]
fn a_second_login_started_while_one_waits_disturbs_neither() {
    let (session, simulator) = (Session::new(), Simulator::start().unwrap());
    let id = &application(&simulator, false).application_id;
    let start = |name: &str| {
        let args = ["link", simulator.address(), "--no-browser", "--client-id", id];
        session.start(&[&args, &["--name", name][..]].concat(), b"")
    };
    let (mut first, mut second) = (start("First"), start("Second"));
    let (one, two) = (first.address(), second.address());
    assert_ne!(port_of(&one), port_of(&two));
    // The answer to one is none to the other, whoever carries it there.
    let mut browser = Browser::new();
    let own = browser.open(&two);
    browser.sign_in(own, &simulator, "ada");
    let page = browser.authorize(&two, &simulator, "ada");
    assert!(page.html.contains("the account is linked"), "{}", page.html);
    let answered = browser.at();
    let carried = answered.replace(&format!(":{}/", port_of(&two)), &format!(":{}/", port_of(&one)));
    assert_ne!(carried, answered);
    let page = browser.open(&carried);
    assert!(!page.html.contains("is linked"), "{}", page.html);
    let said = second.end();
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(session.names(), ["Second"]);

    browser.authorize(&one, &simulator, "ada");
    let said = first.end();
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(session.names(), ["First", "Second"]);
    assert_eq!(live_logins(&simulator), 2);
}

#[test]
fn a_clock_that_is_wrong_by_a_day_keeps_nobody_from_signing_in() {
    for wrong in ["+86400", "-86400"] {
        let (session, simulator) = (Session::new(), Simulator::start().unwrap());
        let id = &application(&simulator, false).application_id;
        let link = |name: &str, how: &str| {
            let args = ["--json", "link", simulator.address(), "--name", name, how];
            let command = session.later(wrong, &[&args[..], &["--client-id", id]].concat());
            crate::started::Started::new(command, b"")
        };
        let mut started = link("Browser", "--no-browser");
        Browser::new().authorize(&started.address(), &simulator, "ada");
        let said = started.end();
        assert_eq!(said.status, 0, "{wrong}: {said:?}");
        let mut started = link("Code", "--device");
        let (code, at) = started.code();
        Browser::new().type_code(&at, &code, &simulator, "ada", "authorize");
        let said = started.end();
        assert_eq!(said.status, 0, "{wrong}: {said:?}");
        // Put right, it changes nothing.
        for command in [
            session.later(wrong, &["--json", "check"]),
            session.command(&["--json", "check"]),
        ] {
            let said = crate::session::finish(command, b"");
            assert_eq!(said.status, 0, "{wrong}: {said:?}");
        }
    }
}

#[test]
fn a_gitlab_without_a_registration_says_how_to_register() {
    let session = Session::new();
    let simulator = Simulator::with(&["--subpath", "/gitlab"]).unwrap();
    let address = simulator.address();
    let said = session.refused(&["link", address], b"", "app_not_set_up", 3);
    let hint = said.object()["error"]["hint"].as_str().unwrap().to_owned();
    for told in [
        &format!("{address}/-/user_settings/applications"),
        &format!("{address}/groups/GROUP/-/settings/applications"),
        &format!("{address}/admin/applications"),
        "Redirect URI: http://127.0.0.1/callback",
        "Confidential: off",
        "api read_repository write_repository",
        &format!("lablink link {address} --client-id"),
    ] {
        assert!(hint.contains(told), "{told} is not in {hint}");
    }
}

#[test]
fn fewer_scopes_are_asked_for_and_granted() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let account = session.sign_in(
        &simulator,
        "Narrow",
        &["--client-id", id, "--scopes", "read_api read_repository"],
    );
    assert_eq!(account["scopes"], json!(["read_api", "read_repository"]));
}

#[test]
fn what_contradicts_itself_is_wrong_usage() {
    let session = Session::without_keychain();
    for (options, input) in [
        (&["--token-stdin", "--device"][..], ""),
        (&["--token-stdin", "--no-browser"], ""),
        (&["--token-stdin", "--client-id", "abc"], ""),
        (
            &["--token-stdin", "--client-id", "abc", "--client-secret-stdin"],
            "",
        ),
        (&["--client-secret-stdin"], ""),
        (&["--device", "--no-browser"], ""),
        (&["--client-id", "gloas-canary0123456789"], ""),
        (&["--client-secret", "gloas-canary0123456789"], ""),
    ] {
        let args = [&["link", "https://git.example.test"], options].concat();
        let said = session.json(&args, input.as_bytes());
        assert_eq!((said.code().as_str(), said.status), ("usage", 2), "{options:?}");
        said.never_says("canary");
    }
    for secret in [
        "gloas-canary0123456789",
        "glcbt-canary0123456789ab",
        "ghp_canary0123456789ab",
    ] {
        for kept in ["add", "set"] {
            let args = [
                "instance",
                kept,
                "https://git.example.test",
                "--client-id",
                secret,
            ];
            let said = session.refused(&args, b"", "usage", 2);
            said.never_says("canary");
        }
    }
    for (options, input, code) in [
        (&["--client-id", ""][..], "", "application_id_invalid"),
        (&["--client-id", "a b"], "", "application_id_invalid"),
        (
            &["--client-id", "abc", "--client-secret-stdin"],
            " \n",
            "application_secret_invalid",
        ),
        (
            &["--client-id", "abc", "--client-secret-stdin"],
            "two words",
            "application_secret_invalid",
        ),
    ] {
        let args = [&["link", "https://git.example.test"], options].concat();
        let said = session.json(&args, input.as_bytes());
        assert_eq!(
            (said.code().as_str(), said.status),
            (code, 2),
            "{options:?}: {said:?}"
        );
    }
    assert!(
        session
            .json(&["permissions", "Work", "--scopes", "API!"], b"")
            .code()
            == "usage",
        "scopes that are none"
    );
    for args in [
        &["permissions", "Nobody", "--scopes", "api"][..],
        &["relink", "Nobody"],
    ] {
        let said = session.json(args, b"");
        assert_eq!((said.code().as_str(), said.status), ("account_not_found", 3));
    }
}
