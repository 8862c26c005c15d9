//! Link profiles: what a colleague needs to link with two inputs (the instance and its app registration), as a file or
//! as a `lablink://` link (a QR code is drawn of the same text). Never a secret.
//!
//! Reading is pure and strict; [`taking`] compares with what is known here and changes it.

mod taking;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gitlab::{AddressProblem, ApplicationIdProblem, Authority, AuthorityProblem, BaseUrl};
use toml::Value;

use crate::registration::{REDIRECT, application_id, are_scopes};
use crate::sheet::{Sheet, SheetProblem};

pub use taking::{Difference, Review, Taken, Terms};

/// The form this version writes and reads.
const VERSION: i64 = 1;

/// The longest profile read, in bytes, as a file or as a link.
pub const PROFILE_LIMIT: usize = 64 * 1024;

/// How a profile's link begins.
const LINK: &str = "lablink://link?p=";

/// What a colleague needs to link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkProfile {
    /// The GitLab's base address.
    pub address: BaseUrl,
    /// The application ID of its app registration, which is a public one.
    pub application_id: String,
    /// The scopes to ask for, in this order.
    pub scopes: Vec<String>,
    /// Authorities to trust for this GitLab, besides the system's.
    pub authorities: Vec<Authority>,
}

/// Why a text is no link profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileProblem {
    /// Longer than any profile.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Nothing, or no text at all.
    #[error("it is no text, or empty")]
    NotText,
    /// Begins like a link of LabLink's and is none.
    #[error("the link is not whole, or not one of LabLink's")]
    BadLink,
    /// Not a sheet with a profile's fields.
    #[error(transparent)]
    Sheet(#[from] SheetProblem),
    /// Written by another version of LabLink.
    #[error("it is of version {found}; known is {VERSION}")]
    Version {
        /// Its version.
        found: i64,
    },
    /// Its address is none.
    #[error("its address: {0}")]
    Address(#[from] AddressProblem),
    /// Its address is not in the one form addresses have.
    #[error("its address should be written {normal}")]
    AddressForm {
        /// The normal form.
        normal: String,
    },
    /// Its application ID is none.
    #[error("its application ID: {0}")]
    ApplicationId(#[from] ApplicationIdProblem),
    /// Its redirect address is not LabLink's.
    #[error("its redirect address is not {REDIRECT}")]
    Redirect,
    /// Its scopes are none.
    #[error("its scopes are no list of scopes")]
    Scopes,
    /// Its authority is none.
    #[error("its authority: {0}")]
    Authority(#[from] AuthorityProblem),
    /// An authority for a connection that is not encrypted.
    #[error("it names an authority for an address of plain http")]
    AuthorityUnused,
}

impl LinkProfile {
    /// Reads a profile: the text of its file, or its link.
    pub fn read(bytes: &[u8]) -> Result<Self, ProfileProblem> {
        if bytes.len() > PROFILE_LIMIT {
            return Err(ProfileProblem::TooLarge { limit: PROFILE_LIMIT });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ProfileProblem::NotText)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            Err(ProfileProblem::NotText)
        } else if is_link(text) {
            Self::sheet(&unwrap_link(text)?)
        } else {
            Self::sheet(text)
        }
    }

    fn sheet(text: &str) -> Result<Self, ProfileProblem> {
        let mut sheet = Sheet::read(text)?;
        let found = sheet.number("lablink_profile")?;
        if found != VERSION {
            return Err(ProfileProblem::Version { found });
        }
        let address = sheet.text("address")?;
        let id = sheet.text("application_id")?;
        let redirect = sheet.text("redirect")?;
        let scopes = sheet.texts_if_any("scopes")?.ok_or(SheetProblem::Missing {
            field: "scopes".to_owned(),
        })?;
        let authority = sheet.text_if_any("authority")?;
        sheet.end()?;

        let address = exact_address(&address)?;
        if application_id(&id)? != id {
            return Err(ApplicationIdProblem::BadCharacter.into());
        }
        if redirect != REDIRECT {
            return Err(ProfileProblem::Redirect);
        }
        if !are_scopes(&scopes) {
            return Err(ProfileProblem::Scopes);
        }
        let authorities = match authority {
            None => Vec::new(),
            Some(_) if address.is_plain_http() => return Err(ProfileProblem::AuthorityUnused),
            Some(pem) => Authority::from_pem(pem.as_bytes())?,
        };
        Ok(Self {
            address,
            application_id: id,
            scopes,
            authorities,
        })
    }

    /// The text of its file. [`read`](Self::read) gives the same profile back.
    #[must_use]
    pub fn to_file(&self) -> String {
        let text = |text: &str| Value::String(text.to_owned()).to_string();
        let scopes: Vec<Value> = self.scopes.iter().cloned().map(Value::String).collect();
        let authority = if self.authorities.is_empty() {
            String::new()
        } else {
            let pem: String = self.authorities.iter().map(Authority::to_pem).collect();
            format!("authority = {}\n", text(&pem))
        };
        // What must be there stands last, so that a file that was cut off is noticed.
        format!(
            "lablink_profile = {VERSION}\n{authority}address = {}\napplication_id = {}\nredirect = {}\nscopes = {}\n",
            text(self.address.as_str()),
            text(&self.application_id),
            text(REDIRECT),
            Value::Array(scopes),
        )
    }

    /// Its link: the same text in a form that fits into a message or a QR code.
    #[must_use]
    pub fn to_link(&self) -> String {
        format!("{LINK}{}", URL_SAFE_NO_PAD.encode(self.to_file().trim_end()))
    }
}

/// Whether a text is meant as a link rather than as a file's text or name.
#[must_use]
pub fn is_link(text: &str) -> bool {
    text.get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("lablink:"))
}

/// The file's text in a link. Some systems put a slash behind the host of any link; nothing else may differ.
fn unwrap_link(link: &str) -> Result<String, ProfileProblem> {
    let packed = link
        .strip_prefix(LINK)
        .or_else(|| link.strip_prefix("lablink://link/?p="))
        .ok_or(ProfileProblem::BadLink)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(packed)
        .map_err(|_| ProfileProblem::BadLink)?;
    String::from_utf8(bytes).map_err(|_| ProfileProblem::BadLink)
}

/// An address as it is kept, to the letter; a host that can be taken for another one is refused, also where it is
/// written in ASCII.
pub(crate) fn exact_address(text: &str) -> Result<BaseUrl, ProfileProblem> {
    let base = BaseUrl::parse(text)?;
    if base.as_str() != text {
        return Err(ProfileProblem::AddressForm {
            normal: base.as_str().to_owned(),
        });
    }
    // A name that may be shown in Unicode is; one that stays in ASCII looks like another, or like nothing.
    if base.host_is_idn() && base.unicode_host() == base.host() {
        return Err(ProfileProblem::Address(AddressProblem::MixedScript {
            ascii: base.host().to_owned(),
            looks_like: None,
        }));
    }
    Ok(base)
}

impl ProfileProblem {
    /// The stable word for the reason, for example `version`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotText => "not_text",
            Self::BadLink => "bad_link",
            Self::Sheet(SheetProblem::Syntax { .. }) => "syntax",
            Self::Sheet(SheetProblem::Missing { .. }) => "field_missing",
            Self::Sheet(SheetProblem::Unknown { .. }) => "field_unknown",
            Self::Sheet(SheetProblem::WrongType { .. }) => "field_type",
            Self::Version { .. } => "version",
            Self::Address(AddressProblem::UserInfo) => "address_user_info",
            Self::Address(AddressProblem::MixedScript { .. }) => "address_mixed_script",
            Self::Address(_) => "address",
            Self::AddressForm { .. } => "address_form",
            Self::ApplicationId(_) => "application_id",
            Self::Redirect => "redirect",
            Self::Scopes => "scopes",
            Self::Authority(_) | Self::AuthorityUnused => "authority",
        }
    }
}

#[cfg(test)]
mod tests;
