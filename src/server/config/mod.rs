//! Environment, config file and flags become a checked [`Config`].
//!
//! v1.0.0's variables and keys keep their meaning; flags beat the environment, the environment beats the file, the
//! file beats the defaults. What v1.0.0 choked on (empty sections) is fine, what cannot be used is an error that
//! names its place, and what is merely odd is a warning. No message holds a secret.
//!
//! Not here: what the settings do.

mod certificates;
mod credentials;
mod found;
mod inbound;
mod memory;
mod settings;
mod shown;
mod sources;
mod trend;
mod variables;

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tracing::level_filters::LevelFilter;

pub use self::certificates::{BackendTls, Identity, ServerTls};
pub use self::inbound::{Inbound, Limits};
pub use self::memory::{Memory, MemoryPlace, StoreUrl};
pub use self::trend::Trends;
pub use super::secret::{BackendUrl, Secret};
use crate::Settings;

/// What a command line says; each beats the environment and the config file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The config file; named here it must be there and in order.
    pub config_file: Option<PathBuf>,
    /// The address to listen on, or `localhost`.
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
    pub log_level: LevelFilter,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// Who may ask, over what, and how much at once.
    pub inbound: Inbound,
    /// Where metric data come from.
    pub backend: Backend,
    /// Defaults for what an experiment does not say.
    pub assessment: Settings,
    /// What is kept between requests.
    pub memory: Memory,
    /// What is told of finished experiments.
    pub trends: Trends,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    pub url: BackendUrl,
    /// Whether somebody named the URL; else it is the default one.
    pub is_url_given: bool,
    /// How to identify ourselves.
    pub auth: Auth,
    /// What is expected of the backend's certificate, and which of ours it is shown.
    pub tls: BackendTls,
    /// What every query carries beside, such as `X-Scope-OrgID`; the values may be credentials.
    pub headers: Vec<(String, Secret)>,
    /// How long to wait.
    pub patience: Patience,
}

/// How somebody is identified: we to the backend, or whoever asks to us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// Not at all; to the backend, unless the URL holds a user.
    #[default]
    None,
    /// With a user and a password.
    Basic {
        /// The user.
        username: Secret,
        /// The password.
        password: Secret,
    },
    /// With a token.
    Bearer(Token),
}

/// Where a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// It stands in the configuration.
    Given(Secret),
    /// It stands in this file, which is read again and again: Kubernetes exchanges the tokens that it mounts.
    File(PathBuf),
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
        let (config, mut warnings) = Self::from_environment(overrides, &|name| std::env::var_os(name))?;
        warnings.extend(variables::unknown(std::env::vars_os().map(|(name, _)| name)));
        Ok((config, warnings))
    }

    /// The same with another `environment`: the value of a variable, `None` where it is not set.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn from_environment(
        overrides: Overrides,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<(Self, Vec<Warning>), ConfigError> {
        settings::read(overrides, environment)
    }

    /// The defaults for experiments alone, from this process's environment and the config file that it names: what
    /// lies in the working folder, and what only a server needs, does not matter.
    ///
    /// # Errors
    /// The first value that cannot be used.
    pub fn load_assessment() -> Result<(Settings, Vec<Warning>), ConfigError> {
        let (settings, mut warnings) = settings::read_assessment(&|name| std::env::var_os(name))?;
        warnings.extend(variables::unknown(std::env::vars_os().map(|(name, _)| name)));
        Ok((settings, warnings))
    }

    /// A warning for each place on this machine that a server would read or write all the time, and that is not there.
    pub fn missing_places(&self) -> Vec<Warning> {
        let mut missing = Vec::new();
        if let Some(MemoryPlace::File(path)) = &self.memory.place {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
                missing.push(Warning(format!("store.file: {}: {NO_FILE}", path.display())));
            }
        }
        if let Some(folder) = self.trends.folder.as_ref().filter(|folder| self.trends.is_enabled && !folder.is_dir()) {
            missing.push(Warning(format!("trend.folder: {}: {NO_FOLDER}", folder.display())));
        }
        missing
    }

    /// The configuration in the shape of the config file, every default filled in, secrets masked.
    pub fn shown(&self) -> Value {
        shown::value(self)
    }
}

const NO_FILE: &str = "no file can be there on this machine: a server would go on and remember nothing";
const NO_FOLDER: &str = "no such folder on this machine: a server would go on and tell of nothing in it";

impl Backend {
    /// The backend at `url`, without authentication, with the usual patience; `place` is where the URL stands.
    ///
    /// # Errors
    /// `url` is no http or https URL with a host: `place: ...`.
    pub fn at(place: &str, url: &str) -> Result<Self, ConfigError> {
        let url = found::Found { place: place.to_owned(), value: Value::from(url) }.url()?;
        let (auth, tls, patience) = (Auth::None, BackendTls::default(), Patience::default());
        Ok(Self { url, is_url_given: true, auth, tls, headers: Vec::new(), patience })
    }
}

impl Default for Patience {
    /// Two seconds a try, three tries, eight seconds for a request.
    fn default() -> Self {
        Self { try_timeout: Duration::from_secs(2), tries: 3, deadline: Duration::from_secs(8) }
    }
}
