//! Student's t distribution with a location and a scale: both tails, density and quantiles, for 1 degree of freedom or more.
//!
//! The tails are incomplete beta functions (DLMF 8.17.27; Abramowitz and Stegun 26.7.1), so any real number of degrees
//! does; from 200 degrees on they are integrals of the density; from 1e10 degrees on it is the normal distribution (the difference is below 1e-9 of either tail out to 6
//! deviations). A scale of 0 is a point. Our own: statrs' incomplete beta stops after 140 steps and is wrong for many degrees.
//!
//! Accurate to about 1e-12 relative in either tail. Not here: where location and scale come from (`batch_means`).

use super::beta::Beta;
use super::lanes::{Lanes, map_all};
use super::math::{LN_2_PI, abs, exp, exp_all, ln, ln_1p, ln_1p_all, ln_gamma, sqrt, stirling_correction};
use super::normal;
use super::quadrature::integrate_all;

/// X = `mean` + `scale` T, T Student's t with `degrees` (1 or more; may be infinite); the scale is 0 or more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Student {
    pub(crate) mean: f64,
    pub(crate) scale: f64,
    pub(crate) degrees: f64,
}

impl Student {
    /// P(X <= x) and P(X > x), each accurate where it is small.
    pub(crate) fn tails(self, x: f64) -> (f64, f64) {
        if !(self.scale > 0.0) {
            return if x >= self.mean { (1.0, 0.0) } else { (0.0, 1.0) };
        }
        let t = (x - self.mean) / self.scale;
        let small = upper_tail(abs(t), self.degrees);
        if t < 0.0 { (small, 1.0 - small) } else { (1.0 - small, small) }
    }

    /// The x with P(X <= x) = `p`, for p in (0, 1); infinite at the ends, the mean where the scale is 0.
    #[cfg(test)]
    pub(crate) fn quantile(self, p: f64) -> f64 {
        if !(self.scale > 0.0) {
            return self.mean;
        }
        self.mean + self.scale * quantile(p, self.degrees)
    }

    /// The interval from quantile `tail` to quantile 1 - `tail`: symmetric around the mean to the last bit.
    pub(crate) fn interval(self, tail: f64) -> (f64, f64) {
        let half = if self.scale > 0.0 { -self.scale * quantile(tail, self.degrees) } else { 0.0 };
        (self.mean - half, self.mean + half)
    }

    /// E[(X - x)+], for more than 1 degree of freedom.
    pub(crate) fn excess_above(self, x: f64) -> f64 {
        if !(self.scale > 0.0) {
            return (self.mean - x).max(0.0);
        }
        let t = (x - self.mean) / self.scale;
        // The integral of s f(s) beyond t is (nu + t^2)/(nu - 1) f(t).
        let first = if self.degrees > NORMAL_DEGREES_MIN { 1.0 } else { (self.degrees + t * t) / (self.degrees - 1.0) };
        (self.scale * (first * Density::of(self.degrees).at(t) - t * self.tails(x).1)).max(0.0)
    }

    /// E[(x - X)+], for more than 1 degree of freedom.
    pub(crate) fn shortfall_below(self, x: f64) -> f64 {
        self.times(-1.0).excess_above(-x)
    }

    /// The distribution of `factor` times X.
    pub(crate) fn times(self, factor: f64) -> Self {
        let scale = abs(factor) * self.scale;
        // A scale whose inverse is infinite is none.
        Self { mean: factor * self.mean, scale: if scale < f64::MIN_POSITIVE { 0.0 } else { scale }, ..self }
    }
}

/// The standard density, with what depends on the degrees alone computed once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Density {
    degrees: f64,
    ln_constant: f64,
}

impl Density {
    pub(super) fn of(degrees: f64) -> Self {
        let ln_constant = if degrees > NORMAL_DEGREES_MIN {
            -LN_2_PI / 2.0
        } else if degrees > 20.0 {
            // ln gamma((nu + 1)/2) - ln gamma(nu/2) without cancellation.
            let a = degrees / 2.0;
            let ratio = a * ln_1p(0.5 / a) + 0.5 * ln(a) - 0.5 + stirling_correction(a + 0.5) - stirling_correction(a);
            ratio - 0.5 * ln(degrees * std::f64::consts::PI)
        } else {
            ln_gamma((degrees + 1.0) / 2.0) - ln_gamma(degrees / 2.0) - 0.5 * ln(degrees * std::f64::consts::PI)
        };
        Self { degrees, ln_constant }
    }

    pub(super) fn at(self, t: f64) -> f64 {
        let mut place = [t];
        self.densities(&mut place);
        place[0]
    }

    /// The density at many places, in place of them.
    pub(super) fn densities(self, places: &mut [f64]) {
        let splat = Lanes::splat;
        let is_normal = self.degrees > NORMAL_DEGREES_MIN;
        // The commonest case: a single interval with the weak prior.
        let is_two = self.degrees == 2.0;
        let unit = splat(if is_normal { 1.0 } else { self.degrees });
        map_all(places, |t| {
            // A number still where it is too large for one.
            let square = (t * t).at_most(Lanes::splat(f64::MAX));
            let base = splat(2.0) + square;
            if is_two { splat(1.0) / (base * base.sqrt()) } else { square / unit }
        });
        if is_two {
            return;
        }
        let mut half = 0.5;
        if !is_normal {
            ln_1p_all(places);
            half = (self.degrees + 1.0) / 2.0;
        }
        places.iter_mut().for_each(|value| *value = self.ln_constant - half * *value);
        exp_all(places);
    }
}

/// P(T > t) for t >= 0.
fn upper_tail(t: f64, degrees: f64) -> f64 {
    if degrees > NORMAL_DEGREES_MIN {
        return normal::cdf(-t);
    }
    let square = t * t;
    if !square.is_finite() {
        return 0.0;
    }
    if degrees == 2.0 {
        // (1 - t/sqrt(2 + t^2))/2 without the cancellation; the commonest case: a single interval with the weak prior.
        let root = sqrt(2.0 + square);
        return 1.0 / (root * (root + t));
    }
    if degrees > QUADRATURE_DEGREES_MIN {
        // The incomplete beta function would need 1 - nu/(nu + t^2) to more digits than there are.
        let density = Density::of(degrees);
        // Where the density has fallen by another e^-42.
        let end = sqrt((degrees + square) * exp(84.0 / degrees) - degrees);
        let middle = (t + end) / 2.0;
        let integral = |from, to| integrate_all(from, to, |places| density.densities(places));
        return integral(t, middle) + integral(middle, end);
    }
    let (inside, outside) = (degrees / (degrees + square), square / (degrees + square));
    0.5 * Beta { a: degrees / 2.0, b: 0.5 }.tails(inside, outside).0
}

/// The standard quantile.
fn quantile(p: f64, degrees: f64) -> f64 {
    if p > 0.5 {
        return -quantile(1.0 - p, degrees);
    }
    if !(p > 0.0) {
        return f64::NEG_INFINITY;
    }
    if degrees > NORMAL_DEGREES_MIN {
        return normal::quantile(p);
    }
    if degrees == 2.0 {
        return (2.0 * p - 1.0) / sqrt(2.0 * p * (1.0 - p));
    }
    if degrees > QUADRATURE_DEGREES_MIN {
        // The first two terms of the expansion around the normal quantile (Abramowitz and Stegun 26.7.5), then Newton's method.
        let z = normal::quantile(p);
        let square = z * z;
        let mut t = z
            + z * (square + 1.0) / (4.0 * degrees)
            + z * ((5.0 * square + 16.0) * square + 3.0) / (96.0 * degrees * degrees);
        let density = Density::of(degrees);
        for _ in 0..NEWTON_STEPS {
            // On the logarithm, which is nearly straight far out.
            let tail = upper_tail(-t, degrees);
            t -= ln(tail / p) * tail / density.at(t);
        }
        return t;
    }
    let beta = Beta { a: degrees / 2.0, b: 0.5 };
    if p < 0.25 {
        let inside = beta.quantile(2.0 * p);
        -sqrt(degrees * (1.0 - inside) / inside)
    } else {
        let outside = Beta { a: beta.b, b: beta.a }.quantile(1.0 - 2.0 * p);
        -sqrt(degrees * outside / (1.0 - outside))
    }
}

/// From here on the normal distribution serves.
const NORMAL_DEGREES_MIN: f64 = 1e10;
/// From here on a bell, integrated as one.
const QUADRATURE_DEGREES_MIN: f64 = 200.0;
/// The start is right to 1e-4 out to p = 1e-300 and each step doubles the digits.
const NEWTON_STEPS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    #[test]
    fn tails_and_densities_meet_the_reference() {
        for [degrees, t, upper, density] in rows(include_str!("reference/student.json"), "tails") {
            let student = Student { mean: 10.0, scale: 4.0, degrees };
            close(student.tails(10.0 + 4.0 * t).1, upper, 1e-11, 1e-300, &format!("P(T > {t}), {degrees} degrees"));
            close(student.tails(10.0 - 4.0 * t).0, upper, 1e-11, 1e-300, &format!("P(T < -{t}), {degrees} degrees"));
            close(Density::of(degrees).at(t), density, 1e-12, 0.0, &format!("density at {t}, {degrees} degrees"));
        }
    }

    #[test]
    fn quantiles_meet_the_reference() {
        for [degrees, p, expected] in rows(include_str!("reference/student.json"), "quantiles") {
            close(quantile(p, degrees), expected, 1e-11, 1e-300, &format!("quantile {p}, {degrees} degrees"));
        }
    }

    #[test]
    fn without_a_scale_it_is_a_point() {
        let point = Student { mean: 3.0, scale: 0.0, degrees: 2.0 };
        assert_eq!((point.tails(2.9), point.tails(3.0)), ((0.0, 1.0), (1.0, 0.0)));
        assert_eq!((point.quantile(0.01), point.interval(0.025)), (3.0, (3.0, 3.0)));
    }

    #[test]
    fn the_middle_and_the_ends_are_what_they_must_be() {
        let student = Student { mean: 1.0, scale: 2.0, degrees: 3.5 };
        assert_eq!((student.quantile(0.5), student.quantile(0.0)), (1.0, f64::NEG_INFINITY));
        assert_eq!((student.tails(1.0), student.tails(f64::INFINITY)), ((0.5, 0.5), (1.0, 0.0)));
    }
}
