//! A criterion -> whether its limit lies at the end of what its metric can be, where nobody can be shown to keep it.
//!
//! Kui's form sets a limit of 0 for every reward, of whatever direction.
//!
//! Not here: what is shown of limits within reach (`monitor`).

use super::notes::{LIMIT_OUT_OF_REACH, Notes};
use crate::experiment::{Criterion, Experiment, Metric};
use crate::wire::digits;
use crate::wire::request::{Direction, ThresholdKind};

/// Which side of the limit is wanted and where all values lie that are any; `None` for a limit within reach.
#[inline(never)]
fn out_of_reach(experiment: &Experiment, criterion: &Criterion) -> Option<(&'static str, &'static str)> {
    let (Some(limit), Metric::Ratio(ratio)) = (criterion.limit, criterion.metric) else { return None };
    let ratio = experiment.ratios.get(ratio)?;
    // What adds up signed values, such as a loss, may well stay below 0; as a reward it hardly has a limit there.
    let is_positive = criterion.is_reward || ratio.zero_to_one || ratio.is_rate;
    let value = limit.threshold.value;
    let is_absolute = limit.threshold.kind == ThresholdKind::Absolute;
    match limit.direction {
        Direction::Lower if value <= 0.0 && is_positive => Some(("at most", "above")),
        Direction::Higher if value >= 1.0 && ratio.zero_to_one && is_absolute => Some(("at least", "below")),
        _ => None,
    }
}

/// Whether no version can be shown to keep a criterion's limit.
pub(crate) fn is_out_of_reach(experiment: &Experiment, criterion: &Criterion) -> bool {
    out_of_reach(experiment, criterion).is_some()
}

/// Notes a limit that is out of reach.
pub(crate) fn about_reach(experiment: &Experiment, index: usize, criterion: &Criterion, notes: &mut Notes) {
    let (Some((side, beyond)), Some(limit)) = (out_of_reach(experiment, criterion), criterion.limit) else { return };
    let value = limit.threshold.value;
    let mut message = format!(
        "Criterion {} wants {} to be {side} {}, which no version with values {beyond} that can be shown to keep: none of those wins.",
        criterion.id,
        criterion.metric_id,
        digits::plain(value)
    );
    if criterion.is_reward {
        message.push_str(" A reward needs no threshold: leave it out.");
    }
    let location = format!("criteria[{index}].threshold.value");
    notes.add(LIMIT_OUT_OF_REACH, location, message, &[("limit", value.into())]);
}
