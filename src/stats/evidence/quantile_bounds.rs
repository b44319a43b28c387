//! How far the share of values below a quantile, or the whole distribution function, can stray, looked at however often.
//!
//! Three bounds of Howard and Ramdas 2022: for one quantile fixed beforehand, the stitched one of their theorem 1; for all quantiles
//! together, tightest around one number of values, the doubly stitched one of theorem 3; for the whole distribution function by
//! the law of the iterated logarithm, theorem 2, whose constant is the least that keeps the chance of any crossing.
//!
//! Independent values. Not here: a limit on one quantile, which is a limit on a proportion (`bernoulli`).

use crate::stats::math::{abs, exp, ln, sqrt};

/// The most that the share of `count` values below the quantile `p` differs from p, at every count, but for the chance `alpha`.
pub(crate) fn of_one_quantile(count: f64, p: f64, alpha: f64) -> f64 {
    let ell = (1.4 * ln(ln(2.1 * count)) + ln(10.0 / alpha)) / count;
    1.5 * sqrt(p * (1.0 - p) * ell) + 0.8 * ell
}

/// The most that the number of `count` values below quantile p exceeds p `count`, at every count and for all p together.
///
/// `tight_from` is the number of values, 1 at least, around and beyond which it is tight.
pub(crate) fn of_all_quantiles(count: f64, p: f64, alpha: f64, tight_from: f64) -> f64 {
    let epochs = count.max(tight_from) / tight_from;
    let logit = ln(p) - ln(1.0 - p);
    // The variance at the end of the mesh's cell nearer to one half.
    let moved = 1.0 / (1.0 + exp(-(logit + 2.0 * MESH * sqrt(ETA / epochs))));
    let r = if p >= 0.5 { p } else { moved.min(0.5) };
    let variance = r * (1.0 - r);
    let cells = sqrt(epochs) * abs(logit) / (2.0 * MESH) + 1.0;
    let ln_constant = ln(2.0 * ZETA * (2.0 * ZETA + 1.0) / alpha) - EXPONENT * ln(ln(ETA));
    let ell = EXPONENT * (ln(ln(ETA * epochs)) + ln(cells)) + ln_constant;
    let skew = K2 * (1.0 - 2.0 * p) / 3.0 * ell;
    MESH * sqrt(ETA * epochs * variance) + sqrt(K1 * K1 * variance * epochs * tight_from * ell + skew * skew) + skew
}

/// The most that the empirical distribution function of `count` values differs from the true one, at every count from
/// `first` on (1 at least), but for the chance `alpha`; infinite before.
pub(crate) fn of_the_distribution(count: f64, alpha: f64, first: f64) -> f64 {
    if !(count >= first) {
        return f64::INFINITY;
    }
    WIDTH * sqrt((ln(1.0 + ln(count / first)) + iterated_logarithm_constant(alpha)) / count)
}

/// The least C whose chance of a crossing, the best cut into epochs chosen, is at most `alpha`.
fn iterated_logarithm_constant(alpha: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..BISECTIONS {
        if !(crossing(high) > alpha) {
            break;
        }
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..BISECTIONS {
        let middle = (low + high) / 2.0;
        if crossing(middle) > alpha { low = middle } else { high = middle }
    }
    high
}

/// The bound on the chance of any crossing with the constant `c`, least over the ratio of successive epochs.
fn crossing(c: f64) -> f64 {
    let ln_chance = |eta: f64| {
        let room = WIDTH - sqrt(2.0 * (eta - 1.0) / c);
        let excess = if room > 0.0 { 2.0 / eta * room * room - 1.0 } else { 0.0 };
        if !(excess > 0.0 && eta > 1.0) {
            return f64::INFINITY;
        }
        ln(4.0) - (1.0 + excess) * c + ln(1.0 + 1.0 / (excess * ln(eta)))
    };
    // Beyond eta with 2 room^2 = eta there is none. The logarithm falls, then rises: thirds.
    let (mut low, mut high) = (1.0, 2.0 * WIDTH * WIDTH);
    for _ in 0..BISECTIONS {
        let middle = (low + high) / 2.0;
        if ln_chance(middle).is_finite() { low = middle } else { high = middle }
    }
    (low, high) = (1.0, low);
    for _ in 0..2 * BISECTIONS {
        let (one, other) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if ln_chance(one) > ln_chance(other) { low = one } else { high = other }
    }
    exp(ln_chance((low + high) / 2.0))
}

/// The width of the band of the iterated logarithm; anything above the root of 1/2 does.
const WIDTH: f64 = 0.85;
/// Halvings until the last bit.
const BISECTIONS: u32 = 60;
/// Stitching: epochs grow by a factor of 2, the chance of the k-th falls like k^-1.4, quantiles are half a logit apart.
const ETA: f64 = 2.0;
const EXPONENT: f64 = 1.4;
const MESH: f64 = 0.5;
/// Riemann's zeta function of 1.4.
const ZETA: f64 = 3.105_547_277_977_581;
/// (2^(1/4) + 2^(-1/4))/sqrt(2) and (sqrt(2) + 1)/2.
const K1: f64 = 1.435_499_972_755_075;
const K2: f64 = 1.207_106_781_186_547_5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    #[test]
    fn the_three_bounds_meet_the_reference() {
        for [count, p, alpha, first, one, all, band] in
            rows(include_str!("../reference/evidence.json"), "quantile_bounds")
        {
            let what = format!("{count} values, quantile {p}, alpha {alpha}, from {first}");
            close(of_one_quantile(count, p, alpha), one, 1e-12, 0.0, &what);
            close(of_all_quantiles(count, p, alpha, first), all, 1e-12, 0.0, &what);
            close(of_the_distribution(count, alpha, first), band, 1e-9, 0.0, &what);
        }
    }

    #[test]
    fn the_band_is_infinite_before_its_first_look() {
        assert_eq!(of_the_distribution(99.0, 0.05, 100.0), f64::INFINITY);
    }
}
