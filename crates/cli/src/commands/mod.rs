//! One file a command: from its arguments to its answer. They touch what links lets them touch, and the console.

pub mod accounts;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod instance;
pub mod keychain;
pub mod link;
pub mod log;
mod login;
pub mod man;
mod pending;
pub mod profile;
mod relink;
pub mod rename;
mod rotate;
pub mod show;
pub mod token;
pub mod unlink;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use links::{Account, Authority, Links, Recovered, RecoveredWhat, Stay, Waiting, offline_base};

use crate::args::{Command, Instance, Keychain, Reach};
use crate::console::{Answer, Console};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::redact::looks_secret;
use crate::secret_input::{Secrets, Wanted};
use crate::terminal::escape;
use crate::usage::exposed;

/// The most that is read of a file of certificate authorities, in bytes; a system's whole bundle has a quarter of it.
const CA_LIMIT: u64 = 1024 * 1024;

/// What can be refused before anything is read or opened.
pub fn refuse_early(command: &Command) -> Result<(), Failure> {
    let kept = match command {
        Command::Link(args) => {
            link::refuse_early(args)?;
            [args.name.as_deref(), args.application.client_id.as_deref()]
        }
        Command::Relink(args) => {
            relink::refuse_early(args)?;
            [args.other_user.as_deref(), args.application.client_id.as_deref()]
        }
        Command::Permissions(args) => {
            link::scopes(&args.scopes)?;
            [None, None]
        }
        Command::Rotate(args) => {
            rotate::refuse_early(args)?;
            [None, None]
        }
        Command::Rename(args) => [Some(args.new.as_str()), None],
        Command::Unlink(args) => {
            pending::refuse_early(args)?;
            [None, None]
        }
        Command::Token(args) => {
            token::refuse_early(args)?;
            [Some(args.program.as_str()), None]
        }
        Command::Instance(Instance::Add(args)) => [args.client_id.as_deref(), None],
        Command::Instance(Instance::Set(args)) => [args.client_id.as_deref(), None],
        _ => [None, None],
    };
    // These are kept and shown; a secret given as one would be too.
    if kept.into_iter().flatten().any(looks_secret) {
        Err(exposed())
    } else {
        Ok(())
    }
}

/// Which secrets a command takes.
#[must_use]
pub fn wanted(command: &Command, passphrase_stdin: bool) -> Wanted {
    let new_passphrase = matches!(command, Command::Keychain(Keychain::UseFile));
    let (token, application_secret) = match command {
        Command::Link(args) => (args.token_stdin, args.application.client_secret_stdin),
        Command::Relink(args) => (args.token_stdin, args.application.client_secret_stdin),
        _ => (false, false),
    };
    let passphrase_stdin = passphrase_stdin && (new_passphrase || opens_secrets(command));
    Wanted {
        token,
        application_secret,
        passphrase_stdin,
        new_passphrase,
    }
}

/// Whether somebody signs in: then more may be under way at GitLab than an interrupted command knows of.
#[must_use]
pub fn signs_in(command: &Command) -> bool {
    match command {
        Command::Link(args) => !args.token_stdin,
        Command::Relink(args) => !args.token_stdin,
        Command::Permissions(_) => true,
        _ => false,
    }
}

/// How long a command stays at the database.
#[must_use]
pub fn stay(command: &Command) -> Stay {
    match command {
        Command::Token(_) => Stay::Short,
        _ => Stay::Long,
    }
}

/// Whether a command reads or writes secrets; the others leave the keychain alone.
#[must_use]
pub fn opens_secrets(command: &Command) -> bool {
    if let Command::Unlink(args) = command {
        // What waits is listed without them.
        return !args.pending || args.name.is_some();
    }
    matches!(
        command,
        Command::Link(_)
            | Command::Relink(_)
            | Command::Permissions(_)
            | Command::Rotate(_)
            | Command::Check(_)
            | Command::Token(_)
            | Command::Doctor(_)
            | Command::Keychain(Keychain::Status)
            | Command::Instance(Instance::Remove(_))
    )
}

/// Whether a command tells how the keychain is, whatever is wrong with it.
#[must_use]
pub fn tells_of_keychain(command: &Command) -> bool {
    matches!(command, Command::Doctor(_) | Command::Keychain(Keychain::Status))
}

/// Does what was asked. `person`: somebody sits at the terminal.
pub async fn run(
    command: Command,
    links: &Links,
    secrets: Secrets,
    person: bool,
    console: &mut Console<'_>,
) -> Result<Answer, Failure> {
    let paint = console.paint();
    match command {
        Command::Link(args) => link::run(links, args, secrets, person, console).await,
        Command::Relink(args) => relink::relink(links, args, secrets, console).await,
        Command::Permissions(args) => relink::permissions(links, &args, console).await,
        Command::Rotate(args) => rotate::run(links, &args, paint).await,
        Command::Accounts => accounts::run(links, paint),
        Command::Show(args) => show::run(links, &args, paint),
        Command::Check(args) => {
            let answer = check::run(links, &args, paint).await?;
            if args.names.is_empty() {
                pending::catch_up(links, Waiting::All, console).await?;
            }
            Ok(answer)
        }
        Command::Rename(args) => rename::run(links, &args),
        Command::Unlink(args) if args.pending => pending::run(links, &args).await,
        Command::Unlink(args) => {
            let answer = unlink::run(links, &args, console).await?;
            pending::catch_up(links, Waiting::Due, console).await?;
            Ok(answer)
        }
        Command::Instance(args) => instance::run(links, args, paint).await,
        Command::Profile(args) => profile::run(links, &args, paint),
        Command::Token(args) => token::run(links, &args, console).await,
        Command::Doctor(args) => doctor::run(links, &args, paint).await,
        Command::Log(args) => log::run(links, &args, paint),
        Command::Keychain(args) => keychain::run(links, &args, secrets.passphrase).await,
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Man(args) => man::run(&args),
    }
}

/// The authorities in the file of `--ca`; none without it.
pub(crate) fn authorities(reach: &Reach) -> Result<Vec<Authority>, Failure> {
    let Some(path) = &reach.ca else {
        return Ok(Vec::new());
    };
    let file = || ("file", path.display().to_string());
    let pem = read(path).ok_or_else(|| Failure::about("ca_file_unreadable", ExitStatus::Usage, file()))?;
    Authority::from_pem(&pem)
        .ok()
        .filter(|authorities| !authorities.is_empty())
        .ok_or_else(|| Failure::about("authority_invalid", ExitStatus::Usage, file()))
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(CA_LIMIT)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// A display name between quotation marks, fit for a terminal.
pub(crate) fn quoted(name: &str) -> String {
    format!("“{}”", escape(name))
}

/// A pasted address as people say it; empty for what is none.
pub(crate) fn place_of(pasted: &str) -> String {
    offline_base(pasted).map(|base| base.label()).unwrap_or_default()
}

/// The instance as people say it: without `https://`, which goes without saying.
pub(crate) fn place(account: &Account) -> String {
    if account.plain_http {
        account.instance.as_str().to_owned()
    } else {
        account.instance.label()
    }
}

/// What the start of this program put in order after another one was killed.
#[must_use]
pub fn recovered(one: &Recovered) -> String {
    let name = quoted(&one.name);
    match one.what {
        RecoveredWhat::LinkUndone => format!("Linking {name} had been interrupted; nothing of it was kept."),
        RecoveredWhat::LinkFinished => format!("Linking {name} had been interrupted; it is finished now."),
        RecoveredWhat::UnlinkFinished => {
            format!("Unlinking {name} had been interrupted; it is finished now.")
        }
        RecoveredWhat::UnlinkUndone => {
            format!("Unlinking {name} had been interrupted; the account is still linked.")
        }
        RecoveredWhat::RelinkUndone => {
            format!("Linking {name} again had been interrupted; the account is as it was.")
        }
        RecoveredWhat::RelinkFinished => {
            format!("Linking {name} again had been interrupted; it is finished now.")
        }
    }
}
