//! The Beta distribution: distribution function and quantiles, for shapes from 1e-3 to 1e9.
//!
//! The regularised incomplete beta function by a continued fraction (Didonato and Morris 1992, modified Lentz); where both shapes
//! are large, which would take very many steps, by quadrature of the density (`peak`). The factor in front is written around
//! the mean with Stirling's series, so that nothing of 1e10 cancels. Quantiles by Halley's method on the logit, which is
//! nearly normal; with a small shape by Newton's on the logarithms, inside a bracket.
//!
//! Accurate to about 1e-12 relative in either tail (tests hold it against mpmath). Not here: random draws.

use super::math::{LN_2_PI, STIRLING_MIN, abs, exp, ln, ln_1p, ln_1p_minus, ln_gamma, sqrt, stirling_correction};
use super::peak::Peak;

/// A Beta distribution with shapes `a` and `b`, both above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beta {
    pub(crate) a: f64,
    pub(crate) b: f64,
}

impl Beta {
    /// P(X <= x).
    pub(crate) fn cdf(self, x: f64) -> f64 {
        if !(x > 0.0) {
            return 0.0;
        }
        if x >= 1.0 {
            return 1.0;
        }
        let (lower, upper) = self.tails(x, 1.0 - x);
        if lower < upper { lower } else { 1.0 - upper }
    }

    /// The density at `x`; 0 outside (0, 1).
    pub(crate) fn density(self, x: f64) -> f64 {
        if x > 0.0 && x < 1.0 { exp(Power::of(self).ln(x, 1.0 - x)) / (x * (1.0 - x)) } else { 0.0 }
    }

    /// The x with P(X <= x) = `p`, for p in [0, 1].
    pub(crate) fn quantile(self, p: f64) -> f64 {
        if !(p > 0.0) {
            return 0.0;
        }
        if p >= 1.0 {
            return 1.0;
        }
        if p <= 0.5 { self.lower_quantile(p) } else { 1.0 - self.mirrored().lower_quantile(1.0 - p) }
    }

    fn mirrored(self) -> Self {
        Self { a: self.b, b: self.a }
    }

    /// P(X <= x) and P(X > x) inside (0, 1), one of them computed and the other its complement; `y` is 1 - x.
    pub(crate) fn tails(self, x: f64, y: f64) -> (f64, f64) {
        let Self { a, b } = self;
        if a.min(b) > QUADRATURE_SHAPE_MIN {
            return Large::of(self).tails(x, y);
        }
        if x < (a + 1.0) / (a + b + 2.0) {
            let lower = exp(Power::of(self).ln(x, y)) / a * continued_fraction(a, b, x, y);
            (lower, 1.0 - lower)
        } else {
            let upper = exp(Power::of(self).ln(x, y)) / b * continued_fraction(b, a, y, x);
            (1.0 - upper, upper)
        }
    }

    /// The same where the logit is nearly normal: from its first three cumulants (Cornish and Fisher 1938), Halley's method.
    fn quantile_by_logit(self, p: f64) -> Option<f64> {
        let Self { a, b } = self;
        let power = Power::of(self);
        let large = (a.min(b) > QUADRATURE_SHAPE_MIN).then(|| Large::of(self));
        let (of_a, of_b) = (1.0 / a, 1.0 / b);
        let variance = of_a + of_b + 0.5 * (of_a * of_a + of_b * of_b);
        let deviation = sqrt(variance);
        let skew = (of_b * of_b - of_a * of_a) / (variance * deviation);
        let z = super::normal::quantile(p);
        let mut logit = ln(a / b) + 0.5 * (of_b - of_a) + deviation * (z + skew / 6.0 * (z * z - 1.0));
        for _ in 0..HALLEY_STEPS_MAX {
            let odds = exp(logit);
            let (x, y) = (odds / (1.0 + odds), 1.0 / (1.0 + odds));
            let (lower, _) = large.as_ref().map_or_else(|| self.tails(x, y), |large| large.tails(x, y));
            let newton = (lower - p) / exp(power.ln(x, y));
            // The density's logarithm has the derivative a y - b x.
            let step = newton / (1.0 - 0.5 * newton * (a * y - b * x)).max(0.5);
            logit -= step;
            // The next step would be the cube of this one, in deviations.
            if abs(step) < 1e-5 * deviation {
                return Some(1.0 / (1.0 + exp(-logit)));
            }
        }
        None
    }

    /// The quantile of a `p` up to one half: Newton's method on ln P over ln x, which is nearly a straight line in the tail.
    fn lower_quantile(self, p: f64) -> f64 {
        let Self { a, b } = self;
        if let Some(quantile) = (a.min(b) > LOGIT_SHAPE_MIN).then(|| self.quantile_by_logit(p)).flatten() {
            return quantile;
        }
        let ln_p = ln(p);
        let power = Power::of(self);
        // P(X <= x) is at most x^a / (a B(a, b)) for b >= 1: a start to the left; Newton's steps climb from there.
        let start = (ln_p + ln(a) + ln_beta(a, b)) / a;
        let (mut low, mut high) = (f64::NEG_INFINITY, 0.0_f64);
        let mut ln_x = start.min(-1e-3);
        if a.min(b) > 1.0 {
            let mean = a / (a + b);
            let deviation = sqrt(mean * (b / (a + b)) / (a + b + 1.0));
            let bell = mean + super::normal::quantile(p) * deviation;
            if bell > 0.0 {
                ln_x = ln_x.max(ln(bell));
            }
        }
        for _ in 0..QUANTILE_STEPS_MAX {
            let x = exp(ln_x);
            if x == 0.0 {
                return 0.0;
            }
            let y = -libm::expm1(ln_x);
            let (lower, _) = self.tails(x, y);
            let error = ln(lower) - ln_p;
            if error > 0.0 {
                high = ln_x;
            } else {
                low = ln_x;
            }
            let slope = exp(power.ln(x, y) - ln(y) - ln(lower));
            let step = error / slope;
            let mut next = ln_x - step;
            if abs(error) < 1e-8 {
                // A step squares the distance: what is left is below the last bit.
                return exp(next);
            }
            if !(next > low && next < high) {
                next = if low.is_finite() { (low + high) / 2.0 } else { ln_x - 1.0 };
            }
            // Newton's steps square the error, so the next one would be below the last bit.
            if abs(next - ln_x) <= 1e-13 * abs(ln_x).max(1.0) {
                return exp(next);
            }
            ln_x = next;
        }
        exp(ln_x)
    }
}

/// Both shapes large: the density over the last few standard deviations along the logit.
#[derive(Debug, Clone, Copy)]
struct Large {
    beta: Beta,
    peak: Peak,
    height: f64,
}

impl Large {
    fn of(beta: Beta) -> Self {
        let Beta { a, b } = beta;
        let height = exp(Power::of(beta).ln(a / (a + b), b / (a + b)));
        Self { beta, peak: Peak::along_logit(beta), height }
    }

    fn tails(&self, x: f64, y: f64) -> (f64, f64) {
        let Beta { a, b } = self.beta;
        // Its logit less that of the mean: at 1e9 the value itself has too few digits left.
        let small = (x * b - y * a) / (y * a);
        let distance = if abs(small) < 0.5 { ln_1p(small) } else { ln(x / y) - ln(a / b) };
        let tail = self.height * self.peak.tail(distance);
        if distance < 0.0 { (tail, 1.0 - tail) } else { (1.0 - tail, tail) }
    }
}

/// x^a y^b / B(a, b) with y = 1 - x, the density over ln(x/y), with what depends on the shapes alone computed once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    a: f64,
    b: f64,
    constant: f64,
}

impl Power {
    pub(super) fn of(beta: Beta) -> Self {
        let Beta { a, b } = beta;
        let sum = a + b;
        let constant = if a.min(b) >= STIRLING_MIN {
            let scale = 0.5 * (ln(a) + ln(b / sum) - LN_2_PI);
            scale + stirling_correction(sum) - stirling_correction(a) - stirling_correction(b)
        } else {
            -ln_beta(a, b)
        };
        Self { a, b, constant }
    }

    pub(super) fn ln(self, x: f64, y: f64) -> f64 {
        let Self { a, b, constant } = self;
        if a.min(b) >= STIRLING_MIN {
            // Around the mean the two logarithms are small, and their first orders cancel: a (x b - y a)/a each.
            let from_mean = x * b - y * a;
            return a * ln_1p_minus(from_mean / a) + b * ln_1p_minus(-from_mean / b) + constant;
        }
        let ln_y = if y < 0.5 { ln(y) } else { ln_1p(-x) };
        let ln_x = if x < 0.5 { ln(x) } else { ln_1p(-y) };
        self.of_logs(ln_x, ln_y)
    }

    /// The same where a shape is small, the logarithms known.
    pub(super) fn of_logs(self, ln_x: f64, ln_y: f64) -> f64 {
        self.a * ln_x + self.b * ln_y + self.constant
    }
}

/// ln B(a, b).
fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < STIRLING_MIN {
        return ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large);
    }
    // ln gamma(large) - ln gamma(large + small), without the cancellation.
    let sum = small + large;
    let difference = -(large - 0.5) * ln_1p(small / large) - small * ln(sum) + small + stirling_correction(large)
        - stirling_correction(sum);
    ln_gamma(small) + difference
}

/// What the incomplete beta function over x^a y^b / (a B) is, for x below (a + 1)/(a + b + 2), with y = 1 - x.
///
/// The continued fraction of Didonato and Morris 1992 (BFRAC): it takes x and y both, so that an x within 1e-9 of 1 keeps
/// its digits, and half as many steps as DLMF 8.17.22, whose even part it is.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let keep_away_from_zero = |value: f64| if abs(value) < TINY { TINY } else { value };
    let lambda = a * y - b * x;
    let mut c = keep_away_from_zero(a / (a + 1.0) * (lambda + 1.0));
    let mut fraction = c;
    let mut d = 0.0;
    for step in 1..=FRACTION_STEPS_MAX {
        let n = f64::from(step);
        let middle = a + 2.0 * n - 1.0;
        let share = n * (b - n) * x / middle;
        let numerator = share * x * (a + n - 1.0) * (a + b + n - 1.0) / middle;
        let term = n + share + (a + n) / (middle + 2.0) * (lambda + 1.0 + n * (1.0 + y));
        d = 1.0 / keep_away_from_zero(term + numerator * d);
        c = keep_away_from_zero(term + numerator / c);
        let change = c * d;
        fraction *= change;
        if abs(change - 1.0) < 3e-16 {
            break;
        }
    }
    a / fraction
}

/// Both shapes above this: the continued fraction takes about sqrt(shape) steps, 128 evaluations of the density win.
const QUADRATURE_SHAPE_MIN: f64 = 3000.0;
/// With the smaller shape below 3000, a thousand steps suffice; at the bound the last value stands.
const FRACTION_STEPS_MAX: u32 = 2_000;
const QUANTILE_STEPS_MAX: u32 = 100;
/// Both shapes above this: the logit is near enough to a normal distribution for two or three steps.
const LOGIT_SHAPE_MIN: f64 = 3.0;
/// Far out in a tail of a small shape the start is too poor: then the logarithms serve.
const HALLEY_STEPS_MAX: u32 = 6;
const TINY: f64 = 1e-300;

#[cfg(test)]
mod tests {
    use super::*;

    // Computed with mpmath at 40 digits: (a, b, x or p, value).
    const CDF: [(f64, f64, f64, f64); 15] = [
        (0.1, 1000.1, 1e-12, 0.13232567707090111),
        (0.5, 0.5, 0.3, 0.36901011956554538),
        (2.5, 7.5, 0.01, 0.00055699818440498833),
        (3.1, 97.1, 0.05, 0.86671979625455575),
        (1.1, 299.1, 0.02, 0.99697046953910623),
        (50.1, 950.1, 0.05, 0.51214928088666101),
        (500.0, 500.0, 0.45, 0.00076367893952649825),
        (0.1, 0.1, 0.9, 0.59361490606372401),
        (1000.0, 20.0, 0.99, 0.99596557683167524),
        (4000.0, 5000.0, 0.43, 0.0028597885248059645),
        (4000.0, 5000.0, 0.46, 0.9984834903747158),
        (0.1, 1000000000.0, 1e-10, 0.82755175955563086),
        (30.1, 1000000000.0, 2e-08, 0.020818225882931505),
        (1000000.0, 9000000.0, 0.0998, 0.017465613242324134),
        (500000000.0, 500000000.0, 0.49995, 0.00078270110987638627),
    ];
    const QUANTILES: [(f64, f64, f64, f64); 10] = [
        (0.1, 1000.1, 0.025, 5.7937378146812476e-20),
        (0.1, 1000.1, 0.975, 0.00097776878193732097),
        (3.1, 97.1, 0.025, 0.0067247668218602193),
        (3.1, 97.1, 0.975, 0.072468782013960805),
        (0.5, 0.5, 0.3, 0.20610737385376344),
        (14.1, 286.1, 0.5, 0.045965050583048437),
        (120.1, 880.1, 0.975, 0.14091580760243085),
        (50.1, 0.1, 0.025, 0.98049734098277476),
        (4000.0, 5000.0, 0.025, 0.4341909987960336),
        (1000000.0, 9000000.0, 0.975, 0.10018601425711387),
    ];

    #[test]
    fn the_distribution_function_meets_the_reference() {
        for (a, b, x, expected) in CDF {
            let found = Beta { a, b }.cdf(x);
            assert!(abs(found - expected) <= 1e-11 * expected, "Beta({a}, {b}) at {x}: {found}, not {expected}");
        }
    }

    #[test]
    fn quantiles_meet_the_reference() {
        for (a, b, p, expected) in QUANTILES {
            let found = Beta { a, b }.quantile(p);
            assert!(abs(found - expected) <= 1e-11 * expected, "Beta({a}, {b}) at {p}: {found}, not {expected}");
        }
    }

    #[test]
    fn the_ends_are_the_ends() {
        let beta = Beta { a: 0.5, b: 3.0 };
        assert_eq!((beta.cdf(-1.0), beta.cdf(0.0), beta.cdf(1.0), beta.cdf(f64::NAN)), (0.0, 0.0, 1.0, 0.0));
        assert_eq!((beta.quantile(0.0), beta.quantile(1.0)), (0.0, 1.0));
    }
}
