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

use super::root::root;
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
    BothWays::of(ln_mean_exp(&sides.map(|side| side.0)), ln_mean_exp(&sides.map(|side| side.1)))
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
    if !(count > 1.0 && alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    // In units of the scatter, the squared distance of the mean from an effect: the evidence grows with it up to a bound.
    let excess = |square: f64| without_prior(count, weight, square, 1.0, kappas) + ln(alpha);
    let (mut low, mut high) = ((0.0, excess(0.0)), (1.0, excess(1.0)));
    while high.1 < 0.0 {
        let next = 16.0 * high.0;
        if next > SQUARE_MAX {
            return None;
        }
        (low, high) = (high, (next, excess(next)));
    }
    let high = root(low, high, &excess);
    let half = sqrt(high * scatter / weight);
    half.is_finite().then_some((mean - half, mean + half))
}

/// What the two-sided evidence of two effects or more, without a prior of the variance, is above its need at `alpha`: from 0 on
/// the effect 0 is ruled out.
pub(super) fn excess(effects: Effects, kappas: [f64; 3], alpha: f64) -> f64 {
    let Effects { count, weight, mean, scatter } = effects;
    without_prior(count, weight, weight * mean * mean, scatter, kappas) + ln(alpha)
}

/// ln E of an effect of either sign without a prior of the variance, the mean over `kappas`.
fn without_prior(count: f64, weight: f64, square: f64, scatter: f64, kappas: [f64; 3]) -> f64 {
    let of_kappa = |kappa: f64| {
        let growth = kappa * kappa * weight;
        two_sided(growth, squared_t_over_freedom(growth, square, scatter), count)
    };
    ln_mean_exp(&kappas.map(of_kappa))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::math::exp;
    use crate::stats::reference::{close, lists};

    const REFERENCE: &str = include_str!("../reference/evidence.json");
    const KAPPAS: [f64; 3] = [0.1, 0.5, 2.0];

    fn effects(numbers: &[f64]) -> Effects {
        Effects::of(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])))
    }

    #[test]
    fn evidence_about_an_effect_meets_the_reference() {
        for row in lists(REFERENCE, "t_process") {
            let (head, rest) = row.split_at(7);
            let found =
                evidence(effects(rest), Prior { degrees: head[0], variance: head[1] }, [head[2], head[3], head[4]]);
            close(found.within, head[5], 1e-9, 1e-10, &format!("within {row:?}"));
            close(found.beyond, head[6], 1e-9, 1e-10, &format!("beyond {row:?}"));
        }
    }

    #[test]
    fn effects_that_are_not_ruled_out_meet_the_reference() {
        for row in lists(REFERENCE, "t_confidence_sequence") {
            let (head, rest) = row.split_at(6);
            let (lower, upper) =
                confidence_sequence(effects(rest), [head[0], head[1], head[2]], head[3]).expect("bounded");
            close(lower, head[4], 1e-9, 1e-12, &format!("lower {row:?}"));
            close(upper, head[5], 1e-9, 1e-12, &format!("upper {row:?}"));
        }
    }

    #[test]
    fn too_few_effects_rule_nothing_out() {
        assert_eq!(confidence_sequence(effects(&[1.0, 1e9]), KAPPAS, 0.05), None);
        assert_eq!(confidence_sequence(effects(&[1.0, 1.0, 2.0, 1.0]), KAPPAS, 0.01), None);
        assert_eq!(confidence_sequence(Effects::default(), KAPPAS, 0.05), None);
        assert_eq!(evidence(effects(&[1.0, 0.0, f64::NAN, 2.0]), Prior::none(), KAPPAS), BothWays::NONE);
    }

    #[test]
    fn the_ends_are_where_the_two_sided_evidence_reaches_its_need() {
        let numbers = [3.0, 40.0, 2.0, 60.0, 4.5, 50.0, 2.5, 45.0, 3.5, 55.0, 1.5, 40.0];
        let (_, upper) = confidence_sequence(effects(&numbers), KAPPAS, 0.05).expect("bounded");
        let moved = Effects::of(numbers.chunks_exact(2).map(|pair| (pair[0] - upper, pair[1])));
        let found = evidence(moved, Prior::none(), KAPPAS);
        close(exp(found.within) + exp(found.beyond), 40.0, 1e-9, 0.0, "twice 1/alpha");
    }

    #[test]
    fn no_unit_order_or_sign_changes_the_evidence() {
        let numbers = [3.0, 40.0, -2.0, 60.0, 4.5, 50.0, 2.5, 45.0];
        let prior = Prior { degrees: 2.0, variance: 300.0 };
        let found = evidence_under_both_priors(effects(&numbers), prior, KAPPAS);
        let pairs = || numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        let in_thousandths = Effects::of(pairs().map(|(effect, weight)| (1000.0 * effect, weight)));
        let scaled = Prior { variance: 1e6 * prior.variance, ..prior };
        close(evidence_under_both_priors(in_thousandths, scaled, KAPPAS).beyond, found.beyond, 1e-12, 0.0, "unit");
        close(
            evidence_under_both_priors(Effects::of(pairs().rev()), prior, KAPPAS).beyond,
            found.beyond,
            1e-12,
            0.0,
            "order",
        );
        let turned = Effects::of(pairs().map(|(effect, weight)| (-effect, weight)));
        assert_eq!(evidence_under_both_priors(turned, prior, KAPPAS), found.swapped());
    }

    #[test]
    fn effects_without_noise_decide_only_with_time() {
        // Nothing but zeros: g^(-1/2) each way. Equal effects: the least is what no prior allows.
        let still = evidence(effects(&[0.0, 4.0, 0.0, 4.0]), Prior::none(), [1.0; 3]);
        close(still.within, -0.5 * ln(9.0), 1e-14, 0.0, "zeros");
        close(still.beyond, still.within, 1e-14, 0.0, "zeros");
        let equal = evidence(effects(&[2.0, 4.0, 2.0, 4.0]), Prior::none(), [1.0; 3]);
        assert!(equal.beyond > 0.5 * ln(9.0) && equal.beyond < ln(6.0), "{equal:?}");
    }

    #[test]
    fn no_size_breaks_it() {
        for count in [1_usize, 2, 300, 10_000] {
            for size in [0.0, 1e-9, 1.0, 1e9] {
                for weight in [1e-9, 1.0, 1e9] {
                    let all = Effects::of((0..count).map(|k| (size + (k % 3) as f64, weight)));
                    let found = evidence_under_both_priors(all, Prior { degrees: 2.0, variance: 1e-6 }, KAPPAS);
                    assert!(found.within.abs() <= 700.0 && found.beyond.abs() <= 700.0, "{count} {size} {weight}");
                }
            }
        }
    }

    #[test]
    fn identical_versions_are_seldom_told_apart_however_often_one_looks() {
        // Gaussian effects without a difference, 40 looks, 400 runs: at most alpha, and 3 deviations of chance.
        let (alpha, runs) = (0.05, 400);
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let mut wrong = 0;
        for _ in 0..runs {
            let mut pairs = Vec::new();
            let is_wrong = (0..40).any(|look| {
                let weight = 20.0 + f64::from(look);
                pairs.push((crate::stats::normal::quantile(uniform()) / sqrt(weight), weight));
                evidence(Effects::of(pairs.iter().copied()), Prior::none(), KAPPAS).beyond >= -ln(alpha)
            });
            wrong += i32::from(is_wrong);
        }
        assert!(f64::from(wrong) <= 400.0 * alpha + 3.0 * sqrt(400.0 * alpha * (1.0 - alpha)), "{wrong} of {runs}");
    }
}
