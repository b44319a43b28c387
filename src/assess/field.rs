//! Beliefs about one metric in several versions -> how often each is better than another, and the best of all, and what
//! else the same tables tell.
//!
//! Two are a single comparison; more share the nodes of a race, which answers whatever is asked of them. A field is made
//! once for a metric: criteria on it and, for the reward, the race for the win take it. What choosing a version is expected to
//! lose of the reward, and who keeps a limit relative to the baseline, come from the race's tables too.
//!
//! Not here: what limits there are (`feasibility`), who wins (`race`).

use super::belief::Belief;
use super::compare::{Kinds, preferred};
use super::feasibility::{Limits, limits_on, shared};
use crate::experiment::{Experiment, Metric};
use crate::stats::best::Race;
use crate::stats::scenarios::{Scenarios, Seats};
use crate::wire::request::Direction;

/// The versions of which something is known, held against each other.
#[derive(Debug)]
pub(crate) struct Field {
    /// Which versions, and how many there are with the unknown ones.
    pub(crate) known: Vec<usize>,
    versions: usize,
    pub(crate) standing: Standing,
    /// What choosing each version is expected to lose, of the reward; `None` where one of them is unknown.
    pub(crate) losses: Option<Vec<Option<f64>>>,
}

#[derive(Debug)]
pub(crate) enum Standing {
    /// One, or none.
    Alone,
    /// Two: the probability that the first is better than the second.
    Pair(f64),
    Race(Race),
}

impl Field {
    /// The versions with a belief in `row` for which `runs`.
    pub(crate) fn of(row: &[Option<Belief>], runs: &[bool], direction: Direction) -> Self {
        let (known, beliefs) = believed(row, &|version| runs[version]);
        Self::with(row, known, &beliefs, direction, None, false).0
    }

    /// The field of `known` versions. Where it is a race, also who keeps a limit of so many times the value of a version; where
    /// `tells_losses` they are told.
    fn with(
        row: &[Option<Belief>],
        known: Vec<usize>,
        beliefs: &[Belief],
        direction: Direction,
        multiple: Option<(usize, f64)>,
        tells_losses: bool,
    ) -> (Self, Option<Scenarios>) {
        let (versions, preferred) = (row.len(), preferred(direction));
        let tells_losses = tells_losses && known.len() == versions;
        let mut field = Self { known, versions, standing: Standing::Alone, losses: None };
        let Some(kinds) = Kinds::of(beliefs) else { return (field, None) };
        if let [_, _, _, ..] = beliefs {
            let place = |version| field.known.iter().position(|known| *known == version);
            let tables = kinds.tables(multiple.and_then(|(version, factor)| Some((place(version)?, factor))));
            field.standing = Standing::Race(tables.race(preferred));
            field.losses = tells_losses.then(|| tables.losses(preferred));
            let scenarios = multiple.and_then(|(shared, _)| {
                let others: Vec<(usize, f64)> = field.known.iter().map(|version| (*version, 1.0)).collect();
                tables.scenarios(preferred, &Seats { size: versions, others: &others, shared })
            });
            return (field, scenarios);
        }
        if let [one, other] = beliefs {
            field.standing = Standing::Pair(one.beats(*other, direction));
        }
        field.losses = tells_losses.then(|| kinds.expected_losses(direction));
        (field, None)
    }

    /// For each version, the probability that it is better than `reference`; of no meaning where either is unknown.
    pub(crate) fn better_than(&self, reference: usize) -> Vec<f64> {
        let mut all = vec![0.0; self.versions];
        let better = match (&self.standing, self.known.iter().position(|version| *version == reference)) {
            (Standing::Pair(better), _) => vec![*better, 1.0 - better],
            (Standing::Race(race), Some(place)) => race.better_than(place),
            _ => Vec::new(),
        };
        self.known.iter().zip(better).for_each(|(version, better)| all[*version] = better);
        all
    }

    /// For each version, the probability that it is the best; `None` where one of them is unknown.
    pub(crate) fn is_best(&self) -> Option<Vec<f64>> {
        (self.known.len() == self.versions).then(|| match &self.standing {
            Standing::Alone => vec![1.0; self.versions],
            Standing::Pair(better) => vec![*better, 1.0 - better],
            Standing::Race(race) => race.places_of(&vec![1.0; self.versions]).best,
        })
    }
}

/// The versions with a belief in `row` that are in `part`, and what is believed of them.
pub(crate) fn believed(row: &[Option<Belief>], part: &dyn Fn(usize) -> bool) -> (Vec<usize>, Vec<Belief>) {
    let (mut known, mut beliefs) = (Vec::with_capacity(row.len()), Vec::with_capacity(row.len()));
    for (version, belief) in row.iter().enumerate() {
        if let Some(belief) = belief.filter(|_| part(version)) {
            known.push(version);
            beliefs.push(belief);
        }
    }
    (known, beliefs)
}

/// A field for each metric that was asked for, and the scenarios of limits relative to the baseline: their marginal
/// probabilities are wanted, and they themselves.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    made: Vec<(Metric, Field)>,
    scenarios: Vec<(Metric, Limits, Option<Scenarios>)>,
}

impl Fields {
    /// The field of all versions about `metric`, with these beliefs and this good direction.
    pub(crate) fn of(
        &mut self,
        experiment: &Experiment,
        metric: Metric,
        row: &[Option<Belief>],
        direction: Direction,
    ) -> &Field {
        let place = self.made.iter().position(|(made, _)| *made == metric).unwrap_or_else(|| {
            let (known, beliefs) = believed(row, &|_| true);
            // An absolute limit beside the relative one cuts the grid where nothing else wants it cut.
            let limits = limits_on(experiment, metric)
                .filter(|limits| limits.absolute.is_none() && limits.direction == direction);
            let multiple = limits.and_then(|limits| Some((experiment.baseline, limits.relative?)));
            let is_reward = experiment.reward().is_some_and(|reward| reward.metric == metric);
            let (field, scenarios) = Field::with(row, known, &beliefs, direction, multiple, is_reward);
            if let (Some(limits), Some(scenarios)) = (limits, scenarios) {
                self.scenarios.push((metric, limits, Some(scenarios)));
            }
            self.made.push((metric, field));
            self.made.len() - 1
        });
        &self.made[place].1
    }

    /// Who keeps these limits on `metric`, one of which is relative; `None` where the baseline is unknown.
    pub(crate) fn scenarios(
        &mut self,
        metric: Metric,
        row: &[Option<Belief>],
        baseline: usize,
        limits: Limits,
    ) -> Option<&Scenarios> {
        let is_known = |(known, its, _): &(Metric, Limits, _)| *known == metric && *its == limits;
        let place = self.scenarios.iter().position(is_known).unwrap_or_else(|| {
            self.scenarios.push((metric, limits, shared(row, baseline, limits)));
            self.scenarios.len() - 1
        });
        self.scenarios[place].2.as_ref()
    }
}
