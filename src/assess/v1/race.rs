//! Beliefs and judgements -> how often each version would win, or come second.
//!
//! A version's utility is its reward if it keeps every limit and else 0; v1.0.0 drew both 10,000 times
//! and counted who was first. Rewards are drawn here too, but given the rewards of a draw the chances of who keeps the
//! limits are summed exactly: the same quantity with less noise, and without a reward with none. Of few versions the
//! draws are counted by their order first (`orders`), which leaves a handful of sums.
//!
//! Kept as they were: limits and reward are taken as independent; with a reward to be lowered a version is worth its
//! distance from the worst; wins are shares of the draws in which somebody won; without a reward the candidate listed
//! last is preferred.

use super::belief::Beliefs;
use super::criterion::to_resolution;
use super::orders::Orders;
use super::utilities::{self, DRAWS};
use crate::assess::findings::Judgement;
use crate::experiment::Experiment;
use crate::stats::rng::Stream;

/// Who wins how often.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Race {
    /// Probability that each version wins given that one does; all 0 where nobody can.
    pub(crate) win_probabilities: Vec<f64>,
    /// Share of draws in which no version kept its limits.
    pub(crate) nobody: f64,
    /// Share of each version in the first places, for the progressive split.
    pub(crate) first: Vec<f64>,
    /// Share of each version in the first two places, for the top_2 split.
    pub(crate) first_two: Vec<f64>,
}

pub(crate) fn run(
    experiment: &Experiment,
    beliefs: &Beliefs,
    judgements: &[Vec<Judgement>],
    stream: &mut Stream,
) -> Race {
    let count = experiment.versions.len();
    let admissible = judgements.iter().map(|judgements| admissible(experiment, judgements)).collect();
    let mut tally = Tally::new(experiment.baseline, admissible);
    match experiment.reward() {
        Some(reward) => {
            let utilities = utilities::draw(experiment, reward, beliefs, stream);
            let orders = Orders::count(&utilities, APART);
            for (of_order, draws) in orders.counted() {
                tally.add(&of_order, draws);
            }
            let mut of_draw = vec![0.0; count];
            for draw in orders.others {
                for (utility, draws) in of_draw.iter_mut().zip(&utilities) {
                    *utility = draws[draw];
                }
                tally.add(&of_draw, 1.0);
            }
            tally.result(DRAWS as f64)
        }
        None => {
            tally.add(&pseudo_rewards(count, experiment.baseline), 1.0);
            tally.result(1.0)
        }
    }
}

/// The probability that a version keeps all its limits; 0 where one is not known to be kept.
fn admissible(experiment: &Experiment, judgements: &[Judgement]) -> f64 {
    let limits = experiment.criteria.iter().zip(judgements).filter(|(criterion, _)| criterion.limit.is_some());
    limits.map(|(_, judgement)| judgement.limit.and_then(|limit| limit.probability).unwrap_or(0.0)).product()
}

/// v1.0.0's stand-in for a reward: 1 for the baseline, then 2, 3, ... for the candidates in their order.
fn pseudo_rewards(count: usize, baseline: usize) -> Vec<f64> {
    let mut next = 1.0;
    let reward = |version: usize| {
        if version == baseline {
            return 1.0;
        }
        next += 1.0;
        next
    };
    (0..count).map(reward).collect()
}

/// Sums over draws of the chances of places.
struct Tally {
    baseline: usize,
    /// Probability that each version keeps its limits.
    admissible: Vec<f64>,
    wins: Vec<f64>,
    nobody: f64,
    first: Vec<f64>,
    first_two: Vec<f64>,
    ranking: Ranking,
}

impl Tally {
    fn new(baseline: usize, admissible: Vec<f64>) -> Self {
        let zeros = vec![0.0; admissible.len()];
        Self {
            baseline,
            ranking: Ranking::new(&admissible),
            wins: zeros.clone(),
            nobody: 0.0,
            first: zeros.clone(),
            first_two: zeros,
            admissible,
        }
    }

    /// Adds `draws` with the same `utilities` of the versions, each of which counts if the version keeps its limits.
    ///
    /// A place is one more than the number of versions with a larger utility. The best version that is worth anything wins,
    /// with those that tie with it.
    fn add(&mut self, utilities: &[f64], draws: f64) {
        self.ranking.start(utilities);
        let keeps = self.admissible[self.baseline];
        // v1.0.0 gave the baseline a hair more than it is worth, so that traffic goes there when all else is equal; what
        // that is depends on whether it keeps its limits.
        let mut baselines = [
            Baseline::new(utilities[self.baseline] + BASELINE_BIAS, draws * keeps),
            Baseline::new(BASELINE_BIAS, draws * (1.0 - keeps)),
        ];
        // Probabilities that none, or exactly one, of the candidates so far keeps its limits, and that the baseline does not
        // if it was among them.
        let (mut none, mut one, mut not_baseline) = (1.0, 0.0, 1.0);
        let mut place = 0;
        while none + one > NEGLIGIBLE {
            let group = self.ranking.group(place);
            let Some((utility, _)) = group.first() else { break };
            place += group.len();
            let (mut first, mut first_two) = (0.0, 0.0);
            for baseline in &baselines {
                first += if baseline.utility > *utility { 0.0 } else { baseline.draws * none };
                first_two += baseline.draws * if baseline.utility > *utility { none } else { none + one };
            }
            let wins = draws * none * not_baseline;
            for (_, version) in group {
                let keeps = self.admissible[*version];
                self.wins[*version] += wins * keeps;
                if *version == self.baseline {
                    not_baseline = 1.0 - keeps;
                    continue;
                }
                self.first[*version] += keeps * first;
                self.first_two[*version] += keeps * first_two;
                one = one * (1.0 - keeps) + none * keeps;
                none *= 1.0 - keeps;
            }
            for baseline in &mut baselines {
                if *utility > baseline.utility {
                    (baseline.first, baseline.first_two) = (none, none + one);
                }
            }
        }
        self.nobody += draws * none * not_baseline;
        for baseline in baselines {
            self.first[self.baseline] += baseline.draws * baseline.first;
            self.first_two[self.baseline] += baseline.draws * baseline.first_two;
        }
        // Where every candidate fails or is worth nothing, all of them are second behind the baseline.
        if none > NEGLIGIBLE {
            for version in (0..self.first_two.len()).filter(|version| *version != self.baseline) {
                self.first_two[version] += draws * none;
            }
        }
    }

    fn result(self, draws: f64) -> Race {
        let won: f64 = self.wins.iter().sum();
        // Less than one expected win in all draws: v1.0.0 would most likely have seen none.
        let win_probabilities = if won / draws * (DRAWS as f64) < 1.0 {
            vec![0.0; self.wins.len()]
        } else {
            self.wins.iter().map(|wins| to_resolution(wins / won)).collect()
        };
        Race {
            win_probabilities,
            nobody: to_resolution(self.nobody / draws),
            first: shares(self.first),
            first_two: shares(self.first_two),
        }
    }
}

/// What the baseline is worth in some draws, and where that puts it.
struct Baseline {
    utility: f64,
    draws: f64,
    /// Probabilities that it is first, and among the first two, of all so far.
    first: f64,
    first_two: f64,
}

impl Baseline {
    fn new(utility: f64, draws: f64) -> Self {
        Self { utility, draws, first: 1.0, first_two: 1.0 }
    }
}

/// The versions that may keep their limits, by falling utility.
struct Ranking {
    /// Each with its utility in this draw.
    versions: Vec<(f64, usize)>,
    /// How many of them are worth anything.
    worth: usize,
}

impl Ranking {
    fn new(admissible: &[f64]) -> Self {
        let kept = admissible.iter().enumerate().filter(|(_, keeps)| **keeps > 0.0);
        Self { versions: kept.map(|(version, _)| (0.0, version)).collect(), worth: 0 }
    }

    /// Puts the versions in the order of the next draw.
    ///
    /// By insertion into that of the last one, in which most are where they belong already.
    fn start(&mut self, utilities: &[f64]) {
        self.worth = 0;
        for index in 0..self.versions.len() {
            let (_, version) = self.versions[index];
            let utility = utilities[version];
            self.worth += usize::from(utility > 0.0);
            let mut place = index;
            while place > 0 && self.versions[place - 1].0 < utility {
                self.versions[place] = self.versions[place - 1];
                place -= 1;
            }
            self.versions[place] = (utility, version);
        }
    }

    /// The versions from `place` on that share one utility above 0; none at the end.
    fn group(&self, place: usize) -> &[(f64, usize)] {
        let rest = &self.versions[place..self.worth];
        let Some((utility, _)) = rest.first() else {
            return rest;
        };
        let end = rest.iter().take_while(|(other, _)| other == utility).count();
        &rest[..end]
    }
}

/// `parts` as shares of their sum.
fn shares(parts: Vec<f64>) -> Vec<f64> {
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

/// v1.0.0's advantage of the baseline, in the reward's unit.
const BASELINE_BIAS: f64 = 1e-10;
/// Utilities this far apart come in the same order with the baseline's advantage as without: twice the advantage, for what
/// rounding may add, and as much again.
const APART: f64 = 4.0 * BASELINE_BIAS;
/// A chance that no sum of 10,000 draws shows.
const NEGLIGIBLE: f64 = 1e-15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rng;

    /// The same race, run as v1.0.0 ran it: by drawing who keeps the limits and counting places.
    fn counted(utilities: &[f64], admissible: &[f64], baseline: usize, draws: usize) -> Race {
        let mut stream = rng::stream(1);
        let mut uniform = || rng::uniform(&mut stream);
        let n = utilities.len();
        let (mut wins, mut first, mut first_two, mut nobody) = (vec![0.0; n], vec![0.0; n], vec![0.0; n], 0.0);
        for _ in 0..draws {
            let mut u: Vec<f64> =
                (0..n).map(|version| if uniform() < admissible[version] { utilities[version] } else { 0.0 }).collect();
            let place = |u: &[f64], version: usize| u.iter().filter(|other| **other > u[version]).count();
            let winners: Vec<usize> = (0..n).filter(|version| u[*version] > 0.0 && place(&u, *version) == 0).collect();
            winners.iter().for_each(|version| wins[*version] += 1.0);
            nobody += f64::from(u8::from(winners.is_empty()));
            u[baseline] += BASELINE_BIAS;
            for version in 0..n {
                first[version] += f64::from(u8::from(place(&u, version) == 0));
                first_two[version] += f64::from(u8::from(place(&u, version) <= 1));
            }
        }
        let won: f64 = wins.iter().sum();
        Race {
            win_probabilities: wins.iter().map(|count| count / won.max(1.0)).collect(),
            nobody: nobody / draws as f64,
            first: shares(first),
            first_two: shares(first_two),
        }
    }

    #[test]
    fn summing_over_who_keeps_the_limits_gives_what_counting_gives() {
        for (utilities, admissible, baseline) in [
            (vec![3.0, 2.0, 1.0], vec![0.3, 0.9, 0.5], 2),
            (vec![3.0, 3.0, 3.0], vec![0.3, 0.9, 0.5], 0),
            (vec![0.0, 2.0, 5.0, 2.0], vec![1.0, 0.6, 0.2, 1.0], 1),
            (vec![0.0, 0.0, 0.0], vec![1.0, 1.0, 1.0], 2),
            (vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![0.1, 0.2, 0.3, 0.4, 0.0], 4),
            (vec![7.0], vec![0.4], 0),
        ] {
            let mut tally = Tally::new(baseline, admissible.clone());
            tally.add(&utilities, 1.0);
            let (summed, counted) = (tally.result(1.0), counted(&utilities, &admissible, baseline, 40_000));
            let pairs = [
                (&summed.win_probabilities, &counted.win_probabilities),
                (&summed.first, &counted.first),
                (&summed.first_two, &counted.first_two),
            ];
            for (summed, counted) in pairs.into_iter().flat_map(|(s, c)| s.iter().zip(c)) {
                // Five standard deviations of a share of 40,000 draws.
                assert!((summed - counted).abs() < 0.0125, "{utilities:?} {admissible:?}: {summed} against {counted}");
            }
            assert!((summed.nobody - counted.nobody).abs() < 0.0125);
        }
    }

    #[test]
    fn an_order_gives_what_its_draws_give() {
        let mut stream = rng::stream(3);
        for (versions, baseline) in [(2, 0), (3, 2), (5, 1)] {
            let admissible: Vec<f64> = (0..versions).map(|version| 1.0 - 0.2 * version as f64).collect();
            let (mut by_draw, mut by_order) =
                (Tally::new(baseline, admissible.clone()), Tally::new(baseline, admissible));
            let utilities: Vec<Vec<f64>> =
                (0..versions).map(|_| (0..1000).map(|_| rng::uniform(&mut stream)).collect()).collect();
            for draw in 0..1000 {
                by_draw.add(&utilities.iter().map(|draws| draws[draw]).collect::<Vec<_>>(), 1.0);
            }
            let orders = Orders::count(&utilities, APART);
            assert!(orders.others.is_empty());
            orders.counted().for_each(|(utilities, draws)| by_order.add(&utilities, draws));
            let (by_draw, by_order) = (by_draw.result(1000.0), by_order.result(1000.0));
            let pairs = [
                (&by_draw.win_probabilities, &by_order.win_probabilities),
                (&by_draw.first, &by_order.first),
                (&by_draw.first_two, &by_order.first_two),
            ];
            for (one, other) in pairs.into_iter().flat_map(|(one, other)| one.iter().zip(other)) {
                assert!((one - other).abs() < 1e-12, "{one} and {other}");
            }
        }
    }
}
