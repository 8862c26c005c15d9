//! Trust: the system's verifier with a person's own authorities beside it, and a witness that remembers which
//! certificates were presented when trust failed, so that a person can be told whose they were.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};
use x509_parser::nom::Parser as _;
use x509_parser::prelude::{X509Certificate, X509CertificateParser, X509Name};

use crate::authority::Authority;
use crate::shown::shown_within;

/// The most certificates of a presented chain that are remembered.
const CHAIN_LIMIT: usize = 10;

/// Why an encrypted connection is not to be trusted, or did not come to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host}: {kind}")]
pub struct TlsProblem {
    /// What is wrong.
    pub kind: TlsKind,
    /// The host that was asked for.
    pub host: String,
    /// Whom the server's certificate names, escaped.
    pub subject: Option<String>,
    /// Who signed it, escaped.
    pub issuer: Option<String>,
    /// Its last moment, RFC 3339 in UTC.
    pub not_after: Option<String>,
    /// SHA-256 of the server's certificate: 32 pairs of capital hexadecimal digits with colons between.
    pub fingerprint: Option<String>,
    /// The presented chain as PEM texts, the server's own first; at most 10. A person may trust one of them for this
    /// GitLab only.
    pub chain_pem: Vec<String>,
    /// Whether the last of the chain vouches for the server's certificate: were it trusted, the server would be. A
    /// certificate that signed itself vouches for itself.
    pub vouched: bool,
}

/// The kinds of [`TlsProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlsKind {
    /// Past its last day.
    #[error("its certificate has expired")]
    Expired,
    /// Before its first day; often this computer's clock is wrong.
    #[error("its certificate is not valid yet; is this computer's clock right?")]
    NotYetValid,
    /// The certificate is for other names.
    #[error("its certificate is for another name")]
    OtherHost,
    /// Signed by somebody neither the system nor the person trusts.
    #[error("its certificate is signed by an authority this computer does not trust")]
    UnknownAuthority,
    /// Signed by itself.
    #[error("its certificate is signed by itself")]
    SelfSigned,
    /// Withdrawn by its authority.
    #[error("its certificate was revoked")]
    Revoked,
    /// Not TLS at all: most often plain http on that port.
    #[error("what answers there does not speak TLS")]
    NotTls,
    /// Anything else: no common version or cipher, a damaged certificate, a client certificate wanted.
    #[error("no encrypted connection could be agreed on")]
    Other,
}

impl TlsProblem {
    /// The certificate a person may trust to be able to go on: the last of the chain (an authority that vouches for the
    /// server's certificate, or that one itself where no other came with it). `None` when trusting would not help. What
    /// merely stands at the end of a chain is not offered: whoever compares the fingerprint of the server's certificate
    /// would take a stranger's authority with it.
    #[must_use]
    pub fn trustable_pem(&self) -> Option<&str> {
        let alone = self.chain_pem.len() == 1;
        self.last_pem().filter(|_| self.vouched || alone)
    }

    /// The authority a person may trust: the last of the chain where it vouches for the server's certificate, which may
    /// be that one itself. `None` when trusting would not help, and where the server does not send its authority's
    /// certificate.
    #[must_use]
    pub fn authority_pem(&self) -> Option<&str> {
        self.last_pem().filter(|_| self.vouched)
    }

    fn last_pem(&self) -> Option<&str> {
        matches!(self.kind, TlsKind::UnknownAuthority | TlsKind::SelfSigned)
            .then(|| self.chain_pem.last().map(String::as_str))
            .flatten()
    }

    pub(crate) fn without_certificate(kind: TlsKind, host: &str) -> Self {
        Self {
            kind,
            host: host.to_owned(),
            subject: None,
            issuer: None,
            not_after: None,
            fingerprint: None,
            chain_pem: Vec::new(),
            vouched: false,
        }
    }
}

/// The last chain that was not trusted.
#[derive(Debug, Default)]
pub(crate) struct Presented(Mutex<Option<Untrusted>>);

#[derive(Debug, Clone)]
struct Untrusted {
    kind: TlsKind,
    chain: Vec<CertificateDer<'static>>,
    vouched: bool,
}

impl Presented {
    /// The problem with the last untrusted chain, told for `host`.
    pub(crate) fn problem(&self, host: &str) -> Option<TlsProblem> {
        let untrusted = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let mut problem = TlsProblem::without_certificate(untrusted.kind, host);
        if let Some(leaf) = untrusted.chain.first() {
            problem.fingerprint = Some(fingerprint(leaf));
            if let Some((_, certificate)) = certificate_of(leaf) {
                problem.subject = name_of(certificate.subject());
                problem.issuer = name_of(certificate.issuer());
                problem.not_after =
                    jiff::Timestamp::from_second(certificate.validity().not_after.timestamp())
                        .ok()
                        .map(|moment| moment.to_string());
            }
        }
        problem.chain_pem = untrusted
            .chain
            .iter()
            .map(|certificate| certificate_pem(certificate))
            .collect();
        problem.vouched = untrusted.vouched;
        Some(problem)
    }
}

/// The TLS settings of one HTTP client.
pub(crate) fn client_config(
    extra: &[Authority],
    presented: &Arc<Presented>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Witness {
        provider: Arc::clone(&provider),
        extra: extra.iter().map(|authority| authority.der().clone()).collect(),
        system: OnceLock::new(),
        presented: Arc::clone(presented),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Asks the system's verifier, and remembers what it refused.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
    /// Made at the first handshake: reading the system's store is not for free, and plain http needs none.
    system: OnceLock<Option<rustls_platform_verifier::Verifier>>,
    presented: Arc<Presented>,
}

impl Witness {
    fn system(&self) -> Option<&rustls_platform_verifier::Verifier> {
        self.system
            .get_or_init(|| {
                rustls_platform_verifier::Verifier::new_with_extra_roots(
                    self.extra.iter().cloned(),
                    Arc::clone(&self.provider),
                )
                .ok()
            })
            .as_ref()
    }

    /// A server certificate that a person trusts as it is. Path building refuses some of them (a certificate marked
    /// as an authority used by a server itself), though nobody else could use them: name and time still count.
    fn trusted_itself(&self, leaf: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> bool {
        self.extra.iter().any(|extra| extra.as_ref() == leaf.as_ref())
            && presents_name(leaf, name)
            && certificate_of(leaf).is_some_and(|(_, certificate)| {
                let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                let validity = certificate.validity();
                (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now)
            })
    }
}

impl Witness {
    /// Whether the last of a presented chain vouches for the first.
    fn vouched(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let Some(last) = between.last() else {
            return certificate_of(leaf)
                .is_some_and(|(_, certificate)| certificate.subject() == certificate.issuer());
        };
        let mut alone = RootCertStore::empty();
        alone.add(last.clone().into_owned()).is_ok()
            && WebPkiServerVerifier::builder_with_provider(Arc::new(alone), Arc::clone(&self.provider))
                .build()
                .is_ok_and(|verifier| verifier.verify_server_cert(leaf, between, name, &[], now).is_ok())
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match self.system() {
            Some(system) => system.verify_server_cert(leaf, intermediates, name, ocsp, now),
            // A system without any authority trusts nobody, which is an answer and not a failure.
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        match verdict {
            Err(_) if self.trusted_itself(leaf, name, now) => Ok(ServerCertVerified::assertion()),
            Err(error) => {
                let between = intermediates.get(..CHAIN_LIMIT - 1).unwrap_or(intermediates);
                let chain = std::iter::once(leaf).chain(between);
                let untrusted = Untrusted {
                    kind: kind(&error, leaf, name, now),
                    chain: chain
                        .map(|certificate| certificate.clone().into_owned())
                        .collect(),
                    vouched: self.vouched(leaf, between, name, now),
                };
                *self.presented.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(untrusted);
                Err(error)
            }
            Ok(verified) => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What is wrong with a refused certificate. A certificate may be wrong in several ways at once: what trusting an
/// authority would not mend (time, name) is told before what it would.
fn kind(error: &rustls::Error, leaf: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> TlsKind {
    if matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::Revoked)
    ) {
        return TlsKind::Revoked;
    }
    let Some((_, certificate)) = certificate_of(leaf) else {
        return TlsKind::Other;
    };
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now > certificate.validity().not_after.timestamp() {
        return TlsKind::Expired;
    }
    if now < certificate.validity().not_before.timestamp() {
        return TlsKind::NotYetValid;
    }
    if !presents_name(leaf, name) {
        return TlsKind::OtherHost;
    }
    let self_signed = certificate.subject() == certificate.issuer();
    match error {
        _ if self_signed => TlsKind::SelfSigned,
        // An expired authority is told by its own validity, which lies in the chain and not in the server's certificate.
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => TlsKind::Expired,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => TlsKind::NotYetValid,
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => TlsKind::UnknownAuthority,
        _ => TlsKind::Other,
    }
}

fn presents_name(leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(leaf)
        .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, name).is_ok())
}

/// A certificate and what follows it, or `None` if it is none. Extensions are left unread: they are for the TLS library to judge.
pub(crate) fn certificate_of(der: &[u8]) -> Option<(&[u8], X509Certificate<'_>)> {
    X509CertificateParser::new()
        .with_deep_parse_extensions(false)
        .parse(der)
        .ok()
}

/// The common name, else the organization, else the whole name; escaped, at most 120 characters.
pub(crate) fn name_of(name: &X509Name<'_>) -> Option<String> {
    let part = name
        .iter_common_name()
        .chain(name.iter_organization())
        .find_map(|part| part.as_str().ok().filter(|text| !text.trim().is_empty()));
    let text = part.map_or_else(|| name.to_string(), str::to_owned);
    (!text.trim().is_empty()).then(|| shown_within(&text, 120))
}

pub(crate) fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

/// RFC 7468: base64 in lines of 64 characters.
pub(crate) fn certificate_pem(der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
