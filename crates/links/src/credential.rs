//! The secret record of one account, as it lies in the vault: the only module that turns tokens into text and back.
//!
//! Schema 1 is an access token by itself. Schema 2 is an app login: its tokens, when they end, by which application
//! they were given, and the journal of its renewal. The journal lies in the record itself: writing it proves, right
//! before a refresh token is spent, that the keychain takes what will come back.
//!
//! What a crash leaves of a renewal: before the journal, the old record, nothing happened. Behind it, a record with
//! `under_way`: the refresh token may have been spent or not. Asking once more with it is harmless (quirk 12), and GitLab's
//! answer tells which. Behind the new record: the new one, whole, without a journal.

use std::borrow::Cow;

use gitlab::{Token, TokenSet};
use serde::{Deserialize, Serialize};
use vault::{Key, Secret, VaultError};
use zeroize::{Zeroize as _, Zeroizing};

use crate::account::{AccountId, Method};

/// The forms of a record. A newer one is not guessed at.
const TOKEN: u32 = 1;
const APP: u32 = 2;

/// What an account signs in with. Cannot be printed.
pub(crate) enum Credential {
    /// An access token.
    Token(TokenCredential),
    /// An app login.
    App(Box<AppCredential>),
}

/// An access token with what became of its rotation. Cannot be printed.
pub(crate) struct TokenCredential {
    /// Grows with every rotation, so that a stale copy is told from the current one.
    pub(crate) generation: u64,
    pub(crate) token: Token,
    /// A rotation of this very token was asked for, and its answer is not here.
    pub(crate) asked: Option<RotationAsked>,
    /// The token this one is the successor of, until a request has proved this one.
    pub(crate) before: Option<Token>,
    /// Of the time the account was linked again with it: rotations keep it. By this what a kill left half done is known
    /// again.
    pub(crate) mark: Option<String>,
    /// What it takes the place of, until GitLab has taken that back.
    pub(crate) replaced: Option<Replaced>,
}

/// A rotation GitLab may have been asked for. Written before it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RotationAsked {
    /// When, in seconds since 1970 by this computer's clock.
    pub(crate) at: i64,
    /// GitLab said afterwards that the token lives. Whether the request is still on its way, nobody knows.
    #[serde(default)]
    pub(crate) lived: bool,
}

impl TokenCredential {
    /// Whether GitLab has to be asked what became of a rotation before the token is believed to work.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.asked.is_some_and(|asked| !asked.lived)
    }

    /// Whether it is the same token in the same state as another copy of the record.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        self.token.expose() == other.token.expose() && self.asked == other.asked
    }

    /// Whether another account's token is the same.
    pub(crate) fn holds(&self, other: &Token) -> bool {
        self.token.expose() == other.expose()
    }
}

/// The tokens of an app login. Cannot be printed.
pub(crate) struct AppCredential {
    /// Grows with every new pair of tokens, so that a stale copy is told from the current one.
    pub(crate) generation: u64,
    pub(crate) access: Token,
    pub(crate) refresh: Option<Token>,
    /// When they were got, in seconds since 1970 by this computer's clock.
    pub(crate) obtained_at: i64,
    /// When the access token ends, in seconds since 1970 by this computer's clock.
    pub(crate) expires_at: Option<i64>,
    pub(crate) scopes: Option<Vec<String>>,
    /// Who they were given to.
    pub(crate) application_id: String,
    pub(crate) journal: Journal,
    /// Of the time the account was linked again with them: renewals keep it.
    pub(crate) mark: Option<String>,
    /// What these take the place of, until GitLab has taken that back.
    pub(crate) replaced: Option<Replaced>,
}

/// How renewing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Journal {
    /// A request with the refresh token was about to be made, or was made, and its answer was not stored: since when.
    pub(crate) under_way: Option<i64>,
    /// An answer to such a request was lost: the refresh token may be spent.
    pub(crate) lost: bool,
    /// An answer to such a request came, and nothing of it could be used: a refusal from then on is no server's delay.
    pub(crate) unusable: bool,
    /// GitLab has refused the refresh token since then.
    pub(crate) refused_since: Option<i64>,
    /// When it was asked last.
    pub(crate) asked_at: Option<i64>,
}

/// What an account signed in with before. Cannot be printed.
pub(crate) struct Replaced {
    pub(crate) access: Token,
    pub(crate) refresh: Option<Token>,
    /// Who an app login was given to; `None`: it is an access token.
    pub(crate) application_id: Option<String>,
}

impl Replaced {
    /// What it was.
    pub(crate) fn method(&self) -> Method {
        if self.application_id.is_some() {
            Method::App
        } else {
            Method::Token
        }
    }

    /// The token, as one to be revoked.
    pub(crate) fn token(&self) -> Result<Token, VaultError> {
        copy(&self.access)
    }

    /// The tokens of the login, as one to be revoked.
    pub(crate) fn login(&self, application_id: &str) -> Result<AppCredential, VaultError> {
        Ok(AppCredential {
            generation: 1,
            access: copy(&self.access)?,
            refresh: self.refresh.as_ref().map(copy).transpose()?,
            obtained_at: 0,
            expires_at: None,
            scopes: None,
            application_id: application_id.to_owned(),
            journal: Journal::default(),
            mark: None,
            replaced: None,
        })
    }

    /// What is to be taken back of a credential that gives way. A token a person pasted is theirs, and other programs
    /// may have it: it goes only where that was asked for. A rotated one was given to LabLink alone.
    fn of(old: Credential, token_too: bool) -> Option<Self> {
        match old {
            Credential::App(app) => Some(Self {
                access: app.access,
                refresh: app.refresh,
                application_id: Some(app.application_id),
            }),
            Credential::Token(token) => (token_too || token.generation > 1).then_some(Self {
                access: token.token,
                refresh: None,
                application_id: None,
            }),
        }
    }
}

fn copy(token: &Token) -> Result<Token, VaultError> {
    Token::read(token.expose()).map_err(|_| VaultError::Corrupt)
}

impl TokenCredential {
    /// The credential of a token that takes `old`'s place; `revoke_old`: GitLab is to take back an old token, too.
    pub(crate) fn again(
        token: &Token,
        mark: &str,
        old: Option<Credential>,
        revoke_old: bool,
    ) -> Result<Self, VaultError> {
        let same = matches!(&old, Some(Credential::Token(old)) if old.token.expose() == token.expose());
        Ok(Self {
            generation: 1,
            token: copy(token)?,
            asked: None,
            before: None,
            mark: Some(mark.to_owned()),
            replaced: old
                .filter(|_| !same)
                .and_then(|old| Replaced::of(old, revoke_old)),
        })
    }
}

impl AppCredential {
    /// The credential of a login that takes `old`'s place, and carries along what GitLab is to take back.
    pub(crate) fn again(
        tokens: &TokenSet,
        application_id: &str,
        now: i64,
        mark: &str,
        old: Option<Credential>,
        revoke_old: bool,
    ) -> Result<Self, VaultError> {
        let generation = match &old {
            Some(Credential::App(old)) => old.generation.saturating_add(1),
            _ => 1,
        };
        Ok(Self {
            generation,
            access: copy(&tokens.access)?,
            refresh: tokens.refresh.as_ref().map(copy).transpose()?,
            obtained_at: now,
            expires_at: tokens.expires_at,
            scopes: tokens.scopes.clone(),
            application_id: application_id.to_owned(),
            journal: Journal::default(),
            mark: Some(mark.to_owned()),
            replaced: old.and_then(|old| Replaced::of(old, revoke_old)),
        })
    }

    /// The credential a renewal led to.
    pub(crate) fn renewed(self, tokens: TokenSet, now: i64) -> Self {
        Self {
            generation: self.generation.saturating_add(1),
            access: tokens.access,
            // A server that gives no new one goes on taking the old one (RFC 6749 §6).
            refresh: tokens.refresh.or(self.refresh),
            obtained_at: now,
            expires_at: tokens.expires_at,
            scopes: tokens.scopes.or(self.scopes),
            application_id: self.application_id,
            journal: Journal::default(),
            mark: self.mark,
            replaced: self.replaced,
        }
    }

    /// Whether the access token works for so many seconds more. A clock that stands before the moment the token was
    /// got has been wrong, then or now: nothing is believed of it.
    pub(crate) fn is_fresh(&self, now: i64, margin: i64) -> bool {
        now >= self.obtained_at.saturating_sub(BACKWARD)
            && self.expires_at.is_none_or(|end| end.saturating_sub(margin) > now)
    }
}

/// By how many seconds a clock may be set back without anything being made of it.
const BACKWARD: i64 = 60;

/// Schema 1 as JSON. Never printed: it has no `Debug`, and it lives only inside two functions below.
#[derive(Serialize, Deserialize)]
struct TokenRecord<'a> {
    schema: u32,
    generation: u64,
    #[serde(borrow)]
    token: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rotation: Option<RotationAsked>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    before: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    replaced: Option<ReplacedRecord<'a>>,
}

/// Schema 2 as JSON. Never printed either.
#[derive(Serialize, Deserialize)]
struct AppRecord<'a> {
    schema: u32,
    generation: u64,
    #[serde(borrow)]
    access: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    refresh: Option<Cow<'a, str>>,
    obtained_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    application_id: String,
    #[serde(default)]
    journal: Journal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    replaced: Option<ReplacedRecord<'a>>,
}

#[derive(Serialize, Deserialize)]
struct ReplacedRecord<'a> {
    #[serde(borrow)]
    access: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    refresh: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
}

impl<'a> ReplacedRecord<'a> {
    fn of(old: &'a Replaced) -> Self {
        Self {
            access: Cow::Borrowed(old.access.expose()),
            refresh: old.refresh.as_ref().map(|token| Cow::Borrowed(token.expose())),
            application_id: old.application_id.clone(),
        }
    }

    fn read(self) -> Result<Replaced, VaultError> {
        Ok(Replaced {
            access: token(self.access)?,
            refresh: self.refresh.map(token).transpose()?,
            application_id: self.application_id,
        })
    }
}

/// How long the secrets of what was replaced are.
fn room_of(replaced: Option<&Replaced>) -> usize {
    replaced.map_or(0, |old| {
        let refresh = old.refresh.as_ref().map_or(0, |token| token.expose().len());
        old.access.expose().len() + refresh
    })
}

#[derive(Deserialize)]
struct Form {
    schema: u32,
}

/// The vault's key for an account.
pub(crate) fn key(id: &AccountId) -> Result<Key, VaultError> {
    Key::new(&format!("account-{id}")).map_err(|error| VaultError::Failed {
        detail: error.to_string(),
    })
}

/// What people see in their keychain's own window.
pub(crate) fn label(name: &str, host: &str) -> String {
    format!("LabLink: {name} ({host})")
}

/// The record of an account's access token.
pub(crate) fn pack(token: &Token) -> Result<Secret, VaultError> {
    let record = TokenRecord {
        schema: TOKEN,
        generation: 1,
        token: Cow::Borrowed(token.expose()),
        rotation: None,
        before: None,
        mark: None,
        replaced: None,
    };
    written(&record, token.expose().len())
}

/// The record of an access token and of what became of its rotation.
pub(crate) fn pack_token(kept: &TokenCredential) -> Result<Secret, VaultError> {
    let record = TokenRecord {
        schema: TOKEN,
        generation: kept.generation,
        token: Cow::Borrowed(kept.token.expose()),
        rotation: kept.asked,
        before: kept.before.as_ref().map(|token| Cow::Borrowed(token.expose())),
        mark: kept.mark.clone(),
        replaced: kept.replaced.as_ref().map(ReplacedRecord::of),
    };
    let before = kept.before.as_ref().map_or(0, |token| token.expose().len());
    let room = kept.token.expose().len() + before + room_of(kept.replaced.as_ref());
    written(&record, room)
}

/// The access token of a record, with what became of its rotation.
pub(crate) fn unpack_token(secret: &Secret) -> Result<TokenCredential, VaultError> {
    let text = secret.expose();
    let record: TokenRecord<'_> = serde_json::from_str(text).map_err(|_| VaultError::Corrupt)?;
    if record.schema != TOKEN {
        return Err(VaultError::Corrupt);
    }
    Ok(TokenCredential {
        generation: record.generation,
        token: token(record.token)?,
        asked: record.rotation,
        before: record.before.map(token).transpose()?,
        mark: record.mark,
        replaced: record.replaced.map(ReplacedRecord::read).transpose()?,
    })
}

/// The record of what an account signs in with.
pub(crate) fn pack_credential(credential: &Credential) -> Result<Secret, VaultError> {
    match credential {
        Credential::App(app) => pack_app(app),
        Credential::Token(own) => pack_token(own),
    }
}

/// The first record of an app login.
pub(crate) fn pack_first(tokens: &TokenSet, application_id: &str, now: i64) -> Result<Secret, VaultError> {
    let record = AppRecord {
        schema: APP,
        generation: 1,
        access: Cow::Borrowed(tokens.access.expose()),
        refresh: tokens.refresh.as_ref().map(|token| Cow::Borrowed(token.expose())),
        obtained_at: now,
        expires_at: tokens.expires_at,
        scopes: tokens.scopes.clone(),
        application_id: application_id.to_owned(),
        journal: Journal::default(),
        mark: None,
        replaced: None,
    };
    let refresh = tokens.refresh.as_ref().map_or(0, |token| token.expose().len());
    written(&record, tokens.access.expose().len() + refresh)
}

/// The record of an app login.
pub(crate) fn pack_app(app: &AppCredential) -> Result<Secret, VaultError> {
    let replaced = app.replaced.as_ref();
    let texts = [Some(&app.access), app.refresh.as_ref()];
    let own: usize = texts
        .into_iter()
        .flatten()
        .map(|token| token.expose().len())
        .sum();
    let room = own + room_of(replaced);
    let record = AppRecord {
        schema: APP,
        generation: app.generation,
        access: Cow::Borrowed(app.access.expose()),
        refresh: app.refresh.as_ref().map(|token| Cow::Borrowed(token.expose())),
        obtained_at: app.obtained_at,
        expires_at: app.expires_at,
        scopes: app.scopes.clone(),
        application_id: app.application_id.clone(),
        journal: app.journal,
        mark: app.mark.clone(),
        replaced: replaced.map(ReplacedRecord::of),
    };
    written(&record, room)
}

/// `room`: how long the secrets in it are.
fn written(record: &impl Serialize, room: usize) -> Result<Secret, VaultError> {
    // Room for every character escaped, so that the text does not move (and leave copies behind) while it grows.
    let mut bytes = Vec::with_capacity(room * 6 + 8192);
    if serde_json::to_writer(&mut bytes, record).is_err() {
        bytes.zeroize();
        return Err(VaultError::Corrupt);
    }
    String::from_utf8(bytes)
        .map(Secret::new)
        .map_err(|_| VaultError::Corrupt)
}

/// The credential of a record; `Corrupt` when it is no record of a form known here.
pub(crate) fn unpack(secret: &Secret) -> Result<Credential, VaultError> {
    let text = secret.expose();
    let form: Form = serde_json::from_str(text).map_err(|_| VaultError::Corrupt)?;
    match form.schema {
        TOKEN => unpack_token(secret).map(Credential::Token),
        APP => {
            let record: AppRecord<'_> = serde_json::from_str(text).map_err(|_| VaultError::Corrupt)?;
            app(record).map(|app| Credential::App(Box::new(app)))
        }
        _ => Err(VaultError::Corrupt),
    }
}

fn app(record: AppRecord<'_>) -> Result<AppCredential, VaultError> {
    let replaced = record.replaced.map(ReplacedRecord::read).transpose()?;
    Ok(AppCredential {
        generation: record.generation,
        access: token(record.access)?,
        refresh: record.refresh.map(token).transpose()?,
        obtained_at: record.obtained_at,
        expires_at: record.expires_at,
        scopes: record.scopes,
        application_id: record.application_id,
        journal: record.journal,
        mark: record.mark,
        replaced,
    })
}

fn token(text: Cow<'_, str>) -> Result<Token, VaultError> {
    let token = match text {
        Cow::Borrowed(text) => Token::read(text),
        Cow::Owned(text) => Token::read(&Zeroizing::new(text)),
    };
    token.map_err(|_| VaultError::Corrupt)
}

impl Credential {
    /// The token that is shown to GitLab.
    pub(crate) fn into_access(self) -> Token {
        match self {
            Self::Token(token) => token.token,
            Self::App(app) => app.access,
        }
    }

    /// Of which time the account was linked again it is.
    pub(crate) fn mark(&self) -> Option<&str> {
        match self {
            Self::Token(token) => token.mark.as_deref(),
            Self::App(app) => app.mark.as_deref(),
        }
    }

    /// What it takes the place of, until GitLab has taken that back.
    pub(crate) fn replaced(&mut self) -> &mut Option<Replaced> {
        match self {
            Self::Token(token) => &mut token.replaced,
            Self::App(app) => &mut app.replaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Token {
        Token::read(text).unwrap()
    }

    fn app() -> AppCredential {
        AppCredential {
            generation: 7,
            access: read("access-\"-one"),
            refresh: Some(read("refresh-one")),
            obtained_at: 1_000,
            expires_at: Some(8_200),
            scopes: Some(vec!["api".into()]),
            application_id: "abc".into(),
            journal: Journal {
                under_way: Some(5),
                lost: true,
                unusable: true,
                refused_since: Some(6),
                asked_at: Some(7),
            },
            mark: Some("again".into()),
            replaced: Some(Replaced {
                access: read("access-zero"),
                refresh: None,
                application_id: Some("old".into()),
            }),
        }
    }

    #[test]
    fn a_token_comes_back_as_it_went_in() {
        for text in ["glpat-0123456789abcdefghij", "a\"b\\c/d", &"j".repeat(4000)] {
            let secret = pack(&read(text)).unwrap();
            assert!(unpack(&secret).unwrap().into_access().expose() == text);
        }
    }

    #[test]
    fn a_rotation_under_way_comes_back_as_it_went_in() {
        let kept = TokenCredential {
            generation: 3,
            token: read("glpat-new-\""),
            asked: Some(RotationAsked { at: 7, lived: true }),
            before: Some(read("glpat-old")),
            mark: None,
            replaced: None,
        };
        let packed = pack_token(&kept).unwrap();
        assert!(unpack(&packed).unwrap().into_access().expose() == "glpat-new-\"");
        let back = unpack_token(&packed).unwrap();
        assert!(back.is_as(&kept) && back.before.unwrap().expose() == "glpat-old");
        assert_eq!(back.generation, 3);
        let plain = unpack_token(&pack(&read("glpat-x")).unwrap()).unwrap();
        assert!(plain.asked.is_none() && plain.before.is_none() && !plain.is_unsettled());
        assert_eq!(
            unpack_token(&pack_app(&app()).unwrap()).err(),
            Some(VaultError::Corrupt)
        );
    }

    #[test]
    fn an_app_login_comes_back_as_it_went_in() {
        let Credential::App(back) = unpack(&pack_app(&app()).unwrap()).unwrap() else {
            panic!("an app login became a token")
        };
        let app = app();
        assert!(back.access.expose() == app.access.expose());
        assert!(back.refresh.unwrap().expose() == app.refresh.unwrap().expose());
        assert_eq!(
            (back.generation, back.obtained_at, back.expires_at),
            (7, 1_000, Some(8_200))
        );
        assert_eq!((back.scopes, back.application_id.as_str()), (app.scopes, "abc"));
        assert_eq!(back.journal, app.journal);
        let (old, older) = (back.replaced.unwrap(), app.replaced.unwrap());
        assert!(old.access.expose() == older.access.expose() && old.refresh.is_none());
        assert_eq!(
            (old.application_id, back.mark),
            (Some("old".into()), Some("again".into()))
        );
    }

    #[test]
    fn a_token_that_takes_the_place_of_a_login_carries_it_along() {
        let old = Some(Credential::App(Box::new(app())));
        let new = TokenCredential::again(&read("glpat-new"), "again", old, false).unwrap();
        let mut back = unpack(&pack_credential(&Credential::Token(new)).unwrap()).unwrap();
        assert_eq!(back.mark(), Some("again"));
        let old = back.replaced().take().unwrap();
        assert!(old.access.expose() == "access-\"-one" && old.refresh.is_some());
        assert_eq!(old.application_id.as_deref(), Some("abc"));
        assert!(back.into_access().expose() == "glpat-new");
    }

    #[test]
    fn a_token_is_left_alone_unless_that_was_asked_for_and_never_when_it_is_the_same() {
        for (new, revoke_old, taken_back) in [
            ("glpat-new", false, false),
            ("glpat-new", true, true),
            ("glpat-old", true, false),
        ] {
            let old = unpack(&pack(&read("glpat-old")).unwrap()).unwrap();
            let new = TokenCredential::again(&read(new), "again", Some(old), revoke_old).unwrap();
            assert_eq!(new.replaced.is_some(), taken_back);
        }
    }

    #[test]
    fn the_least_a_record_has_to_have_is_read() {
        let text = r#"{"schema":2,"generation":1,"access":"x","obtained_at":1,"application_id":"y","of_next_year":1}"#;
        let Credential::App(back) = unpack(&Secret::new(text.into())).unwrap() else {
            panic!("an app login became a token")
        };
        assert!(back.refresh.is_none() && back.expires_at.is_none());
        assert_eq!(back.journal, Journal::default());
    }

    #[test]
    fn a_damaged_or_newer_record_is_told() {
        for text in [
            "",
            "{}",
            "glpat-x",
            r#"{"schema":2,"generation":1,"token":"x"}"#,
            r#"{"schema":3,"generation":1,"access":"x","obtained_at":1,"application_id":"y"}"#,
            r#"{"schema":2,"generation":1,"access":"","obtained_at":1,"application_id":"y"}"#,
            r#"{"schema":1,"generation":1,"token":""}"#,
        ] {
            assert_eq!(
                unpack(&Secret::new(text.to_owned())).err(),
                Some(VaultError::Corrupt),
                "{text}"
            );
        }
    }

    #[test]
    fn fresh_is_what_works_beyond_the_margin_by_a_clock_that_went_on() {
        let app = app();
        for (now, margin, fresh) in [
            (1_000, 300, true),
            (7_899, 300, true),
            (7_900, 300, false),
            (8_199, 0, true),
            (8_200, 0, false),
            (1_000 - 60, 300, true),
            (1_000 - 61, 300, false),
            (1_000 - 86_400, 300, false),
            (1_000 + 86_400, 300, false),
        ] {
            assert_eq!(app.is_fresh(now, margin), fresh, "{now} {margin}");
        }
    }

    #[test]
    fn keys_are_made_of_the_account() {
        let id = AccountId::new();
        assert_eq!(key(&id).unwrap().as_str(), format!("account-{id}"));
    }
}
