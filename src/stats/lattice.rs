//! Two independent quantities on evenly spaced nodes -> how often one is below the other, and how quickly that changes.
//!
//! Along the logit of a proportion, or the logarithm of a small one, the densities are analytic bells, whose sums over evenly
//! spaced nodes are their integrals to a precision that grows exponentially (Trefethen and Weideman 2014): two nodes per
//! standard deviation give 13 digits, where Gauss-Legendre panels need six. The double integral over U <= V is such a sum
//! in both directions, with the sine integral in place of the step (indefinite sinc quadrature, Stenger 1993).
//!
//! Absolute errors are below 1e-11, so small probabilities are left to others. Not here: bells of very different widths, or
//! with singular ends (`grid` does any).

use super::beta::Beta;
use super::lanes::{Lanes, add_times, map_all};
use super::math::{abs, exp, exp_all, floor, ln, ln_1p, sqrt};
use super::peak::Peak;
use std::sync::LazyLock;

/// U and V, to be compared along an axis.
#[derive(Debug)]
pub(super) struct Pair {
    first: Peak,
    second: Peak,
    /// How far the peak of the first is above that of the second.
    apart: f64,
    step: f64,
    /// The first one's masses, from this many steps below its peak.
    masses: Vec<f64>,
    start: f64,
}

/// The second one's masses at nodes of the first one's lattice.
struct Others {
    masses: Vec<f64>,
    /// Its first node is this many steps above the first one's.
    ahead: isize,
}

impl Pair {
    /// The pair along the logit; `None` where panels do better.
    pub(super) fn along_logit(first: Beta, second: Beta) -> Option<Self> {
        let odds = first.a * second.b;
        let apart = ln_of_ratio(odds, first.b * second.a);
        Self::of(Peak::along_logit(first), Peak::along_logit(second), apart, DIGITS)
    }

    /// The pair along the logarithm; `None` where a value near 1 is likely, or panels do better.
    pub(super) fn along_logarithm(first: Beta, second: Beta) -> Option<Self> {
        let smoothness = first.b.min(second.b);
        if smoothness < SMOOTH_END_MIN {
            return None;
        }
        let apart = ln_of_ratio(first.a * (second.a + second.b - 1.0), second.a * (first.a + first.b - 1.0));
        // At 1 the density is a power: its transform falls like one, (1 + w^2 deviation^2/b)^(-b/2).
        let digits = DIGITS * (1.0 + POWER_END / smoothness);
        Self::of(Peak::along_logarithm(first), Peak::along_logarithm(second), apart, digits)
    }

    fn of(first: Peak, second: Peak, apart: f64, digits: f64) -> Option<Self> {
        let step = step(&first, &second, digits);
        if !((first.below + first.above).max(second.below + second.above) < NODES_MAX * step) {
            return None;
        }
        let start = -floor(first.below / step);
        let masses = masses(&first, start * step, step);
        Some(Self { first, second, apart, step, masses, start })
    }

    /// The standard deviation of the difference, nearly.
    fn deviation(&self) -> f64 {
        let (first, second) = (self.first.deviation, self.second.deviation);
        sqrt(first * first + second * second)
    }

    /// P(U <= V + `shift`), and its derivative; `None` where it, or what it lacks to 1, is too small to be exact.
    pub(super) fn at_most(&self, shift: f64) -> Option<(f64, f64)> {
        let Others { masses: others, ahead } = self.others(shift)?;
        let mut below = vec![0.0; others.len()];
        for (index, mass) in self.masses.iter().enumerate() {
            add_times(&mut below, steps_from(ahead - index as isize), *mass);
        }
        let at_most: f64 = below.iter().zip(&others).map(|(below, mass)| below * mass).sum();
        let (mine, theirs) = (ahead.max(0) as usize, (-ahead).max(0) as usize);
        let together = self.masses.iter().skip(mine).zip(others.iter().skip(theirs));
        let density = together.map(|(mass, other)| mass * other).sum::<f64>() / self.step;
        (at_most.min(1.0 - at_most) > PROBABILITY_MIN).then_some((at_most, density))
    }

    /// E[(V - U)+] and E[(U - V)+] along the logit, where the peak of the first has the logit `centre`; `None` where one of
    /// them is too small to be exact.
    pub(super) fn excesses(&self, centre: f64) -> Option<(f64, f64)> {
        let Others { masses: others, ahead } = self.others(0.0)?;
        let (mine, theirs) = (ahead.min(0).unsigned_abs(), ahead.max(0) as usize);
        let first = self.start - mine as f64;
        let count = (mine + self.masses.len()).max(theirs + others.len());
        // e^-logit at each node, then the value less that at the peak of the first, so that nothing large cancels.
        let mut values: Vec<f64> = (0..count).map(|node| -centre - (first + node as f64) * self.step).collect();
        exp_all(&mut values);
        let (one, peak) = (Lanes::splat(1.0), Lanes::splat(1.0 / (1.0 + exp(-centre))));
        map_all(&mut values, |power| one / (one + power) - peak);
        let (own, other) = (values.get(mine..)?, values.get(theirs..)?);
        let (mut below, mut moments) = (vec![0.0; others.len()], vec![0.0; others.len()]);
        for (index, (mass, value)) in self.masses.iter().zip(own).enumerate() {
            let steps = steps_from(ahead - index as isize);
            add_times(&mut below, steps, *mass);
            add_times(&mut moments, steps, mass * value);
        }
        let nodes = below.iter().zip(&moments).zip(others.iter().zip(other));
        let above: f64 = nodes.map(|((below, moment), (mass, value))| mass * (value * below - moment)).sum();
        let sum = |masses: &[f64], values: &[f64], power: fn(f64) -> f64| -> f64 {
            masses.iter().zip(values).map(|(mass, value)| mass * power(*value)).sum()
        };
        let (mean, other_mean) = (sum(&self.masses, own, |value| value), sum(&others, other, |value| value));
        let squares = sum(&self.masses, own, |value| value * value) - mean * mean
            + (sum(&others, other, |value| value * value) - other_mean * other_mean);
        let under = above - (other_mean - mean);
        (above.min(under) > EXCESS_MIN * sqrt(squares)).then_some((above, under))
    }

    /// The second one, shifted so that its nodes lie at the first one's; `None` where one is hardly ever below the other.
    fn others(&self, shift: f64) -> Option<Others> {
        if abs(self.apart - shift) > FAR * self.deviation() {
            return None;
        }
        // A node of the second one, shifted, lies at each of the first one's.
        let between = (self.apart - shift) / self.step;
        let whole = floor(between + 0.5);
        let offset = (between - whole) * self.step;
        // Counted from the second one's peak, in steps after `offset`.
        let start = -floor((self.second.below + offset) / self.step);
        let masses = masses(&self.second, start * self.step + offset, self.step);
        let ahead = start - whole - self.start;
        let nodes = self.masses.len() + masses.len();
        (abs(ahead) + nodes as f64 <= STEPS as f64).then_some(Others { masses, ahead: ahead as isize })
    }
}

/// What lies up to the nodes that are `ahead` steps above one, and more: 1/2 + Si(pi k)/pi each.
fn steps_from(ahead: isize) -> &'static [f64] {
    UP_TO.get(ahead.saturating_add(STEPS as isize) as usize..).unwrap_or_default()
}

/// The masses at evenly spaced nodes from this far above the peak to its reach; their sum is 1.
fn masses(peak: &Peak, from: f64, step: f64) -> Vec<f64> {
    let count = floor((peak.above - from) / step).max(0.0) as usize + 1;
    let mut masses: Vec<f64> = (0..count).map(|index| from + index as f64 * step).collect();
    peak.relative_densities(&mut masses);
    let total: f64 = masses.iter().sum();
    let share = 1.0 / total;
    masses.iter_mut().for_each(|mass| *mass *= share);
    masses
}

/// The widest step at which both densities, their product and the step between them are known from their nodes.
///
/// A density's Fourier transform falls like e^(-w^2 deviation^2/2) at first and like e^(-pi w/2) far out: at the frequency w
/// its deviation is sqrt(1/(1/deviation^2 + w/pi)), or less than that. A step h mistakes 2 pi/h - w for w.
fn step(first: &Peak, second: &Peak, digits: f64) -> f64 {
    let inverse_square = |bell: &Peak| 1.0 / (bell.deviation * bell.deviation);
    let (first, second) = (inverse_square(first), inverse_square(second));
    let mut frequency = sqrt(2.0 * digits * (first + second));
    for _ in 0..3 {
        let far = frequency / (2.0 * std::f64::consts::PI);
        frequency = sqrt(2.0 * digits * (first + second + 2.0 * far));
    }
    2.0 * std::f64::consts::PI / frequency
}

/// ln(x/y), exact where they are nearly the same.
fn ln_of_ratio(x: f64, y: f64) -> f64 {
    if abs(x - y) < 0.5 * y { ln_1p((x - y) / y) } else { ln(x / y) }
}

/// 1/2 + Si(pi k)/pi for k from -`STEPS` to `STEPS`: what of a node's mass lies up to the node k steps above it.
static UP_TO: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let above = |k: usize| {
        if let Some(value) = SINE_INTEGRALS.get(k) {
            return 0.5 + value / std::f64::consts::PI;
        }
        // DLMF 6.2.20 and 6.12.3: Si(x) = pi/2 - f(x) cos x at multiples of pi.
        let x = std::f64::consts::PI * k as f64;
        let square = x * x;
        let (mut term, mut sum) = (1.0 / x, 0.0);
        for order in 0..AUXILIARY_TERMS {
            sum += term;
            term *= -(((2 * order + 1) * (2 * order + 2)) as f64) / square;
        }
        1.0 + if k.is_multiple_of(2) { -sum } else { sum } / std::f64::consts::PI
    };
    let below = (1..=STEPS).rev().map(|k| 1.0 - above(k));
    below.chain((0..=STEPS).map(above)).collect()
});

/// The table's length to each side.
const STEPS: usize = 1024;
/// Terms of the asymptotic series, the first left out below 1e-15 of the sum at 12 pi.
const AUXILIARY_TERMS: usize = 14;
/// Si(pi k), computed with mpmath at 30 digits.
const SINE_INTEGRALS: [f64; 13] = [
    0.0,
    1.8519370519824661704,
    1.4181515761326284502,
    1.6747617989799612659,
    1.4921612255844600555,
    1.6339648461028352133,
    1.5180339614671806055,
    1.6160855174516439886,
    1.5311312849906657459,
    1.6060768918179798737,
    1.5390290795775644604,
    1.599685602332216993,
    1.5443075223393205027,
];
/// More nodes than this and panels are quicker.
const NODES_MAX: f64 = 400.0;
/// So many deviations apart, one is hardly ever below the other.
const FAR: f64 = 5.0;
/// Below it 1e-13 is too much.
const PROBABILITY_MIN: f64 = 1e-4;
/// Of the deviation of the difference: below it 1e-13 is too much.
const EXCESS_MIN: f64 = 1e-2;
/// -ln of what steps may mistake.
const DIGITS: f64 = 33.0;
/// The smallest second shape with which a Beta ends smoothly enough at 1.
const SMOOTH_END_MIN: f64 = 40.0;
/// With it what is mistaken stays below e^-28 for all shapes (by the gamma functions that the transform is made of).
const POWER_END: f64 = 30.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::close;

    #[test]
    fn what_is_the_same_is_below_half_of_the_time() {
        for (a, b) in [(0.5, 40.5), (3.5, 1e9), (40.5, 960.5), (5e8, 5e8)] {
            let beta = Beta { a, b };
            for pair in [Pair::along_logit(beta, beta), Pair::along_logarithm(beta, beta)] {
                let (at_most, _) = pair.and_then(|pair| pair.at_most(0.0)).unwrap();
                close(at_most, 0.5, 0.0, 1e-13, &format!("{beta:?}"));
            }
        }
    }

    #[test]
    fn both_axes_tell_the_same() {
        let (x, y) = (Beta { a: 41.5, b: 960.5 }, Beta { a: 5.5, b: 200.5 });
        let found =
            [Pair::along_logit(x, y), Pair::along_logarithm(x, y)].map(|pair| pair.unwrap().at_most(0.0).unwrap().0);
        close(found[0], found[1], 1e-13, 0.0, "P(X <= Y)");
    }

    #[test]
    fn the_density_is_the_derivative() {
        let pair = Pair::along_logarithm(Beta { a: 41.5, b: 960.5 }, Beta { a: 5.5, b: 200.5 }).unwrap();
        let change = 1e-3;
        let [before, here, after] = [0.3 - change, 0.3, 0.3 + change].map(|shift| pair.at_most(shift).unwrap());
        close((after.0 - before.0) / (2.0 * change), here.1, 1e-5, 0.0, "at 0.3");
    }

    #[test]
    fn what_it_cannot_do_it_leaves() {
        let narrow = Beta { a: 5e8, b: 5e8 };
        let far = Beta { a: 1e8, b: 9e8 };
        assert!(Pair::along_logit(narrow, Beta { a: 0.5, b: 0.5 }).is_none(), "very different widths");
        assert!(Pair::along_logarithm(Beta { a: 30.0, b: 3.0 }, far).is_none(), "a value near 1");
        assert_eq!(Pair::along_logit(narrow, far).unwrap().at_most(0.0), None, "a small probability");
    }
}
