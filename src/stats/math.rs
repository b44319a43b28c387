//! Elementary functions, the same bits on every host.
//!
//! The platform's own `exp` or `ln` differ in the last bit between libc, browsers and WASI; `libm` is code of the crate
//! and does not. Every other file calls these.

pub(crate) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact for small x.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

pub(crate) fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

pub(crate) fn abs(x: f64) -> f64 {
    libm::fabs(x)
}

pub(crate) fn floor(x: f64) -> f64 {
    libm::floor(x)
}

pub(crate) fn trunc(x: f64) -> f64 {
    libm::trunc(x)
}

/// ln of the absolute value of the gamma function.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The complementary error function.
pub(crate) fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// What Stirling's formula lacks: ln gamma(x) - ((x - 1/2) ln x - x + ln(2 pi)/2), for x >= 10.
///
/// Series of Abramowitz and Stegun 6.1.41; the first term left out is below 1e-15 at 10.
pub(crate) fn stirling_correction(x: f64) -> f64 {
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    inverse * series.iter().rev().fold(0.0, |sum, term| sum * square + term)
}

/// From here on Stirling's series serves.
pub(crate) const STIRLING_MIN: f64 = 10.0;
pub(crate) const LN_2_PI: f64 = 1.837_877_066_409_345_5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stirling_with_its_correction_is_ln_gamma() {
        for x in [10.0, 12.5, 100.0, 1e4] {
            let stirling = (x - 0.5) * ln(x) - x + LN_2_PI / 2.0 + stirling_correction(x);
            assert!(abs(stirling - ln_gamma(x)) <= 4e-15 * abs(ln_gamma(x)), "{x}: {stirling}");
        }
    }
}
