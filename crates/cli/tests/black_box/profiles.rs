//! Link profiles and what an instance is set up with, from one computer to another.

use std::fs;

use serde_json::json;

use crate::session::Session;

const ADDRESS: &str = "https://git.example.test/gitlab";

fn set_up() -> Session {
    let session = Session::without_keychain();
    let add = ["instance", "add", ADDRESS, "--offline", "--client-id", "0123abcd"];
    assert_eq!(session.run(&add, b"").status, 0);
    session
}

#[test]
fn a_profile_goes_from_computer_to_computer_as_a_file_and_as_a_link() {
    let ours = set_up();
    let file = ours.keyring.room().path("git.toml");
    let file = file.to_str().unwrap();
    let said = ours.json(&["profile", "export", ADDRESS, "--out", file], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let exported = said.object()["profile"].clone();
    assert_eq!(exported["address"], ADDRESS);
    assert_eq!(exported["redirect"], "http://127.0.0.1/callback");
    assert_eq!(
        exported["scopes"],
        json!(["api", "read_repository", "write_repository"])
    );
    assert_eq!(exported["file"], fs::read_to_string(file).unwrap());
    let printed = ours.run(&["profile", "export", ADDRESS], b"");
    assert_eq!(printed.out, fs::read_to_string(file).unwrap());
    let link = ours.run(&["profile", "export", ADDRESS, "--link"], b"");
    assert_eq!(link.out.trim_end(), exported["link"].as_str().unwrap());

    for (profile, how) in [(file, "file"), (link.out.trim_end(), "link")] {
        let theirs = Session::without_keychain();
        let said = theirs.json(&["profile", "import", profile], b"");
        assert_eq!(said.status, 0, "{how}: {said:?}");
        let imported = said.object()["profile"].clone();
        assert_eq!(
            (&imported["taken"], &imported["address"], &imported["changed"]),
            (&json!("added"), &json!(ADDRESS), &json!([]))
        );
        let known = theirs.json(&["instance", "list"], b"").object();
        let known = &known["instances"][1];
        assert_eq!(
            (&known["address"], &known["client_id"], &known["source"]),
            (&json!(ADDRESS), &json!("0123abcd"), &json!("link_profile"))
        );
        let again = theirs.run(&["profile", "import", profile], b"");
        assert!(
            again.status == 0 && again.out.contains("nothing changed"),
            "{again:?}"
        );
    }
}

#[test]
fn what_is_known_changes_only_with_replace() {
    let session = set_up();
    let link = session.run(&["profile", "export", ADDRESS, "--link"], b"").out;
    let link = link.trim_end();
    let set = [
        "instance",
        "set",
        ADDRESS,
        "--client-id",
        "mine",
        "--scopes",
        "read_api, read_user",
    ];
    let said = session.json(&set, b"");
    let instance = said.object()["instance"].clone();
    assert_eq!(
        (&instance["client_id"], &instance["scopes"]),
        (&json!("mine"), &json!(["read_api", "read_user"])),
        "{said:?}"
    );
    let before = session.json(&["instance", "list"], b"").out;
    let said = session.json(&["profile", "import", link], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("profile_conflict", 2),
        "{said:?}"
    );
    assert!(
        said.out.contains("the application ID and the scopes") && said.out.contains("--replace"),
        "{said:?}"
    );
    assert_eq!(session.json(&["instance", "list"], b"").out, before);
    let said = session.json(&["profile", "import", link, "--replace"], b"");
    let profile = said.object()["profile"].clone();
    assert_eq!(profile["taken"], "replaced", "{said:?}");
    assert_eq!(
        profile["changed"][0],
        json!({ "instance": ADDRESS, "what": "application_id", "before": "mine", "now": "0123abcd" })
    );
}

#[test]
fn what_is_no_profile_is_refused_and_leaves_nothing() {
    let session = Session::without_keychain();
    let file = session.keyring.room().path("profile.toml");
    let name = file.to_str().unwrap();
    let whole = "lablink_profile = 1\naddress = 'https://git.example.test'\napplication_id = 'a'\n\
        redirect = 'http://127.0.0.1/callback'\nscopes = ['api']\n";
    for (text, code) in [
        (String::new(), "profile_invalid"),
        (whole.replace("scopes", "scope"), "profile_invalid"),
        (whole.replace("= 1", "= 9"), "profile_version"),
        (
            whole.replace("https://", "https://a:glpat-hush0123@"),
            "profile_invalid",
        ),
        (format!("{whole}secret = 'gloas-hush0123'\n"), "profile_invalid"),
        ("#".repeat(70_000), "profile_invalid"),
    ] {
        fs::write(&file, &text).unwrap();
        let said = session.refused(&["profile", "import", name], b"", code, 2);
        said.never_says("hush0123");
        session
            .run(&["profile", "import", name], b"")
            .never_says("hush0123");
    }
    session.refused(
        &["profile", "import", "lablink://link?p=x"],
        b"",
        "profile_invalid",
        2,
    );
    session.refused(&["profile", "import", "/nowhere"], b"", "profile_unreadable", 2);
    session.refused(&["profile", "export", "gitlab.com"], b"", "app_not_set_up", 3);
    session.refused(&["profile", "export", ADDRESS], b"", "instance_not_found", 2);
    session.refused(
        &["instance", "set", ADDRESS, "--client-id", "a"],
        b"",
        "instance_not_found",
        2,
    );
    session.refused(&["instance", "set", "gitlab.com"], b"", "usage", 2);
    session.refused(
        &["instance", "set", "gitlab.com", "--client-id", "a b"],
        b"",
        "application_id_invalid",
        2,
    );
    session.refused(
        &["instance", "set", "gitlab.com", "--scopes", "API"],
        b"",
        "usage",
        2,
    );
}
