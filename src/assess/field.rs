//! Beliefs about one metric in several versions -> how often each is better than another, and the best of all.
//!
//! Two are a single comparison; more share the nodes of a race, which answers whatever is asked of them. A field is made
//! once for a metric: criteria on it and, for the reward, the race for the win take it.
//!
//! Not here: limits (`feasibility`), who wins (`race`).

use super::belief::Belief;
use super::compare::Kinds;
use crate::experiment::Metric;
use crate::stats::best::Race;
use crate::wire::request::Direction;

/// The versions of which something is known, held against each other.
#[derive(Debug)]
pub(crate) struct Field {
    /// Which versions, and how many there are with the unknown ones.
    pub(crate) known: Vec<usize>,
    versions: usize,
    pub(crate) standing: Standing,
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
        let standing = match (beliefs.as_slice(), Kinds::of(&beliefs)) {
            ([one, other], _) => Standing::Pair(one.beats(*other, direction)),
            ([_, _, ..], Some(kinds)) => Standing::Race(kinds.race(direction)),
            _ => Standing::Alone,
        };
        Self { known, versions: row.len(), standing }
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

/// A field for each metric that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    made: Vec<(Metric, Field)>,
}

impl Fields {
    /// The field of all versions about `metric`, with these beliefs and this good direction.
    pub(crate) fn of(&mut self, metric: Metric, row: &[Option<Belief>], direction: Direction) -> &Field {
        let place = self.made.iter().position(|(made, _)| *made == metric).unwrap_or_else(|| {
            self.made.push((metric, Field::of(row, &vec![true; row.len()], direction)));
            self.made.len() - 1
        });
        &self.made[place].1
    }
}
