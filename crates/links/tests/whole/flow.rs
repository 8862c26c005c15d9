//! The link flow's machine: tables of what leads where, and any sequence of events at all.

use std::sync::Arc;

use links::{
    AccountId, AddressState, BaseUrl, FlowEffect, FlowEvent, FlowState, FlowStep, Found, Identity, LinkFlow,
    Look, Problem, Scopes, Token, TokenKind, TokenProblem, TokenState, TypedToken, Unanswered, VaultError,
    Way, WrongKind,
};
use proptest::prelude::*;

use crate::room::wanted;

const ADDRESS: &str = "https://git.example.test/gitlab";
const TOKEN: &str = "glpat-0123456789abcdefghij";

fn found(address: &str) -> Found {
    let base: BaseUrl = address.parse().unwrap();
    Found {
        base,
        upgraded_from: None,
        probe: gitlab::MetadataProbe::Metadata,
    }
}

fn identity(scopes: &[&str]) -> Arc<Identity> {
    Arc::new(Identity {
        user: gitlab::User {
            id: 1,
            username: Some("ada".into()),
            name: Some("Ada Lovelace".into()),
            bot: Some(false),
            web_url: None,
            avatar_url: None,
            is_admin: None,
            state: None,
        },
        token: gitlab::TokenFacts {
            id: Some(7),
            name: Some("x".into()),
            kind: TokenKind::Personal,
            scopes: Scopes::Known(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            expires_on: Some("2027-03-01".into()),
            created_at: None,
            last_used_at: None,
        },
        version: None,
        enterprise: None,
        clock_ahead_seconds: None,
    })
}

fn whole() -> Arc<Identity> {
    identity(&["api", "read_repository", "write_repository"])
}

fn token(text: &str) -> FlowEvent {
    FlowEvent::Token(TypedToken::Token(Arc::new(Token::read(text).unwrap())))
}

fn id() -> AccountId {
    "0198c0de-0000-7000-8000-000000000001".parse().unwrap()
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
    fn new() -> Self {
        Self(LinkFlow::new(wanted()))
    }

    /// At signing in, on the GitLab of [`ADDRESS`].
    fn at_sign_in() -> Self {
        let mut tried = Self::new();
        let look = tried.type_address(ADDRESS);
        tried.find(look, ADDRESS);
        assert!(tried.state().can_next);
        tried.expect(FlowEvent::Next, &["try_keychain"]);
        assert_eq!(tried.state().step, FlowStep::SignIn);
        tried
    }

    fn state(&self) -> &FlowState {
        self.0.state()
    }

    /// Applies the event, expects these effects and gives the last one's number.
    fn expect(&mut self, event: FlowEvent, names: &[&str]) -> u64 {
        let effects = self.0.apply(event);
        let got: Vec<_> = effects.iter().map(|effect| told(effect).0).collect();
        assert_eq!(got, names);
        effects.last().map_or(0, |effect| told(effect).1)
    }

    /// Types an address and lets the pause pass; gives the question's number.
    fn type_address(&mut self, text: &str) -> u64 {
        let pause = self.expect(FlowEvent::Address(text.into()), &["pause_address"]);
        self.expect(FlowEvent::AddressPaused(pause), &["look"])
    }

    /// The GitLab is found, a name suggested and free.
    fn find(&mut self, look: u64, address: &str) {
        let suggest = self.expect(FlowEvent::Looked(look, Ok(found(address))), &["suggest"]);
        let check = self.expect(
            FlowEvent::Suggested(suggest, "git.example.test".into()),
            &["check_name"],
        );
        self.expect(FlowEvent::NameChecked(check, None), &[]);
    }

    /// Types a token and lets the pause pass; gives the question's number.
    fn give_token(&mut self, text: &str) -> u64 {
        let pause = self.expect(token(text), &["pause_token"]);
        self.expect(FlowEvent::TokenPaused(pause), &["identify"])
    }
}

#[test]
fn the_straight_way() {
    let mut tried = Tried::at_sign_in();
    assert_eq!(tried.state().name, "git.example.test");
    assert!(!tried.state().can_link);
    let asked = tried.give_token(TOKEN);
    assert!(tried.state().can_link);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &[]);
    let TokenState::Checked {
        username,
        missing,
        abilities,
        ..
    } = &tried.state().token
    else {
        panic!("not checked")
    };
    assert_eq!(
        (username.as_deref(), missing.len(), abilities.len()),
        (Some("ada"), 0, 3)
    );
    // What was checked a moment before is not asked again.
    let keep = tried.expect(FlowEvent::Link { as_it_is: false }, &["keep"]);
    assert!(tried.state().linking && !tried.state().can_link);
    tried.expect(FlowEvent::Kept(keep, Ok(id())), &[]);
    let state = tried.state();
    assert_eq!(
        (state.step, state.account, &state.token),
        (FlowStep::Done, Some(id()), &TokenState::Empty)
    );
}

#[test]
fn pressing_link_before_the_token_is_known_links_when_it_is() {
    for pause_passed in [false, true] {
        let mut tried = Tried::at_sign_in();
        let pause = tried.expect(token(TOKEN), &["pause_token"]);
        let mut asked = 0;
        if pause_passed {
            asked = tried.expect(FlowEvent::TokenPaused(pause), &["identify"]);
            tried.expect(FlowEvent::Link { as_it_is: false }, &[]);
        } else {
            asked = tried
                .expect(FlowEvent::Link { as_it_is: false }, &["identify"])
                .max(asked);
            tried.expect(FlowEvent::TokenPaused(pause), &[]);
        }
        assert!(tried.state().linking);
        tried.expect(FlowEvent::Identified(asked, Ok(whole())), &["keep"]);
    }
}

#[test]
fn a_narrow_token_links_only_as_it_is() {
    let mut tried = Tried::at_sign_in();
    let asked = tried.give_token(TOKEN);
    tried.expect(
        FlowEvent::Identified(asked, Ok(identity(&["read_repository"]))),
        &[],
    );
    tried.expect(FlowEvent::Link { as_it_is: false }, &[]);
    let problem = tried.state().problem.clone().unwrap();
    assert_eq!(
        (problem.code(), problem.values()["missing"].as_str()),
        ("token_too_narrow", "api write_repository")
    );
    assert!(!tried.state().linking && tried.state().can_link);
    tried.expect(FlowEvent::Link { as_it_is: true }, &["keep"]);
}

#[test]
fn a_useless_token_links_never() {
    let mut tried = Tried::at_sign_in();
    let asked = tried.give_token(TOKEN);
    tried.expect(FlowEvent::Identified(asked, Ok(identity(&["k8s_proxy"]))), &[]);
    assert!(matches!(&tried.state().token, TokenState::Bad { problem } if problem.code() == "token_useless"));
    assert!(!tried.state().can_link);
    tried.expect(FlowEvent::Link { as_it_is: true }, &[]);
}

#[test]
fn a_secret_of_another_kind_is_sent_only_when_link_is_pressed() {
    let mut tried = Tried::at_sign_in();
    tried.expect(token("gldt-0123456789"), &[]);
    assert_eq!(
        tried.state().token,
        TokenState::LooksWrong {
            kind: WrongKind::DeployToken
        }
    );
    let asked = tried.expect(FlowEvent::Link { as_it_is: false }, &["identify"]);
    let wrong = Problem::WrongKind {
        kind: WrongKind::DeployToken,
    };
    tried.expect(FlowEvent::Identified(asked, Err(wrong.clone())), &[]);
    assert_eq!(tried.state().problem, Some(wrong));
    assert!(!tried.state().linking);
}

#[test]
fn texts_that_cannot_be_tokens_are_told_and_sent_nowhere() {
    let mut tried = Tried::at_sign_in();
    tried.expect(
        FlowEvent::Token(TypedToken::NoToken(TokenProblem::InnerSpace)),
        &[],
    );
    assert!(
        matches!(&tried.state().token, TokenState::Bad { problem } if problem.code() == "token_invalid_text")
    );
    assert!(!tried.state().can_link);
    tried.expect(FlowEvent::Token(TypedToken::Nothing), &[]);
    assert_eq!(tried.state().token, TokenState::Empty);
}

#[test]
fn silence_about_a_token_can_be_tried_again() {
    let mut tried = Tried::at_sign_in();
    let asked = tried.give_token(TOKEN);
    let silent = Problem::from(Unanswered::Silent { after_seconds: 20 });
    tried.expect(FlowEvent::Identified(asked, Err(silent)), &[]);
    assert!(tried.state().can_link);
    let asked = tried.expect(FlowEvent::Link { as_it_is: false }, &["identify"]);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &["keep"]);
}

#[test]
fn late_answers_change_nothing() {
    let mut tried = Tried::new();
    let old = tried.type_address("https://old.example.test");
    let new = tried.type_address(ADDRESS);
    tried.expect(FlowEvent::Looked(old, Ok(found("https://old.example.test"))), &[]);
    assert_eq!(
        tried.state().address,
        AddressState::Looking {
            host: "git.example.test".into()
        }
    );
    tried.find(new, ADDRESS);
    tried.expect(FlowEvent::Looked(new, Err(Problem::Cancelled)), &[]);
    assert!(matches!(tried.state().address, AddressState::Found { .. }));

    let mut tried = Tried::at_sign_in();
    let old = tried.give_token(TOKEN);
    let new = tried.give_token("glpat-another");
    tried.expect(FlowEvent::Identified(old, Ok(whole())), &[]);
    assert_eq!(tried.state().token, TokenState::Checking);
    tried.expect(FlowEvent::Identified(new, Ok(whole())), &[]);
    let keep = tried.expect(FlowEvent::Link { as_it_is: false }, &["keep"]);
    tried.expect(FlowEvent::Back, &["call_off"]);
    tried.expect(FlowEvent::Kept(keep, Ok(id())), &[]);
    assert_eq!(
        (tried.state().step, tried.state().account),
        (FlowStep::Address, None)
    );
}

#[test]
fn a_token_typed_after_link_was_pressed_takes_the_wish_back() {
    let mut tried = Tried::at_sign_in();
    let asked = tried.give_token(TOKEN);
    tried.expect(FlowEvent::Link { as_it_is: false }, &[]);
    tried.expect(token("glpat-another"), &["pause_token"]);
    assert!(!tried.state().linking);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &[]);
    // But not what is being kept already.
    let asked = tried.give_token(TOKEN);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &[]);
    tried.expect(FlowEvent::Link { as_it_is: false }, &["keep"]);
    tried.expect(token("glpat-third"), &[]);
    assert!(tried.state().linking);
}

#[test]
fn back_keeps_what_was_typed_and_forgets_the_token() {
    let mut tried = Tried::at_sign_in();
    tried.expect(FlowEvent::Name("My GitLab".into()), &["check_name"]);
    let asked = tried.give_token(TOKEN);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &[]);
    tried.expect(FlowEvent::Back, &["call_off"]);
    let state = tried.state();
    assert_eq!(
        (state.address_text.as_str(), state.name.as_str()),
        (ADDRESS, "My GitLab")
    );
    assert_eq!(
        (&state.token, state.step),
        (&TokenState::Empty, FlowStep::Address)
    );
    assert!(
        matches!(state.address, AddressState::Found { .. }),
        "and what was found out"
    );
}

#[test]
fn consent_and_trust_count_for_their_host_alone() {
    let mut tried = Tried::new();
    let asked = tried.type_address("http://git.example.test");
    let needs = Problem::HttpNeedsConsent {
        host: "git.example.test".into(),
    };
    tried.expect(FlowEvent::Looked(asked, Err(needs)), &[]);
    assert_eq!(
        tried.state().address,
        AddressState::NeedsConsent {
            host: "git.example.test".into()
        }
    );
    let how = |effects: Vec<FlowEffect>| {
        effects.into_iter().find_map(|effect| {
            if let FlowEffect::Look { how, .. } = effect {
                Some(how)
            } else {
                None
            }
        })
    };
    assert!(how(tried.0.apply(FlowEvent::ConsentHttp)).unwrap().allow_http);
    for (address, agreed) in [
        ("http://git.example.test/gitlab", true),
        ("http://git.example.test:81", false),
        ("http://evil.test", false),
    ] {
        let pause = tried.expect(FlowEvent::Address(address.into()), &["pause_address"]);
        let looked = how(tried.0.apply(FlowEvent::AddressPaused(pause))).unwrap();
        assert_eq!(
            looked,
            Look {
                allow_http: agreed,
                authorities: vec![]
            },
            "{address}"
        );
    }
}

#[test]
fn a_certificate_may_be_trusted_only_where_that_helps() {
    let problem = |kind, chain: Vec<String>| {
        Problem::from(Unanswered::from(links::TlsProblem {
            kind,
            host: "git.example.test".into(),
            subject: None,
            issuer: None,
            not_after: None,
            fingerprint: None,
            vouched: !chain.is_empty(),
            chain_pem: chain,
        }))
    };
    for (kind, chain) in [
        (links::TlsKind::Expired, vec![]),
        (links::TlsKind::UnknownAuthority, vec![]),
        (links::TlsKind::OtherHost, vec![]),
    ] {
        let mut tried = Tried::new();
        let asked = tried.type_address(ADDRESS);
        tried.expect(FlowEvent::Looked(asked, Err(problem(kind, chain))), &[]);
        assert!(matches!(
            tried.state().address,
            AddressState::Certificate { can_trust: false, .. }
        ));
        tried.expect(FlowEvent::TrustAuthority, &[]);
    }
}

#[test]
fn gitlab_com_is_found_without_asking() {
    let mut tried = Tried::new();
    tried.expect(FlowEvent::Address("git.example.test".into()), &["pause_address"]);
    let suggest = tried.expect(FlowEvent::Way(Way::GitLabCom), &["suggest"]);
    assert_eq!(
        tried.state().base.as_ref().map(BaseUrl::as_str),
        Some("https://gitlab.com")
    );
    tried.expect(
        FlowEvent::Suggested(suggest, "GitLab.com".into()),
        &["check_name"],
    );
    tried.expect(FlowEvent::Way(Way::Company), &["look"]);
    assert_eq!(
        (tried.state().address_text.as_str(), tried.state().name.as_str()),
        ("git.example.test", "")
    );
}

#[test]
fn names_are_judged_as_they_are_typed() {
    let mut tried = Tried::new();
    for (text, code) in [
        ("", "name_empty"),
        ("a\u{0}", "name_invalid"),
        (&"x".repeat(61), "name_too_long"),
    ] {
        tried.expect(FlowEvent::Name(text.into()), &[]);
        assert_eq!(tried.state().name_problem.as_ref().map(Problem::code), Some(code));
    }
    let old = tried.expect(FlowEvent::Name("Wor".into()), &["check_name"]);
    let new = tried.expect(FlowEvent::Name("Work".into()), &["check_name"]);
    let taken = Problem::NameTaken { name: "Work".into() };
    tried.expect(FlowEvent::NameChecked(new, Some(taken.clone())), &[]);
    tried.expect(FlowEvent::NameChecked(old, None), &[]);
    assert_eq!(tried.state().name_problem, Some(taken));
    // A typed name stays when the address changes; only a suggested one follows it.
    let look = tried.type_address(ADDRESS);
    let suggest = tried.expect(FlowEvent::Looked(look, Ok(found(ADDRESS))), &["suggest"]);
    tried.expect(FlowEvent::Suggested(suggest, "git.example.test".into()), &[]);
    assert_eq!(
        (tried.state().name.as_str(), tried.state().can_next),
        ("Work", false)
    );
}

#[test]
fn a_taken_name_found_while_storing_is_told_at_the_name() {
    let mut tried = Tried::at_sign_in();
    let asked = tried.give_token(TOKEN);
    tried.expect(FlowEvent::Identified(asked, Ok(whole())), &[]);
    let keep = tried.expect(FlowEvent::Link { as_it_is: false }, &["keep"]);
    let taken = Problem::NameTaken {
        name: "git.example.test".into(),
    };
    tried.expect(FlowEvent::Kept(keep, Err(taken.clone())), &[]);
    assert_eq!(
        (&tried.state().problem, &tried.state().name_problem),
        (&Some(taken.clone()), &Some(taken))
    );
    assert!(!tried.state().can_link && !tried.state().linking);
    let check = tried.expect(FlowEvent::Name("Other".into()), &["check_name"]);
    tried.expect(FlowEvent::NameChecked(check, None), &[]);
    assert!(tried.state().can_link);
}

#[test]
fn a_keychain_in_the_way_shows_at_signing_in_and_goes_when_it_is_opened() {
    let mut tried = Tried::new();
    let look = tried.type_address(ADDRESS);
    tried.find(look, ADDRESS);
    let asked = tried.expect(FlowEvent::Next, &["try_keychain"]);
    tried.expect(
        FlowEvent::KeychainTried(asked, Some(VaultError::Locked.into())),
        &[],
    );
    assert_eq!(
        tried.state().problem.as_ref().map(Problem::code),
        Some("keychain_locked")
    );
    let asked = tried.expect(FlowEvent::KeychainChanged, &["try_keychain"]);
    tried.expect(FlowEvent::KeychainTried(asked, None), &[]);
    assert_eq!(tried.state().problem, None);
}

// --- any sequence of events ---

/// One move of anybody: a number for what, a number to choose with.
fn event(what: u8, choice: u8, asked: u64) -> FlowEvent {
    // Numbers of questions: those of the last few, so that some fit.
    let number = asked.saturating_sub(u64::from(choice % 4));
    let even = choice.is_multiple_of(2);
    let addresses = [
        "",
        " ",
        ADDRESS,
        "git.example.test",
        "http://other.test",
        "::::",
        "https://a b",
        "gitlab.com",
    ];
    let problems = [
        Problem::HttpNeedsConsent {
            host: "other.test".into(),
        },
        Problem::from(Unanswered::Maintenance),
        Problem::from(VaultError::Locked),
        Problem::NameTaken { name: "x".into() },
    ];
    let problem = problems[usize::from(choice) % problems.len()].clone();
    match what % 19 {
        0 => FlowEvent::Way(if even { Way::Company } else { Way::GitLabCom }),
        1 => FlowEvent::Address(addresses[usize::from(choice) % addresses.len()].into()),
        2 => FlowEvent::AddressPaused(number),
        3 => FlowEvent::Looked(number, if even { Ok(found(ADDRESS)) } else { Err(problem) }),
        4 => FlowEvent::ConsentHttp,
        5 => FlowEvent::TrustAuthority,
        6 => FlowEvent::LookAgain,
        7 => FlowEvent::Suggested(number, format!("name {choice}")),
        8 => FlowEvent::Name(["", "Work", "\u{0}", "x"][usize::from(choice) % 4].into()),
        9 => FlowEvent::NameChecked(number, (!even).then_some(problem)),
        10 => FlowEvent::Next,
        11 => FlowEvent::Back,
        12 => [
            token(TOKEN),
            token("gldt-x"),
            FlowEvent::Token(TypedToken::Nothing),
        ][usize::from(choice) % 3]
            .clone(),
        13 => FlowEvent::TokenPaused(number),
        14 => FlowEvent::Identified(number, if even { Ok(whole()) } else { Err(problem) }),
        15 => FlowEvent::KeychainTried(number, (!even).then_some(problem)),
        16 => FlowEvent::KeychainChanged,
        17 => FlowEvent::Link { as_it_is: even },
        _ => FlowEvent::Kept(number, if even { Ok(id()) } else { Err(problem) }),
    }
}

fn run(moves: &[(u8, u8)]) -> (LinkFlow, u64) {
    let mut flow = LinkFlow::new(wanted());
    let mut asked = 0;
    for (what, choice) in moves {
        let before = flow.state().clone();
        let event = event(*what, *choice, asked);
        let is_back = matches!(event, FlowEvent::Back);
        for effect in flow.apply(event) {
            asked = asked.max(told(&effect).1);
            if let FlowEffect::Keep(wish) = &effect {
                assert!(flow.state().linking && flow.state().step == FlowStep::SignIn);
                assert_eq!(wish.name().shown(), flow.state().name.trim());
            }
        }
        let state = flow.state();
        assert!(!(state.linking && state.can_link), "linking twice");
        assert_eq!(state.account.is_some(), state.step == FlowStep::Done);
        if state.step != FlowStep::SignIn {
            assert_eq!(
                (&state.token, state.linking),
                (&TokenState::Empty, false),
                "a token outlived its step"
            );
        }
        if state.step != FlowStep::Address {
            assert!(
                state.base.is_some() && before.base.is_some(),
                "a step without a GitLab"
            );
        }
        if is_back && before.step == FlowStep::SignIn {
            assert_eq!(
                (&state.address_text, &state.name),
                (&before.address_text, &before.name)
            );
            assert_eq!(
                (state.step, &state.token),
                (FlowStep::Address, &TokenState::Empty)
            );
        }
        assert!(!format!("{state:?}").contains(TOKEN), "the token can be read");
    }
    (flow, asked)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_panics_or_breaks_the_rules(moves in prop::collection::vec(any::<(u8, u8)>(), 0..80)) {
        run(&moves);
    }

    #[test]
    fn cancel_leads_to_empty_from_anywhere(
        moves in prop::collection::vec(any::<(u8, u8)>(), 0..60),
        late in prop::collection::vec(any::<(u8, u8)>(), 0..10),
    ) {
        let (mut flow, asked) = run(&moves);
        let effects: Vec<_> = flow.apply(FlowEvent::Cancel).iter().map(|effect| told(effect).0).collect();
        prop_assert_eq!(effects, ["call_off"]);
        let fresh = LinkFlow::new(wanted());
        prop_assert_eq!(flow.state(), fresh.state());
        // Answers to what was asked before come too late.
        for (what, choice) in late {
            if matches!(what % 19, 2 | 3 | 7 | 9 | 13 | 14 | 15 | 18) {
                flow.apply(event(what, choice, asked));
                prop_assert_eq!(flow.state(), fresh.state());
            }
        }
    }

    /// A walk that is likely to get far: the right answers, with anything thrown in between.
    #[test]
    fn the_straight_way_survives_disturbance(noise in prop::collection::vec((any::<u8>(), any::<u8>(), 0_usize..8), 0..6)) {
        let straight = [(1, 2), (2, 0), (3, 0), (7, 0), (9, 0), (10, 0), (12, 0), (13, 0), (14, 0), (17, 0), (18, 0)];
        let mut moves: Vec<(u8, u8)> = straight.to_vec();
        for (what, choice, at) in noise {
            moves.insert(at.min(moves.len()), (what, choice));
        }
        run(&moves);
    }
}

#[test]
fn the_moves_of_the_property_tests_do_reach_the_end() {
    let straight = [
        (1, 2),
        (2, 0),
        (3, 0),
        (7, 0),
        (9, 0),
        (10, 0),
        (12, 0),
        (13, 0),
        (14, 0),
        (17, 0),
        (18, 0),
    ];
    assert_eq!(run(&straight).0.state().step, FlowStep::Done);
}
