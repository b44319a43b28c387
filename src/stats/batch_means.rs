//! Beliefs about a mean and about overdispersion, from counts and sums of successive intervals.
//!
//! Mean: the variance of one value from how the intervals' means scatter (batch means, Schmeiser 1982), drawn towards a weak
//! prior in the unit of the mean itself, so that two intervals do not decide and no unit of measurement matters; the mean is
//! then Student's t. Overdispersion: Pearson's chi squared of the intervals' counts, drawn towards 1 with the weight of 5.
//!
//! Not here: which intervals count, and the scale of the prior where the mean is no scale (0 or less): the caller's.

use super::math::sqrt;
use super::student::Student;

/// One interval: `n` values with that `sum`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) n: f64,
    pub(crate) sum: f64,
}

/// A guess of the variance of one value, worth so many degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Prior {
    pub(crate) variance: f64,
    pub(crate) degrees: f64,
}

impl Prior {
    /// The weak prior of a quantity whose size is `scale`: two degrees, a coefficient of variation of 1.3.
    pub(crate) fn weak(scale: f64) -> Self {
        Self { variance: COEFFICIENT * COEFFICIENT * scale * scale, degrees: DEGREES }
    }

    /// No prior: two intervals at least are needed.
    pub(crate) fn none() -> Self {
        Self { variance: 0.0, degrees: 0.0 }
    }
}

/// The mean over all intervals; None without values. Intervals without values do not count, here and below.
pub(crate) fn mean(intervals: &[Interval]) -> Option<f64> {
    let n: f64 = used(intervals).map(|interval| interval.n).sum();
    (n > 0.0).then(|| used(intervals).map(|interval| interval.sum).sum::<f64>() / n)
}

/// The belief about the mean; None without values, or with nothing that tells the variance.
pub(crate) fn belief(intervals: &[Interval], prior: Prior) -> Option<Student> {
    let total = used(intervals).fold(Interval { n: 0.0, sum: 0.0 }, |total, interval| Interval {
        n: total.n + interval.n,
        sum: total.sum + interval.sum,
    });
    belief_around(total, intervals, prior)
}

/// The same around the mean of `total`, which holds the intervals and may hold more.
pub(crate) fn belief_around(total: Interval, intervals: &[Interval], prior: Prior) -> Option<Student> {
    if !(total.n > 0.0) {
        return None;
    }
    let mean = total.sum / total.n;
    let centre = self::mean(intervals).unwrap_or(mean);
    let scatter: f64 = used(intervals)
        .map(|interval| {
            let distance = interval.sum / interval.n - centre;
            interval.n * distance * distance
        })
        .sum();
    let degrees = prior.degrees + (used(intervals).count() as f64 - 1.0).max(0.0);
    if !(degrees > 0.0) {
        return None;
    }
    let variance = (prior.degrees * prior.variance + scatter) / degrees;
    let scale = sqrt(variance / total.n);
    (mean.is_finite() && scale.is_finite()).then_some(Student { mean, scale, degrees })
}

/// The belief about the mean of `n` values with that `sum` and sum of `squares`; None for fewer than two.
///
/// A sum of squares below what the sum needs (rounding) counts as no variance.
pub(crate) fn belief_from_squares(n: f64, sum: f64, squares: f64) -> Option<Student> {
    if !(n >= 2.0) {
        return None;
    }
    let mean = sum / n;
    let variance = ((squares - sum * mean) / (n - 1.0)).max(0.0);
    let scale = sqrt(variance / n);
    (mean.is_finite() && scale.is_finite()).then_some(Student { mean, scale, degrees: n - 1.0 })
}

/// How many times larger than a binomial's the variance of the intervals' counts is, 1 at least: divides events and trials.
///
/// `intervals` are trials (`n`) and events (`sum`). Without events, or with nothing else, chi squared is 0.
pub(crate) fn overdispersion(intervals: &[Interval]) -> f64 {
    dispersion(intervals, |share| share * (1.0 - share))
}

/// The same for events over exposure, against a Poisson distribution's variance.
pub(crate) fn overdispersion_of_rate(intervals: &[Interval]) -> f64 {
    dispersion(intervals, |rate| rate)
}

/// Pearson's chi squared over its degrees, drawn towards 1; `variance` of one unit of `n`, from the mean.
fn dispersion(intervals: &[Interval], variance: impl Fn(f64) -> f64) -> f64 {
    let count = used(intervals).count();
    let Some(mean) = mean(intervals).filter(|_| count > 1) else { return 1.0 };
    let spread = variance(mean);
    let chi_squared = if spread > 0.0 {
        used(intervals)
            .map(|interval| {
                let excess = interval.sum - interval.n * mean;
                excess * excess / (interval.n * spread)
            })
            .sum()
    } else {
        0.0
    };
    ((PHI_WEIGHT + chi_squared) / (PHI_WEIGHT + (count - 1) as f64)).max(1.0)
}

fn used(intervals: &[Interval]) -> impl Iterator<Item = &Interval> {
    intervals.iter().filter(|interval| interval.n > 0.0)
}

/// Latencies are about lognormal with a sigma of 1, whose coefficient of variation is 1.3.
const COEFFICIENT: f64 = 1.3;
const DEGREES: f64 = 2.0;
/// Few intervals must not make a big factor by chance.
const PHI_WEIGHT: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::close;

    fn intervals(pairs: &[(f64, f64)]) -> Vec<Interval> {
        pairs.iter().map(|&(n, sum)| Interval { n, sum }).collect()
    }

    #[test]
    fn scatter_of_the_interval_means_is_the_variance() {
        // Means 1, 2, 3 of 4 values each: scatter 4 (1 + 0 + 1) = 8, over 2 degrees 4, of 12 values 1/3.
        let found = belief(&intervals(&[(4.0, 4.0), (4.0, 8.0), (0.0, 0.0), (4.0, 12.0)]), Prior::none()).unwrap();
        assert_eq!((found.mean, found.degrees), (2.0, 2.0));
        close(found.scale, sqrt(1.0 / 3.0), 1e-15, 0.0, "scale");
    }

    #[test]
    fn the_prior_speaks_where_one_interval_cannot() {
        let one = intervals(&[(100.0, 200.0)]);
        let found = belief(&one, Prior::weak(2.0)).unwrap();
        assert_eq!((found.mean, found.degrees), (2.0, 2.0));
        close(found.scale, 0.26, 1e-15, 0.0, "1.3 times 2 over the root of 100");
        assert_eq!(belief(&one, Prior::none()), None);
        assert_eq!(belief(&intervals(&[(0.0, 0.0)]), Prior::weak(2.0)), None);
        assert_eq!(belief(&[], Prior::weak(2.0)), None);
    }

    #[test]
    fn squares_give_the_sample_variance() {
        // 1, 2, 3, 4: variance 5/3.
        let found = belief_from_squares(4.0, 10.0, 30.0).unwrap();
        assert_eq!((found.mean, found.degrees), (2.5, 3.0));
        close(found.scale, sqrt(5.0 / 12.0), 1e-15, 0.0, "scale");
        assert_eq!(belief_from_squares(4.0, 10.0, 24.9).unwrap().scale, 0.0);
        assert_eq!(belief_from_squares(1.0, 10.0, 100.0), None);
    }

    #[test]
    fn counts_that_scatter_more_than_a_binomial_are_overdispersed() {
        // 100 trials each, 0 and 20 events: share 0.1, chi squared 100/9 + 100/9; (5 + 22.2)/6.
        close(overdispersion(&intervals(&[(100.0, 0.0), (100.0, 20.0)])), (5.0 + 200.0 / 9.0) / 6.0, 1e-14, 0.0, "phi");
        for calm in [
            &[(100.0, 10.0), (100.0, 10.0)][..],
            &[(100.0, 0.0), (100.0, 0.0)],
            &[(5.0, 5.0), (9.0, 9.0)],
            &[(9.0, 3.0)],
            &[],
        ] {
            assert_eq!(overdispersion(&intervals(calm)), 1.0);
        }
    }
}
