//! `WebKitWebDriver`: starts the app when a session is made and drives its web view.

use std::fs::File;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::port::ClosedPort;
use crate::process::Running;
use crate::room::Room;
use crate::wait::until;

/// A running driver. What it starts inherits the room's environment and writes to `run/app.log`.
pub(crate) struct Driver {
    _server: Running,
    port: ClosedPort,
}

impl Driver {
    pub(crate) fn start(room: &Room) -> Result<Self> {
        // The driver cannot be told to take a free port itself. This one nobody else takes before it does.
        let port = ClosedPort::any()?;
        let log = File::create(room.path("run/app.log"))?;
        let mut command = room.companion("WebKitWebDriver");
        command
            .arg(format!("--port={}", port.number()))
            .arg("--host=127.0.0.1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server =
            Running::start("WebKitWebDriver", command).context("install the package webkit2gtk-driver")?;
        until("WebKitWebDriver to listen", || {
            server.still_runs()?;
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port.number())).ok())
        })?;
        Ok(Self {
            _server: server,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }
}
