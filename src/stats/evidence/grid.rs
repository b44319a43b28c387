//! Mixtures over a fixed grid of alternatives along a logarithm: weights, and the logarithm of the weighted mean of e-values.
//!
//! Weights fall like a bell from the null at 0 outward. A mixture of e-values with weights that sum to 1 is an e-value.
//!
//! Not here: what an alternative makes of an interval.

use crate::stats::math::{exp, ln};

/// Alternatives at `step`, 2 `step`, ... `N` `step`, weighted like a bell with deviation `scale`.
#[derive(Debug, Clone)]
pub(super) struct Grid<const N: usize> {
    pub(super) steps: [f64; N],
    ln_weights: [f64; N],
}

impl<const N: usize> Grid<N> {
    pub(super) fn new(step: f64, scale: f64) -> Self {
        let steps: [f64; N] = std::array::from_fn(|k| step * (k as f64 + 1.0));
        let bell = |at: f64| -0.5 * (at / scale) * (at / scale);
        let ln_total = ln(steps.iter().map(|at| exp(bell(*at))).sum());
        Self { steps, ln_weights: steps.map(|at| bell(at) - ln_total) }
    }

    /// ln of the weighted mean of e^`logs`.
    pub(super) fn ln_mixture(&self, logs: &[f64; N]) -> f64 {
        let weighted = || self.ln_weights.iter().zip(logs).map(|(weight, log)| weight + log);
        let largest = weighted().fold(f64::NEG_INFINITY, f64::max);
        if !largest.is_finite() {
            return largest;
        }
        largest + ln(weighted().map(|log| exp(log - largest)).sum())
    }
}

/// The grid of ratios, as logarithms: up to e^3, most of the weight within a factor of 2.
pub(super) fn ratios() -> Grid<24> {
    Grid::new(0.125, 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_fall_outward() {
        let grid = ratios();
        assert!(grid.ln_mixture(&[0.0; 24]).abs() < 1e-15);
        assert!(grid.ln_weights.is_sorted_by(|near, far| near > far));
        assert_eq!(grid.steps[23], 3.0);
    }
}
