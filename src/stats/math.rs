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

/// e^x - 1, exact for small x.
pub(crate) fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// ln(1 + x), exact for small x.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// ln(1 + x) - x without the cancellation, for x > -1.
///
/// With y = x/(2 + x): ln(1 + x) = 2 (y + y^3/3 + y^5/5 + ...) and 2y - x = -xy.
pub(crate) fn ln_1p_minus(x: f64) -> f64 {
    if !(abs(x) < 0.4) {
        return ln_1p(x) - x;
    }
    let y = x / (2.0 + x);
    let square = y * y;
    // y^2 is below 1/1600 or 1/16: the first term left out is below 1e-16 of the sum.
    let terms = if abs(x) < 0.05 { &SERIES[..5] } else { &SERIES[..] };
    2.0 * y * square * terms.iter().rev().fold(0.0, |sum, term| sum * square + term) - x * y
}

pub(crate) fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// x^n by squaring: the platform's `powi` may multiply in another order.
pub(crate) fn power(x: f64, n: u32) -> f64 {
    let (mut square, mut left, mut product) = (x, n, 1.0);
    while left > 0 {
        if left & 1 == 1 {
            product *= square;
        }
        square *= square;
        left >>= 1;
    }
    product
}

pub(crate) fn abs(x: f64) -> f64 {
    libm::fabs(x)
}

pub(crate) fn ceil(x: f64) -> f64 {
    libm::ceil(x)
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

/// Of ln((1 + y)/(1 - y))/2, from the cube on.
const SERIES: [f64; 13] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
    1.0 / 23.0,
    1.0 / 25.0,
    1.0 / 27.0,
];
/// From here on Stirling's series serves.
pub(crate) const STIRLING_MIN: f64 = 10.0;
pub(crate) const LN_2_PI: f64 = 1.837_877_066_409_345_5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_without_its_first_order_keeps_its_digits() {
        // Computed with mpmath at 30 digits.
        let cases = [
            (1e-9, -4.99999999666666729e-19),
            (-1e-4, -5.00033335833533398e-9),
            (0.3, -0.0376357355325089454),
            (-0.39, -0.104296321814780128),
            (0.45, -0.0784364435675169697),
        ];
        for (x, expected) in cases {
            assert!(abs(ln_1p_minus(x) - expected) <= 1e-14 * abs(expected), "{x}: {:e}", ln_1p_minus(x));
        }
    }

    #[test]
    fn whole_powers_are_products() {
        assert_eq!((power(3.0, 0), power(3.0, 1), power(-3.0, 5), power(0.5, 10)), (1.0, 3.0, -243.0, 1.0 / 1024.0));
    }

    #[test]
    fn stirling_with_its_correction_is_ln_gamma() {
        for x in [10.0, 12.5, 100.0, 1e4] {
            let stirling = (x - 0.5) * ln(x) - x + LN_2_PI / 2.0 + stirling_correction(x);
            assert!(abs(stirling - ln_gamma(x)) <= 4e-15 * abs(ln_gamma(x)), "{x}: {stirling}");
        }
    }
}
