//! The border between window and Rust, through the real IPC and the real rights, without a display.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a broken border must stop them"
)]

mod arguments;
mod border;
mod logins;
mod profiles;
mod rights;
mod settings;

use std::fs;

use lablink_app::view::{FlowStep, KeychainView, Way};
use links::{Home, Links, Setup};
use serde_json::{Value, json};

use self::border::Border;

#[test]
fn the_first_snapshot_comes_when_what_is_kept_has_been_read() {
    let border = Border::open();
    let snapshot = border.call("snapshot", json!({})).unwrap();
    assert_eq!(snapshot["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(snapshot["accounts"], json!([]));
    assert_eq!(
        snapshot["instances"][0]["address"], "https://gitlab.com",
        "GitLab.com is built in"
    );
    assert_eq!(snapshot["flow"], Value::Null);
}

#[test]
fn only_what_is_known_here_is_opened() {
    let border = Border::open();
    border.call("snapshot", json!({})).unwrap();
    let open = |destination: Value| border.call("open_destination", json!({ "destination": destination }));
    open(json!({ "kind": "instance", "address": "https://gitlab.com" })).unwrap();
    open(json!({ "kind": "log_folder" })).unwrap();
    for address in [
        "https://evil.example",
        "https://gitlab.com.evil.example",
        "file:///etc/passwd",
        "",
    ] {
        let refusal = open(json!({ "kind": "instance", "address": address })).unwrap_err();
        assert_eq!(refusal["code"], "instance_not_found", "{address}");
        let page = json!({ "kind": "registration_page", "address": address, "whose": "user" });
        assert_eq!(open(page).unwrap_err()["code"], "instance_not_found", "{address}");
    }
    open(json!({ "kind": "registration_page", "address": "https://gitlab.com", "whose": "user" })).unwrap();
    assert_eq!(
        open(json!({ "kind": "token_page" })).unwrap_err()["code"],
        "instance_not_found",
        "no flow is open"
    );
    assert_eq!(
        *border.desktop.opened.lock().unwrap(),
        [
            "https://gitlab.com",
            "/x/log",
            "https://gitlab.com/-/user_settings/applications"
        ]
    );
}

#[test]
fn the_link_flow_opens_keeps_what_is_typed_and_leaves_nothing_behind() {
    let border = Border::open();
    border.call("start_link", json!({ "way": "company" })).unwrap();
    border.call("set_name", json!({ "text": "Work" })).unwrap();
    let shown = border.once(|shown| shown.flow.as_ref().is_some_and(|flow| flow.name == "Work"));
    let flow = shown.flow.unwrap();
    assert_eq!((flow.step, flow.way), (FlowStep::Address, Way::Company));
    border.call("cancel_link", json!({})).unwrap();
    let after = border.call("snapshot", json!({})).unwrap();
    assert_eq!((&after["flow"], &after["accounts"]), (&Value::Null, &json!([])));
}

#[test]
fn what_is_copied_is_what_was_asked_for() {
    let border = Border::open();
    border
        .call("copy_text_redirect", json!({ "address": "https://gitlab.com" }))
        .unwrap();
    assert_eq!(
        border.desktop.copied.lock().unwrap().as_deref(),
        Some("http://127.0.0.1/callback")
    );
    let message = "Dear admin,\nplease register LabLink.";
    border
        .call("copy_admin_message", json!({ "text": message }))
        .unwrap();
    assert_eq!(border.desktop.copied.lock().unwrap().as_deref(), Some(message));
    // Nothing waits in a browser: nothing is copied and nothing opened.
    border.call("copy_login_link", json!({})).unwrap();
    border.call("open_again", json!({})).unwrap();
    assert_eq!(border.desktop.copied.lock().unwrap().as_deref(), Some(message));
    assert!(border.desktop.opened.lock().unwrap().is_empty());
}

#[test]
fn an_empty_clipboard_is_a_problem_of_its_own() {
    let border = Border::open();
    border.call("start_link", json!({ "way": "company" })).unwrap();
    assert_eq!(border.refusal("paste_token", json!({})), "clipboard_empty");
}

#[test]
fn the_report_names_nobody_and_is_what_is_copied() {
    let border = Border::open();
    // The keychain answers in its own time, and the report says how it is.
    border.once(|shown| shown.keychain != KeychainView::Unknown);
    let report = border.call("report", json!({})).unwrap();
    let text = report.as_str().unwrap();
    assert!(
        text.starts_with(concat!("LabLink ", env!("CARGO_PKG_VERSION"))),
        "{text}"
    );
    assert!(
        !text.contains("/x/log"),
        "the log folder has the person's name in it: {text}"
    );
    border.call("copy_report", json!({})).unwrap();
    assert_eq!(border.desktop.copied.lock().unwrap().as_deref(), Some(text));
}

#[test]
fn a_store_of_a_newer_lablink_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().to_owned());
    fs::create_dir_all(home.data_dir()).unwrap();
    fs::write(
        home.database(),
        "this is no database, and it is long enough to be read as one".repeat(40),
    )
    .unwrap();
    let before = fs::read(home.database()).unwrap();
    let border = Border::open_at(folder);
    let code = border.refusal("snapshot", json!({}));
    assert!(code.starts_with("store_"), "{code}");
    assert_eq!(border.refusal("start_link", json!({ "way": "company" })), code);
    assert_eq!(fs::read(home.database()).unwrap(), before);
}

#[test]
fn a_damaged_store_is_put_aside_when_asked_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().to_owned());
    fs::create_dir_all(home.data_dir()).unwrap();
    let rubbish = "no database at all, and none that can be read".repeat(100);
    fs::write(home.database(), &rubbish).unwrap();
    let border = Border::open_at(folder);
    assert_eq!(border.refusal("snapshot", json!({})), "store_damaged");
    border.call("put_aside", json!({})).unwrap();
    let shown = border.call("snapshot", json!({})).unwrap();
    let told = shown["recovered"].as_array().unwrap();
    assert_eq!(
        (told.len(), &told[0]["what"]),
        (1, &json!("put_aside")),
        "{shown}"
    );
    let file = told[0]["name"].as_str().unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), rubbish);
    border.call("dismiss_recovered", json!({})).unwrap();
    border.once(|shown| shown.recovered.is_empty());
    // Once more harms nobody.
    border.call("put_aside", json!({})).unwrap();
    assert!(home.database().exists());
}

#[test]
fn a_store_of_a_newer_lablink_is_never_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().to_owned());
    let opened = tauri::async_runtime::block_on(Links::open(Setup::new(home.clone())));
    drop(opened.unwrap());
    // SQLite keeps the form's number at byte 60 of the file.
    let mut newer = fs::read(home.database()).unwrap();
    newer
        .get_mut(60..64)
        .unwrap()
        .copy_from_slice(&4711_u32.to_be_bytes());
    fs::write(home.database(), &newer).unwrap();
    let border = Border::open_at(folder);
    assert_eq!(border.refusal("snapshot", json!({})), "store_newer");
    assert_eq!(border.refusal("put_aside", json!({})), "store_newer");
    assert_eq!(
        border.refusal("snapshot", json!({})),
        "store_newer",
        "it still says so"
    );
}
