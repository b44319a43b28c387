//! Evidence about the ratio of two event rates against a limit, stratified over intervals, and its confidence sequence.
//!
//! Of an interval's events so many fall to the second version; given their total that is binomial for Poisson events, with a chance
//! that the ratio and the two exposures tell and no drift of the rates touches (Lindon and Malek 2022, here with an
//! allocation of each interval's own). The likelihood ratio of each alternative on a grid against the limit multiplies over
//! the intervals; the grid's mixture is the e-value. For trials it is one too: (1 - p + p a)^n <= exp(n p (a - 1)).
//! The confidence sequence is where the mixture over all ratios, Jeffreys' belief of the chance at the first interval's
//! exposures, stays below 1/alpha of the likelihood; that mixture is a trapezoidal sum, accurate to 1e-10.
//!
//! Not here: rates whose intervals scatter more than Poisson's (`t_process`).

use super::BothWays;
use super::grid::ratios;
use super::group::Group;
use crate::stats::math::{abs, exp, exp_m1, ln, ln_1p, sqrt};

/// What one interval saw of both: exposures (or trials) and events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stratum {
    pub(crate) base_exposure: f64,
    pub(crate) base_events: f64,
    pub(crate) exposure: f64,
    pub(crate) events: f64,
}

impl Stratum {
    /// The two in each other's place.
    fn swapped(&self) -> Self {
        let Self { base_exposure, base_events, exposure, events } = *self;
        Self { base_exposure: exposure, base_events: events, exposure: base_exposure, events: base_events }
    }

    /// The exposure over the base's.
    pub(super) fn exposures(&self) -> f64 {
        self.exposure / self.base_exposure
    }

    /// Whether it tells anything: exposure of both, and an event of either.
    pub(super) fn is_telling(&self) -> bool {
        let Self { base_exposure, base_events, exposure, events } = *self;
        let sound = base_exposure > 0.0 && exposure > 0.0 && base_events >= 0.0 && events >= 0.0;
        sound && base_events + events > 0.0 && (base_exposure + exposure + base_events + events).is_finite()
    }
}

/// Evidence that the rate is below `limit` times the base's (`within`) or above it (`beyond`); none for a limit of 0 or less.
pub(crate) fn evidence(strata: &[Stratum], limit: f64) -> BothWays {
    if !(limit > 0.0 && limit.is_finite() && strata.iter().any(Stratum::is_telling)) {
        return BothWays::NONE;
    }
    let grid = ratios();
    let excesses = [grid.steps.map(|step| exp_m1(-step)), grid.steps.map(exp_m1)];
    let (mut within, mut beyond) = ([0.0; 24], [0.0; 24]);
    for group in Group::all(strata) {
        let chance = 1.0 / (1.0 + 1.0 / (group.exposures * limit));
        let scatter = group.scatter(chance).0;
        for (logs, excesses) in [&mut within, &mut beyond].into_iter().zip(&excesses) {
            for (log, excess) in logs.iter_mut().zip(excesses) {
                let gain = chance * excess;
                // ln is the quicker one, and as exact where its argument is not close to 1.
                let each = if abs(gain) < 0.01 { ln_1p(gain) } else { ln(1.0 + gain) };
                *log -= group.events * each + (group.scatter((chance + gain) / (1.0 + gain)).0 - scatter);
            }
        }
    }
    let all_events: f64 = strata.iter().filter(|stratum| stratum.is_telling()).map(|stratum| stratum.events).sum();
    for ((within, beyond), step) in within.iter_mut().zip(&mut beyond).zip(grid.steps) {
        *within -= all_events * step;
        *beyond += all_events * step;
    }
    BothWays::of(grid.ln_mixture(&within), grid.ln_mixture(&beyond))
}

/// The ratios that are not ruled out at `alpha`, looked at however often; from 0 without events, infinite above without the base's.
pub(crate) fn confidence_sequence(strata: &[Stratum], alpha: f64) -> (f64, f64) {
    let likelihood = Likelihood::of(strata);
    if likelihood.events > likelihood.base_events {
        let swapped: Vec<Stratum> = strata.iter().map(|stratum| stratum.swapped()).collect();
        let (lower, upper) = confidence_sequence(&swapped, alpha);
        return (1.0 / upper, 1.0 / lower);
    }
    let Some(ln_mixture) = likelihood.ln_mixture() else { return (0.0, f64::INFINITY) };
    let ln_least = ln_mixture + ln(alpha);
    let end = |side: f64| exp(likelihood.end(ln_least, side));
    let lower = if likelihood.events > 0.0 { end(-1.0) } else { 0.0 };
    let upper = if likelihood.base_events > 0.0 { end(1.0) } else { f64::INFINITY };
    (lower, upper)
}

/// The likelihood of the ratio's logarithm, which is concave.
struct Likelihood {
    groups: Vec<Group>,
    events: f64,
    base_events: f64,
    /// The exposures' ratio in the first interval: it carries the prior.
    first: f64,
    /// The least and the largest ratio of the exposures.
    least: f64,
    most: f64,
    /// Sums of the powers of the exposures' ratios, weighted by the events: where ratios are small these are all that counts.
    moments: [f64; 5],
}

impl Likelihood {
    fn of(strata: &[Stratum]) -> Self {
        let mut all = Self {
            groups: Group::all(strata),
            events: 0.0,
            base_events: 0.0,
            first: 1.0,
            least: f64::INFINITY,
            most: 0.0,
            moments: [0.0; 5],
        };
        all.first = all.groups.first().map_or(1.0, |group| group.exposures);
        for stratum in strata.iter().filter(|stratum| stratum.is_telling()) {
            let ratio = stratum.exposures();
            all.events += stratum.events;
            all.base_events += stratum.base_events;
            (all.least, all.most) = (all.least.min(ratio), all.most.max(ratio));
            let mut power = stratum.events + stratum.base_events;
            for sum in &mut all.moments {
                power *= ratio;
                *sum += power;
            }
        }
        all
    }

    /// Its logarithm at the logarithm of a ratio. A version with few events has a long tail of small ratios, where
    /// a series of ln(1 + odds) does for all intervals at once.
    fn ln(&self, ln_ratio: f64) -> f64 {
        let ratio = exp(ln_ratio);
        if !(self.most * ratio < SERIES_ODDS_MAX) {
            return self.at(ln_ratio).0;
        }
        let series = self.moments.iter().zip([1.0, -1.0 / 2.0, 1.0 / 3.0, -1.0 / 4.0, 1.0 / 5.0]);
        self.events * ln_ratio - series.rev().fold(0.0, |sum, (moment, term)| (sum + moment * term) * ratio)
    }

    /// Its logarithm at the logarithm of a ratio, the slope and the curvature there (which is 0 or less).
    fn at(&self, ln_ratio: f64) -> (f64, f64, f64) {
        let ratio = exp(ln_ratio);
        let (mut value, mut slope, mut curvature) = (self.events * ln_ratio, self.events, 0.0);
        for group in &self.groups {
            let odds = group.exposures * ratio;
            let chance = 1.0 / (1.0 + 1.0 / odds);
            let (scatter, first, second) = group.scatter(chance);
            let each = if odds.is_finite() { ln_1p(odds) } else { ln(group.exposures) + ln_ratio };
            value -= group.events * each + scatter;
            // The chance changes by this with the logarithm of the ratio.
            let change = chance * (1.0 - chance);
            slope -= group.events * chance + first * change;
            curvature -= (group.events + second * change + first * (1.0 - 2.0 * chance)) * change;
        }
        (value, slope, curvature)
    }

    /// ln of the prior's density along the ratio's logarithm: that of the chance at the first exposures is Beta(1/2, 1/2).
    fn ln_prior(&self, ln_ratio: f64) -> f64 {
        let odds = self.first * exp(ln_ratio);
        0.5 * ln(odds) - ln_1p(odds) - ln(std::f64::consts::PI)
    }

    /// The most likely logarithm of a ratio, prior included, and the deviation of the bell around it.
    fn mode(&self) -> (f64, f64) {
        let odds = ln((self.events + 0.5) / (self.base_events + 0.5));
        let mut low = odds - ln(self.most);
        let mut high = odds - ln(self.least);
        let mut place = (low + high) / 2.0;
        let mut width = 1.0;
        for _ in 0..STEPS_MAX {
            let (_, slope, curvature) = self.at(place);
            let chance = 1.0 / (1.0 + 1.0 / (self.first * exp(place)));
            let (slope, curvature) = (slope + 0.5 - chance, curvature - chance * (1.0 - chance));
            width = 1.0 / sqrt(-curvature);
            if slope > 0.0 {
                low = place
            } else {
                high = place
            }
            let step = -slope / curvature;
            place += step;
            if !(place >= low && place <= high) {
                place = (low + high) / 2.0;
            }
            // A trapezoidal sum needs no better a centre.
            if abs(step) < 1e-3 * width {
                break;
            }
        }
        (place, width)
    }

    /// ln of the mean of the likelihood over the prior; None where no event was seen.
    fn ln_mixture(&self) -> Option<f64> {
        if self.groups.is_empty() {
            return None;
        }
        let (mode, width) = self.mode();
        let ln_integrand = |place: f64| self.ln(place) + self.ln_prior(place);
        let peak = ln_integrand(mode);
        let step = (STEP_OF_WIDTH * width).min(STEP_MAX);
        let mut sum = 1.0;
        for side in [-step, step] {
            for k in 1..=STEPS_OUT_MAX {
                let log = ln_integrand(mode + side * f64::from(k)) - peak;
                sum += exp(log);
                if !(log > LN_NEGLIGIBLE) {
                    break;
                }
            }
        }
        Some(peak + ln(sum * step))
    }

    /// Where the likelihood has fallen to `ln_least`, on the `side` (1 or -1) of its top.
    fn end(&self, ln_least: f64, side: f64) -> f64 {
        let (mut place, mut width) = self.mode();
        let gap = self.at(place).0 - ln_least;
        if !(gap > 0.0) {
            return place;
        }
        place += side * width * sqrt(2.0 * gap);
        for _ in 0..STEPS_MAX {
            let (value, slope, _) = self.at(place);
            // Still on the other side of the top: a step outward.
            if !(slope * side < 0.0) {
                place += side * width;
                width *= 2.0;
                continue;
            }
            // From outside Newton's steps never pass the end of a concave function, from inside the first one does.
            let step = (ln_least - value) / slope;
            place += step;
            if !(abs(step) > 1e-10) {
                break;
            }
        }
        place
    }
}

/// Bounds the searches, which need a handful of steps; at the bound the last place stands.
const STEPS_MAX: u32 = 60;
/// The trapezoidal sum of e^(s v) exp(-e^v), a bell for many events and the most skewed shape for few, errs by the Gamma
/// function's |G(s + i w)/G(s)| at w = 2 pi/step: 1e-11 at most with these two.
const STEP_OF_WIDTH: f64 = 0.6;
const STEP_MAX: f64 = 0.28;
/// The sixth term of the series is below the last bit of the first.
const SERIES_ODDS_MAX: f64 = 1e-3;
/// The slowest tail falls by e^-0.14 a step.
const STEPS_OUT_MAX: u32 = 220;
/// What is left of a tail there is below 1e-11 of all.
const LN_NEGLIGIBLE: f64 = -28.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::trials::{mean_over_counts, strata};
    use crate::stats::reference::{close, lists};

    const REFERENCE: &str = include_str!("../reference/evidence.json");

    #[test]
    fn evidence_about_a_ratio_meets_the_reference() {
        for row in lists(REFERENCE, "rate_ratio") {
            let (head, rest) = row.split_at(3);
            let found = evidence(&strata(rest), head[0]);
            close(found.within, head[1], 1e-9, 1e-10, &format!("within {row:?}"));
            close(found.beyond, head[2], 1e-9, 1e-10, &format!("beyond {row:?}"));
        }
    }

    #[test]
    fn ratios_that_are_not_ruled_out_meet_the_reference() {
        for row in lists(REFERENCE, "rate_ratio_confidence_sequence") {
            let (head, rest) = row.split_at(3);
            let (lower, upper) = confidence_sequence(&strata(rest), head[0]);
            close(lower, head[1], 1e-9, 0.0, &format!("lower {row:?}"));
            close(upper, head[2], 1e-9, 0.0, &format!("upper {row:?}"));
        }
    }

    #[test]
    fn what_tells_nothing_is_no_evidence() {
        let silent = strata(&[100.0, 0.0, 50.0, 0.0, 0.0, 0.0, 10.0, 3.0, 10.0, 3.0, 0.0, 0.0]);
        assert_eq!(evidence(&silent, 1.0), BothWays::NONE);
        assert_eq!(confidence_sequence(&silent, 0.05), (0.0, f64::INFINITY));
        assert_eq!(evidence(&strata(&[10.0, 1.0, 10.0, 5.0]), 0.0), BothWays::NONE);
        let one_sided = confidence_sequence(&strata(&[100.0, 0.0, 100.0, 5.0]), 0.05);
        assert!(one_sided.0 > 0.0 && one_sided.1 == f64::INFINITY);
    }

    #[test]
    fn changing_places_changes_the_sides() {
        let numbers = [900.0, 12.0, 100.0, 4.0, 500.0, 3.0, 600.0, 9.0];
        let swapped: Vec<f64> = numbers
            .chunks_exact(2)
            .collect::<Vec<_>>()
            .chunks_exact(2)
            .flat_map(|pair| [pair[1], pair[0]].concat())
            .collect();
        let (found, mirrored) = (evidence(&strata(&numbers), 1.25), evidence(&strata(&swapped), 0.8));
        close(mirrored.within, found.beyond, 1e-12, 1e-12, "within and beyond");
        close(mirrored.beyond, found.within, 1e-12, 1e-12, "beyond and within");
        let (ends, other) =
            (confidence_sequence(&strata(&numbers), 0.05), confidence_sequence(&strata(&swapped), 0.05));
        close(ends.0 * other.1, 1.0, 1e-9, 0.0, "the ends are each other's inverse");
        close(ends.1 * other.0, 1.0, 1e-9, 0.0, "the ends are each other's inverse");
    }

    #[test]
    fn no_order_of_the_intervals_matters() {
        let numbers = [900.0, 12.0, 100.0, 4.0, 500.0, 3.0, 600.0, 9.0, 70.0, 1.0, 30.0, 0.0];
        let mut turned = strata(&numbers);
        turned.reverse();
        close(evidence(&turned, 1.1).within, evidence(&strata(&numbers), 1.1).within, 1e-12, 1e-12, "turned around");
    }

    #[test]
    fn the_mean_over_all_counts_of_trials_is_at_most_one() {
        for (base_n, n, base_p, ratio) in [(6, 6, 0.3, 1.0), (6, 2, 0.4, 1.5), (3, 6, 0.02, 1.0), (5, 4, 0.6, 0.8)] {
            let (base, other) = ((base_n, base_p), (n, base_p * ratio));
            let within = mean_over_counts(base, other, |strata| exp(evidence(strata, ratio).within));
            let beyond = mean_over_counts(base, other, |strata| exp(evidence(strata, ratio).beyond));
            assert!(within < 1.0 + 1e-12 && beyond < 1.0 + 1e-12, "{base_n} {n}: {within} {beyond}");
        }
    }

    #[test]
    fn no_count_breaks_it() {
        for base_events in [0.0, 1e-3, 1.0, 1e9] {
            for events in [0.0, 0.5, 1e3, 1e9] {
                for limit in [1e-9, 1.0, 1e9] {
                    let all = strata(&[1e9, base_events, 1.0, events, 1.0, base_events, 1e9, events]);
                    let found = evidence(&all, limit);
                    assert!(found.within.abs() <= 700.0 && found.beyond.abs() <= 700.0, "{all:?}");
                    let (lower, upper) = confidence_sequence(&all, 0.05);
                    assert!(lower >= 0.0 && lower <= upper, "{all:?}: {lower} {upper}");
                }
            }
        }
    }
}
