//! Speed and size beside an empty Tauri window, as ratios of one run (docs/architecture.md, "Speed and size").
//!
//! Both programs are started in turns on the same desktop, so that whatever else the computer does hits both alike.
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use stage::{ASKERS, Desktop, Drawing, Logins, Plan, Simulator, built, repository, until};

/// Starts of each program; the middle one counts.
const STARTS: usize = 9;
/// How many accounts are few, and how many are many.
const FEW_AND_MANY: [usize; 2] = [10, 1000];
/// How long a program is left alone before it counts as idle, and how long it is watched then.
const SETTLES: Duration = Duration::from_secs(20);
const WATCHED: Duration = Duration::from_secs(120);
/// How often an idle program may be woken more than an empty one, a minute: once by its own clock, with what that
/// takes inside.
const WAKES: u64 = 10;

#[tokio::main]
async fn main() -> Result<()> {
    // Everything, or the parts that are named.
    let named: Vec<String> = env::args().skip(1).collect();
    let parts = ["start", "accounts", "memory", "sizes", "trips", "logins"];
    if let Some(unknown) = named.iter().find(|name| !parts.contains(&name.as_str())) {
        bail!("there is no part “{unknown}”; there are {}", parts.join(", "));
    }
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    let mut table = Table::default();
    if wanted("start") {
        start_up(&mut table).await?;
    }
    if wanted("accounts") {
        many_accounts(&mut table).await?;
    }
    if wanted("memory") {
        memory(&mut table)?;
    }
    if wanted("sizes") {
        sizes(&mut table)?;
    }
    if wanted("trips") {
        round_trips(&mut table)?;
    }
    if wanted("logins") {
        logins(&mut table)?;
    }
    table.print();
    Ok(())
}

#[derive(Default)]
struct Table(Vec<[String; 5]>);

impl Table {
    fn ratio(&mut self, what: &str, ours: f64, theirs: f64, unit: &str, limit: f64) {
        let ratio = ours / theirs;
        self.row(
            what,
            format!("{ours:.0} {unit}"),
            format!("{theirs:.0} {unit}"),
            format!("{ratio:.2} ×"),
            format!("{limit} ×"),
        );
    }

    /// Sizes of files, in bytes.
    fn beside(&mut self, what: &str, ours: u64, theirs: Option<u64>, limit: Option<u64>) {
        let nothing = || "—".to_owned();
        let size = |bytes: u64| format!("{} kB", bytes / 1000);
        self.row(
            what,
            size(ours),
            theirs.map_or_else(nothing, size),
            theirs.map_or_else(nothing, |theirs| {
                format!("{:.2} ×", kilobytes(ours) / kilobytes(theirs))
            }),
            limit.map_or_else(nothing, size),
        );
    }

    fn row(&mut self, what: &str, ours: String, theirs: String, ratio: String, limit: String) {
        self.0.push([what.to_owned(), ours, theirs, ratio, limit]);
    }

    fn print(&self) {
        println!("\n| what | LabLink | beside | ratio | at most |\n| --- | ---: | ---: | ---: | ---: |");
        for row in &self.0 {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// A desktop that does nothing to make tests quicker.
fn as_it_comes() -> Plan {
    Plan {
        drawing: Drawing::AsItComes,
        ..Plan::default()
    }
}

/// From nothing to the first screen a person can use, both through the driver, which costs both the same.
async fn start_up(table: &mut Table) -> Result<()> {
    let desktop = Desktop::planned(&as_it_comes())?;
    let (ours, empty) = (built("lablink-desktop")?, built("empty-window")?);
    let (mut our_times, mut empty_times) = (Vec::new(), Vec::new());
    // The first start of each fills the caches and is not counted.
    for round in 0..=STARTS {
        for (program, screen, times) in [
            (&ours, "first-start", &mut our_times),
            (&empty, "empty", &mut empty_times),
        ] {
            let begin = Instant::now();
            let window = desktop.open_program(program, &[]).await?;
            window.screen(screen).await?;
            let took = begin.elapsed();
            window.close().await?;
            if round > 0 {
                times.push(took);
            }
        }
    }
    let (ours, empty) = (middle(our_times)?, middle(empty_times)?);
    table.ratio(
        "start to first usable screen",
        millis(ours),
        millis(empty),
        "ms",
        1.25,
    );
    Ok(())
}

/// From nothing to a list that can be used, with a thousand accounts beside ten.
async fn many_accounts(table: &mut Table) -> Result<()> {
    let simulator = Simulator::start()?;
    let desktop = Desktop::planned(&as_it_comes())?;
    let token = simulator.token_of("ada")?.to_owned();
    let [few, many] = FEW_AND_MANY;
    let mut linked = 0;
    let mut times = Vec::new();
    for wanted in [few, many] {
        while linked < wanted {
            desktop.link(simulator.address(), &format!("Account {linked}"), &token)?;
            linked += 1;
        }
        let mut starts = Vec::new();
        for round in 0..=STARTS {
            let begin = Instant::now();
            let window = desktop.open().await?;
            window.screen("accounts").await?;
            window.see_account("Account 0", "linked").await?;
            let took = begin.elapsed();
            window.close().await?;
            if round > 0 {
                starts.push(took);
            }
        }
        times.push(middle(starts)?);
    }
    if let [few, many] = times[..] {
        table.ratio(
            "start to a usable list of 1,000 accounts, beside 10",
            millis(many),
            millis(few),
            "ms",
            1.5,
        );
    }
    Ok(())
}

fn middle(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .copied()
        .context("nothing was measured")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What stays in memory when the window is closed and the tray icon is all there is, and how often that wakes.
fn memory(table: &mut Table) -> Result<()> {
    let ours = tray_only("lablink-desktop", &[], "LabLink")?;
    let empty = tray_only("empty-window", &["--tray"], "Empty window")?;
    table.ratio(
        "memory, tray only",
        kilobytes(ours.memory),
        kilobytes(empty.memory),
        "kB",
        1.15,
    );
    table.row(
        "wakes a minute, tray only and idle (context switches of all threads)",
        ours.wakes.to_string(),
        empty.wakes.to_string(),
        "—".to_owned(),
        format!("{WAKES} more"),
    );
    Ok(())
}

/// A program whose window is closed.
struct TrayOnly {
    /// In bytes.
    memory: u64,
    /// Context switches a minute.
    wakes: u64,
}

#[expect(clippy::cast_precision_loss, reason = "sizes here are far below 2^53")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}

fn tray_only(name: &str, arguments: &[&str], title: &str) -> Result<TrayOnly> {
    let desktop = Desktop::planned(&Plan {
        tray: true,
        ..as_it_comes()
    })?;
    let running = desktop.launch(name, arguments)?;
    let window = until("the window", || Ok(desktop.windows(title)?.first().copied()))?;
    desktop.tray()?.entry("Quit")?;
    let web = |desktop: &Desktop| -> Result<usize> {
        let all = desktop.processes()?;
        Ok(all
            .iter()
            .filter(|(_, program)| program.ends_with("WebKitWebProcess"))
            .count())
    };
    until("the web view", || Ok((web(&desktop)? > 0).then_some(())))?;
    desktop.close(window)?;
    until("the web view to end", || Ok((web(&desktop)? == 0).then_some(())))?;
    let program = built(name)?;
    let mut memory = 0;
    for (id, path) in desktop.processes()? {
        if path == program || path.to_string_lossy().contains("WebKit") && !path.ends_with("WebKitWebDriver")
        {
            memory += proportional(id)?;
        }
    }
    thread::sleep(SETTLES);
    let before = switches(running.id())?;
    thread::sleep(WATCHED);
    // A thread that ended meanwhile takes its count with it.
    let woke = switches(running.id())?.into_iter().map(|(thread, after)| {
        let before = before.get(&thread).copied().unwrap_or_default();
        after.saturating_sub(before)
    });
    let wakes = woke.sum::<u64>() * 60 / WATCHED.as_secs();
    Ok(TrayOnly { memory, wakes })
}

/// How often each thread of a process has been given a processor because it woke.
fn switches(id: u32) -> Result<HashMap<OsString, u64>> {
    let mut all = HashMap::new();
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        let thread = thread?;
        let text = fs::read_to_string(thread.path().join("status"))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .context("no context switches")?;
        all.insert(thread.file_name(), line.trim().parse::<u64>()?);
    }
    Ok(all)
}

/// A process's share of memory in bytes: what it has alone, and its part of what it shares.
fn proportional(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .context("no Pss")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Programs as shipped, and the UI as the browser would load it.
fn sizes(table: &mut Table) -> Result<()> {
    let size = |path: &Path| -> Result<u64> {
        Ok(fs::metadata(path)
            .with_context(|| format!("no {}", path.display()))?
            .len())
    };
    table.beside(
        "app executable, an empty window's",
        size(&built("lablink-desktop")?)?,
        Some(size(&built("empty-window")?)?),
        None,
    );
    let peer = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("git-credential-oauth"))
        .find(|path| path.is_file());
    table.beside(
        "command line and helper's executable, git-credential-oauth's",
        size(&built("lablink")?)?,
        peer.map(|peer| size(&peer)).transpose()?,
        Some(6_000_000),
    );
    let said = Command::new("node")
        .arg(repository().join("ui/scripts/size.mjs"))
        .arg("--json")
        .output()
        .context("node")?;
    let sums: Value = serde_json::from_slice(&said.stdout).context("the sizes of the UI")?;
    let sum = |name: &str| {
        sums.get(name)
            .and_then(Value::as_u64)
            .with_context(|| format!("no size {name}"))
    };
    table.beside(
        "UI bundle for the first screen, gzipped",
        sum("start")?,
        None,
        Some(60_000),
    );
    table.beside("the same with what is fetched later", sum("all")?, None, None);
    Ok(())
}

/// Round trips one after another of a link by token, after discovery: requests that are under way together count once.
fn round_trips(table: &mut Table) -> Result<()> {
    let simulator = Simulator::start()?;
    let keyring = stage::Keyring::unlocked()?;
    let token = simulator.token_of("ada")?.to_owned();
    let arguments = ["link", simulator.address(), "--name", "Work", "--token-stdin"];
    // Twice as slow an answer is twice as long a wait: what a link takes longer when every answer takes a second more
    // is the number of answers it waits for one after another.
    let quick = timed(|| keyring.lablink(&arguments, &token)?.done().map(drop))?;
    keyring.lablink(&["unlink", "Work", "--keep-token"], "")?.done()?;
    simulator.forget_requests()?;
    simulator.fault(json!({ "fault": "slow", "times": 100, "seconds": 1, "path": "/api/v4" }))?;
    let slow = timed(|| keyring.lablink(&arguments, &token)?.done().map(drop))?;
    let credentialed = simulator.requests()?.len();
    let trips = (slow.saturating_sub(quick)).as_secs_f64().round();
    table.row(
        "link by token: answers waited for one after another under /api/v4, discovery included",
        format!("{trips:.0} ({credentialed} requests)"),
        "—".to_owned(),
        "—".to_owned(),
        "1 after discovery".to_owned(),
    );
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

/// App logins of both in turns; then everybody at once asks for the one that is over.
fn logins(table: &mut Table) -> Result<()> {
    let logins = Logins::begin()?;
    let (mut ours, mut theirs, mut stored) = (Vec::new(), Vec::new(), Vec::new());
    // The first of each fills the caches and is not counted.
    for round in 0..=STARTS {
        let (our, their, store) = (logins.lablink()?, logins.peer()?, logins.peer_and_store()?);
        if round > 0 {
            ours.push(our);
            theirs.push(their);
            stored.push(store);
        }
        if round < STARTS {
            logins.unlink()?;
        }
    }
    let ours = millis(middle(ours)?);
    table.ratio(
        "app login, machine's part, beside git-credential-oauth",
        ours,
        millis(middle(theirs)?),
        "ms",
        1.0,
    );
    table.ratio(
        "the same beside git-credential-oauth and secret-tool, which stores what that got",
        ours,
        millis(middle(stored)?),
        "ms",
        1.0,
    );
    let crowd = logins.crowd()?;
    table.row(
        "everybody at once asks for one app login that is over",
        format!(
            "{} answered, {} renewal, {} windows, {:.0} ms",
            crowd.answered,
            crowd.renewals,
            crowd.windows,
            millis(crowd.took)
        ),
        "—".to_owned(),
        "—".to_owned(),
        format!("{ASKERS} answered, 1 renewal, 0 windows"),
    );
    Ok(())
}
