//! Feasibility + beliefs about the reward -> how often each version wins, or is among the first two.
//!
//! A version wins where it keeps all its limits and has the best reward of those that do: the probability of that, not
//! divided by the probability that somebody does. Without a reward candidates are preferred by their probability of
//! keeping all limits (of equal ones the later in the request, as in v1.0.0), and then the baseline.
//!
//! Versions that keep their limits rank before those that do not, among which the baseline is the first. A limit on the
//! reward itself shares its belief; a limit relative to the baseline's reward is taken as independent of it. Not here: whether a winner may be named (`winner`), shares of traffic (`traffic`).

use super::belief::Beliefs;
use super::compare::Kinds;
use super::criterion::{direction, row};
use super::feasibility::{Feasibility, limits_on};
use super::field::{Field, Fields, Standing, believed};
use crate::experiment::Experiment;
use crate::stats;
use crate::stats::order;
use crate::stats::scenarios::Scenarios;
use crate::wire::request::Direction;

/// Who is first, and who among the first two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Race {
    /// The probability that each version wins.
    pub(crate) wins: Vec<f64>,
    /// The probability that no version keeps all its limits.
    pub(crate) nobody: f64,
    /// The probability that each version is among the first two; they sum to 2, or to 1 for a single version.
    pub(crate) first_two: Vec<f64>,
}

/// The race of the versions for which `runs`.
pub(crate) fn run(
    experiment: &Experiment,
    beliefs: &Beliefs,
    feasibility: &Feasibility,
    fields: &mut Fields,
    runs: &[bool],
) -> Race {
    let versions = experiment.versions.len();
    let some_run;
    let order = match experiment.reward() {
        None => Order::Fixed(preference(experiment, feasibility, runs)),
        Some(reward) => {
            let row = row(beliefs, reward.metric);
            // A reward has a direction: higher where nobody said.
            let direction = direction(experiment, reward).unwrap_or(Direction::Higher);
            let field = if runs.iter().all(|runs| *runs) {
                fields.of(experiment, reward.metric, row, direction)
            } else {
                some_run = Field::of(row, runs, direction);
                &some_run
            };
            let limit = limits_on(experiment, reward.metric).filter(|limits| limits.relative.is_none());
            let limit = limit.and_then(|limits| limits.absolute);
            let within = limit.and_then(|limit| {
                let (_, beliefs) = believed(row, &|version| runs[version]);
                Some(Kinds::of(&beliefs)?.race_within(direction, limit))
            });
            Order::Drawn { field, within }
        }
    };
    let taking_part: Vec<f64> = runs.iter().map(|runs| f64::from(u8::from(*runs))).collect();
    let taking_part = feasibility.scenarios.clone().times(&taking_part);
    let (wins, first_two) = order.places(versions, &taking_part);
    let mut race = Race { wins, nobody: 0.0, first_two };
    // The probability that no candidate keeps its limits, and that the baseline and all but one candidate do not.
    let (mut no_candidate, mut baseline_second) = (0.0, 0.0);
    for (weight, within) in feasibility.scenarios.iter() {
        let (mut nobody, mut none, mut one) = (1.0, 1.0, 0.0);
        for version in 0..versions {
            let within = within[version] * feasibility.on_reward[version];
            nobody *= 1.0 - within;
            if version != experiment.baseline {
                let keeps = if runs[version] { within } else { 0.0 };
                (none, one) = (none * (1.0 - keeps), one * (1.0 - keeps) + none * keeps);
            }
        }
        let keeps = within[experiment.baseline] * feasibility.on_reward[experiment.baseline];
        let baseline_fails = if runs[experiment.baseline] { 1.0 - keeps } else { 1.0 };
        race.nobody += weight * nobody;
        no_candidate += weight * none;
        baseline_second += weight * baseline_fails * (none + one);
    }
    race.first_two[experiment.baseline] += baseline_second;
    // The place behind a baseline that no candidate leaves behind: for the best candidate, whatever it keeps.
    for (version, share) in order.best_candidate(versions, experiment.baseline).into_iter().enumerate() {
        race.first_two[version] += no_candidate * share;
    }
    race.wins.iter_mut().chain([&mut race.nobody]).for_each(|share| *share = share.clamp(0.0, 1.0));
    race
}

/// In which order versions come that keep their limits.
enum Order<'a> {
    /// The same always: versions from the most preferred on.
    Fixed(Vec<usize>),
    /// By a reward: its field, and the race among values that keep the limit on the reward, if it has one.
    Drawn { field: &'a Field, within: Option<stats::best::Race> },
}

impl Order<'_> {
    /// That each version is the first, and among the first two, of those that keep limits.
    fn places(&self, versions: usize, scenarios: &Scenarios) -> (Vec<f64>, Vec<f64>) {
        let (mut first, mut two) = (vec![0.0; versions], vec![0.0; versions]);
        match self {
            Self::Fixed(order) => {
                for (weight, keeps) in scenarios.iter() {
                    let (mut none, mut one) = (weight, 0.0);
                    for &version in order {
                        let keeps = keeps[version];
                        first[version] += none * keeps;
                        two[version] += (none + one) * keeps;
                        (none, one) = (none * (1.0 - keeps), one * (1.0 - keeps) + none * keeps);
                    }
                }
            }
            Self::Drawn { field, within } => match (within, &field.standing, field.known.as_slice()) {
                (Some(race), ..) | (None, Standing::Race(race), _) => {
                    let places = if field.known.len() == versions {
                        race.places(scenarios)
                    } else {
                        race.places(&scenarios.only(&field.known))
                    };
                    let of_each = field.known.iter().zip(places.best.iter().zip(&places.best_two));
                    of_each.for_each(|(version, (best, in_two))| (first[*version], two[*version]) = (*best, *in_two));
                }
                (None, Standing::Pair(better), [one, other]) => {
                    for (weight, keeps) in scenarios.iter() {
                        let (own, others) = (keeps[*one], keeps[*other]);
                        first[*one] += weight * own * (1.0 - others * (1.0 - better));
                        first[*other] += weight * others * (1.0 - own * better);
                        two[*one] += weight * own;
                        two[*other] += weight * others;
                    }
                }
                (None, _, alone) => {
                    for (weight, keeps) in scenarios.iter() {
                        alone.iter().for_each(|version| first[*version] += weight * keeps[*version]);
                    }
                    two.clone_from(&first);
                }
            },
        }
        (first, two)
    }

    /// The probability that each candidate is the first of all candidates, limits apart.
    fn best_candidate(&self, versions: usize, baseline: usize) -> Vec<f64> {
        let mut candidates = vec![1.0; versions];
        candidates[baseline] = 0.0;
        let candidates = Scenarios::one(&candidates);
        match self {
            // Limits on the reward are limits too.
            Self::Drawn { field, .. } => Order::Drawn { field, within: None }.places(versions, &candidates).0,
            Self::Fixed(_) => self.places(versions, &candidates).0,
        }
    }
}

/// Candidates by falling probability of keeping all limits, of equal ones the later first; then the baseline.
fn preference(experiment: &Experiment, feasibility: &Feasibility, runs: &[bool]) -> Vec<usize> {
    let candidates = (0..experiment.versions.len()).filter(|version| *version != experiment.baseline && runs[*version]);
    let mut order = falling(&candidates.rev().collect::<Vec<_>>(), &feasibility.marginal);
    order.push(experiment.baseline);
    order
}

/// The `candidates` by their falling `probabilities`; equal ones keep their order.
///
/// What differs by less than these are known to is equal: candidates with the same data, or all of which are sure, would else
/// be told apart by how their last digits were rounded.
fn falling(candidates: &[usize], probabilities: &[f64]) -> Vec<usize> {
    let keys: Vec<f64> = candidates.iter().map(|version| -probabilities[*version]).collect();
    let mut levels = keys.clone();
    let mut reached: Option<(f64, f64)> = None;
    for place in order::rising(&keys) {
        let key = keys[place];
        let level = reached.filter(|(last, _)| key - last < SAME).map_or(key, |(_, level)| level);
        levels[place] = level;
        reached = Some((key, level));
    }
    order::rising(&levels).into_iter().map(|place| candidates[place]).collect()
}

/// Above the absolute error of probabilities of keeping limits.
const SAME: f64 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_prefers_nobody() {
        let probabilities = [0.5, 1.0 - 3e-15, 1.0, 0.7, 0.7 + 1e-13, 1.0 - 2e-14];
        assert_eq!(falling(&[5, 4, 3, 2, 1, 0], &probabilities), [5, 2, 1, 4, 3, 0]);
        assert_eq!(falling(&[0, 1, 2, 3, 4, 5], &probabilities), [1, 2, 5, 3, 4, 0]);
        // More than rounding is a preference.
        assert_eq!(falling(&[0, 1], &[0.7, 0.7 + 1e-9]), [1, 0]);
    }
}
