//! A distribution as it looks along an axis on which it is smooth: where it is, how fast it changes, its density there.
//!
//! Betas along the logit of their value, Gammas along the logarithm, Student's t along the value itself; on these axes the
//! densities have no singular ends, whatever the shapes. A Beta may be looked at through a factor: `factor` times the axis'
//! value is its own. How far it reaches: the bound exp(-n KL) of Chernoff for the first two, quantiles for Student's tails.
//!
//! Not here: integration (`grid`).

use super::beta::{self, Beta};
use super::gamma::{self, Gamma};
use super::grid::{Point, logs};
use super::math::{STIRLING_MIN, exp, exp_m1, ln, ln_1p, sqrt};
use super::student::{self, Student};

/// What an axis' places stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Axis {
    /// Values in (0, 1), by ln(value/(1 - value)).
    Logit,
    /// Values above 0, by their logarithm.
    Log,
    /// Any value, by itself.
    Linear,
}

/// Distributions of one kind: they share an axis.
pub(crate) trait Distribution: Copy {
    /// The axis of the kind.
    const AXIS: Axis;
    /// The distribution along it.
    fn bell(self) -> Bell;
    /// The same, with points made narrow bells: where several are equal, they share.
    fn softened(all: &[Self]) -> Vec<Self> {
        all.to_vec()
    }
}

/// A distribution along an axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bell {
    /// A grid that covers it goes from `low` to `high`; what lies beyond, `below` and `above` tell.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Out here there is nothing of it.
    pub(crate) nothing_below: f64,
    pub(crate) nothing_above: f64,
    centre: f64,
    scale: f64,
    /// The shorter of the ways from the centre to both ends, when looked at plainly.
    shorter: f64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Beta { beta: Beta, power: beta::Power },
    Scaled { beta: Beta, power: beta::Power, factor: f64 },
    Gamma { gamma: Gamma, power: gamma::Power },
    Student { student: Student, density: student::Density },
}

impl Distribution for Beta {
    const AXIS: Axis = Axis::Logit;

    fn bell(self) -> Bell {
        let Self { a, b } = self;
        let centre = ln(a / b);
        let (low, high) = (centre - beta_reach(a, b), centre + beta_reach(b, a));
        Bell {
            low,
            high,
            nothing_below: low,
            nothing_above: high,
            centre,
            scale: sqrt(1.0 / a + 1.0 / b),
            shorter: (centre - low).min(high - centre),
            kind: Kind::Beta { beta: self, power: beta::Power::of(self) },
        }
    }
}

impl Distribution for Gamma {
    const AXIS: Axis = Axis::Log;

    fn bell(self) -> Bell {
        let centre = ln(self.shape / self.rate);
        let reach = REACH / self.shape;
        let low = centre - solve(reach, 1.0, |d| (d + exp_m1(-d), -exp_m1(-d)));
        let high = centre + solve(reach, 1.0, |d| (exp_m1(d) - d, exp_m1(d)));
        Bell {
            low,
            high,
            nothing_below: low,
            nothing_above: high,
            centre,
            scale: 1.0 / sqrt(self.shape),
            shorter: (centre - low).min(high - centre),
            kind: Kind::Gamma { gamma: self, power: gamma::Power::of(self.shape) },
        }
    }
}

impl Distribution for Student {
    const AXIS: Axis = Axis::Linear;

    fn softened(all: &[Self]) -> Vec<Self> {
        let largest = all.iter().map(|one| one.mean.abs().max(one.scale)).fold(0.0, f64::max);
        let narrow = if largest > 0.0 { POINT * largest } else { 1.0 };
        all.iter().map(|one| if one.scale > 0.0 { *one } else { Self { scale: narrow, ..*one } }).collect()
    }

    /// Its scale must be above 0.
    fn bell(self) -> Bell {
        let reach = |height: f64| {
            let squares = self.degrees * exp_m1(2.0 * height / self.degrees);
            self.scale * sqrt(if squares.is_nan() { 2.0 * height } else { squares })
        };
        // Where a tail is about 1e-9, and where it is below 1e-16.
        let (ends, nothing) = (reach(STUDENT_REACH), reach(2.0 * STUDENT_REACH));
        Bell {
            low: self.mean - ends,
            high: self.mean + ends,
            nothing_below: self.mean - nothing,
            nothing_above: self.mean + nothing,
            centre: self.mean,
            scale: self.scale,
            shorter: ends,
            kind: Kind::Student { student: self, density: student::Density::of(self.degrees) },
        }
    }
}

impl Bell {
    /// The Beta distribution of `factor` times the axis' value, for a factor up to 1, along the logit of the axis' value.
    pub(crate) fn scaled(beta: Beta, factor: f64) -> Self {
        let plain = beta.bell();
        if factor >= 1.0 {
            return plain;
        }
        // The axis' place where factor * value has this logit; past the axis' end where it never does.
        let place = |logit: f64| {
            let own = 1.0 / (1.0 + exp(-logit));
            if own < factor { ln(own / (factor - own)) } else { f64::INFINITY }
        };
        let (low, high) = (place(plain.low), place(plain.high));
        Self {
            low,
            high,
            nothing_below: low,
            nothing_above: high,
            centre: place(plain.centre),
            kind: Kind::Scaled { beta, power: beta::Power::of(beta), factor },
            ..plain
        }
    }

    /// How wide a panel that starts at `start` may be: 16 nodes then give 12 digits.
    pub(crate) fn panel(&self, start: f64) -> f64 {
        if start >= self.nothing_above {
            return f64::INFINITY;
        }
        if start < self.nothing_below {
            return self.nothing_below - start;
        }
        match self.kind {
            Kind::Beta { beta, .. } => {
                let tail = if start < self.centre { beta.a } else { beta.b };
                self.graded(start, self.scale, tail).min(away_from_pole(start, 0.0))
            }
            Kind::Scaled { beta, factor, .. } => {
                // Towards the axis' end the own logit moves ever slower.
                let value = 1.0 / (1.0 + exp(-start));
                let slower = (1.0 - factor * value) * (1.0 + exp(start));
                let tail = if start < self.centre { beta.a } else { beta.b };
                let poles = away_from_pole(start, 0.0).min(away_from_pole(start, -ln_1p(-factor)));
                self.graded(start, self.scale * slower, tail).min(poles)
            }
            Kind::Gamma { gamma, .. } => {
                let tail = if start < self.centre { gamma.shape } else { f64::INFINITY };
                self.graded(start, self.scale, tail)
            }
            Kind::Student { student, .. } => {
                // Poles at mean +- i scale sqrt(degrees); far from them the tail is a power.
                let pole = self.scale * sqrt(student.degrees);
                let width = |distance: f64| 0.8 * sqrt(distance * distance + pole * pole);
                let here = start - self.centre;
                let poles = width(if here < 0.0 { AHEAD * here } else { here });
                if student.degrees <= 9.0 {
                    // Few degrees: the tail falls by e^-6 at most on a panel that the poles allow.
                    poles.min((2.0 * self.scale).max(0.8 * here.abs()))
                } else {
                    self.graded(start, self.scale, 0.0).min(poles)
                }
            }
        }
    }

    /// 2.4 scales wide; out in a tail that falls at the rate `tail`, as wide as half the way to the centre and a fall by e^-6
    /// allow.
    fn graded(&self, start: f64, scale: f64, tail: f64) -> f64 {
        // A side that falls faster than a bell reaches less far than eight scales.
        let narrow = 2.4 * scale * (self.shorter / self.scale / 6.0).min(1.0);
        let distance = (start - self.centre).abs();
        // Coming closer, a third of the way: then the panel's width is half of what its far end still has before it.
        let far = if start < self.centre { distance / 3.0 } else { distance / 2.0 };
        narrow.max(far.min(6.0 / tail))
    }

    /// The density over the axis at sixteen nodes.
    pub(crate) fn densities(&self, points: &[Point], densities: &mut [f64]) {
        let pairs = densities.iter_mut().zip(points);
        let narrowness = 1.0 / self.scale;
        match self.kind {
            Kind::Beta { beta, power } if beta.a.min(beta.b) >= STIRLING_MIN => {
                pairs.for_each(|(density, point)| *density = exp(power.ln(point.value, point.rest)));
            }
            Kind::Beta { power, .. } => pairs.for_each(|(density, point)| {
                let (ln_value, ln_rest) = logs(point);
                *density = exp(power.of_logs(ln_value, ln_rest));
            }),
            Kind::Scaled { power, factor, .. } => pairs.for_each(|(density, point)| {
                let (own, rest) = (factor * point.value, point.rest + point.value * (1.0 - factor));
                *density = exp(power.ln(own, rest)) * point.rest / rest;
            }),
            Kind::Gamma { gamma, power } => {
                pairs.for_each(|(density, point)| *density = exp(power.ln(gamma.rate * point.value)));
            }
            Kind::Student { student, density: standard } => pairs.for_each(|(density, point)| {
                *density = standard.at((point.value - student.mean) * narrowness) * narrowness;
            }),
        }
    }

    /// What of it lies below the place `at`, where a grid may start; 0 for what its reach says is next to nothing.
    pub(crate) fn below(&self, at: f64) -> f64 {
        match self.kind {
            Kind::Student { student, .. } => student.tails(at).0,
            _ if at <= self.low => 0.0,
            _ => self.tails(at).0,
        }
    }

    /// What of it lies above the place `at`, where a grid may end.
    pub(crate) fn above(&self, at: f64) -> f64 {
        match self.kind {
            Kind::Student { student, .. } => student.tails(at).1,
            _ if at >= self.high => 0.0,
            _ => self.tails(at).1,
        }
    }

    fn tails(&self, at: f64) -> (f64, f64) {
        let (value, rest) = (1.0 / (1.0 + exp(-at)), 1.0 / (1.0 + exp(at)));
        match self.kind {
            Kind::Beta { beta, .. } => beta.tails(value, rest),
            Kind::Scaled { beta, factor, .. } => beta.tails(factor * value, rest + value * (1.0 - factor)),
            Kind::Gamma { gamma, .. } => gamma.tails(exp(at)),
            Kind::Student { student, .. } => student.tails(at),
        }
    }
}

/// How far below its mean's logit a Beta reaches: (a + b) KL = a d + (a + b) ln(1 - mean (1 - e^-d)).
fn beta_reach(a: f64, b: f64) -> f64 {
    let (mean, sum) = (a / (a + b), a + b);
    solve(REACH, a * (b / sum), |d| {
        let fallen = exp_m1(-d);
        (a * d + sum * ln_1p(mean * fallen), a - a * (1.0 + fallen) / (1.0 + mean * fallen))
    })
}

/// The d > 0 at which a convex function that starts like `curvature` d^2/2 reaches `height`, to a hundredth.
///
/// Newton's method on the logarithm, on which parabolas, exponentials and straight lines are all nearly straight.
fn solve(height: f64, curvature: f64, function: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut d = sqrt(2.0 * height / curvature).min(40.0);
    for _ in 0..20 {
        let (value, slope) = function(d);
        if !(value > 0.0 && slope > 0.0) {
            break;
        }
        let step = value * ln(value / height) / slope;
        d = (d - step).max(d / 4.0);
        if step.abs() < 0.01 * d {
            break;
        }
    }
    d * 1.01
}

/// On logistic axes the densities have poles at `place` +- i pi.
fn away_from_pole(start: f64, place: f64) -> f64 {
    let distance = if start < place { AHEAD * (place - start) } else { start - place };
    0.7 * sqrt(distance * distance + std::f64::consts::PI * std::f64::consts::PI)
}

/// A panel of 0.8 times its far end's distance to what it comes closer to leaves this part of the way.
const AHEAD: f64 = 1.0 / 1.8;
/// -ln of what may be missing beyond the reach: 1e-14, some more where a shape is small.
const REACH: f64 = 32.0;
/// The same for Student's t, whose tails beyond it are known: it bounds their product, the square.
const STUDENT_REACH: f64 = 18.0;
/// The width of a point, relative to the largest value beside it.
const POINT: f64 = 1e-9;
