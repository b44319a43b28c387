//! What the data look like -> notes on where the models of verdicts do not fit, or something is amiss.
//!
//! Pooled data, requests that did not fall by the last split (an e-value, smallest over the three strategies, since nobody
//! says which one routed), skewed or autocorrelated interval means, a version that vanished. None of them changes a
//! number: they say how far the numbers are to be trusted.
//!
//! Not here: overdispersion (`belief`), resets (`history`), outages (the host's problems).

use super::evidence::{Evidence, Sample};
use super::notes::{AUTOCORRELATED, Notes, POOLED, SAMPLE_RATIO_MISMATCH, SKEWED, VANISHED};
use crate::experiment::{Experiment, Metric};
use crate::stats::evidence::split_mismatch::{chi_squared, ln_e_of_fixed_shares, p_value};
use crate::stats::math::sqrt;
use crate::wire::digits;
use crate::wire::last_state::{LastState, find};

/// Notes what is odd about the data of an experiment.
pub(crate) fn inspect(experiment: &Experiment, evidence: &Evidence, notes: &mut Notes) {
    let samples = || evidence.ratios.iter().flatten().flatten();
    if samples().next().is_some() && samples().all(|sample| sample.is_pooled) {
        let message = "No intervals came with the data: rates are taken to be constant since the start, and comparisons hold only as far as they are.";
        notes.add(POOLED, "observations", message, &[]);
    }
    sample_ratio(experiment, evidence, notes);
    vanished(experiment, evidence, notes);
    for (index, ratio) in experiment.ratios.iter().enumerate() {
        let is_judged = experiment.criteria.iter().any(|criterion| {
            criterion.metric == Metric::Ratio(index) && (criterion.limit.is_some() || criterion.is_reward)
        });
        if ratio.zero_to_one || !is_judged {
            continue;
        }
        for (version, row) in experiment.versions.iter().zip(&evidence.ratios) {
            if let Some(shape) = row[index].as_ref().and_then(Shape::of) {
                shape.note(&version.id, &ratio.id, notes);
            }
        }
    }
}

/// How interval means lie around their mean.
struct Shape {
    intervals: usize,
    skewness: f64,
    correlation: f64,
}

impl Shape {
    /// `None` with fewer intervals than tell anything.
    fn of(sample: &Sample) -> Option<Self> {
        let means: Vec<f64> =
            sample.known_intervals().iter().filter(|one| one.n > 0.0).map(|one| one.sum / one.n).collect();
        let m = means.len() as f64;
        if means.len() < INTERVALS_MIN {
            return None;
        }
        let mean = means.iter().sum::<f64>() / m;
        let moment = |power: fn(f64) -> f64| means.iter().map(|value| power(value - mean)).sum::<f64>() / m;
        let variance = moment(|d| d * d);
        let lagged: f64 = means.iter().zip(means.iter().skip(1)).map(|(one, next)| (one - mean) * (next - mean)).sum();
        (variance > 0.0).then(|| Self {
            intervals: means.len(),
            skewness: moment(|d| d * d * d) / (variance * sqrt(variance)),
            correlation: lagged / m / variance,
        })
    }

    fn note(&self, version: &str, metric: &str, notes: &mut Notes) {
        let values = |key: &'static str, value: f64| {
            [
                ("version", version.into()),
                ("metric", metric.into()),
                (key, value.into()),
                ("intervals", self.intervals.into()),
            ]
        };
        // Standard deviations of a skewness and of a correlation where there is none: sqrt(6/m) and 1/sqrt(m).
        let m = self.intervals as f64;
        if self.skewness > SKEWNESS_NOTED.max(3.0 * sqrt(6.0 / m)) {
            let message = format!(
                "The interval means of {metric} in version {version} are skewed ({}): rare large values decide, and evidence errs towards keeping a limit.",
                digits::short(self.skewness)
            );
            notes.add(SKEWED, "", message, &values("skewness", self.skewness));
        }
        if self.correlation > 2.0 / sqrt(m) {
            let message = format!(
                "The interval means of {metric} in version {version} wander (correlation {} from one to the next): verdicts on an absolute limit are less sure than they say.",
                digits::short(self.correlation)
            );
            notes.add(AUTOCORRELATED, "", message, &values("correlation", self.correlation));
        }
    }
}

/// Requests since the last call against the last known splits.
fn sample_ratio(experiment: &Experiment, evidence: &Evidence, notes: &mut Notes) {
    let Some(last) = experiment.last_state.as_ref().filter(|last| !last.splits.is_empty()) else { return };
    let Some(counts) = requests_since(last, experiment, evidence) else { return };
    let total: f64 = counts.iter().sum();
    let mut least: Option<(f64, f64)> = None;
    for (_, split) in &last.splits {
        let percent = |id: &str| find(split, id).copied().unwrap_or(0.0);
        let percents: Vec<f64> = experiment.versions.iter().map(|version| percent(&version.id)).collect();
        let sum: f64 = percents.iter().sum();
        if !(sum > 0.0 && percents.iter().all(|percent| *percent >= 0.0)) {
            return;
        }
        // A version without a share may still end what it began; of many versions most do not, which is no wonder either.
        let share = |(percent, count): (&f64, &f64)| (percent / sum).max((count / total).min(SHARE_MIN));
        let mut shares: Vec<f64> = percents.iter().zip(&counts).map(share).collect();
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        let found = (ln_e_of_fixed_shares(&counts, &shares), chi_squared(&counts, &shares).0);
        least = Some(least.filter(|least| least.0 <= found.0).unwrap_or(found));
    }
    if let Some((log_e, chi_squared)) = least.filter(|(log_e, _)| p_value(*log_e) <= MISMATCH_ALPHA) {
        let message = format!(
            "Requests since the last call did not fall to the versions by any of the last splits (e-value e^{}): check routing, stickiness and retries.",
            digits::short(log_e)
        );
        let values = [("log_e", log_e.into()), ("chi_squared", chi_squared.into())];
        notes.add(SAMPLE_RATIO_MISMATCH, "last_state.traffic_split_recommendation", message, &values);
    }
}

/// What each version's requests grew by since the last call; `None` where that of one is unknown.
fn requests_since(last: &LastState, experiment: &Experiment, evidence: &Evidence) -> Option<Vec<f64>> {
    let mut counts = Vec::with_capacity(experiment.versions.len());
    for (version, totals) in experiment.versions.iter().zip(&evidence.counters) {
        let total = totals.first().copied().flatten()?;
        let point = find(find(&last.counters, &version.id)?, &experiment.counters[0].id)?;
        counts.push((total - point.value?).max(0.0));
    }
    Some(counts)
}

/// A version whose requests are unknown at the end, while they were known before.
fn vanished(experiment: &Experiment, evidence: &Evidence, notes: &mut Notes) {
    for (version, row) in experiment.versions.iter().zip(&evidence.requests) {
        let unknown = row.iter().rev().take_while(|value| value.is_none()).count();
        if unknown > 0 && unknown < row.len() {
            let message = format!(
                "Version {} has had no data for the last {unknown} of {} intervals: if it crashed, its worst is not in the numbers.",
                version.id,
                row.len()
            );
            notes.add(VANISHED, "", message, &[("version", version.id.as_str().into()), ("intervals", unknown.into())]);
        }
    }
}

const INTERVALS_MIN: usize = 10;
const SKEWNESS_NOTED: f64 = 1.0;
/// The chance of a note about routing that is as it should be.
const MISMATCH_ALPHA: f64 = 0.001;
const SHARE_MIN: f64 = 0.005;
