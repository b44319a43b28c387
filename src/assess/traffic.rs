//! Race -> a split of traffic for each strategy, without a random number.
//!
//! Progressive: by the probability of winning, that of nobody keeping its limits for the baseline. Top 2: by the
//! probability of being among the first two. Uniform: alike. A part for exploration goes to all versions alike. Whole
//! percents by systematic rounding, whose offset moves with the iteration, so that over iterations the mean is exact; then
//! v1.0.0's cap on increments. A version that is rolled back gets nothing in any strategy.
//!
//! Not here: who is rolled back (`winner`).

use super::evidence::Evidence;
use super::findings::{Split, Splits};
use super::increment::{cap, last_split};
use super::race::Race;
use crate::experiment::Experiment;
use crate::stats::apportion::{apportion, golden_offset};
use crate::wire::request::{STRATEGIES, Strategy};

/// The splits; while the backend fails the last known ones. `inferred` stands for those where the last state has none.
pub(crate) fn split(
    experiment: &Experiment,
    race: &Race,
    runs: &[bool],
    inferred: Option<&Split>,
    backend_failed: bool,
) -> Splits {
    let offset = golden_offset(experiment.iteration_number.unwrap_or(0));
    let of_strategy = |strategy: Strategy| {
        let last = last_split(experiment, strategy, inferred);
        if backend_failed {
            return last;
        }
        let shares = mixed(experiment, shares(experiment, race, runs, strategy), runs);
        let whole = whole_percents(shares, experiment.baseline, offset);
        // INVARIANT: shares sum to 1, so none is missing here.
        cap(whole.into_iter().map(f64::from).collect(), &last, experiment)
    };
    Splits(STRATEGIES.iter().map(|(_, strategy)| (*strategy, of_strategy(*strategy))).collect())
}

/// Whole percents, the running total starting with the baseline: its share is the one that moves, and with it where the small
/// ones behind it are rounded. At the front the first candidate would be rounded up in six of the first eight iterations.
fn whole_percents(mut shares: Vec<f64>, baseline: usize, offset: f64) -> Vec<u32> {
    shares.rotate_left(baseline);
    let mut whole = apportion(&shares, 100, offset).unwrap_or_default();
    // INVARIANT: there are as many parts as shares, or none.
    if !whole.is_empty() {
        whole.rotate_right(baseline);
    }
    whole
}

/// What the requests of the last two intervals tell of the last split: each candidate's share in the last one, but not more
/// than an increment above that in the one before, since a jump beyond what could be recommended is none of ours (retries,
/// stickiness and warm-up move shares); `None` with fewer than `REQUESTS_MIN` requests in either. The smaller of the two
/// would lag a whole interval behind and halve every increment.
pub(crate) fn inferred(experiment: &Experiment, evidence: &Evidence) -> Option<Split> {
    let count = evidence.requests.iter().map(Vec::len).min().filter(|count| *count >= 2)?;
    let shares_in = |place: usize| -> Option<Vec<f64>> {
        let mut shares = Vec::with_capacity(evidence.requests.len());
        for row in &evidence.requests {
            shares.push(row[place]?);
        }
        let all: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= all);
        (all >= REQUESTS_MIN).then_some(shares)
    };
    let (last, before) = (shares_in(count - 1)?, shares_in(count - 2)?);
    let mut split: Split = last
        .iter()
        .zip(before)
        .map(|(last, before)| (100.0 * last).min(100.0 * before + experiment.max_increment))
        .collect();
    split[experiment.baseline] = 0.0;
    split[experiment.baseline] = 100.0 - split.iter().sum::<f64>();
    Some(split)
}

/// What a strategy gives to each version, before exploration.
fn shares(experiment: &Experiment, race: &Race, runs: &[bool], strategy: Strategy) -> Vec<f64> {
    let mut shares: Vec<f64> = match strategy {
        Strategy::Progressive => race.wins.clone(),
        Strategy::Top2 => {
            let places: f64 = race.first_two.iter().sum();
            race.first_two.iter().map(|share| if places > 0.0 { share / places } else { 0.0 }).collect()
        }
        Strategy::Uniform => runs.iter().map(|runs| f64::from(u8::from(*runs))).collect(),
    };
    let sum: f64 = shares.iter().sum();
    if strategy == Strategy::Uniform {
        shares.iter_mut().for_each(|share| *share /= sum);
    } else {
        // Nobody keeps its limits, or digits that were lost: the baseline's.
        shares[experiment.baseline] = (shares[experiment.baseline] + 1.0 - sum).max(0.0);
    }
    shares
}

fn mixed(experiment: &Experiment, shares: Vec<f64>, runs: &[bool]) -> Vec<f64> {
    let explored = experiment.exploration_share;
    let running = runs.iter().filter(|runs| **runs).count() as f64;
    let mix = |(share, runs): (f64, &bool)| if *runs { explored / running + (1.0 - explored) * share } else { 0.0 };
    shares.into_iter().zip(runs).map(mix).collect()
}

/// Fewer requests tell a share to no better than ten percent.
const REQUESTS_MIN: f64 = 100.0;
