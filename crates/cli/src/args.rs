//! The words of the command line (design §6), for clap: what can be said, and the help that says it. Decides nothing.
#![expect(clippy::doc_markdown, reason = "the comments here are the help people read")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// What the help and the man page of `lablink` end with.
const AFTER: &str = "\
Exit status: 0 done; 1 refused: an answer came and it will not do; 2 wrong usage; 3 a person is needed; \
4 no usable answer; 5 keychain; 130 interrupted.

Environment: LABLINK_HOME, an absolute folder, moves everything LabLink keeps. NO_COLOR turns colour off. \
HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured.

Secrets are read from standard input or asked for on the terminal, never taken as an argument.";

/// Links GitLab accounts on this computer.
///
/// Keeps each account's token in the system's keychain, and says when one needs attention.
#[derive(Debug, Parser)]
#[command(name = "lablink", bin_name = "lablink", version, max_term_width = 100, after_long_help = AFTER)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Answer with one JSON object on standard output, errors too
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Say nothing but what was asked for, and errors
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub quiet: bool,
    /// Read the encrypted file's passphrase from the first line of standard input
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub passphrase_stdin: bool,
}

/// One command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Link a GitLab account
    Link(Link),
    /// List the linked accounts
    Accounts,
    /// Show one account
    ///
    /// With --json: "accounts" holds the one account as "lablink accounts" has it, "account" is the same by itself, and
    /// "details" has token (id, name, created_at, last_used_at), application_id, renews_by_itself, renews_at, wanted,
    /// missing and wider (scopes), git and registry (can: pull_and_push, pull_only, nothing, never or unknown; missing:
    /// scopes), linked_at, default_on_instance, and events (as in "lablink log", the newest 20).
    Show(Named),
    /// Check now whether GitLab still accepts the accounts' tokens
    Check(Check),
    /// Link an account again: sign in again, or take another access token
    Relink(Relink),
    /// Put a new token in the place of an account's access token (GitLab 16.10 or newer)
    ///
    /// GitLab gives the new token and ends the old one in the same moment, so other programs that use the old one stop
    /// working. The new token has the same name and permissions, and lives as long as the old one was to live unless
    /// --expires says otherwise. The token needs the scope api or self_rotate. If GitLab's answer is lost on the way,
    /// the token is never rotated again: LabLink says so, and the account is linked again.
    Rotate(Rotate),
    /// Change what an account that is linked by app login may do
    Permissions(Permissions),
    /// Give an account another display name
    Rename(Rename),
    /// Revoke an account's token at GitLab, prove it dead, and forget the account
    ///
    /// Where GitLab does not answer the account stays, unless --revoke-later says that it may go at once: then its token
    /// stays in the keychain until it is revoked, by the app in the background, or by the next "lablink check" or
    /// "lablink unlink".
    Unlink(Unlink),
    /// The GitLabs known on this computer
    #[command(subcommand)]
    Instance(Instance),
    /// What a colleague needs to link with two inputs
    #[command(subcommand)]
    Profile(Profile),
    /// Hand an account's token to a program, alone on standard output
    Token(Token),
    /// Find out what keeps a link from working
    Doctor(Doctor),
    /// Show what happened to the accounts
    ///
    /// Newest first, at most 1000 entries. LabLink keeps the newest 10,000, for 400 days. What a program asks for again
    /// within an hour, and a login that renews itself within a day, is counted into one entry. Nothing secret is in it.
    ///
    /// With --json: "log" is a list of objects with the keys at (when, or when first), account (its display name then),
    /// what, detail (state, name, program or address), address (for which address a token was given or refused, without
    /// user name and query), times, last_at. What is one of linked, relinked, renamed, renewed, rotated, permitted,
    /// health_changed, token_given, token_refused, unlinked,
    /// revocation_waits, revocation_ended, old_left_alive; more may come.
    Log(Log),
    /// Where the secrets are kept
    #[command(subcommand)]
    Keychain(Keychain),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Write the man pages
    #[command(hide = true)]
    Man(Man),
}

/// `link`
#[derive(Debug, Args)]
pub struct Link {
    /// The GitLab's address; any page of it will do
    #[arg(value_name = "URL")]
    pub url: String,
    /// Display name of the account [default: the GitLab's host]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Link with an access token, read from standard input, instead of signing in
    #[arg(long, conflicts_with_all = ["no_browser", "device", "client_id", "client_secret_stdin"])]
    pub token_stdin: bool,
    /// What the account must be allowed to do [default: api read_repository write_repository]
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// Where somebody signs in.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// As which application.
    #[command(flatten)]
    pub application: Application,
    /// How the GitLab is reached.
    #[command(flatten)]
    pub reach: Reach,
}

/// Where somebody signs in: in the browser, unless something else is said.
#[derive(Debug, Args)]
pub struct SignIn {
    /// Print the address to sign in at, instead of opening the browser
    #[arg(long, conflicts_with = "device")]
    pub no_browser: bool,
    /// Sign in with a code, typed on this or another device (GitLab 17.2 or newer)
    #[arg(long)]
    pub device: bool,
}

/// The application somebody signs in with: the one known for the GitLab, unless another one is given.
#[derive(Debug, Args)]
pub struct Application {
    /// Application ID of the app registration to sign in with; kept once a sign-in with it worked
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Read the application's secret from standard input; for a confidential application
    #[arg(long, requires = "client_id")]
    pub client_secret_stdin: bool,
}

/// How a GitLab is reached and trusted.
#[derive(Debug, Args)]
pub struct Reach {
    /// Certificate authorities (PEM) to trust for this GitLab, besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Accept plain http, where anyone on the way can read the token
    #[arg(long)]
    pub allow_http: bool,
}

/// A command about one account.
#[derive(Debug, Args)]
pub struct Named {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// Display names of the accounts [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// `relink`
#[derive(Debug, Args)]
pub struct Relink {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Take an access token, read from standard input, instead of signing in
    #[arg(long, conflicts_with_all = ["no_browser", "device", "client_id", "client_secret_stdin"])]
    pub token_stdin: bool,
    /// What the account must be allowed to do from now on [default: what it was linked for]
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// Take this GitLab user in the place of the account's own
    #[arg(long, value_name = "USERNAME")]
    pub other_user: Option<String>,
    /// Also revoke the access token the account had, if it still lives
    ///
    /// An app login that gives way is always taken back. With --json: "replaced" is a list of what gave way, objects with
    /// the keys method (token or app), end (revoked; later: GitLab did not answer, LabLink asks again; left_alive: GitLab
    /// refused, revoke it there) and why (an error's code).
    #[arg(long)]
    pub revoke_old: bool,
    /// Where somebody signs in.
    #[command(flatten)]
    pub sign_in: SignIn,
    /// As which application.
    #[command(flatten)]
    pub application: Application,
}

/// `rotate`
#[derive(Debug, Args)]
pub struct Rotate {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// First day the new token is not to work any more, as YYYY-MM-DD [default: it lives as long as the old one]
    #[arg(long, value_name = "DATE", conflicts_with = "automatically")]
    pub expires: Option<String>,
    /// Rotate nothing now; say whether the LabLink app is to do it by itself, about 30 days before a token ends
    #[arg(long, value_name = "on|off", value_enum)]
    pub automatically: Option<Switch>,
}

/// Whether something is done by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// `permissions`
#[derive(Debug, Args)]
pub struct Permissions {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// All the account is to be allowed from now on
    #[arg(long, value_name = "SCOPES")]
    pub scopes: String,
    /// Where somebody signs in.
    #[command(flatten)]
    pub sign_in: SignIn,
}

/// `rename`
#[derive(Debug, Args)]
pub struct Rename {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Its new display name
    #[arg(value_name = "NEW")]
    pub new: String,
}

/// `unlink`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags, each for itself")]
pub struct Unlink {
    /// The account's display name
    #[arg(value_name = "NAME", required_unless_present = "pending")]
    pub name: Option<String>,
    /// Leave the token alive at GitLab
    #[arg(long)]
    pub keep_token: bool,
    /// Forget the account on this computer without asking GitLab
    #[arg(long)]
    pub here_only: bool,
    /// Forget the account now, and revoke its token as soon as GitLab answers
    #[arg(long, conflicts_with_all = ["keep_token", "here_only"])]
    pub revoke_later: bool,
    /// List the tokens that wait to be revoked; with NAME try that one now, and with --keep-token too, give it up
    #[arg(long, conflicts_with_all = ["here_only", "revoke_later"])]
    pub pending: bool,
}

/// `instance …`
#[derive(Debug, Subcommand)]
pub enum Instance {
    /// List the GitLabs known here
    List,
    /// Add a GitLab
    Add(InstanceAdd),
    /// Change what is known about a GitLab
    Set(InstanceSet),
    /// Remove a GitLab no account is linked to
    Remove(InstanceRemove),
}

/// `instance add`
#[derive(Debug, Args)]
pub struct InstanceAdd {
    /// The GitLab's address; any page of it will do
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Application ID of the app registration to sign in with there
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Ask no server
    #[arg(long)]
    pub offline: bool,
    /// How the GitLab is reached.
    #[command(flatten)]
    pub reach: Reach,
}

/// `instance set`
#[derive(Debug, Args)]
pub struct InstanceSet {
    /// The GitLab's address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// Application ID of the app registration to sign in with there
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// What the app login asks to be allowed to do
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// How the GitLab is reached; with --ca instead of the authorities trusted so far.
    #[command(flatten)]
    pub reach: Reach,
}

/// `profile …`
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Say what a colleague needs to link to a GitLab known here; it holds no secret
    Export(ProfileExport),
    /// Take a profile somebody made
    Import(ProfileImport),
}

/// `profile export`
#[derive(Debug, Args)]
pub struct ProfileExport {
    /// The GitLab's address
    #[arg(value_name = "URL")]
    pub url: String,
    /// Write it to a file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print it as a lablink:// link
    #[arg(long, conflicts_with = "out")]
    pub link: bool,
}

/// `profile import`
#[derive(Debug, Args)]
pub struct ProfileImport {
    /// The profile's file, or its lablink:// link
    #[arg(value_name = "FILE-or-LINK")]
    pub profile: String,
    /// Change what is known about the GitLab, where the profile says otherwise
    #[arg(long)]
    pub replace: bool,
}

/// `token`
#[derive(Debug, Args)]
pub struct Token {
    /// The account's display name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The program that asks, for the log
    #[arg(long = "for", value_name = "PROGRAM")]
    pub program: String,
    /// Also show it on a terminal
    #[arg(long)]
    pub show: bool,
}

/// `instance remove`
#[derive(Debug, Args)]
pub struct InstanceRemove {
    /// The GitLab's address
    #[arg(value_name = "ADDRESS")]
    pub address: String,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Look at this GitLab only
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// If LabLink's list of accounts is damaged: put the file aside, take over what can be read of it, and go on
    #[arg(long)]
    pub put_aside: bool,
}

/// `log`
#[derive(Debug, Args)]
pub struct Log {
    /// Display name of the account [default: all]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// `keychain …`
#[derive(Debug, Subcommand)]
pub enum Keychain {
    /// Say where secrets are kept, and whether that place can be used now
    Status,
    /// Keep secrets in the system's keychain
    UseSystem,
    /// Keep secrets in a file encrypted with a passphrase
    UseFile,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// The folder to write to; made when it is missing
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_words_fit_together() {
        super::Cli::command().debug_assert();
    }
}
