//! Beliefs -> how every version stands to every criterion: value, interval, improvement, probabilities, limit.
//!
//! What is asked of a metric (interval, improvement over the baseline, probability of beating it and of being the best) is
//! computed once for all criteria on it. A relative limit is a multiple of the baseline's uncertain value, not of the
//! number that was observed. The baseline has no relative limit and no improvement over itself.
//!
//! Not here: quantiles of histograms (`quantile`), who wins (`winner`).

use super::belief::{Belief, Beliefs};
use super::evidence::Evidence;
use super::feasibility::Limits;
use super::field::{Field, Fields};
use super::findings::{BeliefSummary, Judgement, LimitJudgement};
use super::notes::{IMPROVEMENT_UNKNOWN, Notes};
use super::quantile;
use crate::experiment::{Criterion, Experiment, Limit, Metric};
use crate::stats::scenarios::Scenarios;
use crate::wire::request::{Direction, ThresholdKind};

/// `[version][criterion]`.
pub(crate) fn judge(
    experiment: &Experiment,
    evidence: &Evidence,
    beliefs: &Beliefs,
    fields: &mut Fields,
    notes: &mut Notes,
) -> Vec<Vec<Judgement>> {
    let versions = experiment.versions.len();
    let mut judgements = vec![Vec::with_capacity(experiment.criteria.len()); versions];
    let mut known: Vec<(Metric, Vec<Option<BeliefSummary>>)> = Vec::new();
    for (index, criterion) in experiment.criteria.iter().enumerate() {
        let summaries = match known.iter().find(|(metric, _)| *metric == criterion.metric) {
            Some((_, summaries)) => summaries.clone(),
            None => {
                let summaries = summaries(experiment, beliefs, criterion, fields, notes);
                known.push((criterion.metric, summaries.clone()));
                summaries
            }
        };
        let keeps = keeps(experiment, beliefs, criterion, fields);
        let judge = Judge { experiment, evidence, beliefs, criterion, index, keeps: &keeps };
        for (version, summary) in summaries.into_iter().enumerate() {
            judgements[version].push(judge.version(version, summary, notes));
        }
    }
    judgements
}

struct Judge<'a> {
    experiment: &'a Experiment,
    evidence: &'a Evidence,
    beliefs: &'a Beliefs,
    criterion: &'a Criterion,
    index: usize,
    /// The probability that each version keeps the limit, where it has one.
    keeps: &'a [Option<f64>],
}

impl Judge<'_> {
    fn version(&self, version: usize, belief: Option<BeliefSummary>, notes: &mut Notes) -> Judgement {
        match (self.criterion.metric, self.criterion.quantile) {
            (Metric::Counter(counter), _) => {
                let value = self.evidence.counters[version].get(counter).copied().flatten();
                Judgement::of_counter(value, self.criterion.limit)
            }
            (Metric::Histogram(histogram), Some(p)) => {
                let Some(sample) = self.evidence.histogram(version, histogram) else { return Judgement::default() };
                let id = &self.experiment.versions[version].id;
                quantile::judge(self.criterion, self.index, id, &sample.total, p, notes)
            }
            (Metric::Histogram(histogram), None) => {
                let value = mean(self.beliefs.histogram_means.get(histogram).and_then(|row| *row.get(version)?));
                let limit = self.criterion.limit.zip(value);
                Judgement {
                    value,
                    belief,
                    limit: limit.map(|(limit, value)| self.limit(version, limit, value, value)),
                    shown: None,
                }
            }
            (Metric::Ratio(ratio), _) => {
                let value = self.evidence.ratio(version, ratio).map(|sample| sample.value());
                let limit = self.criterion.limit.zip(value).and_then(|(limit, value)| {
                    let reference = match limit.threshold.kind {
                        ThresholdKind::Absolute => value,
                        ThresholdKind::Relative if version == self.experiment.baseline => return None,
                        ThresholdKind::Relative => self.evidence.ratio(self.experiment.baseline, ratio)?.value(),
                    };
                    Some(self.limit(version, limit, value, reference))
                });
                Judgement { value, belief, limit, shown: None }
            }
        }
    }

    /// How `value` stands to a limit, of which `reference` is the unit where it is relative.
    fn limit(&self, version: usize, limit: Limit, value: f64, reference: f64) -> LimitJudgement {
        let threshold = limit.threshold.value;
        let bound = match limit.threshold.kind {
            ThresholdKind::Absolute => threshold,
            ThresholdKind::Relative => threshold * reference,
        };
        LimitJudgement {
            is_breached: limit.is_breached_by(value, bound),
            probability: self.keeps.get(version).copied().flatten(),
        }
    }
}

/// The probability that each version keeps a criterion's limit; empty where there is none, or no belief.
fn keeps(experiment: &Experiment, beliefs: &Beliefs, criterion: &Criterion, fields: &mut Fields) -> Vec<Option<f64>> {
    let row = row(beliefs, criterion.metric);
    let Some(Limit { threshold, direction }) = criterion.limit else { return Vec::new() };
    if threshold.kind == ThresholdKind::Relative && threshold.value > 0.0 {
        let limits = Limits { direction, absolute: None, relative: Some(threshold.value) };
        let scenarios = fields.scenarios(criterion.metric, row, experiment.baseline, limits);
        let marginal = scenarios.map(Scenarios::marginal).unwrap_or_default();
        return row.iter().zip(marginal).map(|(belief, keeps)| belief.map(|_| keeps)).collect();
    }
    // A factor of 0 or less is the limit 0.
    let limit = if threshold.kind == ThresholdKind::Relative { 0.0 } else { threshold.value };
    row.iter().map(|belief| belief.map(|belief| belief.keeps(limit, direction))).collect()
}

/// The beliefs about a metric, `[version]`; none about a counter.
pub(crate) fn row(beliefs: &Beliefs, metric: Metric) -> &[Option<Belief>] {
    match metric {
        Metric::Counter(_) => &[],
        Metric::Ratio(ratio) => &beliefs.ratios[ratio],
        Metric::Histogram(histogram) => &beliefs.histogram_means[histogram],
    }
}

fn mean(belief: Option<Belief>) -> Option<f64> {
    match belief? {
        Belief::Mean(student) => Some(student.mean),
        Belief::Proportion(_) | Belief::Rate(_) => None,
    }
}

/// What is believed of a metric in each version.
fn summaries(
    experiment: &Experiment,
    beliefs: &Beliefs,
    criterion: &Criterion,
    fields: &mut Fields,
    notes: &mut Notes,
) -> Vec<Option<BeliefSummary>> {
    let row = row(beliefs, criterion.metric);
    let direction = direction(experiment, criterion);
    let baseline = row.get(experiment.baseline).copied().flatten();
    let field = direction.map(|direction| fields.of(experiment, criterion.metric, row, direction));
    let beats = field.map(|field| field.better_than(experiment.baseline)).unwrap_or_default();
    let is_best = field.and_then(Field::is_best).unwrap_or_default();
    let mut without_improvement = Vec::new();
    let summary = |version: usize| {
        let belief = row.get(version).copied().flatten()?;
        let (lower, upper) = belief.interval();
        let pair = baseline.filter(|_| version != experiment.baseline).zip(direction);
        let improvement = pair.and_then(|(baseline, direction)| belief.improvement(baseline, direction));
        if pair.is_some() && improvement.is_none() {
            without_improvement.push(experiment.versions[version].id.as_str());
        }
        Some(BeliefSummary {
            credible_interval: (Some(lower), Some(upper)),
            improvement,
            beats_baseline: pair.and_then(|_| beats.get(version).copied()),
            is_best: is_best.get(version).copied(),
        })
    };
    let summaries = (0..experiment.versions.len()).map(summary).collect();
    about_improvement(experiment, criterion, direction, &without_improvement, notes);
    summaries
}

/// The good direction of a criterion's metric; that of a reward is higher where nobody said.
pub(crate) fn direction(experiment: &Experiment, criterion: &Criterion) -> Option<Direction> {
    let said = match criterion.metric {
        Metric::Counter(_) => None,
        Metric::Ratio(ratio) => experiment.direction_of_ratio(ratio),
        Metric::Histogram(histogram) => experiment.histograms[histogram].direction,
    };
    said.or(criterion.is_reward.then_some(Direction::Higher))
}

fn about_improvement(
    experiment: &Experiment,
    criterion: &Criterion,
    direction: Option<Direction>,
    versions: &[&str],
    notes: &mut Notes,
) {
    let metric = &criterion.metric_id;
    if direction.is_none() && !matches!(criterion.metric, Metric::Counter(_)) && experiment.versions.len() > 1 {
        let message = format!("{metric} has no preferred direction, so nothing says which values are an improvement.");
        notes.add(IMPROVEMENT_UNKNOWN, "", message, &[("metric", metric.as_str().into())]);
    }
    if !versions.is_empty() {
        let message = format!(
            "The baseline's {metric} may be 0 for all that is known, so improvements over it in percent are unknown."
        );
        notes.add(IMPROVEMENT_UNKNOWN, "", message, &[("metric", metric.as_str().into())]);
    }
}
