//! A world, its experiment's criteria -> what a decision should be: who violates, who may win.
//!
//! By the true rates and means as the world states them, before drift and incidents. A candidate is a right winner if it
//! keeps every limit and, with a reward, earns the most of those that do and more than the baseline; the baseline if every
//! candidate violates or earns less and it keeps its absolute limits. Ties have no right winner.
//!
//! Not here: what was decided.

use super::latency::Latency;
use super::traffic::LIMIT_MS;
use super::trajectory::Truth;
use super::world::{Version, World};
use crate::experiment::{Criterion, Experiment};
use crate::wire::request::{Direction, ThresholdKind};

pub(super) fn of(world: &World, experiment: &Experiment) -> Truth {
    let versions = &world.versions;
    let keeps: Vec<bool> = versions
        .iter()
        .map(|version| experiment.criteria.iter().all(|criterion| keeps(criterion, version, &versions[0])))
        .collect();
    let reward = |version: &Version| -> f64 {
        let reward = experiment.reward();
        let value = reward.and_then(|criterion| value(version, &criterion.metric_id)).unwrap_or(0.0);
        let is_lower = reward.is_some_and(|criterion| LOWER_IS_BETTER.contains(&criterion.metric_id.as_str()));
        if is_lower { -value } else { value }
    };
    let baseline = reward(&versions[0]);
    let has_reward = experiment.reward().is_some();
    let good: Vec<usize> =
        (1..versions.len()).filter(|&v| keeps[v] && (!has_reward || reward(&versions[v]) > baseline)).collect();
    let most = good.iter().map(|&v| reward(&versions[v])).fold(f64::NEG_INFINITY, f64::max);
    let mut right: Vec<usize> = good.into_iter().filter(|&v| reward(&versions[v]) >= most).collect();
    let is_out = |v: usize| !keeps[v] || has_reward && reward(&versions[v]) < baseline;
    if keeps[0] && (1..versions.len()).all(is_out) {
        right.push(0);
    }
    let ids = |indices: Vec<usize>| indices.into_iter().map(|index| versions[index].id.clone()).collect();
    Truth { winners: ids(right), violating: ids((0..versions.len()).filter(|&v| !keeps[v]).collect()) }
}

fn keeps(criterion: &Criterion, version: &Version, baseline: &Version) -> bool {
    let (Some(limit), Some(value)) = (criterion.limit, value(version, &criterion.metric_id)) else { return true };
    let limit_value = match limit.threshold.kind {
        ThresholdKind::Absolute => limit.threshold.value,
        ThresholdKind::Relative if version.id == baseline.id => return true,
        ThresholdKind::Relative => {
            limit.threshold.value * self::value(baseline, &criterion.metric_id).unwrap_or(f64::NAN)
        }
    };
    match limit.direction {
        Direction::Lower => value <= limit_value,
        Direction::Higher => value >= limit_value,
    }
}

/// The true value of one of the world's ratio metrics.
fn value(version: &Version, metric: &str) -> Option<f64> {
    let latency: &Latency = &version.latency;
    match metric {
        "iter8_mean_latency" => Some(latency.mean_of_all()),
        "iter8_error_rate" => Some(version.error_rate),
        "le_500_ms_latency_percentile" => Some(latency.share_within(LIMIT_MS, 1.0)),
        "mean_books_purchased" => Some((1.0 - version.error_rate) * (version.books.0 + version.books.1) as f64 / 2.0),
        "conversion_rate" => Some(version.conversion_rate),
        _ => None,
    }
}

const LOWER_IS_BETTER: [&str; 2] = ["iter8_mean_latency", "iter8_error_rate"];

#[cfg(test)]
mod tests {
    use super::super::{decode, experiment};
    use super::*;
    use serde_json::{Value, json};

    fn truth(value: Value) -> (Vec<String>, Vec<String>) {
        let world = decode::decode(&value).unwrap();
        let truth = of(&world, &experiment::parse(&world).unwrap());
        (truth.winners, truth.violating)
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn the_tutorials_have_the_winners_that_they_say() {
        assert_eq!(truth(json!("abn")), (ids(&["productpage-v3"]), ids(&["productpage-v2"])));
        assert_eq!(truth(json!("canary")), (ids(&["reviews-v3"]), ids(&[])));
        assert_eq!(truth(json!("canary_bad")), (ids(&["reviews-v3"]), ids(&["reviews-v4"])));
        assert_eq!(truth(json!("conformance")), (ids(&["reviews-v2"]), ids(&[])));
    }

    #[test]
    fn nobody_should_win_among_equals() {
        assert_eq!(truth(json!("aa")), (ids(&[]), ids(&[])));
        assert_eq!(truth(json!("abn_many")).0, ids(&["v10"]));
    }
}
