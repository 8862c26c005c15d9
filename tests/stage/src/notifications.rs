//! Notices on the desktop: Debian's dunst shows them, and a monitor on the bus reads back what it was given.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use zbus::blocking::fdo::{DBusProxy, MonitoringProxy};
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::OwnedValue;
use zbus::{MatchRule, Message};

use crate::desktop::Desktop;
use crate::process::Running;
use crate::wait::until;

const NAME: &str = "org.freedesktop.Notifications";
const PLACE: &str = "/org/freedesktop/Notifications";

/// What the service is given: program, replaced number, icon, title, body, actions, hints, time.
type Given = (
    String,
    u32,
    String,
    String,
    String,
    Vec<String>,
    HashMap<String, OwnedValue>,
    i32,
);

/// A notice as the service was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownNotice {
    /// The service's number of it.
    pub number: u32,
    /// The first line.
    pub title: String,
    /// The rest, as markup.
    pub body: String,
    /// The words of its buttons; the first is the press on the notice itself.
    pub buttons: Vec<String>,
}

#[derive(Default)]
struct Heard {
    /// Asked and not answered: who asked, and the number of the message.
    asked: HashMap<(String, u32), ShownNotice>,
    shown: Vec<ShownNotice>,
    closed: Vec<u32>,
}

/// A running notification service.
pub struct Notifications {
    // Dropped first.
    _daemon: Running,
    connection: Connection,
    heard: Arc<Mutex<Heard>>,
    /// What is picked in the service's menu.
    choice: PathBuf,
}

impl Notifications {
    /// Starts the service on a desktop.
    pub fn start(desktop: &Desktop) -> Result<Self> {
        let room = desktop.room();
        let (choice, menu) = (room.path("run/notice-choice"), room.path("run/notice-menu"));
        // The service asks a menu program which button is pressed: this one picks what the test has written down.
        fs::write(
            &menu,
            format!(
                "#!/bin/sh\ngrep -F -- \"$(cat {})\" | head -n 1\n",
                choice.display()
            ),
        )?;
        fs::set_permissions(&menu, fs::Permissions::from_mode(0o755))?;
        let config = room.path("run/dunstrc");
        // No notice goes before somebody closes it, however slow the computer is.
        let forever =
            ["low", "normal", "critical"].map(|urgency| format!("[urgency_{urgency}]\ntimeout = 0\n"));
        fs::write(
            &config,
            format!("[global]\ndmenu = {}\n{}", menu.display(), forever.concat()),
        )?;
        let heard = Arc::default();
        listen(&desktop.keyring().connect()?, &heard)?;
        let log = File::create(room.path("run/notices.log"))?;
        let mut command = room.companion("dunst");
        command
            .args(["-conf".as_ref(), config.as_os_str()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut daemon = Running::start("dunst", command).context("install the package dunst")?;
        let connection = desktop.keyring().connect()?;
        let bus = DBusProxy::new(&connection)?;
        until("the notification service", || {
            daemon.still_runs()?;
            Ok(bus.name_has_owner(NAME.try_into()?)?.then_some(()))
        })?;
        Ok(Self {
            _daemon: daemon,
            connection,
            heard,
            choice,
        })
    }

    /// All notices so far, oldest first.
    #[must_use]
    pub fn shown(&self) -> Vec<ShownNotice> {
        lock(&self.heard).shown.clone()
    }

    /// Waits for a notice with this title.
    pub fn see(&self, title: &str) -> Result<ShownNotice> {
        until(&format!("a notice {title:?}"), || {
            Ok(self.shown().into_iter().find(|notice| notice.title == title))
        })
    }

    /// Waits until a notice is off the screen.
    pub fn see_no(&self, notice: &ShownNotice) -> Result<()> {
        until(&format!("the notice {:?} to go", notice.title), || {
            Ok(lock(&self.heard).closed.contains(&notice.number).then_some(()))
        })
    }

    /// Presses a button of a notice on the screen, in the service's own menu.
    pub fn press(&self, notice: &ShownNotice, button: &str) -> Result<()> {
        fs::write(&self.choice, format!("#{button} ({})", notice.title))?;
        self.connection.call_method(
            Some(NAME),
            PLACE,
            Some("org.dunstproject.cmd0"),
            "ContextMenuCall",
            &(),
        )?;
        Ok(())
    }
}

/// Has the bus repeat what is said to the service and what it answers.
fn listen(connection: &Connection, heard: &Arc<Mutex<Heard>>) -> Result<()> {
    let messages = MessageIterator::from(connection);
    let calls = MatchRule::builder()
        .msg_type(Type::MethodCall)
        .interface(NAME)?
        .member("Notify")?
        .build();
    let answers = MatchRule::builder().msg_type(Type::MethodReturn).build();
    let signals = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface(NAME)?
        .build();
    MonitoringProxy::new(connection)?.become_monitor(&[calls, answers, signals], 0)?;
    let heard = Arc::clone(heard);
    thread::Builder::new().name("notices".to_owned()).spawn(move || {
        // Ends with the bus.
        for message in messages.map_while(Result::ok) {
            hear(&heard, &message);
        }
    })?;
    Ok(())
}

fn hear(heard: &Mutex<Heard>, message: &Message) {
    let header = message.header();
    let serial = |number: Option<std::num::NonZeroU32>| number.map(std::num::NonZeroU32::get);
    match header.message_type() {
        Type::MethodCall => {
            let Ok((_, _, _, title, body, actions, _, _)) = message.body().deserialize::<Given>() else {
                return;
            };
            let Some(asker) = header.sender().map(ToString::to_string) else {
                return;
            };
            let notice = ShownNotice {
                number: 0,
                title,
                body,
                buttons: actions
                    .chunks(2)
                    .filter_map(|pair| pair.get(1).cloned())
                    .collect(),
            };
            let number = header.primary().serial_num().get();
            lock(heard).asked.insert((asker, number), notice);
        }
        Type::MethodReturn => {
            let asker = header.destination().map(ToString::to_string);
            let Some(key) = asker.zip(serial(header.reply_serial())) else {
                return;
            };
            let mut heard = lock(heard);
            if let Some(notice) = heard.asked.remove(&key)
                && let Ok(number) = message.body().deserialize::<u32>()
            {
                heard.shown.push(ShownNotice { number, ..notice });
            }
        }
        Type::Signal
            if header
                .member()
                .is_some_and(|member| member == "NotificationClosed") =>
        {
            if let Ok((number, _why)) = message.body().deserialize::<(u32, u32)>() {
                lock(heard).closed.push(number);
            }
        }
        _ => {}
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
