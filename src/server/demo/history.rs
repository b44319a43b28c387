//! Totals as they were at successive seconds -> the totals at any second, in bounded memory.
//!
//! Samples are kept every [`STEP_SECONDS`] for two hours, then one a minute for a day, one an hour for a month and one
//! a day for a thousand days. The totals at an instant are those of the last sample at or before it, so that the
//! increases over two neighbouring windows always add up to the increase over both.
//!
//! Not here: what is counted (`traffic`), and what time it is: seconds count from the world's start.

use std::collections::VecDeque;

use super::traffic::Totals;

/// The totals at one second.
#[derive(Debug, Clone, Copy)]
struct Sample {
    second: u64,
    totals: Totals,
}

/// Totals over time, oldest first.
#[derive(Debug, Default)]
pub struct History {
    samples: VecDeque<Sample>,
    pushed_since_thinning: usize,
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

    /// The totals at `second`, which may lie between two samples: those of the one before, all 0 before the first.
    pub fn at(&self, second: f64) -> Totals {
        let later = self.samples.partition_point(|sample| sample.second as f64 <= second);
        later.checked_sub(1).and_then(|last| self.samples.get(last)).map_or_else(Totals::default, |last| last.totals)
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

    fn counted(books: u64) -> Totals {
        let mut totals = Totals::default();
        totals[0].books = books;
        totals
    }

    #[test]
    fn the_totals_at_an_instant_are_those_of_the_last_sample() {
        let mut history = History::default();
        assert_eq!(history.at(1e9), Totals::default());
        history.push(5, counted(1));
        history.push(10, counted(2));
        let books = |second: f64| history.at(second)[0].books;
        assert_eq!([books(-1.0), books(4.9), books(5.0), books(9.9), books(10.0), books(1e12)], [0, 0, 1, 1, 2, 2]);
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
            let found = history.at(wanted as f64)[0].books;
            assert!(found <= wanted && found + step > wanted, "age {age}: {found} for {wanted}");
        }
    }
}
