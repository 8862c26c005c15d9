//! Everything a change has to pass, quickest to fail first.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::ground;
use crate::run::{cargo, npm, on_path, program, run, target};

/// The cargo-deny that is known to read our lock file.
const DENY: &str = "0.20.2";

struct Passed {
    gate: &'static str,
    took: Duration,
}

/// Runs all gates and stops at the first that fails.
pub(crate) fn all(advisories: bool) -> Result<()> {
    let begin = Instant::now();
    let mut passed = Vec::new();
    let mut gate = |name: &'static str, work: &dyn Fn() -> Result<()>| -> Result<()> {
        println!("\n== {name}");
        let begin = Instant::now();
        work().with_context(|| format!("the gate `{name}` did not pass"))?;
        passed.push(Passed {
            gate: name,
            took: begin.elapsed(),
        });
        Ok(())
    };
    gate("system packages", &ground::system)?;
    gate("format", &|| run(cargo().args(["fmt", "--all", "--check"])))?;
    gate("ui packages", &ground::ui_packages)?;
    for script in ["check", "lint", "test"] {
        gate(ui_gate(script), &|| run(npm().args(["run", script])))?;
    }
    gate("ui build", &ground::ui)?;
    gate("ui size", &|| run(npm().args(["run", "size"])))?;
    gate("clippy", &|| {
        let clippy = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ];
        run(cargo().args(clippy))
    })?;
    gate("dependencies", &|| dependencies(advisories))?;
    // All at once first, so that every program is there when the first test looks for it.
    gate("build", &|| {
        run(cargo().args(["test", "--workspace", "--locked", "--no-run"]))
    })?;
    // Written out before the first keychain waits for the disk to take its few bytes.
    rustix::fs::sync();
    // What failed is told in words; where in the program is a debugger's question.
    gate("tests", &|| {
        let tests = ["test", "--workspace", "--locked", "--no-fail-fast"];
        // Most tests wait for other programs most of the time; those with a desktop wait for a place (`stage::Slot`).
        let threads = thread::available_parallelism().map_or(1, usize::from) * 2;
        run(cargo()
            .args(tests)
            .env("RUST_LIB_BACKTRACE", "0")
            .env("RUST_TEST_THREADS", threads.to_string()))
    })?;
    println!("\nAll passed:");
    for Passed { gate, took } in &passed {
        println!("  {:>5} s  {gate}", took.as_secs());
    }
    println!("  {:>5} s  together", begin.elapsed().as_secs());
    Ok(())
}

fn ui_gate(script: &str) -> &'static str {
    match script {
        "check" => "ui types",
        "lint" => "ui lint",
        _ => "ui tests",
    }
}

/// Licences, banned and doubled crates, sources; on request, known vulnerabilities.
fn dependencies(advisories: bool) -> Result<()> {
    let deny = cargo_deny()?;
    let mut command = Command::new(deny);
    command
        .current_dir(crate::run::repository())
        .args(["--locked", "check", "licenses", "bans", "sources"]);
    if advisories {
        command.arg("advisories");
    }
    run(&mut command)
}

fn cargo_deny() -> Result<PathBuf> {
    if let Some(found) = on_path("cargo-deny") {
        return Ok(found);
    }
    let tools = target()?.join("tools");
    let own = tools.join("bin/cargo-deny");
    if !own.is_file() {
        fs::create_dir_all(&tools)?;
        println!("cargo-deny is not installed; building one for this repository");
        // Unoptimised: it is built once and runs for seconds.
        run(cargo()
            .args([
                "install",
                "--debug",
                "--locked",
                "--version",
                DENY,
                "cargo-deny",
                "--root",
            ])
            .arg(&tools)
            .env_remove("CARGO_TARGET_DIR"))?;
    }
    // Proof that it runs here, before its answers are believed.
    run(program(&own).arg("--version"))?;
    Ok(own)
}
