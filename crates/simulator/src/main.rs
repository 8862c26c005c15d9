//! `simulator`: starts one, says where it listens, serves until standard input closes or a signal asks it to stop.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use clap::Parser;
use simulator::{Options, Ready, Simulator};
use tokio::sync::oneshot;

/// A GitLab on this computer, for demo mode and tests.
#[derive(Parser)]
#[command(name = "simulator", version)]
struct Command {
    #[command(flatten)]
    options: Options,

    /// Print one JSON line when it listens.
    #[arg(long)]
    ready_json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command = Command::parse();
    // Before anything is on disk or announced: a signal at any moment ends it in order.
    let mut signals = Signals::listen().context("signals")?;
    let running = Simulator::start(command.options).await?;
    announce(running.ready(), command.ready_json).context("standard output")?;
    tokio::select! {
        () = input_closed() => {}
        () = signals.received() => {}
    }
    running.stop().await;
    Ok(())
}

fn announce(ready: &Ready, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(ready)?)?;
    } else {
        writeln!(out, "GitLab simulator at {}", ready.address)?;
        for token in &ready.tokens {
            writeln!(
                out,
                "  token of {}: {} ({})",
                token.username,
                token.token,
                token.scopes.join(" ")
            )?;
        }
        for repository in &ready.repositories {
            writeln!(out, "  repository: {}", repository.url)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Waits for the end of standard input.
async fn input_closed() {
    let (closed, input) = oneshot::channel();
    // A thread of its own: reading standard input cannot be cancelled, and the process must not wait for it.
    std::thread::spawn(move || {
        let mut ignored = [0_u8; 1_024];
        let mut stdin = std::io::stdin().lock();
        while matches!(stdin.read(&mut ignored), Ok(read) if read > 0) {}
        let _ = closed.send(());
    });
    // The sender is only dropped after it has sent.
    let _ = input.await;
}

/// The signals that ask a program to stop.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The signals that ask a program to stop.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn received(&mut self) {
        self.0.recv().await;
    }
}
