//! Whether requests fell to the versions as they were meant to: chi squared at one look, and e-values that hold at every look.
//!
//! Fixed shares: the Dirichlet-multinomial Bayes factor with a concentration of 100 (Lindon and Malek 2022). Two ways with shares
//! that change from interval to interval: each interval's odds tilted by one factor, over a grid of factors. Counts up to 1e9
//! cancel around what was expected, so Stirling's series is written around that.
//!
//! Not here: which shares were meant.

use super::LN_MAX;
use super::grid::Grid;
use crate::stats::gamma::Gamma;
use crate::stats::math::{LN_2_PI, STIRLING_MIN, exp_m1, ln, ln_1p, ln_1p_minus, ln_gamma, stirling_correction};

/// Pearson's chi squared of the counts against their shares and the chance of a larger one; (0, 1) where nothing can differ.
///
/// Groups with a share of 0 are left out; shares sum to 1.
pub(crate) fn chi_squared(counts: &[f64], shares: &[f64]) -> (f64, f64) {
    let total: f64 = counts.iter().sum();
    let used = || counts.iter().zip(shares).filter(|(_, share)| **share > 0.0);
    let degrees = used().count() as f64 - 1.0;
    if !(total > 0.0 && degrees > 0.0) {
        return (0.0, 1.0);
    }
    let distance = |count: f64, expected: f64| (count - expected) * (count - expected) / expected;
    let chi_squared = used().map(|(count, share)| distance(*count, total * share)).sum();
    (chi_squared, Gamma { shape: degrees / 2.0, rate: 0.5 }.tails(chi_squared).1)
}

/// ln of the e-value against the counts falling by the shares, which sum to 1; 0 without counts.
///
/// A count where the share is 0 is as much evidence as there can be.
pub(crate) fn ln_e_of_fixed_shares(counts: &[f64], shares: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        return 0.0;
    }
    let whole = CONCENTRATION + total;
    let mut ln_e = ln_gamma_rest(CONCENTRATION) - ln_gamma_rest(whole);
    for (count, share) in counts.iter().zip(shares) {
        if !(*share > 0.0) {
            if *count > 0.0 {
                return LN_MAX;
            }
            continue;
        }
        let (prior, posterior, expected) = (CONCENTRATION * share, CONCENTRATION * share + count, whole * share);
        // posterior ln(posterior/expected) less what sums to 0, (posterior - expected).
        let excess = (posterior - expected) / expected;
        ln_e += expected * ((1.0 + excess) * ln_1p_minus(excess) + excess * excess);
        ln_e += ln_gamma_rest(posterior) - ln_gamma_rest(prior);
    }
    ln_e.clamp(-LN_MAX, LN_MAX)
}

/// One interval: requests of the two, and the share that the second was meant to have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SplitInterval {
    pub(crate) base: f64,
    pub(crate) other: f64,
    pub(crate) share: f64,
}

/// ln of the e-value against the intervals' requests falling by their shares; intervals that sent all to one are left out.
#[cfg_attr(not(test), expect(dead_code, reason = "for a host that knows the share of each interval"))]
pub(crate) fn ln_e_of_changing_shares(intervals: &[SplitInterval]) -> f64 {
    let grid = Grid::<20>::new(TILT_STEP, TILT_SCALE);
    let (ups, downs) = (grid.steps.map(exp_m1), grid.steps.map(|step| exp_m1(-step)));
    let (mut up, mut down) = ([0.0; 20], [0.0; 20]);
    let is_split = |interval: &&SplitInterval| interval.share > 0.0 && interval.share < 1.0;
    for SplitInterval { base, other, share } in intervals.iter().filter(is_split) {
        let total = base + other;
        for k in 0..20 {
            up[k] += other * grid.steps[k] - total * ln_1p(share * ups[k]);
            down[k] -= other * grid.steps[k] + total * ln_1p(share * downs[k]);
        }
    }
    let ln_e = super::ln_mean_exp(&[grid.ln_mixture(&up), grid.ln_mixture(&down)]);
    if ln_e.is_nan() { 0.0 } else { ln_e.clamp(-LN_MAX, LN_MAX) }
}

/// The p-value that holds at every look.
pub(crate) fn p_value(ln_e: f64) -> f64 {
    crate::stats::math::exp(-ln_e).min(1.0)
}

/// ln gamma(x) less x ln x - x.
fn ln_gamma_rest(x: f64) -> f64 {
    if x < STIRLING_MIN {
        return ln_gamma(x) - x * ln(x) + x;
    }
    0.5 * (LN_2_PI - ln(x)) + stirling_correction(x)
}

/// As if 100 requests had been seen at the meant shares.
const CONCENTRATION: f64 = 100.0;
/// Tilts of the odds up to a factor of e, most of the weight within 20 %.
const TILT_STEP: f64 = 0.05;
const TILT_SCALE: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::reference::{close, lists};

    const REFERENCE: &str = include_str!("../reference/evidence.json");

    #[test]
    fn fixed_shares_meet_the_reference() {
        for row in lists(REFERENCE, "fixed_shares") {
            let (head, rest) = row.split_at(3);
            let (counts, shares) = rest.split_at(rest.len() / 2);
            let (chi, p) = chi_squared(counts, shares);
            close(chi, head[0], 1e-9, 1e-12, &format!("chi squared {row:?}"));
            close(p, head[1], 1e-9, 1e-300, &format!("p {row:?}"));
            close(ln_e_of_fixed_shares(counts, shares), head[2], 1e-9, 1e-10, &format!("ln E {row:?}"));
        }
    }

    #[test]
    fn changing_shares_meet_the_reference() {
        for row in lists(REFERENCE, "changing_shares") {
            let (head, rest) = row.split_at(1);
            let intervals: Vec<SplitInterval> = rest
                .chunks_exact(3)
                .map(|three| SplitInterval { base: three[0], other: three[1], share: three[2] })
                .collect();
            close(ln_e_of_changing_shares(&intervals), head[0], 1e-9, 1e-10, &format!("{row:?}"));
        }
    }

    #[test]
    fn the_mean_over_all_splits_of_eight_is_one() {
        let shares = [0.2, 0.3, 0.5];
        let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
        let mut mean = 0.0;
        for first in 0..=8 {
            for second in 0..=8 - first {
                let counts = [first, second, 8 - first - second];
                let ways = factorial(8) / counts.map(factorial).iter().product::<f64>();
                let chance: f64 = counts
                    .iter()
                    .zip(shares)
                    .map(|(count, share)| crate::stats::math::power(share, *count as u32))
                    .product();
                mean += ways * chance * crate::stats::math::exp(ln_e_of_fixed_shares(&counts.map(f64::from), &shares));
            }
        }
        close(mean, 1.0, 1e-12, 0.0, "the mean under the null");
    }

    #[test]
    fn what_cannot_differ_does_not() {
        assert_eq!((chi_squared(&[0.0, 0.0], &[0.5, 0.5]), chi_squared(&[7.0], &[1.0])), ((0.0, 1.0), (0.0, 1.0)));
        assert_eq!(ln_e_of_fixed_shares(&[0.0, 0.0], &[0.5, 0.5]), 0.0);
        assert_eq!(ln_e_of_fixed_shares(&[7.0, 1.0], &[1.0, 0.0]), 700.0);
        assert!(ln_e_of_fixed_shares(&[7.0, 0.0], &[1.0, 0.0]).abs() < 1e-12);
        assert!(ln_e_of_changing_shares(&[SplitInterval { base: 5.0, other: 5.0, share: 0.0 }]).abs() < 1e-15);
        assert_eq!((p_value(-3.0), p_value(0.0)), (1.0, 1.0));
    }
}
