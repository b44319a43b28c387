//! The Gamma distribution: distribution function, density and quantiles, for shapes from 1e-3 to 1e9.
//!
//! The regularised incomplete gamma functions by their series (DLMF 8.11.4) below the mean and their continued fraction
//! (DLMF 8.9.2, modified Lentz) above it; where the shape is large, which would take very many steps, by quadrature of the
//! density. The factor in front is written around the mean with Stirling's series. Quantiles by Newton's method on the
//! logarithms, inside a bracket. Our own: statrs loses digits from shapes of 1e6 on (1e-7 at 1e9) and needs 1e5 steps there.
//!
//! Accurate to about 1e-12 relative in either tail. Not here: random draws, and the ratio of two rates (`superiority`).

use super::math::{LN_2_PI, STIRLING_MIN, abs, exp, ln, ln_1p, ln_1p_minus, ln_gamma, sqrt, stirling_correction};
use super::normal;
use super::peak::Peak;

/// A Gamma distribution with mean `shape / rate`, both above 0: the belief about a rate after events over an exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gamma {
    pub(crate) shape: f64,
    pub(crate) rate: f64,
}

impl Gamma {
    /// P(X <= x) and P(X > x); the smaller one is computed, the other is its complement.
    pub(crate) fn tails(self, x: f64) -> (f64, f64) {
        if !(x > 0.0) {
            return (0.0, 1.0);
        }
        let (a, z) = (self.shape, self.rate * x);
        if z > a + Z_MAX * sqrt(a) + Z_MAX * Z_MAX {
            return (1.0, 0.0);
        }
        if a > QUADRATURE_SHAPE_MIN {
            return self.tails_by_quadrature(z);
        }
        let front = exp(Power::of(a).ln(z));
        if z < a + 1.0 {
            let lower = (front / a * series(a, z)).min(1.0);
            (lower, 1.0 - lower)
        } else {
            let upper = (front * continued_fraction(a, z)).min(1.0);
            (1.0 - upper, upper)
        }
    }

    /// The x with P(X <= x) = `p`, for p in [0, 1]; infinite at 1.
    pub(crate) fn quantile(self, p: f64) -> f64 {
        if !(p > 0.0) {
            return 0.0;
        }
        if p >= 1.0 {
            return f64::INFINITY;
        }
        let a = self.shape;
        let power = Power::of(a);
        // Wilson and Hilferty 1931; where that falls below 0 the first term of the series, whose inverse is closed.
        let cube_root = 1.0 - 1.0 / (9.0 * a) + normal::quantile(p) / (3.0 * sqrt(a));
        let by_series = (ln(p) - power.ln(1.0) - 1.0 + ln(a)) / a;
        let mut ln_z = if cube_root > 0.0 && a > 0.5 { ln(a) + 3.0 * ln(cube_root) } else { by_series };
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for _ in 0..QUANTILE_STEPS_MAX {
            let z = exp(ln_z);
            if z == 0.0 {
                return 0.0;
            }
            let (lower, upper) = Self { shape: a, rate: 1.0 }.tails(z);
            let front = exp(power.ln(z));
            // On the logarithm of the smaller tail, which is nearly straight far out.
            let (error, slope) =
                if p <= 0.5 { (ln(lower / p), front / lower) } else { (-ln(upper / (1.0 - p)), front / upper) };
            let step = error / slope;
            if step > 0.0 {
                high = ln_z;
            } else {
                low = ln_z;
            }
            let mut next = ln_z - step;
            if abs(error) < 1e-8 {
                // A step squares the distance: what is left is below the last bit.
                return exp(next) / self.rate;
            }
            if !(next > low && next < high) {
                next = match (low.is_finite(), high.is_finite()) {
                    (true, true) => (low + high) / 2.0,
                    (true, false) => low + 1.0,
                    _ => high - 1.0,
                };
            }
            if abs(next - ln_z) <= 1e-15 * abs(ln_z).max(1.0) {
                return exp(next) / self.rate;
            }
            ln_z = next;
        }
        exp(ln_z) / self.rate
    }

    /// Both tails at `z` (with rate 1) for large shapes: the density over the last few standard deviations.
    fn tails_by_quadrature(self, z: f64) -> (f64, f64) {
        let a = self.shape;
        // ln z less that of the mean: at 1e9 the variable itself has too few digits left.
        let distance = ln_1p((z - a) / a);
        let tail = exp(Power::of(a).ln(a)) * Peak::of_gamma(a).tail(distance);
        if distance < 0.0 { (tail, 1.0 - tail) } else { (1.0 - tail, tail) }
    }
}

/// z^a e^-z / gamma(a), the density over ln z, with what depends on the shape alone computed once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    shape: f64,
    constant: f64,
}

impl Power {
    pub(super) fn of(shape: f64) -> Self {
        let constant = if shape >= STIRLING_MIN {
            0.5 * (ln(shape) - LN_2_PI) - stirling_correction(shape)
        } else {
            -ln_gamma(shape)
        };
        Self { shape, constant }
    }

    pub(super) fn ln(self, z: f64) -> f64 {
        if self.shape >= STIRLING_MIN {
            return self.ln_around_mean(z - self.shape);
        }
        self.shape * ln(z) - z + self.constant
    }

    /// The same at z = shape + `distance`, for large shapes: the first orders cancel.
    fn ln_around_mean(self, distance: f64) -> f64 {
        self.shape * ln_1p_minus(distance / self.shape) + self.constant
    }
}

/// a z^-a e^z times the lower incomplete gamma function.
fn series(a: f64, z: f64) -> f64 {
    let (mut term, mut sum, mut denominator) = (1.0, 1.0, a);
    for _ in 0..STEPS_MAX {
        denominator += 1.0;
        term *= z / denominator;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// z^-a e^z times the upper incomplete gamma function, for z above a + 1.
fn continued_fraction(a: f64, z: f64) -> f64 {
    let mut b = z + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..STEPS_MAX {
        let i = f64::from(step);
        let term = -i * (i - a);
        b += 2.0;
        // b stays above 2 and the terms are those of a convergent fraction: neither sum can vanish for z > a + 1.
        d = 1.0 / (term * d + b);
        c = b + term / c;
        let change = d * c;
        fraction *= change;
        if abs(change - 1.0) < 3e-16 {
            break;
        }
    }
    fraction
}

/// Shapes above this: the series takes about 8 sqrt(shape) steps, 64 evaluations of the density win.
const QUADRATURE_SHAPE_MIN: f64 = 1000.0;
/// Below the shape of 1000, four hundred steps suffice; at the bound the last value stands.
const STEPS_MAX: u32 = 5_000;
const QUANTILE_STEPS_MAX: u32 = 100;
/// So many standard deviations (and their square, for small shapes) up, the upper tail is below 1e-300.
const Z_MAX: f64 = 40.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    #[test]
    fn both_tails_meet_the_reference() {
        for [shape, x, lower, upper] in rows(include_str!("reference/gamma.json"), "tails") {
            let found = Gamma { shape, rate: 2.0 }.tails(x / 2.0);
            close(found.0, lower, 1e-11, 1e-300, &format!("P(X <= {x}), shape {shape}"));
            close(found.1, upper, 1e-11, 1e-300, &format!("P(X > {x}), shape {shape}"));
        }
    }

    #[test]
    fn quantiles_meet_the_reference() {
        for [shape, p, expected] in rows(include_str!("reference/gamma.json"), "quantiles") {
            let found = Gamma { shape, rate: 0.5 }.quantile(p) / 2.0;
            close(found, expected, 1e-11, 1e-300, &format!("quantile {p}, shape {shape}"));
        }
    }

    #[test]
    fn the_ends_are_the_ends() {
        let gamma = Gamma { shape: 0.5, rate: 3.0 };
        assert_eq!((gamma.tails(-1.0), gamma.tails(0.0), gamma.tails(1e300)), ((0.0, 1.0), (0.0, 1.0), (1.0, 0.0)));
        assert_eq!((gamma.quantile(0.0), gamma.quantile(1.0)), (0.0, f64::INFINITY));
    }
}
