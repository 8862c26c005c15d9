//! Handing out an account's token to a program of this person's: the one way a token leaves this crate. Every time is
//! written in the ledger, or told that it cannot be.

use gitlab::{Refusal, Token};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use vault::VaultError;

use crate::account::{AccountId, Method};
use crate::links::Links;
use crate::problem::{Problem, ProblemCode};
use crate::queue;
use crate::store::accounts::KeptAccount;
use crate::store::cannot_be_written;
use crate::store::ledger::{self, Repeating};

/// The user name for tokens whose user GitLab does not ask for (contract §7.1).
const ANY_USER: &str = "oauth2";

/// The longest name of a program that is kept, in characters.
const PROGRAM_LIMIT: usize = 60;

/// The longest address that is kept, in characters.
const ADDRESS_LIMIT: usize = 300;

/// For how long the same program asking for the same address is one entry of the ledger.
const SAME: SignedDuration = SignedDuration::from_hours(1);

/// How often a keychain that does not answer in time is asked: once may have been a busy moment.
const TRIES: usize = 2;

/// Who asks for a token, and for which address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    program: String,
    address: Option<String>,
}

/// A token, and what goes with it. Has no `Debug`.
pub struct AccessToken {
    /// The user name for HTTP Basic authentication: visible ASCII without spaces.
    pub username: String,
    /// The token.
    pub token: Token,
    /// From when on it does not work; `None`: never, or not told.
    pub expires: Option<Timestamp>,
    /// Why the ledger lacks that it was given, where the database cannot be written now. That is no reason to keep the
    /// token back: whoever asked for it may need it to make room.
    pub unwritten: Option<Problem>,
}

impl Asked {
    /// By a program of this name; `None` where there is no name. What is unsafe to show is escaped, what is too long cut.
    #[must_use]
    pub fn by(program: &str) -> Option<Self> {
        let program = program.trim();
        (!program.is_empty()).then(|| Self {
            program: gitlab::shown_within(program, PROGRAM_LIMIT),
            address: None,
        })
    }

    /// For this address, as [`Question::address`](crate::Question::address) gives it; without one it is the account's GitLab.
    #[must_use]
    pub fn about(self, address: &str) -> Self {
        Self {
            address: Some(gitlab::shown_within(address, ADDRESS_LIMIT)),
            ..self
        }
    }

    fn entry<'a>(&'a self, what: &'a str, account: &'a KeptAccount) -> Repeating<'a> {
        Repeating {
            what,
            detail: Some(&self.program),
            address: Some(self.address.as_deref().unwrap_or(&account.address)),
            within: SAME,
        }
    }

    /// The program's name, as it is kept.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }
}

impl Links {
    /// The account's token for a program. Asks no server but to renew an app login whose time has come: a token that is
    /// known to be dead is refused, of one that may have died meanwhile GitLab will say so itself.
    pub async fn access_token(&self, id: &AccountId, asked: &Asked) -> Result<AccessToken, Problem> {
        let account = self.kept(id)?;
        let now = self.now();
        match account.method {
            Method::Token => {
                if let Some(refusal) = known_dead(&account, account.there(now)) {
                    return Err(refusal.into());
                }
            }
            Method::App => {
                let told = account.facts.failure.map(|failure| failure.code);
                if let Some(code) = told.filter(|code| code.tells_dead()) {
                    return Err(Problem::AsBefore(code));
                }
            }
        }
        let (token, end) = self.patient_token(&account).await?;
        let unwritten = self.note_asked("token_given", &account, asked)?;
        Ok(AccessToken {
            unwritten,
            username: username(&account),
            token,
            expires: match account.method {
                Method::App => end,
                Method::Token => last_day(&account),
            },
        })
    }

    /// The account's token, in line with the other processes that want one now.
    async fn patient_token(&self, account: &KeptAccount) -> Result<(Token, Option<Timestamp>), Problem> {
        let _place = queue::Place::take(self.home()).await;
        let mut tries = 1;
        loop {
            match Box::pin(self.fresh_token(account)).await {
                Err(Problem::Keychain(VaultError::Hung)) if tries < TRIES => tries += 1,
                other => return other,
            }
        }
    }

    /// Notes that GitLab refused the account's token, as a program that was given it says. Answers whether it was this
    /// token; nothing is noted of another one. The account and its token stay.
    pub async fn token_refused(
        &self,
        id: &AccountId,
        asked: &Asked,
        refused: &Token,
    ) -> Result<bool, Problem> {
        let account = self.kept(id)?;
        if self.token_of(&account).await?.expose() != refused.expose() {
            return Ok(false);
        }
        self.note_asked("token_refused", &account, asked)?;
        Ok(true)
    }

    /// git asks for every fetch: what is written down of it costs no wait for the disk. `Some`: it cannot be written down
    /// now.
    fn note_asked(
        &self,
        what: &str,
        account: &KeptAccount,
        asked: &Asked,
    ) -> Result<Option<Problem>, Problem> {
        let (now, entry) = (self.now(), asked.entry(what, account));
        let noted: rusqlite::Result<()> = self
            .store()
            .note(|db| ledger::count(db, now, &account.id, &account.name, &entry));
        match noted {
            Ok(()) => Ok(None),
            Err(error) if cannot_be_written(&error) => Ok(Some(error.into())),
            Err(error) => Err(error.into()),
        }
    }
}

/// Why the token cannot work, where GitLab said so or its last day has passed.
fn known_dead(account: &KeptAccount, now: Timestamp) -> Option<Refusal> {
    let told = account.facts.failure.map(|failure| failure.code);
    match told.filter(|code| code.tells_dead()) {
        Some(ProblemCode::TokenUnknown) => Some(Refusal::Unknown),
        Some(ProblemCode::TokenExpired) => Some(Refusal::Expired),
        Some(ProblemCode::ImpersonationDisabled) => Some(Refusal::ImpersonationDisabled),
        Some(_) => Some(Refusal::Revoked),
        None => last_day(account)
            .filter(|ends| *ends <= now)
            .map(|_| Refusal::Expired),
    }
}

/// When an access token stops working: at the beginning (UTC) of its first day of not working (contract §2.2).
pub(crate) fn last_day(account: &KeptAccount) -> Option<Timestamp> {
    let day = account.facts.expires_on?;
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
}

/// GitLab looks at the token alone, and wants a user name that is not blank (contract §7.1).
fn username(account: &KeptAccount) -> String {
    let own = account.told.username.as_deref().filter(|name| {
        account.method == Method::Token
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
    });
    own.unwrap_or(ANY_USER).to_owned()
}
