//! A distribution's parameters -> a draw: gamma and binomial numbers.
//!
//! A binomial number is how many of n uniform numbers lie below p. The one in the middle of them is a Beta number, and tells
//! on which side of p half of them are (Ahrens and Dieter, 1974): so n halves until few are expected, and those are counted
//! by inversion. Exact, a few draws even for millions, and without the tables that other methods need.
//!
//! Not here: times to answer (`latency`).

use crate::stats::gamma_draws::gammas;
use crate::stats::math::{exp, ln_1p};
use crate::stats::rng::{Stream, uniform};

/// A Gamma number; 0 where the shape is 0.
pub(super) fn gamma(shape: f64, scale: f64, stream: &mut Stream) -> f64 {
    if !(shape > 0.0 && shape.is_finite()) {
        return 0.0;
    }
    gammas(shape, 1, stream).into_iter().sum::<f64>() * scale
}

/// How many of `n` have what each has with probability `p`.
pub(super) fn binomial(n: u64, p: f64, stream: &mut Stream) -> u64 {
    let (mut n, mut p, mut sure) = (n, p.clamp(0.0, 1.0), 0);
    while n as f64 * p.min(1.0 - p) > FEW {
        let place = n / 2 + 1;
        let (below, above) = (gamma(place as f64, 1.0, stream), gamma((n + 1 - place) as f64, 1.0, stream));
        let middle = below / (below + above);
        if middle <= p {
            // The middle one and all before it.
            sure += place;
            n -= place;
            p = (p - middle) / (1.0 - middle);
        } else {
            n = place - 1;
            p /= middle;
        }
    }
    let drawn = if p > 0.5 { n - few(n, 1.0 - p, stream) } else { few(n, p, stream) };
    sure + drawn
}

/// By inversion: walks up from none.
fn few(n: u64, p: f64, stream: &mut Stream) -> u64 {
    if !(p > 0.0) {
        return 0;
    }
    let odds = p / (1.0 - p);
    let mut probability = exp(n as f64 * ln_1p(-p));
    let mut left = uniform(stream);
    let mut count = 0;
    // At FEW expected, more than FEW_MAX have a probability below 1e-60: only rounding leads there.
    while left >= probability && count < n.min(FEW_MAX) {
        left -= probability;
        probability *= odds * (n - count) as f64 / (count + 1) as f64;
        count += 1;
    }
    count
}

/// So many expected ones are counted.
const FEW: f64 = 12.0;
const FEW_MAX: u64 = 150;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::math::sqrt;
    use crate::stats::rng;

    #[test]
    fn a_binomial_number_has_its_mean_and_variance() {
        for (n, p) in [(1, 0.3), (20, 0.5), (300, 0.02), (300, 0.98), (5000, 0.4), (3_000_000, 0.01), (3_000_000, 0.7)]
        {
            let mut stream = rng::stream(3);
            let rounds = 20_000;
            let draws: Vec<f64> = (0..rounds).map(|_| binomial(n, p, &mut stream) as f64).collect();
            let (mean, variance) = (n as f64 * p, n as f64 * p * (1.0 - p));
            let drawn = draws.iter().sum::<f64>() / f64::from(rounds);
            let spread = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / f64::from(rounds);
            // Five standard errors; the kurtosis of each is at most 6.
            assert!((drawn - mean).abs() < 5.0 * sqrt(variance / f64::from(rounds)), "{n} {p}: {drawn}");
            assert!((spread / variance - 1.0).abs() < 5.0 * sqrt(5.0 / f64::from(rounds)), "{n} {p}: {spread}");
        }
    }

    #[test]
    fn a_binomial_number_of_three_has_the_four_probabilities() {
        let mut stream = rng::stream(4);
        let mut seen = [0.0_f64; 4];
        for _ in 0..80_000 {
            seen[binomial(3, 0.5, &mut stream) as usize] += 1.0 / 80_000.0;
        }
        for (share, expected) in seen.iter().zip([0.125_f64, 0.375, 0.375, 0.125]) {
            assert!((share - expected).abs() < 5.0 * sqrt(0.25 / 80_000.0), "{seen:?}");
        }
    }

    #[test]
    fn what_is_sure_is_not_drawn() {
        let mut stream = rng::stream(5);
        assert_eq!((binomial(1000, 0.0, &mut stream), binomial(1000, 1.0, &mut stream)), (0, 1000));
        assert_eq!((binomial(0, 0.5, &mut stream), gamma(0.0, 1.0, &mut stream)), (0, 0.0));
    }
}
