//! A version's times to answer: their mean, the share within a limit, and draws of their sum.
//!
//! Gamma (the sum of n is drawn exactly, as one Gamma), lognormal and Pareto (one by one up to `ONE_BY_ONE_MAX` requests;
//! above that a normal number with the sum's mean and variance, and for Pareto tails without a variance all one by one).
//! Some requests may be held up for a fixed time on top.
//!
//! Not here: how many requests there are (`traffic`).

use rand_distr::{Distribution, StandardNormal};

use super::draws;
use crate::stats::math::{exp, ln, sqrt};
use crate::stats::rng::{Stream, uniform};
use crate::stats::{gamma, normal};

/// How long a version takes to answer, milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latency {
    pub(super) shape: Shape,
    /// Of the time without the delay.
    pub(super) mean: f64,
    /// The probability that a request is held up, 0 to 1.
    pub(super) delay_probability: f64,
    /// For how long.
    pub(super) delay_ms: f64,
}

/// The distribution of the time without the delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Standard deviation mean/sqrt(shape).
    Gamma { shape: f64 },
    /// The logarithm's standard deviation.
    Lognormal { sigma: f64 },
    /// The tail's exponent, above 1.
    Pareto { exponent: f64 },
}

/// What an interval's requests took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    /// Milliseconds.
    pub(super) sum: f64,
    /// Requests within the limit.
    pub(super) within: f64,
}

impl Latency {
    /// Gamma times with a standard deviation of half their mean, as of a quick web page; nobody is held up.
    pub(super) fn of_mean(mean: f64) -> Self {
        Self { shape: Shape::Gamma { shape: SHAPE_DEFAULT }, mean, delay_probability: 0.0, delay_ms: 0.0 }
    }

    /// Lognormal times; nobody is held up.
    pub(super) fn lognormal(mean: f64, sigma: f64) -> Self {
        Self { shape: Shape::Lognormal { sigma }, ..Self::of_mean(mean) }
    }

    /// The mean time with the delay.
    pub(super) fn mean_of_all(&self) -> f64 {
        self.mean + self.delay_probability * self.delay_ms
    }

    /// The probability of a time of at most `limit`; `factor` stretches the time without the delay.
    pub(super) fn share_within(&self, limit: f64, factor: f64) -> f64 {
        let mean = self.mean * factor;
        let delayed = self.shape.cdf(limit - self.delay_ms, mean);
        (1.0 - self.delay_probability) * self.shape.cdf(limit, mean) + self.delay_probability * delayed
    }

    /// Draws `n` requests' times.
    pub(super) fn draw(&self, n: u64, factor: f64, limit: f64, stream: &mut Stream) -> Times {
        let mean = self.mean * factor;
        let held_up = draws::binomial(n, self.delay_probability, stream);
        match self.shape {
            Shape::Gamma { shape } => {
                let sum = draws::gamma(n as f64 * shape, mean / shape, stream);
                let quick = draws::binomial(n - held_up, self.shape.cdf(limit, mean), stream);
                let slow = draws::binomial(held_up, self.shape.cdf(limit - self.delay_ms, mean), stream);
                Times { sum: sum + held_up as f64 * self.delay_ms, within: (quick + slow) as f64 }
            }
            _ if n > ONE_BY_ONE_MAX && self.shape.variance(mean).is_finite() => {
                let z: f64 = StandardNormal.sample(stream);
                let sum = (n as f64 * mean + z * sqrt(n as f64 * self.shape.variance(mean))).max(0.0);
                let within = draws::binomial(n, self.share_within(limit, factor), stream) as f64;
                Times { sum: sum + held_up as f64 * self.delay_ms, within }
            }
            _ => (0..n).fold(Times { sum: 0.0, within: 0.0 }, |times, request| {
                let delay = if request < held_up { self.delay_ms } else { 0.0 };
                let time = self.shape.draw(mean, stream) + delay;
                Times { sum: times.sum + time, within: times.within + f64::from(u8::from(time <= limit)) }
            }),
        }
    }
}

impl Shape {
    fn cdf(self, x: f64, mean: f64) -> f64 {
        if !(x > 0.0) {
            return 0.0;
        }
        match self {
            Self::Gamma { shape } => gamma::Gamma { shape, rate: shape / mean }.tails(x).0,
            Self::Lognormal { sigma } => normal::cdf((ln(x / mean) + sigma * sigma / 2.0) / sigma),
            Self::Pareto { exponent } => {
                let least = mean * (exponent - 1.0) / exponent;
                if x <= least { 0.0 } else { 1.0 - exp(exponent * ln(least / x)) }
            }
        }
    }

    fn variance(self, mean: f64) -> f64 {
        match self {
            Self::Gamma { shape } => mean * mean / shape,
            Self::Lognormal { sigma } => mean * mean * (exp(sigma * sigma) - 1.0),
            Self::Pareto { exponent } if exponent > 2.0 => mean * mean / (exponent * (exponent - 2.0)),
            Self::Pareto { .. } => f64::INFINITY,
        }
    }

    fn draw(self, mean: f64, stream: &mut Stream) -> f64 {
        match self {
            Self::Gamma { shape } => draws::gamma(shape, mean / shape, stream),
            Self::Lognormal { sigma } => {
                let z: f64 = StandardNormal.sample(stream);
                mean * exp(sigma * z - sigma * sigma / 2.0)
            }
            Self::Pareto { exponent } => {
                let least = mean * (exponent - 1.0) / exponent;
                least * exp(-ln(1.0 - uniform(stream)) / exponent)
            }
        }
    }
}

/// Of gamma times: their standard deviation is half their mean.
pub(super) const SHAPE_DEFAULT: f64 = 4.0;
/// The mean of a version that says none, milliseconds.
pub(super) const MEAN_DEFAULT: f64 = 50.0;
/// Up to so many requests of an interval are drawn one by one.
const ONE_BY_ONE_MAX: u64 = 5000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rng;

    fn latency(shape: Shape) -> Latency {
        Latency { shape, mean: 80.0, delay_probability: 0.1, delay_ms: 1000.0 }
    }

    const SHAPES: [Shape; 3] =
        [Shape::Gamma { shape: 4.0 }, Shape::Lognormal { sigma: 0.7 }, Shape::Pareto { exponent: 4.0 }];

    #[test]
    fn draws_have_the_mean_and_the_share_that_are_said() {
        for shape in SHAPES {
            let latency = latency(shape);
            for n in [1000, 20_000] {
                let mut stream = rng::stream(1);
                let rounds = 50;
                let (mut sum, mut within) = (0.0, 0.0);
                for _ in 0..rounds {
                    let times = latency.draw(n, 1.0, 90.0, &mut stream);
                    sum += times.sum;
                    within += times.within;
                }
                let all = (rounds * n) as f64;
                // Five standard errors: of one time at most 310 ms, of a share at most 1/2.
                assert!((sum / all - latency.mean_of_all()).abs() < 5.0 * 310.0 / sqrt(all), "{shape:?} {n}");
                assert!((within / all - latency.share_within(90.0, 1.0)).abs() < 2.5 / sqrt(all), "{shape:?} {n}");
            }
        }
    }

    #[test]
    fn the_pareto_share_is_checked_by_hand() {
        // Mean 80 and exponent 2: from 40 on, and a quarter is above 80.
        assert!((Shape::Pareto { exponent: 2.0 }.cdf(80.0, 80.0) - 0.75).abs() < 1e-12);
        assert_eq!(Shape::Pareto { exponent: 2.0 }.cdf(39.0, 80.0), 0.0);
    }
}
