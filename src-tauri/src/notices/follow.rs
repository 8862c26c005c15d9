//! Follows the notification service: its coming and going, and what people press.

use std::{sync::Arc, thread, time::Duration};

use tauri::{AppHandle, Manager as _, Runtime};
use zbus::{
    MatchRule, Message,
    blocking::{MessageIterator, connection::Builder, fdo::DBusProxy},
    message::Type,
    names::{InterfaceName, MemberName, UniqueName},
};

use super::{
    Act, Service,
    service::{DEFAULT, NAME, PLACE},
};
use crate::{
    desk::{Desk, Request},
    window,
};

/// How long the service has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows it for as long as the session bus lives. Without a bus there are no notices.
pub fn follow<R: Runtime>(app: AppHandle<R>, service: Arc<Service>) {
    let started = thread::Builder::new().name("notices".to_owned()).spawn(move || {
        if let Err(error) = watch(&app, &service) {
            tracing::info!(%error, "the session bus tells of no notices");
        }
        app.state::<Desk>().tell(Request::NoticesCanBeShown(false));
    });
    if let Err(error) = started {
        tracing::warn!(%error, "no thread to watch for notices");
    }
}

fn watch<R: Runtime>(app: &AppHandle<R>, service: &Service) -> zbus::Result<()> {
    let connection = Builder::session()?.method_timeout(PATIENCE).build()?;
    let bus = DBusProxy::new(&connection)?;
    let messages = MessageIterator::from(&connection);
    let signals = || MatchRule::builder().msg_type(Type::Signal);
    bus.add_match_rule(signals().interface(NAME)?.path(PLACE)?.build())?;
    bus.add_match_rule(
        signals()
            .interface("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, NAME)?
            .build(),
    )?;
    service.reach(&connection);
    let mut owner = bus
        .get_name_owner(NAME.try_into()?)
        .ok()
        .map(|owner| owner.to_string());
    tell(app, &bus, owner.is_some())?;
    for message in messages {
        let message = message?;
        let header = message.header();
        let member = header.member().map(MemberName::as_str);
        match (header.interface().map(InterfaceName::as_str), member) {
            (Some("org.freedesktop.DBus"), Some("NameOwnerChanged")) => {
                let (_, _, now): (String, String, String) = message.body().deserialize()?;
                owner = Some(now).filter(|now| !now.is_empty());
                service.all_closed();
                tell(app, &bus, owner.is_some())?;
            }
            // Anybody can send a signal: only the service's own count.
            (Some(NAME), Some(member)) if header.sender().map(UniqueName::as_str) == owner.as_deref() => {
                hear(app, service, member, &message);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether notices can be shown: somebody does, or the bus knows whom to start for it.
fn tell<R: Runtime>(app: &AppHandle<R>, bus: &DBusProxy<'_>, owned: bool) -> zbus::Result<()> {
    let there = owned
        || bus
            .list_activatable_names()?
            .iter()
            .any(|name| name.as_str() == NAME);
    tracing::info!(there, "the desktop's notices");
    app.state::<Desk>().tell(Request::NoticesCanBeShown(there));
    Ok(())
}

fn hear<R: Runtime>(app: &AppHandle<R>, service: &Service, member: &str, message: &Message) {
    match member {
        "ActionInvoked" => {
            if let Ok((number, key)) = message.body().deserialize::<(u32, String)>()
                && let Some(accounts) = service.accounts(number)
            {
                pressed(app, &key, &accounts);
                service.done_with(number);
            }
        }
        "NotificationClosed" => {
            if let Ok((number, _why)) = message.body().deserialize::<(u32, u32)>() {
                service.closed(number);
            }
        }
        _ => {}
    }
}

fn pressed<R: Runtime>(app: &AppHandle<R>, key: &str, accounts: &[String]) {
    let desk = app.state::<Desk>();
    let one = matches!(accounts, [_]);
    let act = match key {
        DEFAULT if one => Some(Act::LinkAgain),
        DEFAULT => Some(Act::Open),
        key => Act::from_key(key),
    };
    let Some(act) = act else { return };
    if let Some(how_long) = act.snooze() {
        let ids = accounts.iter().filter_map(|id| id.parse().ok()).collect();
        desk.tell(Request::Snooze(ids, how_long));
        return;
    }
    if act == Act::LinkAgain
        && let Some(id) = accounts.first().and_then(|id| id.parse().ok())
    {
        desk.tell(Request::CallToRelink(id));
    }
    window::show_soon(app);
}
