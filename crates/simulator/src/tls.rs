//! The simulator's own certificate authority, made at start, and the ways its server certificate can be wrong.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::options::TlsFault;

/// What a TLS listener needs, and what its callers are told to trust.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    /// PEM of the authority; nothing where nobody is to trust it.
    pub(crate) authority: Option<String>,
}

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate could not be made.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The file with the authority's key could not be read or written.
    #[error("the authority's key: {0}")]
    Key(#[from] std::io::Error),
    /// The certificate could not be served.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

fn named(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

/// The authority's key: the one kept in the file, a new one where there is no file, and then kept there.
fn authority_key(file: Option<&Path>) -> Result<KeyPair, TlsError> {
    match file {
        Some(file) if file.exists() => Ok(KeyPair::from_pem(&std::fs::read_to_string(file)?)?),
        Some(file) => {
            let key = KeyPair::generate()?;
            std::fs::write(file, key.serialize_pem())?;
            Ok(key)
        }
        None => Ok(KeyPair::generate()?),
    }
}

fn authority(key: Option<&Path>) -> Result<(Issuer<'static, KeyPair>, Certificate), TlsError> {
    let key = authority_key(key)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Simulated authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    let certificate = params.self_signed(&key)?;
    Ok((Issuer::new(params, key), certificate))
}

fn server_params(fault: Option<TlsFault>) -> Result<CertificateParams, TlsError> {
    let names: &[&str] = match fault {
        Some(TlsFault::OtherHost) => &["other.example.test"],
        _ => &["localhost", "127.0.0.1", "::1"],
    };
    let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = named("Simulated server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = match fault {
        Some(TlsFault::Expired) => date_time_ymd(2021, 1, 1),
        _ => date_time_ymd(2099, 12, 31),
    };
    Ok(params)
}

/// Makes an authority and a server certificate, right or wrong in the way asked for.
pub(crate) fn identity(
    fault: Option<TlsFault>,
    authority_key: Option<&Path>,
    sends_authority: bool,
) -> Result<Identity, TlsError> {
    let key = KeyPair::generate()?;
    let params = server_params(fault)?;
    let mut chain: Vec<CertificateDer<'static>> = Vec::new();
    let authority = if fault == Some(TlsFault::SelfSigned) {
        chain.push(params.self_signed(&key)?.der().clone());
        None
    } else {
        let (issuer, own) = authority(authority_key)?;
        chain.push(params.signed_by(&key, &issuer)?.der().clone());
        if sends_authority {
            chain.push(own.der().clone());
        }
        (fault != Some(TlsFault::UnknownAuthority)).then(|| own.pem())
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        authority,
    })
}
