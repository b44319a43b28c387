//! Evidence that one proportion is above or below another in every interval, exact for trials, whatever the proportions are.
//!
//! Given both versions' successes together, those of the second are hypergeometric where the proportions are equal, and Fisher's
//! noncentral hypergeometric where their odds differ by a factor: the common proportion drops out (the sequential form of
//! Cochran, Mantel and Haenszel). Likelihood ratios of a grid of factors multiply over the intervals; the mixture is the e-value.
//!
//! A normalising sum over all splits is a polynomial in the factor. Small ones are evaluated at all factors at once; of large
//! ones first the bell at their mode for all factors, then the sum for those factors that can matter to the mixture:
//! term by term, or far from the ends as a trapezoidal sum, which errs by e^-31. Counts are rounded to whole numbers.
//!
//! Not here: limits other than equality (`rate_ratio`).

use super::BothWays;
use super::grid::ratios;
use super::rate_ratio::Stratum;
use crate::stats::math::{LN_2_PI, clamp, exp, floor, ln, ln_gamma, sqrt};

/// Evidence that the odds of an event are below the base's (`within`) or above them (`beyond`); exposures are trials.
pub(crate) fn evidence(strata: &[Stratum]) -> BothWays {
    if !strata.iter().any(Stratum::is_telling) {
        return BothWays::NONE;
    }
    let grid = ratios();
    let ln_odds: [f64; 48] = std::array::from_fn(|k| if k < 24 { -grid.steps[k] } else { grid.steps[k - 24] });
    let odds = ln_odds.map(exp);
    let mut logs = [0.0; 48];
    // Of the small sums their product, whose logarithm is theirs, and the exponents together.
    let (mut products, mut exponent) = ([1.0; 48], 0.0);
    let mut large = Vec::new();
    for stratum in strata.iter().filter(|stratum| stratum.is_telling()) {
        let (split, events) = Split::of(stratum);
        if split.most - split.least <= SMALL_MAX {
            exponent += events - split.least;
            for ((log, product), sum) in logs.iter_mut().zip(&mut products).zip(split.sums(&odds)) {
                let all = *product * sum;
                if all > PRODUCT_MIN && all < 1.0 / PRODUCT_MIN {
                    *product = all;
                } else {
                    *log -= ln(*product);
                    *product = sum;
                }
            }
        } else {
            let at_equality = split.ln_rough_sum(0.0);
            let rough = ln_odds.map(|step| split.ln_rough_sum(step));
            for ((log, bell), step) in logs.iter_mut().zip(rough).zip(ln_odds) {
                *log += events * step - (bell - at_equality);
            }
            large.push((split, rough, split.ln_sum(0.0) - at_equality));
        }
    }
    for ((log, product), step) in logs.iter_mut().zip(products).zip(ln_odds) {
        *log += exponent * step - ln(product);
    }
    let (within, beyond) = logs.split_at_mut(24);
    let sides = [(within, &ln_odds[..24], 0), (beyond, &ln_odds[24..], 24)].map(|(logs, ln_odds, first)| {
        let mut side = [0.0; 24];
        side.copy_from_slice(logs);
        let top = side.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (k, log) in side.iter_mut().enumerate().filter(|(_, log)| **log > top - MATTERS) {
            for (split, rough, correction) in &large {
                *log -= split.ln_sum(ln_odds[k]) - rough[first + k] - correction;
            }
        }
        grid.ln_mixture(&side)
    });
    BothWays::of(sides[0], sides[1])
}

/// All ways in which a number of successes can fall to two groups.
#[derive(Debug, Clone, Copy)]
struct Split {
    base_trials: f64,
    trials: f64,
    total: f64,
    /// The least and most successes of the second group.
    least: f64,
    most: f64,
}

impl Split {
    /// With the second group's successes.
    fn of(stratum: &Stratum) -> (Self, f64) {
        let round = |count: f64| floor(count + 0.5);
        let (base_trials, trials) = (round(stratum.base_exposure), round(stratum.exposure));
        let events = round(stratum.events).min(trials);
        let total = events + round(stratum.base_events).min(base_trials);
        let (least, most) = ((total - base_trials).max(0.0), total.min(trials));
        (Self { base_trials, trials, total, least, most }, events)
    }

    /// The weight of `x` + 1 over that of `x`.
    fn ratio(&self, x: f64) -> f64 {
        (self.trials - x) * (self.total - x) / ((x + 1.0) * (self.base_trials - self.total + x + 1.0))
    }

    /// The mean of odds^(x - least) under equality, at each of the `odds`.
    fn sums(&self, odds: &[f64; 48]) -> [f64; 48] {
        let count = (self.most - self.least) as usize + 1;
        let mode = floor(self.mode(0.0)) - self.least;
        // From the mode outward: no weight leaves the range of numbers.
        let mut weights = [0.0; SMALL_MAX as usize + 1];
        let top = (mode as usize).min(count - 1);
        weights[top] = 1.0;
        for k in top + 1..count {
            weights[k] = weights[k - 1] * self.ratio(self.least + k as f64 - 1.0);
        }
        for k in (0..top).rev() {
            weights[k] = weights[k + 1] / self.ratio(self.least + k as f64);
        }
        let total: f64 = weights[..count].iter().sum();
        let mut sums = [0.0; 48];
        for weight in weights[..count].iter().rev() {
            for (sum, odds) in sums.iter_mut().zip(odds) {
                *sum = *sum * odds + weight;
            }
        }
        sums.map(|sum| sum / total)
    }

    /// Where the weights times odds^x are largest, about.
    fn mode(&self, ln_odds: f64) -> f64 {
        let odds = exp(ln_odds);
        // x (base - total + x) = odds (trials - x) (total - x).
        let linear = self.base_trials - self.total + odds * (self.trials + self.total);
        let constant = odds * self.trials * self.total;
        let root = sqrt((linear * linear + 4.0 * (1.0 - odds) * constant).max(0.0));
        let mode = if linear > 0.0 { 2.0 * constant / (linear + root) } else { (root - linear) / (2.0 * (1.0 - odds)) };
        clamp(mode, self.least, self.most)
    }

    /// The deviation of the bell around `x`.
    fn deviation(&self, x: f64) -> f64 {
        let cells = [x, self.trials - x, self.total - x, self.base_trials - self.total + x];
        1.0 / sqrt(cells.iter().map(|cell| 1.0 / (cell + 0.5)).sum())
    }

    /// ln of the weight of `x` times odds^x, but for what is the same for all.
    fn ln_weight(&self, x: f64, ln_odds: f64) -> f64 {
        let cells = [x, self.trials - x, self.total - x, self.base_trials - self.total + x];
        ln_odds * x - cells.iter().map(|cell| ln_gamma(cell + 1.0)).sum::<f64>()
    }

    /// The mode, the deviation there, and whether the bell is clear of both ends.
    fn bell(&self, ln_odds: f64) -> (f64, f64, bool) {
        let mode = self.mode(ln_odds);
        let deviation = self.deviation(mode);
        (mode, deviation, (mode - self.least).min(self.most - mode) > REACH * deviation)
    }

    /// ln of the sum over all splits, to about a thousandth.
    fn ln_rough_sum(&self, ln_odds: f64) -> f64 {
        let (mode, deviation, is_clear) = self.bell(ln_odds);
        if is_clear { self.ln_weight(mode, ln_odds) + ln(deviation) + 0.5 * LN_2_PI } else { self.ln_sum(ln_odds) }
    }

    /// ln of the sum over all splits.
    fn ln_sum(&self, ln_odds: f64) -> f64 {
        let (mode, deviation, is_clear) = self.bell(ln_odds);
        if is_clear {
            let peak = self.ln_weight(mode, ln_odds);
            let term = |k: i32| exp(self.ln_weight(mode + STEP * deviation * f64::from(k), ln_odds) - peak);
            return peak + ln(STEP * deviation * (-STEPS..=STEPS).map(term).sum::<f64>());
        }
        // So near an end the deviation is small: there are few terms.
        let (start, odds) = (floor(mode), exp(ln_odds));
        let mut sum = 1.0;
        let (mut x, mut weight) = (start, 1.0);
        while x < self.most && weight > NEGLIGIBLE * sum {
            weight *= self.ratio(x) * odds;
            sum += weight;
            x += 1.0;
        }
        (x, weight) = (start, 1.0);
        while x > self.least && weight > NEGLIGIBLE * sum {
            x -= 1.0;
            weight /= self.ratio(x) * odds;
            sum += weight;
        }
        self.ln_weight(start, ln_odds) + ln(sum)
    }
}

/// Up to this number of splits less one powers of the largest odds, e^3, stay numbers.
const SMALL_MAX: f64 = 200.0;
/// A product is taken up before it leaves the range of numbers, where it would lose digits.
const PRODUCT_MIN: f64 = 1e-290;
/// Factors whose likelihood is e^-60 of the largest do not matter, nor does how well it is known.
const MATTERS: f64 = 60.0;
/// A trapezoidal sum, in deviations: far enough from the ends, steps of that length, so many on each side.
const REACH: f64 = 9.0;
const STEP: f64 = 0.75;
const STEPS: i32 = 12;
/// Below that of the sum so far a term is lost in its last bit.
const NEGLIGIBLE: f64 = 1e-17;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::trials::{mean_over_counts, strata};
    use crate::stats::reference::{close, lists};

    #[test]
    fn evidence_about_the_odds_meets_the_reference() {
        for row in lists(include_str!("../reference/evidence.json"), "odds_ratio") {
            let (head, rest) = row.split_at(2);
            let found = evidence(&strata(rest));
            close(found.within, head[0], 1e-9, 1e-9, &format!("within {row:?}"));
            close(found.beyond, head[1], 1e-9, 1e-9, &format!("beyond {row:?}"));
        }
    }

    #[test]
    fn large_counts_are_summed_as_small_ones_are() {
        let odds: [f64; 48] = std::array::from_fn(|k| exp(-3.0 + 0.125 * k as f64));
        for (base_trials, trials, total) in [(300.0, 500.0, 190.0), (90.0, 4000.0, 200.0), (150.0, 100.0, 120.0)] {
            let (split, _) =
                Split::of(&Stratum { base_exposure: base_trials, base_events: total, exposure: trials, events: 0.0 });
            let sums = split.sums(&odds);
            for (k, sum) in sums.into_iter().enumerate() {
                let step = -3.0 + 0.125 * k as f64;
                let found = split.ln_sum(step) - split.ln_sum(0.0) - split.least * step;
                close(found, ln(sum), 1e-11, 1e-11, &format!("{split:?} at {step}"));
            }
        }
    }

    #[test]
    fn the_mean_over_all_counts_of_trials_is_at_most_one() {
        for (base_n, n, base_p, p, side) in
            [(6, 6, 0.3, 0.3, 0), (6, 2, 0.4, 0.3, 1), (3, 6, 0.9, 0.95, -1), (5, 4, 0.6, 0.6, 0)]
        {
            let (base, other) = ((base_n, base_p), (n, p));
            let within = mean_over_counts(base, other, |strata| exp(evidence(strata).within));
            let beyond = mean_over_counts(base, other, |strata| exp(evidence(strata).beyond));
            assert!(side > 0 || within < 1.0 + 1e-12, "{base_n} {n}: {within}");
            assert!(side < 0 || beyond < 1.0 + 1e-12, "{base_n} {n}: {beyond}");
        }
    }

    #[test]
    fn no_count_breaks_it() {
        for base_events in [0.0, 1.0, 300.0, 1e9] {
            for events in [0.0, 0.4, 1e3, 999_999_999.0, 1e9] {
                let found = evidence(&strata(&[1e9, base_events, 1e9, events, 1.0, base_events, 1e9, events]));
                assert!(
                    found.within.abs() <= 700.0 && found.beyond.abs() <= 700.0,
                    "{base_events} {events}: {found:?}"
                );
            }
        }
    }
}
