//! Evidence about effects whose size of noise is unknown: a t e-process on the intervals' effects.
//!
//! Effects d_t with weights w_t, Var d_t = sigma^2/w_t with one unknown sigma; under the alternative the effect is normal with
//! deviation kappa sigma. The variance has a scaled inverse chi squared prior of `degrees`: with none it is the right Haar
//! prior, and the process is an e-process for every sigma (Lai 1976; Perez-Ortiz et al. 2024); a weak prior makes
//! it one on average over the prior alone, but keeps few skewed intervals from deciding. So the least of both serves.
//! One-sided by the share of the posterior on that side.
//!
//! The null is that every interval's effect is at 0 or beyond, given the past. Only the present value is computed: ends of
//! the running path are not kept. Not here: what an effect and its weight are.

use super::tail::ln_lower_tail;
use super::{BothWays, ln_mean_exp};
use crate::stats::batch_means::Prior;
use crate::stats::beta::Beta;
use crate::stats::math::{ln, ln_1p, sqrt};
use crate::stats::student::Student;

/// What the process needs of the effects: their number, total weight, weighted mean, and weighted squares around it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Effects {
    pub(crate) count: f64,
    pub(crate) weight: f64,
    pub(crate) mean: f64,
    pub(crate) scatter: f64,
}

impl Effects {
    /// Of pairs of an effect and its weight; those without a weight do not count.
    pub(crate) fn of(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let used = pairs.filter(|(effect, weight)| effect.is_finite() && *weight > 0.0 && weight.is_finite());
        let (count, weight) = used.clone().fold((0.0, 0.0), |(count, sum), (_, weight)| (count + 1.0, sum + weight));
        if !(weight > 0.0) {
            return Self::default();
        }
        let mean = used.clone().map(|(effect, own)| own / weight * effect).sum::<f64>();
        let scatter = used.map(|(effect, own)| own * (effect - mean) * (effect - mean)).sum();
        Self { count, weight, mean, scatter }
    }
}

/// Evidence that the effect is below 0 (`within`) or above it (`beyond`): the mean over `kappas`; none without effects.
pub(crate) fn evidence(effects: Effects, prior: Prior, kappas: [f64; 3]) -> BothWays {
    if !(effects.count > 0.0) {
        return BothWays::NONE;
    }
    let sides = kappas.map(|kappa| one_sided(effects, prior, kappa));
    BothWays::of(ln_mean_exp(sides.map(|side| side.0)), ln_mean_exp(sides.map(|side| side.1)))
}

/// The lesser of the evidence with the weak prior and that without any.
pub(crate) fn evidence_under_both_priors(effects: Effects, weak: Prior, kappas: [f64; 3]) -> BothWays {
    evidence(effects, weak, kappas).least(evidence(effects, Prior::none(), kappas))
}

/// The effects that are not ruled out at `alpha`, looked at however often; None where every effect is left.
///
/// Without a prior of the variance; the two-sided e-values' mean over `kappas` reaches 1/alpha at the ends.
pub(crate) fn confidence_sequence(effects: Effects, kappas: [f64; 3], alpha: f64) -> Option<(f64, f64)> {
    let Effects { count, weight, mean, scatter } = effects;
    if !(count > 1.0) || !(alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let growths = kappas.map(|kappa| kappa * kappa * weight);
    // In units of the scatter, the squared distance of the mean from an effect: the evidence grows with it up to a bound.
    let excess = |square: f64| {
        ln_mean_exp(growths.map(|growth| two_sided(growth, squared_t_over_freedom(growth, square, 1.0), count)))
            + ln(alpha)
    };
    let mut high = 1.0;
    while excess(high) < 0.0 {
        high *= 16.0;
        if high > SQUARE_MAX {
            return None;
        }
    }
    let mut low = 0.0;
    for _ in 0..BISECTIONS {
        let middle = (low + high) / 2.0;
        if excess(middle) < 0.0 { low = middle } else { high = middle }
    }
    let half = sqrt(high * scatter / weight);
    half.is_finite().then_some((mean - half, mean + half))
}

/// ln E of one kappa for a negative and for a positive effect.
fn one_sided(effects: Effects, prior: Prior, kappa: f64) -> (f64, f64) {
    let Effects { count, weight, mean, scatter } = effects;
    let growth = kappa * kappa * weight;
    let (square, noise) = (weight * mean * mean, prior.degrees * prior.variance + scatter);
    let freedom = prior.degrees + count;
    let ratio = squared_t_over_freedom(growth, square, noise);
    let ln_both = two_sided(growth, ratio, freedom);
    let (small, large) = if freedom / 2.0 * ln_1p(ratio) > FAR {
        let inside = 1.0 / (1.0 + ratio);
        (ln_lower_tail(Beta { a: freedom / 2.0, b: 0.5 }, inside, ratio * inside), std::f64::consts::LN_2)
    } else {
        let standard = Student { mean: 0.0, scale: 1.0, degrees: freedom };
        let (lower, upper) = standard.tails(sqrt(ratio * freedom));
        (ln(2.0 * upper), ln(2.0 * lower))
    };
    if mean > 0.0 { (ln_both + small, ln_both + large) } else { (ln_both + large, ln_both + small) }
}

/// ln E of an effect of either sign; `growth` is kappa^2 W.
fn two_sided(growth: f64, ratio: f64, freedom: f64) -> f64 {
    -0.5 * ln_1p(growth) + freedom / 2.0 * ln_1p(ratio)
}

/// Student's t squared over its degrees, Q0/Q - 1; no effect and no noise is no distance.
fn squared_t_over_freedom(growth: f64, square: f64, noise: f64) -> f64 {
    if square > 0.0 { growth * square / ((1.0 + growth) * noise + square) } else { 0.0 }
}

/// Beyond e^-this the tail of Student's t is kept as a logarithm.
const FAR: f64 = 600.0;
/// An effect of 1e15 times the noise left standing is every effect.
const SQUARE_MAX: f64 = 1e30;
/// Each halves the distance.
const BISECTIONS: u32 = 60;
