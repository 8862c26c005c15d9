//! The life of an account, from link to unlink, on every version of the contract's list, under a subpath, behind
//! another canonical address.

use serde_json::{Value, json};
use stage::Simulator;

use crate::session::Session;

const KEYS: [&str; 11] = [
    "checked_at",
    "expires_at",
    "health",
    "instance",
    "kind",
    "method",
    "name",
    "renews_by_itself",
    "scopes",
    "secret_in",
    "user",
];

const DETAILS: [&str; 12] = [
    "application_id",
    "default_on_instance",
    "events",
    "git",
    "linked_at",
    "missing",
    "registry",
    "renews_at",
    "renews_by_itself",
    "token",
    "wanted",
    "wider",
];

/// Fails where a key is missing or new.
fn assert_shape(account: &Value) {
    let keys: Vec<&String> = account.as_object().unwrap().keys().collect();
    assert_eq!(keys, KEYS, "{account}");
    let user: Vec<&String> = account["user"].as_object().unwrap().keys().collect();
    assert_eq!(user, ["id", "name", "username"], "{account}");
    let health: Vec<&String> = account["health"].as_object().unwrap().keys().collect();
    assert_eq!(health, ["detail", "state"], "{account}");
}

fn whole_life(options: &[&str], scopes: &Value) {
    let session = Session::new();
    let simulator = Simulator::with(options).unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();

    let account = session.link(&simulator, "Work", &token);
    assert_shape(&account);
    assert_eq!(account["instance"], simulator.address());
    assert_eq!(
        (&account["user"]["username"], &account["user"]["name"]),
        (&json!("ada"), &json!("Ada Lovelace"))
    );
    assert_eq!(
        (&account["method"], &account["scopes"]),
        (&json!("token"), scopes),
        "{account}"
    );
    assert_eq!(account["health"], json!({ "state": "linked", "detail": null }));
    assert_eq!(account["secret_in"], "gnome_keyring");
    // Where the server tells the scopes it tells the last day too.
    let told = scopes != &untold();
    assert_eq!(
        account["expires_at"].as_str().is_some_and(|day| day.len() == 10),
        told,
        "{account}"
    );
    assert_eq!(session.keyring.items().unwrap(), 1);

    let listed = session.json(&["accounts"], b"").object();
    assert_eq!(listed, json!({ "schema": 1, "accounts": [account] }));
    let shown = session.json(&["show", "WORK"], b"").object();
    assert_eq!((&shown["schema"], &shown["account"]), (&json!(1), &account));
    assert_eq!(shown["accounts"], listed["accounts"]);
    let keys: Vec<&String> = shown["details"].as_object().unwrap().keys().collect();
    assert_eq!(keys, DETAILS, "{shown}");
    let details = &shown["details"];
    assert_eq!(details["token"]["id"].is_u64(), told, "{details}");
    let git = if told { "pull_and_push" } else { "unknown" };
    assert_eq!(
        (&details["git"]["can"], &details["wider"]),
        (&json!(git), &json!([]))
    );
    assert_eq!(details["events"][0]["what"], "linked");

    let said = session.json(&["check", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let checked = said.object()["accounts"][0].clone();
    assert_shape(&checked);
    assert_eq!(checked["health"]["state"], "linked", "{checked}");
    assert!(
        checked["checked_at"].as_str().unwrap().ends_with('Z'),
        "{checked}"
    );

    let said = session.json(&["unlink", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let unlinked = said.object()["unlinked"].clone();
    assert_eq!(
        (&unlinked["name"], &unlinked["revoked"], &unlinked["proved"]),
        (&json!("Work"), &json!(true), &json!(true))
    );
    assert!(
        unlinked["steps"].as_array().is_some_and(|steps| steps.len() >= 3),
        "{unlinked}"
    );
    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);

    // Dead at GitLab as well: linking with it again says so.
    let args = ["link", simulator.address(), "--token-stdin"];
    let said = session.json(&args, token.as_bytes());
    assert_eq!(
        (said.code().as_str(), said.status),
        ("token_revoked", 3),
        "{said:?}"
    );
}

macro_rules! lives {
    ($($test:ident: $version:literal, $options:expr, $scopes:expr;)+) => {
        $(#[test]
        fn $test() {
            let options: &[&str] = &$options;
            whole_life(&[&["--gitlab-version", $version], options].concat(), &$scopes);
        })+
    };
}

fn told() -> Value {
    json!(["api", "read_repository", "write_repository"])
}

fn untold() -> Value {
    json!(["unknown"])
}

lives! {
    quirk_34_version_15_0: "15.0", [], untold();
    quirk_34_version_15_3_under_a_subpath: "15.3", ["--subpath", "/gitlab"], untold();
    version_15_5: "15.5", [], told();
    version_16_9: "16.9", [], told();
    version_17_3_under_a_subpath: "17.3", ["--subpath", "/tools/gitlab"], told();
    version_18_1_community: "18.1", ["--edition", "ce"], told();
    version_19_4: "19.4", [], told();
    quirk_54_another_canonical_address: "18.1", ["--canonical", "https://git.example.test/gitlab"], told();
    a_proxy_that_strips_headers: "18.1", ["--strip-headers", "--subpath", "/gitlab"], told();
}

#[test]
fn a_page_deep_inside_a_project_links_the_gitlab_under_its_subpath() {
    let session = Session::new();
    let simulator = Simulator::with(&["--subpath", "/gitlab"]).unwrap();
    let page = format!(
        "{}/ada/notes/-/blob/main/README.md?ref_type=heads#L3",
        simulator.address()
    );
    let args = ["link", &page, "--name", "Work", "--token-stdin"];
    let said = session.json(&args, simulator.token_of("ada").unwrap().as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(said.object()["account"]["instance"], simulator.address());
}

#[test]
fn linking_asks_nothing_twice() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    let with_token: Vec<String> = simulator
        .requests()
        .unwrap()
        .into_iter()
        .filter(|asked| asked.status == Some(200))
        .map(|asked| asked.path)
        .filter(|path| path.contains("/api/v4/"))
        .collect();
    let mut once = with_token.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), with_token.len(), "asked twice: {with_token:?}");
}

#[test]
fn check_says_the_most_urgent_thing_it_found() {
    let session = Session::new();
    let mut good = Simulator::start().unwrap();
    let dead = Simulator::start().unwrap();
    session.link(&good, "Good", good.token_of("ada").unwrap());
    assert_eq!(session.json(&["check"], b"").status, 0);

    let token = dead.token_of("ada").unwrap().to_owned();
    session.link(&dead, "Dead", &token);
    dead.token(json!({ "token": token, "state": "revoked" })).unwrap();
    let said = session.json(&["check"], b"");
    assert_eq!(said.status, 3, "{said:?}");
    let states: Vec<Value> = said.object()["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["health"]["state"].clone())
        .collect();
    assert!(
        states.contains(&json!("linked")) && states.contains(&json!("revoked")),
        "{states:?}"
    );
    assert_eq!(session.json(&["check", "Good"], b"").status, 0);

    good.stop().unwrap();
    let said = session.json(&["check", "Good"], b"");
    assert_eq!(
        (said.status, &said.object()["accounts"][0]["health"]["state"]),
        (4, &json!("unreachable")),
        "{said:?}"
    );
    assert_eq!(session.json(&["check"], b"").status, 3);
    assert_eq!(session.names().len(), 2, "a check lost an account");
}

#[test]
fn check_tells_expired_blocked_and_narrowed() {
    for (change, state, status) in [
        (json!({ "state": "expired" }), "expired", 3),
        (json!({ "scopes": ["read_user"] }), "too_narrow", 1),
    ] {
        let session = Session::new();
        let simulator = Simulator::start().unwrap();
        let token = simulator.token_of("ada").unwrap().to_owned();
        session.link(&simulator, "Work", &token);
        let mut words = change.clone();
        words["token"] = json!(token);
        simulator.token(words).unwrap();
        let said = session.json(&["check"], b"");
        let health = said.object()["accounts"][0]["health"].clone();
        assert_eq!(
            (said.status, &health["state"]),
            (status, &json!(state)),
            "{change}: {said:?}"
        );
        assert!(health["detail"].is_string(), "{health}");
    }
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    session.link(&simulator, "Work", simulator.token_of("ada").unwrap());
    simulator
        .user(json!({ "username": "ada", "state": "blocked" }))
        .unwrap();
    let said = session.json(&["check"], b"");
    assert_eq!(
        (said.status, &said.object()["accounts"][0]["health"]["state"]),
        (3, &json!("refused")),
        "{said:?}"
    );
}

#[test]
fn unlink_can_keep_the_token_and_can_forget_without_gitlab() {
    let session = Session::new();
    let mut simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    let said = session.json(&["unlink", "Work", "--keep-token"], b"");
    assert_eq!(
        (said.status, &said.object()["unlinked"]["revoked"]),
        (0, &json!(false)),
        "{said:?}"
    );
    assert_eq!(session.keyring.items().unwrap(), 0);
    session.link(&simulator, "Again", &token);

    simulator.stop().unwrap();
    let said = session.json(&["unlink", "Again"], b"");
    assert_eq!(
        (said.code().as_str(), said.status),
        ("connection_refused", 4),
        "{said:?}"
    );
    assert_eq!(
        session.names(),
        ["Again"],
        "an unlink that failed lost the account"
    );
    assert_eq!(session.keyring.items().unwrap(), 1);
    let said = session.json(&["unlink", "Again", "--here-only"], b"");
    assert_eq!(
        (said.status, &said.object()["unlinked"]["revoked"]),
        (0, &json!(false)),
        "{said:?}"
    );
    assert_eq!(session.names(), Vec::<String>::new());
    assert_eq!(session.keyring.items().unwrap(), 0);
}

#[test]
fn unlinking_a_dead_token_forgets_it() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    simulator
        .token(json!({ "token": token, "state": "revoked" }))
        .unwrap();
    let said = session.json(&["unlink", "Work"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(said.object()["unlinked"]["proved"], true);
    assert_eq!(session.names(), Vec::<String>::new());
}

#[test]
fn people_read_bullets_and_words() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let said = session.run(&["accounts"], b"");
    assert_eq!(
        said.out,
        "No account is linked yet. Link one with: lablink link URL\n"
    );
    let day = simulator.token(json!({ "token": simulator.token_of("ada").unwrap(), "expires_at": "never" }));
    day.unwrap();
    let args = ["link", simulator.address(), "--name", "Work", "--token-stdin"];
    let said = session.run(&args, simulator.token_of("ada").unwrap().as_bytes());
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    assert_eq!(
        said.out,
        "● “Work” is linked.\n  You are Ada Lovelace (@ada).\n  It can: api, read_repository, write_repository.\n  \
         The secret is in: GNOME Keyring.\n"
    );
    let said = session.run(&["accounts"], b"");
    assert_eq!(
        said.out,
        format!("● Linked  Work  @ada · {}  Personal token\n", simulator.address())
    );
    let said = session.run(&["show", "Work"], b"");
    for line in [
        "  State      ● Linked",
        "  User       Ada Lovelace (@ada)",
        "  Secret in  GNOME Keyring",
    ] {
        assert!(said.out.contains(line), "{line} is missing in:\n{}", said.out);
    }
    let said = session.run(&["unlink", "Work"], b"");
    assert_eq!(
        said.out,
        "✓ The token is revoked at GitLab.\n✓ GitLab no longer accepts the token: proved.\n\
         ✓ The account is forgotten.\n✓ The secret is gone from the keychain.\n“Work” is unlinked.\n"
    );
    let said = session.run(&["log", "work"], b"");
    assert_eq!(said.out.lines().count(), 2, "{said:?}");
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let session = Session::new();
    let simulator = Simulator::start().unwrap();
    let token = simulator.token_of("ada").unwrap().to_owned();
    session.link(&simulator, "Work", &token);
    let said = session.json(&["doctor"], b"");
    assert_eq!(said.status, 0, "{said:?}");
    let findings = said.object()["findings"].as_array().unwrap().clone();
    assert!(findings.len() >= 5, "{findings:?}");
    for finding in &findings {
        let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            ["check", "code", "detail", "hint", "message", "state", "subject"],
            "{finding}"
        );
        assert_ne!(finding["state"], "bad", "{finding}");
    }
    simulator
        .token(json!({ "token": token, "state": "revoked" }))
        .unwrap();
    let said = session.json(&["doctor"], b"");
    assert_eq!(said.status, 3, "{said:?}");
    let findings = said.object()["findings"].as_array().unwrap().clone();
    let bad: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["state"] == "bad")
        .collect();
    assert!(
        bad.iter().any(|finding| finding["code"] == "token_revoked"),
        "{bad:?}"
    );
    assert!(bad.iter().all(|finding| finding["hint"].is_string()), "{bad:?}");

    let said = session.run(&["doctor"], b"");
    let bad = said.out.lines().find(|line| line.starts_with('✕')).unwrap();
    assert!(bad.contains("Token") && bad.contains(" → "), "{bad}");
    assert_eq!(
        said.out.lines().count(),
        findings.len(),
        "one line each: {}",
        said.out
    );
    said.never_says(&token);
}
