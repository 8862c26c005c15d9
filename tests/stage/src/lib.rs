//! A private desktop for whole-program tests, the demo, the pictures and the measurements.
//!
//! Everything here is real: a display (Xvfb), a session bus (dbus-daemon), a keychain (gnome-keyring), a driver
//! (`WebKitWebDriver`), the built programs. Each [`Desktop`] has its own of each, in its own folders, and ends them all
//! when dropped. Nothing here knows LabLink's code: programs are used from the outside only.
//!
//! - [`built`] finds a program cargo has built
//! - [`Keyring`] is enough for a program without a window
//! - [`Simulator`] is a GitLab on this computer
//! - [`Mirror`] stands in front of one, hears everything and can bend its token answers
//! - [`Chromium`] is where addresses open; [`Browser`] and [`answer_login`] are quicker where no real one is needed
//! - [`Desktop`] is the whole, [`Window`] the app's window on it, [`TrayHost`] the place its tray icon goes to,
//!   [`Notifications`] where its notices are shown

mod axe;
mod built;
mod bus;
mod calendar;
mod chromium;
mod desktop;
mod display;
mod driver;
mod keyring;
mod lablink;
mod logins;
mod mirror;
mod notifications;
mod openers;
mod person;
mod port;
mod process;
mod python;
mod room;
mod simulator;
mod slot;
pub mod tour;
mod tray;
mod wait;
mod window;
mod x11;

pub use axe::Violation;
pub use built::{built, repository};
pub use chromium::Chromium;
pub use desktop::{Desktop, Drawing, Keychain, Plan, Scheme};
pub use keyring::Keyring;
pub use lablink::Said;
pub use logins::{ASKERS, Crowd, Logins};
pub use mirror::{Bent, Mirror};
pub use notifications::{Notifications, ShownNotice};
pub use openers::openers;
pub use person::{Browser, Page, answer_login};
pub use port::ClosedPort;
pub use process::{Running, with_environment};
pub use python::python_with_gitlab;
pub use room::Room;
pub use simulator::{Asked, Ready, ReadyApplication, ReadyRepository, ReadyToken, ReadyUser, Simulator};
pub use tray::{MenuEntry, TrayHost};
pub use wait::{PATIENCE, until, until_async};
pub use window::Window;
pub use x11::XWindow;
