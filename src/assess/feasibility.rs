//! Beliefs -> how likely each version is to keep all its limits, together with the others.
//!
//! Limits on one metric share its belief: the tightest counts, not the product. A relative limit shares the baseline's
//! uncertain value among all candidates, so who keeps it is dependent; given the baseline's value it is not. The answer
//! is therefore a list of scenarios, in each of which the versions are independent. The baseline keeps every relative
//! limit. What is unknown counts as not kept.
//!
//! Exact for relative limits on one metric, and on several with up to ten candidates; with more the baseline's values are
//! thinned to a lattice (about 1e-3): `stats::together`.
//! Not here: who is best among those that keep their limits (`race`).

use super::belief::{Belief, Beliefs};
use super::compare::Kinds;
use super::criterion::row;
use super::field::{Fields, believed};
use super::findings::Judgement;
use crate::experiment::{Criterion, Experiment, Limit, Metric};
use crate::stats::scenarios::{Scenarios, Seats};
use crate::stats::together::together;
use crate::wire::request::{Direction, ThresholdKind};

/// Who keeps all limits.
#[derive(Debug)]
pub(crate) struct Feasibility {
    /// In each, whether versions keep their limits is independent; the weights sum to 1.
    pub(crate) scenarios: Scenarios,
    /// The probability that each version keeps all its limits.
    pub(crate) marginal: Vec<f64>,
    /// The probability that each version keeps an absolute limit on the reward itself, which is left out of the scenarios:
    /// there the race takes it into account. 1 without such a limit.
    pub(crate) on_reward: Vec<f64>,
}

/// All limits on one ratio: at most one of each kind matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    pub(crate) direction: Direction,
    /// The tightest absolute limit.
    pub(crate) absolute: Option<f64>,
    /// The tightest multiple of the baseline's value, above 0.
    pub(crate) relative: Option<f64>,
}

pub(crate) fn of(
    experiment: &Experiment,
    beliefs: &Beliefs,
    judgements: &[Vec<Judgement>],
    fields: &mut Fields,
) -> Feasibility {
    let versions = experiment.versions.len();
    let mut apart = apart(experiment, judgements);
    let mut shared_by = Vec::new();
    let mut on_reward = vec![1.0; versions];
    for metric in (0..experiment.ratios.len()).map(Metric::Ratio) {
        let Some(limits) = limits_on(experiment, metric) else { continue };
        let row = row(beliefs, metric);
        if limits.relative.is_some() {
            match fields.scenarios(metric, row, experiment.baseline, limits) {
                Some(scenarios) => shared_by.push(scenarios.clone()),
                None => apart.fill(0.0),
            }
        } else {
            let is_reward = experiment.reward().is_some_and(|reward| reward.metric == metric);
            let factors = if is_reward { &mut on_reward } else { &mut apart };
            for (version, factor) in factors.iter_mut().enumerate() {
                *factor *= alone(row, version, limits);
            }
        }
    }
    let scenarios = together(shared_by, versions).times(&apart);
    let marginal = scenarios.marginal().iter().zip(&on_reward).map(|(within, on_reward)| within * on_reward).collect();
    Feasibility { scenarios, marginal, on_reward }
}

/// The probability that each version keeps its limits on counters and histograms, which share nothing with others.
fn apart(experiment: &Experiment, judgements: &[Vec<Judgement>]) -> Vec<f64> {
    let of_version = |judgements: &Vec<Judgement>| {
        let mut seen: Vec<(&Criterion, f64)> = Vec::new();
        for (criterion, judgement) in experiment.criteria.iter().zip(judgements) {
            if criterion.limit.is_none() || matches!(criterion.metric, Metric::Ratio(_)) {
                continue;
            }
            let probability = judgement.limit.and_then(|limit| limit.probability).unwrap_or(0.0);
            // All limits on one quantity point the same way: the tightest implies the others.
            match seen.iter_mut().find(|(s, _)| s.metric == criterion.metric && s.quantile == criterion.quantile) {
                Some((_, known)) => *known = known.min(probability),
                None => seen.push((criterion, probability)),
            }
        }
        seen.iter().map(|(_, probability)| probability).product()
    };
    judgements.iter().map(of_version).collect()
}

/// The limits on a metric; `None` without any.
pub(crate) fn limits_on(experiment: &Experiment, metric: Metric) -> Option<Limits> {
    let on_metric = experiment.criteria.iter().filter(|criterion| criterion.metric == metric);
    let mut limits: Option<Limits> = None;
    for Limit { threshold, direction } in on_metric.filter_map(|criterion| criterion.limit) {
        let all = limits.get_or_insert(Limits { direction, absolute: None, relative: None });
        let (place, value) = match threshold.kind {
            ThresholdKind::Relative if threshold.value > 0.0 => (&mut all.relative, threshold.value),
            // A factor of 0 or less is the limit 0.
            ThresholdKind::Relative => (&mut all.absolute, 0.0),
            ThresholdKind::Absolute => (&mut all.absolute, threshold.value),
        };
        *place = Some(match (*place, direction) {
            (None, _) => value,
            (Some(known), Direction::Lower) => known.min(value),
            (Some(known), Direction::Higher) => known.max(value),
        });
    }
    limits
}

/// The probability that a version keeps an absolute limit.
fn alone(row: &[Option<Belief>], version: usize, limits: Limits) -> f64 {
    let belief = row.get(version).copied().flatten();
    belief.zip(limits.absolute).map_or(0.0, |(belief, limit)| belief.keeps(limit, limits.direction))
}

/// The scenarios of a metric with a relative limit; `None` where the baseline is unknown.
pub(crate) fn shared(row: &[Option<Belief>], baseline: usize, limits: Limits) -> Option<Scenarios> {
    let factor = limits.relative?;
    let reference = row.get(baseline).copied().flatten()?;
    let (others, mut beliefs) = believed(row, &|version| version != baseline);
    beliefs.push(reference);
    let cap = |version: usize| if limits.absolute.is_some() { alone(row, version, limits) } else { 1.0 };
    let others: Vec<(usize, f64)> = others.iter().map(|version| (*version, cap(*version))).collect();
    let seats = Seats { size: row.len(), others: &others, shared: baseline };
    Some(Kinds::of(&beliefs)?.scenarios(factor, limits, &seats))
}
