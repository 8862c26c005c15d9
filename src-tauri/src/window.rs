//! The one window: made when it is needed, destroyed when it is closed.
//!
//! The web view is most of the memory, so closing destroys it; everything it showed lives in the [`crate::desk`].
//! It shows our own page and nothing else, and it opens no other window.

use tauri::{
    AppHandle, Manager as _, Runtime, Url, UserAttentionType, WebviewWindow, WebviewWindowBuilder,
    webview::NewWindowResponse,
};

use crate::view::{
    AppLoginView, FlowStep, FlowView, LoginMethodView, PermissionsStage, ProblemView, Snapshot,
};

/// Label of the window, in `tauri.conf.json` and the capability.
pub const LABEL: &str = "main";

/// Shows the window, in front and not minimised; makes it where there is none. Call on the main thread or any other
/// but an asynchronous one's.
///
/// # Errors
/// Where the desktop refuses a window.
pub fn show<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    let window = match app.get_webview_window(LABEL) {
        Some(window) => window,
        None => open(app)?,
    };
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

/// Brings the window in front of the browser a login came back from. Some desktops let no window take the keyboard by
/// itself: there it asks for attention. Where there is no window nobody waits for one.
pub fn to_front<R: Runtime>(app: &AppHandle<R>) {
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        let Some(window) = handle.get_webview_window(LABEL) else {
            return;
        };
        let raised = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus())
            .and_then(|()| window.request_user_attention(Some(UserAttentionType::Informational)));
        if let Err(error) = raised {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    });
    if let Err(error) = asked {
        tracing::error!(%error, "the window could not be asked for");
    }
}

/// Whether the browser came back between two snapshots: a login that waited there was answered, by a yes or a no, and
/// not called off here or given up.
#[must_use]
pub fn browser_came_back(before: &Snapshot, now: &Snapshot) -> bool {
    let linking = before.flow.as_ref().is_some_and(waits) && now.flow.as_ref().is_some_and(was_answered);
    let permitting = before.permissions.as_ref().is_some_and(|dialog| {
        dialog.stage == PermissionsStage::Waiting
            && now.permissions.as_ref().is_some_and(|now| {
                now.id == dialog.id
                    && match now.stage {
                        PermissionsStage::Choose | PermissionsStage::Waiting => false,
                        PermissionsStage::Finishing | PermissionsStage::Done => true,
                        PermissionsStage::Failed => by_the_browser(now.problem.as_ref()),
                    }
            })
    });
    linking || permitting
}

fn waits(flow: &FlowView) -> bool {
    matches!(flow.app, AppLoginView::Waiting { .. })
}

fn was_answered(flow: &FlowView) -> bool {
    match (&flow.app, flow.step) {
        (AppLoginView::Waiting { .. } | AppLoginView::Starting, _) => false,
        (AppLoginView::Finishing, _) | (_, FlowStep::Done) => true,
        _ => flow.method == LoginMethodView::App && by_the_browser(flow.problem.as_ref()),
    }
}

/// Whether what went wrong was said by the browser rather than by the clock.
fn by_the_browser(problem: Option<&ProblemView>) -> bool {
    problem.is_some_and(|problem| problem.code != "login_timed_out")
}

/// Shows the window from any thread; what goes wrong is logged.
pub fn show_soon<R: Runtime>(app: &AppHandle<R>) {
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        if let Err(error) = show(&handle) {
            tracing::error!(%error, "the window could not be shown");
        }
    });
    if let Err(error) = asked {
        tracing::error!(%error, "the window could not be asked for");
    }
}

fn open<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<WebviewWindow<R>> {
    let config = app.config();
    let ours = config
        .app
        .windows
        .iter()
        .find(|window| window.label == LABEL)
        .ok_or(tauri::Error::WindowNotFound)?;
    let development = if tauri::is_dev() {
        config.build.dev_url.clone()
    } else {
        None
    };
    WebviewWindowBuilder::from_config(app, ours)?
        .on_navigation(move |address| is_ours(address, development.as_ref()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()
}

/// Whether `address` is the app's own page: `tauri://localhost` (Linux, macOS), `http(s)://tauri.localhost` (Windows),
/// or the development server where this is a development build.
fn is_ours(address: &Url, development: Option<&Url>) -> bool {
    let place = (address.scheme(), address.host_str(), address.port());
    matches!(
        place,
        ("tauri", Some("localhost"), None) | ("http" | "https", Some("tauri.localhost"), None)
    ) || development.is_some_and(|server| server.origin() == address.origin())
}

#[cfg(test)]
mod tests {
    use links::{AppState, BrowserState, FlowState, Health, LinkFlow, Problem};

    use super::*;
    use crate::desk::{Permitting, State, account_for_tests as account, snapshot};

    fn linking(app: AppState, problem: Option<Problem>) -> Snapshot {
        let flow = FlowState {
            app,
            problem,
            method: links::LoginMethod::App,
            step: links::FlowStep::SignIn,
            ..LinkFlow::new(Vec::new()).state().clone()
        };
        snapshot(&State {
            flow: Some(flow),
            ..State::default()
        })
    }

    fn in_the_browser() -> AppState {
        AppState::Waiting {
            url: "https://git.example.test/oauth/authorize".to_owned(),
            browser: BrowserState::Opened,
            deadline: "2026-11-20T09:10:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_window_comes_to_the_front_when_the_browser_came_back_and_only_then() {
        let waiting = linking(in_the_browser(), None);
        let back = linking(AppState::Finishing, None);
        let denied = linking(AppState::Unknown, Some(Problem::LoginDenied));
        let late = linking(AppState::Unknown, Some(Problem::LoginTimedOut));
        let other_method = linking(AppState::Unknown, None);
        let mut done = back.clone();
        if let Some(flow) = &mut done.flow {
            flow.app = AppLoginView::Unknown;
            flow.step = FlowStep::Done;
        }
        let called_off = snapshot(&State::default());
        assert!(browser_came_back(&waiting, &back));
        assert!(browser_came_back(&waiting, &done), "snapshots may be skipped");
        assert!(browser_came_back(&waiting, &denied));
        assert!(!browser_came_back(&back, &done), "it is in front already");
        for not in [&waiting, &late, &other_method, &called_off] {
            assert!(!browser_came_back(&waiting, not));
        }
        assert!(!browser_came_back(&other_method, &denied));
    }

    #[test]
    fn the_same_for_the_dialog_that_edits_permissions() {
        let shown = |dialog: &Permitting| {
            snapshot(&State {
                permitting: Some(dialog.clone()),
                ..State::default()
            })
        };
        let mut dialog = Permitting::ask(&account(1, "Work", Health::Linked));
        let asking = shown(&dialog);
        dialog.begin(vec!["api".to_owned()]);
        let waiting = shown(&dialog);
        assert!(!browser_came_back(&asking, &waiting));
        let mut late = dialog.clone();
        late.end(Some(&Err(Problem::LoginTimedOut)));
        assert!(!browser_came_back(&waiting, &shown(&late)));
        let mut denied = dialog.clone();
        denied.end(Some(&Err(Problem::LoginDenied)));
        assert!(browser_came_back(&waiting, &shown(&denied)));
        dialog.finishes();
        assert!(browser_came_back(&waiting, &shown(&dialog)));
    }

    #[test]
    fn the_window_goes_nowhere_but_home() {
        for address in [
            "tauri://localhost",
            "tauri://localhost/index.html#x",
            "https://tauri.localhost/",
        ] {
            assert!(is_ours(&address.parse().unwrap(), None), "{address}");
        }
        for address in [
            "https://evil.example/",
            "http://localhost:5173/",
            "tauri://localhost.evil.example/",
            "https://tauri.localhost.evil.example/",
            "https://tauri.localhost:8443/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "about:blank",
        ] {
            assert!(!is_ours(&address.parse().unwrap(), None), "{address}");
        }
    }

    #[test]
    fn a_development_build_also_shows_its_own_server() {
        let server: Url = "http://localhost:5173".parse().unwrap();
        assert!(is_ours(
            &"http://localhost:5173/src/main.ts".parse().unwrap(),
            Some(&server)
        ));
        assert!(!is_ours(
            &"http://localhost:5174/".parse().unwrap(),
            Some(&server)
        ));
    }
}
