//! What a histogram's buckets, its count and its exact sum say about the second moment, and about a quantile against a limit.
//!
//! Second moment: the density of maximum entropy within the buckets, exp(lambda x) in each, with the one lambda that gives
//! the exact sum (found by Newton's method inside a bracket); beside it the sharp bounds that no distribution with these
//! buckets and this sum can leave. Quantile: q_p <= edge just when F(edge) >= p, and F(edge) is Beta(1/2 + c, 1/2 + n - c)
//! (Dirichlet aggregation, Jeffreys' prior); a limit inside a bucket is bracketed by the bucket's edges.
//!
//! Not here: cleaning of counts that fall or disagree (`query`). A sum that the buckets cannot have is moved to their nearest.

use super::beta::Beta;
use super::math::{abs, clamp, exp, exp_m1, sqrt};
use super::order;

/// Values by bucket: `edges` rising, one more than `counts`; the last edge may be infinite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Histogram<'a> {
    pub(crate) edges: &'a [f64],
    pub(crate) counts: &'a [f64],
    pub(crate) sum: f64,
}

/// Sums of squares: the least and the most possible (None: unbounded), and that of maximum entropy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SecondMoment {
    pub(crate) least: f64,
    pub(crate) likely: f64,
    pub(crate) most: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    low: f64,
    width: f64,
    count: f64,
}

impl Histogram<'_> {
    /// The sum of squares; None without any value, or where a negative infinite edge leaves everything open.
    pub(crate) fn second_moment(&self) -> Option<SecondMoment> {
        let pairs = self.edges.iter().zip(self.edges.iter().skip(1));
        let buckets: Vec<Bucket> = pairs
            .zip(self.counts)
            .filter(|(_, count)| **count > 0.0)
            .map(|((&low, &high), &count)| Bucket { low, width: high - low, count })
            .collect();
        if buckets.is_empty() || buckets.iter().any(|bucket| !bucket.low.is_finite()) {
            return None;
        }
        let lowest: f64 = buckets.iter().map(|bucket| bucket.count * bucket.low).sum();
        let spare = buckets.iter().map(|bucket| bucket.count * bucket.width).sum::<f64>();
        let excess = clamp(self.sum - lowest, 0.0, spare);
        Some(SecondMoment {
            least: least(&buckets, excess),
            likely: likely(&buckets, excess),
            most: most(&buckets, excess),
        })
    }
}

/// Least sum of squares: every value as near to one level as its bucket allows, the level where the sum is right.
fn least(buckets: &[Bucket], excess: f64) -> f64 {
    // Between neighbouring edges the sum is a straight line in the level: walk up until it is reached.
    let edges: Vec<f64> = buckets.iter().flat_map(|bucket| [bucket.low, bucket.low + bucket.width]).collect();
    let levels: Vec<f64> = order::rising(&edges).into_iter().map(|place| edges[place]).collect();
    let filled = |level: f64| -> f64 {
        buckets.iter().map(|bucket| bucket.count * clamp(level - bucket.low, 0.0, bucket.width)).sum()
    };
    let mut level = levels.first().copied().unwrap_or(0.0);
    for pair in levels.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let start = filled(from);
        if start > excess {
            break;
        }
        let moving: f64 = buckets
            .iter()
            .filter(|bucket| bucket.low <= from && bucket.low + bucket.width > from)
            .map(|bucket| bucket.count)
            .sum();
        level = if moving > 0.0 { (from + (excess - start) / moving).min(to) } else { from };
    }
    buckets
        .iter()
        .map(|bucket| {
            let value = bucket.low + clamp(level - bucket.low, 0.0, bucket.width);
            bucket.count * value * value
        })
        .sum()
}

/// Largest sum of squares: values at their buckets' ends, the highest buckets filled first. None with an open bucket in use.
fn most(buckets: &[Bucket], excess: f64) -> Option<f64> {
    let mut rest = excess;
    let mut total = 0.0;
    for bucket in buckets.iter().rev() {
        if !bucket.width.is_finite() && rest > 0.0 {
            return None;
        }
        let moved = rest.min(bucket.count * if bucket.width.is_finite() { bucket.width } else { 0.0 });
        rest -= moved;
        // Each unit of sum moved to the upper end adds low + high to the squares.
        total += bucket.count * bucket.low * bucket.low;
        if moved > 0.0 {
            total += moved * (2.0 * bucket.low + bucket.width);
        }
    }
    Some(total)
}

/// The sum of squares at maximum entropy.
fn likely(buckets: &[Bucket], excess: f64) -> f64 {
    let finite = buckets.iter().map(|bucket| bucket.width).filter(|width| width.is_finite());
    // In units of the widest bucket, so that the unit of measurement changes nothing.
    let unit = finite.fold(0.0, f64::max);
    let unit = if unit > 0.0 { unit } else { excess.max(f64::MIN_POSITIVE) };
    let open = buckets.iter().any(|bucket| !bucket.width.is_finite());
    let mean = |lambda: f64| -> (f64, f64) {
        buckets.iter().fold((0.0, 0.0), |(sum, slope), bucket| {
            let (mean, variance) = tilted(lambda * bucket.width / unit, lambda, bucket.width / unit);
            (sum + bucket.count * mean, slope + bucket.count * variance)
        })
    };
    let target = excess / unit;
    let (mut low, mut high) = (-TILT_MAX, if open { 0.0 } else { TILT_MAX });
    let mut lambda = if open { -1.0 } else { 0.0 };
    for _ in 0..STEPS_MAX {
        let (sum, slope) = mean(lambda);
        if sum > target {
            high = lambda;
        } else {
            low = lambda;
        }
        let mut next = lambda - (sum - target) / slope;
        if !(next > low && next < high) {
            // Far out the distance to the end falls like 1/lambda: halve on a logarithmic scale.
            next = match (low > 1.0, high < -1.0) {
                (true, _) => sqrt(low * high),
                (_, true) => -sqrt(low * high),
                _ => (low + high) / 2.0,
            };
        }
        let step = abs(next - lambda);
        lambda = next;
        if step <= 1e-15 * abs(lambda) || step < 1e-300 {
            break;
        }
    }
    buckets
        .iter()
        .map(|bucket| {
            let (mean, variance) = tilted(lambda * bucket.width / unit, lambda, bucket.width / unit);
            let value = bucket.low + mean * unit;
            bucket.count * (value * value + variance * unit * unit)
        })
        .sum()
}

/// Mean and variance of the density exp(lambda x) on (0, width), with `tilt` = lambda times width.
fn tilted(tilt: f64, lambda: f64, width: f64) -> (f64, f64) {
    if !width.is_finite() {
        return (-1.0 / lambda, 1.0 / (lambda * lambda));
    }
    if abs(tilt) < 0.5 {
        // Series of 1/(1 - e^-t) - 1/t in Bernoulli numbers, and its derivative; the first term left out is below 1e-17.
        let s = tilt * tilt;
        let mean = 0.5 + tilt * series(s, &MEAN);
        let slopes: [f64; 7] = std::array::from_fn(|k| MEAN[k] * (2.0 * k as f64 + 1.0));
        return (width * mean, width * width * series(s, &slopes));
    }
    // From the end that the density leans to, so that nothing cancels there.
    let size = abs(tilt);
    let from_end = 1.0 / size - 1.0 / exp_m1(size);
    let half = exp(-size / 2.0) / -exp_m1(-size);
    let variance = 1.0 / (size * size) - half * half;
    (width * if tilt > 0.0 { 1.0 - from_end } else { from_end }, width * width * variance)
}

fn series(s: f64, terms: &[f64]) -> f64 {
    terms.iter().rev().fold(0.0, |sum, term| sum * s + term)
}

/// P(quantile `p` <= an edge), with `below` of `n` values at or below the edge.
pub(crate) fn quantile_at_most(p: f64, below: f64, n: f64) -> f64 {
    if !(p > 0.0) {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    share_below(below, n).tails(p, 1.0 - p).1
}

/// The belief about the share of values at or below an edge.
pub(crate) fn share_below(below: f64, n: f64) -> Beta {
    Beta { a: 0.5 + below, b: 0.5 + (n - below).max(0.0) }
}

/// P(quantile `p` <= `limit`), between the two given: equal where the limit is an edge. `edges` rise, `below` counts up to each.
///
/// The last count is that of all values; None without any.
pub(crate) fn quantile_within(p: f64, limit: f64, edges: &[f64], below: &[f64]) -> Option<(f64, f64)> {
    let n = below.last().copied().filter(|n| *n > 0.0)?;
    let count = |index: Option<usize>| index.and_then(|index| below.get(index)).copied();
    let low = edges.partition_point(|edge| *edge <= limit).checked_sub(1);
    let high = edges.iter().position(|edge| *edge >= limit);
    // Below the first edge nothing is known to lie, beyond the last one all.
    let (low, high) = (count(low).unwrap_or(0.0), count(high).unwrap_or(n));
    Some((quantile_at_most(p, low, n), quantile_at_most(p, high, n)))
}

/// B_2k/(2k)! for k from 1.
const MEAN: [f64; 7] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
];
/// Beyond this tilt all values are at their buckets' ends to 12 digits.
const TILT_MAX: f64 = 1e12;
/// Newton's method takes five to ten; at the bound the last value stands, inside its bracket.
const STEPS_MAX: u32 = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, lists};

    #[test]
    fn second_moments_meet_the_reference() {
        // Each row: k, k + 1 edges (1e308 for an open end), k counts, sum, least, likely, most (0: unbounded).
        for row in lists(include_str!("reference/histogram.json"), "second_moment") {
            let k = row[0] as usize;
            let edges: Vec<f64> =
                row[1..=k + 1].iter().map(|&edge| if edge > 1e300 { f64::INFINITY } else { edge }).collect();
            let histogram = Histogram { edges: &edges, counts: &row[k + 2..2 * k + 2], sum: row[2 * k + 2] };
            let found = histogram.second_moment().unwrap();
            let what = format!("{histogram:?}");
            close(found.least, row[2 * k + 3], 1e-10, 0.0, &what);
            close(found.likely, row[2 * k + 4], 1e-10, 0.0, &what);
            close(found.most.unwrap_or(0.0), row[2 * k + 5], 1e-10, 0.0, &what);
        }
    }

    #[test]
    fn the_unit_changes_nothing_but_the_unit() {
        let counts = [3.0, 5.0, 2.0];
        let of = |unit: f64| {
            let edges = [0.0, 0.1, 0.5, 2.5].map(|edge| edge * unit);
            Histogram { edges: &edges, counts: &counts, sum: 2.9 * unit }.second_moment().unwrap().likely
                / (unit * unit)
        };
        close(of(1000.0), of(1.0), 1e-12, 0.0, "in ms");
        close(of(1e6), of(1.0), 1e-12, 0.0, "in us");
    }

    #[test]
    fn sums_at_or_beyond_the_ends_put_all_values_there() {
        for (sum, expected) in [(10.0, 20.0), (5.0, 20.0), (30.0, 100.0), (99.0, 100.0)] {
            let found = Histogram { edges: &[0.0, 2.0, 4.0], counts: &[5.0, 5.0], sum }.second_moment().unwrap();
            for squares in [found.least, found.likely, found.most.unwrap()] {
                close(squares, expected, 1e-9, 0.0, &format!("sum {sum}"));
            }
        }
        assert_eq!(Histogram { edges: &[0.0, 1.0], counts: &[0.0], sum: 0.0 }.second_moment(), None);
    }

    #[test]
    fn an_open_bucket_has_no_most() {
        let found =
            Histogram { edges: &[0.0, 1.0, f64::INFINITY], counts: &[2.0, 1.0], sum: 4.0 }.second_moment().unwrap();
        assert_eq!(found.most, None);
        assert!(found.likely > found.least && found.likely.is_finite());
    }

    #[test]
    fn a_limit_inside_a_bucket_is_bracketed() {
        let (edges, below) = ([0.1, 0.5, f64::INFINITY], [60.0, 95.0, 100.0]);
        let at = |limit| quantile_within(0.9, limit, &edges, &below).unwrap();
        assert_eq!(at(0.5), (quantile_at_most(0.9, 95.0, 100.0), quantile_at_most(0.9, 95.0, 100.0)));
        assert_eq!(at(0.3), (quantile_at_most(0.9, 60.0, 100.0), quantile_at_most(0.9, 95.0, 100.0)));
        assert_eq!(at(0.05), (quantile_at_most(0.9, 0.0, 100.0), quantile_at_most(0.9, 60.0, 100.0)));
        assert_eq!(at(9.0), (quantile_at_most(0.9, 95.0, 100.0), quantile_at_most(0.9, 100.0, 100.0)));
        assert_eq!(quantile_within(0.9, 1.0, &edges, &[0.0, 0.0, 0.0]), None);
        // F is Beta(1/2, 1/2) without values: the arcsine law gives P(F > 3/4) = 1/3.
        close(quantile_at_most(0.75, 0.0, 0.0), 1.0 / 3.0, 1e-14, 0.0, "arcsine");
    }
}
