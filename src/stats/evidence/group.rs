//! Intervals of nearly the same exposures, as one: what they add to a likelihood at every ratio of the rates, in a few terms.
//!
//! Events of both versions fall to the second one with the odds r x, r the ratio of an interval's exposures and x that of the
//! rates; a likelihood needs the sum of events ln(1 + r x). With r = R (1 + d) that is ln(1 + R x) + ln(1 + d q) at
//! the chance q = R x/(1 + R x), and the latter a series in q with sums of events d^j as coefficients: whatever
//! the number of intervals, a ratio costs one logarithm for each R. At |d| up to 1/8 the series is exact to the last bit.
//!
//! Not here: the likelihood (`rate_ratio`).

use super::rate_ratio::Stratum;
use crate::stats::math::abs;

/// Some intervals.
#[derive(Debug)]
pub(super) struct Group {
    /// The exposure over the base's, in the first of them.
    pub(super) exposures: f64,
    /// Events of both versions in all of them.
    pub(super) events: f64,
    /// Of the powers of the chance, from the first on.
    series: [f64; TERMS],
    /// The largest |d|.
    reach: f64,
}

impl Group {
    /// Those of `strata` that tell anything, each with the first group that is near.
    pub(super) fn all(strata: &[Stratum]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for stratum in strata.iter().filter(|stratum| stratum.is_telling()) {
            let (exposures, events) = (stratum.exposures(), stratum.events + stratum.base_events);
            match groups.iter_mut().find(|group| abs(exposures - group.exposures) <= REACH * group.exposures) {
                Some(group) => group.add(exposures / group.exposures - 1.0, events),
                None => groups.push(Self { exposures, events, series: [0.0; TERMS], reach: 0.0 }),
            }
        }
        groups
    }

    /// An interval whose exposures are 1 + `apart` times the first one's.
    fn add(&mut self, apart: f64, events: f64) {
        self.events += events;
        self.reach = self.reach.max(abs(apart));
        let mut power = -events;
        for (sum, share) in self.series.iter_mut().zip(SHARES) {
            power *= -apart;
            *sum += power * share;
        }
    }

    /// The sum of events ln(1 + d q) at the chance q, and its two derivatives by q.
    pub(super) fn scatter(&self, chance: f64) -> (f64, f64, f64) {
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        if self.reach > 0.0 {
            for term in self.series.iter().rev() {
                second = second * chance + first;
                first = first * chance + sum;
                sum = sum * chance + term;
            }
        }
        (sum * chance, first * chance + sum, 2.0 * (second * chance + first))
    }
}

/// Of the largest and smallest exposures of a group, so far from its first.
const REACH: f64 = 0.125;
/// What is left out is below 2^-52.
const TERMS: usize = 15;
/// 1/j: those of ln(1 + x), signs apart.
const SHARES: [f64; TERMS] = shares();

const fn shares() -> [f64; TERMS] {
    let mut shares = [0.0; TERMS];
    let mut j = 0;
    while j < TERMS {
        shares[j] = 1.0 / (j + 1) as f64;
        j += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::trials::strata;
    use crate::stats::math::ln_1p;
    use crate::stats::reference::close;

    #[test]
    fn groups_add_up_to_what_their_intervals_do() {
        // Exposures that scatter by a tenth, then by a factor of 100, some events without a fraction and some with.
        let mut numbers = Vec::new();
        for k in 0..200 {
            let wide = if k < 100 { 1.0 } else { 1.0 + f64::from(k % 7) * 16.0 };
            let exposure = wide * (50.0 + f64::from(k * 7 % 11));
            numbers.extend([40.0 + f64::from(k * 5 % 9), f64::from(k % 4), exposure, 0.3 + f64::from(k % 3)]);
        }
        let strata = strata(&numbers);
        let groups = Group::all(&strata);
        assert!(groups.len() > 3 && groups.len() < 40, "{}", groups.len());
        let change = 1e-4;
        for ratio in [1e-6, 0.03, 0.7, 1.0, 5.0, 1e4] {
            let each = |ratio: f64| -> f64 {
                strata.iter().map(|one| (one.events + one.base_events) * ln_1p(one.exposures() * ratio)).sum()
            };
            let (mut value, mut slope) = (0.0, 0.0);
            for group in &groups {
                let odds = group.exposures * ratio;
                let (scatter, first, _) = group.scatter(odds / (1.0 + odds));
                value += group.events * ln_1p(odds) + scatter;
                slope += (group.events * odds + first * odds / (1.0 + odds)) / (1.0 + odds);
            }
            close(value, each(ratio), 1e-14, 0.0, &format!("at {ratio}"));
            let rise = (each(ratio * (1.0 + change)) - each(ratio * (1.0 - change))) / (2.0 * change);
            close(slope, rise, 1e-7, 0.0, &format!("the slope at {ratio}"));
        }
    }

    #[test]
    fn the_derivatives_are_those_of_the_sum() {
        let strata = strata(&[50.0, 1.0, 50.0, 2.0, 50.0, 3.0, 56.0, 1.0, 50.0, 1.0, 45.0, 4.0]);
        let groups = Group::all(&strata);
        assert_eq!(groups.len(), 1);
        let at = |chance: f64| groups[0].scatter(chance);
        let change = 1e-5;
        close(at(0.4).1, (at(0.4 + change).0 - at(0.4 - change).0) / (2.0 * change), 1e-8, 0.0, "the first");
        close(at(0.4).2, (at(0.4 + change).1 - at(0.4 - change).1) / (2.0 * change), 1e-8, 0.0, "the second");
        assert_eq!(at(0.0).0, 0.0);
    }
}
