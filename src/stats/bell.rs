//! A distribution as it looks along an axis on which it is smooth: where it is, how fast it changes, its density there.
//!
//! Betas along the logit of their value, Gammas along the logarithm, Student's t along the value itself; on these axes the
//! densities have no singular ends, whatever the shapes. A Beta may be looked at through a factor: `factor` times the axis'
//! value is its own. How the first two look and how far they reach: `peak`.
//!
//! Not here: integration (`grid`).

use super::beta::{self, Beta};
use super::gamma::{self, Gamma};
use super::grid::{NODES, Point};
use super::lattice::Pair;
use super::math::{exp, exp_all, exp_m1, ln, ln_1p, sqrt};
use super::peak::Peak;
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

impl Axis {
    /// Where a value stands; infinite at an end and beyond it.
    pub(crate) fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logit | Self::Log if !(value > 0.0) => f64::NEG_INFINITY,
            Self::Logit if value >= 1.0 => f64::INFINITY,
            Self::Logit => ln(value) - ln_1p(-value),
            Self::Log => ln(value),
        }
    }
}

/// Distributions of one kind: they share an axis.
pub(crate) trait Distribution: Copy {
    /// The axis of the kind.
    const AXIS: Axis;
    /// The distribution along it.
    fn bell(self) -> Bell;
    /// E[(Y - X)+] and E[(X - Y)+], where there is a quicker way than a grid.
    fn excesses(_x: Self, _y: Self) -> Option<(f64, f64)> {
        None
    }
    /// The same, with points made narrow bells: where several are equal, they share.
    fn softened(all: &[Self]) -> Vec<Self> {
        all.to_vec()
    }
    /// All of them along the axis, points as narrow bells.
    fn bells(all: &[Self]) -> Vec<Bell> {
        Self::softened(all).into_iter().map(Self::bell).collect()
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

/// Of a Beta, `rise` is `Peak::rise`.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Beta { beta: Beta, peak: Peak, height: f64, rise: Option<f64> },
    Scaled { beta: Beta, power: beta::Power, factor: f64 },
    Gamma { gamma: Gamma, peak: Peak, height: f64 },
    Student { student: Student, density: student::Density },
}

impl Distribution for Beta {
    const AXIS: Axis = Axis::Logit;

    fn bell(self) -> Bell {
        let peak = Peak::along_logit(self);
        let Self { a, b } = self;
        let height = exp(beta::Power::of(self).ln(a / (a + b), b / (a + b)));
        let centre = ln(a / b);
        Bell::around(centre, peak, Kind::Beta { beta: self, peak, height, rise: peak.rise(centre) })
    }

    fn excesses(x: Self, y: Self) -> Option<(f64, f64)> {
        Pair::along_logit(x, y)?.excesses(ln(x.a / x.b))
    }
}

impl Distribution for Gamma {
    const AXIS: Axis = Axis::Log;

    fn bell(self) -> Bell {
        let peak = Peak::of_gamma(self.shape);
        let height = exp(gamma::Power::of(self.shape).ln(self.shape));
        Bell::around(ln(self.shape / self.rate), peak, Kind::Gamma { gamma: self, peak, height })
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
        // Where a tail is about 1e-6, and where it is below 1e-16.
        let (ends, nothing) = (reach(STUDENT_REACH), reach(STUDENT_NOTHING));
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
    fn around(centre: f64, peak: Peak, kind: Kind) -> Self {
        let (low, high) = (centre - peak.below, centre + peak.above);
        Self {
            low,
            high,
            nothing_below: low,
            nothing_above: high,
            centre,
            scale: peak.deviation,
            shorter: peak.below.min(peak.above),
            kind,
        }
    }

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
            // A panel that it begins in need not begin with it, if it is not wider for that.
            return (self.nothing_below - start).max(self.within(self.nothing_below));
        }
        self.within(start)
    }

    /// The same where there is something of it.
    fn within(&self, start: f64) -> f64 {
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

    /// The density over the axis at the nodes of a panel.
    pub(crate) fn densities(&self, points: &[Point], densities: &mut [f64; NODES]) {
        let pairs = densities.iter_mut().zip(points);
        let height = match self.kind {
            Kind::Beta { peak, height, rise: Some(rise), .. } => {
                peak.logarithms_along_logit(self.centre, rise, points, densities);
                exp_all(densities);
                height
            }
            Kind::Beta { peak, height, .. } | Kind::Gamma { peak, height, .. } => {
                pairs.for_each(|(density, point)| *density = point.at - self.centre);
                peak.relative_densities(densities);
                height
            }
            Kind::Scaled { power, factor, .. } => {
                let others = |point: &Point| point.rest + point.value * (1.0 - factor);
                pairs.for_each(|(density, point)| *density = power.ln(factor * point.value, others(point)));
                exp_all(densities);
                let pairs = densities.iter_mut().zip(points);
                return pairs.for_each(|(density, point)| *density *= point.rest / others(point));
            }
            Kind::Student { student, density: standard } => {
                let narrowness = 1.0 / self.scale;
                pairs.for_each(|(density, point)| *density = (point.value - student.mean) * narrowness);
                standard.densities(densities);
                narrowness
            }
        };
        densities.iter_mut().for_each(|density| *density *= height);
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

    /// E[(low - X)+] and E[(X - high)+] for the ends of a grid, in the values' unit; infinite where there is none.
    pub(crate) fn moments_beyond(&self, low: f64, high: f64) -> (f64, f64) {
        match self.kind {
            Kind::Student { student, .. } if student.degrees > 1.0 => {
                (student.shortfall_below(low), student.excess_above(high))
            }
            // Without a first moment there is no expected loss.
            Kind::Student { .. } => (f64::INFINITY, f64::INFINITY),
            // Their grids leave out next to nothing.
            _ => (0.0, 0.0),
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

/// On logistic axes the densities have poles at `place` +- i pi.
fn away_from_pole(start: f64, place: f64) -> f64 {
    let distance = if start < place { AHEAD * (place - start) } else { start - place };
    0.7 * sqrt(distance * distance + std::f64::consts::PI * std::f64::consts::PI)
}

/// A panel of 0.8 times its far end's distance to what it comes closer to leaves this part of the way.
const AHEAD: f64 = 1.0 / 1.8;
/// -ln of a Student's density where its grid ends, relative to its peak: the tails beyond are known, and their product is the square.
const STUDENT_REACH: f64 = 13.0;
/// The same where there is nothing of it any more.
const STUDENT_NOTHING: f64 = 36.0;
/// The width of a point, relative to the largest value beside it.
const POINT: f64 = 1e-9;
