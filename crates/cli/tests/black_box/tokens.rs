//! Tokens as people paste them and as GitLab judges them: each with its code and status, nothing stored.

use serde_json::{Value, json};
use stage::Simulator;

use crate::session::{Said, Session};

struct Bench {
    session: Session,
    simulator: Simulator,
}

impl Bench {
    fn new() -> Self {
        Self::of(&[])
    }

    fn of(options: &[&str]) -> Self {
        Self {
            session: Session::new(),
            simulator: Simulator::with(options).unwrap(),
        }
    }

    /// A new token, by the simulator's words for it.
    fn token(&self, words: Value) -> String {
        self.simulator.token(words).unwrap()["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn refused(&self, token: &str, code: &str, status: i32) -> Said {
        let args = [
            "link",
            self.simulator.address(),
            "--name",
            "Work",
            "--token-stdin",
        ];
        let said = self.session.refused(&args, token.as_bytes(), code, status);
        if token.trim().len() > 8 {
            said.never_says(token.trim());
        }
        said
    }
}

const ALL: [&str; 3] = ["api", "read_repository", "write_repository"];

#[test]
fn what_cannot_be_a_token_is_refused_without_asking_gitlab() {
    let bench = Bench::new();
    bench.simulator.forget_requests().unwrap();
    bench.refused("", "token_empty", 2);
    bench.refused(" \r\n\t ", "token_empty", 2);
    bench.refused("glpat-a b", "token_invalid_text", 2);
    bench.refused("glpat-a\0b", "token_invalid_text", 2);
    bench.refused("glpat-ä", "token_invalid_text", 2);
    bench.refused(&"a".repeat(8_193), "token_too_long", 2);
    bench.refused(&"a".repeat(70_000), "token_too_long", 2);
    let args = ["link", bench.simulator.address(), "--token-stdin"];
    let said = bench.session.json(&args, b"glpat-\xff\xfe");
    assert_eq!((said.code().as_str(), said.status), ("token_invalid_text", 2));
    assert_eq!(bench.simulator.requests().unwrap().len(), 0);
}

#[test]
fn white_space_and_newlines_around_do_not_matter() {
    let bench = Bench::new();
    let token = bench.simulator.token_of("ada").unwrap().to_owned();
    bench
        .session
        .link(&bench.simulator, "Work", &format!("\r\n  {token} \n\n"));
}

/// Tokens that were good once, and one that never was.
fn dead(version: &str) {
    let bench = Bench::of(&["--gitlab-version", version]);
    for (state, code) in [
        ("expired", "token_expired"),
        ("revoked", "token_revoked"),
        ("deleted", "token_unknown"),
    ] {
        let token = bench.token(json!({ "username": "ada", "scopes": ALL }));
        bench
            .simulator
            .token(json!({ "token": token, "state": state }))
            .unwrap();
        bench.refused(&token, code, 3);
    }
    bench.refused("glpat-never0123456789", "token_unknown", 3);
}

macro_rules! dead_tokens {
    ($($test:ident: $version:literal;)+) => {
        $(#[test]
        fn $test() {
            dead($version);
        })+
    };
}

dead_tokens! {
    quirk_34_dead_tokens_say_why_on_15_0: "15.0";
    quirk_34_dead_tokens_say_why_on_15_3: "15.3";
    dead_tokens_say_why_on_15_5: "15.5";
    dead_tokens_say_why_on_16_9: "16.9";
    dead_tokens_say_why_on_19_4: "19.4";
}

#[test]
fn quirk_37_no_token_is_refused_for_its_shape_before_gitlab_was_asked() {
    let bench = Bench::new();
    bench.refused(&"j".repeat(4_000), "token_unknown", 3);
    for prefix in ["gloas-", "gldt-", "glrt-", "glptt-"] {
        bench.refused(&format!("{prefix}0123456789abcdefghij"), "token_wrong_kind", 3);
        let odd = format!("{prefix}good");
        bench.token(json!({ "token": odd, "username": "ada", "scopes": ALL }));
        bench.session.link(&bench.simulator, prefix, &odd);
        assert_eq!(bench.session.json(&["unlink", prefix], b"").status, 0);
    }
}

#[test]
fn quirk_34_where_scopes_cannot_be_told_a_blocked_user_still_is() {
    for version in ["15.0", "15.3"] {
        let bench = Bench::of(&["--gitlab-version", version]);
        let token = bench.simulator.token_of("ada").unwrap().to_owned();
        bench
            .simulator
            .user(json!({ "username": "ada", "state": "blocked" }))
            .unwrap();
        bench.refused(&token, "account_blocked", 3);
        let narrow = bench.token(json!({ "username": "grace", "scopes": ["read_repository"] }));
        bench.refused(&narrow, "token_too_narrow", 1);
    }
}

#[test]
fn users_gitlab_keeps_out_each_say_why() {
    for (state, code) in [
        ("blocked", "account_blocked"),
        ("pending_approval", "account_pending"),
        ("terms", "terms_not_accepted"),
        ("deactivated", "account_deactivated"),
        ("unconfirmed", "account_unconfirmed"),
        ("password_expired", "password_expired"),
    ] {
        let bench = Bench::new();
        let token = bench.simulator.token_of("ada").unwrap().to_owned();
        bench
            .simulator
            .user(json!({ "username": "ada", "state": state }))
            .unwrap();
        bench.refused(&token, code, 3);
    }
}

#[test]
fn quirk_44_users_who_demand_proof_of_possession_are_told() {
    let bench = Bench::new();
    let token = bench.simulator.token_of("ada").unwrap().to_owned();
    bench
        .simulator
        .user(json!({ "username": "ada", "dpop": true }))
        .unwrap();
    bench.refused(&token, "dpop_required", 3);
}

#[test]
fn a_token_that_lacks_scopes_is_refused_and_says_which() {
    let bench = Bench::new();
    let token = bench.token(json!({ "username": "ada", "scopes": ["api", "read_repository"] }));
    let said = bench.refused(&token, "token_too_narrow", 1);
    let message = said.object()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("write_repository") && !message.contains("read_repository"),
        "{message}"
    );

    let args = [
        "link",
        bench.simulator.address(),
        "--name",
        "Work",
        "--token-stdin",
        "--scopes",
        "api read_repository",
    ];
    let said = bench.session.json(&args, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        said.object()["account"]["scopes"],
        json!(["api", "read_repository"])
    );
}

#[test]
fn a_token_of_no_use_is_refused_whatever_is_asked() {
    let bench = Bench::new();
    let token = bench.token(json!({ "username": "ada", "scopes": ["self_rotate"] }));
    let args = [
        "link",
        bench.simulator.address(),
        "--token-stdin",
        "--scopes",
        "self_rotate",
    ];
    bench.session.refused(&args, token.as_bytes(), "token_useless", 1);
}

#[test]
fn quirk_6_a_token_that_may_not_read_its_user_still_links() {
    let bench = Bench::new();
    let scopes = ["read_repository", "write_repository"];
    let token = bench.token(json!({ "username": "ada", "scopes": scopes }));
    let scopes = scopes.join(" ");
    let args = [
        "link",
        bench.simulator.address(),
        "--name",
        "Git",
        "--token-stdin",
        "--scopes",
        &scopes,
    ];
    let said = bench.session.json(&args, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    let account = &said.object()["account"];
    assert!(account["user"]["id"].is_u64(), "{account}");
    assert!(
        account["user"].as_object().unwrap().contains_key("username"),
        "{account}"
    );
}

#[test]
fn quirk_45_a_fine_grained_token_links_with_its_kind_told() {
    let bench = Bench::of(&["--gitlab-version", "19.4"]);
    let token = bench.token(json!({
        "username": "ada", "granular": true,
        "granular_scopes": [{ "access": "user", "permissions": ["read_user", "read_personal_access_token"] }],
    }));
    let args = [
        "link",
        bench.simulator.address(),
        "--name",
        "Fine",
        "--token-stdin",
    ];
    let said = bench.session.json(&args, token.as_bytes());
    assert_eq!(said.status, 0, "{said:?}");
    let account = &said.object()["account"];
    assert_eq!(
        (&account["kind"], &account["scopes"]),
        (&json!("fine_grained"), &json!(["granular"]))
    );
}

#[test]
fn quirk_38_bots_link_with_their_kind_told() {
    let bench = Bench::new();
    for (kind, resource) in [
        ("project", Some("ada/notes")),
        ("group", Some("works")),
        ("service_account", None),
    ] {
        let mut words = json!({ "kind": kind, "scopes": ALL });
        if let Some(resource) = resource {
            words["resource"] = json!(resource);
        }
        let token = bench.token(words);
        let account = bench.session.link(&bench.simulator, kind, &token);
        assert_eq!(account["kind"], kind, "{account}");
    }
}
