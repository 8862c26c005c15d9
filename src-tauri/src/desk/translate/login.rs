//! App login and codes into the window's view of them. The address the browser opens stays here.

use links::{AppState, BrowserState, DeviceState, LoginMethod, Person, Registering};

use super::{host, problem, time};
use crate::{
    desk::qr,
    view::{
        AppLoginView, BrowserView, DeviceView, LoginMethodView, MethodChoice, PersonView, RegisteringView,
    },
};

/// A way to sign in, as offered.
pub(super) fn choice(method: &links::MethodChoice) -> Option<MethodChoice> {
    Some(MethodChoice {
        method: self::method(LoginMethod::from_word(method.method)?),
        ready: method.why.is_none(),
        why: method.why.map(|why| why.to_string()),
    })
}

/// A way to sign in.
pub(super) fn method(method: LoginMethod) -> LoginMethodView {
    match method {
        LoginMethod::App => LoginMethodView::App,
        LoginMethod::Token => LoginMethodView::Token,
        LoginMethod::Device => LoginMethodView::Device,
    }
}

/// What has to be entered at GitLab.
pub(super) fn registering(registering: &Registering) -> RegisteringView {
    RegisteringView {
        address: registering.address.as_str().to_owned(),
        host: host(&registering.address),
        name: registering.name.clone(),
        redirect: registering.redirect.clone(),
        scopes: registering.scopes.clone(),
        user_page: registering.user_page.clone(),
        admin_page: registering.admin_page.clone(),
    }
}

/// A way to sign in, as the domain says it.
pub(in crate::desk) fn chosen(method: LoginMethodView) -> LoginMethod {
    match method {
        LoginMethodView::App => LoginMethod::App,
        LoginMethodView::Token => LoginMethod::Token,
        LoginMethodView::Device => LoginMethod::Device,
    }
}

/// How app login goes.
pub(super) fn app(app: &AppState) -> AppLoginView {
    match app {
        AppState::Unknown => AppLoginView::Unknown,
        AppState::NotSetUp { registering, problem } => AppLoginView::NotSetUp {
            registering: self::registering(registering),
            problem: problem.as_ref().map(self::problem),
        },
        AppState::Ready {
            application_id,
            confidential,
            typed,
            registering,
            problem,
        } => AppLoginView::Ready {
            application_id: application_id.clone(),
            confidential: *confidential,
            typed: *typed,
            registering: self::registering(registering),
            problem: problem.as_ref().map(self::problem),
        },
        AppState::Starting => AppLoginView::Starting,
        AppState::Waiting {
            browser, deadline, ..
        } => AppLoginView::Waiting {
            browser: self::browser(browser),
            deadline: time(*deadline),
        },
        AppState::Finishing => AppLoginView::Finishing,
    }
}

/// How opening the browser went.
pub(in crate::desk) fn browser(browser: &BrowserState) -> BrowserView {
    match browser {
        BrowserState::Opening => BrowserView::Opening,
        BrowserState::Opened => BrowserView::Opened,
        BrowserState::Unsure => BrowserView::Unsure,
        BrowserState::Failed { .. } => BrowserView::Failed,
    }
}

/// How the login with a code goes.
pub(super) fn device(device: &DeviceState) -> DeviceView {
    match device {
        DeviceState::Idle => DeviceView::Idle,
        DeviceState::Starting => DeviceView::Starting,
        DeviceState::Waiting {
            user_code,
            verification_uri,
            verification_uri_complete,
            deadline,
        } => DeviceView::Waiting {
            user_code: user_code.clone(),
            address: spoken(verification_uri),
            qr: qr::rows(verification_uri_complete),
            deadline: time(*deadline),
        },
        DeviceState::Confirm { person } => DeviceView::Confirm {
            person: self::person(person),
        },
        DeviceState::Finishing => DeviceView::Finishing,
    }
}

/// An address as it is typed on another device: browsers add `https` by themselves, `http` they do not.
fn spoken(address: &str) -> String {
    address.strip_prefix("https://").unwrap_or(address).to_owned()
}

/// Who signed in. The domain offers no picture: its address may be on another host than the GitLab.
pub(super) fn person(person: &Person) -> PersonView {
    PersonView {
        username: person.username.clone(),
        name: person.name.clone(),
        bot: person.bot,
        scopes: person.scopes.clone(),
        picture: None,
    }
}

#[cfg(test)]
mod tests;
