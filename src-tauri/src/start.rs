//! Start-up, in order: home, logs, what is kept, the desk's task, tray, window. And the end.
//!
//! What is kept is opened inside the desk's task, while the web view starts: the window asks its first question when
//! it is drawn, and by then the answer is there.

use std::{ffi::OsStr, process::ExitCode, sync::Arc, time::Duration};

use links::{Home, Problem, Setup};
use tauri::{
    App, AppHandle, Builder, Context, Emitter as _, EventTarget, Manager as _, RunEvent, Runtime, Url,
    WindowEvent, utils::config::AppDirectoriesOverride,
};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tauri_plugin_window_state::StateFlags;

use crate::{
    commands,
    desk::{self, Desk, Kit, Request},
    login_entry::LoginEntry,
    logs,
    notices::{self, Service},
    one::{self, End, Ending},
    shell::Desktop,
    tray, window,
};

/// Argument of the start at login: with a tray no window opens.
pub(crate) const BACKGROUND: &str = "--background";
/// Name of the one event the window hears.
pub const SNAPSHOT: &str = "snapshot";

/// How long a start at login waits for the desktop's tray.
const TRAY_COMES: Duration = Duration::from_secs(15);
/// How long the end waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the app to its end.
pub fn run<R: Runtime>() -> ExitCode
where
    Builder<R>: Default,
{
    if !display() {
        return refuse("there is no display here; `lablink` does the same in a terminal");
    }
    let home = match Home::from_environment() {
        Ok(home) => home,
        Err(problem) => return refuse(&in_words(&problem)),
    };
    if let Err(error) = logs::start(home.log_dir()) {
        return refuse(&error.to_string());
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
    let background = std::env::args_os()
        .skip(1)
        .any(|argument| argument == OsStr::new(BACKGROUND));
    let service = Arc::new(Service::default());
    let login_entry = LoginEntry::of(&home, &one::bus_name(&home));
    let kit = Kit {
        log_folder: home.log_dir().display().to_string(),
        setup: Setup::new(home.clone()),
        shell: Arc::new(Desktop::new(Arc::clone(&service), login_entry)),
    };
    // First of all: a start that only hands itself over to the one before touches nothing of what is kept.
    let builder = Builder::<R>::default().plugin(one::plugin(&home));
    let app = configure(builder, kit)
        .plugin(window_state())
        .plugin(tauri_plugin_deep_link::init())
        .setup(move |app| {
            #[cfg(target_os = "linux")]
            notices::follow(app.handle().clone(), service);
            Ok(begin(app, background)?)
        })
        .build(context(&home));
    match app {
        Ok(app) => {
            app.run(live);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the app could not be built");
            ExitCode::FAILURE
        }
    }
}

/// There is no log and no window yet: the only place left to say why is standard error.
#[expect(clippy::print_stderr, reason = "there is nothing else to say it with")]
fn refuse(why: &str) -> ExitCode {
    eprintln!("lablink-desktop: {why}");
    ExitCode::FAILURE
}

fn in_words(problem: &Problem) -> String {
    let detail = problem.detail().unwrap_or_default();
    format!("LabLink's folder cannot be used ({}): {detail}", problem.code())
}

/// Whether there is a display to open a window on; the toolkit would panic without one.
fn display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// The commands and the desk behind them, without window or tray: all that can be tested without a display.
pub fn configure<R: Runtime>(builder: Builder<R>, kit: Kit) -> Builder<R> {
    let (desk, task) = desk::start(kit);
    // In its turn among the plugins, so that those before decide whether it begins at all.
    let begin = tauri::plugin::Builder::<R>::new("desk").setup(move |_, _| {
        tauri::async_runtime::spawn(task);
        Ok(())
    });
    builder
        .plugin(begin.build())
        .manage(desk)
        .manage(tray::Host::<R>::default())
        .manage(Ending::default())
        .invoke_handler(commands::handler())
}

/// The configuration, with everything the web view and the plugins keep moved below LabLink's own home.
#[must_use]
pub fn context<R: Runtime>(home: &Home) -> Context<R> {
    let mut context = tauri::generate_context!();
    let folder = home.data_dir().join("window");
    context.config_mut().app.app_directories_override = Some(AppDirectoriesOverride::Root(folder));
    context
}

/// Tray and window, on the main thread, when the app is ready for them.
fn begin<R: Runtime>(app: &mut App<R>, background: bool) -> tauri::Result<()> {
    let handle = app.handle();
    let tray = tray::start(handle);
    follow(handle.clone());
    hear_links(handle);
    if background && !tray {
        show_without_tray(handle.clone());
    } else if !background {
        window::show(handle)?;
    }
    Ok(())
}

/// At login the desktop's tray may come later than we do. Where none comes, the window is the only way to LabLink.
fn show_without_tray<R: Runtime>(app: AppHandle<R>) {
    let mut snapshots = app.state::<Desk>().watch();
    tauri::async_runtime::spawn(async move {
        let shown = snapshots.wait_for(|snapshot| snapshot.tray);
        if tokio::time::timeout(TRAY_COMES, shown).await.is_err() {
            window::show_soon(&app);
        }
    });
}

/// Has `lablink://` links reviewed: the one this start was asked with, and those of later starts, which hand
/// theirs over. They come from anywhere, so a link never does more than open the review.
fn hear_links<R: Runtime>(app: &AppHandle<R>) {
    let links = app.deep_link();
    if let Ok(Some(asked)) = links.get_current() {
        review(app, &asked);
    }
    let handle = app.clone();
    links.on_open_url(move |event| {
        review(&handle, &event.urls());
        window::show_soon(&handle);
    });
}

fn review<R: Runtime>(app: &AppHandle<R>, asked: &[Url]) {
    // Several at once are nobody's wish: the last is shown.
    if let Some(link) = asked.last() {
        app.state::<Desk>().tell(if desk::wants_relink(link) {
            Request::RelinkLink(link.to_string())
        } else {
            Request::ProfileLink(link.to_string())
        });
    }
}

/// Hands every snapshot to the window and the tray.
fn follow<R: Runtime>(app: AppHandle<R>) {
    let mut snapshots = app.state::<Desk>().watch();
    tauri::async_runtime::spawn(async move {
        let mut last = snapshots.borrow().clone();
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            tray::show(&app, &snapshot);
            if window::browser_came_back(&last, &snapshot) {
                window::to_front(&app);
            }
            // Without a window nobody listens, and nothing is sent. In trouble its first question is refused instead.
            if snapshot.trouble.is_none()
                && let Err(error) =
                    app.emit_to(EventTarget::webview_window(window::LABEL), SNAPSHOT, &snapshot)
            {
                tracing::warn!(%error, "a snapshot did not reach the window");
            }
            last = snapshot;
            if snapshots.changed().await.is_err() {
                return;
            }
        }
    });
}

/// What happens to the running app.
fn live<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    match event {
        // The last window closed. With a tray LabLink lives on in it, unless the person wants otherwise; without one
        // nobody could find it again.
        RunEvent::ExitRequested { code: None, api, .. }
            if app.state::<tray::Host<R>>().present()
                && app.state::<Desk>().watch().borrow().settings.keep_in_tray =>
        {
            api.prevent_exit();
        }
        RunEvent::ExitRequested { code, api, .. } => {
            // Nobody else said so where it was the last window that closed.
            if code.is_none() {
                app.state::<Ending>().wish();
            }
            if finish_first(app) {
                api.prevent_exit();
            }
        }
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } if label == window::LABEL => {
            app.state::<Desk>().tell(Request::WindowClosed);
        }
        RunEvent::Exit => tracing::info!("ended"),
        _ => {}
    }
}

/// The app is to end. Where something is being linked or unlinked that comes first, for a while; where it has just been
/// started again it goes on. `true` then.
fn finish_first<R: Runtime>(app: &AppHandle<R>) -> bool {
    let mut snapshots = app.state::<Desk>().watch();
    let at_work = snapshots.borrow().at_work();
    match app.state::<Ending>().ask(at_work) {
        End::Now => return false,
        End::No => {
            tracing::info!("not ending: it was started again");
            return true;
        }
        End::Later => tracing::info!("ending when what is under way is done"),
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let done = snapshots.wait_for(|snapshot| !snapshot.at_work());
        if tokio::time::timeout(PATIENCE, done).await.is_err() {
            tracing::warn!("ending although something is under way; the next start puts it right");
        }
        if app.state::<Ending>().waits() {
            app.exit(0);
        }
    });
    true
}

fn window_state<R: Runtime>() -> tauri::plugin::TauriPlugin<R> {
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .with_filename("state.json")
        .build()
}
