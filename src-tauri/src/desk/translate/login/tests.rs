//! What the window is told of app login and codes.

use links::{AppState, BrowserState, DeviceState, FlowState, LinkFlow, Person, Registering};

use crate::{
    desk::{State, snapshot},
    view::{AppLoginView, BrowserView, DeviceView, FlowView, LoginMethodView, PersonView},
};

fn state() -> FlowState {
    LinkFlow::new(links::WANTED.map(str::to_owned).to_vec())
        .state()
        .clone()
}

fn shown(flow: FlowState) -> FlowView {
    snapshot(&State {
        flow: Some(flow),
        ..State::default()
    })
    .flow
    .unwrap()
}

fn registering() -> Registering {
    Registering::new(
        &"https://git.example.test/gitlab".parse().unwrap(),
        &["api".to_owned()],
    )
}

#[test]
fn without_an_application_it_tells_how_one_is_registered() {
    let app = AppState::NotSetUp {
        registering: registering(),
        problem: None,
    };
    let shown = shown(FlowState { app, ..state() });
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown.app).unwrap(), @r#"
    {
      "state": "not_set_up",
      "registering": {
        "address": "https://git.example.test/gitlab",
        "host": "git.example.test/gitlab",
        "name": "LabLink",
        "redirect": "http://127.0.0.1/callback",
        "scopes": [
          "api"
        ],
        "user_page": "https://git.example.test/gitlab/-/user_settings/applications",
        "admin_page": "https://git.example.test/gitlab/admin/applications"
      },
      "problem": null
    }
    "#);
}

#[test]
fn an_application_is_told_with_whether_it_has_a_secret_and_never_with_the_secret() {
    let app = AppState::Ready {
        application_id: "f00d".to_owned(),
        confidential: true,
        typed: true,
        registering: registering(),
        problem: None,
    };
    let AppLoginView::Ready {
        application_id,
        confidential,
        typed,
        ..
    } = shown(FlowState { app, ..state() }).app
    else {
        panic!("not ready");
    };
    assert_eq!(
        (application_id.as_str(), confidential, typed),
        ("f00d", true, true)
    );
}

#[test]
fn the_address_of_a_login_never_crosses_to_the_window() {
    let app = AppState::Waiting {
        url: "https://git.example.test/oauth/authorize?state=hush-hush".to_owned(),
        browser: BrowserState::Failed {
            detail: "no program opens addresses".to_owned(),
        },
        deadline: "2026-11-20T09:10:00Z".parse().unwrap(),
    };
    let shown = shown(FlowState { app, ..state() });
    assert_eq!(
        shown.app,
        AppLoginView::Waiting {
            browser: BrowserView::Failed,
            deadline: "2026-11-20T09:10:00Z".to_owned(),
        }
    );
    let told = serde_json::to_string(&shown).unwrap();
    assert!(
        !told.contains("hush-hush") && !told.contains("authorize"),
        "{told}"
    );
}

#[test]
fn a_code_is_told_with_where_to_type_it_and_as_a_picture_of_both() {
    let waiting = |address: &str| DeviceState::Waiting {
        user_code: "0A44L90H".to_owned(),
        verification_uri: address.to_owned(),
        verification_uri_complete: format!("{address}?user_code=0A44L90H"),
        deadline: "2026-11-20T09:05:00Z".parse().unwrap(),
    };
    let told = |address: &str| {
        let device = waiting(address);
        match shown(FlowState { device, ..state() }).device {
            DeviceView::Waiting {
                user_code,
                address,
                qr,
                deadline,
            } => {
                assert_eq!(user_code, "0A44L90H");
                assert_eq!(deadline, "2026-11-20T09:05:00Z");
                assert!(qr.len() >= 21, "{qr:?}");
                (address, qr)
            }
            other => panic!("{other:?}"),
        }
    };
    let (address, picture) = told("https://git.example.test/gitlab/oauth/device");
    assert_eq!(address, "git.example.test/gitlab/oauth/device");
    let (plain, other_picture) = told("http://git.example.test/gitlab/oauth/device");
    assert_eq!(
        plain, "http://git.example.test/gitlab/oauth/device",
        "a browser would try https where the scheme is missing"
    );
    assert_ne!(picture, other_picture);
}

#[test]
fn who_signed_in_is_told_without_a_picture_from_elsewhere() {
    let device = DeviceState::Confirm {
        person: Person {
            username: Some("ada".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
            bot: false,
            avatar_url: Some("https://elsewhere.example/ada.png".to_owned()),
            web_url: None,
            scopes: vec!["api".to_owned()],
        },
    };
    let expected = PersonView {
        username: Some("ada".to_owned()),
        name: Some("Ada Lovelace".to_owned()),
        bot: false,
        scopes: vec!["api".to_owned()],
        picture: None,
    };
    assert_eq!(
        shown(FlowState { device, ..state() }).device,
        DeviceView::Confirm { person: expected }
    );
}

#[test]
fn every_method_is_offered_and_says_why_it_does_not_work_yet() {
    let mut flow = state();
    for choice in &mut flow.methods {
        choice.why = (choice.method != "token").then_some(links::ProblemCode::AppNotSetUp);
    }
    let methods: Vec<_> = shown(flow)
        .methods
        .into_iter()
        .map(|choice| (choice.method, choice.ready, choice.why))
        .collect();
    let why = Some("app_not_set_up".to_owned());
    assert_eq!(
        methods,
        [
            (LoginMethodView::App, false, why.clone()),
            (LoginMethodView::Token, true, None),
            (LoginMethodView::Device, false, why)
        ]
    );
}
