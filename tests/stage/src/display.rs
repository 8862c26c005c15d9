//! A display that exists in memory only.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::process::Running;
use crate::room::Room;

/// A running X server of our own.
pub(crate) struct Display {
    _server: Running,
    name: String,
}

impl Display {
    /// Starts one with a screen of the given size and tells the room of it.
    pub(crate) fn start(room: &mut Room, (width, height): (u32, u32)) -> Result<Self> {
        let mut command = room.companion("Xvfb");
        command
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", &format!("{width}x{height}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(room.path("run/xvfb.log"))?);
        let mut server = Running::start("Xvfb", command).context("install the package xvfb")?;
        let mut number = String::new();
        let stdout = server.child().stdout.take().context("Xvfb has no output")?;
        BufReader::new(stdout).read_line(&mut number)?;
        if number.trim().is_empty() {
            bail!("Xvfb started no display");
        }
        let name = format!(":{}", number.trim());
        room.set("DISPLAY", &name);
        Ok(Self {
            _server: server,
            name,
        })
    }

    /// Its name, for example `:99`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
