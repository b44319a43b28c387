//! Verdict evidence -> which candidates are to get no more traffic.
//!
//! A candidate is rolled back when the mean of its e-values for violating, over its thresholded criteria, reaches K/alpha,
//! or a counter is beyond its limit. The mean, since any one of C verdicts would be wrong C times as often. While the
//! baseline is shown to violate the same absolute limit nobody is rolled back for it: the incident is shared, and without
//! traffic there would be no evidence to come back by.
//!
//! Not here: who wins (`winner`); the option that forbids rolling back (`sequential`).

use super::monitor::{Monitor, Verdict};
use crate::experiment::Experiment;
use crate::stats::evidence::ln_mean;
use crate::wire::request::ThresholdKind;

/// How far a candidate is shown to be beyond its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Harm {
    /// ln of the mean e-value for violating; `None` without a criterion that has one.
    pub(crate) log_e: Option<f64>,
    /// Whether that suffices, or a counter is beyond its limit.
    pub(crate) is_shown: bool,
}

/// `[version]`; the baseline's is never used.
pub(crate) fn harms(experiment: &Experiment, monitor: &Monitor) -> Vec<Harm> {
    (0..experiment.versions.len()).map(|version| harm(experiment, monitor, version, None)).collect()
}

/// The same with one more e-value among them, such as that of earning less than the baseline.
pub(crate) fn harm(experiment: &Experiment, monitor: &Monitor, version: usize, other: Option<f64>) -> Harm {
    let mut logs: Vec<f64> = other.into_iter().collect();
    let mut is_counter_broken = false;
    for (index, shown) in monitor.criteria[version].iter().enumerate() {
        let Some(shown) = shown else { continue };
        let is_shared = is_shared(experiment, monitor, index);
        match shown.evidence {
            // As if there were none for this criterion, which still counts in the mean.
            Some(_) if is_shared => logs.push(f64::NEG_INFINITY),
            Some(evidence) => logs.push(evidence.beyond),
            None => is_counter_broken |= shown.verdict == Verdict::Violated && !is_shared,
        }
    }
    let log_e = ln_mean(&logs);
    Harm { log_e, is_shown: is_counter_broken || log_e.is_some_and(|log_e| log_e >= monitor.needed) }
}

/// Whether the baseline is shown to violate the same absolute limit.
fn is_shared(experiment: &Experiment, monitor: &Monitor, criterion: usize) -> bool {
    let limit = experiment.criteria[criterion].limit;
    limit.is_some_and(|limit| limit.threshold.kind == ThresholdKind::Absolute)
        && monitor.criteria[experiment.baseline][criterion].is_some_and(|shown| shown.verdict == Verdict::Violated)
}
