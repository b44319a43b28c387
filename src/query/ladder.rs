//! Elapsed time + scrape interval -> the intervals into which it is cut.
//!
//! Steps lie at fixed times after the start: time alone decides, never data, and an interval that is complete is never cut
//! anew. In the first hour they are the shortest that hold a scrape or more and 15 s, then 5 min up to a day, then an hour.
//! Steps of one length are one block: one range query, and one process of evidence.
//!
//! Not here: what is asked (`mod`), what answers say (`intervals`).

/// Intervals of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// Seconds after the start at which the first of them ends.
    pub(super) first_end: i64,
    /// Their length in seconds.
    pub(super) step: i64,
    /// How many are complete.
    pub(super) count: i64,
}

/// The blocks that are complete `elapsed` seconds after the start, the youngest `margin` seconds being unfinished.
pub(super) fn blocks(elapsed: i64, scrape_seconds: i64, margin: i64) -> Vec<Block> {
    let finished = elapsed - margin;
    let scrape = scrape_seconds.max(1);
    let shortest = STEP_MIN.div_euclid(scrape) * scrape;
    let shortest = if shortest < STEP_MIN { shortest + scrape } else { shortest };
    let mut blocks = Vec::new();
    let mut start = 0;
    for (end, step) in [(HOUR, shortest), (24 * HOUR, 5 * MINUTE), (i64::MAX, HOUR)] {
        // A scrape interval beyond a minute: steps of less than it would be empty.
        let step = step.max(shortest);
        let count = (finished.min(end) - start).div_euclid(step);
        if count > 0 {
            blocks.push(Block { first_end: start + step, step, count: count.min(COUNT_MAX) });
        }
        if finished <= end {
            break;
        }
        start = end;
    }
    blocks
}

/// The scrape interval from how many samples a series has in five minutes: rounded up to a usual one.
pub(super) fn scrape_seconds(samples: f64) -> Option<i64> {
    let seconds = 300.0 / samples;
    USUAL.iter().copied().find(|usual| seconds <= *usual as f64).filter(|_| samples > 0.0)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
/// Shorter intervals cost more than they tell.
const STEP_MIN: i64 = 15;
/// A Prometheus refuses more points than 11,000 a series.
const COUNT_MAX: i64 = 9000;
const USUAL: [i64; 8] = [1, 2, 5, 10, 15, 20, 30, 60];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hour_is_cut_finely_then_ever_more_coarsely() {
        let block = |first_end, step, count| Block { first_end, step, count };
        assert_eq!(blocks(34, 15, 15), [block(15, 15, 1)]);
        assert_eq!(blocks(600, 15, 15), [block(15, 15, 39)]);
        assert_eq!(blocks(600, 10, 10), [block(20, 20, 29)]);
        assert_eq!(blocks(7200, 5, 5), [block(15, 15, 240), block(3900, 300, 11)]);
        assert_eq!(blocks(3 * 86_400, 15, 15), [block(15, 15, 240), block(3900, 300, 276), block(90_000, 3600, 47)]);
        assert_eq!(blocks(10, 15, 15), []);
    }

    #[test]
    fn what_is_complete_is_never_cut_anew() {
        let ends = |elapsed: i64| -> Vec<(i64, i64)> {
            let all = blocks(elapsed, 20, 20).into_iter();
            all.flat_map(|b| (0..b.count).map(move |k| (b.first_end + k * b.step, b.step))).collect()
        };
        for elapsed in (20..100_000).step_by(977) {
            let (now, later) = (ends(elapsed), ends(elapsed + 977));
            assert_eq!(now, later[..now.len()], "{elapsed}");
        }
    }

    #[test]
    fn a_scrape_interval_is_rounded_up_to_a_usual_one() {
        for (samples, seconds) in [(20.0, 15), (21.0, 15), (19.0, 20), (60.0, 5), (300.0, 1), (5.0, 60), (10.0, 30)] {
            assert_eq!(scrape_seconds(samples), Some(seconds));
        }
        assert_eq!((scrape_seconds(4.0), scrape_seconds(0.0), scrape_seconds(f64::NAN)), (None, None, None));
    }
}
