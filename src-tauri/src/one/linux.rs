//! The one of many starts, over D-Bus. Who owns the name is the app; it answers the others with yes, or with an error
//! while it ends. Whoever gets no yes waits until the owner is another one or nobody, and asks again: so nobody fails
//! because somebody ends, and however it ends.

use std::{
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use tauri::{
    Manager as _, Runtime,
    plugin::{Builder, TauriPlugin},
};
use zbus::{
    blocking::{Connection, connection, fdo::DBusProxy},
    fdo::{self, RequestNameFlags},
};

/// Where the app is asked.
const PLACE: &str = "/dev/lablink/App";
/// The interface it is asked by.
const INTERFACE: &str = "dev.lablink.App";

/// How long an app that neither answers nor ends is waited for: longer than one waits for what is under way when it ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connection whose name makes this the app, for as long as the process lives.
struct Owner(#[expect(dead_code, reason = "held, not used")] Connection);

/// What a start comes to.
enum Claim {
    /// It is the app.
    Ours(Connection),
    /// The app that runs has it.
    HandedOver,
    /// Somebody owns the name who neither answers nor goes.
    Stuck,
}

/// What answers a later start.
type Answer = Box<dyn Fn(Vec<String>) -> bool + Send + Sync>;

struct Door(Answer);

#[zbus::interface(name = "dev.lablink.App")]
impl Door {
    /// A later start, with its arguments.
    fn start(&self, arguments: Vec<String>) -> fdo::Result<()> {
        if (self.0)(arguments) {
            Ok(())
        } else {
            Err(fdo::Error::Failed("this LabLink is ending".to_owned()))
        }
    }
}

pub(super) fn plugin<R: Runtime>(name: String) -> TauriPlugin<R> {
    Builder::new("one")
        .setup(move |app, _| {
            let handle = app.clone();
            let answer: Answer = Box::new(move |arguments| super::answer(&handle, arguments));
            let arguments: Vec<String> = std::env::args_os()
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect();
            match claim(&name, answer, &arguments) {
                Ok(Claim::Ours(connection)) => {
                    app.manage(Owner(connection));
                    Ok(())
                }
                Ok(Claim::HandedOver) => {
                    tracing::info!("LabLink runs already; it has the rest");
                    app.cleanup_before_exit();
                    std::process::exit(0);
                }
                Ok(Claim::Stuck) => Err("a LabLink that runs already does not answer".into()),
                Err(error) => {
                    // Without a session bus there is no way to find another one.
                    tracing::warn!(%error, "the session bus does not tell whether LabLink runs already");
                    Ok(())
                }
            }
        })
        .build()
}

fn claim(name: &str, answer: Answer, arguments: &[String]) -> zbus::Result<Claim> {
    let connection = connection::Builder::session()?
        .method_timeout(PATIENCE)
        .serve_at(PLACE, Door(answer))?
        .build()?;
    // Heard from before the first question, so that no end falls between the two.
    let changes = changes(&connection, name)?;
    loop {
        match connection.request_name_with_flags(name, RequestNameFlags::DoNotQueue.into()) {
            Ok(_) => return Ok(Claim::Ours(connection)),
            Err(zbus::Error::NameTaken) => {}
            Err(error) => return Err(error),
        }
        match connection.call_method(Some(name), PLACE, Some(INTERFACE), "Start", &(arguments,)) {
            Ok(_) => return Ok(Claim::HandedOver),
            Err(error) => tracing::info!(%error, "the LabLink that runs is ending"),
        }
        if changes.recv_timeout(PATIENCE).is_err() {
            return Ok(Claim::Stuck);
        }
    }
}

/// Tells whenever the name's owner changed.
fn changes(connection: &Connection, name: &str) -> zbus::Result<Receiver<()>> {
    let (tell, told) = channel();
    let (ready, listens) = channel();
    let (connection, name) = (connection.clone(), name.to_owned());
    thread::Builder::new()
        .name("one-lablink".to_owned())
        .spawn(move || {
            let heard = DBusProxy::new(&connection)
                .and_then(|bus| bus.receive_name_owner_changed_with_args(&[(0, name.as_str())]));
            match heard {
                Ok(changes) => {
                    let _started = ready.send(Ok(()));
                    for _ in changes {
                        if tell.send(()).is_err() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    let _failed = ready.send(Err(error));
                }
            }
        })
        .map_err(|error| zbus::Error::Failure(error.to_string()))?;
    listens
        .recv()
        .map_err(|error| zbus::Error::Failure(error.to_string()))??;
    Ok(told)
}
