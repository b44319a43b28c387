//! Assessment engine for online experiments with versions of a microservice.
//!
//! An experiment (baseline, candidates, metrics, criteria, reward, last state) and metric data become an
//! assessment: how every version does on every criterion, who wins and how sure that is, how to split traffic
//! next. The engine has no clock, no I/O and no entropy: a host asks [`queries`] what to fetch, fetches it its own
//! way, hands the answers to [`observe`] and the result to [`assess`].
//!
//! ```
//! use iter8_analytics::{assess, Options};
//! use serde_json::json;
//!
//! let experiment = json!({
//!     "start_time": "2026-01-01T10:00:00Z",
//!     "service_name": "shop",
//!     "baseline": {"id": "v1"},
//!     "candidates": [{"id": "v2"}],
//!     "metric_specs": {
//!         "counter_metrics": [{"name": "iter8_request_count"}, {"name": "errors"}],
//!         "ratio_metrics": [{"name": "error_rate", "numerator": "errors", "denominator": "iter8_request_count",
//!                            "preferred_direction": "lower", "zero_to_one": true}]
//!     },
//!     "criteria": [{"id": "errors", "metric_id": "error_rate", "threshold": {"type": "absolute", "value": 0.1}}]
//! });
//! let observations = json!({"versions": {
//!     "v1": {"iter8_request_count": 1000, "errors": 20},
//!     "v2": {"iter8_request_count": 500, "errors": 100}
//! }});
//! let options = Options::at("2026-01-01T10:10:00Z")?;
//! let assessment = assess(&experiment, Some(&observations), &options)?;
//! assert_eq!(assessment.winner_assessment.current_best_version, "v1");
//! # Ok::<(), iter8_analytics::Error>(())
//! ```

mod assess;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
pub mod cli;
mod error;
mod experiment;
#[cfg(all(feature = "envoy", not(all(target_family = "wasm", target_os = "unknown"))))]
pub mod proxy;
mod query;
mod report;
mod resource;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
pub mod server;
mod simulate;
mod stats;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
mod trend;
#[cfg(all(feature = "javascript", target_family = "wasm", target_os = "unknown"))]
mod wasm;
mod wire;

pub use error::{Error, FieldError, Input, Segment};
pub use experiment::{Experiment, MetricData, Options, Settings};
pub use query::Query;
pub use resource::{Resource, from_resource, to_status};
pub use simulate::{CriterionStep, Iteration, Summary, Trajectory, Truth, VersionStep};
pub use simulate::{SimulateOptions, simulate, world_names};
pub use wire::assessment;
pub use wire::instant::Instant;
pub use wire::json::parse as parse_json;
pub use wire::observations::{Observations, Problem};
pub use wire::request::{SEED_MAX, Seed};
pub use wire::series::{Buckets, Course, Series};
pub use wire::status::Status;

use assessment::Assessment;
use serde_json::Value;

/// What to ask the metrics backend next, in order, after the `answers` so far (none at first).
///
/// The totals come first; once their answers are there, what intervals need can be asked; then it is empty, as it is in the
/// first 20 s of an experiment. A host that asks the first round alone has totals and no intervals.
///
/// # Errors
/// Every fault of shape of `experiment`, or the first check of meaning that it fails; a number of answers that no round ends
/// with.
pub fn queries(experiment: &Value, answers: &[Value], options: &Options) -> Result<Vec<Query>, Error> {
    Experiment::parse(experiment, MetricData::Fetched, &options.settings)?.queries(options, answers)
}

/// Observations from the backend's `answers`, one for each of [`queries`] and in their order, all rounds in one list.
///
/// An answer is the parsed body of Prometheus' reply, or `{"error": "why there is none"}`. Whatever it holds, it
/// never fails the call: what cannot be used becomes a `problem` of the observations.
///
/// # Errors
/// Faults of `experiment`; another number of answers than of queries.
pub fn observe(experiment: &Value, answers: &[Value], options: &Options) -> Result<Observations, Error> {
    Experiment::parse(experiment, MetricData::Fetched, &options.settings)?.observe(answers, options)
}

/// The assessment of `experiment` given `observations` (`None`: those in the experiment itself).
///
/// # Errors
/// Faults of `experiment` or of `observations`; no observations at all.
pub fn assess(experiment: &Value, observations: Option<&Value>, options: &Options) -> Result<Assessment, Error> {
    let experiment = Experiment::parse(experiment, MetricData::Given, &options.settings)?;
    let given = observations.map(|value| experiment.read_observations(value)).transpose()?;
    let observations = match &given {
        Some(observations) => observations,
        None => experiment.own_observations()?,
    };
    Ok(experiment.assess(observations, options))
}

/// The engine's version, `1.x.y`.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
