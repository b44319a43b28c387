//! Where an e-value reaches its need: the root of an increasing function between two places.
//!
//! Regula falsi with the weights of Anderson and Björck (1973), a handful of evaluations for what bisection takes fifty for;
//! after a dozen it bisects, whatever the function is. Exact to the last digits. Not here: how the two places are found.

use crate::stats::math::abs;

/// The root of `function` between `left` and `right`, of which the first has a value below 0, and the second one of 0 or more.
pub(super) fn root(left: (f64, f64), right: (f64, f64), function: &dyn Fn(f64) -> f64) -> f64 {
    let ((mut other, mut other_value), (mut last, mut last_value)) = (left, right);
    for step in 0..STEPS_MAX {
        let mut next = last - last_value * (last - other) / (last_value - other_value);
        if next == last && other_value.is_finite() {
            break;
        }
        if step >= QUICK_STEPS || !((next - other) * (last - next) > 0.0) {
            next = (other + last) / 2.0;
        }
        let value = function(next);
        if (value < 0.0) == (last_value < 0.0) {
            // The other end stays: it counts for less, so that the next place is beyond the root.
            let weight = 1.0 - value / last_value;
            other_value *= if weight > 0.0 { weight } else { 0.5 };
        } else {
            (other, other_value) = (last, last_value);
        }
        let moved = abs(next - last);
        (last, last_value) = (next, value);
        if value == 0.0 || moved.min(abs(last - other)) <= CLOSE * abs(last) {
            break;
        }
    }
    last
}

/// Steps before it bisects, and all.
const QUICK_STEPS: u32 = 15;
const STEPS_MAX: u32 = 75;
/// A step of that size is a few last bits.
const CLOSE: f64 = 1e-15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::math::{exp, ln, power, sqrt};
    use crate::stats::reference::close;
    use std::cell::Cell;

    /// The root, and after how many evaluations.
    fn found(left: f64, right: f64, function: impl Fn(f64) -> f64) -> (f64, u32) {
        let count = Cell::new(0);
        let counted = |x: f64| {
            count.set(count.get() + 1);
            function(x)
        };
        let root = root((left, function(left)), (right, function(right)), &counted);
        (root, count.get())
    }

    #[test]
    fn smooth_functions_take_a_handful_of_steps() {
        let check = |(root, steps): (f64, u32), expected: f64| {
            close(root, expected, 1e-14, 0.0, "root");
            assert!(steps <= 10, "{expected} in {steps}");
        };
        check(found(1.0, 2.0, |x| x * x - 2.0), sqrt(2.0));
        check(found(2.0, 1.0, |x| 2.0 - x * x), sqrt(2.0));
        check(found(0.0, 16.0, |x| libm::log1p(x) - 1.0), exp(1.0) - 1.0);
        check(found(0.1, 1.0, ln), 1.0);
    }

    #[test]
    fn any_other_is_bisected() {
        close(found(0.0, 3.0, |x| power(x, 41) - 1e-3).0, exp(ln(1e-3) / 41.0), 1e-13, 0.0, "flat, then steep");
        close(found(0.0, 1e6, |x| if x < 0.7 { -1.0 } else { 2.0 }).0, 0.7, 1e-10, 0.0, "a jump");
        close(found(0.0, 1.0, |x| if x < 0.3 { f64::NEG_INFINITY } else { 1.0 }).0, 0.3, 1e-10, 0.0, "infinite");
        assert!(found(0.0, 1.0, |_| f64::NAN).1 <= STEPS_MAX);
    }
}
