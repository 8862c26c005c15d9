//! The app on Tauri's test runtime: real IPC, real rights, no display, and a desktop that only takes notes.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lablink_app::{
    desk::{Desk, Kit},
    notices::{Bubble, NotShown},
    shell::{ClipboardTrouble, Shell},
    start,
    view::Snapshot,
    window,
};
use links::{Home, Opener, Setup};
use serde_json::Value;
use tauri::{
    App, Manager as _, WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder},
    webview::InvokeRequest,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A desktop that notes what would have been opened and copied.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) opened: Mutex<Vec<String>>,
    pub(crate) copied: Mutex<Option<String>>,
    at_login: AtomicBool,
}

impl Shell for Noted {
    fn open_address(&self, address: &str) -> io::Result<()> {
        self.opened.lock().unwrap().push(address.to_owned());
        Ok(())
    }

    fn open_folder(&self, folder: &Path) -> io::Result<()> {
        self.opened.lock().unwrap().push(folder.display().to_string());
        Ok(())
    }

    fn paste(&self) -> Result<Zeroizing<String>, ClipboardTrouble> {
        Err(ClipboardTrouble::Empty)
    }

    fn copy(&self, text: String) -> Result<(), ClipboardTrouble> {
        *self.copied.lock().unwrap() = Some(text);
        Ok(())
    }

    fn notify(&self, _bubble: &Bubble) -> Result<(), NotShown> {
        Err(NotShown::Refused)
    }

    fn noticed(&self) -> Vec<String> {
        Vec::new()
    }

    fn take_back(&self, _account: &str) {}

    fn starts_at_login(&self) -> Option<bool> {
        Some(self.at_login.load(Ordering::Relaxed))
    }

    fn start_at_login(&self, on: bool) -> io::Result<()> {
        self.at_login.store(on, Ordering::Relaxed);
        Ok(())
    }
}

/// The browser is the test's: the address of a login is noted like any other.
impl Opener for Noted {
    fn open(&self, url: &str) -> io::Result<()> {
        self.open_address(url)
    }
}

/// The app on Tauri's test runtime, with a home of its own.
pub(crate) struct Border {
    window: WebviewWindow<MockRuntime>,
    pub(crate) desktop: Arc<Noted>,
    pub(crate) app: App<MockRuntime>,
    _home: TempDir,
}

impl Border {
    pub(crate) fn open() -> Self {
        Self::open_at(tempfile::tempdir().unwrap())
    }

    pub(crate) fn open_at(folder: TempDir) -> Self {
        let home = Home::at(folder.path().to_owned());
        let desktop = Arc::new(Noted::default());
        let mut setup = Setup::new(home.clone());
        setup.opener = Arc::clone(&desktop) as Arc<dyn Opener>;
        setup.policy = folder.path().join("policy.toml");
        let kit = Kit {
            setup,
            shell: Arc::clone(&desktop) as Arc<dyn Shell>,
            log_folder: "/x/log".to_owned(),
        };
        let app = start::configure(mock_builder(), kit)
            .build(start::context(&home))
            .unwrap();
        let window = WebviewWindowBuilder::new(&app, window::LABEL, tauri::WebviewUrl::default())
            .build()
            .unwrap();
        Self {
            window,
            desktop,
            app,
            _home: folder,
        }
    }

    pub(crate) fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        self.call_from("tauri://localhost", command, arguments)
    }

    pub(crate) fn call_from(&self, page: &str, command: &str, arguments: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.to_owned(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: page.parse().unwrap(),
            body: InvokeBody::Json(arguments),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }

    /// The first snapshot that is as wanted.
    pub(crate) fn once(&self, wanted: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let mut snapshots = self.app.state::<Desk>().watch();
        tauri::async_runtime::block_on(async {
            let limit = Duration::from_secs(30);
            tokio::time::timeout(limit, snapshots.wait_for(wanted))
                .await
                .expect("never so")
                .unwrap()
                .clone()
        })
    }

    pub(crate) fn refusal(&self, command: &str, arguments: Value) -> String {
        let refusal = self.call(command, arguments).expect_err(command);
        let code = refusal.get("code").and_then(Value::as_str);
        code.unwrap_or_else(|| panic!("{command} answered no problem but {refusal}"))
            .to_owned()
    }
}
