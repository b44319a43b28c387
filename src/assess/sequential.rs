//! The engine's own statistics: exact beliefs, and evidence that stays true at every look: method `sequential`.
//!
//! Gather, believe, judge each criterion, run the race, split traffic. No step draws a random number.
//!
//! Not here: v1.0.0's statistics (`v1`).

use super::belief::{self, Belief, Beliefs};
use super::compare::Kinds;
use super::criterion;
use super::evidence::{self, Evidence};
use super::feasibility;
use super::findings::{Findings, Outcome, Split};
use super::fit;
use super::notes::Notes;
use super::race;
use super::traffic;
use super::winner;
use crate::experiment::{Experiment, Options};
use crate::wire::assessment::Method;
use crate::wire::last_state::{DataPoint, LastState};
use crate::wire::observations::Observations;
use crate::wire::status::Status;

/// The sequential method's findings on `experiment`.
pub(crate) fn assess(experiment: &Experiment, observations: &Observations, options: &Options) -> Findings {
    let mut notes = Notes::default();
    notes.about_experiment(experiment, options);
    notes.about_observations(experiment, observations);
    fit::about_last_state(experiment, experiment.last_state.as_ref().unwrap_or(&LastState::default()), &mut notes);
    let evidence = evidence::gather(experiment, observations, &mut notes);
    let beliefs = belief::update(experiment, &evidence, &mut notes);
    let judgements = criterion::judge(experiment, &evidence, &beliefs, &mut notes);
    let feasibility = feasibility::of(experiment, &beliefs, &judgements);
    let runs = vec![true; experiment.versions.len()];
    let race = race::run(experiment, &beliefs, &feasibility, &runs);
    let inferred: Option<Split> = None;
    let splits = traffic::split(experiment, &race, &runs, inferred.as_ref(), evidence.backend_failed);
    let winner = winner::find(experiment, &race, evidence.backend_failed);
    let (counters, ratios) = points(experiment, &evidence, options);
    Findings {
        method: Method::Sequential,
        judgements,
        win_probabilities: race.wins,
        outcomes: outcomes(experiment, &beliefs),
        winner,
        splits,
        counters,
        ratios,
        extremes: Vec::new(),
        backend_failed: evidence.backend_failed,
        statuses: evidence.statuses,
        notes,
    }
}

/// What choosing each version is expected to lose of the reward; unknown where the reward of a version is.
fn outcomes(experiment: &Experiment, beliefs: &Beliefs) -> Vec<Outcome> {
    let losses = experiment.reward().and_then(|reward| {
        let row: Option<Vec<Belief>> = criterion::row(beliefs, reward.metric).iter().copied().collect();
        let direction = criterion::direction(experiment, reward)?;
        Some(Kinds::of(&row?)?.expected_losses(direction))
    });
    let losses = losses.unwrap_or_else(|| vec![None; experiment.versions.len()]);
    losses.into_iter().map(|expected_loss| Outcome { expected_loss, ..Outcome::default() }).collect()
}

/// Every counter and ratio as a data point of the next last state.
fn points(
    experiment: &Experiment,
    evidence: &Evidence,
    options: &Options,
) -> (Vec<Vec<DataPoint>>, Vec<Vec<DataPoint>>) {
    let point = |value: Option<f64>| DataPoint {
        value,
        timestamp: value.map(|_| options.now.in_utc()),
        status: if value.is_some() { Status::AllOk } else { Status::UninitializedValue },
    };
    let counters = evidence.counters.iter().map(|row| row.iter().map(|value| point(*value)).collect()).collect();
    let ratios = (0..experiment.versions.len()).map(|version| {
        let ratios = 0..experiment.ratios.len();
        ratios.map(|ratio| point(evidence.ratio(version, ratio).map(|sample| sample.value()))).collect()
    });
    (counters, ratios.collect())
}
