//! Files of certificates and keys, in PEM, become what the TLS library takes, for either side.
//!
//! rustls with ring, TLS 1.2 and 1.3. Both sides watch their files (`watched`): a renewed certificate is taken up without a
//! restart, by the connections that come after.
//!
//! Not here: the settings (`config`), and who is let in without a certificate of their own (`gate`).

use std::path::Path;
use std::sync::Arc;

use reqwest::tls::{Certificate, Identity};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::config::{BackendTls, ServerTls};
use super::watched::Watched;

/// What makes connections of our own port private.
///
/// # Errors
/// A file cannot be read or does not hold what it should: one line that names it.
pub(super) fn acceptor(tls: &ServerTls) -> Result<Arc<Watched<TlsAcceptor>>, String> {
    let tls = tls.clone();
    let paths = [&tls.identity.cert_file, &tls.identity.key_file].into_iter().chain(&tls.client_ca_file);
    Watched::new(paths.cloned().collect(), move |contents| {
        let [cert, key, authorities @ ..] = contents else { return Err("no certificate".to_owned()) };
        let chain = certificates(&tls.identity.cert_file, cert)?;
        let key_file = tls.identity.key_file.display();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| format!("{key_file}: no private key in PEM"))?;
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = match (&tls.client_ca_file, authorities.first()) {
            (Some(file), Some(authorities)) => {
                let roots = Arc::new(roots(file, authorities)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| format!("{}: {error}", file.display()))?)
            }
            _ => builder.with_no_client_auth(),
        };
        let config = builder.with_single_cert(chain, key);
        let mut config = config.map_err(|error| format!("{key_file}: does not go with the certificate: {error}"))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    })
}

/// A client of the backend, made by `builder` and `tls`.
///
/// # Errors
/// A file cannot be read or does not hold what it should, or the system has no certificates.
pub(super) fn client(
    tls: &BackendTls,
    builder: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
) -> Result<Arc<Watched<reqwest::Client>>, String> {
    // Fails only if there is a provider already, and then there is one.
    let _ = ring::default_provider().install_default();
    let tls = tls.clone();
    let identity = tls.identity.iter().flat_map(|identity| [&identity.cert_file, &identity.key_file]);
    let paths = tls.ca_file.iter().chain(identity).cloned().collect();
    Watched::new(paths, move |contents| {
        let mut builder = builder().tls_danger_accept_invalid_certs(tls.insecure_skip_verify);
        let mut rest = contents;
        if let (Some(file), [authorities, others @ ..]) = (&tls.ca_file, rest) {
            certificates(file, authorities)?;
            let wrong = |error| format!("{}: {error}", file.display());
            builder = builder.tls_certs_only(Certificate::from_pem_bundle(authorities).map_err(wrong)?);
            rest = others;
        }
        if let (Some(identity), [cert, key]) = (&tls.identity, rest) {
            certificates(&identity.cert_file, cert)?;
            let key_file = identity.key_file.display();
            PrivateKeyDer::from_pem_slice(key).map_err(|_| format!("{key_file}: no private key in PEM"))?;
            let pair = [cert.as_slice(), b"\n", key].concat();
            let wrong = |_| format!("{key_file}: does not go with the certificate");
            builder = builder.identity(Identity::from_pem(&pair).map_err(wrong)?);
        }
        builder.build().map_err(|error| innermost(&error))
    })
}

/// The error at the bottom, which says what happened: those above say in which library.
fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

fn certificates(file: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("{}: no certificate in PEM", file.display())),
    }
}

fn roots(file: &Path, pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, pem)? {
        roots.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(roots)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
