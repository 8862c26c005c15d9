//! What can be chosen when the simulator starts. Data only; the same struct is the command line's and the library's.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Url;

use crate::persona::Persona;
use crate::version::Version;

/// Community or Enterprise build. An Enterprise build says `-ee` and `enterprise: true`; it says nothing of a licence
/// (contract §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Edition {
    /// Community Edition.
    Ce,
    /// Enterprise Edition.
    #[default]
    Ee,
}

/// What is wrong with the certificate of a TLS server that no client should accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsFault {
    /// Its last day has passed. The authority is told.
    Expired,
    /// It is for `other.example.test`. The authority is told.
    OtherHost,
    /// It signed itself. No authority is told.
    SelfSigned,
    /// Its authority is kept secret.
    UnknownAuthority,
}

/// How a simulator is to be.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// Address to listen on; control under `/_sim/` answers loopback callers only.
    #[arg(long = "address", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Path the whole GitLab lives under, for example `/gitlab`.
    #[arg(long, default_value = "", value_parser = parse_subpath)]
    pub subpath: String,

    /// The configured external address, where it differs from the one listened on: `web_url`, `issuer`, `Link`.
    #[arg(long)]
    pub canonical: Option<Url>,

    /// The GitLab version to be, 15.0 to 19.x.
    #[arg(long, default_value_t = Version::default())]
    pub gitlab_version: Version,

    /// The edition to be.
    #[arg(long, value_enum, ignore_case = true, default_value_t)]
    pub edition: Edition,

    /// Speak https, with a certificate of an authority made at start.
    #[arg(long)]
    pub tls: bool,

    /// Speak https with a certificate that is wrong in this way.
    #[arg(long, value_enum)]
    pub tls_fault: Option<TlsFault>,

    /// File with the key of its certificate authority, made where it is missing: whoever trusts the authority of one
    /// start trusts that of the next.
    #[arg(long)]
    pub authority_key: Option<PathBuf>,

    /// Send the certificate of its authority with its own, as servers of companies often do.
    #[arg(long)]
    pub sends_authority: bool,

    /// Be something that is not a (healthy) GitLab.
    #[arg(long, value_enum)]
    pub persona: Option<Persona>,

    /// Where the redirecting personas send callers.
    #[arg(long)]
    pub redirect_target: Option<Url>,

    /// Behave as if a proxy removed `X-Gitlab-Meta`, `X-Request-Id` and `X-Runtime`.
    #[arg(long)]
    pub strip_headers: bool,

    /// Seconds the simulator's clock is ahead of the system's at start; may be negative.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub clock: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            host: IpAddr::from([127, 0, 0, 1]),
            subpath: String::new(),
            canonical: None,
            gitlab_version: Version::default(),
            edition: Edition::default(),
            tls: false,
            tls_fault: None,
            authority_key: None,
            sends_authority: false,
            persona: None,
            redirect_target: None,
            strip_headers: false,
            clock: 0,
        }
    }
}

/// Normal form of a subpath: empty, or `/one/or/more` without a slash at its end.
fn parse_subpath(text: &str) -> Result<String, String> {
    let inner = text.trim_matches('/');
    if inner.is_empty() {
        return Ok(String::new());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if !inner.chars().all(plain) || inner.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("a subpath is /letters/digits-and.dots".to_owned());
    }
    Ok(format!("/{inner}"))
}

#[cfg(test)]
mod tests {
    use super::parse_subpath;

    #[test]
    fn subpath_has_one_normal_form() {
        for text in ["gitlab", "/gitlab", "/gitlab/", "gitlab//"] {
            assert_eq!(parse_subpath(text).as_deref(), Ok("/gitlab"), "{text}");
        }
        assert_eq!(parse_subpath("/").as_deref(), Ok(""));
        for text in ["/a b", "/../x", "/a//b", "/ä"] {
            assert!(parse_subpath(text).is_err(), "{text}");
        }
    }
}
