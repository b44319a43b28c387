//! stub
use crate::{Error, Instant, Observations, Query, assessment::*};
use serde_json::Value;
/// Where the metric data of an experiment come from, and with that which of its fields are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricData {
    /// From a backend: templates and labels are needed, unless the experiment holds observations.
    Fetched,
    /// From the caller.
    Given,
}
/// A host's defaults for what an experiment does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// stub
    pub method: Option<Method>,
    /// Percent of traffic for exploration, 0 to 50.
    pub exploration_percentage: Option<f64>,
    /// Win probability that a winner must exceed, 0.5 to 1.
    pub winner_threshold: Option<f64>,
}
/// What a call says beside the experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The instant to assess as of.
    pub now: Instant,
    /// Beats the experiment's.
    pub method: Option<Method>,
    /// Beats the experiment's; 0 to 2^53 - 1.
    pub seed: Option<u64>,
    /// What `seed: "random"` becomes: the host's entropy.
    pub entropy: u64,
    /// The host's defaults.
    pub settings: Settings,
}
impl Options {
    /// Options with nothing but `now`, RFC 3339 text.
    pub fn at(now: &str) -> Result<Self, Error> {
        let now = Instant::parse(now).ok_or_else(|| Error::Sentence { location: vec![], message: "stub".into() })?;
        Ok(Self::new(now))
    }
    /// stub
    pub fn new(now: Instant) -> Self {
        Self { now, method: None, seed: None, entropy: 0, settings: Settings::default() }
    }
}
/// A checked experiment.
#[derive(Debug, Clone)]
pub struct Experiment {}
impl Experiment {
    /// stub
    pub fn parse(value: &Value, data: MetricData, settings: &Settings) -> Result<Self, Error> {
        let _ = (value, data, settings);
        Err(Error::Sentence { location: vec![], message: "the engine is not built yet".into() })
    }
    /// The experiment's own `now` (replay), which beats a host's clock.
    pub fn now(&self) -> Option<Instant> {
        None
    }
    /// The experiment's name, else its service's: for logs.
    pub fn label(&self) -> &str {
        ""
    }
    /// Whether the experiment holds observations: then no backend is to be asked.
    pub fn has_observations(&self) -> bool {
        false
    }
    /// The observations in the experiment itself.
    pub fn own_observations(&self) -> Result<&Observations, Error> {
        Err(Error::Sentence { location: vec![], message: "the engine is not built yet".into() })
    }
    /// Checked observations.
    pub fn read_observations(&self, value: &Value) -> Result<Observations, Error> {
        let _ = value;
        Err(Error::Sentence { location: vec![], message: "the engine is not built yet".into() })
    }
    /// See [`crate::queries`].
    pub fn queries(&self, now: Instant) -> Vec<Query> {
        let _ = now;
        Vec::new()
    }
    /// See [`crate::observe`].
    pub fn observe(&self, answers: &[Value], now: Instant) -> Result<Observations, Error> {
        let _ = (answers, now);
        Err(Error::Sentence { location: vec![], message: "the engine is not built yet".into() })
    }
    /// See [`crate::assess`].
    pub fn assess(&self, observations: &Observations, options: &Options) -> Assessment {
        let _ = (observations, options);
        unreachable!()
    }
}
