//! The standard normal distribution: distribution function and quantiles.
//!
//! The distribution function is the complementary error function of `libm`; quantiles start near and are polished with it, so
//! that both are inverse to each other to the last bits. From a quarter on they start from statrs' inverse; below, that one
//! takes the platform's logarithm, which is not the same bits on every host.

use super::math::{LN_2_PI, abs, erfc, exp, ln, sqrt};

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
    if p >= CENTRE_MIN {
        let rough = -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p);
        return rough - miss(rough, p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    // Abramowitz and Stegun 26.2.23, to 4.5e-4; each of Halley's steps triples the digits.
    let t = sqrt(-2.0 * ln(p));
    let mut z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for _ in 0..2 {
        let miss = miss(z, p);
        // Next to the smallest numbers that there are, densities have no digits left.
        if !(abs(miss) < MISS_MAX) {
            break;
        }
        z -= miss / (1.0 + z * miss / 2.0);
    }
    z
}

/// By how much `z` is above the quantile of `p`, nearly: Newton's step.
fn miss(z: f64, p: f64) -> f64 {
    (cdf(z) - p) / density(z)
}

/// From here on statrs' inverse is a polynomial.
const CENTRE_MIN: f64 = 0.25;
/// Twenty times what the start may miss by.
const MISS_MAX: f64 = 0.01;

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
        assert_eq!(quantile(1.0), f64::INFINITY);
        assert!(quantile(f64::NAN).is_nan());
    }

    #[test]
    fn from_one_end_to_the_other_the_distribution_function_leads_back() {
        let mut last = f64::NEG_INFINITY;
        for exponent in (1..12_280).rev() {
            let p = exp(-f64::from(exponent) / 17.4);
            let z = quantile(p);
            // What one unit in the last place of z moves p by, and the error of erfc itself.
            let allowed = 4e-16 * (1.0 + z * z);
            assert!(abs(cdf(z) / p - 1.0) <= allowed + 1e-15, "{p}: {z}");
            assert!(z > last, "{p}: {z} after {last}");
            last = z;
        }
        assert!(quantile(f64::from_bits(1)) < -38.0);
    }
}
