//! The certificate: made at the first start, kept in the key folder, given to cameras in the connection file.

use std::sync::Arc;

use onrecord_program::Program;
use rcgen::{CertificateParams, DnType, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{Config, ServerError};

/// The certificate and its private key as PEM, one behind the other.
pub(crate) fn certificate(program: &Program, config: &Config) -> Result<String, ServerError> {
    let failed =
        |why: &dyn std::fmt::Display| ServerError::doing("The certificate cannot be made or read")(why);
    let mut made = Ok(());
    let pem = program
        .keys
        .secret("tls.pem", || {
            make(&config.server.host).unwrap_or_else(|error| {
                made = Err(error);
                Vec::new()
            })
        })
        .map_err(|error| failed(&error))?;
    made.map_err(|error| failed(&error))?;
    String::from_utf8(pem).map_err(|error| failed(&error))
}

fn make(host: &str) -> Result<Vec<u8>, rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if host != "localhost" {
        names.insert(0, host.to_owned());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, host);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()).into_bytes())
}

/// Only the certificate, as PEM.
pub(crate) fn public_part(pem: &str) -> String {
    let end = "-----END CERTIFICATE-----";
    pem.find(end).map_or_else(String::new, |at| format!("{}\n", &pem[..at + end.len()]))
}

pub(crate) fn acceptor(program: &Program, config: &Config) -> Result<Arc<TlsAcceptor>, ServerError> {
    let failed = |why: &dyn std::fmt::Display| ServerError::doing("TLS cannot be set up from tls.pem")(why);
    let pem = certificate(program, config)?;
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| failed(&error))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| failed(&error))?;
    Ok(Arc::new(TlsAcceptor::from(Arc::new(config))))
}
