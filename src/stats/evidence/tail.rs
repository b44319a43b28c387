//! The tails of a Beta distribution as logarithms, however small, and what a truncated Beta prior makes of a likelihood ratio.
//!
//! In front of both tails stands x^a y^b/B(a, b); what is left of the smaller tail without it is a plain number. Where the factor
//! leaves the range of numbers that rest is the integral of the density along the logit, from the place outward, divided
//! by the density there: an exponential decay, which 32 nodes of Gauss-Legendre meet to the last digits.
//!
//! Accurate to about 1e-11. Not here: tails that are numbers (`beta`).

use crate::stats::beta::{Beta, Power};
use crate::stats::math::{exp, exp_m1, ln, ln_1p};
use crate::stats::quadrature::integrate;

/// ln P(X <= x) and ln P(X > x), each less the logarithm of x^a y^b/B(a, b), for x in (0, 1) with y = 1 - x.
pub(super) fn ln_tails_over_power(beta: Beta, x: f64, y: f64) -> (f64, f64) {
    let power = Power::of(beta).ln(x, y);
    if power > FAR {
        let (lower, upper) = beta.tails(x, y);
        return (ln(lower) - power, ln(upper) - power);
    }
    // So far out that the other tail is 1.
    let Beta { a, b } = beta;
    if x * b < y * a { (ln_decay(a, b, x), -power) } else { (-power, ln_decay(b, a, y)) }
}

/// ln P(X <= x), where it may be too small for a number.
pub(super) fn ln_lower_tail(beta: Beta, x: f64, y: f64) -> f64 {
    ln_tails_over_power(beta, x, y).0 + Power::of(beta).ln(x, y)
}

/// ln of the integral of the density along the logit from x downwards over the density at x, for an x far below the mean.
fn ln_decay(a: f64, b: f64, x: f64) -> f64 {
    let rate = a - (a + b) * x;
    // The logarithm of the density is concave: it falls by at least the rate everywhere.
    let density = |step: f64| exp(-a * step - (a + b) * ln_1p(x * exp_m1(-step)));
    ln(integrate(0.0, REACH / rate, density))
}

/// Below e^this the factor in front is kept as a logarithm.
const FAR: f64 = -600.0;
/// e^-45 of the first value is below its last bit.
const REACH: f64 = 45.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    #[test]
    fn tails_that_are_no_numbers_meet_the_reference() {
        for [a, b, x, expected] in rows(include_str!("../reference/evidence.json"), "ln_lower_tail") {
            close(ln_lower_tail(Beta { a, b }, x, 1.0 - x), expected, 1e-11, 0.0, &format!("Beta({a}, {b}) at {x}"));
        }
    }
}
