//! What an instance is: one GitLab, how it was learned and how it is trusted.

use gitlab::{Authority, BaseUrl};

use crate::problem::Problem;
use crate::store::instances::KeptInstance;

/// The address of the instance that is there from the start.
pub const GITLAB_COM: &str = "https://gitlab.com";

/// One GitLab known on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its base address.
    pub address: BaseUrl,
    /// How it was learned.
    pub source: Source,
    /// Whether the person agreed to plain http.
    pub allow_http: bool,
    /// Whether the connection is not encrypted.
    pub plain_http: bool,
    /// Authorities trusted for this GitLab only.
    pub authorities: Vec<Authority>,
    /// The application ID of its app registration.
    pub client_id: Option<String>,
    /// Whether that registration has a secret, which is in the vault.
    pub confidential: bool,
    /// The scopes its app login asks for; `None`: the usual ones.
    pub scopes: Option<Vec<String>>,
    /// The version seen last, for example `18.1.1-ee`.
    pub version: Option<String>,
    /// How many accounts are linked on it.
    pub accounts: u32,
}

/// How an instance was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Comes with LabLink.
    BuiltIn,
    /// A person typed it.
    Typed,
    /// From a link profile.
    LinkProfile,
    /// From managed policy.
    Managed,
}

/// What to add as an instance.
#[derive(Debug, Clone)]
pub struct AddInstance {
    /// The address as pasted.
    pub pasted: String,
    /// Authorities to trust for it.
    pub authorities: Vec<Authority>,
    /// Consent to plain http.
    pub allow_http: bool,
    /// Believe the address, ask no server.
    pub offline: bool,
    /// The application ID of an app registration.
    pub client_id: Option<String>,
}

/// What to set of a known instance. What is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SetInstance {
    /// The address as pasted.
    pub pasted: String,
    /// The application ID of its app registration.
    pub client_id: Option<String>,
    /// The scopes its app login asks for.
    pub scopes: Option<Vec<String>>,
    /// Authorities to trust for it, instead of those trusted so far.
    pub authorities: Option<Vec<Authority>>,
    /// Consent to plain http.
    pub allow_http: bool,
}

impl Source {
    /// The word, for example `built_in`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Typed => "typed",
            Self::LinkProfile => "link_profile",
            Self::Managed => "managed",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::BuiltIn, Self::Typed, Self::LinkProfile, Self::Managed]
            .into_iter()
            .find(|source| source.as_str() == word)
    }
}

impl KeptInstance {
    pub(crate) fn base(&self) -> Result<BaseUrl, Problem> {
        self.address.parse().map_err(|_| damaged("address"))
    }

    pub(crate) fn authorities(&self) -> Result<Vec<Authority>, Problem> {
        let mut all = Vec::new();
        for pem in &self.authorities {
            all.extend(Authority::from_pem(pem.as_bytes()).map_err(|_| damaged("authority"))?);
        }
        Ok(all)
    }

    pub(crate) fn into_instance(self) -> Result<Instance, Problem> {
        let address = self.base()?;
        Ok(Instance {
            plain_http: address.is_plain_http(),
            authorities: self.authorities()?,
            address,
            source: self.source,
            allow_http: self.allow_http,
            client_id: self.client_id,
            confidential: self.confidential,
            scopes: self.scopes,
            version: self.version,
            accounts: self.accounts,
        })
    }
}

fn damaged(what: &str) -> Problem {
    Problem::Store {
        detail: format!("an instance's {what} cannot be read"),
    }
}
