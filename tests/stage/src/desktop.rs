//! A whole private desktop: display, bus, keychain, driver, perhaps a tray.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::SignedDuration;
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::built::built;
use crate::calendar::forget;
use crate::chromium::{Chromium, before_all};
use crate::display::Display;
use crate::driver::Driver;
use crate::keyring::Keyring;
use crate::process::{Running, with_environment};
use crate::room::Room;
use crate::slot::Slot;
use crate::tray::TrayHost;
use crate::wait::until;
use crate::window::Window;
use crate::x11::{self, XWindow};

/// How the keychain is when the desktop starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keychain {
    /// It works.
    #[default]
    Unlocked,
    /// It is there and locked, and nothing can ask for its password.
    Locked,
    /// There is none.
    Absent,
}

/// What the desktop prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name in file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What the window is drawn with, where there is no graphics card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drawing {
    /// What costs the processor least: pages are painted by it, not by programs compiled for a card that is not there,
    /// and what is compiled to put the window together is kept from one desktop to the next. Three eighths of the
    /// time of a test go there otherwise.
    #[default]
    Light,
    /// As it comes: for whoever measures.
    AsItComes,
}

/// What a desktop is to be like.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The keychain.
    pub keychain: Keychain,
    /// Light or dark.
    pub scheme: Scheme,
    /// Whether it shows tray icons.
    pub tray: bool,
    /// Folder of the programs that open addresses, see [`Chromium::openers`].
    pub openers: Option<PathBuf>,
    /// What draws it.
    pub drawing: Drawing,
}

/// A private desktop. All of it ends when it is dropped.
pub struct Desktop {
    // Dropped in this order: programs before what they use, folders last.
    driver: Driver,
    tray: Option<TrayHost>,
    display: Display,
    keyring: Keyring,
    _slot: Slot,
}

impl Desktop {
    /// A light desktop with a working keychain and no tray.
    pub fn start() -> Result<Self> {
        Self::planned(&Plan::default())
    }

    /// The same, where addresses open in a browser.
    pub fn beside(browser: &Chromium) -> Result<Self> {
        Self::planned(&Plan {
            openers: Some(browser.openers()),
            ..Plan::default()
        })
    }

    /// A desktop as planned.
    pub fn planned(plan: &Plan) -> Result<Self> {
        let slot = Slot::take()?;
        let mut keyring = match plan.keychain {
            Keychain::Unlocked => Keyring::unlocked()?,
            Keychain::Locked => Keyring::locked()?,
            Keychain::Absent => Keyring::absent()?,
        };
        let room = keyring.room_mut();
        for (name, value) in [
            ("GDK_BACKEND", "x11"),
            ("NO_AT_BRIDGE", "1"),
            ("GSETTINGS_BACKEND", "memory"),
        ] {
            room.set(name, value);
        }
        if plan.drawing == Drawing::Light {
            room.set("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
            // Mesa's drawing in software: no threads of its own, and its cache where every desktop finds it.
            room.set("LP_NUM_THREADS", "0");
            room.set("MESA_SHADER_CACHE_DIR", shaders()?);
        }
        if let Some(openers) = &plan.openers {
            room.set("PATH", before_all(openers)?);
        }
        let settings = room.path("home/.config/gtk-3.0");
        fs::create_dir_all(&settings)?;
        fs::write(
            settings.join("settings.ini"),
            format!(
                "[Settings]\ngtk-application-prefer-dark-theme={}\ngtk-font-name=Cantarell 11\n",
                u8::from(plan.scheme == Scheme::Dark)
            ),
        )?;
        let display = Display::start(room, (1280, 1024))?;
        let tray = if plan.tray {
            Some(TrayHost::start(&keyring.connect()?)?)
        } else {
            None
        };
        let driver = Driver::start(keyring.room())?;
        Ok(Self {
            driver,
            tray,
            display,
            keyring,
            _slot: slot,
        })
    }

    /// Opens the app and its window.
    pub async fn open(&self) -> Result<Window> {
        self.open_program(&built("lablink-desktop")?, &[]).await
    }

    /// Opens the app as somebody for whom read-only is read-only, which it is not for root.
    pub async fn open_without_override(&self) -> Result<Window> {
        let app = built("lablink-desktop")?;
        if !geteuid().is_root() {
            return self.open_program(&app, &[]).await;
        }
        let started = self.room().stand_in(&app)?;
        let path = started.to_str().context("a path that is no text")?;
        let without = ["--bounding-set", "-dac_override,-dac_read_search", path];
        self.open_by(Path::new("/usr/bin/setpriv"), &without, &app).await
    }

    /// Opens another program that shows a web view.
    pub async fn open_program(&self, program: &Path, arguments: &[&str]) -> Result<Window> {
        let started = self.room().stand_in(program)?;
        self.open_by(&started, arguments, program).await
    }

    /// Opens `program`, which `starter` becomes.
    async fn open_by(&self, starter: &Path, arguments: &[&str], program: &Path) -> Result<Window> {
        let (log, driver) = (self.room().path("run/app.log"), self.driver.url());
        // A start before would be over for good before the next begins, as with a person's hands.
        self.see_end_of_program(program)?;
        let opened = tokio::select! {
            opened = Window::open(&driver, starter, arguments, log) => opened,
            gone = self.ended(program) => gone.and_then(|()| Err(anyhow!("it ended while it started"))),
        };
        opened.with_context(|| {
            format!(
                "{} opened no window; it said:\n{}",
                program.display(),
                self.said()
            )
        })
    }

    fn runs(&self, program: &Path) -> Result<bool> {
        Ok(self.processes()?.iter().any(|(_, path)| path == program))
    }

    /// The bus notices a little later that a program has died; until then the next one would talk to the dead.
    fn bus_forgets_the_dead(&self) -> Result<()> {
        let connection = self.keyring.connect()?;
        until("the bus to forget the dead", || {
            let owners = owners(&connection)?;
            let lives = |id: &u32| Path::new(&format!("/proc/{id}/exe")).read_link().is_ok();
            Ok(owners.iter().all(lives).then_some(()))
        })
    }

    /// Waits until a program that ran here runs no more. The driver does not notice when what it started dies.
    async fn ended(&self, program: &Path) -> Result<()> {
        let mut seen = false;
        loop {
            let runs = self.runs(program)?;
            if seen && !runs {
                return Ok(());
            }
            seen |= runs;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Starts a program of this build on the desktop, not driven.
    pub fn launch(&self, name: &str, arguments: &[&str]) -> Result<Running> {
        let mut command = self.room().companion(built(name)?);
        command.args(arguments);
        Running::start(name, command)
    }

    /// Programs started from now on live so far ahead of the computer, see [`Room::live_ahead`]. The desktop itself
    /// stays: its display, its keychain, whoever drives its window.
    pub fn live_ahead(&mut self, by: SignedDuration) -> Result<()> {
        self.keyring.room_mut().live_ahead(by)
    }

    /// A program as it would be started on this desktop.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.keyring.command(program)
    }

    /// The folders and the environment.
    #[must_use]
    pub fn room(&self) -> &Room {
        self.keyring.room()
    }

    /// The keychain, or its absence.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The keychain, to make it appear or vanish.
    pub fn keyring_mut(&mut self) -> &mut Keyring {
        &mut self.keyring
    }

    /// The tray, if the desktop was planned with one.
    pub fn tray(&self) -> Result<&TrayHost> {
        self.tray
            .as_ref()
            .context("this desktop was planned without a tray")
    }

    /// Name of the display.
    #[must_use]
    pub fn display(&self) -> &str {
        self.display.name()
    }

    /// The windows on the display whose title is `title`, as the display knows them.
    pub fn windows(&self, title: &str) -> Result<Vec<XWindow>> {
        x11::titled(self.display.name(), title)
    }

    /// Closes a window as its frame's cross would.
    pub fn close(&self, window: XWindow) -> Result<()> {
        x11::close(self.display.name(), window)
    }

    /// What the app wrote to its outputs so far.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(self.room().path("run/app.log")).unwrap_or_default()
    }

    /// All processes that run on this desktop: number and executable.
    pub fn processes(&self) -> Result<Vec<(u32, PathBuf)>> {
        with_environment("LABLINK_HOME", self.room().lablink_home().as_os_str())
    }

    /// Waits until nothing of the program `name` runs on this desktop any more and everybody knows. Whatever is started
    /// before would hand itself over to what is about to end.
    pub fn see_end_of(&self, name: &str) -> Result<()> {
        self.see_end_of_program(&built(name)?)
    }

    fn see_end_of_program(&self, program: &Path) -> Result<()> {
        until("the program to have ended before it is started again", || {
            Ok((!self.runs(program)?).then_some(()))
        })?;
        self.bus_forgets_the_dead()
    }

    /// Kills every process of the program `name` on this desktop without a word, and waits until they are gone.
    pub fn kill(&self, name: &str) -> Result<()> {
        let program = built(name)?;
        let running = || -> Result<Vec<u32>> {
            let all = self.processes()?;
            Ok(all
                .into_iter()
                .filter(|(_, path)| *path == program)
                .map(|(id, _)| id)
                .collect())
        };
        let victims = running()?;
        anyhow::ensure!(!victims.is_empty(), "{name} does not run");
        for &victim in &victims {
            let pid = Pid::from_raw(i32::try_from(victim)?).context("process number zero")?;
            kill_process(pid, Signal::KILL)?;
        }
        until("the killed program to be gone", || {
            Ok(running()?.is_empty().then_some(()))
        })?;
        victims.into_iter().for_each(forget);
        self.bus_forgets_the_dead()
    }
}

/// The processes that are on a bus.
/// Where what was compiled to draw is kept, beside the running program.
fn shaders() -> Result<PathBuf> {
    let own = env::current_exe()?;
    let folder = own.parent().context("the running program has no folder")?;
    let shaders = folder.join("stage-shaders");
    fs::create_dir_all(&shaders)?;
    Ok(shaders)
}

fn owners(connection: &zbus::blocking::Connection) -> Result<Vec<u32>> {
    let bus = zbus::blocking::fdo::DBusProxy::new(connection)?;
    let names = bus.list_names()?;
    // A name may go between the two questions.
    Ok(names
        .into_iter()
        .filter_map(|name| bus.get_connection_unix_process_id(name.into_inner()).ok())
        .collect())
}
