//! By how much of it one quantity is above another: quantiles and intervals of (Y - X)/|X|.
//!
//! Betas: the root of P(Y <= e^t X) = p (on a `lattice`; what that cannot do, on a `grid`) by Newton's method on the normal
//! scale, on which it is nearly straight, from Cornish and Fisher's expansion in the cumulants of ln Y - ln X (polygamma
//! functions). Gammas: the ratio is a beta prime, closed.
//! Means: Fieller's interval (Fieller 1954), which knows that the divisor is uncertain too.
//!
//! Quantiles to 1e-9 relative to 1 + lift. Not here: which sign is the better one.

use super::bell::Distribution;
use super::beta::Beta;
use super::gamma::Gamma;
use super::grid::Grid;
use super::lattice::Pair;
use super::math::{abs, exp, exp_m1, ln, sqrt};
use super::normal;
use super::student::Student;
use super::superiority::{at_most_on_grid, ratio_bells};

/// The quantile `p` of Y/X - 1, for p in (0, 1).
#[cfg(test)]
pub(crate) fn beta_quantile(x: Beta, y: Beta, p: f64) -> f64 {
    Ratio::new(x, y).quantile(p)
}

/// The quantiles `tail` and 1 - `tail` of Y/X - 1, for a `tail` in (0, 1/2): cheaper than each alone.
pub(crate) fn beta_interval(x: Beta, y: Beta, tail: f64) -> (f64, f64) {
    let ratio = Ratio::new(x, y);
    (ratio.quantile(tail), ratio.quantile(1.0 - tail))
}

/// Y/X, with what does not depend on the quantile computed once.
struct Ratio {
    x: Beta,
    y: Beta,
    pair: Option<Pair>,
    cumulants: [f64; 4],
}

impl Ratio {
    fn new(x: Beta, y: Beta) -> Self {
        let (of_y, of_x) = (log_cumulants(y), log_cumulants(x));
        let cumulants = [of_y[0] - of_x[0], of_y[1] + of_x[1], of_y[2] - of_x[2], of_y[3] + of_x[3]];
        Self { x, y, pair: Pair::along_logarithm(y, x), cumulants }
    }

    fn quantile(&self, p: f64) -> f64 {
        let target = normal::quantile(p);
        let (mut t, slope) = self.cornish_fisher(target);
        let (mut low, mut high, mut is_first) = (f64::NEG_INFINITY, f64::INFINITY, true);
        for _ in 0..STEPS_MAX {
            let (at_most, density) = self.at_most(t);
            let z = normal::quantile(at_most);
            // Where P is 0 or 1 to the last bit the step is no number, and the bracket moves instead.
            let miss = z - target;
            let step = miss * normal::density(z) / density;
            // Where the expansion is that good, Newton's method along it is exact at once: the expansion's own error is a
            // polynomial of the fifth degree, so that of a step is a few cubes of the miss.
            if is_first && abs(miss) < MISS_MAX && slope > 0.0 {
                return exp_m1(self.cornish_fisher(target - step / slope).0);
            }
            is_first = false;
            if z > target {
                high = t;
            } else {
                low = t;
            }
            let mut next = t - step;
            if !(next > low && next < high) {
                next = match (low.is_finite(), high.is_finite()) {
                    (true, true) => (low + high) / 2.0,
                    (true, false) => low + 1.0 + abs(low),
                    _ => high - 1.0 - abs(high),
                };
            }
            // Newton's method squares the distance: what is left after a step of 2e-5 deviations is below 4e-10 of one.
            let small = abs(miss) < 2e-5 || abs(next - t) <= 1e-14 * abs(t).max(1e-2);
            t = next;
            if small {
                break;
            }
        }
        exp_m1(t)
    }

    /// P(Y <= e^t X) and its derivative by t.
    fn at_most(&self, t: f64) -> (f64, f64) {
        self.pair.as_ref().and_then(|pair| pair.at_most(t)).unwrap_or_else(|| on_panels(self.x, self.y, t))
    }

    /// The quantile at the normal quantile `z` of ln Y - ln X, to the fourth cumulant (Abramowitz and Stegun 26.2.49), and
    /// its derivative by `z`.
    fn cornish_fisher(&self, z: f64) -> (f64, f64) {
        let [mean, variance, third, fourth] = self.cumulants;
        let deviation = sqrt(variance);
        let (skew, excess) = (third / (variance * deviation), fourth / (variance * variance));
        // Where the expansion is no longer a small change it is none at all.
        if !(abs(skew) < 1.0 && abs(excess) < 2.0) {
            return (mean + deviation * z, deviation);
        }
        let square = z * z;
        let bent = z + skew / 6.0 * (square - 1.0) + excess / 24.0 * z * (square - 3.0)
            - skew * skew / 36.0 * z * (2.0 * square - 5.0);
        let slope = 1.0 + skew / 3.0 * z + excess / 8.0 * (square - 1.0) - skew * skew / 36.0 * (6.0 * square - 5.0);
        (mean + deviation * bent, deviation * slope)
    }
}

/// The quantile `p` of Y/X - 1.
pub(crate) fn gamma_quantile(x: Gamma, y: Gamma, p: f64) -> f64 {
    // W = rate_y Y/(rate_x X + rate_y Y) is Beta(shape_y, shape_x), and Y/X = W/(1 - W) rate_x/rate_y.
    let (low, high) = (Beta { a: y.shape, b: x.shape }, Beta { a: x.shape, b: y.shape });
    let odds = if p <= 0.5 {
        let share = low.quantile(p);
        share / (1.0 - share)
    } else {
        let share = high.quantile(1.0 - p);
        (1.0 - share) / share
    };
    odds * (x.rate / y.rate) - 1.0
}

/// Fieller's interval for (Y - X)/|X|, with `critical` standard errors to each side; None where 0 is among the values of X.
pub(crate) fn fieller(x: Student, y: Student, critical: f64) -> Option<(f64, f64)> {
    let sign = if x.mean < 0.0 { -1.0 } else { 1.0 };
    let divisor = abs(x.mean);
    let share = critical * x.scale / divisor;
    let g = share * share;
    if !(g < 1.0) {
        return None;
    }
    let ratio = sign * y.mean / divisor;
    let spread = critical / divisor * sqrt(y.scale * y.scale * (1.0 - g) + ratio * ratio * x.scale * x.scale);
    let ends = ((ratio - spread) / (1.0 - g) - 1.0, (ratio + spread) / (1.0 - g) - 1.0);
    // For a negative X, (Y - X)/|X| is 1 - Y/X: mirrored.
    let (low, high) = if sign < 0.0 { (-ends.1, -ends.0) } else { ends };
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// P(Y <= e^t X) and its derivative by t.
fn on_panels(x: Beta, y: Beta, t: f64) -> (f64, f64) {
    let bells = ratio_bells(y, x, exp(t));
    let grid = Grid::covering(Beta::AXIS, &bells);
    let tables = bells.map(|bell| grid.tabulate(&bell));
    let [first, second] = &tables;
    // Per node: the densities over ln Y and over ln X of the same place, whose product is the density of the ratio.
    let density: f64 = grid
        .points()
        .iter()
        .zip(first.mass.iter().zip(&second.mass))
        .map(|(point, (first, second))| first * second / point.weight * point.value)
        .sum();
    (at_most_on_grid(first, second), density)
}

/// The first four cumulants of the logarithm of a Beta.
fn log_cumulants(Beta { a, b }: Beta) -> [f64; 4] {
    let (of_a, of_sum) = (polygammas(a), polygammas(a + b));
    // ln of a Gamma has these cumulants, and Beta times Gamma(a + b) is Gamma(a).
    [ln(a / (a + b)) + of_a[0] - of_sum[0], of_a[1] - of_sum[1], of_a[2] - of_sum[2], of_a[3] - of_sum[3]]
}

/// digamma - ln, and the first three derivatives of digamma: recurrence up to 8, then the asymptotic series (DLMF 5.11, 5.15).
///
/// To about 1e-7: starting values only.
fn polygammas(x: f64) -> [f64; 4] {
    let mut sums = [0.0; 4];
    let mut at = x;
    while at < 8.0 {
        let inverse = 1.0 / at;
        sums[0] -= inverse;
        sums[1] += inverse * inverse;
        sums[2] -= 2.0 * inverse * inverse * inverse;
        sums[3] += 6.0 * inverse * inverse * inverse * inverse;
        at += 1.0;
    }
    let i = 1.0 / at;
    let s = i * i;
    sums[0] += ln(at / x) - i / 2.0 - s / 12.0 + s * s / 120.0;
    sums[1] += i + s / 2.0 + s * i / 6.0 - s * s * i / 30.0;
    sums[2] += -s - s * i - s * s / 2.0 + s * s * s / 6.0;
    sums[3] += 2.0 * s * i + 3.0 * s * s + 2.0 * s * s * i - s * s * s * i;
    sums
}

/// Of the normal quantile: how far the expansion may miss for one step to end at 1e-10.
const MISS_MAX: f64 = 3e-4;
/// One or two steps are usual; with a shape of one half and a p in the tail up to twenty. At the bound the last value stands.
const STEPS_MAX: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, rows};
    use crate::stats::superiority::Compare;

    #[test]
    fn quantiles_of_the_ratio_meet_the_reference() {
        for [a, b, c, d, factor, p] in rows(include_str!("reference/superiority.json"), "beta") {
            if p > 1e-5 {
                // P(X <= r Y) is p: r is the quantile p of X/Y.
                let found = beta_quantile(Beta { a: c, b: d }, Beta { a, b }, p) + 1.0;
                close(found, factor, 1e-9, 0.0, &format!("Beta({a}, {b}) over Beta({c}, {d}) at {p}"));
            }
        }
    }

    #[test]
    fn quantiles_are_found_from_the_smallest_to_the_largest_shapes() {
        for (x, y) in [
            ((0.5, 0.5), (0.5, 0.5)),
            ((0.5, 1e9), (0.5, 1000.5)),
            ((1000.5, 0.5), (0.5, 20.5)),
            ((5e8, 5e8), (0.5, 5.5)),
        ] {
            let (x, y) = (Beta { a: x.0, b: x.1 }, Beta { a: y.0, b: y.1 });
            let (low, high) = beta_interval(x, y, 0.025);
            for (p, found) in [(0.025, low), (0.5, beta_quantile(x, y, 0.5)), (0.975, high)] {
                close(y.at_most(x, 1.0 + found), p, 1e-8, 0.0, &format!("{y:?} over {x:?} at {p}: {found}"));
            }
        }
    }

    #[test]
    fn one_step_along_a_good_expansion_is_exact() {
        let mut largest: f64 = 0.0;
        for events in [20.5, 40.5, 60.5, 100.5, 200.5, 1000.5] {
            for others in [50.5, 960.5, 1e6] {
                let (x, y) = (Beta { a: events, b: others }, Beta { a: 1.3 * events, b: 0.7 * others });
                let (low, high) = beta_interval(x, y, 0.025);
                for (p, found) in [(0.025, low), (0.975, high)] {
                    let (at_most, density) = Ratio::new(x, y).at_most(ln(1.0 + found));
                    largest = largest.max(((at_most - p) / density).abs());
                }
            }
        }
        assert!(largest < 3e-10, "{largest}");
    }

    #[test]
    fn gamma_quantiles_undo_their_distribution() {
        let (x, y) = (Gamma { shape: 3.5, rate: 100.0 }, Gamma { shape: 0.5, rate: 70.0 });
        for p in [0.025, 0.5, 0.975] {
            close(y.at_most(x, 1.0 + gamma_quantile(x, y, p)), p, 1e-11, 0.0, &format!("{p}"));
        }
    }

    #[test]
    fn fiellers_interval_is_that_of_the_ratio() {
        let (x, y) = (Student { mean: 4.0, scale: 1.0, degrees: 9.0 }, Student { mean: 6.0, scale: 2.0, degrees: 9.0 });
        // Its ends are where (y - r x)^2 = z^2 (s_y^2 + r^2 s_x^2); here z = 2: r of 3/2 +- ... solves 12 r^2 - 48 r + 20 = 0.
        let (low, high) = fieller(x, y, 2.0).unwrap();
        let root = crate::stats::math::sqrt(48.0 * 48.0 - 4.0 * 12.0 * 20.0) / 24.0;
        close(low, 2.0 - root - 1.0, 1e-14, 0.0, "lower end");
        close(high, 2.0 + root - 1.0, 1e-14, 0.0, "upper end");
        assert_eq!(fieller(x, y, 4.0), None);
        assert_eq!(fieller(Student { mean: 0.0, scale: 0.0, degrees: 9.0 }, y, 2.0), None);
        let exact = Student { scale: 0.0, ..x };
        assert_eq!(fieller(exact, Student { scale: 0.0, ..y }, 2.0), Some((0.5, 0.5)));
    }

    #[test]
    fn a_negative_divisor_counts_by_its_size() {
        let x = Student { mean: -4.0, scale: 0.0, degrees: 9.0 };
        let y = Student { mean: -6.0, scale: 0.0, degrees: 9.0 };
        assert_eq!(fieller(x, y, 2.0), Some((-0.5, -0.5)));
        let y = Student { mean: 2.0, scale: 0.0, degrees: 9.0 };
        assert_eq!(fieller(x, y, 2.0), Some((1.5, 1.5)));
    }
}
