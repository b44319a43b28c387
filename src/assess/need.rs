//! Evidence so far + what a version looks like -> how many requests are missing until a verdict.
//!
//! The logarithm of an e-value grows by at most the divergence of the truth from the limit for each request (Wald 1945), so
//! (ln(K/alpha) - ln E)/divergence is a lower bound. The truth is uncertain: the bound is given at both ends of a 95 %
//! interval around what was seen; where that reaches the limit, the upper one is unknown: at this effect size nobody can say.
//!
//! Not here: when a verdict falls (`monitor`).

use super::evidence::known;
use super::process::{Course, Model, total};
use crate::stats::batch_means::{self, Prior};
use crate::stats::beta::Beta;
use crate::stats::evidence::BothWays;
use crate::stats::evidence::rate_ratio::Stratum;
use crate::stats::math::{exp, sqrt};
use crate::stats::{growth, normal};
use crate::wire::request::Direction;

/// Requests of the version (against a limit) or of both (against the baseline) until a verdict, at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Need {
    pub(crate) lower: f64,
    /// `None`: what was seen is too near to the limit to tell.
    pub(crate) upper: Option<f64>,
}

/// Against an absolute limit.
pub(crate) fn absolute(
    model: Model,
    course: &Course,
    limit: f64,
    direction: Direction,
    evidence: BothWays,
    needed: f64,
) -> Option<Need> {
    let all = total(course);
    if !(all.n > 0.0) {
        return None;
    }
    let (low, high, divergence): (f64, f64, Box<dyn Fn(f64) -> f64>) = match model {
        Model::Proportion => {
            let belief = Beta { a: all.sum + 0.5, b: (all.n - all.sum).max(0.0) + 0.5 };
            let divergence = move |truth: f64| growth::bernoulli(truth, limit);
            (belief.quantile(TAIL), belief.quantile(1.0 - TAIL), Box::new(divergence))
        }
        Model::Rate | Model::Mean { .. } => {
            let known = known(course);
            let size = if all.sum > 0.0 { all.sum / all.n } else { limit.abs() };
            let belief = batch_means::belief(&known, Prior::weak(size))?;
            let variance = belief.scale * belief.scale * all.n;
            let (low, high) = belief.interval(TAIL);
            (low, high, Box::new(move |truth: f64| (truth - limit) * (truth - limit) / (2.0 * variance)))
        }
    };
    need((low, all.sum / all.n, high), limit, direction, evidence, needed, divergence)
}

/// Against a multiple of the baseline.
pub(crate) fn relative(
    model: Model,
    strata: &[Stratum],
    factor: f64,
    direction: Direction,
    evidence: BothWays,
    needed: f64,
) -> Option<Need> {
    let sum = |part: fn(&Stratum) -> f64| strata.iter().map(part).sum::<f64>();
    let (base_n, base_sum) = (sum(|one| one.base_exposure), sum(|one| one.base_events));
    let (n, own_sum) = (sum(|one| one.exposure), sum(|one| one.events));
    if matches!(model, Model::Mean { .. }) || !(base_sum > 0.0 && own_sum > 0.0) {
        // A mean's noise is known from its intervals only: no bound is given.
        return None;
    }
    let ratio = own_sum / n / (base_sum / base_n);
    let spread = exp(-normal::quantile(TAIL) * sqrt(1.0 / own_sum + 1.0 / base_sum));
    let (rate, share) = (base_sum / base_n, n / (n + base_n));
    let divergence = move |ratio: f64| growth::rate_ratio(rate, ratio, factor, share);
    need((ratio / spread, ratio, ratio * spread), factor, direction, evidence, needed, Box::new(divergence))
}

/// From what was seen and the interval around it.
fn need(
    (low, seen, high): (f64, f64, f64),
    limit: f64,
    direction: Direction,
    evidence: BothWays,
    needed: f64,
    divergence: Box<dyn Fn(f64) -> f64>,
) -> Option<Need> {
    let is_below = seen < limit;
    let now = if is_below == (direction == Direction::Lower) { evidence.within } else { evidence.beyond };
    let (far, near) = if is_below { (low, high) } else { (high, low) };
    // None missing, and no verdict: it waits for something else, such as the first event against a limit of 0.
    let lower = growth::requests(now, needed, divergence(far)).filter(|lower| *lower > 0.0)?;
    let is_clear = if is_below { near < limit } else { near > limit };
    let upper = if is_clear { growth::requests(now, needed, divergence(near)) } else { None };
    Some(Need { lower, upper })
}

/// Each end of a 95 % interval.
const TAIL: f64 = 0.025;
