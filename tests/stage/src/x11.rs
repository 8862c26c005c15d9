//! What a window manager does for a person: knows the windows by their titles and closes one when its cross is pressed.

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

/// A window that is shown on the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XWindow(Window);

/// The windows with a title that are shown.
pub(crate) fn titled(display: &str, title: &str) -> Result<Vec<XWindow>> {
    let (connection, root) = connect(display)?;
    let name = atom(&connection, "_NET_WM_NAME")?;
    let text = atom(&connection, "UTF8_STRING")?;
    let mut found = Vec::new();
    for window in connection.query_tree(root)?.reply()?.children {
        // A window may go between two questions.
        let Ok(attributes) = connection.get_window_attributes(window)?.reply() else {
            continue;
        };
        let Ok(property) = connection
            .get_property(false, window, name, text, 0, 1024)?
            .reply()
        else {
            continue;
        };
        if attributes.map_state == MapState::VIEWABLE && property.value == title.as_bytes() {
            found.push(XWindow(window));
        }
    }
    Ok(found)
}

/// Asks a window to close.
pub(crate) fn close(display: &str, XWindow(window): XWindow) -> Result<()> {
    let (connection, _) = connect(display)?;
    let protocols = atom(&connection, "WM_PROTOCOLS")?;
    let delete = atom(&connection, "WM_DELETE_WINDOW")?;
    let property = connection
        .get_property(false, window, protocols, AtomEnum::ATOM, 0, 64)?
        .reply()?;
    if !property
        .value32()
        .is_some_and(|mut atoms| atoms.any(|atom| atom == delete))
    {
        bail!("the window cannot be asked to close");
    }
    let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
    connection
        .send_event(false, window, EventMask::NO_EVENT, message)?
        .check()?;
    Ok(())
}

fn connect(display: &str) -> Result<(RustConnection, Window)> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let root = connection
        .setup()
        .roots
        .get(screen)
        .context("a display without a screen")?
        .root;
    Ok((connection, root))
}

fn atom(connection: &RustConnection, name: &str) -> Result<Atom> {
    Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
}
