//! Beliefs -> how every version stands to every criterion.
//!
//! v1.0.0 counted draws; here probabilities and interval ends are computed, and a probability within a
//! millionth of 0 or 1 is 0 or 1, as ten thousand draws would nearly always have shown it.

use super::belief::{self, Belief, Beliefs};
use super::evidence::Evidence;
use crate::assess::findings::{BeliefSummary, Judgement, LimitJudgement};
use crate::experiment::{Criterion, Experiment, Limit, Metric};
use crate::wire::request::{Direction, ThresholdKind};

/// `[version][criterion]`.
pub(crate) fn judge(experiment: &Experiment, evidence: &Evidence, beliefs: &Beliefs) -> Vec<Vec<Judgement>> {
    let judge = Judge { experiment, evidence, beliefs };
    (0..experiment.versions.len())
        .map(|version| experiment.criteria.iter().map(|criterion| judge.criterion(version, criterion)).collect())
        .collect()
}

struct Judge<'a> {
    experiment: &'a Experiment,
    evidence: &'a Evidence,
    beliefs: &'a Beliefs,
}

impl Judge<'_> {
    fn criterion(&self, version: usize, criterion: &Criterion) -> Judgement {
        match criterion.metric {
            Metric::Counter(counter) => {
                let value = self.evidence.counter(version, counter);
                Judgement::of_counter(value, criterion.limit)
            }
            Metric::Ratio(ratio) => Judgement {
                value: self.evidence.ratio(version, ratio),
                belief: self.belief(version, ratio).filter(|belief| !belief.is_point()).map(summary),
                limit: criterion.limit.and_then(|limit| self.ratio_limit(version, ratio, limit)),
                shown: None,
            },
            // v1.0.0 had no histograms; `mod` notes that.
            Metric::Histogram(_) => Judgement::default(),
        }
    }

    fn ratio_limit(&self, version: usize, ratio: usize, limit: Limit) -> Option<LimitJudgement> {
        let value = self.evidence.ratio(version, ratio)?;
        let belief = self.belief(version, ratio);
        let threshold = limit.threshold.value;
        let (bound, probability) = match limit.threshold.kind {
            ThresholdKind::Absolute => {
                (threshold, belief.map(|belief| keeps(belief, Belief::Constant(1.0), threshold, limit.direction)))
            }
            ThresholdKind::Relative => {
                let baseline = self.experiment.baseline;
                if version == baseline {
                    return None;
                }
                let bound = self.evidence.ratio(baseline, ratio)? * threshold;
                let both = belief.zip(self.belief(baseline, ratio));
                (bound, both.map(|(belief, baseline)| keeps(belief, baseline, threshold, limit.direction)))
            }
        };
        Some(LimitJudgement { is_breached: limit.is_breached_by(value, bound), probability })
    }

    fn belief(&self, version: usize, ratio: usize) -> Option<Belief> {
        *self.beliefs.get(version)?.get(ratio)?
    }
}

/// What v1.0.0 said of a belief: the interval alone.
fn summary(belief: Belief) -> BeliefSummary {
    BeliefSummary {
        credible_interval: (Some(belief.quantile(TAIL)), Some(belief.quantile(1.0 - TAIL))),
        improvement: None,
        beats_baseline: None,
        is_best: None,
    }
}

/// The probability that `belief` keeps `factor` times `reference`.
fn keeps(belief: Belief, reference: Belief, factor: f64, direction: Direction) -> f64 {
    let probability = match direction {
        Direction::Lower => belief::probability_below(belief, reference, factor),
        Direction::Higher => belief::probability_above(belief, reference, factor),
    };
    to_resolution(probability)
}

/// `probability`, but 0 or 1 where ten thousand draws would nearly always have shown that.
///
/// Quadrature may leave [0, 1] by its last digits; this brings it back.
pub(super) fn to_resolution(probability: f64) -> f64 {
    if probability < RESOLUTION {
        0.0
    } else if probability > 1.0 - RESOLUTION {
        1.0
    } else {
        probability
    }
}

/// Each tail of a central 95 % interval.
const TAIL: f64 = 0.025;
/// Ten thousand draws show a rarer event in less than one of a hundred assessments.
const RESOLUTION: f64 = 1e-6;
