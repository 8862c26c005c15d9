//! Every fault a GitLab can have, by name: the state an account is in, that nothing stored is lost, and that all is well
//! again when the fault is over. What a person reads of each is in the command line's tests.

use std::time::Duration;

use links::{Account, Health, Links, ProblemCode};
use serde_json::{Value, json};

use crate::room::{Room, link, wanted};
use crate::sim::Sim;

const DAY: i64 = 24 * 60 * 60;

/// One account on one GitLab.
struct Linked {
    sim: Sim,
    room: Room,
    links: Links,
    account: Account,
    token: String,
}

impl Linked {
    async fn new() -> Self {
        Self::at(Sim::start(), &json!({})).await
    }

    /// With more said of its token.
    async fn at(sim: Sim, more: &Value) -> Self {
        Self::here(Room::new(), sim, more).await
    }

    async fn here(room: Room, sim: Sim, more: &Value) -> Self {
        let mut setup = room.setup();
        setup.connection.timeouts.connect = Duration::from_secs(5);
        setup.connection.timeouts.whole = Duration::from_secs(5);
        let links = Links::open(setup).await.unwrap().links;
        let mut token = json!({"username": "ada", "scopes": wanted()});
        token
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let token = sim.token(token);
        let account = link(&links, &sim.address(), "Work", &token).await.unwrap();
        Self {
            sim,
            room,
            links,
            account,
            token,
        }
    }

    async fn check(&self) -> Health {
        let health = self.links.check(&self.account.id).await.unwrap().health;
        self.assert_kept();
        health
    }

    /// Nothing that was stored is lost, whatever the state.
    fn assert_kept(&self) {
        let kept = self.links.account("Work").unwrap();
        assert_eq!(
            (kept.id, &kept.instance),
            (self.account.id, &self.account.instance)
        );
        assert_eq!(
            (&kept.user, &kept.scopes),
            (&self.account.user, &self.account.scopes)
        );
        assert!(self.room.keychain.contains(&self.token), "the secret is lost");
    }

    /// Another GitLab at the same address, which knows the same token.
    fn becomes(&mut self, options: &[&str]) {
        self.sim.start_again(options);
        self.sim
            .token(json!({"username": "ada", "scopes": wanted(), "token": self.token}));
    }
}

fn refused(why: ProblemCode) -> Health {
    Health::Refused { why }
}

fn unreachable(why: ProblemCode) -> Health {
    Health::Unreachable { why }
}

/// What an administrator does to a user, and what takes it back.
#[tokio::test]
async fn user_blocked_asleep_unconfirmed_terms_to_accept_password_expired_dpop_and_ip_allow_list() {
    let linked = Linked::new().await;
    let active = json!({"username": "ada", "state": "active", "dpop": false, "too_many_ips": false});
    for (change, why) in [
        (json!({"state": "blocked"}), ProblemCode::AccountBlocked),
        (json!({"state": "pending_approval"}), ProblemCode::AccountPending),
        (json!({"state": "terms"}), ProblemCode::TermsNotAccepted),
        (json!({"state": "deactivated"}), ProblemCode::AccountDeactivated),
        (json!({"state": "unconfirmed"}), ProblemCode::AccountUnconfirmed),
        (json!({"state": "password_expired"}), ProblemCode::PasswordExpired),
        (json!({"dpop": true}), ProblemCode::DpopRequired),
        (json!({"too_many_ips": true}), ProblemCode::Forbidden),
    ] {
        let mut user = active.clone();
        user.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        linked.sim.user(user);
        assert_eq!(linked.check().await, refused(why), "{change}");
        linked.sim.user(active.clone());
        assert_eq!(linked.check().await, Health::Linked, "after {change}");
    }
}

#[tokio::test]
async fn quirk_41_a_group_ip_allow_list_hides_the_group_and_the_account_stays_linked() {
    let linked = Linked::new().await;
    linked.sim.settings(json!({"hidden_groups": ["works"]}));
    assert_eq!(linked.check().await, Health::Linked);
}

#[tokio::test]
async fn quirk_43_admin_mode_does_not_touch_a_link() {
    let sim = Sim::start();
    let token = sim.token(json!({"username": "root", "scopes": wanted()}));
    let room = Room::new();
    let links = room.open().await;
    let account = link(&links, &sim.address(), "Root", &token).await.unwrap();
    for on in [false, true] {
        sim.settings(json!({"admin_mode": on}));
        assert_eq!(
            links.check(&account.id).await.unwrap().health,
            Health::Linked,
            "{on}"
        );
    }
}

/// What ends a token.
#[tokio::test]
async fn expiry_revocation_deletion_and_rotation_elsewhere() {
    let (sim, room) = (Sim::start(), Room::new());
    let today = room.noon(&sim);
    let day = |days: i64| today.checked_add(jiff::Span::new().days(days)).unwrap();

    let expires = Linked::here(room, sim, &json!({"expires_at": day(10).to_string()})).await;
    assert_eq!(expires.check().await, Health::Expiring { days: 10 });
    expires.sim.advance(10 * DAY);
    expires.room.hands.advance(10 * DAY);
    assert_eq!(expires.check().await, Health::Expired { on: Some(day(10)) });

    for state in ["revoked", "deleted"] {
        let linked = Linked::new().await;
        linked.sim.change_token(&linked.token, state);
        assert!(matches!(linked.check().await, Health::Revoked { .. }), "{state}");
    }

    let rotated = Linked::new().await;
    rotated.sim.rotate(&rotated.token);
    rotated.sim.forget_requests();
    assert!(matches!(rotated.check().await, Health::Revoked { .. }));
    let asked = rotated.sim.with_credential();
    assert!(
        asked
            .iter()
            .all(|request| !request["path"].as_str().unwrap().contains("rotate")),
        "quirk 9: a dead token must never be shown to a rotate path"
    );
}

#[tokio::test]
async fn impersonation_switched_off() {
    let linked = Linked::at(Sim::start(), &json!({"kind": "impersonation"})).await;
    linked.sim.settings(json!({"impersonation": false}));
    assert!(matches!(linked.check().await, Health::Revoked { .. }));
    let kept = linked.links.account("Work").unwrap();
    assert_eq!(kept.trouble, Some(ProblemCode::ImpersonationDisabled));
}

#[tokio::test]
async fn quirk_34_instance_upgraded_and_downgraded() {
    let mut linked = Linked::at(Sim::with(&["--gitlab-version", "16.11.0"]), &json!({})).await;
    linked.becomes(&["--gitlab-version", "19.2.0"]);
    assert_eq!(linked.check().await, Health::Linked, "upgraded");
    // `self` is read as a number there, and answered with 401.
    linked.becomes(&["--gitlab-version", "15.3.0"]);
    assert_eq!(
        linked.links.check(&linked.account.id).await.unwrap().health,
        Health::Linked,
        "downgraded"
    );
    linked.becomes(&["--gitlab-version", "16.11.0"]);
    assert_eq!(linked.check().await, Health::Linked, "and back");
}

#[tokio::test]
async fn moved_to_another_address_and_the_token_does_not_follow() {
    let mut linked = Linked::new().await;
    let elsewhere = Sim::start();
    let target = elsewhere.address();
    linked.becomes(&["--persona", "moved", "--redirect-target", &target]);
    assert_eq!(linked.check().await, unreachable(ProblemCode::RedirectElsewhere));
    let told = linked.links.account_by_id(&linked.account.id).unwrap().moved_to;
    assert_eq!(told.as_deref(), Some(target.trim_end_matches('/')));
    assert_eq!(elsewhere.requests(), Vec::<Value>::new(), "something followed");
    linked.becomes(&[]);
    assert_eq!(linked.check().await, Health::Linked);
    let told = linked.links.account_by_id(&linked.account.id).unwrap().moved_to;
    assert_eq!(told, None);
}

#[tokio::test]
async fn down_for_a_day_is_offline_and_not_dead() {
    let mut linked = Linked::new().await;
    linked.sim.stop();
    for _ in 0..24 {
        assert_eq!(linked.check().await, unreachable(ProblemCode::ConnectionRefused));
        linked.room.hands.advance(60 * 60);
    }
    linked.sim.start_again(&["--clock", &DAY.to_string()]);
    linked
        .sim
        .token(json!({"username": "ada", "scopes": wanted(), "token": linked.token}));
    assert_eq!(linked.check().await, Health::Linked);
}

/// Whatever a server says that tells nothing of the token.
#[tokio::test]
async fn broken_servers_proxies_and_pages_tell_nothing_of_the_token() {
    let linked = Linked::new().await;
    for (fault, why) in [
        ("bad_gateway", ProblemCode::ServerError),
        ("maintenance", ProblemCode::Maintenance),
        ("sso", ProblemCode::RedirectElsewhere),
        ("basic-auth", ProblemCode::NotGitLab),
        ("nginx", ProblemCode::NotGitLab),
        ("html_200", ProblemCode::UnusableAnswer),
        ("broken-json", ProblemCode::UnusableAnswer),
        ("close", ProblemCode::ConnectionLost),
        ("hang", ProblemCode::Silent),
    ] {
        linked.sim.fault(json!({"fault": fault, "times": 100}));
        assert_eq!(linked.check().await, unreachable(why), "{fault}");
        linked.sim.no_faults();
        assert_eq!(linked.check().await, Health::Linked, "after {fault}");
    }
}

#[tokio::test]
async fn slow_is_waited_for() {
    let linked = Linked::new().await;
    linked
        .sim
        .fault(json!({"fault": "slow", "times": 2, "seconds": 1}));
    assert_eq!(linked.check().await, Health::Linked);
}

#[tokio::test]
async fn quirk_14_a_lagging_replica_is_not_believed_at_once() {
    let linked = Linked::new().await;
    linked.sim.fault(json!({"fault": "transient_401", "times": 2}));
    assert_eq!(linked.check().await, Health::Linked);
}

#[tokio::test]
async fn two_checks_of_one_moment_are_one_death_and_a_minute_later_it_is_certain() {
    let linked = Linked::new().await;
    linked.sim.change_token(&linked.token, "revoked");
    for _ in 0..3 {
        linked.check().await;
    }
    assert_eq!(linked.links.doubtful().unwrap(), [linked.account.id]);
    linked.sim.forget_requests();
    linked.room.hands.advance(links::APART);
    linked.links.check_doubtful().await.unwrap();
    assert!(!linked.sim.with_credential().is_empty(), "nobody looked again");
    assert_eq!(linked.links.doubtful().unwrap(), []);
    linked.sim.forget_requests();
    linked.links.check_doubtful().await.unwrap();
    assert_eq!(linked.sim.requests(), Vec::<Value>::new(), "nothing is in doubt");
}

#[tokio::test]
async fn quirk_50_a_gitlab_that_asks_for_rest_is_left_alone_by_every_check_of_it() {
    for fault in ["rate_limited", "rate_limited_until"] {
        let linked = Linked::new().await;
        link(&linked.links, &linked.sim.address(), "Other", &linked.token)
            .await
            .unwrap();
        // By its own clock, which is another one than ours: a date is as good as a number.
        linked.sim.advance(-7 * DAY);
        linked
            .sim
            .fault(json!({"fault": fault, "times": 2, "seconds": 900}));
        let limited = unreachable(ProblemCode::RateLimited);
        assert_eq!(linked.check().await, limited, "{fault}");
        linked.sim.no_faults();
        linked.sim.forget_requests();
        linked.room.hands.advance(880);
        let all = linked.links.check_all().await.unwrap();
        assert!(
            all.iter().all(|account| account.health == limited),
            "{fault}: {all:?}"
        );
        assert_eq!(linked.check().await, limited);
        let (other_process, _) = linked.room.reopen().await;
        other_process.check_all().await.unwrap();
        assert_eq!(
            linked.sim.requests(),
            Vec::<Value>::new(),
            "{fault}: it was not left alone"
        );
        linked.room.hands.advance(30);
        assert_eq!(linked.check().await, Health::Linked, "{fault}");
    }
}

#[tokio::test]
async fn quirk_50_a_gitlab_that_asks_for_rest_and_says_no_time_is_asked_again_by_the_next_check() {
    let linked = Linked::new().await;
    linked.sim.fault(json!({"fault": "rate_json", "times": 2}));
    assert_eq!(linked.check().await, unreachable(ProblemCode::RateLimited));
    linked.sim.no_faults();
    assert_eq!(linked.check().await, Health::Linked);
}

#[tokio::test]
async fn a_gitlab_that_is_silent_is_asked_once_for_all_its_accounts() {
    let linked = Linked::new().await;
    for number in 0..20 {
        link(
            &linked.links,
            &linked.sim.address(),
            &format!("More {number}"),
            &linked.token,
        )
        .await
        .unwrap();
    }
    linked.sim.forget_requests();
    linked.sim.fault(json!({"fault": "hang", "times": 1000}));
    let all = linked.links.check_all().await.unwrap();
    let silent = unreachable(ProblemCode::Silent);
    assert!(
        all.len() == 21 && all.iter().all(|account| account.health == silent),
        "{all:?}"
    );
    assert_eq!(linked.sim.requests().len(), 2, "the two questions of one account");
}

#[tokio::test]
async fn a_clock_that_is_wrong_neither_ends_a_token_nor_misses_its_end() {
    let (sim, room) = (Sim::start(), Room::new());
    let day = room.noon(&sim) + jiff::Span::new().days(40);
    let linked = Linked::here(room, sim, &json!({"expires_at": day.to_string()})).await;
    linked.room.hands.advance(100 * DAY);
    assert!(
        matches!(
            linked.links.account("Work").unwrap().health,
            Health::Expired { .. }
        ),
        "nobody asked yet"
    );
    assert_eq!(
        linked.check().await,
        Health::Linked,
        "our clock is a hundred days ahead"
    );
    let ahead = linked.links.account("Work").unwrap().clock_ahead.unwrap();
    assert!((ahead + 100 * DAY).abs() < 60, "{ahead}");
    linked.room.hands.advance(-200 * DAY);
    assert_eq!(linked.check().await, Health::Linked, "a hundred days behind");
    linked.sim.advance(39 * DAY);
    assert_eq!(linked.check().await, Health::Expiring { days: 1 });
    linked.sim.advance(DAY);
    assert_eq!(linked.check().await, Health::Expired { on: Some(day) });
    linked.room.hands.advance(100 * DAY);
    assert_eq!(
        linked.check().await,
        Health::Expired { on: Some(day) },
        "a clock that was set right changes nothing"
    );
}
