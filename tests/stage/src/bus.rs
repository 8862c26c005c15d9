//! A private session bus. It starts no services by itself, so that what is absent stays absent.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::process::Running;
use crate::room::Room;

/// A session bus that nobody else is on.
pub(crate) struct Bus {
    _daemon: Running,
    address: String,
}

impl Bus {
    /// Starts a bus and tells the room of it.
    pub(crate) fn start(room: &mut Room) -> Result<Self> {
        let config = room.path("run/bus.conf");
        let socket = room.path("run/bus");
        fs::write(
            &config,
            format!(
                r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
                socket.display()
            ),
        )?;
        let mut command = room.companion("dbus-daemon");
        command
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nosyslog", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(room.path("run/bus.log"))?);
        let mut daemon = Running::start("dbus-daemon", command).context("install the package dbus")?;
        let mut address = String::new();
        let stdout = daemon
            .child()
            .stdout
            .take()
            .context("dbus-daemon has no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        let address = address.trim().to_owned();
        if address.is_empty() {
            bail!("dbus-daemon started no bus");
        }
        room.set("DBUS_SESSION_BUS_ADDRESS", &address);
        Ok(Self {
            _daemon: daemon,
            address,
        })
    }

    /// A connection of our own to it.
    pub(crate) fn connect(&self) -> Result<zbus::blocking::Connection> {
        Ok(zbus::blocking::connection::Builder::address(self.address.as_str())?.build()?)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}
