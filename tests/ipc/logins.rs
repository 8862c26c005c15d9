//! App logins through the border, against the simulator, with a person in a browser.

use lablink_app::view::{
    AddressView, AppLoginView, DeviceView, FlowStep, KeychainView, LoginMethodView, PermissionsStage,
    Snapshot,
};
use serde_json::{Value, json};
use stage::{Simulator, answer_login, until};

use super::border::Border;

/// A border with a keychain of its own.
fn with_keychain() -> Border {
    let border = Border::open();
    border
        .call(
            "use_encrypted_file",
            json!({ "passphrase": "a long passphrase of a test" }),
        )
        .unwrap();
    border.once(|shown| matches!(shown.keychain, KeychainView::Ready { .. }));
    border
}

/// The same at the step of signing in to the simulator.
fn at_sign_in(simulator: &Simulator) -> Border {
    let border = with_keychain();
    border.call("start_link", json!({ "way": "company" })).unwrap();
    border
        .call("set_address", json!({ "text": simulator.address() }))
        .unwrap();
    border.once(|shown| {
        let flow = shown.flow.as_ref().unwrap();
        matches!(flow.address, AddressView::Found { .. }) && flow.can_next
    });
    border.call("next_step", json!({})).unwrap();
    border.call("choose_method", json!({ "method": "app" })).unwrap();
    border.once(|shown| shown.flow.as_ref().unwrap().method == LoginMethodView::App);
    border
}

/// Waits until the browser was sent somewhere, and what all snapshots said meanwhile.
fn in_the_browser(border: &Border) -> String {
    border.once(|shown| {
        let flow = shown.flow.as_ref().map(|flow| &flow.app);
        let dialog = shown.permissions.as_ref();
        matches!(flow, Some(AppLoginView::Waiting { .. }))
            || dialog.is_some_and(|dialog| dialog.deadline.is_some())
    });
    until("the browser", || Ok(border.desktop.opened.lock().unwrap().pop())).unwrap()
}

/// The scopes that the address of a login asks for.
fn scopes(address: &str) -> String {
    let mut parts = address.split(['?', '&']);
    let scopes = parts.find_map(|part| part.strip_prefix("scope=")).unwrap();
    scopes.replace("%20", " ").replace('+', " ")
}

#[test]
fn one_call_at_a_known_gitlab_leads_to_the_browser_and_stopping_it_to_the_ways_with_other_scopes() {
    let simulator = Simulator::start().unwrap();
    let applications = &simulator.ready().applications;
    let id = &applications
        .iter()
        .find(|one| !one.confidential)
        .unwrap()
        .application_id;
    let profile = format!(
        "lablink_profile = 1\naddress = \"{}\"\napplication_id = \"{id}\"\n\
         redirect = \"http://127.0.0.1/callback\"\nscopes = [\"api\"]\n",
        simulator.address()
    );
    let border = with_keychain();
    border.call("review_profile", json!({ "text": profile })).unwrap();
    border.once(|shown| shown.profile.is_some());
    border.call("take_profile", json!({ "replace": false })).unwrap();
    border
        .call(
            "link_at",
            json!({ "address": simulator.address(), "goal": "sign_in" }),
        )
        .unwrap();
    let opened = in_the_browser(&border);
    assert_eq!(scopes(&opened), "api");

    border.call("stop_login", json!({})).unwrap();
    border.once(|shown| {
        let flow = shown.flow.as_ref().unwrap();
        flow.step == FlowStep::SignIn && matches!(flow.app, AppLoginView::Ready { .. })
    });
    border
        .call("set_scopes", json!({ "scopes": ["api", "read_user"] }))
        .unwrap();
    border.once(|shown| shown.flow.as_ref().unwrap().asks_for == ["api", "read_user"]);
    border.call("link_account", json!({ "asItIs": false })).unwrap();
    let opened = in_the_browser(&border);
    assert_eq!(scopes(&opened), "api read_user");
    border.call("cancel_link", json!({})).unwrap();
    border.once(|shown| shown.flow.is_none());
}

#[test]
fn an_app_login_shows_neither_its_address_nor_the_applications_secret() {
    let simulator = Simulator::start().unwrap();
    let application = simulator
        .ready()
        .applications
        .iter()
        .find(|one| one.confidential)
        .unwrap();
    let secret = application.secret.clone().unwrap();
    let border = at_sign_in(&simulator);
    let typed = json!({ "applicationId": application.application_id, "secret": secret });
    border.call("set_application", typed).unwrap();
    let mut told = Vec::new();
    let ready = |shown: &Snapshot| {
        told.push(serde_json::to_string(shown).unwrap());
        matches!(
            shown.flow.as_ref().unwrap().app,
            AppLoginView::Ready {
                confidential: true,
                typed: true,
                ..
            }
        )
    };
    border.once(ready);
    border.call("link_account", json!({ "asItIs": false })).unwrap();
    let address = in_the_browser(&border);
    told.push(border.call("snapshot", json!({})).unwrap().to_string());
    border.call("copy_login_link", json!({})).unwrap();
    assert_eq!(
        border.desktop.copied.lock().unwrap().as_deref(),
        Some(address.as_str())
    );
    border.call("open_again", json!({})).unwrap();
    let again = until("the browser again", || {
        Ok(border.desktop.opened.lock().unwrap().pop())
    })
    .unwrap();
    assert_eq!(again, address);

    let page = answer_login(&simulator, &address, "ada", "authorize").unwrap();
    assert_eq!(page.status, 200, "{}", page.html);
    let done = border.once(|shown| {
        told.push(serde_json::to_string(shown).unwrap());
        shown.flow.as_ref().unwrap().step == FlowStep::Done && shown.accounts.len() == 1
    });
    let account = done.accounts.first().unwrap();
    assert_eq!(account.username.as_deref(), Some("ada"));
    assert!(account.renews_by_itself && account.renews_at.is_some());
    assert_eq!(
        account.application_id.as_deref(),
        Some(application.application_id.as_str())
    );
    let state = address.split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    for told in told {
        assert!(
            !told.contains(&secret),
            "the application's secret is in a snapshot"
        );
        assert!(!told.contains(state), "the login's address is in a snapshot");
    }
}

#[test]
fn permissions_change_when_gitlab_granted_them_and_not_before() {
    let simulator = Simulator::start().unwrap();
    let application = simulator
        .ready()
        .applications
        .iter()
        .find(|one| !one.confidential)
        .unwrap();
    let border = at_sign_in(&simulator);
    let typed = json!({ "applicationId": application.application_id, "secret": "" });
    border.call("set_application", typed).unwrap();
    border.once(|shown| matches!(shown.flow.as_ref().unwrap().app, AppLoginView::Ready { .. }));
    border.call("link_account", json!({ "asItIs": false })).unwrap();
    answer_login(&simulator, &in_the_browser(&border), "ada", "authorize").unwrap();
    let done = border.once(|shown| shown.accounts.len() == 1);
    let account = done.accounts.first().unwrap().clone();
    border.call("finish_link", json!({})).unwrap();

    let ask = |button: &str| {
        border
            .call("edit_permissions", json!({ "id": account.id }))
            .unwrap();
        border
            .call("ask_permissions", json!({ "scopes": ["read_user"] }))
            .unwrap();
        let address = in_the_browser(&border);
        answer_login(&simulator, &address, "ada", button).unwrap();
        border.once(|shown| {
            let stage = shown.permissions.as_ref().map(|dialog| dialog.stage);
            matches!(stage, Some(PermissionsStage::Done | PermissionsStage::Failed))
        })
    };
    let denied = ask("deny");
    let dialog = denied.permissions.unwrap();
    assert_eq!(dialog.stage, PermissionsStage::Failed);
    assert_eq!(dialog.problem.unwrap().code, "login_denied");
    assert_eq!(denied.accounts.first().unwrap().scopes, account.scopes);

    let granted = ask("authorize");
    assert_eq!(granted.permissions.unwrap().stage, PermissionsStage::Done);
    let changed = border.once(|shown| shown.accounts.first().unwrap().scopes != account.scopes);
    assert_eq!(
        changed.accounts.first().unwrap().scopes,
        Some(vec!["read_user".to_owned()])
    );
    border.call("cancel_permissions", json!({})).unwrap();
    assert_eq!(
        border.call("snapshot", json!({})).unwrap()["permissions"],
        Value::Null
    );
}

#[test]
fn a_code_instead_of_the_browser_ends_the_login_that_waited_there() {
    let simulator = Simulator::start().unwrap();
    let application = simulator
        .ready()
        .applications
        .iter()
        .find(|one| !one.confidential)
        .unwrap();
    let border = at_sign_in(&simulator);
    let typed = json!({ "applicationId": application.application_id, "secret": "" });
    border.call("set_application", typed).unwrap();
    border.once(|shown| matches!(shown.flow.as_ref().unwrap().app, AppLoginView::Ready { .. }));
    border.call("link_account", json!({ "asItIs": false })).unwrap();
    let address = in_the_browser(&border);
    // From the browser to a code at once: its listener is gone, and the code is shown.
    border
        .call("choose_method", json!({ "method": "device" }))
        .unwrap();
    border.once(|shown| matches!(shown.flow.as_ref().unwrap().device, DeviceView::Waiting { .. }));
    assert!(answer_login(&simulator, &address, "ada", "authorize").is_err());
    border.call("cancel_link", json!({})).unwrap();
    let after = border.call("snapshot", json!({})).unwrap();
    assert_eq!((&after["flow"], &after["accounts"]), (&Value::Null, &json!([])));
}
