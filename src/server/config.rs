//! Environment, config file and overrides become a checked [`Config`].
//!
//! skeleton

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::secret::Secret;
use crate::Settings;

/// What a command line says; each beats the environment, which beats the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The config file; named here it must exist.
    pub config_file: Option<PathBuf>,
    /// The address to listen on.
    pub host: Option<String>,
    /// The port to listen on; 0: any free one.
    pub port: Option<u16>,
}

/// Everything that the server can be told, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0: any free one.
    pub port: u16,
    /// How much is logged.
    pub log_level: tracing::level_filters::LevelFilter,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// Where metric data come from.
    pub backend: Backend,
    /// Defaults for what an experiment does not say.
    pub assessment: Settings,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where metric data come from.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The root of Prometheus' API, perhaps with a path prefix.
    pub url: Url,
    /// Whether somebody named the URL; else it is the default one.
    pub is_url_given: bool,
    /// How to identify ourselves.
    pub auth: Auth,
    /// How long to wait.
    pub patience: Patience,
}

/// How to identify ourselves to the backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// With a user and a password.
    Basic {
        /// The user.
        username: Secret,
        /// The password.
        password: Secret,
        /// Do not verify the backend's certificate.
        insecure_skip_verify: bool,
    },
}

/// How long to wait for the backend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// Longest wait for one try; the last may use what is left of `deadline`.
    pub try_timeout: Duration,
    /// Tries for one query, at least 1.
    pub tries: u32,
    /// Longest wait for all queries of one request together.
    pub deadline: Duration,
}

/// Something odd in the configuration that does not stop the server; one line, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there is no configuration: `where: what`, one line, without secrets. The command exits with 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// The configuration from `overrides`, this process's environment and the config file.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn load(overrides: Overrides) -> Result<(Self, Vec<Warning>), ConfigError> {
        let _ = overrides;
        Err(ConfigError("skeleton".into()))
    }

    /// The effective configuration as JSON in the config file's shape, secrets masked.
    pub fn describe(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

impl Backend {
    /// The backend at `url`, without authentication, with the usual patience.
    ///
    /// # Errors
    /// `url` is no http or https URL with a host.
    pub fn at(url: &str) -> Result<Self, ConfigError> {
        Err(ConfigError(url.to_owned()))
    }
}
