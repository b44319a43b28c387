//! Answers to range queries -> each counter of each version in successive intervals.
//!
//! A value at the end of a step covers a window that is a scrape longer and is scaled back. First values of newborn series
//! are added, unless they exceed what the denominator counted in the interval: then the series is not young but was away.
//! A point that is missing is unknown, but for events: where the denominator counted, no event series means no event.
//!
//! Not here: totals (`answers`), what is asked (`plan`).

use serde_json::Value;

use super::answers::{Reader, belongs_to, parse_number};
use super::plan::{Cut, Range};
use super::reply::samples;
use crate::experiment::Experiment;
use crate::wire::digits;
use crate::wire::metric_specs::CounterKind;
use crate::wire::observations::{INTERVALS_REFUSED, NEWBORN_ADDED, NEWBORN_LEFT_OUT, Problem};
use crate::wire::status::Status;

/// `[counter][version]`: the intervals of all blocks, oldest first; `None` for a counter that is not cut.
pub(super) type Intervals = Vec<Option<Vec<Vec<Option<f64>>>>>;

/// The intervals of every counter.
pub(super) fn read(experiment: &Experiment, cut: &Cut, answers: &[Value], problems: &mut Vec<Problem>) -> Intervals {
    let total: usize = cut.blocks.iter().map(|block| block.count as usize).sum();
    let empty = || vec![vec![None; total]; experiment.versions.len()];
    let mut grown: Intervals = vec![None; experiment.counters.len()];
    let mut newborn: Intervals = vec![None; experiment.counters.len()];
    let mut refused: Vec<(usize, String)> = Vec::new();
    let mut told: Vec<usize> = Vec::new();
    for (range, answer) in cut.ranges.iter().zip(answers) {
        let target = if range.is_newborn { &mut newborn } else { &mut grown };
        let rows = target[range.counter].get_or_insert_with(empty);
        let mut reader = Reader::new(experiment, &experiment.counters[range.counter].id, problems);
        match samples(answer, "matrix") {
            Ok(series) => fill(experiment, cut, range, series, rows),
            // Without an answer nothing may be decided; a backend that knows no ranges leaves us its totals.
            // Once for each counter: its other queries met the same.
            Err((Status::NoPromServer, why)) => {
                if !told.contains(&range.counter) {
                    told.push(range.counter);
                    reader.problem(None, Status::NoPromServer, why);
                }
            }
            Err((_, why)) => refused.push((range.counter, why)),
        }
    }
    about_refused(experiment, &refused, problems);
    for (counter, _) in refused {
        grown[counter] = None;
    }
    add_newborn(experiment, &mut grown, &newborn, problems);
    nothing_happened(experiment, &mut grown);
    grown
}

/// Says once for each counter why it has no intervals.
fn about_refused(experiment: &Experiment, refused: &[(usize, String)], problems: &mut Vec<Problem>) {
    for (index, (counter, why)) in refused.iter().enumerate() {
        if refused.iter().take(index).all(|(earlier, _)| earlier != counter) {
            problems.push(Problem {
                metric: experiment.counters[*counter].id.clone(),
                version: None,
                code: INTERVALS_REFUSED.to_owned(),
                message: format!("the backend gives no intervals: {why}"),
            });
        }
    }
}

/// Puts one answer's values into their places.
fn fill(experiment: &Experiment, cut: &Cut, range: &Range, series: &[Value], rows: &mut [Vec<Option<f64>>]) {
    let block = cut.blocks[range.block];
    let offset: usize = cut.blocks.iter().take(range.block).map(|block| block.count as usize).sum();
    let window = block.step + if range.is_newborn { 0 } else { cut.scrape_seconds };
    let scale = block.step as f64 / window as f64;
    let first = experiment.start_time.unix_seconds() + block.first_end as f64;
    for (version, row) in experiment.versions.iter().zip(rows) {
        let Some(own) = series.iter().rev().find(|one| belongs_to(one, version)) else { continue };
        for point in own.get("values").and_then(Value::as_array).into_iter().flatten() {
            let (time, value) = (point.get(0).and_then(Value::as_f64), point.get(1).and_then(parse_number));
            let (Some(time), Some(value)) = (time, value.filter(|value| value.is_finite())) else { continue };
            let place = crate::query::nearest((time - first) / block.step as f64);
            if let Some(place) = place.filter(|place| *place < block.count as usize)
                && let Some(slot) = row.get_mut(offset + place)
                && experiment.counters[range.counter].fault(value).is_none()
            {
                *slot = Some(value * scale);
            }
        }
    }
}

/// Adds the first values of newborn series where they can be such.
fn add_newborn(experiment: &Experiment, grown: &mut Intervals, newborn: &Intervals, problems: &mut Vec<Problem>) {
    let before = grown.clone();
    let value = |all: &Intervals, counter: usize, version: usize, place: usize| -> Option<f64> {
        *all.get(counter)?.as_ref()?.get(version)?.get(place)?
    };
    for (counter, rows) in newborn.iter().enumerate() {
        let Some(rows) = rows else { continue };
        let is_sum = experiment.counters[counter].kind != CounterKind::Count;
        let ratio = experiment.ratios.iter().find(|ratio| ratio.numerator == counter);
        let denominator = ratio.map_or(counter, |ratio| ratio.denominator);
        for (index, version) in experiment.versions.iter().enumerate() {
            let (mut added, mut left_out) = (0.0, 0.0);
            for (place, first) in rows[index].iter().enumerate() {
                let Some(first) = first.filter(|first| *first != 0.0) else { continue };
                let counted = value(&before, denominator, index, place);
                // A sum is young where its count is.
                let young = if is_sum { value(newborn, denominator, index, place) } else { Some(first) };
                if young.zip(counted).is_some_and(|(young, counted)| young <= counted) {
                    if let Some(slot) = grown[counter].as_mut().and_then(|rows| rows[index].get_mut(place)) {
                        *slot = Some(slot.unwrap_or(0.0) + first);
                        added += first;
                    }
                } else {
                    left_out += first;
                }
            }
            let mut note = |code: &str, amount: f64, what: &str| {
                if amount > 0.0 {
                    problems.push(Problem {
                        metric: experiment.counters[counter].id.clone(),
                        version: Some(version.id.clone()),
                        code: code.to_owned(),
                        message: format!(
                            "series that began within an interval start at {} in all, which {what}",
                            digits::short(amount)
                        ),
                    });
                }
            };
            note(NEWBORN_ADDED, added, "was added to what they grew by");
            note(NEWBORN_LEFT_OUT, left_out, "is more than was counted then, and was left out");
        }
    }
}

/// Where the denominator is known and a count of events has no point, nothing happened.
fn nothing_happened(experiment: &Experiment, grown: &mut Intervals) {
    for ratio in &experiment.ratios {
        if experiment.counters[ratio.numerator].kind != CounterKind::Count {
            continue;
        }
        let Some(denominators) = grown[ratio.denominator].clone() else { continue };
        let Some(rows) = grown[ratio.numerator].as_mut() else { continue };
        for (row, denominators) in rows.iter_mut().zip(denominators) {
            for (slot, denominator) in row.iter_mut().zip(denominators) {
                *slot = slot.or(denominator.map(|_| 0.0));
            }
        }
    }
}
