//! Fuzzing of what reads foreign text, for a bounded time. The targets are in `fuzz/`.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::run::{self, cargo, on_path, output, program, repository, target};

/// Runs every target for so many seconds.
pub(crate) fn run(seconds: u32) -> Result<()> {
    if on_path("rustup").is_none()
        || program("rustup")
            .args(["run", "nightly", "rustc", "-V"])
            .output()
            .is_ok_and(|answer| !answer.status.success())
    {
        bail!("fuzzing needs a nightly Rust: `rustup toolchain install nightly --profile minimal`");
    }
    let fuzz = cargo_fuzz()?;
    let targets = output(
        program(&fuzz)
            .args(["fuzz", "list"])
            .env("RUSTUP_TOOLCHAIN", "nightly"),
    )?;
    for name in targets.split_whitespace() {
        let mut command = program(&fuzz);
        command
            .args(["fuzz", "run", name, "--target-dir"])
            .arg(target()?.join("fuzz"))
            .args([
                "--",
                &format!("-max_total_time={seconds}"),
                "-timeout=10",
                "-rss_limit_mb=2048",
            ])
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
