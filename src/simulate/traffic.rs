//! A split, an interval of a world -> what each version counted in it.
//!
//! The interval's requests are routed at random by the split. Rates and times follow the drift and the incident; with an
//! `icc` a version's rates differ from interval to interval as Beta numbers do, with `noise` its mean time as a Gamma number
//! does. Counts are drawn as binomial numbers, not request by request.
//!
//! Not here: times to answer (`latency`). Not drawn: retries, ups and downs of the load.

use rand_distr::{Distribution, StandardNormal};

use super::draws::{binomial, gamma};
use super::world::{Version, World};
use crate::stats::math::{clamp, floor, sqrt};
use crate::stats::rng::{Stream, uniform};

/// What one version counted, in the order of [`COUNTERS`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Served(pub(super) [f64; COUNTERS.len()]);

impl Served {
    pub(super) fn requests(&self) -> f64 {
        self.0[0]
    }

    pub(super) fn errors(&self) -> f64 {
        self.0[2]
    }

    pub(super) fn books(&self) -> f64 {
        self.0[4]
    }

    pub(super) fn conversions(&self) -> f64 {
        self.0[5]
    }
}

/// Each version's counts in the interval `interval` (from 0), routed by `split` in percent.
pub(super) fn serve(world: &World, interval: usize, split: &[f64], stream: &mut Stream) -> Vec<Served> {
    let mut left = floor(world.requests_per_second * world.seconds_of(interval) as f64 + 0.5) as u64;
    let mut share_left = 100.0;
    let versions = world.versions.iter().zip(split).enumerate();
    let serve = |(index, (version, share)): (usize, (&Version, &f64))| {
        // The last one gets what is left: no request is lost to rounding.
        let is_last = index + 1 == world.versions.len() || !(share_left > *share);
        let requests = if is_last { left } else { binomial(left, share / share_left, stream) };
        left -= requests;
        share_left -= share;
        serve_one(world, interval, version, requests, stream)
    };
    versions.map(serve).collect()
}

fn serve_one(world: &World, interval: usize, version: &Version, requests: u64, stream: &mut Stream) -> Served {
    let factor = factor(world, interval, version);
    let errors = binomial(requests, scattered(version.error_rate * factor, world.icc, stream), stream);
    let conversions = binomial(requests, scattered(version.conversion_rate * factor, world.icc, stream), stream);
    let noise = match world.noise > 0.0 {
        true => gamma(1.0 / (world.noise * world.noise), world.noise * world.noise, stream),
        false => 1.0,
    };
    let times = version.latency.draw(requests, factor * noise, LIMIT_MS, stream);
    let books = books(version.books, requests - errors, stream);
    Served([requests as f64, times.sum, errors as f64, times.within, books, conversions as f64])
}

/// What rates and times are multiplied with in an interval.
fn factor(world: &World, interval: usize, version: &Version) -> f64 {
    let now = interval as f64;
    let drift = match world.drift.iter().position(|(at, _)| *at > now) {
        None => world.drift.last().map_or(1.0, |(_, factor)| *factor),
        Some(0) => world.drift[0].1,
        Some(next) => {
            let ((from, before), (to, after)) = (world.drift[next - 1], world.drift[next]);
            before + (after - before) * (now - from) / (to - from)
        }
    };
    let is_hit = world.incident.as_ref().filter(|incident| {
        (incident.from..incident.to).contains(&(interval as u64))
            && (incident.versions.is_empty() || incident.versions.contains(&version.id))
    });
    drift * is_hit.map_or(1.0, |incident| incident.factor)
}

/// A Beta number around `p` whose requests are correlated by `icc`.
fn scattered(p: f64, icc: f64, stream: &mut Stream) -> f64 {
    let p = p.min(1.0);
    if !(icc > 0.0 && p > 0.0 && p < 1.0) {
        return p;
    }
    let weight = 1.0 / icc - 1.0;
    let (one, other) = (gamma(p * weight, 1.0, stream), gamma((1.0 - p) * weight, 1.0, stream));
    // Both may be as small as 0 where the shapes are tiny.
    if one + other > 0.0 { one / (one + other) } else { 0.0 }
}

/// What `buyers` requests buy: one by one, or with many buyers a normal number with the sum's mean and variance.
fn books((least, most): (u64, u64), buyers: u64, stream: &mut Stream) -> f64 {
    let choices = (most - least + 1) as f64;
    if most == 0 {
        return 0.0;
    }
    if buyers <= BUYERS_ONE_BY_ONE_MAX {
        return (0..buyers).map(|_| least as f64 + floor(uniform(stream) * choices)).sum();
    }
    let mean = (least + most) as f64 / 2.0;
    let z: f64 = StandardNormal.sample(stream);
    let n = buyers as f64;
    let drawn = floor(n * mean + z * sqrt(n * (choices * choices - 1.0) / 12.0) + 0.5);
    clamp(drawn, n * least as f64, n * most as f64)
}

/// Counters of a world, by the names of iter8's tutorials.
pub(super) const COUNTERS: [&str; 6] = [
    "iter8_request_count",
    "iter8_total_latency",
    "iter8_error_count",
    "le_500_ms_latency_request_count",
    "books_purchased_total",
    "conversion_count",
];
/// The limit of the counter that counts quick requests.
pub(super) const LIMIT_MS: f64 = 500.0;
const BUYERS_ONE_BY_ONE_MAX: u64 = 5000;

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;
    use crate::stats::rng;
    use serde_json::json;

    fn world(fields: serde_json::Value) -> World {
        let mut value = json!({"base": "drift"});
        value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        decode::decode(&value).unwrap()
    }

    #[test]
    fn every_request_is_served_once_where_the_split_sends_it() {
        let world = world(json!({"requests_per_second": 1000}));
        let served = serve(&world, 0, &[80.0, 20.0], &mut rng::stream(1));
        assert_eq!(served.iter().map(Served::requests).sum::<f64>(), 30_000.0);
        assert!((served[1].requests() - 6000.0).abs() < 5.0 * sqrt(30_000.0 * 0.16));
        assert_eq!(serve(&world, 0, &[100.0, 0.0], &mut rng::stream(1))[1], Served::default());
    }

    #[test]
    fn drift_goes_in_straight_lines_and_an_incident_hits_whom_it_names() {
        let world = world(json!({"incident": {"from": 10, "to": 12, "factor": 3, "versions": ["v2"]}}));
        let at = |interval: usize, version: usize| factor(&world, interval, &world.versions[version]);
        assert_eq!((at(0, 0), at(20, 0), at(50, 0), at(90, 0)), (1.0, 0.7, 0.25, 0.25));
        assert_eq!((at(11, 0), at(11, 1)), (1.0 - 0.75 * 0.22, 3.0 * (1.0 - 0.75 * 0.22)));
    }

    #[test]
    fn an_icc_scatters_rates_as_it_says() {
        let mut stream = rng::stream(1);
        let draws: Vec<f64> = (0..20_000).map(|_| scattered(0.1, 0.02, &mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.1).abs() < 0.002 && (variance / (0.02 * 0.09) - 1.0).abs() < 0.1, "{mean} {variance}");
    }

    #[test]
    fn many_buyers_buy_as_much_as_few_in_the_mean() {
        let mut stream = rng::stream(1);
        for buyers in [5000, 50_000] {
            let mean = books((10, 20), buyers, &mut stream) / buyers as f64;
            assert!((mean - 15.0).abs() < 5.0 * sqrt(10.0 / buyers as f64), "{mean}");
        }
    }
}
