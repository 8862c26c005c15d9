//! The link flow's machine by app login and by code: what leads where, and any sequence of events at all.

use std::sync::Arc;

use links::{
    AccountId, AppState, BaseUrl, BrowserState, DeviceState, FlowEffect, FlowEvent, FlowState, FlowStep,
    Found, GivenApplication, Goal, KnownApplication, LinkFlow, LoginMethod, Person, Problem, ProblemCode,
    Token, TokenState, TypedApplication, TypedToken, VaultError, Way,
};
use proptest::prelude::*;

use crate::room::wanted;

const ADDRESS: &str = "https://git.example.test/gitlab";
const SECRET: &str = "gloas-CANARY-0123456789";

fn found(address: &str) -> Found {
    let base: BaseUrl = address.parse().unwrap();
    Found {
        base,
        upgraded_from: None,
        probe: gitlab::MetadataProbe::Metadata,
    }
}

fn known(scopes: Option<Vec<String>>) -> KnownApplication {
    KnownApplication {
        application_id: "abc".into(),
        confidential: false,
        scopes,
    }
}

fn typed(id: &str, secret: Option<&str>) -> FlowEvent {
    let given = GivenApplication::read(id, secret).unwrap();
    FlowEvent::Application(TypedApplication::Application(Arc::new(given)))
}

fn ada() -> Person {
    Person {
        username: Some("ada".into()),
        name: None,
        bot: false,
        avatar_url: None,
        web_url: None,
        scopes: wanted(),
    }
}

fn id() -> AccountId {
    "0198c0de-0000-7000-8000-000000000001".parse().unwrap()
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

fn device() -> DeviceState {
    DeviceState::Waiting {
        user_code: "7K2QX9BD".into(),
        verification_uri: format!("{ADDRESS}/oauth/device"),
        verification_uri_complete: format!("{ADDRESS}/oauth/device?user_code=7K2QX9BD"),
        deadline: at(300),
    }
}

/// What an effect is called, and its question's number.
fn told(effect: &FlowEffect) -> (&'static str, u64) {
    match effect {
        FlowEffect::PauseAddress(number) => ("pause_address", *number),
        FlowEffect::Look { number, .. } => ("look", *number),
        FlowEffect::Suggest { number, .. } => ("suggest", *number),
        FlowEffect::CheckName { number, .. } => ("check_name", *number),
        FlowEffect::PauseToken(number) => ("pause_token", *number),
        FlowEffect::Identify { number, .. } => ("identify", *number),
        FlowEffect::TryKeychain(number) => ("try_keychain", *number),
        FlowEffect::Keep(wish) => ("keep", wish.number()),
        FlowEffect::BrowserLogin(wish) => ("browser_login", wish.number()),
        FlowEffect::DeviceLogin(wish) => ("device_login", wish.number()),
        FlowEffect::ConfirmLogin(number) => ("confirm_login", *number),
        FlowEffect::OpenAgain { number, .. } => ("open_again", *number),
        FlowEffect::StopLogin => ("stop_login", 0),
        FlowEffect::CallOff => ("call_off", 0),
    }
}

/// A flow that says what it wants done.
struct Tried(LinkFlow);

impl Tried {
    /// A GitLab is found, and this is known of an application there.
    fn found(application: impl Into<Option<KnownApplication>>) -> Self {
        let mut tried = Self(LinkFlow::new(wanted()));
        let pause = tried.expect(FlowEvent::Address(ADDRESS.into()), &["pause_address"]);
        let look = tried.expect(FlowEvent::AddressPaused(pause), &["look"]);
        let suggest = tried.expect(FlowEvent::Looked(look, Ok(found(ADDRESS))), &["suggest"]);
        let check = tried.expect(FlowEvent::Suggested(suggest, "git".into()), &["check_name"]);
        tried.expect(FlowEvent::NameChecked(check, None), &[]);
        tried.expect(FlowEvent::ApplicationKnown(suggest, application.into()), &[]);
        tried
    }

    /// A GitLab that is known here was chosen, and its server has answered; gives the keychain's question and the one
    /// about the application.
    fn chosen(goal: Goal) -> (Self, u64, u64) {
        let mut tried = Self(LinkFlow::new(wanted()));
        let keychain = match goal {
            Goal::SignIn => tried.expect(FlowEvent::Known(ADDRESS.into(), goal), &["look", "try_keychain"]),
            Goal::Register | Goal::Token => {
                tried.expect(FlowEvent::Known(ADDRESS.into(), goal), &["look"]) + 1
            }
        };
        let suggest = tried.expect(FlowEvent::Looked(keychain - 1, Ok(found(ADDRESS))), &["suggest"]);
        let check = tried.expect(FlowEvent::Suggested(suggest, "git".into()), &["check_name"]);
        tried.expect(FlowEvent::NameChecked(check, None), &[]);
        (tried, keychain, suggest)
    }

    fn at_sign_in(application: impl Into<Option<KnownApplication>>) -> Self {
        let mut tried = Self::found(application);
        tried.expect(FlowEvent::Next, &["try_keychain"]);
        tried
    }

    /// Waits for the browser; gives the login's number.
    fn waiting() -> (Self, u64) {
        let mut tried = Self::at_sign_in(known(None));
        let number = tried.expect(FlowEvent::Link { as_it_is: false }, &["browser_login"]);
        assert_eq!(tried.state().app, AppState::Starting);
        tried.expect(
            FlowEvent::LoginWaits(number, "https://x/?state=1".into(), at(600)),
            &[],
        );
        (tried, number)
    }

    fn state(&self) -> &FlowState {
        self.0.state()
    }

    fn expect(&mut self, event: FlowEvent, names: &[&str]) -> u64 {
        let effects = self.0.apply(event);
        let got: Vec<_> = effects.iter().map(|effect| told(effect).0).collect();
        assert_eq!(got, names);
        effects.last().map_or(0, |effect| told(effect).1)
    }

    /// Applies the event and gives the scopes of the login that begins by it.
    fn asks_for(&mut self, event: FlowEvent) -> Vec<String> {
        let effects = self.0.apply(event);
        let wish = effects.iter().find_map(|effect| match effect {
            FlowEffect::BrowserLogin(wish) | FlowEffect::DeviceLogin(wish) => Some(wish.wanted().to_vec()),
            _ => None,
        });
        wish.expect("a login begins")
    }
}

#[test]
fn a_known_application_makes_app_login_the_usual_way_and_link_the_second_input() {
    let mut tried = Tried::found(known(None));
    assert_eq!(
        (tried.state().method, tried.state().can_link),
        (LoginMethod::App, true)
    );
    assert!(tried.state().methods.iter().all(|one| one.why.is_none()));
    let number = tried.expect(
        FlowEvent::Link { as_it_is: false },
        &["try_keychain", "browser_login"],
    );
    assert_eq!(tried.state().step, FlowStep::SignIn);
    tried.expect(FlowEvent::LoginWaits(number, "https://x/".into(), at(600)), &[]);
    tried.expect(FlowEvent::Browser(number, BrowserState::Opened), &[]);
    assert!(!tried.state().can_link && !tried.state().linking);
    tried.expect(FlowEvent::LoginFinishes(number), &[]);
    assert!(tried.state().linking);
    tried.expect(FlowEvent::LoginEnded(number, Ok(id())), &[]);
    assert_eq!(
        (tried.state().step, tried.state().account),
        (FlowStep::Done, Some(id()))
    );
    assert!(!tried.state().linking);
}

#[test]
fn one_press_at_a_known_gitlab_begins_the_login_once_the_keychain_would_keep_it() {
    let (mut tried, keychain, application) = Tried::chosen(Goal::SignIn);
    assert!(tried.state().goal.is_some());
    tried.expect(FlowEvent::ApplicationKnown(application, Some(known(None))), &[]);
    assert!(tried.state().goal.is_some());
    tried.expect(FlowEvent::KeychainTried(keychain, None), &["browser_login"]);
    assert!(tried.state().goal.is_none());
    assert_eq!(
        (tried.state().step, &tried.state().app),
        (FlowStep::SignIn, &AppState::Starting)
    );
    // In the other order as well, and on GitLab.com, which nobody needs to ask.
    let (mut tried, keychain, application) = Tried::chosen(Goal::SignIn);
    tried.expect(FlowEvent::KeychainTried(keychain, None), &[]);
    tried.expect(
        FlowEvent::ApplicationKnown(application, Some(known(None))),
        &["browser_login"],
    );
    let mut tried = Tried(LinkFlow::new(wanted()));
    let there = FlowEvent::Known("https://gitlab.com".into(), Goal::SignIn);
    tried.expect(there, &["suggest", "try_keychain"]);
    assert!(tried.state().goal.is_some());
}

#[test]
fn one_press_leads_to_the_person_where_something_is_left_to_ask() {
    // No application: the address stands, and the ways are one step on.
    let (mut tried, keychain, application) = Tried::chosen(Goal::SignIn);
    tried.expect(FlowEvent::KeychainTried(keychain, None), &[]);
    tried.expect(FlowEvent::ApplicationKnown(application, None), &[]);
    assert!(tried.state().goal.is_none() && tried.state().can_next);
    // Nowhere to keep a secret: told before the browser opens.
    let (mut tried, keychain, application) = Tried::chosen(Goal::SignIn);
    tried.expect(FlowEvent::ApplicationKnown(application, Some(known(None))), &[]);
    tried.expect(
        FlowEvent::KeychainTried(keychain, Some(VaultError::Locked.into())),
        &[],
    );
    assert!(tried.state().goal.is_none() && tried.state().problem.is_some());
    assert_eq!(tried.state().step, FlowStep::SignIn);
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
    // A server that does not answer.
    let mut tried = Tried(LinkFlow::new(wanted()));
    let keychain = tried.expect(
        FlowEvent::Known(ADDRESS.into(), Goal::SignIn),
        &["look", "try_keychain"],
    );
    tried.expect(FlowEvent::Looked(keychain - 1, Err(Problem::LoginTimedOut)), &[]);
    assert!(tried.state().goal.is_none());
    // The person called it off, or did something else.
    for other in [FlowEvent::StopLogin, FlowEvent::Name("Mine".into())] {
        let (mut tried, keychain, application) = Tried::chosen(Goal::SignIn);
        tried.0.apply(other);
        assert!(tried.state().goal.is_none());
        tried.expect(FlowEvent::KeychainTried(keychain, None), &[]);
        tried.expect(FlowEvent::ApplicationKnown(application, Some(known(None))), &[]);
        assert_eq!(tried.state().step, FlowStep::Address);
    }
}

#[test]
fn to_register_leads_to_the_fields_of_the_application() {
    let (mut tried, _, application) = Tried::chosen(Goal::Register);
    assert_eq!(tried.state().goal, Some(Goal::Register));
    tried.expect(
        FlowEvent::ApplicationKnown(application, Some(known(None))),
        &["try_keychain"],
    );
    assert_eq!(
        (tried.state().step, tried.state().method),
        (FlowStep::SignIn, LoginMethod::App)
    );
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
}

#[test]
fn to_link_with_a_token_leads_to_its_field_even_where_app_login_is_set_up() {
    let (mut tried, _, application) = Tried::chosen(Goal::Token);
    tried.expect(
        FlowEvent::ApplicationKnown(application, Some(known(None))),
        &["try_keychain"],
    );
    assert_eq!(
        (tried.state().step, tried.state().method),
        (FlowStep::SignIn, LoginMethod::Token)
    );
}

#[test]
fn what_it_asks_for_can_be_changed_until_it_is_asked() {
    let mut tried = Tried::at_sign_in(known(Some(vec!["api".into()])));
    assert_eq!(tried.state().asks_for, ["api"]);
    let chosen = vec!["read_user".to_owned(), "read_repository".to_owned()];
    tried.expect(FlowEvent::Wanted(chosen.clone()), &[]);
    assert_eq!(tried.state().asks_for, chosen);
    for bad in [vec![], vec!["no scope".to_owned()], vec!["api".to_owned(); 2]] {
        tried.expect(FlowEvent::Wanted(bad), &[]);
        assert_eq!(tried.state().wanted, chosen);
    }
    assert_eq!(tried.asks_for(FlowEvent::Link { as_it_is: false }), chosen);
    tried.expect(FlowEvent::Wanted(wanted()), &[]);
    assert_eq!(tried.state().wanted, chosen);
}

#[test]
fn stopping_a_login_comes_back_to_the_ways_and_what_is_being_kept_is_kept() {
    let (mut tried, number) = Tried::waiting();
    tried.expect(FlowEvent::StopLogin, &["stop_login"]);
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
    assert_eq!(tried.state().method, LoginMethod::App);
    tried.expect(FlowEvent::LoginEnded(number, Ok(id())), &[]);
    assert_eq!(tried.state().account, None);
    let (mut tried, number) = Tried::waiting();
    tried.expect(FlowEvent::LoginFinishes(number), &[]);
    tried.expect(FlowEvent::StopLogin, &[]);
    assert_eq!(tried.state().app, AppState::Finishing);
}

#[test]
fn without_an_application_a_token_is_the_usual_way_and_app_login_says_how() {
    let mut tried = Tried::at_sign_in(None);
    assert_eq!(tried.state().method, LoginMethod::Token);
    for method in [LoginMethod::App, LoginMethod::Device] {
        tried.expect(FlowEvent::Method(method), &["try_keychain"]);
        assert!(matches!(tried.state().app, AppState::NotSetUp { .. }) && !tried.state().can_link);
        tried.expect(FlowEvent::Link { as_it_is: true }, &[]);
    }
    tried.expect(typed("abc", None), &[]);
    assert!(tried.state().can_link);
    tried.expect(FlowEvent::Link { as_it_is: false }, &["device_login"]);
}

#[test]
fn a_registration_with_scopes_of_its_own_is_asked_for_those() {
    let own = vec!["api".to_owned()];
    let mut tried = Tried::at_sign_in(known(Some(own.clone())));
    assert_eq!(tried.asks_for(FlowEvent::Link { as_it_is: false }), own);
    let mut tried = Tried::at_sign_in(known(Some(own)));
    tried.expect(typed("typed", None), &[]);
    assert_eq!(tried.asks_for(FlowEvent::Link { as_it_is: false }), wanted());
}

#[test]
fn a_typed_application_belongs_to_the_gitlab_it_was_typed_for_and_its_secret_to_the_step() {
    let mut tried = Tried::at_sign_in(None);
    tried.expect(FlowEvent::Method(LoginMethod::App), &["try_keychain"]);
    tried.expect(typed("abc", Some(SECRET)), &[]);
    assert!(matches!(
        tried.state().app,
        AppState::Ready {
            confidential: true,
            typed: true,
            ..
        }
    ));
    assert!(!format!("{:?}", tried.state()).contains(SECRET));
    tried.expect(FlowEvent::Back, &["call_off"]);
    assert!(
        matches!(tried.state().app, AppState::NotSetUp { .. }),
        "the secret is gone"
    );
    tried.expect(FlowEvent::Next, &["try_keychain"]);
    tried.expect(typed("abc", None), &[]);
    tried.expect(FlowEvent::Back, &["call_off"]);
    assert!(
        matches!(tried.state().app, AppState::Ready { typed: true, .. }),
        "an ID stays"
    );
    tried.expect(FlowEvent::Way(Way::GitLabCom), &["suggest"]);
    assert!(
        matches!(tried.state().app, AppState::NotSetUp { .. }),
        "and does not go elsewhere"
    );
}

#[test]
fn a_failed_login_says_why_and_may_be_tried_again() {
    for (problem, device) in [
        (Problem::LoginTimedOut, false),
        (Problem::LoginDenied, false),
        (
            Problem::AppSecretWrong {
                application_id: "abc".into(),
            },
            false,
        ),
        (Problem::DeviceUnsupported, true),
    ] {
        let (mut tried, number) = Tried::waiting();
        tried.expect(FlowEvent::LoginEnded(number, Err(problem.clone())), &[]);
        assert_eq!(tried.state().problem, Some(problem));
        assert!(tried.state().can_link && !tried.state().linking);
        let why = tried.state().methods[2].why;
        assert_eq!(why == Some(ProblemCode::DeviceUnsupported), device);
        tried.expect(FlowEvent::Link { as_it_is: false }, &["browser_login"]);
        assert_eq!(tried.state().problem, None);
    }
}

#[test]
fn a_name_that_is_taken_meanwhile_is_told_at_the_name() {
    let (mut tried, number) = Tried::waiting();
    let taken = Problem::NameTaken { name: "git".into() };
    tried.expect(FlowEvent::LoginEnded(number, Err(taken.clone())), &[]);
    assert_eq!(tried.state().name_problem, Some(taken));
    assert!(!tried.state().can_link);
    let check = tried.expect(FlowEvent::Name("Other".into()), &["check_name"]);
    tried.expect(FlowEvent::NameChecked(check, None), &[]);
    assert!(tried.state().can_link);
}

#[test]
fn from_the_browser_to_a_code() {
    let (mut tried, old) = Tried::waiting();
    let number = tried.expect(FlowEvent::UseCode, &["stop_login", "device_login"]);
    assert_eq!(
        (tried.state().method, &tried.state().device),
        (LoginMethod::Device, &DeviceState::Starting)
    );
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
    // The old login's last words come too late.
    tried.expect(FlowEvent::LoginFinishes(old), &[]);
    tried.expect(FlowEvent::LoginEnded(old, Ok(id())), &[]);
    assert_eq!(tried.state().step, FlowStep::SignIn);
    tried.expect(FlowEvent::DeviceWaits(number, device()), &[]);
    tried.expect(FlowEvent::LoginFinishes(number), &[]);
    tried.expect(FlowEvent::SignedIn(number, ada()), &[]);
    assert_eq!(tried.state().device, DeviceState::Confirm { person: ada() });
    assert!(!tried.state().linking && !tried.state().can_link);
    assert_eq!(tried.expect(FlowEvent::Confirm(true), &["confirm_login"]), number);
    assert_eq!(
        (&tried.state().device, tried.state().linking),
        (&DeviceState::Finishing, true)
    );
    tried.expect(FlowEvent::LoginEnded(number, Ok(id())), &[]);
    assert_eq!(tried.state().step, FlowStep::Done);
}

#[test]
fn who_is_somebody_else_is_stopped_and_a_second_word_changes_nothing() {
    let (mut tried, _) = Tried::waiting();
    let number = tried.expect(FlowEvent::UseCode, &["stop_login", "device_login"]);
    tried.expect(FlowEvent::DeviceWaits(number, device()), &[]);
    tried.expect(FlowEvent::SignedIn(number, ada()), &[]);
    tried.expect(FlowEvent::Confirm(false), &["stop_login"]);
    assert_eq!(tried.state().device, DeviceState::Idle);
    tried.expect(FlowEvent::Confirm(true), &[]);
    tried.expect(FlowEvent::LoginEnded(number, Ok(id())), &[]);
    assert_eq!(tried.state().step, FlowStep::SignIn);
}

#[test]
fn another_way_or_a_way_back_ends_the_login_and_what_cannot_be_taken_back_is_not() {
    let (mut tried, _) = Tried::waiting();
    tried.expect(
        FlowEvent::Method(LoginMethod::Token),
        &["stop_login", "try_keychain"],
    );
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
    let (mut tried, _) = Tried::waiting();
    tried.expect(FlowEvent::Back, &["call_off"]);
    assert!(matches!(tried.state().app, AppState::Ready { .. }));
    let (mut tried, number) = Tried::waiting();
    tried.expect(FlowEvent::OpenAgain, &["open_again"]);
    tried.expect(FlowEvent::LoginFinishes(number), &[]);
    for event in [
        FlowEvent::Method(LoginMethod::Device),
        FlowEvent::UseCode,
        FlowEvent::OpenAgain,
        FlowEvent::Name("x".into()),
        FlowEvent::Link { as_it_is: true },
        typed("abc", None),
    ] {
        tried.expect(event, &[]);
        assert_eq!(tried.state().app, AppState::Finishing);
    }
    assert_eq!(tried.state().name, "git");
}

#[test]
fn typing_a_token_chooses_it_and_choosing_another_way_drops_it() {
    let mut tried = Tried::at_sign_in(known(None));
    let token = || {
        FlowEvent::Token(TypedToken::Token(Arc::new(
            Token::read("glpat-0123456789").unwrap(),
        )))
    };
    tried.expect(token(), &["pause_token"]);
    assert_eq!(
        (tried.state().method, &tried.state().token),
        (LoginMethod::Token, &TokenState::Typed)
    );
    tried.expect(FlowEvent::Method(LoginMethod::App), &["try_keychain"]);
    assert_eq!(tried.state().token, TokenState::Empty);
    // While the browser is waited for a token comes too late.
    tried.expect(FlowEvent::Link { as_it_is: false }, &["browser_login"]);
    tried.expect(token(), &[]);
    assert_eq!(tried.state().method, LoginMethod::App);
}

fn event(what: u8, choice: u8, asked: u64) -> FlowEvent {
    let number = asked.saturating_sub(u64::from(choice % 3));
    let even = choice.is_multiple_of(2);
    let problems = [
        Problem::LoginTimedOut,
        Problem::DeviceUnsupported,
        Problem::NameTaken { name: "x".into() },
        Problem::Cancelled,
    ];
    let problem = problems[usize::from(choice) % problems.len()].clone();
    match what % 29 {
        0 => FlowEvent::Way(if even { Way::Company } else { Way::GitLabCom }),
        1 => FlowEvent::Address(ADDRESS.into()),
        2 => FlowEvent::AddressPaused(number),
        3 => FlowEvent::Looked(number, Ok(found(ADDRESS))),
        4 => FlowEvent::Suggested(number, format!("name {choice}")),
        5 => FlowEvent::NameChecked(number, None),
        6 => FlowEvent::ApplicationKnown(number, even.then(|| known(None))),
        7 => FlowEvent::Next,
        8 => FlowEvent::Back,
        9 => FlowEvent::Method(
            [LoginMethod::App, LoginMethod::Device, LoginMethod::Token][usize::from(choice) % 3],
        ),
        10 => typed("abc", even.then_some(SECRET)),
        11 => FlowEvent::Application(TypedApplication::Nothing),
        12 => FlowEvent::Application(TypedApplication::Bad(problem)),
        13 | 14 => FlowEvent::Link { as_it_is: even },
        15 => FlowEvent::LoginWaits(number, "https://x/".into(), at(600)),
        16 => FlowEvent::Browser(number, BrowserState::Opened),
        17 => FlowEvent::OpenAgain,
        18 => FlowEvent::UseCode,
        19 => FlowEvent::DeviceWaits(number, device()),
        20 => FlowEvent::SignedIn(number, ada()),
        21 => FlowEvent::Confirm(even),
        22 => FlowEvent::LoginFinishes(number),
        23 => FlowEvent::LoginEnded(number, if even { Ok(id()) } else { Err(problem) }),
        25 => FlowEvent::Known(ADDRESS.into(), if even { Goal::SignIn } else { Goal::Register }),
        26 => FlowEvent::StopLogin,
        27 => FlowEvent::Wanted(wanted()),
        28 => FlowEvent::KeychainTried(number, (!even).then(|| VaultError::Locked.into())),
        _ => FlowEvent::Token(TypedToken::Token(Arc::new(Token::read("glpat-x").unwrap()))),
    }
}

/// Whether a login is under way, as a window sees it.
fn busy(state: &FlowState) -> bool {
    matches!(
        state.app,
        AppState::Starting | AppState::Waiting { .. } | AppState::Finishing
    ) || state.device != DeviceState::Idle
}

fn run(moves: &[(u8, u8)]) -> (LinkFlow, u64) {
    let mut flow = LinkFlow::new(wanted());
    let (mut asked, mut under_way) = (0, None);
    for (what, choice) in moves {
        for effect in flow.apply(event(*what, *choice, asked)) {
            let (name, number) = told(&effect);
            asked = asked.max(number);
            match name {
                "browser_login" | "device_login" => {
                    assert_eq!(under_way, None, "two logins at once");
                    under_way = Some(number);
                }
                "confirm_login" => assert_eq!(under_way, Some(number)),
                "stop_login" | "call_off" => under_way = None,
                _ => {}
            }
        }
        let state = flow.state();
        if !busy(state) {
            // It ended by itself, or was stopped.
            under_way = None;
        }
        assert!(
            !busy(state) || under_way.is_some(),
            "{state:?}: a login nobody began"
        );
        assert!(
            !(busy(state) && state.can_link),
            "{state:?}: a second login could begin"
        );
        assert!(!busy(state) || state.step == FlowStep::SignIn);
        assert_eq!(state.account.is_some(), state.step == FlowStep::Done);
        assert!(!(state.linking && state.can_link));
        assert!(!format!("{state:?}").contains(SECRET), "the secret can be read");
        if let DeviceState::Confirm { .. } = state.device {
            assert!(!state.linking, "kept before it was confirmed");
        }
    }
    (flow, asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_breaks_the_rules(moves in prop::collection::vec(any::<(u8, u8)>(), 0..80)) {
        run(&moves);
    }

    /// A walk that is likely to get far: the right answers, with anything thrown in between.
    #[test]
    fn the_straight_way_survives_disturbance(noise in prop::collection::vec((any::<u8>(), any::<u8>(), 0_usize..14), 0..6)) {
        let mut moves = STRAIGHT.to_vec();
        for (what, choice, at) in noise {
            moves.insert(at.min(moves.len()), (what, choice));
        }
        run(&moves);
    }

    #[test]
    fn cancel_leads_to_empty_from_anywhere(moves in prop::collection::vec(any::<(u8, u8)>(), 0..60)) {
        let (mut flow, _) = run(&moves);
        let effects: Vec<_> = flow.apply(FlowEvent::Cancel).iter().map(|effect| told(effect).0).collect();
        prop_assert_eq!(effects, ["call_off"]);
        let fresh = LinkFlow::new(wanted());
        prop_assert_eq!(flow.state(), fresh.state());
    }
}

/// Address, name, application, Next, code, Link, the code typed, confirmed, linked.
const STRAIGHT: [(u8, u8); 13] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (6, 0),
    (4, 0),
    (5, 0),
    (7, 0),
    (9, 1),
    (13, 0),
    (19, 0),
    (20, 0),
    (21, 0),
    (23, 0),
];

#[test]
fn the_moves_of_the_property_tests_do_reach_the_end() {
    assert_eq!(run(&STRAIGHT).0.state().step, FlowStep::Done);
}
