//! v1.0.0's own statistics, for whoever compares with v1.0.0 or replays it: method `v1`.
//!
//! The steps of v1.0.0: aggregate, believe, judge each criterion, find the winner, split traffic. Faults of its statistics
//! are kept (`docs/v1.md` says which), faults that only crashed or mixed things up are not. What v1.0.0 sampled but has
//! a closed form is computed; 10,000 draws remain where versions are ranked by a reward.
//!
//! Not here: any guarantee under repeated looks. v1.0.0 had none.

mod belief;
mod criterion;
mod evidence;
mod orders;
mod race;
mod traffic;
mod utilities;

pub(crate) use criterion::Judgement;
pub(crate) use evidence::Evidence;
pub(crate) use race::Race;
pub(crate) use traffic::Splits;

use super::notes::Notes;
use crate::experiment::{Experiment, Options};
use crate::stats::rng;
use crate::wire::observations::Observations;

/// What the steps found.
pub(crate) struct Findings {
    pub(crate) evidence: Evidence,
    /// `[version][criterion]`.
    pub(crate) judgements: Vec<Vec<Judgement>>,
    pub(crate) race: Race,
    pub(crate) splits: Splits,
    pub(crate) notes: Notes,
}

/// v1.0.0's findings on `experiment`.
pub(crate) fn assess(experiment: &Experiment, observations: &Observations, options: &Options) -> Findings {
    let mut notes = Notes::default();
    notes.about_experiment(experiment, options);
    notes.about_observations(experiment, observations);
    let evidence = evidence::merge(experiment, observations, options.now, &mut notes);
    let beliefs = belief::update(experiment, &evidence);
    let judgements = criterion::judge(experiment, &evidence, &beliefs);
    let mut stream = rng::stream(super::seed(experiment, options));
    let race = race::run(experiment, &beliefs, &judgements, &mut stream);
    let splits = traffic::split(experiment, &evidence, &race, &mut stream);
    Findings { evidence, judgements, race, splits, notes }
}
