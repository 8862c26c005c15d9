//! What the page hands to a command, judged before anything else sees it.
//!
//! The page is ours, but it is also where hostile text ends up: every argument has a type and a length here, and what
//! does not fit is answered with a [`ProblemView`] like any other problem. No message repeats what was given.

use links::AccountId;
use serde::Deserialize;
use serde_json::Value;
use tauri::{
    Runtime,
    ipc::{CommandArg, CommandItem, InvokeBody, InvokeError},
};
use zeroize::Zeroizing;

use crate::view::{Choice, Destination, ExportHow, LinkGoal, LoginMethodView, ProblemView, Way};

/// Longest address text that is looked at, in bytes; the domain has its own, lower limit and words for it.
pub const ADDRESS_BYTES: usize = 20 * 1024;
/// Longest token or passphrase, in bytes.
pub const SECRET_BYTES: usize = 16 * 1024;
/// Longest display name that is looked at, in bytes; the domain's limit is 60 characters.
pub const NAME_BYTES: usize = 4 * 1024;
/// Longest application ID that is looked at, in bytes; the domain's limit is 255 characters.
pub const APPLICATION_ID_BYTES: usize = 4 * 1024;
/// Longest link profile that is looked at, in bytes: a little more than the domain's limit, so that it has the last word.
pub const PROFILE_BYTES: usize = links::PROFILE_LIMIT + 1024;
/// Longest message to an administrator, in bytes.
pub const MESSAGE_BYTES: usize = 4 * 1024;
/// The most scopes asked for, and the longest name of one in bytes.
pub const SCOPES: (usize, usize) = (64, 64);
/// Longest identifier of an account, in bytes.
pub const ID_BYTES: usize = 64;

/// Something a command takes, read from the JSON value of the page.
pub trait Argument: Sized {
    /// Reads it; `value` is JSON's null where the page gave nothing.
    fn read(value: &Value) -> Result<Self, ProblemView>;
}

/// A command's argument, checked on the way in.
#[derive(Debug)]
pub struct Given<T>(pub T);

impl<'de, R: Runtime, T: Argument> CommandArg<'de, R> for Given<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        let value = match command.message.payload() {
            InvokeBody::Json(body) => body.get(command.key).unwrap_or(&Value::Null),
            InvokeBody::Raw(_) => &Value::Null,
        };
        T::read(value).map(Given).map_err(|problem| {
            tracing::warn!(command = command.name, argument = command.key, code = %problem.code, "refused");
            InvokeError::from(problem)
        })
    }
}

/// The page sent a value of another type than agreed.
fn malformed() -> ProblemView {
    ProblemView {
        code: "internal".to_owned(),
        values: std::collections::BTreeMap::new(),
        detail: Some("the window sent an argument LabLink does not understand".to_owned()),
    }
}

fn code(code: &str) -> ProblemView {
    ProblemView {
        code: code.to_owned(),
        values: std::collections::BTreeMap::new(),
        detail: None,
    }
}

fn short<'value>(value: &'value Value, bytes: usize, too_long: &str) -> Result<&'value str, ProblemView> {
    let text = value.as_str().ok_or_else(malformed)?;
    if text.len() > bytes {
        Err(code(too_long))
    } else {
        Ok(text)
    }
}

/// An address as typed or pasted.
#[derive(Debug)]
pub struct AddressText(pub String);

impl Argument for AddressText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, ADDRESS_BYTES, "address_too_long").map(|text| Self(text.to_owned()))
    }
}

/// A display name as typed.
#[derive(Debug)]
pub struct NameText(pub String);

impl Argument for NameText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, NAME_BYTES, "name_too_long").map(|text| Self(text.to_owned()))
    }
}

/// An application ID as typed.
#[derive(Debug)]
pub struct ApplicationIdText(pub String);

impl Argument for ApplicationIdText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, APPLICATION_ID_BYTES, "application_id_invalid").map(|text| Self(text.to_owned()))
    }
}

/// A link profile's file or link, as chosen, dropped or pasted.
#[derive(Debug)]
pub struct ProfileText(pub String);

impl Argument for ProfileText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, PROFILE_BYTES, "profile_invalid").map(|text| Self(text.to_owned()))
    }
}

/// A message of several lines in the window's words, to be copied. It holds no control or direction characters: whoever
/// pastes it gets what was shown.
#[derive(Debug)]
pub struct MessageText(pub String);

impl Argument for MessageText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        let text = short(value, MESSAGE_BYTES, "internal")?;
        let plain = |letter: char| {
            letter == '\n'
                || !(letter.is_control()
                    || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        };
        if text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(malformed())
        }
    }
}

/// Names of scopes; the domain judges what they are.
#[derive(Debug)]
pub struct ScopeNames(pub Vec<String>);

impl Argument for ScopeNames {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        let (most, longest) = SCOPES;
        let names = value.as_array().ok_or_else(malformed)?;
        if names.len() > most {
            return Err(malformed());
        }
        let name = |name: &Value| short(name, longest, "internal").map(str::to_owned);
        names.iter().map(name).collect::<Result<_, _>>().map(Self)
    }
}

/// A secret on its way in, a token or a passphrase. It is wiped when it goes, and nothing can print it.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Hands the secret on; its memory is wiped by whoever drops it.
    #[must_use]
    pub fn into_inner(self) -> Zeroizing<String> {
        self.0
    }
}

impl Argument for SecretText {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, SECRET_BYTES, "token_too_long").map(|text| Self(Zeroizing::new(text.to_owned())))
    }
}

impl Argument for AccountId {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        short(value, ID_BYTES, "account_not_found")?
            .parse()
            .map_err(|_| code("account_not_found"))
    }
}

impl Argument for bool {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        value.as_bool().ok_or_else(malformed)
    }
}

impl Argument for Way {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        Self::deserialize(value).map_err(|_| malformed())
    }
}

impl Argument for LinkGoal {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        Self::deserialize(value).map_err(|_| malformed())
    }
}

impl Argument for LoginMethodView {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        Self::deserialize(value).map_err(|_| malformed())
    }
}

impl Argument for ExportHow {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        Self::deserialize(value).map_err(|_| malformed())
    }
}

impl Argument for Destination {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        let destination = Self::deserialize(value).map_err(|_| malformed())?;
        match &destination {
            Self::Instance { address } | Self::RegistrationPage { address, .. }
                if address.len() > ADDRESS_BYTES =>
            {
                Err(code("address_too_long"))
            }
            Self::AccountOnGitlab { id } | Self::AuthorizedApps { id } if id.len() > ID_BYTES => {
                Err(code("account_not_found"))
            }
            Self::TokenPage
            | Self::AccountOnGitlab { .. }
            | Self::Instance { .. }
            | Self::RegistrationPage { .. }
            | Self::AuthorizedApps { .. }
            | Self::LogFolder => Ok(destination),
        }
    }
}

impl Argument for Choice {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        Self::deserialize(value).map_err(|_| malformed())
    }
}

impl<T: Argument> Argument for Option<T> {
    fn read(value: &Value) -> Result<Self, ProblemView> {
        if value.is_null() {
            Ok(None)
        } else {
            T::read(value).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal<T: Argument>(value: &Value) -> String {
        T::read(value).map(|_| ()).unwrap_err().code
    }

    #[test]
    fn an_address_of_ten_kilobytes_reaches_the_domain_and_one_of_thirty_does_not() {
        assert!(AddressText::read(&json!("a".repeat(10 * 1024))).is_ok());
        assert_eq!(
            refusal::<AddressText>(&json!("a".repeat(30 * 1024))),
            "address_too_long"
        );
    }

    #[test]
    fn a_token_of_four_thousand_characters_is_taken_and_one_of_seventeen_kilobytes_is_not() {
        assert_eq!(
            SecretText::read(&json!("x".repeat(4000)))
                .unwrap()
                .into_inner()
                .len(),
            4000
        );
        assert_eq!(
            refusal::<SecretText>(&json!("x".repeat(17 * 1024))),
            "token_too_long"
        );
    }

    #[test]
    fn a_refusal_never_repeats_what_was_given() {
        for value in [
            json!(["hush-hush"]),
            json!({"hush-hush": 1}),
            json!(null),
            json!(7),
        ] {
            let problem = SecretText::read(&value).map(|_| ()).unwrap_err();
            assert!(!format!("{problem:?}").contains("hush-hush"), "{problem:?}");
        }
        let problem = Way::read(&json!("hush-hush")).unwrap_err();
        assert!(!format!("{problem:?}").contains("hush-hush"), "{problem:?}");
    }

    #[test]
    fn a_destination_is_one_of_the_list_or_nothing() {
        assert_eq!(
            Destination::read(&json!({"kind": "log_folder"})).unwrap(),
            Destination::LogFolder
        );
        assert_eq!(
            refusal::<Destination>(&json!({"kind": "url", "url": "https://evil.example"})),
            "internal"
        );
        assert_eq!(refusal::<Destination>(&json!("https://evil.example")), "internal");
    }

    #[test]
    fn a_message_has_lines_and_nothing_that_is_not_seen() {
        let message = "Dear admin,\n\nplease register LabLink – with äöü – at https://git.example.test.";
        assert_eq!(MessageText::read(&json!(message)).unwrap().0, message);
        for hidden in ["a\u{202e}b", "a\u{0}b", "a\u{1b}[31mb", "a\u{2066}b", "a\rb"] {
            assert_eq!(refusal::<MessageText>(&json!(hidden)), "internal", "{hidden:?}");
        }
        assert_eq!(refusal::<MessageText>(&json!("x".repeat(5 * 1024))), "internal");
    }

    #[test]
    fn scopes_are_some_short_names() {
        let names = ScopeNames::read(&json!(["api", "read_user"])).unwrap().0;
        assert_eq!(names, ["api", "read_user"]);
        for bad in [
            json!("api"),
            json!([1]),
            json!(["x".repeat(65)]),
            json!(vec!["api"; 65]),
            json!(null),
        ] {
            assert_eq!(refusal::<ScopeNames>(&bad), "internal", "{bad}");
        }
    }

    #[test]
    fn a_profile_a_little_too_long_reaches_the_domain_which_says_so() {
        assert!(ProfileText::read(&json!("x".repeat(links::PROFILE_LIMIT + 1))).is_ok());
        assert_eq!(
            refusal::<ProfileText>(&json!("x".repeat(links::PROFILE_LIMIT * 2))),
            "profile_invalid"
        );
    }

    #[test]
    fn null_means_all_where_an_account_is_optional() {
        assert!(Option::<AccountId>::read(&Value::Null).unwrap().is_none());
        assert_eq!(
            refusal::<Option<AccountId>>(&json!("no such thing")),
            "account_not_found"
        );
    }
}
