//! `git-credential-lablink`: git's credential protocol (git-credential(1), gitcredentials(7)). Answers for the addresses
//! of linked accounts, and for nothing else in the world.
//!
//! What is not ours is met with silence, so that git goes on to ask whoever it likes. What is ours and cannot be
//! answered is one line on standard error, and nothing else. Never asks anybody anything.

mod description;

use links::{Account, Asked, Home, Links, Opened, Question, Setup, Stay, Token, Who, who};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::redact::redact;
use crate::runtime;
use crate::secret_output::{Around, Kept, hand_out};
use crate::terminal::{Output, escape};
use crate::text::unwritten;
use crate::{Invocation, commands::quoted};
use description::Description;

/// The name the program is called by.
pub(crate) const NAME: &str = "git-credential-lablink";

/// Who asks, for the ledger.
const PROGRAM: &str = "git";

/// Runs the helper to its end.
pub(crate) fn run(invocation: Invocation<'_>) -> ExitStatus {
    let Invocation {
        args,
        stdin,
        mut stdout,
        mut stderr,
    } = invocation;
    let outcome = match args.get(1).and_then(|action| action.to_str()) {
        None => Err(Failure::usage(
            "git calls this program by itself, with what it wants done.",
            "Try: git config --global credential.helper lablink",
        )),
        Some("capability") => write(&mut stdout, "version 0\n"),
        Some("get") => {
            Description::read(stdin.reader()).and_then(|asked| get(&asked, &mut stdout, &mut stderr))
        }
        // What git was told by others is theirs to keep, and what was told by us is kept already; what git tells is
        // read all the same, since it wants to be rid of it. Whatever it is: it is no question.
        Some("store") => {
            drop(Description::read(stdin.reader()));
            Ok(())
        }
        Some("erase") => Description::read(stdin.reader()).and_then(|refused| erase(&refused)),
        // gitcredentials(7): “If a helper receives any other operation, it should silently ignore the request.”
        Some(_) => Ok(()),
    };
    match outcome {
        Ok(()) => ExitStatus::Done,
        Err(failure) => {
            say(&mut stderr, &format!("{} {}", failure.message(), failure.hint()));
            failure.status()
        }
    }
}

/// One line on standard error, fit for a terminal.
fn say(stderr: &mut Output<'_>, line: &str) {
    let line = format!("lablink: {}", line.replace('\n', " "));
    // Nobody listening changes nothing.
    let _ = stderr.write(&format!("{}\n", redact(&escape(&line))));
}

fn get(asked: &Description, stdout: &mut Output<'_>, stderr: &mut Output<'_>) -> Result<(), Failure> {
    let Some(question) = asked.question() else {
        return Ok(());
    };
    with_links(async |links| {
        let accounts = links.accounts()?;
        let who = who(&question, &accounts);
        if !matches!(who, Who::Nobody) {
            asked.must_be_text()?;
        }
        let (account, echoed) = match who {
            Who::Nobody => return Ok(()),
            Who::Account { account, username } => (account, username),
            Who::NoSuchUser { asked, among } => return Err(no_such_user(asked, &among)),
            Who::PathUntold { among } => return Err(path_untold(&among)),
        };
        let program = asks_for(&question).ok_or_else(|| Failure::new("internal", ExitStatus::Refused))?;
        let given = links
            .access_token(&account.id, &program)
            .await
            .map_err(|problem| {
                let failure = Failure::on(&problem, account).of_account(&account.name);
                match problem.code() {
                    // git has its own questions on standard input.
                    "keychain_needs_passphrase" => failure.hinting(
                        "git cannot be asked for it. Keep the secret in the system's keychain to use it with git: \
                         lablink keychain use-system, then link the account again.",
                    ),
                    _ => failure,
                }
            })?;
        let before = format!("username={}\npassword=", echoed.unwrap_or(&given.username));
        let after = match given.expires {
            Some(at) => format!("\npassword_expiry_utc={}\n", at.as_second()),
            None => "\n".to_owned(),
        };
        let around = Around {
            before: &before,
            after: &after,
            json: false,
        };
        hand_out(stdout, &given.token, around, false).map_err(|kept| match kept {
            Kept::Terminal => Failure::new("token_to_terminal", ExitStatus::Usage),
            Kept::Output(_) => Failure::new("output_failed", ExitStatus::Refused),
        })?;
        if let Some(problem) = &given.unwritten {
            say(stderr, &unwritten(problem));
        }
        Ok(())
    })
}

/// git says that GitLab refused what it was given. Where that is the account's own token, this is noted and GitLab is
/// asked, so that a dead one is not given again and everybody sees what is wrong; the account and its token stay.
fn erase(refused: &Description) -> Result<(), Failure> {
    let (Some(question), Some(token)) = (
        refused.question(),
        refused.password().and_then(|text| Token::read(text).ok()),
    ) else {
        return Ok(());
    };
    with_links(async |links| {
        let accounts = links.accounts()?;
        if let (Who::Account { account, .. }, Some(program)) =
            (who(&question, &accounts), asks_for(&question))
        {
            // A keychain or a server that does not answer now is no news to git.
            if let Ok(true) = links.token_refused(&account.id, &program, &token).await {
                let _ = Box::pin(links.check(&account.id)).await;
            }
        }
        Ok(())
    })
}

/// git, and the address it asks for, fit to be written down: whoever put a token into an address finds it nowhere.
fn asks_for(question: &Question) -> Option<Asked> {
    Some(Asked::by(PROGRAM)?.about(&redact(&question.address())))
}

/// Opens the installation and works on it, if there is one: a helper that was never asked for leaves nothing behind.
fn with_links(work: impl AsyncFnOnce(Links) -> Result<(), Failure>) -> Result<(), Failure> {
    let home = Home::from_environment()?;
    // A place that cannot be looked into is no place where nothing was ever kept.
    match home.database().try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(_) => return Err(Failure::new("home_unusable", ExitStatus::Usage)),
    }
    let runtime = runtime::begin()?;
    let outcome = runtime.block_on(async {
        let setup = Setup {
            stay: Stay::Short,
            ..Setup::new(home)
        };
        let Opened { links, .. } = Box::pin(Links::open(setup)).await?;
        Box::pin(work(links)).await
    });
    // A keychain that hangs must not keep git waiting.
    runtime.shutdown_background();
    outcome
}

fn write(output: &mut Output<'_>, text: &str) -> Result<(), Failure> {
    output
        .write(text)
        .map_err(|_| Failure::new("output_failed", ExitStatus::Refused))
}

fn names(accounts: &[&Account]) -> String {
    let names: Vec<String> = accounts.iter().map(|account| quoted(&account.name)).collect();
    names.join(", ")
}

fn no_such_user(asked: &str, among: &[&Account]) -> Failure {
    let place = among
        .first()
        .map(|account| account.instance.label())
        .unwrap_or_default();
    Failure::unanswered(
        &format!(
            "No account on {} is of the user {}; linked are {}.",
            escape(&place),
            quoted(asked),
            names(among)
        ),
        "Put the right user name into the repository's address, or none.",
    )
}

fn path_untold(among: &[&Account]) -> Failure {
    let Some(base) = among.first().map(|account| &account.instance) else {
        return Failure::new("internal", ExitStatus::Refused);
    };
    let origin = base.as_str().strip_suffix(base.path()).unwrap_or(base.as_str());
    Failure::unanswered(
        &format!(
            "{} may be used within {} only, and git did not say for which path it asks.",
            names(among),
            escape(base.as_str())
        ),
        &format!("Let git say it: git config --global credential.{origin}.useHttpPath true"),
    )
}
