//! The standard normal distribution: distribution function and quantiles.
//!
//! The distribution function is the complementary error function of `libm`; quantiles start from statrs' inverse and are
//! polished once with it, so that both are inverse to each other to the last bits.

use super::math::{LN_2_PI, abs, erfc, exp};

/// P(Z <= z); accurate in the lower tail down to 1e-300.
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The density at `z`.
pub(crate) fn density(z: f64) -> f64 {
    exp(-z * z / 2.0 - LN_2_PI / 2.0)
}

/// The z with P(Z <= z) = `p`, for p in (0, 1); infinite at the ends.
pub(crate) fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    let rough = -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p);
    if !rough.is_finite() {
        return rough;
    }
    // One step of Newton's method.
    let step = (cdf(rough) - p) / density(rough);
    if abs(step) < 1e-6 { rough - step } else { rough }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabulated_quantiles_are_met() {
        // Values of scipy.stats.norm.ppf.
        for (p, z) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.025, -1.959963984540054), (1e-9, -5.99780701500769)] {
            assert!((quantile(p) - z).abs() < 1e-12, "{p}: {}", quantile(p));
            assert!((cdf(z) - p).abs() <= 1e-12 * p, "{z}: {}", cdf(z));
        }
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
    }
}
