//! Link profiles and links from elsewhere through the border.

use lablink_app::{
    desk::{Desk, Request},
    view::{ProfileOutcome, Snapshot},
};
use serde_json::{Value, json};
use tauri::Manager as _;

use super::border::Border;

const PROFILE: &str = r#"
    lablink_profile = 1
    address = "https://git.example.test/gitlab"
    application_id = "f00d"
    redirect = "http://127.0.0.1/callback"
    scopes = ["api"]
"#;

#[test]
fn a_link_from_outside_opens_the_review_and_does_nothing_else() {
    let border = Border::open();
    let before = border.call("snapshot", json!({})).unwrap();
    border.call("review_profile", json!({ "text": PROFILE })).unwrap();
    border.call("take_profile", json!({ "replace": false })).unwrap();
    let address = json!({ "address": "https://git.example.test/gitlab", "how": "copy_link" });
    let exported = border.call("export_profile", address).unwrap();
    let link = exported["link"].as_str().unwrap().to_owned();
    assert_eq!(
        border.desktop.copied.lock().unwrap().as_deref(),
        Some(link.as_str())
    );

    let other = Border::open();
    other.call("snapshot", json!({})).unwrap();
    other.app.state::<Desk>().tell(Request::ProfileLink(link));
    let shown = other.once(|shown| shown.profile.is_some());
    assert_eq!(shown.profile.unwrap().outcome, ProfileOutcome::New);
    let after = other.call("snapshot", json!({})).unwrap();
    assert_eq!(after["instances"], before["instances"]);
    assert_eq!(after["flow"], Value::Null);
    assert!(other.desktop.opened.lock().unwrap().is_empty());
    other.call("dismiss_profile", json!({})).unwrap();
    assert_eq!(other.call("snapshot", json!({})).unwrap()["profile"], Value::Null);
}

#[test]
fn a_profile_that_was_taken_is_an_instance_and_one_that_was_not_says_why() {
    let border = Border::open();
    border.call("snapshot", json!({})).unwrap();
    assert_eq!(
        border.refusal("take_profile", json!({ "replace": true })),
        "profile_invalid",
        "none is under review"
    );
    border.call("review_profile", json!({ "text": PROFILE })).unwrap();
    border.call("take_profile", json!({ "replace": false })).unwrap();
    let shown = border.once(|shown| shown.instances.len() == 2);
    let instance = shown.instances.last().unwrap();
    assert_eq!(instance.application_id.as_deref(), Some("f00d"));

    let changed = PROFILE.replace("f00d", "beef");
    border.call("review_profile", json!({ "text": changed })).unwrap();
    assert_eq!(
        border.refusal("take_profile", json!({ "replace": false })),
        "profile_conflict"
    );
    let shown = border.once(|shown| {
        shown
            .profile
            .as_ref()
            .is_some_and(|profile| profile.problem.is_some())
    });
    assert_eq!(
        shown.instances.last().unwrap().application_id.as_deref(),
        Some("f00d")
    );
    border.call("take_profile", json!({ "replace": true })).unwrap();
    let replaced = |shown: &Snapshot| {
        let instance = shown.instances.last().unwrap();
        shown.profile.is_none() && instance.application_id.as_deref() == Some("beef")
    };
    border.once(replaced);
    let known = json!({ "address": "https://git.example.test/gitlab" });
    border.call("remove_instance", known.clone()).unwrap();
    assert_eq!(border.refusal("remove_instance", known), "instance_not_found");
    assert_eq!(
        border.refusal("remove_instance", json!({ "address": "https://gitlab.com" })),
        "instance_built_in"
    );
}
