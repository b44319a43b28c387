//! How often one of two independent quantities is above the other, or keeps a multiple of it.
//!
//! P(X > Y) and P(X <= r Y) are integrals of one density times the other's tail, on nodes that both share (`lattice` for
//! two Betas that are bells of like widths and an answer that is not small, else `grid`); for two Gammas the ratio has a
//! closed form, an incomplete beta function.
//!
//! Absolute errors below 1e-11, at counts up to 1e9. Not here: more than two (`best`), quantiles of the ratio (`lift`), by how much one is above (`loss`).

use super::bell::{Axis, Bell, Distribution};
use super::beta::Beta;
use super::gamma::Gamma;
use super::grid::{Grid, Table};
use super::lattice::Pair;
use super::math::ln;
use super::student::Student;

/// Distributions of one kind that can be held against each other.
pub(crate) trait Compare: Distribution {
    /// P(X <= `factor` Y), for X this one; one half where both sides are the same point.
    fn at_most(self, y: Self, factor: f64) -> f64;

    /// Each of `xs` and `factor` Y, as bells along one axis on which none leaves its range; and how many times Y's value is
    /// the axis'.
    fn along(xs: &[Self], y: Self, factor: f64) -> (Vec<Bell>, Bell, f64);

    /// `factor` times this one along the axis of the kind; `None` where others would have to be looked at differently for it.
    fn multiple(self, factor: f64) -> Option<Bell>;
}

impl Compare for Beta {
    fn at_most(self, y: Self, factor: f64) -> f64 {
        if !(factor > 0.0) {
            return 0.0;
        }
        let pair = if factor == 1.0 { Pair::along_logit(self, y) } else { Pair::along_logarithm(self, y) };
        let on_lattice = pair.and_then(|pair| pair.at_most(ln(factor)));
        on_lattice.map_or_else(|| ordered(Axis::Logit, ratio_bells(self, y, factor)), |(at_most, _)| at_most)
    }

    fn along(xs: &[Self], y: Self, factor: f64) -> (Vec<Bell>, Bell, f64) {
        if factor >= 1.0 {
            // Along X: X <= factor Y where Y >= X/factor, which is below 1 wherever X is.
            (xs.iter().map(|x| x.bell()).collect(), Bell::scaled(y, 1.0 / factor), factor)
        } else {
            (xs.iter().map(|x| Bell::scaled(*x, factor)).collect(), y.bell(), 1.0)
        }
    }

    fn multiple(self, factor: f64) -> Option<Bell> {
        (factor >= 1.0).then(|| Bell::scaled(self, 1.0 / factor))
    }
}

impl Compare for Gamma {
    fn at_most(self, y: Self, factor: f64) -> f64 {
        if !(factor > 0.0) {
            return 0.0;
        }
        // rate_x X/(rate_x X + rate_y Y) is Beta(shape_x, shape_y).
        let (own, others) = (self.rate * factor, y.rate);
        let share = Beta { a: self.shape, b: y.shape };
        share.tails(own / (own + others), others / (own + others)).0
    }

    fn along(xs: &[Self], y: Self, factor: f64) -> (Vec<Bell>, Bell, f64) {
        (xs.iter().map(|x| x.bell()).collect(), Self { rate: y.rate / factor, ..y }.bell(), factor)
    }

    fn multiple(self, factor: f64) -> Option<Bell> {
        Some(Self { rate: self.rate / factor, ..self }.bell())
    }
}

impl Compare for Student {
    fn at_most(self, y: Self, factor: f64) -> f64 {
        let y = y.times(factor);
        match (self.scale > 0.0, y.scale > 0.0) {
            (true, true) => ordered(Axis::Linear, [self.bell(), y.bell()]),
            (true, false) => self.tails(y.mean).0,
            (false, true) => y.tails(self.mean).1,
            (false, false) if self.mean == y.mean => 0.5,
            (false, false) => f64::from(self.mean < y.mean),
        }
    }

    fn along(xs: &[Self], y: Self, factor: f64) -> (Vec<Bell>, Bell, f64) {
        let all: Vec<Self> = xs.iter().copied().chain([y.times(factor)]).collect();
        let mut bells: Vec<Bell> = Self::softened(&all).into_iter().map(Self::bell).collect();
        let shared = bells.pop().unwrap_or_else(|| y.bell());
        (bells, shared, factor)
    }

    fn multiple(self, factor: f64) -> Option<Bell> {
        let multiple = self.times(factor);
        (multiple.scale > 0.0).then(|| multiple.bell())
    }
}

/// X and `factor` Y as bells on one logit axis, on which neither leaves (0, 1).
pub(super) fn ratio_bells(x: Beta, y: Beta, factor: f64) -> [Bell; 2] {
    if factor >= 1.0 {
        // Along X: X <= factor Y where Y >= X/factor, which is below 1 wherever X is.
        [x.bell(), Bell::scaled(y, 1.0 / factor)]
    } else {
        [Bell::scaled(x, factor), y.bell()]
    }
}

/// P(first <= second) of two along one axis.
fn ordered(axis: Axis, [first, second]: [Bell; 2]) -> f64 {
    if first.high <= second.low && axis != Axis::Linear {
        return 1.0;
    }
    if second.high <= first.low && axis != Axis::Linear {
        return 0.0;
    }
    let grid = Grid::covering(axis, &[first, second]);
    let (first, second) = (grid.tabulate(&first), grid.tabulate(&second));
    at_most_on_grid(&first, &second)
}

/// P(first <= second) of two tabulated ones; the smaller of it and its complement is integrated.
pub(super) fn at_most_on_grid(first: &Table, second: &Table) -> f64 {
    let sum = |mass: &[f64], tail: &[f64]| mass.iter().zip(tail).map(|(mass, tail)| mass * tail).sum::<f64>();
    let at_most = sum(&first.mass, second.above()) + first.before + first.after * second.after;
    let above = sum(&first.mass, &second.below) + first.after * (1.0 - second.after) + first.before * second.before;
    if at_most < above { at_most.clamp(0.0, 1.0) } else { (1.0 - above).clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};

    /// P(X > Y).
    fn exceeds<D: Compare>(x: D, y: D) -> f64 {
        y.at_most(x, 1.0)
    }

    const REFERENCE: &str = include_str!("reference/superiority.json");

    #[test]
    fn betas_meet_the_reference_in_every_corner() {
        for [a, b, c, d, factor, expected] in rows(REFERENCE, "beta") {
            let (x, y) = (Beta { a, b }, Beta { a: c, b: d });
            let what = format!("P(Beta({a}, {b}) <= {factor} Beta({c}, {d}))");
            close(x.at_most(y, factor), expected, 1e-9, 2e-12, &what);
            if factor == 1.0 {
                close(exceeds(x, y), 1.0 - expected, 1e-9, 2e-12, &what);
            }
        }
    }

    #[test]
    fn students_meet_the_reference() {
        for [mean, scale, degrees, other_mean, other_scale, other_degrees, factor, expected] in
            rows(REFERENCE, "student")
        {
            let x = Student { mean, scale, degrees };
            let y = Student { mean: other_mean, scale: other_scale, degrees: other_degrees };
            close(x.at_most(y, factor), expected, 0.0, 2e-11, &format!("P({x:?} <= {factor} {y:?})"));
        }
    }

    #[test]
    fn gammas_meet_their_closed_forms() {
        // Exponentials: P(X <= r Y) = r l/(r l + m), with rates l and m.
        let (x, y) = (Gamma { shape: 1.0, rate: 3.0 }, Gamma { shape: 1.0, rate: 2.0 });
        close(x.at_most(y, 0.5), 1.5 / 3.5, 1e-14, 0.0, "the share");
        close(exceeds(x, y), 1.0 - 3.0 / 5.0, 1e-14, 0.0, "the other share");
    }

    #[test]
    fn what_is_the_same_is_above_half_of_the_time() {
        for (a, b) in [(0.5, 0.5), (0.5, 1e9), (3.0, 4.0), (5e8, 5e8), (1e9, 0.5)] {
            close(exceeds(Beta { a, b }, Beta { a, b }), 0.5, 0.0, 1e-12, &format!("Beta({a}, {b})"));
        }
        for degrees in [1.0, 2.0, 17.0, 1e9, f64::INFINITY] {
            let x = Student { mean: -3.0, scale: 0.1, degrees };
            close(exceeds(x, x), 0.5, 0.0, 1e-13, &format!("{degrees} degrees"));
        }
        let point = Student { mean: 1.0, scale: 0.0, degrees: 2.0 };
        assert_eq!(exceeds(point, point), 0.5);
    }

    #[test]
    fn points_are_compared_as_points() {
        let (low, high) =
            (Student { mean: 1.0, scale: 0.0, degrees: 2.0 }, Student { mean: 2.0, scale: 0.0, degrees: 2.0 });
        let wide = Student { mean: 2.0, scale: 1.0, degrees: 2.0 };
        assert_eq!((low.at_most(high, 1.0), high.at_most(low, 1.0), high.at_most(low, 2.0)), (1.0, 0.0, 0.5));
        close(wide.at_most(high, 1.0), 0.5, 1e-15, 0.0, "around the point");
        close(high.at_most(wide, 1.0), 0.5, 1e-15, 0.0, "around the point");
        // E[T+] with 2 degrees is sqrt(2)/2.
    }

    #[test]
    fn no_factor_breaks_it() {
        let (x, y) = (Beta { a: 3.0, b: 9.0 }, Beta { a: 0.5, b: 1e9 });
        for factor in [-1.0, 0.0, 1e-300, 1e-9, 1.0 - 1e-16, 1.0 + 1e-15, 1e9, 1e300] {
            for (x, y) in [(x, y), (y, x), (x, x), (y, y)] {
                let found = x.at_most(y, factor);
                assert!((0.0..=1.0).contains(&found), "{x:?} {factor} {y:?}: {found}");
            }
        }
        let (x, y) =
            (Student { mean: 3.0, scale: 1.0, degrees: 2.0 }, Student { mean: -1.0, scale: 1e-9, degrees: 1.0 });
        for factor in [-1e300, -1.0, 0.0, 1e-300, 1e9, 1e300] {
            for (x, y) in [(x, y), (y, x), (x, x), (y, y)] {
                let found = x.at_most(y, factor);
                assert!((0.0..=1.0).contains(&found), "{x:?} {factor} {y:?}: {found}");
            }
        }
    }
}
