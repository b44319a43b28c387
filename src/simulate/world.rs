//! What a world is: versions with their rates and times, an experiment with them, and what happens to both.
//!
//! Plain data, and which interval is how long. Not here: how a world is read (`decode`), and the ready ones (`worlds`).

use serde_json::Value;

use super::latency::Latency;
use crate::wire::assessment::Method;
use crate::wire::request::Strategy;

/// A world that makes sense.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct World {
    pub(super) name: String,
    /// The baseline, then the candidates.
    pub(super) versions: Vec<Version>,
    pub(super) requests_per_second: f64,
    pub(super) interval_seconds: u64,
    /// (intervals, their seconds), one after the other, before those of `interval_seconds`.
    pub(super) blocks: Vec<(usize, u64)>,
    pub(super) iterations: usize,
    /// As in an experiment.
    pub(super) criteria: Value,
    pub(super) strategy: Strategy,
    pub(super) max_increment: Option<Value>,
    pub(super) alpha: Option<Value>,
    pub(super) rollback: Option<Value>,
    pub(super) method: Method,
    /// Points (interval, factor) between which the factor of rates and times is a straight line.
    pub(super) drift: Vec<(f64, f64)>,
    pub(super) incident: Option<Incident>,
    /// How alike an interval's requests are: the correlation of two of them.
    pub(super) icc: f64,
    /// Relative standard deviation of an interval's mean time around the version's.
    pub(super) noise: f64,
    pub(super) echoes_last_state: bool,
    pub(super) gives_intervals: bool,
    pub(super) split: Split,
}

/// How one version answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) error_rate: f64,
    pub(super) conversion_rate: f64,
    pub(super) latency: Latency,
    /// What a request that does not fail buys: each whole number from the first to the second alike.
    pub(super) books: (u64, u64),
}

/// Intervals in which rates and times of some versions are multiplied.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incident {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) factor: f64,
    /// Ids; empty: all versions.
    pub(super) versions: Vec<String>,
}

/// What routes requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Split {
    /// What the engine recommends.
    Recommended,
    /// Percents for each version, one row an interval, in turn; at least one row.
    Given(Vec<Vec<f64>>),
}

impl Default for World {
    /// A world without versions and criteria.
    fn default() -> Self {
        Self {
            name: String::new(),
            versions: Vec::new(),
            requests_per_second: 10.0,
            interval_seconds: 30,
            blocks: Vec::new(),
            iterations: 100,
            criteria: Value::Array(Vec::new()),
            strategy: Strategy::Progressive,
            max_increment: None,
            alpha: None,
            rollback: None,
            method: Method::Sequential,
            drift: Vec::new(),
            incident: None,
            icc: 0.0,
            noise: 0.0,
            echoes_last_state: true,
            gives_intervals: true,
            split: Split::Recommended,
        }
    }
}

impl World {
    /// How long the interval `interval` (from 0) is.
    pub(super) fn seconds_of(&self, interval: usize) -> u64 {
        let mut end = 0;
        let block = self.blocks.iter().find(|(count, _)| {
            end += count;
            interval < end
        });
        block.map_or(self.interval_seconds, |(_, seconds)| *seconds)
    }

    /// When the iteration `iteration` is, after as many intervals.
    pub(super) fn elapsed_seconds(&self, iteration: usize) -> u64 {
        (0..iteration).map(|interval| self.seconds_of(interval)).sum()
    }

    /// How many of the first `intervals` intervals have one length each time.
    pub(super) fn lengths(&self, intervals: usize) -> Vec<usize> {
        let mut left = intervals;
        let blocks = self.blocks.iter().map(|(count, _)| *count).chain([usize::MAX]);
        let lengths = blocks.map(|count| {
            let length = count.min(left);
            left -= length;
            length
        });
        lengths.filter(|length| *length > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_first_and_then_the_usual_intervals() {
        let world = World { blocks: vec![(3, 15), (2, 300)], ..World::default() };
        assert_eq!([0, 2, 3, 4, 5].map(|interval| world.seconds_of(interval)), [15, 15, 300, 300, 30]);
        assert_eq!((world.elapsed_seconds(3), world.elapsed_seconds(6)), (45, 675));
        assert_eq!((world.lengths(2), world.lengths(4), world.lengths(7)), (vec![2], vec![3, 1], vec![3, 2, 2]));
    }
}
