//! Several tests at once: what remains true of each e-value or p-value when the best of them is looked at.
//!
//! E-values: their mean is one again under any dependence, their least one for "all of them" (Vovk and Wang 2021); each one's
//! adjusted value is the least mean over the sets of others it may be averaged with (closed testing); e-BH (Wang and Ramdas
//! 2022) bounds the share of false ones. P-values: Bonferroni, Holm 1979, Benjamini and Hochberg 1995, Benjamini and Yekutieli
//! 2001, as adjusted values.
//!
//! E-values up to e^700. Not here: which of them a decision uses.

/// The mean; 1, that is no evidence, of none.
pub(crate) fn mean(e_values: &[f64]) -> f64 {
    if e_values.is_empty() { 1.0 } else { e_values.iter().map(|e| e / e_values.len() as f64).sum() }
}

/// The e-values adjusted for all being tested: each is safe to compare with 1/alpha.
pub(crate) fn closed_mean(e_values: &[f64]) -> Vec<f64> {
    let mut rising = e_values.to_vec();
    rising.sort_by(f64::total_cmp);
    e_values
        .iter()
        .map(|&own| {
            // Averaged with the smallest others, one after the other; itself is met once on the way.
            let mut others = rising.iter().copied();
            let mut met = false;
            let (mut total, mut count) = (own, 1.0);
            let mut least = own;
            for other in others.by_ref() {
                if !met && other == own {
                    met = true;
                    continue;
                }
                count += 1.0;
                // The running mean: sums of e^700 would overflow.
                total += (other - total) / count;
                least = least.min(total);
            }
            least
        })
        .collect()
}

/// Which hypotheses e-BH rejects at the false discovery rate `alpha`: the k largest, the largest k with e_(k) >= K/(alpha k).
pub(crate) fn e_bh(e_values: &[f64], alpha: f64) -> Vec<bool> {
    let mut falling = e_values.to_vec();
    falling.sort_by(|one, other| other.total_cmp(one));
    let needed = e_values.len() as f64 / alpha;
    let last = falling.iter().enumerate().rev().find(|(index, e)| **e * (*index as f64 + 1.0) >= needed * SLACK);
    let threshold = last.map_or(f64::INFINITY, |(_, e)| *e);
    e_values.iter().map(|e| *e >= threshold).collect()
}

/// How p-values are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adjustment {
    Bonferroni,
    Holm,
    BenjaminiHochberg,
    BenjaminiYekutieli,
}

/// The p-values adjusted for all being tested, in their order, at most 1.
pub(crate) fn adjust(p_values: &[f64], adjustment: Adjustment) -> Vec<f64> {
    let count = p_values.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&one, &other| p_values[one].total_cmp(&p_values[other]));
    let mut adjusted = vec![1.0_f64; count];
    let k = count as f64;
    let harmonic: f64 = (1..=count).map(|rank| 1.0 / rank as f64).sum();
    match adjustment {
        Adjustment::Bonferroni => {
            adjusted.iter_mut().zip(p_values).for_each(|(adjusted, p)| *adjusted = (k * p).min(1.0))
        }
        Adjustment::Holm => {
            let mut largest = 0.0_f64;
            for (rank, &index) in order.iter().enumerate() {
                largest = largest.max((k - rank as f64) * p_values[index]).min(1.0);
                adjusted[index] = largest;
            }
        }
        Adjustment::BenjaminiHochberg | Adjustment::BenjaminiYekutieli => {
            let factor = if adjustment == Adjustment::BenjaminiYekutieli { harmonic } else { 1.0 };
            let mut least = 1.0_f64;
            for (rank, &index) in order.iter().enumerate().rev() {
                least = least.min(factor * k / (rank as f64 + 1.0) * p_values[index]);
                adjusted[index] = least;
            }
        }
    }
    adjusted
}

/// 5 evidences of 20 at alpha 0.05 are enough; the last bit of 5/0.05 must not decide.
const SLACK: f64 = 1.0 - 1e-12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_large_evidence_does_not_overflow() {
        assert_eq!((mean(&[10.0, 50.0, 3.0]), mean(&[])), (21.0, 1.0));
        assert!(mean(&[1e304; 4]).is_finite() && closed_mean(&[1e304; 4])[0] > 9e303);
    }

    #[test]
    fn each_e_value_carries_its_weakest_company() {
        assert_eq!(closed_mean(&[10.0, 4.0, 1.0]), [5.0, 2.5, 1.0]);
        assert_eq!(closed_mean(&[8.0, 8.0, 2.0]), [5.0, 5.0, 2.0]);
        assert_eq!(closed_mean(&[]), [0.0; 0]);
    }

    #[test]
    fn e_bh_rejects_the_largest_together() {
        assert_eq!(e_bh(&[25.0, 30.0, 1.0, 40.0], 0.1), [true, true, false, true]);
        assert_eq!(e_bh(&[25.0, 12.0, 1.0, 30.0], 0.1), [true, false, false, true]);
        assert_eq!(e_bh(&[9.0, 9.0], 0.1), [false, false]);
        assert_eq!(e_bh(&[], 0.1), [false; 0]);
    }

    #[test]
    fn p_values_are_adjusted_by_the_four_rules() {
        let p = [0.25, 0.0625, 0.125];
        assert_eq!(adjust(&p, Adjustment::Bonferroni), [0.75, 0.1875, 0.375]);
        assert_eq!(adjust(&p, Adjustment::Holm), [0.25, 0.1875, 0.25]);
        assert_eq!(adjust(&p, Adjustment::BenjaminiHochberg), [0.25, 0.1875, 0.1875]);
        let expected = [11.0 / 24.0, 11.0 / 32.0, 11.0 / 32.0];
        for (found, expected) in adjust(&p, Adjustment::BenjaminiYekutieli).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15);
        }
    }
}
