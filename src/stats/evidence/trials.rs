//! Counts for the unit tests: strata out of rows of numbers, and the chances of every number of events in some trials.
//!
//! Binomial chances are products of whole numbers' ratios; small numbers of trials only. Not here: the tests.

use super::rate_ratio::Stratum;
use crate::stats::math::power;

/// Strata out of exposure and events of the base, exposure and events of the other, and so on.
pub(super) fn strata(numbers: &[f64]) -> Vec<Stratum> {
    numbers
        .chunks_exact(4)
        .map(|four| Stratum { base_exposure: four[0], base_events: four[1], exposure: four[2], events: four[3] })
        .collect()
}

/// The chances of 0 to `n` events.
pub(super) fn chances(n: u32, p: f64) -> Vec<f64> {
    let choose = |k: u32| -> f64 { (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product() };
    (0..=n).map(|k| choose(k) * power(p, k) * power(1.0 - p, n - k)).collect()
}

/// The mean of what `value` makes of both counts of events, of a base and another of trials.
pub(super) fn mean_over_counts(base: (u32, f64), other: (u32, f64), value: impl Fn(&[Stratum]) -> f64) -> f64 {
    let mut mean = 0.0;
    for (base_events, base_chance) in chances(base.0, base.1).iter().enumerate() {
        for (events, chance) in chances(other.0, other.1).iter().enumerate() {
            let counts = [f64::from(base.0), base_events as f64, f64::from(other.0), events as f64];
            mean += base_chance * chance * value(&strata(&counts));
        }
    }
    mean
}
