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
mod winner;

use super::findings::{Findings, Outcome};
use super::notes::{METHOD_WITHOUT_HISTOGRAMS, Notes};
use crate::experiment::{Experiment, Metric, Options};
use crate::stats::rng;
use crate::wire::assessment::Method;
use crate::wire::observations::Observations;

/// v1.0.0's findings on `experiment`.
pub(crate) fn assess(experiment: &Experiment, observations: &Observations, options: &Options) -> Findings {
    let mut notes = Notes::default();
    notes.about_experiment(experiment, options);
    notes.about_observations(experiment, observations);
    about_histograms(experiment, &mut notes);
    let evidence = evidence::merge(experiment, observations, options.now, &mut notes);
    let beliefs = belief::update(experiment, &evidence);
    let judgements = criterion::judge(experiment, &evidence, &beliefs);
    let mut stream = rng::stream(super::seed(experiment, options));
    let race = race::run(experiment, &beliefs, &judgements, &mut stream);
    let splits = traffic::split(experiment, &evidence, &race, &mut stream);
    let winner = winner::find(experiment, &evidence, &judgements, &race);
    Findings {
        method: Method::V1,
        judgements,
        win_probabilities: race.win_probabilities,
        outcomes: vec![Outcome::default(); experiment.versions.len()],
        winner,
        log_e_needed: 0.0,
        splits,
        whole: Vec::new(),
        counters: evidence.counters,
        ratios: evidence.ratios,
        history: None,
        rolled_back: Vec::new(),
        extremes: evidence.extremes,
        backend_failed: evidence.backend_failed,
        statuses: evidence.statuses,
        notes,
    }
}

fn about_histograms(experiment: &Experiment, notes: &mut Notes) {
    for (index, criterion) in experiment.criteria.iter().enumerate() {
        if matches!(criterion.metric, Metric::Histogram(_)) {
            let message = format!(
                "Criterion {} is about a histogram, which v1.0.0 did not know; it is unknown with `method: \"v1\"`.",
                criterion.id
            );
            notes.add(METHOD_WITHOUT_HISTOGRAMS, format!("criteria[{index}].metric_id"), message, &[]);
        }
    }
}
