//! The settings under `trend`: whether `/metrics` tells of finished experiments too, and which folder is watched for them.
//!
//! Not here: what counts as finished, and the gauges.

use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::sources::Sources;

/// What is told of finished experiments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trends {
    /// Whether anything is.
    pub is_enabled: bool,
    /// The folder whose files hold Experiment resources or assessments, beside the assessments that the server gives.
    pub folder: Option<PathBuf>,
    /// How often the folder is looked at, and Prometheus asked for what new winners used.
    pub period: Duration,
}

impl Default for Trends {
    /// Nothing; once enabled, without a folder, every 30 seconds.
    fn default() -> Self {
        Self { is_enabled: false, folder: None, period: Duration::from_secs(30) }
    }
}

/// The settings under `trend`. Who names a folder wants it watched, unless `enabled` says otherwise.
pub(super) fn read(sources: &Sources) -> Result<Trends, ConfigError> {
    let default = Trends::default();
    let folder = sources.find(Some(FOLDER), "trend.folder")?;
    let folder = folder.map(|found| found.text().map(|text| PathBuf::from(text.trim()))).transpose()?;
    let enabled = sources.find(Some(ENABLED), "trend.enabled")?;
    let period = sources.find(Some(PERIOD), "trend.period_seconds")?;
    Ok(Trends {
        is_enabled: enabled.map_or(Ok(folder.is_some()), |found| found.truth())?,
        folder,
        period: period.map_or(Ok(default.period), |found| {
            let is_allowed = |seconds: f64| (0.1..=3600.0).contains(&seconds);
            found.number("a number of seconds from 0.1 to 3600", is_allowed).map(Duration::from_secs_f64)
        })?,
    })
}

const ENABLED: &str = "ITER8_ANALYTICS_TREND_ENABLED";
const FOLDER: &str = "ITER8_ANALYTICS_TREND_FOLDER";
const PERIOD: &str = "ITER8_ANALYTICS_TREND_PERIOD_SECONDS";
