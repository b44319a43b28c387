//! The engine's own statistics: exact beliefs, and evidence that stays true at every look: method `sequential`.
//!
//! Gather, believe, judge each criterion, run the race, split traffic. No step draws a random number.
//!
//! Not here: v1.0.0's statistics (`v1`).

use super::belief::{self, Beliefs};
use super::criterion;
use super::diagnostics;
use super::evidence::{self, Evidence};
use super::feasibility;
use super::field::Fields;
use super::findings::{Findings, Outcome};
use super::fit;
use super::monitor::{self, Monitor};
use super::notes::Notes;
use super::race;
use super::rollback::{self, Harm};
use super::traffic;
use super::winner::Court;
use crate::experiment::{Experiment, Options};
use crate::wire::assessment::Method;
use crate::wire::last_state::{DataPoint, LastState};
use crate::wire::observations::Observations;
use crate::wire::request::Rollback;
use crate::wire::status::Status;

/// The sequential method's findings on `experiment`.
pub(crate) fn assess(experiment: &Experiment, observations: &Observations, options: &Options) -> Findings {
    let mut notes = Notes::default();
    notes.about_experiment(experiment, options);
    notes.about_observations(experiment, observations);
    let evidence = evidence::gather(experiment, observations, options.now, &mut notes);
    let (nothing, inferred) = (LastState::default(), traffic::inferred(experiment, &evidence));
    let last = experiment.last_state.as_ref().unwrap_or(&nothing);
    fit::about_last_state(experiment, last, inferred.is_some(), &mut notes);
    diagnostics::inspect(experiment, &evidence, &mut notes);
    let beliefs = belief::update(experiment, &evidence, &mut notes);
    let mut fields = Fields::default();
    let mut judgements = criterion::judge(experiment, &evidence, &beliefs, &mut fields, &mut notes);
    let monitor = monitor::watch(experiment, &evidence, &judgements);
    let mut harms = rollback::harms(experiment, &monitor);
    let may_roll_back = experiment.rollback == Rollback::Violated && !evidence.backend_failed;
    if may_roll_back {
        rollback::remember(experiment, &monitor, &mut harms, &mut notes);
    }
    let feasibility = feasibility::of(experiment, &beliefs, &judgements, &mut fields);
    let all = vec![true; experiment.versions.len()];
    let race = race::run(experiment, &beliefs, &feasibility, &mut fields, &all);
    let outcomes = outcomes(experiment, &beliefs, &mut fields, &harms, may_roll_back);
    let runs: Vec<bool> = outcomes.iter().map(|outcome| !outcome.rollback).collect();
    let court = Court {
        experiment,
        race: &race,
        monitor: &monitor,
        harms: &harms,
        runs: &runs,
        backend_failed: evidence.backend_failed,
    };
    let winner = court.decide(&mut notes);
    let splits = match runs == all {
        true => traffic::split(experiment, &race, &runs, inferred.as_ref(), evidence.backend_failed),
        // Who is out leaves its places to the others.
        false => {
            let race = race::run(experiment, &beliefs, &feasibility, &mut fields, &runs);
            traffic::split(experiment, &race, &runs, inferred.as_ref(), evidence.backend_failed)
        }
    };
    for (judgements, shown) in judgements.iter_mut().zip(&monitor.criteria) {
        for (judgement, shown) in judgements.iter_mut().zip(shown) {
            judgement.shown = *shown;
        }
    }
    let (counters, ratios) = points(experiment, &evidence, options);
    Findings {
        method: Method::Sequential,
        judgements,
        win_probabilities: race.wins,
        winner,
        log_e_needed: monitor.needed,
        splits,
        counters,
        ratios,
        rolled_back: rolled_back(experiment, &monitor, &evidence, &outcomes),
        whole: evidence.counters,
        history: evidence.extended.map(|extended| extended.history),
        extremes: Vec::new(),
        backend_failed: evidence.backend_failed,
        statuses: evidence.statuses,
        outcomes,
        notes,
    }
}

/// Who is rolled back, and what choosing each version is expected to lose of the reward: unknown where one's reward is.
fn outcomes(
    experiment: &Experiment,
    beliefs: &Beliefs,
    fields: &mut Fields,
    harms: &[Harm],
    may_roll_back: bool,
) -> Vec<Outcome> {
    let losses = experiment.reward().and_then(|reward| {
        let row = criterion::row(beliefs, reward.metric);
        let direction = criterion::direction(experiment, reward)?;
        fields.of(experiment, reward.metric, row, direction).losses.clone()
    });
    let losses = losses.unwrap_or_else(|| vec![None; experiment.versions.len()]);
    let outcome = |(version, (harm, expected_loss)): (usize, (&Harm, Option<f64>))| Outcome {
        rollback: may_roll_back && version != experiment.baseline && harm.is_shown,
        log_e_rollback: harm.log_e,
        expected_loss,
    };
    harms.iter().zip(losses).enumerate().map(outcome).collect()
}

/// Who is to stay rolled back, and ln of the evidence for it: who is rolled back now, where the next call may not see what this
/// one sees; where intervals come with the data they say it anew, and where the backend failed nothing changes.
fn rolled_back(
    experiment: &Experiment,
    monitor: &Monitor,
    evidence: &Evidence,
    outcomes: &[Outcome],
) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    for (version, outcome) in experiment.versions.iter().zip(outcomes) {
        let before = rollback::before(experiment, &version.id);
        let now = evidence.extended.as_ref().map(|_| outcome.log_e_rollback.unwrap_or(monitor.needed));
        let log_e = if evidence.backend_failed { before } else { before.or(now).filter(|_| outcome.rollback) };
        if let Some(log_e) = log_e {
            all.push((version.id.clone(), log_e));
        }
    }
    all
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
    let kept = evidence.extended.as_ref().map_or(&evidence.counters, |extended| &extended.references);
    let counters = kept.iter().map(|row| row.iter().map(|value| point(*value)).collect()).collect();
    let ratios = (0..experiment.versions.len()).map(|version| {
        let ratios = 0..experiment.ratios.len();
        ratios.map(|ratio| point(evidence.ratio(version, ratio).map(|sample| sample.value()))).collect()
    });
    (counters, ratios.collect())
}
