//! Evidence -> what v1.0.0 believes of every ratio in every version.
//!
//! A proportion is Beta(0.1 + s, 0.1 + n - s); any other ratio is normal around its value with variance
//! (max - min)/(1 + n) over all versions and all time, a unit error that makes the verdict depend on the unit; equal
//! extremes give a constant (the version's own value; v1.0.0 took the largest of all). No belief is below 0.
//!
//! Approximate by design: see `docs/v1.md`. The sequential method's beliefs are another module's.

use rand_distr::{Distribution, StandardNormal};

use super::evidence::Evidence;
use crate::experiment::{Experiment, Ratio};
use crate::stats::beta::Beta;
use crate::stats::gamma_draws::gammas;
use crate::stats::math::sqrt;
use crate::stats::normal;
use crate::stats::quadrature::integrate;
use crate::stats::rng::Stream;

/// The distribution of a ratio's true value, cut off below 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Belief {
    Beta(Beta),
    Normal { mean: f64, deviation: f64 },
    Constant(f64),
}

/// `[version][ratio]`; `None` where nothing is known.
pub(crate) type Beliefs = Vec<Vec<Option<Belief>>>;

pub(crate) fn update(experiment: &Experiment, evidence: &Evidence) -> Beliefs {
    let of_version = |version: usize| {
        let ratios = experiment.ratios.iter().enumerate();
        ratios.map(|(index, ratio)| belief(ratio, index, version, evidence)).collect()
    };
    (0..experiment.versions.len()).map(of_version).collect()
}

fn belief(ratio: &Ratio, index: usize, version: usize, evidence: &Evidence) -> Option<Belief> {
    let value = evidence.ratio(version, index)?;
    let count = evidence.counter(version, ratio.denominator).filter(|count| *count > 0.0)?;
    if ratio.zero_to_one {
        if value < 0.0 {
            return None;
        }
        let events = value.min(1.0) * count;
        return Some(Belief::Beta(Beta { a: PRIOR_SHAPE + events, b: PRIOR_SHAPE + (count - events).max(0.0) }));
    }
    let extremes = evidence.extremes.get(index)?;
    let deviation = sqrt((extremes.maximum? - extremes.minimum?) / (1.0 + count));
    // Equal extremes; or a deviation that no f64 holds, far below or above anything that is measured.
    let is_bell = deviation > 0.0 && deviation.is_finite();
    Some(if is_bell { Belief::Normal { mean: value, deviation } } else { Belief::Constant(value.max(0.0)) })
}

impl Belief {
    /// P(X <= x).
    pub(crate) fn cdf(self, x: f64) -> f64 {
        match self {
            _ if !(x >= 0.0) => 0.0,
            Self::Beta(beta) => beta.cdf(x),
            Self::Normal { mean, deviation } => normal::cdf((x - mean) / deviation),
            Self::Constant(value) => f64::from(u8::from(value <= x)),
        }
    }

    /// P(X >= x).
    fn at_least(self, x: f64) -> f64 {
        match self {
            _ if !(x > 0.0) => 1.0,
            Self::Beta(beta) => 1.0 - beta.cdf(x),
            Self::Normal { mean, deviation } => normal::cdf((mean - x) / deviation),
            Self::Constant(value) => f64::from(u8::from(value >= x)),
        }
    }

    /// The x with P(X <= x) = `p`.
    pub(crate) fn quantile(self, p: f64) -> f64 {
        match self {
            Self::Beta(beta) => beta.quantile(p),
            Self::Normal { mean, deviation } => (mean + deviation * normal::quantile(p)).max(0.0),
            Self::Constant(value) => value,
        }
    }

    /// `count` draws.
    pub(crate) fn sample(self, count: usize, stream: &mut Stream) -> Vec<f64> {
        match self {
            // A ratio of two gamma variates: a sixth of the time of rand_distr's own Beta.
            Self::Beta(Beta { a, b }) => {
                let mut draws = gammas(a, count, stream);
                for (draw, other) in draws.iter_mut().zip(gammas(b, count, stream)) {
                    *draw /= *draw + other;
                }
                draws
            }
            Self::Normal { mean, deviation } => {
                let draw = |_| (mean + deviation * Distribution::<f64>::sample(&StandardNormal, &mut *stream)).max(0.0);
                (0..count).map(draw).collect()
            }
            Self::Constant(value) => vec![value; count],
        }
    }

    /// Whether all of 10,000 draws would be one number: then v1.0.0 showed no interval.
    pub(crate) fn is_point(self) -> bool {
        match self {
            Self::Beta(_) => false,
            _ => self.quantile(RARE) == self.quantile(1.0 - RARE),
        }
    }

    /// How wide the belief is, for choosing the better variable of integration.
    fn width(self) -> f64 {
        match self {
            Self::Beta(Beta { a, b }) => sqrt(a / (a + b) * (b / (a + b)) / (a + b + 1.0)),
            Self::Normal { deviation, .. } => deviation,
            Self::Constant(_) => 0.0,
        }
    }
}

/// P(X <= factor * Y) for independent X and Y.
pub(crate) fn probability_below(x: Belief, y: Belief, factor: f64) -> f64 {
    if factor > 0.0 && x.width() < factor * y.width() {
        // Over the narrower of both the integrand is smooth: P(Y >= X / factor).
        expectation(x, |value| y.at_least(value / factor))
    } else {
        expectation(y, |value| x.cdf(factor * value))
    }
}

/// P(X >= factor * Y) for independent X and Y.
pub(crate) fn probability_above(x: Belief, y: Belief, factor: f64) -> f64 {
    if factor > 0.0 && x.width() < factor * y.width() {
        expectation(x, |value| y.cdf(value / factor))
    } else {
        expectation(y, |value| x.at_least(factor * value))
    }
}

/// The mean of a monotone `function` of X, to about 1e-6.
fn expectation(belief: Belief, function: impl Fn(f64) -> f64) -> f64 {
    match belief {
        Belief::Constant(value) => function(value),
        Belief::Normal { mean, deviation } => {
            let lower = (mean - BELL_DEVIATIONS * deviation).max(0.0);
            let upper = (mean + BELL_DEVIATIONS * deviation).max(0.0);
            let density = |x: f64| normal::density((x - mean) / deviation) / deviation;
            belief.cdf(0.0) * function(0.0) + integrate(lower, upper, |x| density(x) * function(x))
        }
        Belief::Beta(beta) if beta.a.min(beta.b) > BELL_SHAPE_MIN => {
            let mean = beta.a / (beta.a + beta.b);
            let (lower, upper) = (mean - BELL_DEVIATIONS * belief.width(), mean + BELL_DEVIATIONS * belief.width());
            integrate(lower.max(0.0), upper.min(1.0), |x| beta.density(x) * function(x))
        }
        // The integral over the quantiles, which bends most at p = 0 and 1: p = t^2 (3 - 2 t) puts more nodes there.
        Belief::Beta(beta) => {
            integrate(0.0, 1.0, |t| 6.0 * t * (1.0 - t) * function(beta.quantile(t * t * (3.0 - 2.0 * t))))
        }
    }
}

/// v1.0.0's prior for proportions, Beta(0.1, 0.1): its intervals are too narrow for rare events.
const PRIOR_SHAPE: f64 = 0.1;
/// Rarer than one draw in a hundred series of 10,000.
const RARE: f64 = 1e-6;
/// Shapes from which a Beta lies within eight deviations around its mean but for 1e-8.
const BELL_SHAPE_MIN: f64 = 10.0;
const BELL_DEVIATIONS: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Belief = Belief::Normal { mean: 150.0, deviation: 0.2 };
    const WIDE: Belief = Belief::Normal { mean: 149.0, deviation: 2.0 };

    #[test]
    fn normal_beliefs_compare_as_their_difference_does() {
        // P(Z <= (1.02 * 149 - 150) / sqrt(0.2^2 + (1.02 * 2)^2)) = P(Z <= 0.9659...)
        let exact = normal::cdf((1.02 * 149.0 - 150.0) / libm::sqrt(0.04 + 4.1616));
        assert!((probability_below(NARROW, WIDE, 1.02) - exact).abs() < 1e-6);
        assert!((probability_above(NARROW, WIDE, 1.02) - (1.0 - exact)).abs() < 1e-6);
        let exact = normal::cdf((150.0 - 149.0) / libm::sqrt(4.04));
        assert!((probability_below(WIDE, NARROW, 1.0) - exact).abs() < 1e-6);
    }

    #[test]
    fn proportions_compare_as_scipy_says() {
        // scipy: integral of beta.pdf(y, 20.1, 980.1) * beta.cdf(y, 6.1, 494.1).
        let v1 = Belief::Beta(Beta { a: 20.1, b: 980.1 });
        let v2 = Belief::Beta(Beta { a: 6.1, b: 494.1 });
        assert!((probability_below(v2, v1, 1.0) - P_V2_BELOW_V1).abs() < 1e-6, "{}", probability_below(v2, v1, 1.0));
        let v3 = Belief::Beta(Beta { a: 12.1, b: 988.1 });
        assert!((probability_below(v3, v1, 1.0) - P_V3_BELOW_V1).abs() < 1e-6, "{}", probability_below(v3, v1, 1.0));
    }

    #[test]
    fn beliefs_end_at_zero() {
        let below = Belief::Normal { mean: -5.0, deviation: 0.1 };
        assert_eq!((below.quantile(0.975), below.cdf(0.0), below.cdf(-1.0)), (0.0, 1.0, 0.0));
        assert!(below.is_point() && Belief::Constant(3.0).is_point() && !NARROW.is_point());
        assert!((probability_above(below, below, 1.0) - 1.0).abs() < 1e-12);
    }

    const P_V3_BELOW_V1: f64 = 0.926126761515;
    const P_V2_BELOW_V1: f64 = 0.885781444930;
}
