//! The last state that a client sent back, held against the experiment: a note says what of it does not belong.
//!
//! What does not fit is ignored, and the rest is used: criteria and versions may change during an experiment.
//!
//! Not here: what is made of the state (the methods).

use super::notes::{LAST_STATE_MISMATCH, LAST_STATE_MISSING, Notes, names};
use crate::experiment::Experiment;
use crate::wire::last_state::LastState;

/// Notes what of the last state does not belong to this experiment, or what takes its place where there is none: the last
/// split may be inferred from requests.
pub(crate) fn about_last_state(experiment: &Experiment, last: &LastState, is_inferred: bool, notes: &mut Notes) {
    let is_empty = last.counters.is_empty() && last.ratios.is_empty() && last.splits.is_empty();
    if is_empty {
        if let Some(iteration) = experiment.iteration_number.filter(|iteration| *iteration > 0) {
            let message = if is_inferred {
                "No last state came with this iteration: increments count from the split that the requests of the last intervals tell."
            } else {
                "No last state came with this iteration: increments count from the baseline's 100 %."
            };
            notes.add(LAST_STATE_MISSING, "last_state", message, &[("iteration_number", iteration.into())]);
        }
        return;
    }
    let known_version = |id: &str| experiment.versions.iter().any(|version| version.id == id);
    let known_counter = |id: &str| experiment.counters.iter().any(|counter| counter.id == id);
    let known_ratio = |id: &str| experiment.ratios.iter().any(|ratio| ratio.id == id);
    let is_in_split = |id: &str| last.splits.iter().all(|(_, split)| split.iter().any(|(known, _)| known == id));
    let mut named: Vec<(&str, bool)> = Vec::new();
    for (points, is_known) in [(&last.counters, &known_counter as &dyn Fn(&str) -> bool), (&last.ratios, &known_ratio)]
    {
        for (version, points) in points {
            named.push((version, known_version(version)));
            for (metric, _) in points {
                named.push((metric, is_known(metric)));
            }
        }
    }
    for (_, split) in &last.splits {
        for (version, _) in split {
            named.push((version, known_version(version)));
        }
    }
    for version in &experiment.versions {
        named.push((&version.id, is_in_split(&version.id)));
    }
    // In order and each once; kept so while they are found, since there are few if any.
    let mut strangers: Vec<&str> = Vec::new();
    for (id, is_known) in named {
        if !is_known && let Err(place) = strangers.binary_search(&id) {
            strangers.insert(place, id);
        }
    }
    if !strangers.is_empty() {
        let shown = names(&strangers);
        let message = format!("The last state does not fit this experiment in {shown}; there it was ignored.");
        notes.add(LAST_STATE_MISMATCH, "last_state", message, &[("count", strangers.len().into())]);
    }
}
