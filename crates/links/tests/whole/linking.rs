//! Linking with a token, against every answer a GitLab gives.

use std::sync::Arc;

use links::{Authority, Health, Place, ProblemKind, Scopes, Source, TokenKind, TokenLink, VaultError};
use serde_json::json;
use vault::memory::MemoryBackend;

use crate::room::{Room, intents, link, token_link, wanted};
use crate::sim::Sim;

#[tokio::test]
async fn a_linked_account_stands_with_its_secret() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let account = link(
        &links,
        &format!("{}/ada/notes/-/issues", sim.address()),
        "Work",
        &sim.ada(),
    )
    .await
    .unwrap();
    assert_eq!(account.name, "Work");
    assert_eq!(account.instance.as_str(), sim.address());
    assert_eq!(account.user.username.as_deref(), Some("ada"));
    assert_eq!(account.kind, TokenKind::Personal);
    assert_eq!(
        (account.health.clone(), account.missing.clone()),
        (Health::Linked, vec![])
    );
    assert_eq!(account.secret_in, Place::Memory);
    assert!(account.default_on_instance && account.plain_http && account.token_id.is_some());
    assert_eq!(links.accounts().unwrap(), std::slice::from_ref(&account));
    assert_eq!(links.account(" WORK ").unwrap(), account);
    let item = format!("account-{}", account.id);
    assert_eq!(room.keychain.dump(), std::slice::from_ref(&item));
    assert!(room.keychain.contains(&sim.ada()));
    assert!(
        room.keychain
            .label(&item)
            .unwrap()
            .starts_with("LabLink: Work (127.0.0.1:")
    );
    let instance = &links.instances().unwrap()[1];
    assert_eq!(
        (instance.address.as_str(), instance.source, instance.accounts),
        (account.instance.as_str(), Source::Typed, 1)
    );
    assert!(instance.version.is_some());
    let ledger = links.ledger(Some(&account.id), 10).unwrap();
    assert_eq!(
        ledger.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>(),
        ["linked"]
    );
    // The next process sees the same.
    assert_eq!(room.open().await.accounts().unwrap(), [account]);
}

#[tokio::test]
async fn after_discovery_linking_asks_three_questions_and_no_more() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let asked = sim.requests();
    let credentialed: Vec<_> = asked
        .iter()
        .filter(|request| request["credential"] != "none")
        .collect();
    assert_eq!(credentialed.len(), 3, "{asked:#?}");
    let last = asked.last().unwrap();
    assert_ne!(
        last["credential"], "none",
        "nothing is asked after it: {asked:#?}"
    );
    assert_eq!(asked.len(), 4, "one question of discovery before it: {asked:#?}");
}

#[tokio::test]
async fn a_subpath_is_found_from_a_page_deep_inside() {
    let (sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let links = room.open().await;
    let account = link(
        &links,
        &format!("{}/ada/notes/-/tree/main", sim.address()),
        "Work",
        &sim.ada(),
    )
    .await
    .unwrap();
    assert_eq!(account.instance.as_str(), sim.address());
    assert!(account.instance.as_str().ends_with("/gitlab"));
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
}

#[tokio::test]
async fn every_version_links() {
    for version in [
        "15.0.0", "15.2.0", "15.4.0", "15.5.0", "16.10.0", "17.11.0", "18.11.0", "19.4.0",
    ] {
        let (sim, room) = (Sim::with(&["--gitlab-version", version]), Room::new());
        let links = room.open().await;
        let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
        assert_eq!(account.user.username.as_deref(), Some("ada"), "{version}");
        let tells = !version.starts_with("15.") || version == "15.5.0";
        assert_eq!(account.scopes != Scopes::Unknown, tells, "{version}");
        assert_eq!(account.health, Health::Linked, "{version}");
        assert_eq!(
            links.check(&account.id).await.unwrap().health,
            Health::Linked,
            "{version}"
        );
    }
}

/// GitLab's clock decides, whatever ours says: on its last day a token links, on the day after it is refused.
#[tokio::test]
async fn a_token_past_its_last_day_is_refused() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let today = links::utc_day(jiff::Timestamp::now());
    let over = today.checked_add(jiff::Span::new().days(2)).unwrap();
    let ends = token(&sim, &json!({"expires_at": over.to_string()}));
    let day = 24 * 60 * 60;
    sim.advance(2 * day);
    for ours in [0, 2 * day, -day] {
        room.hands.advance(ours);
        let problem = link(&links, &sim.address(), "Work", &ends).await.unwrap_err();
        assert_eq!(
            (problem.code(), problem.kind()),
            ("token_expired", ProblemKind::PersonNeeded),
            "our clock moved by {ours}"
        );
        room.assert_nothing_left(&links, "past its last day");
    }
    sim.advance(-day);
    let account = link(&links, &sim.address(), "Work", &ends).await.unwrap();
    assert_eq!(account.expires_on, Some(over));
}

#[tokio::test]
async fn refusals_have_their_codes_and_leave_nothing_behind() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let mut cases = vec![
        (
            "glpat-00000000000000000000".to_owned(),
            "token_unknown",
            ProblemKind::PersonNeeded,
        ),
        (
            "gldt-00000000000000000000".to_owned(),
            "token_wrong_kind",
            ProblemKind::PersonNeeded,
        ),
        (
            token(&sim, &json!({"state": "expired"})),
            "token_expired",
            ProblemKind::PersonNeeded,
        ),
        (
            token(&sim, &json!({"state": "revoked"})),
            "token_revoked",
            ProblemKind::PersonNeeded,
        ),
        (
            token(&sim, &json!({"state": "deleted"})),
            "token_unknown",
            ProblemKind::PersonNeeded,
        ),
        (
            token(&sim, &json!({"scopes": ["read_api"]})),
            "token_too_narrow",
            ProblemKind::Refused,
        ),
        (
            token(&sim, &json!({"scopes": ["self_rotate"]})),
            "token_useless",
            ProblemKind::Refused,
        ),
        (
            token(&sim, &json!({"kind": "oauth"})),
            "token_wrong_kind",
            ProblemKind::Refused,
        ),
    ];
    for (state, code) in [
        ("blocked", "account_blocked"),
        ("pending_approval", "account_pending"),
        ("terms", "terms_not_accepted"),
        ("deactivated", "account_deactivated"),
        ("unconfirmed", "account_unconfirmed"),
        ("password_expired", "password_expired"),
    ] {
        sim.user(json!({"username": state, "state": state}));
        cases.push((
            token(&sim, &json!({"username": state})),
            code,
            ProblemKind::PersonNeeded,
        ));
    }
    sim.user(json!({"username": "dora", "dpop": true}));
    cases.push((
        token(&sim, &json!({"username": "dora"})),
        "dpop_required",
        ProblemKind::PersonNeeded,
    ));
    for (token, code, kind) in cases {
        let problem = link(&links, &sim.address(), "Work", &token).await.unwrap_err();
        assert_eq!((problem.code(), problem.kind()), (code, kind), "{problem}");
        assert!(
            !format!(
                "{problem} {problem:?} {:?} {:?}",
                problem.values(),
                problem.detail()
            )
            .contains(&token)
        );
        room.assert_nothing_left(&links, code);
    }
}

/// A token of ada's with the wanted scopes, but for what is said.
fn token(sim: &Sim, but: &serde_json::Value) -> String {
    let mut token = json!({"username": "ada", "scopes": wanted()});
    for (key, value) in but.as_object().unwrap() {
        token[key] = value.clone();
    }
    sim.token(token)
}

#[tokio::test]
async fn what_a_token_lacks_is_named_and_accepted_only_when_told_so() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let narrow = sim.token(json!({"username": "ada", "scopes": ["read_api", "read_repository"]}));
    let problem = link(&links, &sim.address(), "Work", &narrow).await.unwrap_err();
    assert_eq!(problem.values()["missing"], "api write_repository");
    let as_it_is = TokenLink {
        accept_missing: true,
        ..token_link(&sim.address(), "Work", &narrow)
    };
    let account = links.link_with_token(as_it_is).await.unwrap();
    assert_eq!(account.missing, ["api", "write_repository"]);
    assert_eq!(
        account.health,
        Health::TooNarrow {
            missing: account.missing.clone()
        }
    );
    // What is required can be said; what is of no use stays refused.
    let less = TokenLink {
        required: vec!["read_api".into()],
        ..token_link(&sim.address(), "Less", &narrow)
    };
    assert_eq!(links.link_with_token(less).await.unwrap().health, Health::Linked);
    let useless = sim.token(json!({"username": "ada", "scopes": ["k8s_proxy"]}));
    let told = TokenLink {
        required: vec!["k8s_proxy".into()],
        accept_missing: true,
        ..token_link(&sim.address(), "Useless", &useless)
    };
    assert_eq!(
        links.link_with_token(told).await.unwrap_err().code(),
        "token_useless"
    );
}

#[tokio::test]
async fn quirk_6_a_token_without_a_user_scope_links_by_what_self_tells() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim.token(json!({"username": "ada", "scopes": ["read_repository", "write_repository"]}));
    let request = TokenLink {
        required: vec!["read_repository".into()],
        ..token_link(&sim.address(), "Git", &token)
    };
    let account = links.link_with_token(request).await.unwrap();
    assert_eq!((account.user.username, account.health), (None, Health::Linked));
}

#[tokio::test]
async fn quirk_38_a_project_bot_links_as_what_it_is() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim
        .token(json!({"kind": "project", "resource": "ada/notes", "access_level": 40, "scopes": wanted()}));
    let account = link(&links, &sim.address(), "Bot", &token).await.unwrap();
    assert_eq!((account.kind, account.user.bot), (TokenKind::Project, true));
}

#[tokio::test]
async fn quirk_45_a_fine_grained_token_links_with_its_kind_told() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let token = sim.token(json!({"username": "ada", "granular": true, "granular_scopes": [
        {"access": "user", "permissions": ["read_personal_access_token", "read_user", "read_metadata"]}]}));
    let account = link(&links, &sim.address(), "Fine", &token).await.unwrap();
    assert_eq!((account.kind, account.missing.len()), (TokenKind::FineGrained, 0));
    assert_eq!(account.health, Health::Linked);
}

#[tokio::test]
async fn a_token_of_four_thousand_characters_links() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let long = format!("gliamat-{}", "x".repeat(4000));
    sim.token(json!({"username": "ada", "scopes": wanted(), "token": long}));
    let account = link(&links, &sim.address(), "Long", &long).await.unwrap();
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
}

#[tokio::test]
async fn names_are_judged_before_anybody_is_asked() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    for (name, code) in [
        ("", "name_empty"),
        ("  ", "name_empty"),
        (&"x".repeat(61), "name_too_long"),
        ("a\u{7}b", "name_invalid"),
    ] {
        let problem = link(&links, &sim.address(), name, &sim.ada()).await.unwrap_err();
        assert_eq!((problem.code(), problem.kind()), (code, ProblemKind::Usage));
        room.assert_nothing_left(&links, code);
    }
    link(&links, &sim.address(), "Straße", &sim.ada()).await.unwrap();
    sim.forget_requests();
    let problem = link(&links, &sim.address(), " STRASSE ", &sim.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "name_taken");
    assert_eq!(sim.requests().len(), 0);
    assert_eq!(room.keychain.dump().len(), 1);
}

#[tokio::test]
async fn a_name_is_suggested_where_none_is_given() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    for name in ["127.0.0.1", "127.0.0.1 2"] {
        let request = TokenLink {
            name: None,
            ..token_link(&sim.address(), "", &sim.ada())
        };
        assert_eq!(links.link_with_token(request).await.unwrap().name, name);
    }
    let defaults: Vec<_> = links
        .accounts()
        .unwrap()
        .iter()
        .map(|account| account.default_on_instance)
        .collect();
    assert_eq!(defaults, [true, false]);
}

#[tokio::test]
async fn what_is_no_gitlab_leaves_nothing_behind() {
    for (persona, code, kind) in [
        ("gitea", "not_gitlab", ProblemKind::Refused),
        ("html", "not_gitlab", ProblemKind::Refused),
        ("basic-auth", "sign_in_wall", ProblemKind::Refused),
        ("redirect-host", "redirect_elsewhere", ProblemKind::Refused),
        ("redirect-loop", "redirect_elsewhere", ProblemKind::Refused),
        ("huge", "unusable_answer", ProblemKind::Refused),
        ("gzip-bomb", "unusable_answer", ProblemKind::Refused),
        ("broken-json", "unusable_answer", ProblemKind::Refused),
        ("wrong-types", "unusable_answer", ProblemKind::Refused),
        ("html-200", "unusable_answer", ProblemKind::Refused),
        ("closed", "connection_lost", ProblemKind::NoAnswer),
        ("bad-gateway", "server_error", ProblemKind::NoAnswer),
        ("maintenance", "maintenance", ProblemKind::NoAnswer),
        ("rate-json", "rate_limited", ProblemKind::NoAnswer),
    ] {
        let (sim, room) = (Sim::with(&["--persona", persona]), Room::new());
        let mut setup = room.setup();
        setup.connection.timeouts.whole = std::time::Duration::from_secs(8);
        let links = links::Links::open(setup).await.unwrap().links;
        let problem = link(&links, &sim.address(), "Work", &sim.ada())
            .await
            .unwrap_err();
        assert_eq!(
            (problem.code(), problem.kind()),
            (code, kind),
            "{persona}: {problem}"
        );
        room.assert_nothing_left(&links, persona);
        let leaked = sim.with_credential().len();
        let is_gitlab = matches!(persona, "broken-json" | "wrong-types" | "html-200");
        assert!(is_gitlab || leaked == 0, "{persona} saw a credential");
    }
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let room = Room::new();
    let links = room.open().await;
    let mut sim = Sim::start();
    sim.stop();
    let problem = link(&links, &sim.address(), "Work", "glpat-x").await.unwrap_err();
    assert_eq!(problem.code(), "connection_refused");
    let problem = link(&links, "https://lablink.invalid", "Work", "glpat-x")
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "name_not_found");
    room.assert_nothing_left(&links, "no answer");
}

#[tokio::test]
async fn an_authority_is_trusted_for_its_gitlab_only_and_kept_with_it() {
    let (sim, room) = (Sim::with(&["--tls"]), Room::new());
    let links = room.open().await;
    let problem = link(&links, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "certificate_unknown_authority");
    assert!(problem.values().contains_key("fingerprint"));
    room.assert_nothing_left(&links, "untrusted");
    let authorities = Authority::from_pem(&sim.ca()).unwrap();
    let request = TokenLink {
        authorities,
        ..token_link(&sim.address(), "Work", &sim.ada())
    };
    let account = links.link_with_token(request).await.unwrap();
    assert!(!account.plain_http);
    assert_eq!(links.instances().unwrap()[1].authorities.len(), 1);
    // The next process trusts it too, and for nobody else.
    let links = room.open().await;
    assert_eq!(links.check(&account.id).await.unwrap().health, Health::Linked);
    let other = Sim::with(&["--tls"]);
    let problem = link(&links, &other.address(), "Other", &other.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "certificate_unknown_authority");
}

#[tokio::test]
async fn a_keychain_that_cannot_keep_it_is_told_and_nothing_is_kept() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    for (error, code) in [
        (
            VaultError::Absent {
                detail: "no bus".into(),
            },
            "keychain_absent",
        ),
        (VaultError::Locked, "keychain_locked"),
        (VaultError::Denied, "keychain_denied"),
        (VaultError::Full, "keychain_full"),
        (VaultError::Failed { detail: "x".into() }, "keychain_failed"),
    ] {
        room.keychain.refuse(Some(error));
        let problem = link(&links, &sim.address(), "Work", &sim.ada())
            .await
            .unwrap_err();
        assert_eq!((problem.code(), problem.kind()), (code, ProblemKind::Keychain));
        room.keychain.refuse(None);
        room.assert_nothing_left(&links, code);
    }
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
}

#[tokio::test]
async fn a_keychain_that_hangs_is_told_in_time_and_a_late_write_is_taken_back() {
    let (sim, room) = (Sim::start(), Room::new());
    let keychain = room.keychain.clone();
    let hanging = crate::room::Before(links::Step::LinkSecret, move || keychain.hang(true));
    let guard = std::time::Duration::from_secs(5);
    let vault = links::Vault::with_backend(room.keychain.clone(), guard);
    let setup = links::Setup {
        vault: links::VaultSource::Given(vault),
        witness: Arc::new(hanging),
        ..room.setup()
    };
    let links = links::Links::open(setup).await.unwrap().links;
    let problem = link(&links, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "keychain_hung");
    assert_eq!((links.accounts().unwrap().len(), intents(&room.home())), (0, 1));
    room.keychain.hang(false);
    // The write may land at any moment now. Another process does not tidy up before it has.
    let (_other, recovered) = room.reopen().await;
    assert_eq!((recovered, intents(&room.home())), (vec![], 1));
    // This process does: its removal comes after its own write, whenever that lands.
    let told: Vec<_> = links
        .recover()
        .await
        .unwrap()
        .into_iter()
        .map(|one| (one.what.as_str(), one.name))
        .collect();
    assert_eq!(told, [("link_undone", "Work".to_owned())]);
    room.assert_nothing_left(&links, "hung");
}

#[tokio::test]
async fn a_keychain_that_fails_half_way_leaves_nothing_behind() {
    let sim = Sim::start();
    let probing = Arc::new(MemoryBackend::new());
    links::Vault::with_backend(probing.clone(), crate::room::GUARD)
        .probe()
        .await
        .unwrap();
    // The first call after the probe is the writing of the secret.
    let room = Room::with(MemoryBackend::new().fail_on(probing.calls() + 1, VaultError::Full));
    let links = room.open().await;
    let problem = link(&links, &sim.address(), "Work", &sim.ada())
        .await
        .unwrap_err();
    assert_eq!(problem.code(), "keychain_full");
    room.assert_nothing_left(&links, "full half way");
}
