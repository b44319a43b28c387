//! One comparison's intervals -> evidence both ways that holds at every look.
//!
//! Against an absolute limit: each interval's ratio less the limit; against a multiple of the baseline: less that multiple of
//! the baseline's ratio in the same interval, so that what drifts for both drifts out. Proportions and rates have an exact
//! process and the t process on the intervals' effects, of which the lesser counts: it is right if either model holds.
//! Means have the t process. Intervals of each length are a block of their own. With a single interval (no intervals came
//! with the data) the t process keeps its weak prior only, since nothing tells the noise.
//!
//! Not here: which comparisons an experiment makes (`monitor`).

use std::ops::Range;

use crate::stats::batch_means::{Interval, Prior};
use crate::stats::evidence::rate_ratio::Stratum;
use crate::stats::evidence::t_process::{self, Effects};
use crate::stats::evidence::{BothWays, bernoulli, mean_ratio, odds_ratio, product_of_blocks, rate_ratio};
use crate::stats::math::sqrt;

/// What a metric is, and with that which processes fit it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Model {
    /// Events among trials.
    Proportion,
    /// Events over exposure.
    Rate,
    /// Any other ratio; `size` stands in for a mean that is no scale (0 or less).
    Mean { size: f64 },
}

/// Successive intervals of one version, `None` where unknown.
pub(crate) type Course = [Option<Interval>];

/// How intervals are to be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut<'a> {
    /// How many successive intervals have one length each time; empty: all have.
    pub(crate) blocks: &'a [usize],
    /// Whether the one interval is all of the time since the start.
    pub(crate) is_pooled: bool,
}

/// Evidence against an absolute limit: `within` is below it.
pub(crate) fn absolute(model: Model, course: &Course, limit: f64, cut: Cut) -> BothWays {
    let Interval { n, sum } = total(course);
    if !(n > 0.0) {
        return BothWays::NONE;
    }
    match model {
        Model::Proportion if limit > 0.5 && limit < 1.0 => {
            // Rare are the others then.
            absolute(model, &others(course), 1.0 - limit, cut).swapped()
        }
        Model::Proportion => {
            let exact = bernoulli::evidence(n.max(sum), sum, limit);
            if !(limit > 0.0 && limit < 1.0) {
                return exact;
            }
            exact.least(t_evidence(effects(course, limit), proportion(limit), cut))
        }
        Model::Rate if limit > 0.0 => t_evidence(effects(course, limit), rate(limit), cut),
        Model::Rate => bernoulli::evidence(n.max(sum), sum, limit),
        Model::Mean { size } => t_evidence(effects(course, limit), mean(if limit > 0.0 { limit } else { size }), cut),
    }
}

/// All known intervals together.
pub(crate) fn total(course: &Course) -> Interval {
    let mut total = Interval { n: 0.0, sum: 0.0 };
    for interval in course.iter().flatten() {
        if interval.n > 0.0 {
            total = Interval { n: total.n + interval.n, sum: total.sum + interval.sum };
        }
    }
    total
}

/// Trials without an event in place of those with one.
pub(crate) fn others(course: &Course) -> Vec<Option<Interval>> {
    course.iter().map(|one| one.map(|one| Interval { n: one.n, sum: (one.n - one.sum).max(0.0) })).collect()
}

/// Evidence against `factor` times the baseline: `within` is below it.
pub(crate) fn relative(model: Model, course: &Course, baseline: &Course, factor: f64, cut: Cut) -> BothWays {
    let model = match relative_t(model, course, baseline, factor, cut) {
        Some(t) => t,
        None => return BothWays::NONE,
    };
    match model {
        (t, true) => rate_ratio::evidence(&strata(course, baseline), factor).least(t),
        (t, false) => t,
    }
}

/// Evidence that the candidate is below the baseline (`within`) or above it (`beyond`).
pub(crate) fn against_baseline(model: Model, course: &Course, baseline: &Course, cut: Cut) -> BothWays {
    let Some((t, is_exact)) = relative_t(model, course, baseline, 1.0, cut) else { return BothWays::NONE };
    if !is_exact {
        return t;
    }
    let strata = strata(course, baseline);
    let rates = rate_ratio::evidence(&strata, 1.0);
    // For trials the ratio of rates wastes half of the evidence where events are frequent; the odds do not.
    let exact = if model == Model::Proportion { rates.mean(odds_ratio::evidence(&strata)) } else { rates };
    exact.least(t)
}

/// The t process of a relative limit, and whether there is an exact one too; `None` without any common interval.
fn relative_t(model: Model, course: &Course, baseline: &Course, factor: f64, cut: Cut) -> Option<(BothWays, bool)> {
    let strata = strata(course, baseline);
    if strata.is_empty() || !(factor > 0.0) {
        return None;
    }
    let total = |part: fn(&Stratum) -> f64| strata.iter().map(part).sum::<f64>();
    let (base_n, base_sum) = (total(|one| one.base_exposure), total(|one| one.base_events));
    let (n, sum) = (total(|one| one.exposure), total(|one| one.events));
    let prior = match model {
        Model::Proportion => proportion(((base_sum + sum + 0.5) / (base_n + factor * n + 1.0)).min(SHARE_MAX)),
        Model::Rate => rate((base_sum + sum + 0.5) / (base_n + factor * n + 1.0)),
        Model::Mean { size } => {
            let is_scale = base_sum > 0.0 && strata.iter().all(|one| one.base_events >= 0.0);
            mean(if is_scale { base_sum / base_n } else { size })
        }
    };
    let is_exact = !matches!(model, Model::Mean { .. });
    // At the limit a count's variance is `factor` times the baseline's, a mean's its square: both keep their shape.
    let spread = if is_exact { factor } else { factor * factor };
    let pairs: Vec<Option<(f64, f64)>> = course
        .iter()
        .zip(baseline)
        .map(|pair| {
            let (one, base) = both(pair)?;
            let effect = one.sum / one.n - factor * base.sum / base.n;
            Some((effect, 1.0 / (spread / one.n + factor * factor / base.n)))
        })
        .collect();
    Some((t_evidence(pairs, prior, cut), is_exact))
}

/// Both, where both are known and have something.
fn both((one, base): (&Option<Interval>, &Option<Interval>)) -> Option<(Interval, Interval)> {
    one.zip(*base).filter(|(one, base)| one.n > 0.0 && base.n > 0.0)
}

/// The means that are not ruled out at `alpha`, looked at however often; `None` where everything is left.
pub(crate) fn mean_sequence(course: &Course, cut: Cut, alpha: f64) -> Option<(f64, f64)> {
    let pairs = effects(course, 0.0);
    what_is_left(pairs.len(), cut, alpha, &|block, alpha| {
        let effects = Effects::of(pairs.get(block)?.iter().copied().flatten());
        t_process::confidence_sequence(effects, MEAN_EFFECTS, alpha)
    })
}

/// The same of the ratio of a mean to the baseline's.
pub(crate) fn mean_ratio_sequence(course: &Course, baseline: &Course, cut: Cut, alpha: f64) -> Option<(f64, f64)> {
    what_is_left(course.len().min(baseline.len()), cut, alpha, &|block, alpha| {
        let strata = strata(course.get(block.clone())?, baseline.get(block)?);
        mean_ratio::confidence_sequence(&strata, MEAN_EFFECTS, alpha)
    })
}

/// What no block of intervals rules out. Blocks have noises of their own: each rules out what it does at its part of alpha.
fn what_is_left(
    intervals: usize,
    cut: Cut,
    alpha: f64,
    of_block: &dyn Fn(Range<usize>, f64) -> Option<(f64, f64)>,
) -> Option<(f64, f64)> {
    if cut.blocks.len() <= 1 {
        return of_block(0..intervals, alpha);
    }
    let mut start = 0;
    let mut left: Option<(f64, f64)> = None;
    for length in cut.blocks {
        let end = (start + length).min(intervals);
        // A part for each length that there can ever be: it must not change when one is added.
        if let Some((low, high)) = of_block(start..end, alpha / BLOCKS_MAX.max(cut.blocks.len() as f64)) {
            left = Some(left.map_or((low, high), |(lower, upper)| (lower.max(low), upper.min(high))));
        }
        start = end;
    }
    left.filter(|(lower, upper)| lower <= upper)
}

/// The intervals that both versions have.
pub(crate) fn strata(course: &Course, baseline: &Course) -> Vec<Stratum> {
    let mut strata = Vec::with_capacity(course.len());
    for pair in course.iter().zip(baseline) {
        if let Some((one, base)) = both(pair) {
            strata.push(Stratum { base_exposure: base.n, base_events: base.sum, exposure: one.n, events: one.sum });
        }
    }
    strata
}

/// Each interval's ratio less the limit, and its weight.
pub(crate) fn effects(course: &Course, limit: f64) -> Vec<Option<(f64, f64)>> {
    let effect = |one: &Interval| (one.sum / one.n - limit, one.n);
    course.iter().map(|one| one.as_ref().filter(|one| one.n > 0.0).map(effect)).collect()
}

/// The prior of the noise, and how large an effect may be in units of it.
#[derive(Debug, Clone, Copy)]
struct Expectation {
    prior: Prior,
    kappas: [f64; 3],
}

/// Of a proportion near `p`.
fn proportion(p: f64) -> Expectation {
    counts(p, p * (1.0 - p))
}

/// Of a rate near `rate`.
fn rate(rate: f64) -> Expectation {
    counts(rate, rate)
}

fn counts(level: f64, variance: f64) -> Expectation {
    // Effects of a quarter to all of the level.
    let unit = level / sqrt(variance);
    Expectation { prior: Prior { variance, degrees: 4.0 }, kappas: COUNT_EFFECTS.map(|share| share * unit) }
}

/// Of a mean near `level`.
fn mean(level: f64) -> Expectation {
    let deviation = MEAN_COEFFICIENT * level;
    Expectation { prior: Prior { variance: deviation * deviation, degrees: 2.0 }, kappas: MEAN_EFFECTS }
}

/// The t process over all blocks.
fn t_evidence(pairs: Vec<Option<(f64, f64)>>, expected: Expectation, cut: Cut) -> BothWays {
    let Expectation { prior, kappas } = expected;
    let all_zero = !(prior.variance > 0.0);
    let of_block = |pairs: &[Option<(f64, f64)>]| {
        let effects = Effects::of(pairs.iter().copied().flatten());
        match (cut.is_pooled, all_zero) {
            (_, true) => BothWays::NONE,
            (true, false) => t_process::evidence(effects, prior, kappas),
            (false, false) => t_process::evidence_under_both_priors(effects, prior, kappas),
        }
    };
    if cut.blocks.len() <= 1 {
        return of_block(&pairs);
    }
    let mut rest = pairs.as_slice();
    let mut blocks = Vec::with_capacity(cut.blocks.len());
    for length in cut.blocks {
        let (block, after) = rest.split_at((*length).min(rest.len()));
        rest = after;
        blocks.push(of_block(block));
    }
    product_of_blocks(&blocks)
}

/// Lengths of intervals that the ladder of queries has.
const BLOCKS_MAX: f64 = 3.0;
/// A pooled share of a relative limit that would be all.
const SHARE_MAX: f64 = 0.999;
/// Effects in parts of the level that proportions and rates are tried for.
const COUNT_EFFECTS: [f64; 3] = [0.25, 0.5, 1.0];
/// The guess of a mean's coefficient of variation, and effects in parts of the noise.
const MEAN_COEFFICIENT: f64 = 2.0;
const MEAN_EFFECTS: [f64; 3] = [0.1, 0.5, 2.0];
