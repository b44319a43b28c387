//! Verdict evidence -> which candidates are to get no more traffic.
//!
//! A candidate is rolled back when the mean of its e-values for violating, over its thresholded criteria, reaches K/alpha,
//! or a counter is beyond its limit. The mean, since any one of C verdicts would be wrong C times as often. While the
//! baseline is shown to violate the same absolute limit nobody is rolled back for it: the incident is shared, and without
//! traffic there would be no evidence to come back by.
//!
//! Rollback is for good. Without traffic evidence freezes, so it mostly stays what it was; but the first look of a host that has
//! totals only has one interval, and what a second tells of the noise may take back what the first one showed. At most alpha
//! of experiments *ever* roll back a good candidate, so whoever was rolled back stays so.
//!
//! Not here: who wins (`winner`); the option that forbids rolling back (`sequential`).

use super::monitor::{Monitor, Verdict};
use super::notes::{Notes, ROLLED_BACK_BEFORE};
use crate::experiment::Experiment;
use crate::stats::evidence::ln_mean;
use crate::wire::last_state::find;
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

/// Takes for shown what was shown at an earlier look, and notes it; not while the baseline is shown to violate an absolute limit:
/// the incident is shared then, and the present decides.
pub(crate) fn remember(experiment: &Experiment, monitor: &Monitor, harms: &mut [Harm], notes: &mut Notes) {
    if (0..experiment.criteria.len()).any(|index| is_shared(experiment, monitor, index)) {
        return;
    }
    for (version, harm) in harms.iter_mut().enumerate() {
        let id = &experiment.versions[version].id;
        if harm.is_shown || version == experiment.baseline || before(experiment, id).is_none() {
            continue;
        }
        harm.is_shown = true;
        let message = format!(
            "Version {id} stays rolled back: an earlier look showed that it violates its limits, though all looks together do not."
        );
        notes.add(ROLLED_BACK_BEFORE, "last_state", message, &[("version", id.as_str().into())]);
    }
}

/// ln of the evidence that a version was rolled back with at an earlier look; `None` where it was not.
pub(crate) fn before(experiment: &Experiment, id: &str) -> Option<f64> {
    find(&experiment.last_state.as_ref()?.rolled_back, id).copied()
}

/// Whether the baseline is shown to violate the same absolute limit.
fn is_shared(experiment: &Experiment, monitor: &Monitor, criterion: usize) -> bool {
    let limit = experiment.criteria[criterion].limit;
    limit.is_some_and(|limit| limit.threshold.kind == ThresholdKind::Absolute)
        && monitor.criteria[experiment.baseline][criterion].is_some_and(|shown| shown.verdict == Verdict::Violated)
}
