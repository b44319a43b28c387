//! Totals of this call + the last state's intervals -> the intervals of the whole experiment, for hosts that have totals only.
//!
//! What a counter grew by since the last call goes into an open interval, which is closed when it is as long as a fixed
//! part of the experiment: so at first each call closes one, later several calls share one, and the state stays small. Time
//! alone decides, and an interval that is closed is never cut anew. A count that falls below half of its old total began
//! anew and counts from 0; one that falls less is noise of extrapolation, and the larger total stays the reference.
//!
//! Not here: intervals that came with the data, which need no history.

use super::notes::{COUNTER_RESET, Notes};
use crate::experiment::{Counter, Experiment};
use crate::stats::math::floor;
use crate::wire::digits;
use crate::wire::last_state::{Growth, History, LastState, find};
use crate::wire::metric_specs::CounterKind;
use crate::wire::series::Course;

/// What this call adds to the history.
#[derive(Debug)]
pub(crate) struct Extended {
    /// For the next call.
    pub(crate) history: History,
    /// `[version][counter]`: the total to hold the next one against.
    pub(crate) references: Vec<Vec<Option<f64>>>,
}

/// Gives `courses`, `[version][counter]`, the intervals of the last state and this call; `None` where they have their own.
pub(crate) fn extend(
    experiment: &Experiment,
    elapsed_seconds: i64,
    backend_failed: bool,
    courses: &mut [Vec<Course<f64>>],
    notes: &mut Notes,
) -> Option<Extended> {
    if courses.iter().flatten().any(|course| course.intervals.is_some()) {
        return None;
    }
    let nothing = LastState::default();
    let last = experiment.last_state.as_ref().unwrap_or(&nothing);
    let old = last.history.as_ref().and_then(|old| Some((old.open_since, rows_of(experiment, old)?)));
    let is_new = old.is_none();
    let (open_since, mut rows) = old.unwrap_or_else(|| (0, empty(experiment)));
    let mut references = Vec::with_capacity(rows.len());
    for (index, (version, rows)) in experiment.versions.iter().zip(&mut rows).enumerate() {
        let before = find(&last.counters, &version.id);
        let mut own = Vec::with_capacity(rows.len());
        for (place, (counter, (_, row))) in experiment.counters.iter().zip(rows.iter_mut()).enumerate() {
            let total = courses[index][place].total;
            let known = before.and_then(|points| find(points, &counter.id)).and_then(|point| point.value);
            let known = known.filter(|_| !is_new);
            let growth = match (total, known) {
                (None, _) => None,
                (Some(total), None) => Some((total, total, false)),
                (Some(total), Some(known)) => Some(growth(counter, total, known)),
            };
            if let (Some((_, _, true)), Some(total), Some(known)) = (growth, total, known) {
                about_reset(&version.id, counter, known, total, notes);
            }
            own.push(growth.map(|(_, reference, _)| reference).or(known));
            // Unknown now: the next total tells what it grew by since the last one.
            if let (Some(open), Some((growth, _, _))) = (row.last_mut(), growth) {
                *open = open.map(|open| rounded(open + growth));
            }
            let whole: Option<f64> = row.iter().copied().sum();
            let course = &mut courses[index][place];
            // After a reset the backend's total is not all there was.
            course.total = match (course.total, whole) {
                (Some(total), Some(whole)) if whole > total * (1.0 + RESET_SHOWS) => Some(whole),
                (total, _) => total,
            };
        }
        references.push(own);
    }
    let is_due = (elapsed_seconds - open_since) as f64 >= elapsed_seconds as f64 / parts(experiment);
    let closes = is_due && !backend_failed && elapsed_seconds > open_since;
    for (courses, rows) in courses.iter_mut().zip(&mut rows) {
        for (course, (_, row)) in courses.iter_mut().zip(rows) {
            if closes && course.total.is_none() {
                // What it grew by falls into this interval and the next, nobody knows how.
                row.last_mut().into_iter().for_each(|open| *open = None);
            }
            let closed = if closes { row.as_slice() } else { &row[..row.len() - 1] };
            if closed.len() > 1 {
                course.intervals = Some(closed.to_vec());
            }
        }
    }
    if closes {
        for (courses, rows) in courses.iter().zip(&mut rows) {
            for (course, (_, row)) in courses.iter().zip(rows) {
                row.push(course.total.map(|_| 0.0));
            }
        }
    }
    let open_since = if closes { elapsed_seconds } else { open_since };
    let mut history = History { open_since, versions: Vec::with_capacity(rows.len()) };
    for (version, rows) in experiment.versions.iter().zip(rows) {
        history.versions.push((version.id.clone(), rows));
    }
    Some(Extended { history, references })
}

/// Growth, the next reference, and whether the counter began anew.
fn growth(counter: &Counter, total: f64, known: f64) -> (f64, f64, bool) {
    let falls_by_half = total < known / 2.0 && known > 0.0;
    match counter.kind {
        _ if falls_by_half => (total, total, true),
        // Sums may fall by themselves.
        CounterKind::Sum => (total - known, total, false),
        _ if total < known => (0.0, known, false),
        _ => (total - known, total, false),
    }
}

/// Growth of each counter, `[version][counter]`, with the counter's id.
type Rows = Vec<Growth>;

/// A history's rows in the experiment's order, whatever order they came back in; `None` where one is missing.
fn rows_of(experiment: &Experiment, old: &History) -> Option<Rows> {
    let mut rows = Rows::with_capacity(experiment.versions.len());
    for version in &experiment.versions {
        let own = find(&old.versions, &version.id)?;
        let mut row = Growth::with_capacity(experiment.counters.len());
        for counter in &experiment.counters {
            row.push((counter.id.clone(), find(own, &counter.id)?.clone()));
        }
        rows.push(row);
    }
    Some(rows)
}

/// One open interval without anything for each counter.
fn empty(experiment: &Experiment) -> Rows {
    let counters = || experiment.counters.iter().map(|counter| (counter.id.clone(), vec![Some(0.0)])).collect();
    experiment.versions.iter().map(|_| counters()).collect()
}

/// Into how many parts of the elapsed time intervals are cut: as many as the state has room for.
fn parts(experiment: &Experiment) -> f64 {
    let series = (experiment.versions.len() * experiment.counters.len()).max(1);
    let room = (STATE_BYTES / BYTES_PER_NUMBER / series) as f64;
    (room / GROWTH).clamp(PARTS_MIN, PARTS_MAX)
}

/// To at least six digits, whatever the unit: the state is sent to and fro.
fn rounded(value: f64) -> f64 {
    let size = value.abs();
    let (mut unit, mut parts) = (1.0, 1e3);
    while unit * 1e6 < size {
        unit *= 10.0;
    }
    while parts * size < 1e5 && parts < PARTS_OF_ONE_MAX {
        parts *= 10.0;
    }
    // A quotient of whole numbers is written with few digits, a product with a fraction is not.
    if unit > 1.0 {
        floor(value / unit + 0.5) * unit
    } else if parts < PARTS_OF_ONE_MAX {
        floor(value * parts + 0.5) / parts
    } else {
        // Nothing, or too little for an exact power of ten.
        value
    }
}

fn about_reset(version: &str, counter: &Counter, known: f64, total: f64, notes: &mut Notes) {
    let message = format!(
        "{} of version {version} fell from {} to {}: it began anew, and what it has now is new.",
        counter.id,
        digits::plain(known),
        digits::plain(total)
    );
    let values = [("version", version.into()), ("old", known.into()), ("new", total.into())];
    notes.add(COUNTER_RESET, "", message, &values);
}

/// The part of the state's 16 kB that intervals may take.
const STATE_BYTES: usize = 11_000;
/// Six digits, a point, a comma.
const BYTES_PER_NUMBER: usize = 8;
/// Intervals per part: the first close one a call, and then their number grows with the logarithm of time.
const GROWTH: f64 = 5.0;
const PARTS_MIN: f64 = 3.0;
const PARTS_MAX: f64 = 50.0;
/// The largest power of ten that is exact.
const PARTS_OF_ONE_MAX: f64 = 1e22;
/// Beyond noise: the intervals hold more than the backend's total.
const RESET_SHOWS: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_kept_at_every_size() {
        for (value, expected) in [
            (0.0, 0.0),
            (0.000_5, 0.000_5),
            (0.000_451_234_56, 0.000_451_235),
            (-0.012_345_678, -0.012_345_7),
            (5.123_456_7, 5.123_46),
            (123.456_78, 123.457),
            (512_345.678_91, 512_345.679),
            (1_234_567.0, 1_234_570.0),
            (9.876_543_21e-12, 9.876_54e-12),
            // Beyond exact powers of ten all digits are.
            (1.234_567_89e-30, 1.234_567_89e-30),
            (1e-320, 1e-320),
        ] {
            assert_eq!(rounded(value), expected);
        }
    }
}
