//! Growing totals -> successive intervals, and both as the engine's observations.
//!
//! A reading is a row of the experiment's counters (and latency buckets, where a histogram asks for them) for each
//! version. Intervals close at fixed times after the first request, which time alone decides. The first `FINE` have the
//! configured length, later ones ten and a hundred times that, each length a block: so years fit in, and evidence, whose
//! cost grows with the number of intervals, stays cheap. Totals, and with them beliefs, are of now each time.
//!
//! Not here: when to assess (`running`), where totals come from.

use super::config::Config;
use crate::assessment::Entries;
use crate::{Buckets, Course, Observations, Series};

/// What the experiment saw so far, interval by interval.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct History {
    /// Unix seconds of the first request; `None`: none yet.
    pub(super) began: Option<f64>,
    /// Configured lengths since then, at the last assessment.
    pub(super) steps: f64,
    /// `steps` at which the last interval closed.
    closed: f64,
    /// How many intervals have one length each time.
    blocks: Vec<f64>,
    /// The reading at which the last interval closed.
    reference: Vec<f64>,
    /// Closed intervals, oldest first, a row of differences each.
    intervals: Vec<f64>,
}

/// The numbers of the experiment in the versions' `rows`.
pub(super) fn reading(config: &Config, rows: &[Vec<f64>]) -> Vec<f64> {
    let mut numbers = Vec::new();
    for row in rows {
        numbers.extend(config.counters.iter().map(|(_, source)| config.value(row, source)));
        if !config.histograms.is_empty() {
            numbers.extend(row.get(config.layout.buckets()).unwrap_or_default());
        }
    }
    numbers
}

impl History {
    /// Begins with the first reading that is not all 0; true where it is this one.
    pub(super) fn begin(&mut self, now_seconds: f64, reading: &[f64]) -> bool {
        let begins = self.began.is_none() && reading.iter().any(|number| *number != 0.0);
        if begins {
            self.began = Some(now_seconds);
            self.reference = vec![0.0; reading.len()];
        }
        begins
    }

    /// Configured lengths since the beginning, where there are more of them than at the last assessment.
    pub(super) fn due(&self, now_seconds: f64, length_seconds: f64) -> Option<f64> {
        // A clock that jumps back waits; one that jumps ahead, or a proxy that stood still, makes one long interval.
        let steps = crate::stats::math::floor((now_seconds - self.began?) / length_seconds);
        (steps > self.steps).then_some(steps)
    }

    /// It is assessed after so many `steps`, with the `reading`: closes an interval, if that is long enough by now. False
    /// where this is no such reading as before.
    pub(super) fn advance(&mut self, steps: f64, reading: &[f64]) -> bool {
        if reading.len() != self.reference.len() {
            return false;
        }
        self.steps = steps;
        let block = BLOCKS.iter().zip(self.blocks.iter().chain(&[0.0])).position(|((_, room), used)| used < room);
        let Some(block) = block else { return true };
        if steps - self.closed >= BLOCKS[block].0 {
            self.intervals.extend(reading.iter().zip(&self.reference).map(|(new, old)| new - old));
            self.reference.copy_from_slice(reading);
            self.closed = steps;
            if self.blocks.len() <= block {
                self.blocks.push(0.0);
            }
            self.blocks[block] += 1.0;
        }
        true
    }

    /// The engine's observations: intervals so far, and the totals of `reading`.
    pub(super) fn observations(&self, config: &Config, reading: &[f64]) -> Observations {
        let width = reading.len() / config.versions.len().max(1);
        let buckets = if config.histograms.is_empty() { 0 } else { config.layout.buckets().len() };
        let series = |place: usize| {
            let all = (!self.intervals.is_empty())
                .then(|| self.intervals.chunks_exact(reading.len()).map(|row| Some(row[place])).collect());
            Series::Counter(Course { total: Some(reading[place]), intervals: all })
        };
        let histogram = |start: usize| {
            let of = |row: &[f64]| cumulative(config, row.get(start..start + buckets).unwrap_or_default());
            let all = (!self.intervals.is_empty())
                .then(|| self.intervals.chunks_exact(reading.len()).map(|row| Some(of(row))).collect());
            Series::Histogram(Course { total: Some(of(reading)), intervals: all })
        };
        let versions = config.versions.iter().enumerate().map(|(version, known)| {
            let start = version * width;
            let counters = config.counters.iter().enumerate();
            let mut metrics: Vec<_> =
                counters.map(|(place, (name, _))| (name.clone(), series(start + place))).collect();
            let start = start + config.counters.len();
            metrics.extend(config.histograms.iter().map(|name| (name.clone(), histogram(start))));
            (known.id.clone(), Entries(metrics))
        });
        let blocks = self.blocks.iter().map(|length| *length as usize).collect::<Vec<_>>();
        Observations {
            versions: Entries(versions.collect()),
            blocks: (blocks.len() > 1).then_some(blocks),
            problems: Vec::new(),
        }
    }

    /// Closed intervals.
    pub(super) fn count(&self) -> usize {
        self.blocks.iter().sum::<f64>() as usize
    }

    /// Closed intervals that are as long as the last of them.
    pub(super) fn count_of_one_length(&self) -> usize {
        self.blocks.last().copied().unwrap_or(0.0) as usize
    }

    /// The history of the intervals from `start` up to but not including `end` alone, and the reading that sums them up;
    /// `None` where they are not all there, or there are none.
    pub(super) fn part(&self, start: usize, end: usize) -> Option<(Self, Vec<f64>)> {
        let width = self.reference.len();
        let intervals = self.intervals.get(start.checked_mul(width)?..end.checked_mul(width)?)?;
        let mut sums = vec![0.0; width];
        intervals
            .chunks_exact(width.max(1))
            .for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, one)| *sum += one));
        let part = Self {
            began: self.began,
            steps: self.steps,
            closed: self.closed,
            blocks: vec![(end - start) as f64],
            reference: sums.clone(),
            intervals: intervals.to_vec(),
        };
        (!intervals.is_empty()).then_some((part, sums))
    }

    /// As numbers, to be remembered.
    pub(super) fn to_numbers(&self) -> Vec<f64> {
        let head =
            [self.began.unwrap_or(0.0), self.steps, self.closed, self.blocks.len() as f64, self.reference.len() as f64];
        [&head, self.blocks.as_slice(), &self.reference, &self.intervals].concat()
    }

    /// From numbers that were remembered.
    pub(super) fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let ([began, steps, closed, blocks, width], rest) = numbers.split_first_chunk::<5>()?;
        let (blocks, rest) = rest.split_at_checked(*blocks as usize)?;
        let (reference, intervals) = rest.split_at_checked(*width as usize)?;
        let count: f64 = blocks.iter().sum();
        let fits = blocks.len() <= BLOCKS.len() && intervals.len() == (count as usize).saturating_mul(reference.len());
        fits.then(|| Self {
            began: (*began > 0.0).then_some(*began),
            steps: *steps,
            closed: *closed,
            blocks: blocks.to_vec(),
            reference: reference.to_vec(),
            intervals: intervals.to_vec(),
        })
    }
}

/// Counts in each bucket -> up to each edge.
fn cumulative(config: &Config, counts: &[f64]) -> Buckets {
    let mut sum = 0.0;
    let counts = counts.iter().map(|count| {
        sum += count;
        sum
    });
    let edges = config.layout.edges_ms.iter().copied().chain([f64::INFINITY]);
    Buckets { edges: edges.collect(), counts: counts.collect(), sum: None }
}

/// The configured length times this, for so many intervals: with 10 s two hours, two days more, and eleven years. All
/// together stay below the engine's limit of 10,000.
const BLOCKS: [(f64, f64); 3] = [(1.0, FINE), (10.0, 1_728.0), (100.0, 7_500.0)];
const FINE: f64 = 720.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// A look at this time, in intervals of ten seconds; true where one is over.
    fn look(history: &mut History, seconds: f64, reading: &[f64]) -> bool {
        history.begin(seconds, reading);
        history.due(seconds, 10.0).is_some_and(|steps| history.advance(steps, reading))
    }

    #[test]
    fn intervals_add_up_to_the_totals_and_grow_longer() {
        let mut history = History::default();
        assert!(!look(&mut history, 1_000.0, &[0.0]), "nothing has begun");
        assert!(!look(&mut history, 1_001.0, &[2.0]));
        assert!(!look(&mut history, 1_010.9, &[5.0]));
        assert!(look(&mut history, 1_011.0, &[6.0]));
        assert!(!look(&mut history, 1_011.5, &[7.0]), "once an interval");
        assert_eq!(history.intervals, [6.0]);
        let mut total = 6.0;
        for step in 2..2_000 {
            total += 1.0;
            assert!(look(&mut history, 1_001.0 + 10.0 * f64::from(step), &[total]));
        }
        assert_eq!(history.blocks, [720.0, 127.0]);
        assert_eq!(history.intervals.iter().sum::<f64>(), history.reference[0]);
        assert_eq!(History::from_numbers(&history.to_numbers()), Some(history.clone()));
        let numbers = history.to_numbers();
        assert_eq!(History::from_numbers(&numbers[..numbers.len() - 1]), None);
    }

    #[test]
    fn a_part_is_a_history_of_its_own() {
        let mut history = History::default();
        for second in 0_u32..6 {
            look(&mut history, 1_000.0 + 10.0 * f64::from(second), &[f64::from(second * second), 1.0]);
        }
        assert_eq!((history.count(), history.count_of_one_length()), (5, 5));
        let (part, sums) = history.part(2, 4).unwrap();
        assert_eq!((part.intervals, sums), (vec![5.0, 0.0, 7.0, 0.0], vec![12.0, 0.0]));
        assert!(
            [(0, 0), (4, 6), (3, 2), (usize::MAX, usize::MAX)]
                .iter()
                .all(|(start, end)| history.part(*start, *end).is_none())
        );
    }

    #[test]
    fn a_clock_that_jumps_makes_no_interval_of_its_own() {
        let mut history = History::default();
        look(&mut history, 1_000.0, &[1.0]);
        assert!(!look(&mut history, 900.0, &[2.0]));
        assert!(look(&mut history, 1_095.0, &[3.0]));
        assert!(look(&mut history, 1_100.0, &[4.0]));
        assert_eq!(history.intervals, [3.0, 1.0]);
    }
}
