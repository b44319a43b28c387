//! The settings that name files of certificates become checked groups of them, for both sides of TLS.
//!
//! A certificate without its key, or the other way round, is an error. To the backend an authority of one's own replaces the
//! system's, as with curl and Prometheus; to turn off every check has to be asked for and is told with capital letters.
//!
//! Not here: reading the files (`tls`).

use std::path::PathBuf;

use super::found::Found;
use super::sources::Sources;
use super::{BackendUrl, ConfigError, Warning};

/// How TLS to the backend is set up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackendTls {
    /// The authorities that are trusted in place of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// What is shown to a backend that asks for a certificate.
    pub identity: Option<Identity>,
    /// Accept any certificate of the backend.
    pub insecure_skip_verify: bool,
}

/// A certificate with those that vouch for it, and its key; two files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, then those between it and its authority.
    pub cert_file: PathBuf,
    /// The private key.
    pub key_file: PathBuf,
}

/// How TLS is spoken to those who ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// Who the server is.
    pub identity: Identity,
    /// Authorities in PEM: only who shows a certificate of theirs gets a connection. `None`: anybody does.
    pub client_ca_file: Option<PathBuf>,
}

/// The TLS settings of the backend at `url`.
pub(super) fn backend(
    sources: &Sources,
    url: &BackendUrl,
    warnings: &mut Vec<Warning>,
) -> Result<BackendTls, ConfigError> {
    let find = |name: &str| sources.find(None, &format!("metricsBackend.auth.{name}"));
    let skip = find("insecure_skip_verify")?;
    let skip = if skip.as_ref().map_or(Ok(false), Found::truth)? { skip } else { None };
    if let Some(skip) = &skip {
        let danger = "INSECURE: the backend's certificate is not verified; anybody between it and us can read \
                      credentials and forge metrics";
        warnings.push(Warning(format!("{}: {danger}", skip.place)));
    }
    let (authority, cert, key) = (find("ca_file")?, find("cert_file")?, find("key_file")?);
    let is_https = url.reveal().scheme() == "https";
    let mut used = |found: Option<Found>, is_overruled: bool| -> Option<Found> {
        let found = found.filter(|found| found.text().is_ok_and(|text| !text.trim().is_empty()))?;
        let why = match (is_https, is_overruled) {
            (true, false) => return Some(found),
            (false, _) => "the backend's URL is no https one",
            (true, true) => "`insecure_skip_verify` is set",
        };
        warnings.push(Warning(format!("{}: not used, since {why}", found.place)));
        None
    };
    let (authority, cert, key) = (used(authority, skip.is_some()), used(cert, false), used(key, false));
    Ok(BackendTls {
        ca_file: authority.as_ref().map(path).transpose()?,
        identity: identity(cert.as_ref(), key.as_ref())?,
        insecure_skip_verify: skip.is_some(),
    })
}

/// The TLS settings of our own port; `None`: plain HTTP.
pub(super) fn server(sources: &Sources) -> Result<Option<ServerTls>, ConfigError> {
    let find = |variable: &str, name: &str| sources.find(Some(variable), &format!("server.tls.{name}"));
    let (cert, key) = (find(CERT_FILE, "cert_file")?, find(KEY_FILE, "key_file")?);
    let authority = find(CLIENT_CA_FILE, "client_ca_file")?;
    match (identity(cert.as_ref(), key.as_ref())?, authority) {
        (Some(identity), authority) => {
            Ok(Some(ServerTls { identity, client_ca_file: authority.as_ref().map(path).transpose()? }))
        }
        (None, Some(authority)) => Err(ConfigError(format!("{}: needs `cert_file` and `key_file`", authority.place))),
        (None, None) => Ok(None),
    }
}

fn identity(cert: Option<&Found>, key: Option<&Found>) -> Result<Option<Identity>, ConfigError> {
    match (cert, key) {
        (Some(cert), Some(key)) => Ok(Some(Identity { cert_file: path(cert)?, key_file: path(key)? })),
        (Some(cert), None) => Err(ConfigError(format!("{}: needs `key_file`", cert.place))),
        (None, Some(key)) => Err(ConfigError(format!("{}: needs `cert_file`", key.place))),
        (None, None) => Ok(None),
    }
}

fn path(found: &Found) -> Result<PathBuf, ConfigError> {
    found.text().map(|text| PathBuf::from(text.trim()))
}

const CERT_FILE: &str = "ITER8_ANALYTICS_SERVER_TLS_CERT_FILE";
const KEY_FILE: &str = "ITER8_ANALYTICS_SERVER_TLS_KEY_FILE";
const CLIENT_CA_FILE: &str = "ITER8_ANALYTICS_SERVER_TLS_CLIENT_CA_FILE";
