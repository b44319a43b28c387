//! Evidence about a proportion against an absolute limit, from all trials and events so far, and its confidence sequence.
//!
//! The likelihood ratio of a Beta(1/2, 1/2) belief, truncated to one side of the limit, over the limit itself (Robbins 1970;
//! Howard et al. 2021). The likelihood's huge factors cancel against the posterior's: what is left are the tails of posterior and
//! prior, each over the factor in front of it. The confidence sequence is where the ratio of the whole belief stays
//! below 1/alpha; along the logit its logarithm is convex, so Newton's method closes in from outside.
//!
//! Events need not be whole. Not here: several strata (`rate_ratio`), and a limit that is another version.

use super::BothWays;
use super::tail::ln_tails_over_power;
use crate::stats::beta::{Beta, Power};
use crate::stats::math::{abs, exp, exp_m1, ln, ln_1p, sqrt};

/// Evidence that the chance of an event is below `limit` (`within`) or above it (`beyond`), after `events` in `trials`.
///
/// A limit of 1 or more is kept for certain, one below 0 is not; at 0 the first event decides. For a limit that is to be
/// exceeded count what are no events, against 1 less the limit.
pub(crate) fn evidence(trials: f64, events: f64, limit: f64) -> BothWays {
    let others = (trials - events).max(0.0);
    if !(trials > 0.0 && events >= 0.0) || limit.is_nan() {
        return BothWays::NONE;
    }
    if limit >= 1.0 {
        return BothWays::CERTAINLY_WITHIN;
    }
    if limit < 0.0 || limit == 0.0 && events > 0.0 {
        return BothWays::CERTAINLY_BEYOND;
    }
    if limit == 0.0 {
        return BothWays::NONE;
    }
    let prior = ln_tails_over_power(PRIOR, limit, 1.0 - limit);
    let posterior = ln_tails_over_power(belief(events, others), limit, 1.0 - limit);
    BothWays::of(posterior.0 - prior.0, posterior.1 - prior.1)
}

/// The chances that are not ruled out at `alpha`, looked at however often: all without trials.
pub(crate) fn confidence_sequence(trials: f64, events: f64, alpha: f64) -> (f64, f64) {
    let others = (trials - events).max(0.0);
    if !(trials > 0.0 && events >= 0.0 && alpha > 0.0) {
        return (0.0, 1.0);
    }
    let (lower, upper) = logit_ends(events, others, alpha);
    (1.0 / (1.0 + exp(-lower)), 1.0 / (1.0 + exp(-upper)))
}

/// The logits of the chance that are not ruled out at `alpha`; infinite where all or none of the trials were events.
fn logit_ends(events: f64, others: f64, alpha: f64) -> (f64, f64) {
    let lower = if events > 0.0 { lower_logit(events, others, alpha) } else { f64::NEG_INFINITY };
    let upper = if others > 0.0 { -lower_logit(others, events, alpha) } else { f64::INFINITY };
    (lower, upper)
}

/// The lower end, for some `events`.
fn lower_logit(events: f64, others: f64, alpha: f64) -> f64 {
    let posterior = belief(events, others);
    let (prior_power, power) = (Power::of(PRIOR), Power::of(posterior));
    let ln_threshold = -ln(alpha);
    if !(others > 0.0) {
        // B(a + s, b)/B(a, b) = p^s/alpha. Around the mean of the posterior nothing of its logarithm cancels.
        let y = posterior.b / (posterior.a + posterior.b);
        let ln_beta = posterior.a * ln_1p(-y) + posterior.b * ln(y) - power.ln(1.0 - y, y);
        let ln_chance = (ln_beta - ln(std::f64::consts::PI) - ln_threshold) / events;
        return ln_chance - ln(-exp_m1(ln_chance));
    }
    let trials = events + others;
    let (mut x, mut y) = (events / trials, others / trials);
    let mut logit = ln(events / others);
    let left = ln_threshold - (prior_power.ln(x, y) - power.ln(x, y));
    if !(left > 0.0) {
        return logit;
    }
    // From where the quadratic around the most likely chance meets the threshold. To the left of the end Newton's steps
    // never pass it, from the right the first one does.
    logit = (logit - sqrt(2.0 * left / (trials * x * y))).max(LOGIT_MIN);
    for _ in 0..NEWTON_STEPS_MAX {
        (x, y) = (1.0 / (1.0 + exp(-logit)), 1.0 / (1.0 + exp(logit)));
        let error = prior_power.ln(x, y) - power.ln(x, y) - ln_threshold;
        if logit == LOGIT_MIN && error < 0.0 {
            return f64::NEG_INFINITY;
        }
        let step = error / (trials * x - events);
        logit = (logit - step).max(LOGIT_MIN);
        if !(abs(step) > LOGIT_CLOSE) {
            break;
        }
    }
    logit
}

fn belief(events: f64, others: f64) -> Beta {
    Beta { a: PRIOR.a + events, b: PRIOR.b + others }
}

/// The prior of Jeffreys.
const PRIOR: Beta = Beta { a: 0.5, b: 0.5 };
/// Each step squares the distance; at the bound the last place stands.
const NEWTON_STEPS_MAX: u32 = 50;
/// The step after one of that size would be below the last bit.
const LOGIT_CLOSE: f64 = 1e-10;
/// Beyond that a chance is 0: only for less than a hundredth of an event.
const LOGIT_MIN: f64 = -700.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::trials::chances;
    use crate::stats::reference::{close, rows};

    const REFERENCE: &str = include_str!("../reference/evidence.json");

    #[test]
    fn evidence_against_an_absolute_limit_meets_the_reference() {
        for [trials, events, limit, within, beyond] in rows(REFERENCE, "bernoulli") {
            let found = evidence(trials, events, limit);
            let what = format!("{events} of {trials} against {limit}");
            close(found.within, within, 1e-10, 1e-10, &what);
            close(found.beyond, beyond, 1e-10, 1e-10, &what);
        }
    }

    #[test]
    fn confidence_sequences_meet_the_reference() {
        for [trials, events, alpha, lower, upper] in rows(REFERENCE, "bernoulli_confidence_sequence") {
            let found = confidence_sequence(trials, events, alpha);
            let what = format!("{events} of {trials} at {alpha}");
            close(found.0, lower, 1e-9, 0.0, &what);
            close(found.1, upper, 1e-9, 0.0, &what);
        }
    }

    #[test]
    fn what_cannot_be_otherwise_is_certain() {
        assert_eq!(evidence(0.0, 0.0, 0.5), BothWays::NONE);
        assert_eq!(evidence(9.0, 9.0, 1.0), BothWays::CERTAINLY_WITHIN);
        assert_eq!(evidence(9.0, 0.0, 0.0), BothWays::NONE);
        assert_eq!(evidence(9.0, 1.0, 0.0), BothWays::CERTAINLY_BEYOND);
        assert_eq!(evidence(9.0, 0.0, -0.1), BothWays::CERTAINLY_BEYOND);
        assert_eq!(confidence_sequence(0.0, 0.0, 0.05), (0.0, 1.0));
        assert_eq!((confidence_sequence(5.0, 0.0, 0.05).0, confidence_sequence(5.0, 5.0, 0.05).1), (0.0, 1.0));
    }

    #[test]
    fn counting_what_are_no_events_mirrors_it() {
        for (trials, events, limit) in [(200.0, 3.0, 0.05), (40.0, 38.0, 0.75), (1e6, 1e3, 0.002)] {
            let (found, mirrored) = (evidence(trials, events, limit), evidence(trials, trials - events, 1.0 - limit));
            close(mirrored.within, found.beyond, 1e-9, 1e-10, "mirrored");
            close(mirrored.beyond, found.within, 1e-9, 1e-10, "mirrored");
        }
    }

    #[test]
    fn the_mean_under_the_null_is_at_most_one() {
        for (limit, n) in [(0.05, 1), (0.05, 12), (0.5, 7), (0.9, 20)] {
            for share in [0.0, 0.3, 0.9, 1.0] {
                let mean = |chance: f64, side: fn(BothWays) -> f64| -> f64 {
                    let e = |k: u32| exp(side(evidence(f64::from(n), f64::from(k), limit)));
                    (0..=n).zip(chances(n, chance)).map(|(k, chance)| chance * e(k)).sum()
                };
                assert!(mean(limit + (1.0 - limit) * share, |e| e.within) < 1.0 + 1e-10, "{limit} {n} {share}");
                assert!(mean(limit * (1.0 - share), |e| e.beyond) < 1.0 + 1e-10, "{limit} {n} {share}");
            }
        }
    }

    #[test]
    fn no_count_breaks_it() {
        for trials in [1e-3, 1.0, 50.0, 1e9] {
            for share in [0.0, 1e-9, 0.3, 1.0 - 1e-9, 1.0] {
                for limit in [1e-300, 1e-9, 0.5, 1.0 - 1e-9] {
                    let found = evidence(trials, share * trials, limit);
                    assert!(found.within.abs() <= 700.0 && found.beyond.abs() <= 700.0, "{trials} {share} {limit}");
                }
                let (lower, upper) = confidence_sequence(trials, share * trials, 0.05);
                assert!((0.0..=1.0).contains(&lower) && lower <= upper && upper <= 1.0, "{trials} {share}");
            }
        }
    }
}
