//! Shares into whole numbers that sum to a total, without a random number.
//!
//! Systematic rounding (Madow 1949): the running total, moved by one offset u in [0, 1), is cut down to whole numbers. Each
//! part is its share rounded down or up, and over u uniform its mean is the share itself; offsets that step by the golden
//! ratio are spread as evenly as any (Weyl), so the mean over iterations is right too.
//!
//! Not here: which shares, caps and explorations.

use super::math::floor;

/// `weights` (0 or more, not all 0) as whole parts of `total`, in the same order; None if the weights are no shares.
pub(crate) fn apportion(weights: &[f64], total: u32, offset: f64) -> Option<Vec<u32>> {
    let sum: f64 = weights.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) || weights.iter().any(|weight| !(*weight >= 0.0)) {
        return None;
    }
    let total = f64::from(total);
    let mut running = 0.0;
    let mut taken = 0.0;
    let last = weights.iter().rposition(|weight| *weight > 0.0);
    let parts = weights.iter().enumerate().map(|(index, weight)| {
        running += weight;
        // The last share ends at the total to the last bit. A sum that is whole but for rounding is whole.
        let end =
            if Some(index) >= last { total } else { floor(total * (running / sum) + offset + ROUNDING).min(total) };
        let part = end - taken;
        taken = end;
        part as u32
    });
    Some(parts.collect())
}

/// The offset of iteration `t`: frac(1/2 + t times the golden ratio's fraction).
pub(crate) fn golden_offset(t: u64) -> f64 {
    // In units of 2^-64, which wrap around by themselves: exact for any t.
    let turned = t.wrapping_mul(GOLDEN).wrapping_add(1 << 63);
    (turned >> 11) as f64 / 9_007_199_254_740_992.0
}

const ROUNDING: f64 = 1e-9;
/// (sqrt(5) - 1)/2 times 2^64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_shares_rounded_down_or_up_and_sum_to_the_total() {
        let weights = [0.125, 0.333, 0.0, 0.042, 0.5];
        let mut sums = [0u32; 5];
        for t in 0..1000 {
            let parts = apportion(&weights, 100, golden_offset(t)).unwrap();
            assert_eq!(parts.iter().sum::<u32>(), 100);
            for ((part, weight), sum) in parts.iter().zip(weights).zip(&mut sums) {
                assert!((f64::from(*part) - 100.0 * weight).abs() < 1.0, "{weight}: {part}");
                *sum += part;
            }
        }
        for (sum, weight) in sums.iter().zip(weights) {
            assert!((f64::from(*sum) / 1000.0 - 100.0 * weight).abs() < 0.005, "{weight}: {sum}");
        }
    }

    #[test]
    fn whole_shares_stay_at_any_offset() {
        for offset in [0.0, 0.3, 0.999_999] {
            assert_eq!(apportion(&[0.1, 0.2, 0.7], 100, offset), Some(vec![10, 20, 70]));
            assert_eq!(apportion(&[3.0, 0.0], 100, offset), Some(vec![100, 0]));
        }
    }

    #[test]
    fn offsets_start_at_one_half_and_step_by_the_golden_ratio() {
        assert_eq!(golden_offset(0), 0.5);
        assert!((golden_offset(1) - 0.118_033_988_749_894_85).abs() < 1e-15);
        assert!((golden_offset(1_000_000_007) - 0.576_132_769_453_850_8).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for weights in [&[][..], &[0.0, 0.0], &[1.0, -0.1], &[f64::NAN, 1.0], &[f64::INFINITY]] {
            assert_eq!(apportion(weights, 100, 0.5), None);
        }
    }
}
