//! The settings there are: their names in the environment and in the config file, defaults and what is allowed.
//!
//! Each is looked up by both names and checked; [`KNOWN_KEYS`] holds the file's names once more, so that a
//! misspelt one can be told from a known one.
//!
//! No variable may be called `ITER8_ANALYTICS_PORT` or begin with `ITER8_ANALYTICS_SERVICE_`: Kubernetes sets those
//! for the service that is called iter8-analytics.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tracing::level_filters::LevelFilter;

use super::found::Found;
use super::sources::{Environment, File, Sources};
use super::{Backend, BackendUrl, Config, ConfigError, LogFormat, Overrides, Patience, Warning};
use super::{certificates, credentials, inbound, memory, trend};
use crate::Settings;
use crate::wire::request::{METHODS, ROLLBACKS};

/// The configuration from `overrides`, `environment` and the config file.
pub(super) fn read(overrides: Overrides, environment: Environment) -> Result<(Config, Vec<Warning>), ConfigError> {
    let mut warnings = Vec::new();
    let sources = Sources::open(environment, overrides.config_file.map_or(File::Usual, File::Needed), &mut warnings)?;
    warnings.extend(sources.unknown_keys(KNOWN_KEYS));
    let flag = |name: &str, value: Option<String>| {
        value.map(|text| Found { place: name.to_owned(), value: serde_json::Value::String(text) })
    };
    let host =
        flag("--host", overrides.host).map_or_else(|| sources.find(Some(HOST), "host"), |found| Ok(Some(found)))?;
    let port = match overrides.port {
        Some(port) => port,
        None => sources.find(Some(PORT), "port")?.map_or(Ok(PORT_DEFAULT), |found| found.whole(0, u16::MAX))?,
    };
    let config = Config {
        host: host.map_or(Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |found| address(&found))?,
        port,
        log_level: log_level(&sources, &mut warnings)?,
        log_format: sources
            .find(Some(LOG_FORMAT), "logFormat")?
            .map_or(Ok(LogFormat::Text), |found| found.word(&[("text", LogFormat::Text), ("json", LogFormat::Json)]))?,
        inbound: inbound::read(&sources)?,
        backend: backend(&sources, &mut warnings)?,
        assessment: assessment(&sources)?,
        memory: memory::read(&sources, &mut warnings)?,
        trends: trend::read(&sources)?,
    };
    Ok((config, warnings))
}

/// The defaults for experiments alone, from `environment` and the config file that it names, if any.
pub(super) fn read_assessment(environment: Environment) -> Result<(Settings, Vec<Warning>), ConfigError> {
    let mut warnings = Vec::new();
    let sources = Sources::open(environment, File::Named, &mut warnings)?;
    warnings.extend(sources.unknown_keys(KNOWN_KEYS));
    let settings = assessment(&sources)?;
    Ok((settings, warnings))
}

fn address(found: &Found) -> Result<IpAddr, ConfigError> {
    match found.text()?.trim() {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => text.trim_matches(['[', ']']).parse().map_err(|_| found.error("an IP address like `0.0.0.0`")),
    }
}

fn log_level(sources: &Sources, warnings: &mut Vec<Warning>) -> Result<LevelFilter, ConfigError> {
    let Some(found) = sources.find(Some(LOG_LEVEL), "logLevel")? else {
        return Ok(LevelFilter::INFO);
    };
    // A service does not stay down over how much it talks.
    Ok(found.word(LEVELS).unwrap_or_else(|error| {
        warnings.push(Warning(format!("{error}; using `info`")));
        LevelFilter::INFO
    }))
}

fn backend(sources: &Sources, warnings: &mut Vec<Warning>) -> Result<Backend, ConfigError> {
    if let Some(kind) = sources.find(None, "metricsBackend.type")?
        && kind.text()?.trim() != "prometheus"
    {
        warnings.push(Warning(format!("{}; using it as `prometheus`", kind.error("a type of backend").0)));
    }
    let given = sources.find(Some(BACKEND_URL), "metricsBackend.url")?;
    let is_url_given = given.is_some();
    let default = || BackendUrl::parse(BACKEND_URL_DEFAULT).map_err(ConfigError);
    let url = given.map_or_else(default, |found| found.url())?;
    let auth = credentials::auth(sources, warnings)?;
    let tls = certificates::backend(sources, &url, warnings)?;
    let headers = credentials::headers(sources, &auth)?;
    Ok(Backend { url, is_url_given, auth, tls, headers, patience: patience(sources)? })
}

fn patience(sources: &Sources) -> Result<Patience, ConfigError> {
    let default = Patience::default();
    let seconds = |variable, key, default| match sources.find(Some(variable), key)? {
        Some(found) => found
            .number("a number of seconds from 0.01 to 60", |seconds| (0.01..=60.0).contains(&seconds))
            .map(Duration::from_secs_f64),
        None => Ok(default),
    };
    let tries = sources.find(Some(BACKEND_TRIES), "metricsBackend.tries")?;
    Ok(Patience {
        try_timeout: seconds(BACKEND_TRY, "metricsBackend.try_seconds", default.try_timeout)?,
        tries: tries.map_or(Ok(default.tries), |found| found.whole(1, 10).map(u32::from))?,
        deadline: seconds(BACKEND_DEADLINE, "metricsBackend.deadline_seconds", default.deadline)?,
    })
}

fn assessment(sources: &Sources) -> Result<Settings, ConfigError> {
    let find = |name: &str| {
        let variable = format!("ITER8_ANALYTICS_{}", name.to_ascii_uppercase());
        sources.find(Some(&variable), &format!("assessment.{name}"))
    };
    let number = |name: &str, allowed: &str, is_allowed: &dyn Fn(f64) -> bool| {
        find(name)?.map(|found| found.number(allowed, is_allowed)).transpose()
    };
    Ok(Settings {
        method: find("method")?.map(|found| found.word(METHODS)).transpose()?,
        alpha: number("alpha", "a number above 0 and up to 0.1", &|alpha| alpha > 0.0 && alpha <= 0.1)?,
        winner_threshold: number("winner_threshold", "a number from 0.5 to 1", &|p| (0.5..=1.0).contains(&p))?,
        exploration_percentage: number("exploration_percentage", "a number from 0 to 50", &|percent| {
            (0.0..=50.0).contains(&percent)
        })?,
        rollback: find("rollback")?.map(|found| found.word(ROLLBACKS)).transpose()?,
        scrape_interval_seconds: number("scrape_interval_seconds", "a number above 0 and up to 3600", &|seconds| {
            seconds > 0.0 && seconds <= 3600.0
        })?,
    })
}

/// The file's settings, each with its sections.
pub(super) const KNOWN_KEYS: &[&str] = &[
    "host",
    "port",
    "logLevel",
    "logFormat",
    "metricsBackend.type",
    "metricsBackend.url",
    "metricsBackend.auth.type",
    "metricsBackend.auth.username",
    "metricsBackend.auth.password",
    "metricsBackend.auth.insecure_skip_verify",
    "metricsBackend.auth.ca_file",
    "metricsBackend.auth.cert_file",
    "metricsBackend.auth.key_file",
    "metricsBackend.auth.token",
    "metricsBackend.auth.token_file",
    "metricsBackend.headers",
    "metricsBackend.try_seconds",
    "metricsBackend.tries",
    "metricsBackend.deadline_seconds",
    "server.tls.cert_file",
    "server.tls.key_file",
    "server.tls.client_ca_file",
    "server.auth.type",
    "server.auth.username",
    "server.auth.password",
    "server.auth.token",
    "server.auth.token_file",
    "server.cors_origins",
    "server.requests_max",
    "server.connections_max",
    "server.head_seconds_max",
    "server.body_seconds_max",
    "server.body_mib_max",
    "server.linger_seconds",
    "store.file",
    "store.url",
    "store.size_mib_max",
    "store.age_days_max",
    "trend.enabled",
    "trend.folder",
    "trend.period_seconds",
    "assessment.method",
    "assessment.winner_threshold",
    "assessment.exploration_percentage",
    "assessment.alpha",
    "assessment.rollback",
    "assessment.scrape_interval_seconds",
];
/// `critical` has no equal in our logs: errors are the least there is.
const LEVELS: &[(&str, LevelFilter)] = &[
    ("debug", LevelFilter::DEBUG),
    ("info", LevelFilter::INFO),
    ("warning", LevelFilter::WARN),
    ("error", LevelFilter::ERROR),
    ("critical", LevelFilter::ERROR),
];
const HOST: &str = "ITER8_ANALYTICS_SERVER_HOST";
const PORT: &str = "ITER8_ANALYTICS_SERVER_PORT";
const PORT_DEFAULT: u16 = 8080;
const LOG_LEVEL: &str = "ITER8_ANALYTICS_LOG_LEVEL";
const LOG_FORMAT: &str = "ITER8_ANALYTICS_LOG_FORMAT";
const BACKEND_URL: &str = "ITER8_ANALYTICS_METRICS_BACKEND_URL";
/// Where Istio's own installation puts its Prometheus.
const BACKEND_URL_DEFAULT: &str = "http://prometheus.istio-system:9090";
const BACKEND_TRY: &str = "ITER8_ANALYTICS_METRICS_BACKEND_TRY_SECONDS";
const BACKEND_TRIES: &str = "ITER8_ANALYTICS_METRICS_BACKEND_TRIES";
const BACKEND_DEADLINE: &str = "ITER8_ANALYTICS_METRICS_BACKEND_DEADLINE_SECONDS";
