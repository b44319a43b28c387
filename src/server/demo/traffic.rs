//! A split of traffic, draws of a seeded generator -> requests served by each version, as Istio would count them.
//!
//! Three versions of bookinfo's product page, as in iter8's A/B/n tutorial: every request is routed at random by the
//! split, takes a Gamma-distributed time, fails now and then and, if it does not fail, sells some books. v2 sells most
//! but holds up every fifth request for a second; v3 sells more than v1 and is hardly slower: it should win.
//!
//! Not here: time, history (`history`) and what follows the split (`world`). Redeliveries, retries and the load's ups
//! and downs are left out.

use std::ops::RangeInclusive;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Gamma};

/// How one version answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The workload's name, which is the version's id too.
    pub workload: &'static str,
    /// Mean time to answer, without the delay, in milliseconds.
    pub latency_ms_mean: f64,
    /// Probability that a request is held up for [`DELAY_MS`].
    pub delay_probability: f64,
    /// Probability that a request ends in a 500.
    pub error_probability: f64,
    /// Books that a request buys, each number as likely as the others.
    pub books: RangeInclusive<u64>,
}

/// The tutorial's versions: the baseline, then the candidates.
pub const VERSIONS: [Version; 3] = [
    Version {
        workload: "productpage-v1",
        latency_ms_mean: 33.0,
        delay_probability: 0.0,
        error_probability: 0.01,
        books: 0..=5,
    },
    Version {
        workload: "productpage-v2",
        latency_ms_mean: 50.0,
        delay_probability: 0.2,
        error_probability: 0.01,
        books: 30..=50,
    },
    Version {
        workload: "productpage-v3",
        latency_ms_mean: 36.0,
        delay_probability: 0.0,
        error_probability: 0.01,
        books: 10..=20,
    },
];

/// A version's share of the traffic, 0 to 1, for each of [`VERSIONS`]; they sum to 1.
pub type Split = [f64; VERSIONS.len()];

/// Every version's counters since the world's start.
pub type Totals = [Counters; VERSIONS.len()];

/// What Istio and the application count of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests answered with 200.
    pub succeeded: u64,
    /// Requests answered with 500.
    pub failed: u64,
    /// Sum of the times to answer, in whole milliseconds as Envoy records them.
    pub latency_ms_sum: u64,
    /// Requests answered within each of [`BUCKETS`]: cumulative, the last counts all.
    pub within: [u64; BUCKETS.len()],
    /// Books bought.
    pub books: u64,
}

impl Counters {
    fn add_request(&mut self, latency_ms: u64, failed: bool, books: u64, weight: u64) {
        if failed {
            self.failed += weight;
        } else {
            self.succeeded += weight;
        }
        self.latency_ms_sum += latency_ms * weight;
        self.books += books * weight;
        for (count, (_, limit_ms)) in self.within.iter_mut().zip(BUCKETS) {
            if latency_ms as f64 <= limit_ms {
                *count += weight;
            }
        }
    }
}

/// Adds `requests` requests, routed by `split`, to `totals`; each counts `weight` times.
pub fn serve(totals: &mut Totals, rng: &mut Xoshiro256PlusPlus, split: &Split, requests: u64, weight: u64) {
    for _ in 0..requests {
        let place = route(split, rng.random());
        if let (Some(counters), Some(version)) = (totals.get_mut(place), VERSIONS.get(place)) {
            let latency_ms = latency_ms(version, rng);
            let failed = rng.random::<f64>() < version.error_probability;
            let books = if failed { 0 } else { rng.random_range(version.books.clone()) };
            counters.add_request(latency_ms, failed, books, weight);
        }
    }
}

/// Which of [`VERSIONS`] gets the request whose uniform draw is `draw`.
fn route(split: &Split, draw: f64) -> usize {
    let mut upper = 0.0;
    for (place, share) in split.iter().enumerate() {
        upper += share;
        if draw < upper {
            return place;
        }
    }
    // The shares' rounding may leave the last sliver of [0, 1) to nobody: it is the baseline's.
    0
}

fn latency_ms(version: &Version, rng: &mut Xoshiro256PlusPlus) -> u64 {
    let scale = version.latency_ms_mean / LATENCY_SHAPE;
    let served = Gamma::new(LATENCY_SHAPE, scale).map_or(version.latency_ms_mean, |gamma| gamma.sample(rng));
    let delay = if rng.random::<f64>() < version.delay_probability { DELAY_MS } else { 0.0 };
    (served + delay).round() as u64
}

/// How long v2 holds up every fifth request, in milliseconds.
pub const DELAY_MS: f64 = 1000.0;

/// Istio's buckets of a request's duration: the label `le` and its number in milliseconds.
pub const BUCKETS: [(&str, f64); 20] = [
    ("0.5", 0.5),
    ("1", 1.0),
    ("5", 5.0),
    ("10", 10.0),
    ("25", 25.0),
    ("50", 50.0),
    ("100", 100.0),
    ("250", 250.0),
    ("500", 500.0),
    ("1000", 1e3),
    ("2500", 2.5e3),
    ("5000", 5e3),
    ("10000", 1e4),
    ("30000", 3e4),
    ("60000", 6e4),
    ("300000", 3e5),
    ("600000", 6e5),
    ("1800000", 1.8e6),
    ("3600000", 3.6e6),
    ("+Inf", f64::INFINITY),
];

/// Shape of the Gamma distribution: the times' standard deviation is half their mean, as of a quick web page.
const LATENCY_SHAPE: f64 = 4.0;

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const REQUESTS: u64 = 60_000;

    fn serve_evenly() -> Totals {
        let mut totals = Totals::default();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
        serve(&mut totals, &mut rng, &[1.0 / 3.0; 3], REQUESTS, 1);
        totals
    }

    #[test]
    fn every_version_answers_as_its_parameters_say() {
        for (version, counters) in VERSIONS.iter().zip(serve_evenly()) {
            let requests = (counters.succeeded + counters.failed) as f64;
            let near = |sum: u64, mean: f64, variance_of_one: f64| {
                let distance = sum as f64 / requests - mean;
                assert!(distance * distance < 25.0 * variance_of_one / requests, "{}: {distance}", version.workload);
            };
            let (error, delay) = (version.error_probability, version.delay_probability);
            near(counters.failed, error, error * (1.0 - error));
            let served = version.latency_ms_mean;
            let latency_variance = served * served / LATENCY_SHAPE + DELAY_MS * DELAY_MS * delay * (1.0 - delay);
            near(counters.latency_ms_sum, served + DELAY_MS * delay, latency_variance);
            let books = (version.books.start() + version.books.end()) as f64 / 2.0;
            near(counters.books, books * (1.0 - error), books * books);
        }
    }

    #[test]
    fn requests_go_where_the_split_sends_them() {
        let split = [0.66, 0.02, 0.32];
        let mut totals = Totals::default();
        serve(&mut totals, &mut Xoshiro256PlusPlus::seed_from_u64(1), &split, REQUESTS, 1);
        for (share, counters) in split.iter().zip(totals) {
            let distance = (counters.succeeded + counters.failed) as f64 / REQUESTS as f64 - share;
            assert!(distance * distance < 25.0 * share * (1.0 - share) / REQUESTS as f64, "{distance} from {share}");
        }
        assert_eq!(route(&[0.0, 1.0, 0.0], 0.999_999), 1);
        assert_eq!(route(&[0.5, 0.3, 0.1], 0.95), 0, "what is left over is the baseline's");
    }

    #[test]
    fn the_buckets_are_cumulative_and_the_last_counts_every_request() {
        for counters in serve_evenly() {
            assert!(counters.within.is_sorted());
            assert_eq!(counters.within.last(), Some(&(counters.succeeded + counters.failed)));
        }
        let mut one = Counters::default();
        one.add_request(500, false, 3, 10);
        assert_eq!((one.within[7], one.within[8], one.succeeded, one.books), (0, 10, 10, 30), "le is inclusive");
    }
}
