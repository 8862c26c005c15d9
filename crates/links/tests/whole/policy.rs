//! Managed policy: there from the start, the same for everybody, and never in anybody's way.

use std::path::PathBuf;

use links::{
    AddInstance, Authority, Check, LinkProfile, Links, Look, Opened, Policy, Problem, SetInstance, Setup,
    Source, Verdict,
};

use crate::room::{Room, link};
use crate::sim::Sim;

const PEM: &str = include_str!("../authority.pem");
const ADDRESS: &str = "https://git.example.test";

struct Managed {
    room: Room,
    dir: tempfile::TempDir,
}

impl Managed {
    fn by(policy: &str) -> Self {
        let managed = Self {
            room: Room::new(),
            dir: tempfile::tempdir().unwrap(),
        };
        managed.write(policy);
        managed
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("policy.toml")
    }

    fn write(&self, policy: &str) {
        std::fs::write(self.file(), policy).unwrap();
    }

    async fn open(&self) -> Links {
        let setup = Setup {
            policy: self.file(),
            ..self.room.setup()
        };
        let Opened { links, .. } = Links::open(setup).await.unwrap();
        links
    }
}

fn policy(address: &str, more: &str) -> String {
    format!("lablink_policy = 1\n[[instance]]\naddress = '{address}'\n{more}")
}

fn sources(links: &Links) -> Vec<(String, Source)> {
    links
        .instances()
        .unwrap()
        .into_iter()
        .map(|one| (one.address.to_string(), one.source))
        .collect()
}

fn add(pasted: &str) -> AddInstance {
    AddInstance {
        pasted: pasted.into(),
        authorities: vec![],
        allow_http: false,
        offline: true,
        client_id: Some("mine".into()),
    }
}

#[tokio::test]
async fn a_managed_instance_is_there_and_nobody_changes_it() {
    let managed = Managed::by(&policy(ADDRESS, "application_id = 'abc'\nscopes = ['api']\n"));
    let links = managed.open().await;
    assert_eq!(links.policy(), &Policy::InForce(vec![ADDRESS.parse().unwrap()]));
    let before = links.instances().unwrap();
    let instance = &before[1];
    assert_eq!(
        (instance.source, instance.client_id.as_deref()),
        (Source::Managed, Some("abc"))
    );
    assert_eq!(instance.scopes.as_deref(), Some(&["api".to_owned()][..]));

    let set = SetInstance {
        pasted: ADDRESS.into(),
        client_id: Some("mine".into()),
        ..SetInstance::default()
    };
    let profile = LinkProfile {
        address: ADDRESS.parse().unwrap(),
        application_id: "theirs".into(),
        scopes: vec!["api".into()],
        authorities: vec![],
    };
    // Trust belongs to the host: not even under another path of it does anybody else bring in an authority.
    let beside = LinkProfile {
        address: format!("{ADDRESS}/beside").parse().unwrap(),
        authorities: Authority::from_pem(PEM.as_bytes()).unwrap(),
        ..profile.clone()
    };
    let added = AddInstance {
        authorities: Authority::from_pem(PEM.as_bytes()).unwrap(),
        ..add(&format!("{ADDRESS}/beside"))
    };
    for (what, problem) in [
        ("add", links.add_instance(add(ADDRESS)).await.unwrap_err()),
        ("add beside", links.add_instance(added).await.unwrap_err()),
        ("set", links.set_instance(&set).await.unwrap_err()),
        ("remove", links.remove_instance(ADDRESS).await.unwrap_err()),
        ("profile", links.take_profile(&profile, false).unwrap_err()),
        (
            "profile, replace",
            links.take_profile(&profile, true).unwrap_err(),
        ),
        ("beside", links.take_profile(&beside, true).unwrap_err()),
    ] {
        assert_eq!(problem.code(), "policy_locked", "{what}");
    }
    assert_eq!(links.instances().unwrap(), before);
    links
        .add_instance(add(&format!("{ADDRESS}/other")))
        .await
        .unwrap();
}

#[tokio::test]
async fn linking_on_a_managed_instance_leaves_it_as_it_is() {
    let sim = Sim::start();
    let managed = Managed::by(&policy(&sim.address(), "application_id = 'abc'\n"));
    let links = managed.open().await;
    let before = links.instances().unwrap()[1].clone();
    let look = Look {
        allow_http: true,
        authorities: Authority::from_pem(PEM.as_bytes()).unwrap(),
    };
    links.look(&sim.address(), look).await.unwrap();
    let account = link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    let stranger = Authority::from_pem(PEM.as_bytes()).unwrap().remove(0);
    let locked = Problem::PolicyLocked {
        address: sim.address(),
    };
    assert_eq!(links.presented(&account.id).await.unwrap_err(), locked);
    assert_eq!(links.trust(&account.id, &stranger).unwrap_err(), locked);
    let after = links.instances().unwrap()[1].clone();
    assert_eq!((after.accounts, after.source), (1, Source::Managed));
    assert_eq!(
        (after.client_id, after.allow_http, after.authorities),
        (before.client_id, before.allow_http, before.authorities)
    );
}

#[tokio::test]
async fn the_policy_wins_over_what_was_known_and_lets_go_when_it_goes() {
    let sim = Sim::start();
    let managed = Managed::by("lablink_policy = 1");
    let links = managed.open().await;
    link(&links, &sim.address(), "Work", &sim.ada()).await.unwrap();
    links.add_instance(add(ADDRESS)).await.unwrap();
    drop(links);

    let two = policy(ADDRESS, "application_id = 'abc'\n");
    let all = format!(
        "{two}[[instance]]\naddress = '{}'\n[[instance]]\naddress = 'https://gitlab.com'\n",
        sim.address()
    );
    managed.write(&all);
    let links = managed.open().await;
    assert!(
        links
            .instances()
            .unwrap()
            .iter()
            .all(|one| one.source == Source::Managed)
    );
    let known = links.instances().unwrap();
    let own = known.iter().find(|one| one.address.as_str() == ADDRESS).unwrap();
    assert_eq!(own.client_id.as_deref(), Some("abc"));
    drop(links);

    std::fs::remove_file(managed.file()).unwrap();
    let links = managed.open().await;
    assert_eq!(links.policy(), &Policy::Absent);
    assert_eq!(
        sources(&links),
        [
            ("https://gitlab.com".to_owned(), Source::BuiltIn),
            (sim.address(), Source::Typed)
        ],
        "what has accounts stays, what has none goes"
    );
}

#[tokio::test]
async fn a_broken_policy_is_told_takes_nothing_and_is_in_nobodys_way() {
    let managed = Managed::by(&policy(ADDRESS, ""));
    drop(managed.open().await);
    managed.write(&format!(
        "{}[[instance]]\naddress = 'https://Other.example.test'\n",
        policy("https://new.example.test", "")
    ));
    let links = managed.open().await;
    let Policy::Broken { detail } = links.policy() else {
        panic!("{:?}", links.policy())
    };
    assert!(detail.contains("instance 2"), "{detail}");
    assert_eq!(
        sources(&links)[1..],
        [(ADDRESS.to_owned(), Source::Managed)],
        "what an earlier policy set up stays locked"
    );
    assert_eq!(
        links.remove_instance(ADDRESS).await.unwrap_err().code(),
        "policy_locked"
    );
    let findings = links.doctor(Some("https://lablink.invalid")).await;
    let finding = findings
        .iter()
        .find(|finding| finding.check == Check::Policy)
        .unwrap();
    assert_eq!(
        (
            finding.ok,
            finding.problem.as_ref().map(links::Problem::code),
            finding.subject.as_str()
        ),
        (
            Verdict::Bad,
            Some("policy_broken"),
            managed.file().to_str().unwrap()
        )
    );
}

#[tokio::test]
async fn a_start_that_changes_nothing_writes_nothing() {
    let managed = Managed::by(&policy(ADDRESS, &format!("authority = '''\n{PEM}'''\n")));
    let first = managed.open().await;
    assert_eq!(first.instances().unwrap()[1].authorities.len(), 1);
    assert!(!first.changed_outside().unwrap());
    let second = managed.open().await;
    assert!(!first.changed_outside().unwrap());
    assert_eq!(second.instances().unwrap(), first.instances().unwrap());
}
