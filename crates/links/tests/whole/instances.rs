//! Instances: added, known, forgotten.

use links::{AddInstance, Check as C, ProblemKind, Source};

use crate::room::{Room, link};
use crate::sim::Sim;

fn add(pasted: &str) -> AddInstance {
    AddInstance {
        pasted: pasted.into(),
        authorities: vec![],
        allow_http: false,
        offline: true,
        client_id: None,
    }
}

#[tokio::test]
async fn gitlab_com_is_there_from_the_start_and_stays() {
    let room = Room::new();
    let links = room.open().await;
    let all = links.instances().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].address.as_str(), all[0].source),
        ("https://gitlab.com", Source::BuiltIn)
    );
    for typed in ["gitlab.com", "https://gitlab.com/"] {
        assert_eq!(
            links.remove_instance(typed).await.unwrap_err().code(),
            "instance_built_in"
        );
    }
    let again = links.add_instance(add("gitlab.com")).await.unwrap();
    assert_eq!(
        (again.source, links.instances().unwrap().len()),
        (Source::BuiltIn, 1)
    );
}

#[tokio::test]
async fn adding_offline_believes_the_address_and_is_idempotent() {
    let room = Room::new();
    let links = room.open().await;
    let page = add("HTTPS://Git.Example.test:443/gitlab/users/sign_in");
    let added = links.add_instance(page).await.unwrap();
    assert_eq!(
        (added.address.as_str(), added.source),
        ("https://git.example.test/gitlab", Source::Typed)
    );
    let app = AddInstance {
        client_id: Some("abc".into()),
        ..add("https://git.example.test/gitlab")
    };
    assert_eq!(
        links.add_instance(app).await.unwrap().client_id.as_deref(),
        Some("abc")
    );
    let again = links
        .add_instance(add("https://git.example.test/gitlab"))
        .await
        .unwrap();
    assert_eq!(
        again.client_id.as_deref(),
        Some("abc"),
        "what is known is not forgotten"
    );
    links.add_instance(add("a.example.test")).await.unwrap();
    let order: Vec<_> = links
        .instances()
        .unwrap()
        .into_iter()
        .map(|one| one.address.label())
        .collect();
    assert_eq!(order, ["gitlab.com", "a.example.test", "git.example.test/gitlab"]);
    links.remove_instance("https://a.example.test").await.unwrap();
    assert_eq!(
        links
            .remove_instance("https://a.example.test")
            .await
            .unwrap_err()
            .code(),
        "instance_not_found"
    );
}

#[tokio::test]
async fn plain_http_wants_consent_which_is_kept_for_that_instance_alone() {
    let room = Room::new();
    let links = room.open().await;
    let problem = links
        .add_instance(add("http://git.example.test"))
        .await
        .unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("http_needs_consent", ProblemKind::Usage)
    );
    assert_eq!(links.instances().unwrap().len(), 1);
    let agreed = AddInstance {
        allow_http: true,
        ..add("http://git.example.test")
    };
    let added = links.add_instance(agreed).await.unwrap();
    assert!(added.allow_http && added.plain_http);
    links.add_instance(add("http://git.example.test")).await.unwrap();
    for other in ["http://other.example.test", "http://git.example.test:8080"] {
        assert_eq!(
            links.add_instance(add(other)).await.unwrap_err().code(),
            "http_needs_consent",
            "{other}"
        );
    }
}

#[tokio::test]
async fn adding_asks_the_server_unless_told_not_to() {
    let (mut sim, room) = (Sim::with(&["--subpath", "/gitlab"]), Room::new());
    let links = room.open().await;
    let asked = AddInstance {
        offline: false,
        ..add(&format!("{}/ada/notes", sim.address()))
    };
    assert_eq!(
        links.add_instance(asked.clone()).await.unwrap().address.as_str(),
        sim.address()
    );
    sim.stop();
    let problem = links.add_instance(asked).await.unwrap_err();
    assert_eq!(problem.code(), "connection_refused");
    for (bad, code) in [
        ("", "address_empty"),
        ("javascript:alert(1)", "address_scheme"),
        ("https://ada:pw@git.example.test", "address_user_info"),
        (&"x".repeat(10_000), "address_too_long"),
    ] {
        assert_eq!(links.add_instance(add(bad)).await.unwrap_err().code(), code);
    }
    assert_eq!(links.instances().unwrap().len(), 2);
}

#[tokio::test]
async fn an_instance_in_use_stays() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let problem = links.remove_instance(&sim.address()).await.unwrap_err();
    assert_eq!(
        (problem.code(), problem.values()["accounts"].as_str()),
        ("instance_in_use", "1")
    );
    assert_eq!(links.accounts().unwrap().len(), 1);
}

#[tokio::test]
async fn renaming_keeps_names_unique() {
    let (sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    let one = link(&links, &sim.address(), "One", &sim.ada()).await.unwrap();
    link(&links, &sim.address(), "Two", &sim.ada()).await.unwrap();
    assert_eq!(links.rename(&one.id, "TWO").unwrap_err().code(), "name_taken");
    assert_eq!(links.rename(&one.id, " ").unwrap_err().code(), "name_empty");
    assert_eq!(
        links.rename(&one.id, "ONE ").unwrap().name,
        "ONE",
        "its own name in another case"
    );
    assert_eq!(links.rename(&one.id, "Three").unwrap().name, "Three");
    assert_eq!(links.account("one").unwrap_err().code(), "account_not_found");
    let ledger = links.ledger(Some(&one.id), 1).unwrap();
    assert_eq!(
        (ledger[0].what.as_str(), ledger[0].detail.as_deref()),
        ("renamed", Some("ONE"))
    );
    let page = links.account_page(&links.account("Three").unwrap());
    assert_eq!(page, format!("{}/ada", sim.address()));
    let page = links.token_page(&one.instance, &["api", "read_repository"]);
    assert!(
        page.starts_with(&format!(
            "{}/-/user_settings/personal_access_tokens?name=LabLink",
            sim.address()
        )),
        "{page}"
    );
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong_and_where() {
    let (mut sim, room) = (Sim::start(), Room::new());
    let links = room.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let bad = |findings: Vec<links::Finding>| -> Vec<_> {
        let bad = findings
            .into_iter()
            .filter(|finding| finding.ok == links::Verdict::Bad);
        bad.map(|finding| (finding.check, finding.problem.map(|problem| problem.code())))
            .collect()
    };
    let fine = links.doctor(None).await;
    let checks: Vec<_> = fine.iter().map(|finding| finding.check.clone()).collect();
    let name = "Work".to_owned();
    assert_eq!(
        checks,
        [
            C::Home,
            C::Store,
            C::Keychain,
            C::Dns,
            C::Proxy,
            C::Tls,
            C::GitLab,
            C::Token { name: name.clone() },
            C::Scopes { name: name.clone() },
            C::Git
        ]
    );
    assert_eq!(bad(fine), []);
    sim.change_token(&sim.ada(), "revoked");
    assert_eq!(
        bad(links.doctor(Some(&sim.address())).await),
        [(C::Token { name: name.clone() }, None)]
    );
    assert_eq!(
        bad(links.doctor(Some("https://lablink.invalid")).await),
        [(C::Dns, Some("name_not_found"))]
    );
    sim.stop();
    let found = bad(links.doctor(Some(&sim.address())).await);
    assert_eq!(found[0], (C::Tls, Some("connection_refused")));
    room.keychain.refuse(Some(links::VaultError::Locked));
    assert_eq!(
        bad(links.doctor(Some("")).await)[0],
        (C::Keychain, Some("keychain_locked"))
    );
}
