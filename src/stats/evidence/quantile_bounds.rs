//! How far the share of values below a quantile can stray from what it should be, looked at however often.
//!
//! The stitched bound of Howard and Ramdas 2022, theorem 1, for one quantile fixed beforehand; their other bounds, for all
//! quantiles together and for the whole distribution function, are wider.
//!
//! Independent values. Not here: a limit on one quantile, which is a limit on a proportion (`bernoulli`).

use crate::stats::math::{ln, sqrt};

/// The most that the share of `count` values below the quantile `p` differs from p, at every count, but for the chance `alpha`.
///
/// For a count of 1 or more.
pub(crate) fn of_one_quantile(count: f64, p: f64, alpha: f64) -> f64 {
    let ell = (1.4 * ln(ln(2.1 * count)) + ln(10.0 / alpha)) / count;
    1.5 * sqrt(p * (1.0 - p) * ell) + 0.8 * ell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    #[test]
    fn the_bound_meets_the_reference() {
        for [count, p, alpha, one] in rows(include_str!("../reference/evidence.json"), "quantile_bounds") {
            close(of_one_quantile(count, p, alpha), one, 1e-12, 0.0, &format!("{count} values, {p}, alpha {alpha}"));
        }
    }
}
