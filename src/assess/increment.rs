//! Last known split + new split -> one in which no candidate gains too much at once.
//!
//! v1.0.0's rule, the same in every method: a candidate gains at most `max_increment` over the last known split and may
//! lose all at once; the baseline takes what is cut off.
//!
//! Not here: which split is wanted (`traffic`).

use super::findings::Split;
use crate::experiment::Experiment;
use crate::wire::last_state::{LastState, find};
use crate::wire::request::Strategy;

/// No candidate gains more than the increment; the baseline takes what is cut off.
pub(crate) fn cap(mut split: Split, last: &Split, experiment: &Experiment) -> Split {
    let mut cut_off = 0.0;
    for (index, (percent, last)) in split.iter_mut().zip(last).enumerate() {
        let excess = *percent - last - experiment.max_increment;
        if index != experiment.baseline && excess > 0.0 {
            *percent -= excess;
            cut_off += excess;
        }
    }
    if let Some(percent) = split.get_mut(experiment.baseline) {
        *percent += cut_off;
    }
    split
}

/// The last known split of a strategy: that of the last state, else what is `inferred`, else all to the baseline.
pub(crate) fn last_split(experiment: &Experiment, strategy: Strategy, inferred: Option<&Split>) -> Split {
    let known = experiment.last_state.as_ref().and_then(|last| percents(last, strategy));
    if let (None, Some(inferred)) = (known, inferred) {
        return inferred.clone();
    }
    let mut split = vec![0.0; experiment.versions.len()];
    for (index, version) in experiment.versions.iter().enumerate().filter(|(index, _)| *index != experiment.baseline) {
        let percent = known.and_then(|known| find(known, &version.id)).copied();
        split[index] = percent.filter(|percent| (0.0..=100.0).contains(percent)).unwrap_or(0.0);
    }
    let candidates: f64 = split.iter().sum();
    if candidates > 100.0 {
        split.fill(0.0);
    }
    split[experiment.baseline] = 100.0 - split.iter().sum::<f64>();
    split
}

fn percents(last: &LastState, strategy: Strategy) -> Option<&Vec<(String, f64)>> {
    last.splits.iter().find(|(known, _)| *known == strategy).map(|(_, split)| split)
}
