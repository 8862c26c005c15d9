//! The command line: `lablink` and `git-credential-lablink`, as a function of arguments, standard input and two outputs.
//! Which of them it is, the name says it was called by.
//!
//! What lives here: the words of the command line ([`args`]), one file a command ([`commands`]), the one place for what
//! problems say to people ([`text`]), the JSON shapes ([`json`]), and the gates everything passes: secrets come in by
//! [`secret_input`] alone and go out by [`secret_output`] alone, text goes out by [`console`] and [`terminal`] alone.
//!
//! What it may touch: standard input, standard output, standard error, the terminal, files named by arguments. All
//! else is links' to touch. No GUI library is in its tree.

pub mod args;
pub mod commands;
pub mod console;
pub mod exit;
pub mod failure;
mod git_helper;
pub mod health;
pub mod json;
pub mod process;
pub mod redact;
mod runtime;
pub mod secret_input;
pub mod secret_output;
pub mod terminal;
pub mod text;
pub mod usage;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind;
use links::{Home, Links, Opened, Policy, Recovered, Setup};

use crate::args::{Cli, Command};
use crate::console::{Answer, Console};
pub use crate::exit::ExitStatus;
use crate::failure::Failure;
pub use crate::secret_input::Input;
use crate::secret_input::Secrets;
pub use crate::terminal::Output;

/// How long the end of an interrupted sign-in is waited for, and how often it is looked at.
const GRACE: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(20);

/// One call of a program: everything it may read from and write to.
pub struct Invocation<'a> {
    /// The arguments; the first is the name the program was called by.
    pub args: Vec<OsString>,
    /// Where secrets come from.
    pub stdin: Input<'a>,
    /// Where the answer goes.
    pub stdout: Output<'a>,
    /// Where errors go, unless JSON was asked for.
    pub stderr: Output<'a>,
}

/// Runs the program to its end.
#[must_use]
pub fn run(invocation: Invocation<'_>) -> ExitStatus {
    let called = invocation.args.first().map(Path::new).and_then(Path::file_stem);
    if called.is_some_and(|name| name == git_helper::NAME) {
        return git_helper::run(invocation);
    }
    let Invocation {
        args,
        mut stdin,
        stdout,
        stderr,
    } = invocation;
    match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let mut console = Console::new(stdout, stderr, cli.global.json, cli.global.quiet);
            let outcome = perform(cli, &mut stdin, &mut console);
            console.end(outcome)
        }
        Err(error) => {
            let words: Vec<String> = args
                .iter()
                .map(|arg| arg.to_string_lossy().into_owned())
                .collect();
            let json = words
                .iter()
                .take_while(|word| *word != "--")
                .any(|word| word == "--json");
            let mut console = Console::new(stdout, stderr, json, false);
            match error.kind() {
                ErrorKind::DisplayHelp => console.plain("help", &error.render().to_string()),
                ErrorKind::DisplayVersion if json => console.plain("version", env!("CARGO_PKG_VERSION")),
                ErrorKind::DisplayVersion => console.plain("version", &error.render().to_string()),
                _ => console.end(Err(usage::misunderstood(&error, &words))),
            }
        }
    }
}

fn perform(cli: Cli, stdin: &mut Input<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::Completions(args) => Ok(commands::completions::run(&args)),
        Command::Man(args) => commands::man::run(&args),
        command => {
            commands::refuse_early(&command)?;
            // Before anything is started: until then Ctrl-C simply ends the program.
            let secrets = stdin.secrets(commands::wanted(&command, global.passphrase_stdin))?;
            let runtime = runtime::begin()?;
            let signs_in = commands::signs_in(&command);
            let outcome = runtime.block_on(async {
                tokio::select! {
                    outcome = Box::pin(with_links(command, secrets, stdin.person(), console)) => outcome,
                    // No answer from signals means no Ctrl-C: wait for the work.
                    Ok(()) = tokio::signal::ctrl_c() => Err(Failure::new("interrupted", ExitStatus::Interrupted)),
                }
            });
            if signs_in && outcome.is_err() {
                runtime.block_on(given_back());
            }
            // A keychain that hangs must not keep the program from ending.
            runtime.shutdown_background();
            outcome
        }
    }
}

/// Lets what is still under way for a sign-in that will not be kept come to its end, for a moment: tokens that came
/// meanwhile go back to GitLab. A second Ctrl-C ends it at once.
async fn given_back() {
    let under_way = async {
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(GRACE, under_way) => {}
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

async fn with_links(
    command: Command,
    mut secrets: Secrets,
    person: bool,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let home = Home::from_environment()?;
    if matches!(&command, Command::Doctor(args) if args.put_aside) {
        console.note(&commands::doctor::put_aside(&home)?);
    }
    let setup = Setup {
        stay: commands::stay(&command),
        ..Setup::new(home)
    };
    let Opened { links, recovered } = Links::open(setup).await?;
    tell(&recovered, console);
    if let Policy::Broken { .. } = links.policy() {
        console.note("The policy file of this computer cannot be used; see: lablink doctor");
    }
    if commands::opens_secrets(&command) {
        match commands::keychain::open(&links, secrets.passphrase.take(), person).await {
            // What waited for the passphrase can be put right now.
            Ok(true) => tell(&links.recover().await?, console),
            Ok(false) => {}
            // It is what they are asked about.
            Err(failure)
                if failure.code() == "keychain_file_damaged" && commands::tells_of_keychain(&command) => {}
            Err(failure) => return Err(failure),
        }
    }
    commands::run(command, &links, secrets, person, console).await
}

/// Says what the start put right.
fn tell(recovered: &[Recovered], console: &mut Console<'_>) {
    for one in recovered {
        console.note(&commands::recovered(one));
    }
}
