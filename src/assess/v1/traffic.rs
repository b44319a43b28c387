//! Places -> a split of traffic for each strategy.
//!
//! 5 % of traffic explores all versions alike, the rest follows how often a version is first (progressive),
//! among the first two (top_2), or takes part (uniform); rounded to whole percents at random so that the mean is exact;
//! a candidate gains at most `max_increment` over the last known split, and the baseline takes what is cut off.
//!
//! Two slips of v1.0.0 are not kept: strategies that coincide are capped each by its own last split, and where a cap
//! leaves a fraction the baseline gets the rest of the whole percent, so that every split sums to 100. While the
//! backend fails the last known split stays.

use super::evidence::Evidence;
use super::race::Race;
use crate::assess::findings::{Split, Splits};
use crate::assess::increment::{cap, last_split};
use crate::experiment::Experiment;
use crate::stats::math::floor;
use crate::stats::rng::{self, Stream};
use crate::wire::request::{STRATEGIES, Strategy};

pub(crate) fn split(experiment: &Experiment, evidence: &Evidence, race: &Race, stream: &mut Stream) -> Splits {
    let count = experiment.versions.len();
    let everybody = vec![1.0 / count as f64; count];
    let mut splits = Vec::with_capacity(STRATEGIES.len());
    let mut rounded: Vec<(usize, Split)> = Vec::new();
    for (_, strategy) in STRATEGIES {
        let last = last_split(experiment, *strategy, None);
        if evidence.backend_failed {
            splits.push((*strategy, last));
            continue;
        }
        // How many places share the traffic; strategies that share the same places get the same split.
        let (places, shares) = match strategy {
            Strategy::Progressive => (1, &race.first),
            Strategy::Top2 => (count.min(2), &race.first_two),
            Strategy::Uniform => (count, &everybody),
        };
        let new = match rounded.iter().find(|(known, _)| *known == places) {
            Some((_, split)) => split.clone(),
            None => {
                let mixed = shares.iter().map(|share| {
                    experiment.exploration_share / count as f64 + (1.0 - experiment.exploration_share) * share
                });
                let split = round(&mixed.collect::<Vec<_>>(), stream);
                rounded.push((places, split.clone()));
                split
            }
        };
        splits.push((*strategy, cap(new, &last, experiment)));
    }
    Splits(splits)
}

/// Whole percents that sum to 100, each share's floor or ceiling, on average the share.
fn round(shares: &[f64], stream: &mut Stream) -> Split {
    let mut rest = 100.0;
    let mut split = Vec::with_capacity(shares.len());
    for (index, share) in shares.iter().enumerate() {
        let open: f64 = shares.iter().skip(index).sum();
        let open_count = (shares.len() - index) as f64;
        // Nothing left to give by shares: alike.
        let exact = if open > 0.0 { share * rest / open } else { rest / open_count };
        let whole = floor(exact);
        let percent = if rng::uniform(stream) < exact - whole { whole + 1.0 } else { whole };
        let percent = percent.min(rest);
        rest -= percent;
        split.push(percent);
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_sums_to_100_and_is_exact_on_average() {
        let mut stream = rng::stream(3);
        let shares = [0.034, 0.473, 0.493];
        let mut sums = [0.0; 3];
        for _ in 0..20_000 {
            let split = round(&shares, &mut stream);
            assert_eq!(split.iter().sum::<f64>(), 100.0);
            for (sum, percent) in sums.iter_mut().zip(split) {
                *sum += percent;
            }
        }
        for (sum, share) in sums.iter().zip(shares) {
            // Six standard deviations of a mean of 20,000 values that vary by 1.
            assert!((sum / 20_000.0 - share * 100.0).abs() < 0.022, "{sum}");
        }
    }

    #[test]
    fn nothing_to_share_is_shared_alike() {
        assert_eq!(round(&[0.0, 0.0], &mut rng::stream(1)).iter().sum::<f64>(), 100.0);
    }
}
