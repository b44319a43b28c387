//! A Beta or a Gamma as a bell around its peak: how far it reaches, its density at many places at once.
//!
//! Along the logit or the logarithm of its value, the log-density is always `slope` d - ln(1 + P (e^d - 1))/`inverse`,
//! whatever the shapes; d is the distance from the peak, so that nothing large cancels. Narrow ones are a polynomial in d
//! (Taylor's series of that), the others take an exponential and a logarithm for each place. Relative to the peak they are
//! right to 1e-12 at shapes of 1e9.
//!
//! Not here: integrals (`lattice`, `grid`).

use super::beta::Beta;
use super::grid::Point;
use super::lanes::{Lanes, map_all};
use super::math::{abs, exp, exp_all, exp_m1, ln, ln_1p, ln_1p_all, sqrt};
use super::quadrature::integrate_all;

/// At the distance d the log-density is `slope` d - ln(1 + `share` (e^d - 1))/`inverse`, with `share` = `slope` `inverse`.
///
/// A Beta(a, b) along the logit has a and 1/(a + b), along the logarithm a and -1/(b - 1); a Gamma along the logarithm
/// has its shape and 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peak {
    slope: f64,
    inverse: f64,
    share: f64,
    pub(super) deviation: f64,
    /// Looked at from the other side: d counts downwards.
    is_mirrored: bool,
    /// How far it reaches to either side.
    pub(super) below: f64,
    pub(super) above: f64,
    series: Option<[f64; TERMS]>,
    /// Up to this distance the series serves.
    near: f64,
}

impl Peak {
    pub(super) fn along_logit(beta: Beta) -> Self {
        let (is_mirrored, a, b) = if beta.a <= beta.b { (false, beta.a, beta.b) } else { (true, beta.b, beta.a) };
        Self::new(a, 1.0 / (a + b), std::f64::consts::PI, is_mirrored)
    }

    pub(super) fn along_logarithm(Beta { a, b }: Beta) -> Self {
        Self::new(a, -1.0 / (b - 1.0), ln_1p((b - 1.0) / a), false)
    }

    /// Along the logarithm of its value: the limit of no `inverse`.
    pub(super) fn of_gamma(shape: f64) -> Self {
        Self::new(shape, 0.0, f64::INFINITY, false)
    }

    /// `radius`: how far from the peak the nearest singular place is.
    fn new(slope: f64, inverse: f64, radius: f64, is_mirrored: bool) -> Self {
        let share = slope * inverse;
        let deviation = 1.0 / sqrt(slope * (1.0 - share));
        let bare =
            Self { slope, inverse, share, deviation, is_mirrored, below: 0.0, above: 0.0, series: None, near: 0.0 };
        // Where nothing is singular the exponential itself still wants d to be small.
        let known = radius.min(std::f64::consts::PI);
        if RADII * deviation < known {
            let reach = deviation * (BELL_REACH + BELL_SKEW * deviation / known);
            return Self { below: reach, above: reach, series: Some(bare.series()), near: SERIES_END * known, ..bare };
        }
        let (down, up) =
            (bare.reach(-1.0, f64::INFINITY), bare.reach(1.0, if share < 0.0 { radius } else { f64::INFINITY }));
        let (below, above) = if is_mirrored { (up, down) } else { (down, up) };
        Self { below, above, ..bare }
    }

    /// Taylor's series of the log-density, from the square on.
    ///
    /// Its derivative is `slope` - Q with Q' = Q - inverse Q^2, Q = slope at the peak.
    fn series(&self) -> [f64; TERMS] {
        let mut q = [0.0; TERMS + 1];
        q[0] = self.slope;
        let mut series = [0.0; TERMS];
        for order in 0..TERMS {
            let products: f64 = (0..=order).map(|i| q[i] * q[order - i]).sum();
            q[order + 1] = (q[order] - self.inverse * products) / (order + 1) as f64;
            series[order] = -q[order + 1] / (order + 2) as f64;
        }
        series
    }

    /// How far on one side the log-density has fallen by `REACH`, to a hundredth; nothing is beyond `end`.
    ///
    /// Newton's method on the logarithm, on which parabolas, exponentials and straight lines are all nearly straight.
    fn reach(&self, side: f64, end: f64) -> f64 {
        let fallen = |d: f64| {
            let change = exp_m1(side * d);
            let scaled = self.share * change;
            let logarithm = if self.inverse == 0.0 { self.slope * change } else { ln_1p(scaled) / self.inverse };
            (logarithm - self.slope * side * d, side * self.slope * ((1.0 + change) / (1.0 + scaled) - 1.0))
        };
        let mut d = (sqrt(2.0 * REACH) * self.deviation).min(40.0).min(0.98 * end);
        for _ in 0..REACH_STEPS {
            let (value, slope) = fallen(d);
            if !(value > 0.0 && slope > 0.0) {
                break;
            }
            let step = value * ln(value / REACH) / slope;
            d = (d - step).max(d / 4.0).min(0.5 * (d + end));
            if abs(step) < 0.01 * d {
                break;
            }
        }
        d * 1.01
    }

    /// The integral of the relative density beyond a distance, away from the peak.
    pub(super) fn tail(&self, from: f64) -> f64 {
        let far = abs(from) / self.deviation;
        // Where the density has fallen by another e^-45 of a bell; one of the tails is a little heavier than a bell's.
        let span = (sqrt(far * far + 90.0) - far) * self.deviation * HEAVIER;
        let span = if from < 0.0 { -span } else { span };
        let middle = from + span / 2.0;
        let integral = |lower, upper| integrate_all(lower, upper, |places| self.relative_densities(places));
        abs(integral(from, middle) + integral(middle, from + span))
    }

    /// Of a Beta at `centre` along the logit, what ln(1 + e^x) is there; `None` where a series serves. Where it is looked at
    /// from the other side x is the logit of 1 - value.
    pub(super) fn rise(&self, centre: f64) -> Option<f64> {
        self.series.is_none().then(|| ln_1p(exp(-abs(centre))) + (self.side() * centre).max(0.0))
    }

    /// The logarithm of the density of a Beta with this `rise` at nodes along the logit, less that at the peak.
    ///
    /// It is `slope` x - ln(1 + e^x)/`inverse`, and nodes have that logarithm for all bells. As these bells are wide, neither is
    /// above a few hundred where the density is not tiny, so that their difference keeps its digits.
    pub(super) fn logarithms_along_logit(&self, centre: f64, rise: f64, points: &[Point], logarithms: &mut [f64]) {
        let (side, sum) = (self.side(), 1.0 / self.inverse);
        let slope = self.slope * side;
        for (logarithm, point) in logarithms.iter_mut().zip(points) {
            let x = side * point.at;
            let risen = point.fall + if x > 0.0 { x } else { 0.0 };
            *logarithm = slope * (point.at - centre) - sum * (risen - rise);
        }
    }

    /// Which way distances are counted.
    fn side(&self) -> f64 {
        if self.is_mirrored { -1.0 } else { 1.0 }
    }

    /// The density at these distances above the peak, relative to that at the peak.
    pub(super) fn relative_densities(&self, distances: &mut [f64]) {
        self.logarithms(distances);
        exp_all(distances);
    }

    /// The logarithms of these.
    fn logarithms(&self, distances: &mut [f64]) {
        let splat = Lanes::splat;
        let side = self.side();
        let is_near = distances.iter().all(|d| abs(*d) < self.near);
        if let (Some(series), true) = (&self.series, is_near) {
            map_all(distances, |d| {
                let d = splat(side) * d;
                d * d * series.iter().rev().fold(splat(0.0), |sum, term| sum * d + splat(*term))
            });
            return;
        }
        for distances in distances.chunks_mut(BLOCK) {
            let mut changes = [0.0; BLOCK];
            let changes = &mut changes[..distances.len()];
            changes.iter_mut().zip(distances.iter_mut()).for_each(|(change, d)| {
                *d *= side;
                *change = *d;
            });
            exp_all(changes);
            let mut fall = 1.0;
            if self.inverse == 0.0 {
                changes.iter_mut().for_each(|change| *change = self.slope * (*change - 1.0));
            } else {
                changes.iter_mut().for_each(|change| *change = self.share * (*change - 1.0));
                ln_1p_all(changes);
                fall = 1.0 / self.inverse;
            }
            distances.iter_mut().zip(changes).for_each(|(d, change)| *d = self.slope * *d - *change * fall);
        }
    }
}

/// -ln of the density where a bell ends, relative to its peak.
const REACH: f64 = 32.0;
const REACH_STEPS: u32 = 20;
/// With so many deviations to the nearest singular place, the series of the log-density serves.
const RADII: f64 = 42.0;
const TERMS: usize = 14;
/// Places that are worked at together.
const BLOCK: usize = 16;
/// How much farther the heavier tail may reach than a bell's.
const HEAVIER: f64 = 1.05;
/// Of the distance to the nearest singular place: ten deviations of the widest bell that has a series.
const SERIES_END: f64 = 0.25;
/// Where a normal density has fallen by e^-32, and what skewness adds.
const BELL_REACH: f64 = 8.2;
const BELL_SKEW: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::close;

    #[test]
    fn series_and_logarithms_tell_the_same() {
        for peak in [Peak::along_logit(Beta { a: 900.0, b: 2e4 }), Peak::of_gamma(1000.0)] {
            assert!(peak.series.is_some());
            let bare = Peak { series: None, ..peak };
            for deviations in [-6.0, -2.0, 0.5, 3.0, 7.0] {
                let (mut short, mut long) = ([deviations * peak.deviation], [deviations * peak.deviation]);
                peak.relative_densities(&mut short);
                bare.relative_densities(&mut long);
                close(short[0], long[0], 1e-10, 1e-15, &format!("{peak:?} at {deviations}"));
            }
        }
    }

    #[test]
    fn wide_bells_are_the_same_by_the_logarithms_that_nodes_have() {
        for (a, b) in [(0.5, 0.5), (170.0, 170.0), (0.5, 1e9), (150.0, 1e9), (1e9, 150.0), (3.0, 40.0), (40.0, 3.0)] {
            let (peak, centre) = (Peak::along_logit(Beta { a, b }), ln(a / b));
            let rise = peak.rise(centre).unwrap();
            for part in [-1.0, -0.3, 0.0, 0.01, 0.5, 1.0] {
                let distance = part * if part < 0.0 { peak.below } else { peak.above };
                let at = centre + distance;
                let point = Point { at, value: 0.0, rest: 0.0, fall: ln_1p(exp(-abs(at))), weight: 0.0 };
                let (mut short, mut long) = ([0.0], [distance]);
                peak.logarithms_along_logit(centre, rise, &[point], &mut short);
                peak.logarithms(&mut long);
                close(short[0], long[0], 1e-13, 1e-12, &format!("Beta({a}, {b}) at {part}"));
            }
        }
    }

    #[test]
    fn where_it_ends_hardly_anything_is_left() {
        let end = exp(-REACH);
        for (a, b) in [(0.1, 100.0), (0.5, 0.5), (3.0, 1e9), (40.0, 960.0), (1e9, 0.5), (1e6, 50.0)] {
            for peak in [Peak::along_logit(Beta { a, b }), Peak::of_gamma(a)] {
                let mut ends = [-peak.below, peak.above];
                peak.relative_densities(&mut ends);
                assert!(ends.iter().all(|density| *density < end), "{peak:?}: {ends:?}");
            }
        }
    }
}
