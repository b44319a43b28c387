//! Evidence that holds at every look: e-values against "beyond the limit" and against "within the limit", as logarithms.
//!
//! An e-value has at most 1 as its mean under its null at any time one stops, so that it ever reaches 1/alpha with probability
//! alpha at most (Ville 1939). A process a file; here is what they share: the two directions, and how e-values of the same
//! null are combined. The least is right where either is, the mean where both are.
//!
//! Not here: which limits there are, and what an e-value decides.

pub(crate) mod bernoulli;
mod grid;
mod group;
pub(crate) mod mean_ratio;
pub(crate) mod odds_ratio;
pub(crate) mod quantile_bounds;
pub(crate) mod rate_ratio;
mod root;
pub(crate) mod split_mismatch;
pub(crate) mod t_process;
mod tail;
#[cfg(test)]
mod trials;

use super::math::{exp, ln, ln_1p};

/// ln of two e-values, each within -700 and 700; 0 is no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct BothWays {
    /// For "within the limit": against the null that the quantity is at the limit or beyond.
    pub(crate) within: f64,
    /// For "beyond the limit": against the null that the quantity is at the limit or within.
    pub(crate) beyond: f64,
}

impl BothWays {
    /// No evidence, e-values of 1.
    pub(crate) const NONE: Self = Self { within: 0.0, beyond: 0.0 };
    /// What rules out that the limit is broken.
    pub(crate) const CERTAINLY_WITHIN: Self = Self { within: LN_MAX, beyond: -LN_MAX };
    /// What rules out that the limit is kept.
    pub(crate) const CERTAINLY_BEYOND: Self = Self { within: -LN_MAX, beyond: LN_MAX };

    /// The two, at most 700 and at least -700; what is no number is no evidence.
    fn of(within: f64, beyond: f64) -> Self {
        if within.is_nan() || beyond.is_nan() {
            return Self::NONE;
        }
        Self { within: within.clamp(-LN_MAX, LN_MAX), beyond: beyond.clamp(-LN_MAX, LN_MAX) }
    }

    /// The same seen from the other side: for a limit that is to be exceeded.
    pub(crate) fn swapped(self) -> Self {
        Self { within: self.beyond, beyond: self.within }
    }

    /// The lesser evidence each way.
    pub(crate) fn least(self, other: Self) -> Self {
        Self { within: self.within.min(other.within), beyond: self.beyond.min(other.beyond) }
    }

    /// The mean of the two e-values each way.
    pub(crate) fn mean(self, other: Self) -> Self {
        Self { within: ln_mean_exp(&[self.within, other.within]), beyond: ln_mean_exp(&[self.beyond, other.beyond]) }
    }
}

/// The evidence of successive blocks: the product of 0.1 + 0.9 e, so that a block never takes more than nine tenths.
pub(crate) fn product_of_blocks(blocks: &[BothWays]) -> BothWays {
    let hedged = |log_e: f64| ln_sum_exp(&[ln(BLOCK_HEDGE), ln_1p(-BLOCK_HEDGE) + log_e]);
    BothWays::of(
        blocks.iter().map(|block| hedged(block.within)).sum(),
        blocks.iter().map(|block| hedged(block.beyond)).sum(),
    )
}

/// ln of the mean of e-values given by their logarithms; `None` of none.
pub(crate) fn ln_mean(logs: &[f64]) -> Option<f64> {
    (!logs.is_empty()).then(|| ln_mean_exp(logs).clamp(-LN_MAX, LN_MAX))
}

/// ln of the sum of the exponentials.
fn ln_sum_exp(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    largest + ln(logs.iter().map(|log| exp(log - largest)).sum())
}

/// ln of the mean of the exponentials.
fn ln_mean_exp(logs: &[f64]) -> f64 {
    ln_sum_exp(logs) - ln(logs.len() as f64)
}

/// e^700 is still a number, and more than any decision asks for.
const LN_MAX: f64 = 700.0;
/// What is kept in hand of each block.
const BLOCK_HEDGE: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::close;

    #[test]
    fn evidence_is_combined_each_way() {
        let (one, other) =
            (BothWays { within: ln(3.0), beyond: ln(0.5) }, BothWays { within: ln(1.0), beyond: ln(1.5) });
        assert_eq!(one.least(other), BothWays { within: 0.0, beyond: ln(0.5) });
        close(one.mean(other).within, ln(2.0), 1e-15, 0.0, "mean of 3 and 1");
        close(one.mean(other).beyond, 0.0, 0.0, 1e-15, "mean of 0.5 and 1.5");
        assert_eq!(one.swapped().within, one.beyond);
        let product = product_of_blocks(&[one, other]);
        close(product.within, ln(2.8), 1e-15, 0.0, "(0.1 + 2.7) (0.1 + 0.9)");
        close(product.beyond, ln(0.55 * 1.45), 1e-14, 0.0, "0.55 times 1.45");
        assert_eq!(product_of_blocks(&[]), BothWays::NONE);
    }

    #[test]
    fn no_evidence_leaves_the_range_of_numbers() {
        assert_eq!(BothWays::of(f64::INFINITY, -1e9), BothWays::CERTAINLY_WITHIN);
        assert_eq!(BothWays::of(f64::NAN, 3.0), BothWays::NONE);
        assert_eq!(product_of_blocks(&[BothWays::CERTAINLY_WITHIN; 9]).within, LN_MAX);
        assert!(BothWays::CERTAINLY_WITHIN.mean(BothWays::CERTAINLY_BEYOND).within > 699.0);
    }
}
