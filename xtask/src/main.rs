//! `cargo xtask`: the commands of the workshop. Each does its own set-up and ends what it started.
#![expect(clippy::print_stdout, reason = "a command line tells what it does")]

mod bundle;
mod fuzz;
mod gates;
mod ground;
mod programs;
mod run;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of the workshop")]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Open the app beside a GitLab on this computer, to try it.
    Demo {
        /// No display needed: link an account by clicking and typing, print each step, leave a picture of each.
        #[arg(long)]
        headless: bool,
    },
    /// Everything a change has to pass.
    Test {
        /// Also look the dependencies up among known vulnerabilities; fetches the list of them.
        #[arg(long)]
        advisories: bool,
    },
    /// Take the real window through every screen and state, light and dark, both sizes, into `target/screens`.
    Screens,
    /// Measure speed and size beside an empty Tauri window, as ratios.
    Bench {
        /// What to measure: start, accounts, memory, sizes, trips, logins; all of it where nothing is named.
        parts: Vec<String>,
    },
    /// Make the packages for Debian and Fedora.
    Bundle,
    /// Feed what reads foreign text with text nobody would write.
    Fuzz {
        /// The targets, by name; all of them where none is named.
        targets: Vec<String>,
        /// Seconds for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Inputs for each target, however long that takes.
        #[arg(long, conflicts_with = "seconds")]
        runs: Option<u64>,
    },
}

fn main() -> Result<()> {
    let command = Command::parse();
    run::end_children_when_told_to_end()?;
    match command.what {
        What::Demo { headless } => programs::demo(headless),
        What::Test { advisories } => gates::all(advisories),
        What::Screens => programs::screens(),
        What::Bench { parts } => programs::bench(&parts),
        What::Bundle => bundle::make(),
        What::Fuzz {
            targets,
            seconds,
            runs,
        } => fuzz::run(
            &targets,
            runs.map_or(fuzz::Until::Seconds(seconds), fuzz::Until::Runs),
        ),
    }
}
