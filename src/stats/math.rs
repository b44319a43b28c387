//! Elementary functions, the same bits on every host.
//!
//! The platform's own `exp` or `ln` differ in the last bit between libc, browsers and WASI; `libm` is code of the crate
//! and does not. Roots, absolute values and rounding are exact by IEEE 754, the same on every host: an instruction where the
//! processor has one. Every other file calls these.

use super::lanes::{Lanes, map_all};

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

/// e^x in every lane, for tables: no branches; below -708 it is 3e-308.
///
/// The reduction and the rational function of fdlibm's `e_exp.c`; within 2 units of the last place.
#[inline(always)]
fn exp_lanes(x: Lanes) -> Lanes {
    let splat = Lanes::splat;
    let x = x.at_least(splat(-708.0)).at_most(splat(709.0));
    // The lowest bits of the sum are those of the whole number of times ln 2.
    let shifted = x * splat(std::f64::consts::LOG2_E) + splat(ROUND);
    let whole = shifted - splat(ROUND);
    let (high, low) = (x - whole * splat(LN_2_HIGH), whole * splat(LN_2_LOW));
    let rest = high - low;
    let square = rest * rest;
    let [p1, p2, p3, p4, p5] = EXP.map(splat);
    let c = rest - square * (p1 + square * (p2 + square * (p3 + square * (p4 + square * p5))));
    let reduced = splat(1.0) + (rest * c / (splat(2.0) - c) - low + high);
    reduced * shifted.powers_of_two()
}

/// ln(1 + x) in every lane, for tables, as `exp_lanes`; from -1 on, where it is -36.7.
///
/// The reduction and the polynomial of fdlibm's `e_log.c`; within 2 units of the last place.
#[inline(always)]
fn ln_1p_lanes(x: Lanes) -> Lanes {
    let splat = Lanes::splat;
    let x = x.at_least(splat(EPSILON_BELOW_ONE - 1.0));
    let sum = splat(1.0) + x;
    let lost = (x - (sum - splat(1.0))) / sum;
    // sum = 2^k (1 + f), with 1 + f from sqrt(1/2) to sqrt(2).
    let (k, mantissa) = sum.exponents_and_mantissas();
    let f = mantissa - splat(1.0);
    let s = f / (splat(2.0) + f);
    let z = s * s;
    let [l1, l2, l3, l4, l5, l6, l7] = LN.map(splat);
    let series = z * (l1 + z * (l2 + z * (l3 + z * (l4 + z * (l5 + z * (l6 + z * l7))))));
    let half_square = splat(0.5) * f * f;
    k * splat(LN_2_HIGH) - ((half_square - (s * (half_square + series) + (k * splat(LN_2_LOW) + lost))) - f)
}

/// e^x of every value, as `exp_lanes`.
///
/// One copy of the code for all who ask: in a module that browsers load each of its constants counts.
#[inline(never)]
pub(crate) fn exp_all(values: &mut [f64]) {
    map_all(values, exp_lanes);
}

/// ln(1 + x) of every value, as `ln_1p_lanes`.
#[inline(never)]
pub(crate) fn ln_1p_all(values: &mut [f64]) {
    map_all(values, ln_1p_lanes);
}

pub(crate) fn sqrt(x: f64) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    x.sqrt()
}

/// `x` moved to the nearer end where it is below `low` or above `high`; the standard library's may panic, and says so with all
/// that it takes to print floats.
pub(crate) fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// x^n by squaring: the platform's `powi` may multiply in another order.
#[cfg(test)]
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
    x.abs()
}

pub(crate) fn ceil(x: f64) -> f64 {
    x.ceil()
}

pub(crate) fn floor(x: f64) -> f64 {
    x.floor()
}

pub(crate) fn trunc(x: f64) -> f64 {
    x.trunc()
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
/// 1.5 times 2^52: what is added to it loses its fraction.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts, the first with so few digits that its product with an exponent is exact.
const LN_2_HIGH: f64 = 6.93147180369123816490e-01;
const LN_2_LOW: f64 = 1.90821492927058770002e-10;
const EPSILON_BELOW_ONE: f64 = f64::EPSILON / 2.0;
/// fdlibm's P1 to P5 and Lg1 to Lg7 (Sun Microsystems 1993).
const EXP: [f64; 5] = [
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
];
const LN: [f64; 7] = [
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
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
    fn many_at_once_are_the_same_as_each() {
        let places = || (-6000..6000).map(|i| f64::from(i) / 9.0 + 1e-3);
        let mut powers: Vec<f64> = places().collect();
        exp_all(&mut powers);
        for (x, found) in places().zip(powers) {
            assert!(abs(found - exp(x)) <= 5e-16 * exp(x), "e^{x}: {found:e}, not {:e}", exp(x));
        }
        let places = || (1..300_i32).map(f64::from).flat_map(|i| [exp(i / 9.0), exp(-i / 9.0), -exp(-i / 9.0), i]);
        let mut logarithms: Vec<f64> = places().collect();
        ln_1p_all(&mut logarithms);
        for (x, found) in places().zip(logarithms) {
            assert!(abs(found - ln_1p(x)) <= 5e-16 * abs(ln_1p(x)), "ln(1 + {x}): {found:e}, not {:e}", ln_1p(x));
        }
        let mut ends = [-1e9, 1e9];
        exp_all(&mut ends);
        assert!(ends[0] < 1e-300 && ends[1] > 1e300 && ends[1].is_finite());
        let mut ends = [-1.0, -3.0];
        ln_1p_all(&mut ends);
        assert!(ends[0] < -36.0 && ends[0] == ends[1]);
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
