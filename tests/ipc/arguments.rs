//! Arguments nobody agreed on are answered as problems.

use serde_json::json;

use super::border::Border;

/// An identifier that is well made and nobody's.
const NOBODY: &str = "0192f0c1-2345-7000-8000-000000000000";

#[test]
fn arguments_of_another_type_are_problems() {
    let border = Border::open();
    for (command, arguments) in [
        ("start_link", json!({ "way": "sideways" })),
        ("start_link", json!({})),
        ("set_address", json!({ "text": 7 })),
        ("set_address", json!({})),
        ("set_name", json!({ "text": ["Work"] })),
        ("set_token", json!({ "text": { "hush": "hush" } })),
        ("link_account", json!({ "asItIs": "yes" })),
        ("unlink", json!({ "keepToken": false })),
        (
            "open_destination",
            json!({ "destination": { "kind": "url", "url": "https://evil.example" } }),
        ),
        (
            "open_destination",
            json!({ "destination": "https://evil.example" }),
        ),
        ("use_encrypted_file", json!({ "passphrase": null })),
        (
            "link_at",
            json!({ "address": "https://gitlab.com", "goal": "anything" }),
        ),
        ("set_scopes", json!({ "scopes": "api" })),
        ("choose_method", json!({ "method": "telepathy" })),
        ("set_application", json!({ "applicationId": "f00d" })),
        ("set_application", json!({ "applicationId": 7, "secret": "hush" })),
        ("confirm_person", json!({ "yes": "yes" })),
        ("copy_admin_message", json!({ "text": "a\u{202e}b" })),
        ("copy_admin_message", json!({ "text": "x".repeat(5000) })),
        ("add_instance", json!({ "text": "https://git.example.test" })),
        ("remove_instance", json!({ "address": null })),
        (
            "export_profile",
            json!({ "address": "https://gitlab.com", "how": "mail" }),
        ),
        ("review_profile", json!({ "text": ["lablink://link?p="] })),
        ("take_profile", json!({})),
        ("choose", json!({ "choice": { "kind": "notices" } })),
        ("choose", json!({ "choice": { "kind": "telemetry", "on": true } })),
        (
            "choose",
            json!({ "choice": { "kind": "check_every", "minutes": 0 } }),
        ),
        (
            "choose",
            json!({ "choice": { "kind": "check_every", "minutes": 7 } }),
        ),
        ("ask_permissions", json!({ "scopes": "api" })),
        ("ask_permissions", json!({ "scopes": ["x".repeat(1000)] })),
        (
            "open_destination",
            json!({ "destination": { "kind": "registration_page", "address": "https://gitlab.com", "whose": "everyone" } }),
        ),
    ] {
        assert_eq!(
            border.refusal(command, arguments.clone()),
            "internal",
            "{command} {arguments}"
        );
    }
}

#[test]
fn arguments_that_are_too_long_are_problems() {
    let border = Border::open();
    let long = "x".repeat(64 * 1024);
    assert_eq!(
        border.refusal("set_address", json!({ "text": long })),
        "address_too_long"
    );
    assert_eq!(
        border.refusal("set_name", json!({ "text": long })),
        "name_too_long"
    );
    assert_eq!(
        border.refusal("set_token", json!({ "text": long })),
        "token_too_long"
    );
    assert_eq!(
        border.refusal("rename_account", json!({ "id": long, "name": "Work" })),
        "account_not_found"
    );
    assert_eq!(
        border.refusal("set_application", json!({ "applicationId": long, "secret": "" })),
        "application_id_invalid"
    );
    assert_eq!(
        border.refusal("add_instance", json!({ "text": long, "allowHttp": false })),
        "address_too_long"
    );
    assert_eq!(
        border.refusal("review_profile", json!({ "text": "x".repeat(128 * 1024) })),
        "profile_invalid"
    );
    assert_eq!(
        border.refusal("edit_permissions", json!({ "id": long })),
        "account_not_found"
    );
}

#[test]
fn accounts_that_are_not_there_are_problems() {
    let border = Border::open();
    border.call("snapshot", json!({})).unwrap();
    for (command, arguments) in [
        ("check_accounts", json!({ "id": NOBODY })),
        ("check_accounts", json!({ "id": "../../etc/passwd" })),
        ("rename_account", json!({ "id": NOBODY, "name": "Work" })),
        ("rotate_token", json!({ "id": NOBODY })),
        ("rotate_by_itself", json!({ "id": NOBODY, "on": true })),
        ("ask_unlink", json!({ "id": NOBODY })),
        ("ask_trust", json!({ "id": NOBODY })),
        (
            "unlink",
            json!({ "keepToken": false, "hereOnly": false, "revokeLater": false }),
        ),
        ("edit_permissions", json!({ "id": NOBODY })),
        ("ask_permissions", json!({ "scopes": ["api"] })),
        (
            "open_destination",
            json!({ "destination": { "kind": "account_on_gitlab", "id": NOBODY } }),
        ),
        (
            "open_destination",
            json!({ "destination": { "kind": "authorized_apps", "id": NOBODY } }),
        ),
    ] {
        assert_eq!(
            border.refusal(command, arguments.clone()),
            "account_not_found",
            "{command} {arguments}"
        );
    }
}
