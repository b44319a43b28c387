//! Totals as they were at successive seconds -> the totals at any second, in bounded memory.
//!
//! Samples are kept every [`STEP_SECONDS`] for two hours, then one a minute for a day, one an hour for a month and one
//! a day for a thousand days. The first sample is that of the start, where all is 0; the totals at an instant are those of
//! the last sample at or before it.
//!
//! Not here: what is counted (`traffic`), and what time it is: seconds count from the world's start.

use std::collections::VecDeque;

use super::traffic::Totals;

/// The totals at one second.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    /// From the world's start.
    pub second: u64,
    /// What was counted by then.
    pub totals: Totals,
}

/// The samples of a stretch of time, of which there is at least one.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The oldest.
    pub first: Sample,
    /// The youngest.
    pub last: Sample,
    /// How many there are.
    pub count: usize,
}

/// Totals over time, oldest first.
#[derive(Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    pushed_since_thinning: usize,
}

impl Window {
    /// From the first sample to the last.
    pub fn span_seconds(&self) -> f64 {
        self.last.second.saturating_sub(self.first.second) as f64
    }
}

impl History {
    /// Adds the totals at `second`, which is later than all before.
    pub fn push(&mut self, second: u64, totals: Totals) {
        self.samples.push_back(Sample { second, totals });
        self.pushed_since_thinning += 1;
        if self.pushed_since_thinning >= PUSHES_BETWEEN_THINNINGS {
            self.pushed_since_thinning = 0;
            self.samples.retain(|sample| is_kept(sample.second, second.saturating_sub(sample.second)));
        }
    }

    /// The samples after second `from` and up to `to`; the start is in every window that reaches back to its second: queries
    /// since the start are for whole seconds, and may begin a fraction of one later.
    pub fn window(&self, from: f64, to: f64) -> Option<Window> {
        let later_than = |second: f64| self.samples.partition_point(|sample| sample.second as f64 <= second);
        let (begin, end) = (later_than(from), later_than(to));
        let has_start = from < 1.0 && to >= 0.0;
        let kept = self.samples.range(begin.min(end)..end);
        let count = kept.len() + usize::from(has_start);
        let mut samples = has_start.then(Sample::default).into_iter().chain(kept.copied());
        let first = samples.next()?;
        Some(Window { first, last: samples.next_back().unwrap_or(first), count })
    }
}

/// Whether the sample of `second` is still kept at the age of `age` seconds.
fn is_kept(second: u64, age: u64) -> bool {
    AGES.iter().find(|(age_max, _)| age <= *age_max).is_some_and(|(_, step)| second.is_multiple_of(*step))
}

/// Seconds between two samples: as Prometheus scrapes in iter8's tutorials.
pub const STEP_SECONDS: u64 = 5;

/// Up to which age, in seconds, a sample is kept every so many seconds. Beyond the last (a thousand days) the only
/// thing known is that the world started at 0.
const AGES: [(u64, u64); 4] = [(2 * 3600, STEP_SECONDS), (86_400, 60), (30 * 86_400, 3600), (1000 * 86_400, 86_400)];

/// A pass over all samples each hour of fine samples costs next to nothing.
const PUSHES_BETWEEN_THINNINGS: usize = 720;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(history: &History, second: f64) -> Totals {
        history.window(f64::NEG_INFINITY, second).map_or_else(Totals::default, |window| window.last.totals)
    }

    fn counted(books: u64) -> Totals {
        let mut totals = Totals::default();
        totals[0].books = books;
        totals
    }

    #[test]
    fn the_totals_at_an_instant_are_those_of_the_last_sample() {
        let mut history = History::default();
        assert_eq!(at(&history, 1e9), Totals::default());
        history.push(5, counted(1));
        history.push(10, counted(2));
        let books = |second: f64| at(&history, second)[0].books;
        assert_eq!([books(-1.0), books(4.9), books(5.0), books(9.9), books(10.0), books(1e12)], [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn a_window_is_open_to_the_left_but_for_the_start() {
        let mut history = History::default();
        for second in [5, 10, 15] {
            history.push(second, counted(second));
        }
        let window =
            |from, to| history.window(from, to).map(|window| (window.first.second, window.last.second, window.count));
        assert_eq!(window(5.0, 15.0), Some((10, 15, 2)));
        assert_eq!((window(0.9, 12.0), window(-9.0, 0.0)), (Some((0, 10, 3)), Some((0, 0, 1))));
        assert_eq!(window(1.0, 12.0), Some((5, 10, 2)));
        assert_eq!((window(15.0, 99.0), window(11.0, 12.0), window(-9.0, -1.0)), (None, None, None));
    }

    #[test]
    fn months_of_samples_stay_few_and_the_recent_ones_stay_fine() {
        let mut history = History::default();
        let end = 120 * 86_400;
        for second in (STEP_SECONDS..=end).step_by(STEP_SECONDS as usize) {
            history.push(second, counted(second));
        }
        // What the ages keep by their steps, what comes between two thinnings, and two or three at the borders.
        let kept = 1440 + 1440 + 720 + 120 + PUSHES_BETWEEN_THINNINGS;
        assert!(history.samples.len() < kept + 4, "{} of {kept}", history.samples.len());
        assert!(history.samples.capacity() * size_of::<Sample>() < 8 << 20, "{}", history.samples.capacity());
        for (age, step) in [(0, 5), (7000, 5), (80_000, 60), (2_000_000, 3600), (9_000_000, 86_400)] {
            let wanted = end - age;
            let found = at(&history, wanted as f64)[0].books;
            assert!(found <= wanted && found + step > wanted, "age {age}: {found} for {wanted}");
        }
    }
}
