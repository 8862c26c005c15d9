//! Fuzzing of what reads foreign text, for a bounded time or a number of inputs. The targets are in `fuzz/`.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::run::{self, cargo, on_path, output, program, repository, target};

/// When a target has had enough.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// After so many seconds.
    Seconds(u32),
    /// After so many inputs.
    Runs(u64),
}

/// Runs the targets that are named, or every one.
pub(crate) fn run(named: &[String], until: Until) -> Result<()> {
    if on_path("rustup").is_none()
        || program("rustup")
            .args(["run", "nightly", "rustc", "-V"])
            .output()
            .is_ok_and(|answer| !answer.status.success())
    {
        bail!("fuzzing needs a nightly Rust: `rustup toolchain install nightly --profile minimal`");
    }
    let fuzz = cargo_fuzz()?;
    let known = output(
        program(&fuzz)
            .args(["fuzz", "list"])
            .current_dir(repository())
            .env("RUSTUP_TOOLCHAIN", "nightly"),
    )?;
    let known: Vec<&str> = known.split_whitespace().collect();
    for name in named {
        ensure!(
            known.contains(&name.as_str()),
            "there is no target {name}, but {}",
            known.join(", ")
        );
    }
    let enough = match until {
        Until::Seconds(seconds) => format!("-max_total_time={seconds}"),
        Until::Runs(runs) => format!("-runs={runs}"),
    };
    let wanted = |name: &&&str| named.is_empty() || named.iter().any(|one| one == **name);
    for name in known.iter().filter(wanted) {
        let mut command = program(&fuzz);
        command
            .args(["fuzz", "run", name, "--target-dir"])
            .arg(target()?.join("fuzz"))
            .args(["--", &enough, "-timeout=10", "-rss_limit_mb=2048"])
            .current_dir(repository())
            .env("RUSTUP_TOOLCHAIN", "nightly");
        run::run(&mut command)?;
    }
    Ok(())
}

fn cargo_fuzz() -> Result<PathBuf> {
    if let Some(found) = on_path("cargo-fuzz") {
        return Ok(found);
    }
    let tools = target()?.join("tools");
    let own = tools.join("bin/cargo-fuzz");
    if !own.is_file() {
        println!("cargo-fuzz is not installed; building one for this repository");
        run::run(
            cargo()
                .args(["install", "--debug", "--locked", "cargo-fuzz", "--root"])
                .arg(&tools),
        )?;
    }
    Ok(own)
}
