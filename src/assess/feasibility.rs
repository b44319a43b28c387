//! Beliefs -> how likely each version is to keep all its limits, together with the others.
//!
//! Limits on one metric share its belief: the tightest counts, not the product. A relative limit shares the baseline's
//! uncertain value among all candidates, so who keeps it is dependent; given the baseline's value it is not. The answer
//! is therefore a list of scenarios, in each of which the versions are independent. The baseline keeps every relative
//! limit. What is unknown counts as not kept.
//!
//! Exact for relative limits on one metric, and on several with up to `TOGETHER_MAX` versions (by inclusion and exclusion
//! over who keeps them); beyond that the baseline's values are thinned to a lattice (about 1e-3).
//! Not here: who is best among those that keep their limits (`race`).

use super::belief::{Belief, Beliefs};
use super::compare::Kinds;
use super::criterion::row;
use super::findings::Judgement;
use crate::experiment::{Criterion, Experiment, Limit, Metric};
use crate::stats::best::Scenario;
use crate::wire::request::{Direction, ThresholdKind};

/// Who keeps all limits.
#[derive(Debug)]
pub(crate) struct Feasibility {
    /// In each, whether versions keep their limits is independent; the weights sum to 1.
    pub(crate) scenarios: Vec<Scenario>,
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

pub(crate) fn of(experiment: &Experiment, beliefs: &Beliefs, judgements: &[Vec<Judgement>]) -> Feasibility {
    let versions = experiment.versions.len();
    let mut apart = apart(experiment, judgements);
    let mut together = Vec::new();
    let mut on_reward = vec![1.0; versions];
    for ratio in 0..experiment.ratios.len() {
        let Some(limits) = limits_on(experiment, Metric::Ratio(ratio)) else { continue };
        let row = row(beliefs, Metric::Ratio(ratio));
        match limits.relative {
            None => {
                let is_reward = experiment.reward().is_some_and(|reward| reward.metric == Metric::Ratio(ratio));
                let factors = if is_reward { &mut on_reward } else { &mut apart };
                for (version, factor) in factors.iter_mut().enumerate() {
                    *factor *= alone(row, version, limits);
                }
            }
            Some(factor) => match shared(row, experiment.baseline, limits, factor) {
                Some(scenarios) => together.push(scenarios),
                None => apart.fill(0.0),
            },
        }
    }
    let mut scenarios = match together.len() {
        0 => vec![Scenario { weight: 1.0, within: vec![1.0; versions] }],
        1 => together.swap_remove(0),
        _ if versions <= TOGETHER_MAX => by_sets(&together, versions),
        _ => by_lattice(&together, versions),
    };
    for scenario in &mut scenarios {
        for (within, apart) in scenario.within.iter_mut().zip(&apart) {
            *within *= apart;
        }
    }
    let marginal = (0..versions)
        .map(|version| scenarios.iter().map(|scenario| scenario.weight * scenario.within[version]).sum::<f64>())
        .zip(&on_reward)
        .map(|(probability, on_reward): (f64, &f64)| (probability * on_reward).clamp(0.0, 1.0))
        .collect();
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
fn shared(row: &[Option<Belief>], baseline: usize, limits: Limits, factor: f64) -> Option<Vec<Scenario>> {
    let reference = row.get(baseline).copied().flatten()?;
    let others: Vec<usize> = (0..row.len()).filter(|version| *version != baseline && row[*version].is_some()).collect();
    let beliefs: Vec<Belief> = others.iter().filter_map(|version| row[*version]).chain([reference]).collect();
    let caps: Vec<f64> = (0..row.len())
        .map(|version| match limits.absolute {
            Some(_) => alone(row, version, limits),
            None => 1.0,
        })
        .collect();
    let scenarios = Kinds::of(&beliefs)?.scenarios(factor, limits);
    let widen = |scenario: Scenario| {
        let mut within = vec![0.0; row.len()];
        for (version, probability) in others.iter().zip(&scenario.within) {
            within[*version] = probability.min(caps[*version]);
        }
        if let Some(own) = scenario.within.last() {
            within[baseline] = *own;
        }
        Scenario { weight: scenario.weight, within }
    };
    Some(scenarios.into_iter().map(widen).collect())
}

/// Each set of versions that keep the limits of several metrics, as a scenario, with its probability.
fn by_sets(metrics: &[Vec<Scenario>], versions: usize) -> Vec<Scenario> {
    let sets = 1_usize << versions;
    // P(all of a set keep the limits, whatever the others do): metrics are independent.
    let mut all = vec![1.0; sets];
    for scenarios in metrics {
        let mut of_metric = vec![0.0; sets];
        let mut products = vec![1.0; sets];
        for scenario in scenarios {
            products[0] = scenario.weight;
            for set in 1..sets {
                let lowest = set.trailing_zeros() as usize;
                products[set] = products[set & (set - 1)] * scenario.within[lowest];
            }
            for (sum, product) in of_metric.iter_mut().zip(&products) {
                *sum += product;
            }
        }
        for (all, of_metric) in all.iter_mut().zip(of_metric) {
            *all *= of_metric;
        }
    }
    // From "at least these" to "just these" by inclusion and exclusion, one version after the other.
    for version in 0..versions {
        for set in (0..sets).filter(|set| set & (1 << version) == 0) {
            all[set] -= all[set | (1 << version)];
        }
    }
    let scenario = |(set, weight): (usize, &f64)| {
        let within = (0..versions).map(|version| f64::from(u8::from(set & (1 << version) != 0))).collect();
        Scenario { weight: weight.max(0.0), within }
    };
    all.iter().enumerate().filter(|(_, weight)| **weight > NEGLIGIBLE).map(scenario).collect()
}

/// The baseline's values of all metrics on a lattice of equal weights (Korobov).
fn by_lattice(metrics: &[Vec<Scenario>], versions: usize) -> Vec<Scenario> {
    let mut generator = KOROBOV;
    let mut columns = Vec::with_capacity(metrics.len());
    for scenarios in metrics {
        let total: f64 = scenarios.iter().map(|scenario| scenario.weight).sum();
        let mut order: Vec<usize> = Vec::with_capacity(LATTICE);
        let (mut index, mut reached) = (0, 0.0);
        for point in 0..LATTICE {
            let target = (point as f64 + 0.5) / LATTICE as f64 * total;
            while index + 1 < scenarios.len() && reached + scenarios[index].weight < target {
                reached += scenarios[index].weight;
                index += 1;
            }
            order.push(index);
        }
        columns.push((generator, order));
        generator = generator * KOROBOV % LATTICE;
    }
    let point = |point: usize| {
        let mut within = vec![1.0; versions];
        for (scenarios, (generator, order)) in metrics.iter().zip(&columns) {
            let scenario = &scenarios[order[point * generator % LATTICE]];
            for (within, own) in within.iter_mut().zip(&scenario.within) {
                *within *= own;
            }
        }
        Scenario { weight: 1.0 / LATTICE as f64, within }
    };
    (0..LATTICE).map(point).collect()
}

/// Versions up to which all sets of them are gone through.
const TOGETHER_MAX: usize = 10;
/// Points of the lattice, a prime, and its generator.
const LATTICE: usize = 1021;
const KOROBOV: usize = 331;
/// A few thousand sets below this change nothing that is kept.
const NEGLIGIBLE: f64 = 1e-14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_what_multiplying_out_gives() {
        let metric = |weights: [f64; 2], within: [[f64; 3]; 2]| -> Vec<Scenario> {
            weights.iter().zip(within).map(|(&weight, within)| Scenario { weight, within: within.to_vec() }).collect()
        };
        let metrics = [
            metric([0.3, 0.7], [[0.2, 0.9, 1.0], [0.5, 0.4, 1.0]]),
            metric([0.6, 0.4], [[0.8, 0.1, 1.0], [0.3, 0.6, 1.0]]),
        ];
        let sets = by_sets(&metrics, 3);
        // The first alone: the sum over both metrics' scenarios of the product of weights, a (1 - b).
        let mut expected = 0.0;
        for one in &metrics[0] {
            for other in &metrics[1] {
                let keep = |version: usize| one.within[version] * other.within[version];
                expected += one.weight * other.weight * keep(0) * (1.0 - keep(1)) * keep(2);
            }
        }
        let found = sets.iter().find(|set| set.within == [1.0, 0.0, 1.0]).unwrap();
        assert!((found.weight - expected).abs() < 1e-15, "{} {expected}", found.weight);
        assert!((sets.iter().map(|set| set.weight).sum::<f64>() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_lattice_comes_close_to_the_sets() {
        let scenarios = |shift: f64| -> Vec<Scenario> {
            let points = (0..200).map(|k| (f64::from(k) + 0.5) / 200.0);
            points.map(|x| Scenario { weight: 0.005, within: vec![x * x, (x + shift) / 2.0, 1.0] }).collect()
        };
        let metrics = [scenarios(0.1), scenarios(0.4), scenarios(0.7)];
        let share = |all: &[Scenario]| -> f64 { all.iter().map(|s| s.weight * s.within[0] * s.within[1]).sum() };
        let (exact, thinned) = (share(&by_sets(&metrics, 3)), share(&by_lattice(&metrics, 3)));
        assert!((exact - thinned).abs() < 1e-3, "{exact} {thinned}");
    }
}
