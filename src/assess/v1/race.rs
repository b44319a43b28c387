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
use crate::stats::order;
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
    fn add(&mut self, utilities: &[f64], draws: f64) {
        self.ranking.start(utilities);
        self.add_wins(draws);
        let keeps = self.admissible[self.baseline];
        // v1.0.0 gave the baseline a hair more than it is worth, so that traffic goes there when all else is equal.
        if keeps > 0.0 {
            self.add_places(utilities[self.baseline] + BASELINE_BIAS, draws * keeps);
        }
        if keeps < 1.0 {
            self.add_places(BASELINE_BIAS, draws * (1.0 - keeps));
        }
    }

    /// Who has the largest utility above 0; versions that tie win together.
    fn add_wins(&mut self, draws: f64) {
        let mut nobody = 1.0;
        let mut place = 0;
        while nobody > NEGLIGIBLE {
            let group = self.ranking.group(place);
            if group.is_empty() {
                break;
            }
            place += group.len();
            let nobody_before = nobody;
            for (_, version) in group {
                self.wins[*version] += draws * nobody_before * self.admissible[*version];
                nobody *= 1.0 - self.admissible[*version];
            }
        }
        self.nobody += draws * nobody;
    }

    /// Who is first and who is among the first two, where the baseline's utility is `baseline_utility` in
    /// `weight` draws. A place is one more than the number of versions with a larger utility.
    fn add_places(&mut self, baseline_utility: f64, weight: f64) {
        // Probabilities that none, or exactly one, of the candidates so far keeps its limits.
        let (mut none, mut one) = (1.0, 0.0);
        let mut baseline_places = None;
        let mut place = 0;
        while none + one > NEGLIGIBLE {
            let group = self.ranking.group(place);
            let utility = group.first().map_or(0.0, |(utility, _)| *utility);
            if baseline_places.is_none() && !(utility > baseline_utility) {
                baseline_places = Some((none, none + one));
            }
            if group.is_empty() {
                break;
            }
            place += group.len();
            let beaten_by_baseline = baseline_utility > utility;
            let (first, first_two) = if beaten_by_baseline { (0.0, none) } else { (none, none + one) };
            for (_, version) in group.iter().filter(|(_, version)| *version != self.baseline) {
                let keeps = self.admissible[*version];
                self.first[*version] += weight * keeps * first;
                self.first_two[*version] += weight * keeps * first_two;
                one = one * (1.0 - keeps) + none * keeps;
                none *= 1.0 - keeps;
            }
        }
        let (first, first_two) = baseline_places.unwrap_or((none, none + one));
        self.first[self.baseline] += weight * first;
        self.first_two[self.baseline] += weight * first_two;
        // Where every candidate fails or is worth nothing, all of them are second behind the baseline.
        if none > NEGLIGIBLE {
            for version in (0..self.first_two.len()).filter(|version| *version != self.baseline) {
                self.first_two[version] += weight * none;
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

/// Versions by falling utility, as far as anybody looks: with admissible versions in front the rest does not matter.
struct Ranking {
    /// Versions that may keep their limits.
    admissible: Vec<usize>,
    /// Those of them that are worth anything, with their utility; the first `ranked` in their order.
    versions: Vec<(f64, usize)>,
    ranked: usize,
}

impl Ranking {
    fn new(admissible: &[f64]) -> Self {
        let kept = admissible.iter().enumerate().filter(|(_, keeps)| **keeps > 0.0).map(|(version, _)| version);
        Self { admissible: kept.collect(), versions: Vec::with_capacity(admissible.len()), ranked: 0 }
    }

    /// Forgets the order, for the next draw.
    fn start(&mut self, utilities: &[f64]) {
        self.versions.clear();
        let worth = self.admissible.iter().map(|version| (utilities[*version], *version));
        self.versions.extend(worth.filter(|(utility, _)| *utility > 0.0));
        self.ranked = 0;
    }

    /// The versions from `place` on that share one utility above 0; none at the end.
    fn group(&mut self, place: usize) -> &[(f64, usize)] {
        self.rank(place);
        let Some((utility, _)) = self.versions.get(place).copied() else {
            return &[];
        };
        let mut end = place + 1;
        loop {
            self.rank(end);
            match self.versions.get(end) {
                Some((other, _)) if *other == utility => end += 1,
                _ => return &self.versions[place..end],
            }
        }
    }

    /// Puts the version of this place there: by selection at first, by sorting once many are asked for.
    fn rank(&mut self, place: usize) {
        if place < self.ranked || place >= self.versions.len() {
            return;
        }
        let rest = &mut self.versions[place..];
        if place < SELECTIONS_MAX {
            let (mut best, mut most) = (0, f64::NEG_INFINITY);
            for (index, (utility, _)) in rest.iter().enumerate() {
                if *utility > most {
                    (best, most) = (index, *utility);
                }
            }
            rest.swap(0, best);
            self.ranked = place + 1;
        } else {
            let keys: Vec<f64> = rest.iter().map(|(utility, _)| -utility).collect();
            let sorted: Vec<_> = order::rising(&keys).into_iter().map(|place| rest[place]).collect();
            rest.copy_from_slice(&sorted);
            self.ranked = self.versions.len();
        }
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
/// From this place on sorting all is quicker than selecting one by one.
const SELECTIONS_MAX: usize = 8;

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
