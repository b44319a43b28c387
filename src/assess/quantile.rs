//! A histogram's buckets -> how a version stands to a criterion on a quantile, such as `p99 <= 500 ms`.
//!
//! The quantile is at most an edge just when the share of values at or below the edge is at least p; that share is
//! Beta(1/2 + c, 1/2 + n - c). A limit inside a bucket is known between the bucket's edges only: the less favourable is
//! given, and a note names both. The value and the ends of its interval lie on straight lines within the buckets, as
//! Prometheus' `histogram_quantile` draws them; in the open last bucket there is none.
//!
//! Not here: how far histograms of two versions differ.

use super::findings::{BeliefSummary, Judgement, LimitJudgement};
use super::notes::{LIMIT_INSIDE_BUCKET, Notes, QUANTILE_BEYOND_BUCKETS};
use crate::assess::compare::TAIL;
use crate::experiment::{Criterion, Limit};
use crate::stats::evidence::quantile_bounds::of_one_quantile;
use crate::stats::histogram::{quantile_at_most, quantile_within};
use crate::wire::digits;
use crate::wire::request::Direction;
use crate::wire::series::Buckets;

pub(crate) fn judge(
    criterion: &Criterion,
    index: usize,
    version: &str,
    buckets: &Buckets,
    p: f64,
    notes: &mut Notes,
) -> Judgement {
    let n = buckets.counts.last().copied().unwrap_or(0.0);
    let at = |count: f64| value_at(buckets, count);
    let (lower, upper) = (count_with(p, n, TAIL), count_with(p, n, 1.0 - TAIL));
    let value = at(p * n);
    if value.is_none() {
        let edge = buckets.edges.iter().rev().find(|edge| edge.is_finite());
        let edge = edge.copied().unwrap_or(0.0);
        let message = format!(
            "Quantile {} of {} in version {version} lies beyond the last bucket, above {}; its value is unknown.",
            digits::plain(p),
            criterion.metric_id,
            digits::plain(edge)
        );
        let values = [("version", version.into()), ("edge", edge.into())];
        notes.add(QUANTILE_BEYOND_BUCKETS, format!("criteria[{index}]"), message, &values);
    }
    let belief = BeliefSummary {
        credible_interval: (at(lower), at(upper)),
        improvement: None,
        beats_baseline: None,
        is_best: None,
    };
    let limit =
        criterion.limit.and_then(|limit| judge_limit(criterion, index, version, buckets, (p, limit), value, notes));
    Judgement { value, belief: Some(belief), limit, shown: None }
}

fn judge_limit(
    criterion: &Criterion,
    index: usize,
    version: &str,
    buckets: &Buckets,
    (p, limit): (f64, Limit),
    value: Option<f64>,
    notes: &mut Notes,
) -> Option<LimitJudgement> {
    let tau = limit.threshold.value;
    let (below, above) = quantile_within(p, tau, &buckets.edges, &buckets.counts)?;
    // Of what is possible the less favourable.
    let (probability, other) = match limit.direction {
        Direction::Lower => (below, above),
        Direction::Higher => (1.0 - above, 1.0 - below),
    };
    if below != above {
        let message = format!(
            "The limit {} of criterion {} lies inside a bucket of version {version}: the probability of keeping it is between {} and {}; the lower one counts.",
            digits::plain(tau),
            criterion.id,
            digits::four_places(probability),
            digits::four_places(other)
        );
        let values = [("version", version.into()), ("lower", probability.into()), ("upper", other.into())];
        notes.add(LIMIT_INSIDE_BUCKET, format!("criteria[{index}].threshold.value"), message, &values);
    }
    // In the open last bucket the quantile is above each limit up to its edge, and may be on either side of another.
    let last_edge = buckets.edges.iter().rev().find(|edge| edge.is_finite()).copied().unwrap_or(f64::NEG_INFINITY);
    let value = match value {
        Some(value) => value,
        None if tau <= last_edge => f64::INFINITY,
        None => return None,
    };
    Some(LimitJudgement { is_breached: limit.is_breached_by(value, tau), probability: Some(probability) })
}

/// The values of quantile `p` that are not ruled out at `alpha`, looked at however often; an end in an open bucket is none.
pub(crate) fn sequence(buckets: &Buckets, p: f64, alpha: f64) -> Option<(Option<f64>, Option<f64>)> {
    let n = buckets.counts.last().copied().filter(|n| *n >= 1.0)?;
    let stray = of_one_quantile(n, p, alpha);
    let at = |share: f64| if share > 0.0 && share < 1.0 { value_at(buckets, share * n) } else { None };
    Some((at(p - stray), at(p + stray)))
}

/// The count c of `n` at which P(quantile <= an edge with c values below it) is `probability`: by bisection.
fn count_with(p: f64, n: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, n);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if quantile_at_most(p, middle, n) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The value below which `count` values lie, on straight lines within the buckets; `None` in an open bucket.
fn value_at(buckets: &Buckets, count: f64) -> Option<f64> {
    let index = buckets.counts.iter().position(|below| *below >= count)?;
    let high = buckets.edges.get(index).copied().filter(|edge| edge.is_finite())?;
    let (low, before) = match index.checked_sub(1) {
        Some(before) => (*buckets.edges.get(before)?, *buckets.counts.get(before)?),
        // Prometheus' rule: the first bucket begins at 0, unless its edge is not above that; then it is its edge.
        None => (if high > 0.0 { 0.0 } else { high }, 0.0),
    };
    let inside = buckets.counts.get(index)? - before;
    Some(if inside > 0.0 { low + (high - low) * (count - before) / inside } else { high })
}

/// Halves a range of counts down to the last digits.
const HALVINGS: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_turned_into_a_value_as_prometheus_does() {
        let buckets = Buckets { edges: vec![1.0, 5.0, f64::INFINITY], counts: vec![10.0, 90.0, 100.0], sum: None };
        assert_eq!(value_at(&buckets, 5.0), Some(0.5));
        assert_eq!(value_at(&buckets, 50.0), Some(3.0));
        assert_eq!(value_at(&buckets, 95.0), None);
    }

    #[test]
    fn the_ends_of_the_interval_are_where_the_probability_is_a_fortieth() {
        let lower = count_with(0.9, 1000.0, TAIL);
        assert!((quantile_at_most(0.9, lower, 1000.0) - TAIL).abs() < 1e-9, "{lower}");
        assert!((880.0..883.0).contains(&lower), "{lower}");
    }
}
