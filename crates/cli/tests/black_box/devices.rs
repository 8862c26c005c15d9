//! Login with a code that is typed on another device (RFC 8628), from the command line.

use serde_json::json;
use stage::Simulator;

use crate::browser::Browser;
use crate::logins::{application, live_logins};
use crate::session::{Said, Session};

fn whole(options: &[&str]) {
    let session = Session::new();
    let simulator = Simulator::with(options).unwrap();
    let id = &application(&simulator, false).application_id;
    let ca = simulator.ready().ca_file.clone();
    let mut args = vec!["link", simulator.address(), "--name", "Work", "--device"];
    args.extend(["--client-id", id]);
    if let Some(ca) = &ca {
        args.extend(["--ca", ca.to_str().unwrap()]);
    }
    let mut started = session.start(&args, b"");
    let (code, at) = started.code();
    // Many servers leave the subpath out (quirk 25).
    assert_eq!(at, format!("{}/oauth/device", simulator.address()));
    Browser::new().type_code(&at, &code, &simulator, "ada", "authorize");
    let said = started.end();
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.err.contains("Ada Lovelace (@ada)"), "{said:?}");
    let account = said.object()["account"].clone();
    assert_eq!(
        (
            &account["method"],
            &account["user"]["username"],
            &account["expires_at"]
        ),
        (&json!("app"), &json!("ada"), &json!(null)),
        "{account}"
    );
    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let said = session.json(&["unlink", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(live_logins(&simulator), 0);
}

#[test]
fn quirk_25_a_code_on_17_3_under_a_subpath_with_a_company_certificate() {
    whole(&["--gitlab-version", "17.3", "--subpath", "/gitlab", "--tls"]);
}

#[test]
fn a_code_on_19_4_under_a_subpath_with_a_company_certificate() {
    whole(&["--gitlab-version", "19.4", "--subpath", "/gitlab", "--tls"]);
}

fn refused(simulator: &Simulator, act: impl FnOnce(&str, &str), code: &str) -> Said {
    let session = Session::new();
    let id = &application(simulator, false).application_id;
    let args = ["link", simulator.address(), "--device", "--client-id", id];
    let mut started = session.start(&args, b"");
    let (user_code, at) = started.code();
    act(&at, &user_code);
    let said = started.end();
    assert_eq!((said.code().as_str(), said.status), (code, 3), "{said:?}");
    session.is_empty();
    assert_eq!(live_logins(simulator), 0);
    said
}

#[test]
fn a_denial_that_is_told_ends_it() {
    let simulator = Simulator::start().unwrap();
    simulator
        .control(
            reqwest::Method::POST,
            "settings",
            Some(json!({ "device_denial_is_told": true })),
        )
        .unwrap();
    let deny = |at: &str, code: &str| {
        Browser::new().type_code(at, code, &simulator, "ada", "deny");
    };
    refused(&simulator, deny, "device_denied");
}

#[test]
fn quirk_26_a_denial_that_is_not_told_ends_with_the_codes_time() {
    let simulator = Simulator::start().unwrap();
    let deny = |at: &str, code: &str| {
        Browser::new().type_code(at, code, &simulator, "ada", "deny");
        simulator.advance_clock(301).unwrap();
    };
    refused(&simulator, deny, "device_expired");
}

#[test]
fn a_gitlab_without_codes_and_an_unknown_application_are_told_at_once() {
    let simulator = Simulator::with(&["--gitlab-version", "16.9"]).unwrap();
    let id = &application(&simulator, false).application_id;
    let args = ["link", simulator.address(), "--device", "--client-id", id];
    Session::new().refused(&args, b"", "device_unsupported", 1);
    let simulator = Simulator::start().unwrap();
    let args = ["link", simulator.address(), "--device", "--client-id", "unknown"];
    Session::new().refused(&args, b"", "app_unknown", 1);
    let args = ["link", simulator.address(), "--device"];
    Session::new().refused(&args, b"", "app_not_set_up", 3);
}

#[test]
fn ctrl_c_while_a_code_waits_leaves_nothing_behind() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let id = &application(&simulator, false).application_id;
    let args = ["link", simulator.address(), "--device", "--client-id", id];
    let mut started = session.start(&args, b"");
    let (code, at) = started.code();
    started.interrupt();
    let said = started.end();
    assert_eq!(
        (said.code().as_str(), said.status),
        ("interrupted", 130),
        "{said:?}"
    );
    // Authorizing it now helps nobody.
    Browser::new().type_code(&at, &code, &simulator, "ada", "authorize");
    session.is_empty();
    assert_eq!(live_logins(&simulator), 0);
}
