//! Link profiles taken and made, against what is known here.

use links::{
    AddInstance, Authority, Difference, LinkProfile, Links, ProblemKind, Review, SetInstance, Source, Taken,
    Terms,
};

use crate::room::Room;

const PEM: &str = include_str!("../authority.pem");
const ADDRESS: &str = "https://git.example.test/gitlab";

fn profile() -> LinkProfile {
    LinkProfile {
        address: ADDRESS.parse().unwrap(),
        application_id: "abc".into(),
        scopes: vec!["api".into(), "read_user".into()],
        authorities: vec![],
    }
}

fn trusting() -> LinkProfile {
    LinkProfile {
        authorities: Authority::from_pem(PEM.as_bytes()).unwrap(),
        ..profile()
    }
}

async fn known(links: &Links, pasted: &str, client_id: Option<&str>) {
    let add = AddInstance {
        pasted: pasted.into(),
        authorities: vec![],
        allow_http: false,
        offline: true,
        client_id: client_id.map(str::to_owned),
    };
    links.add_instance(add).await.unwrap();
}

fn differing(review: Review) -> Vec<(String, Terms)> {
    match review {
        Review::Differs(differences) => differences
            .into_iter()
            .map(|Difference { instance, terms, .. }| (instance.to_string(), terms))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_profile_travels_from_one_installation_to_another() {
    let (ours, theirs) = (Room::new(), Room::new());
    let (here, there) = (ours.open().await, theirs.open().await);
    assert_eq!(here.review_profile(&trusting()).unwrap(), Review::New);
    let (instance, taken) = here.take_profile(&trusting(), false).unwrap();
    assert_eq!((taken, instance.source), (Taken::Added, Source::LinkProfile));
    assert_eq!(
        (instance.client_id.as_deref(), instance.confidential),
        (Some("abc"), false)
    );
    assert_eq!(instance.scopes.as_deref(), Some(&profile().scopes[..]));
    assert_eq!(instance.authorities.len(), 1);

    let exported = here.export_profile(&format!("{ADDRESS}/ada/notes")).unwrap_err();
    assert_eq!(exported.code(), "instance_not_found", "a page of no instance");
    let exported = here.export_profile(ADDRESS).unwrap();
    assert_eq!(exported, trusting());
    let read = LinkProfile::read(exported.to_link().as_bytes()).unwrap();
    let (instance, _) = there.take_profile(&read, false).unwrap();
    assert_eq!(instance.address.as_str(), ADDRESS);
    assert_eq!(there.review_profile(&read).unwrap(), Review::Same);
    assert_eq!(there.take_profile(&read, false).unwrap().1, Taken::Unchanged);
}

#[tokio::test]
async fn an_instance_that_exists_changes_only_when_that_is_asked_for() {
    let room = Room::new();
    let links = room.open().await;
    known(&links, ADDRESS, Some("own")).await;
    let before = links.instances().unwrap();
    let review = links.review_profile(&trusting()).unwrap();
    assert_eq!(
        differing(review),
        [Terms::ApplicationId, Terms::Scopes, Terms::Authority].map(|terms| (ADDRESS.to_owned(), terms))
    );
    let problem = links.take_profile(&trusting(), false).unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("profile_conflict", ProblemKind::Usage)
    );
    assert_eq!(problem.values()["differs"], "application_id scopes authority");
    assert_eq!(links.instances().unwrap(), before);
    let (instance, taken) = links.take_profile(&trusting(), true).unwrap();
    assert_eq!(
        (taken, instance.client_id.as_deref()),
        (Taken::Replaced, Some("abc"))
    );
    assert_eq!(
        links.review_profile(&profile()).unwrap(),
        Review::Same,
        "trust stays"
    );
}

#[tokio::test]
async fn gitlab_com_exists_too() {
    let room = Room::new();
    let links = room.open().await;
    let profile = LinkProfile {
        address: "https://gitlab.com".parse().unwrap(),
        ..profile()
    };
    assert_eq!(
        links.take_profile(&profile, false).unwrap_err().code(),
        "profile_conflict"
    );
    let (instance, _) = links.take_profile(&profile, true).unwrap();
    assert_eq!(
        (instance.source, instance.client_id.as_deref()),
        (Source::BuiltIn, Some("abc"))
    );
    assert_eq!(
        links.remove_instance("gitlab.com").await.unwrap_err().code(),
        "instance_built_in"
    );
}

/// An authority is trusted for a host: a new instance under another path of it must not bring one in by the back door.
#[tokio::test]
async fn whom_a_known_host_is_trusted_by_is_no_news_of_a_new_instance() {
    let room = Room::new();
    let links = room.open().await;
    known(&links, "https://git.example.test", None).await;
    assert_eq!(
        links.review_profile(&profile()).unwrap(),
        Review::New,
        "without one it is just another path"
    );
    let review = links.review_profile(&trusting()).unwrap();
    assert_eq!(
        differing(review),
        [("https://git.example.test".to_owned(), Terms::Authority)]
    );
    assert_eq!(
        links.take_profile(&trusting(), false).unwrap_err().code(),
        "profile_conflict"
    );
    assert_eq!(links.instances().unwrap().len(), 2);
    let other_port = LinkProfile {
        address: "https://git.example.test:8443/gitlab".parse().unwrap(),
        ..trusting()
    };
    assert_eq!(links.review_profile(&other_port).unwrap(), Review::New);
}

#[tokio::test]
async fn a_profile_agrees_to_nothing_on_anybodys_behalf() {
    let room = Room::new();
    let links = room.open().await;
    let plain = LinkProfile {
        address: "http://git.example.test".parse().unwrap(),
        ..profile()
    };
    let (instance, _) = links.take_profile(&plain, false).unwrap();
    assert!(instance.plain_http && !instance.allow_http);
    let look = links
        .look("http://git.example.test", links::Look::default())
        .await;
    assert_eq!(look.unwrap_err().code(), "http_needs_consent");
}

#[tokio::test]
async fn there_is_no_profile_without_an_application() {
    let room = Room::new();
    let links = room.open().await;
    let problem = links.export_profile("gitlab.com").unwrap_err();
    assert_eq!(
        (problem.code(), problem.kind()),
        ("app_not_set_up", ProblemKind::PersonNeeded)
    );
    assert_eq!(
        links.export_profile("git.example.test").unwrap_err().code(),
        "instance_not_found"
    );
    assert_eq!(links.export_profile("").unwrap_err().code(), "address_empty");
}

#[tokio::test]
async fn what_is_set_of_an_instance_stays_and_the_rest_too() {
    let room = Room::new();
    let links = room.open().await;
    let set = |pasted: &str| SetInstance {
        pasted: pasted.into(),
        ..SetInstance::default()
    };
    let unknown = links.set_instance(&set(ADDRESS)).await.unwrap_err();
    assert_eq!(unknown.code(), "instance_not_found");
    known(&links, ADDRESS, Some("abc")).await;
    let trusted = SetInstance {
        authorities: Some(Authority::from_pem(PEM.as_bytes()).unwrap()),
        ..set(ADDRESS)
    };
    assert_eq!(links.set_instance(&trusted).await.unwrap().authorities.len(), 1);
    let scoped = SetInstance {
        scopes: Some(vec!["api".into()]),
        ..set(ADDRESS)
    };
    let instance = links.set_instance(&scoped).await.unwrap();
    assert_eq!(instance.authorities.len(), 1);
    assert_eq!(instance.client_id.as_deref(), Some("abc"));
    assert_eq!(instance.scopes.as_deref(), Some(&["api".to_owned()][..]));
    let renewed = SetInstance {
        client_id: Some(" def ".into()),
        authorities: Some(vec![]),
        ..set(ADDRESS)
    };
    let instance = links.set_instance(&renewed).await.unwrap();
    assert_eq!(
        (instance.client_id.as_deref(), instance.authorities),
        (Some("def"), vec![])
    );
    for (bad, code) in [
        (
            SetInstance {
                client_id: Some("gloas-hush".into()),
                ..set(ADDRESS)
            },
            "application_id_invalid",
        ),
        (
            SetInstance {
                scopes: Some(vec![]),
                ..set(ADDRESS)
            },
            "scopes_invalid",
        ),
    ] {
        let problem = links.set_instance(&bad).await.unwrap_err();
        assert_eq!((problem.code(), problem.kind()), (code, ProblemKind::Usage));
        assert!(!format!("{problem} {problem:?}").contains("hush"));
    }
}
