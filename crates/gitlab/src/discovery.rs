//! What discovery can find: the vocabulary of who answers at an address.

use std::fmt;

use crate::base_url::BaseUrl;
use crate::problem::Unusable;
use crate::unanswered::Unanswered;

/// What answers at an address.
#[derive(Debug, Clone, PartialEq)]
pub enum Discovery {
    /// A GitLab.
    GitLab(Found),
    /// Something that is no GitLab.
    NotGitLab {
        /// What it is, as far as it can be told.
        software: Software,
        /// Where it answered.
        base: BaseUrl,
    },
    /// Something that wants a sign-in of its own before it lets anybody through.
    SignInWall {
        /// Where it answered.
        base: BaseUrl,
        /// How it wants people to sign in.
        kind: Wall,
        /// The host (and port, if it is not the scheme's own) people are sent to for that, if it is another.
        host: Option<String>,
    },
    /// A redirect to somewhere else, which is reported and not followed.
    RedirectElsewhere {
        /// The address that was asked.
        from: BaseUrl,
        /// Where it leads, as it may be typed: without query; escaped and capped.
        to: String,
        /// Whether it leads in a circle.
        loop_: bool,
    },
    /// No usable answer came.
    Unanswered(Unanswered),
    /// An answer came that cannot be used.
    Unusable(Unusable),
    /// Plain http on a host that needs the person's consent for it.
    NeedsHttpConsent {
        /// The host.
        host: String,
    },
}

/// A GitLab that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its base address.
    pub base: BaseUrl,
    /// The http address it redirected from, if it did.
    pub upgraded_from: Option<BaseUrl>,
    /// Which question it answered.
    pub probe: MetadataProbe,
}

/// The endpoint a GitLab tells its version at (contract §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetadataProbe {
    /// `/metadata`, from 15.2 on.
    #[default]
    Metadata,
    /// `/version`, before.
    Version,
}

impl MetadataProbe {
    /// The path below the base address.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Metadata => "api/v4/metadata",
            Self::Version => "api/v4/version",
        }
    }
}

/// What answers when it is no GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Software {
    /// Gitea.
    Gitea,
    /// Forgejo.
    Forgejo,
    /// Gogs.
    Gogs,
    /// GitHub, or GitHub Enterprise.
    GitHub,
    /// Bitbucket.
    Bitbucket,
    /// A web page for every address.
    Html,
    /// JSON, but not GitLab's.
    Json,
    /// Some other web server.
    OtherWeb {
        /// The HTTP status it answered with.
        status: u16,
        /// What it calls itself, escaped.
        server: Option<String>,
    },
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gitea => "Gitea",
            Self::Forgejo => "Forgejo",
            Self::Gogs => "Gogs",
            Self::GitHub => "GitHub",
            Self::Bitbucket => "Bitbucket",
            Self::Html => "a web page",
            Self::Json => "another program's API",
            Self::OtherWeb {
                server: Some(server),
                status,
            } => return write!(f, "a web server ({server}, status {status})"),
            Self::OtherWeb { server: None, status } => return write!(f, "a web server (status {status})"),
        })
    }
}

/// How a sign-in wall wants people to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// HTTP Basic or Digest.
    Basic,
    /// Kerberos or NTLM.
    Negotiate,
    /// It sends people to an identity provider.
    IdentityProvider,
    /// A page with a password field.
    HtmlLogin,
    /// The network wants a sign-in of its own before it lets anything through (RFC 6585 §6): a hotel's, a train's.
    Network,
    /// It refuses and does not say how.
    Unnamed,
}
