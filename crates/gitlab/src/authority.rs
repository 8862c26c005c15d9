//! Certificate authorities a person trusts for one GitLab, beside those of the system.

use std::fmt::{self, Write as _};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject as _, SectionKind};

use crate::tls::{certificate_of, certificate_pem, fingerprint, name_of};

/// The largest file of authorities read, in bytes.
const FILE_LIMIT: usize = 1024 * 1024;

/// The most authorities taken from one file.
const COUNT_LIMIT: usize = 100;

/// One certificate that may vouch for a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Authority(CertificateDer<'static>);

/// Why a text is no list of certificate authorities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityProblem {
    /// No certificate in it (PEM: `-----BEGIN CERTIFICATE-----`).
    #[error("there is no certificate in PEM form in it")]
    NoCertificate,
    /// Begins like PEM and is damaged.
    #[error("the PEM text is damaged")]
    BadPem,
    /// PEM around something that is no certificate.
    #[error("certificate number {number} in it cannot be read")]
    BadCertificate {
        /// Which one, counted from 1.
        number: usize,
    },
    /// A private key is in it: that is a secret and no business of ours.
    #[error("there is a private key in it; give the certificate alone")]
    PrivateKey,
    /// Larger than any honest list.
    #[error("it is larger than {limit} bytes, or holds too many certificates")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl Authority {
    /// All certificates of a PEM text, in its order. At least one, or a problem; text between them is passed over.
    pub fn from_pem(text: &[u8]) -> Result<Vec<Self>, AuthorityProblem> {
        if text.len() > FILE_LIMIT {
            return Err(AuthorityProblem::TooLarge { limit: FILE_LIMIT });
        }
        let mut found = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            match section {
                Ok((SectionKind::Certificate, der)) => {
                    found.push(Self::from_der(der).ok_or(AuthorityProblem::BadCertificate {
                        number: found.len() + 1,
                    })?);
                    if found.len() > COUNT_LIMIT {
                        return Err(AuthorityProblem::TooLarge { limit: FILE_LIMIT });
                    }
                }
                Ok((SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey, _)) => {
                    return Err(AuthorityProblem::PrivateKey);
                }
                Ok(_) | Err(pem::Error::NoItemsFound) => {}
                Err(_) => return Err(AuthorityProblem::BadPem),
            }
        }
        if found.is_empty() {
            Err(AuthorityProblem::NoCertificate)
        } else {
            Ok(found)
        }
    }

    /// One certificate in DER form; `None` if it cannot vouch for anything.
    fn from_der(der: Vec<u8>) -> Option<Self> {
        let der = CertificateDer::from(der);
        let (rest, _) = certificate_of(&der)?;
        // The TLS library has the last word on what it can use as a root.
        rustls::RootCertStore::empty().add(der.clone()).ok()?;
        rest.is_empty().then(|| Self(der.into_owned()))
    }

    /// The certificate as PEM text, with a line break at its end.
    #[must_use]
    pub fn to_pem(&self) -> String {
        certificate_pem(&self.0)
    }

    /// Whom it names: the common name, else the organization, else the whole name. Escaped.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        let (_, certificate) = certificate_of(&self.0)?;
        name_of(certificate.subject())
    }

    /// The SHA-256 fingerprint: 32 pairs of capital hexadecimal digits with colons between.
    #[must_use]
    pub fn sha256_fingerprint(&self) -> String {
        fingerprint(&self.0)
    }

    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.0
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(")?;
        f.write_str(&self.subject().unwrap_or_default())?;
        f.write_char(')')
    }
}
