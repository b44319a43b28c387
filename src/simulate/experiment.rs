//! A world and its history -> what is handed to the engine, and the split that comes back.
//!
//! Metrics have the names of iter8's tutorials. Counters come as one number an interval, or as totals where the world says
//! so. Not here: the engine.

use serde_json::Value;

use super::START_UNIX_MICROS;
use super::traffic::{COUNTERS, Served};
use super::world::World;
use crate::error::Error;
use crate::experiment::{Experiment, MetricData, Settings};
use crate::wire::assessment::{self, Assessment, Entries, MaxMin};
use crate::wire::instant::Instant;
use crate::wire::json::object;
use crate::wire::last_state::{self, DataPoint, Extremes, LastState};
use crate::wire::observations::Observations;
use crate::wire::request::{STRATEGIES, Strategy};
use crate::wire::series::{Course, Series};

/// The instant `elapsed` seconds after the start.
pub(super) fn now(elapsed: u64) -> Instant {
    Instant::from_unix_micros(START_UNIX_MICROS + i64::try_from(elapsed).unwrap_or(0) * 1_000_000)
}

/// The world's experiment before its first iteration.
pub(super) fn parse(world: &World) -> Result<Experiment, Error> {
    let mut versions = world.versions.iter().map(|version| object(vec![("id", version.id.as_str().into())]));
    let baseline = versions.next().unwrap_or_default();
    let strategy = STRATEGIES.iter().find(|(_, strategy)| *strategy == world.strategy);
    let mut traffic = vec![("strategy", strategy.map_or(Value::Null, |(name, _)| (*name).into()))];
    traffic.extend(world.max_increment.clone().map(|value| ("max_increment", value)));
    let mut members = vec![
        ("name", world.name.as_str().into()),
        ("start_time", now(0).to_text().into()),
        ("service_name", world.name.as_str().into()),
        ("baseline", baseline),
        ("candidates", Value::Array(versions.collect())),
        ("metric_specs", metric_specs()),
        ("criteria", world.criteria.clone()),
        ("traffic_control", object(traffic)),
    ];
    members.extend(world.alpha.clone().map(|value| ("alpha", value)));
    members.extend(world.rollback.clone().map(|value| ("rollback", value)));
    Experiment::parse(&object(members), MetricData::Given, &Settings::default())
}

fn metric_specs() -> Value {
    let mut counters = Vec::with_capacity(COUNTERS.len());
    for name in COUNTERS {
        counters.push(object(vec![("name", name.into())]));
    }
    let mut ratios = Vec::with_capacity(RATIOS.len());
    for (name, numerator, direction, zero_to_one) in RATIOS {
        ratios.push(object(vec![
            ("name", name.into()),
            ("numerator", numerator.into()),
            ("denominator", COUNTERS[0].into()),
            ("preferred_direction", direction.into()),
            ("zero_to_one", zero_to_one.into()),
        ]));
    }
    object(vec![("counter_metrics", Value::Array(counters)), ("ratio_metrics", Value::Array(ratios))])
}

/// What was counted so far, as it is handed to the engine.
pub(super) struct History {
    observations: Observations,
    totals: Vec<Served>,
    intervals: usize,
}

impl History {
    pub(super) fn of(world: &World) -> Self {
        let intervals = || if world.gives_intervals { Some(Vec::new()) } else { None };
        let counters = || {
            let counter = |name: &&str| {
                let total = if world.gives_intervals { None } else { Some(0.0) };
                ((*name).to_owned(), Series::Counter(Course { total, intervals: intervals() }))
            };
            Entries(COUNTERS.iter().map(counter).collect())
        };
        let versions = Entries(world.versions.iter().map(|version| (version.id.clone(), counters())).collect());
        Self {
            observations: Observations { versions, blocks: None, problems: Vec::new() },
            totals: vec![Served::default(); world.versions.len()],
            intervals: 0,
        }
    }

    /// Adds an interval.
    pub(super) fn add(&mut self, world: &World, served: &[Served]) {
        self.intervals += 1;
        let versions = self.observations.versions.0.iter_mut().zip(&mut self.totals).zip(served);
        for (((_, counters), sums), served) in versions {
            for (((_, series), sum), value) in counters.0.iter_mut().zip(&mut sums.0).zip(served.0) {
                *sum += value;
                if let Series::Counter(course) = series {
                    match &mut course.intervals {
                        Some(intervals) => intervals.push(Some(value)),
                        None => course.total = Some(*sum),
                    }
                }
            }
        }
        if world.gives_intervals && !world.blocks.is_empty() {
            self.observations.blocks = Some(world.lengths(self.intervals));
        }
    }

    /// What each version counted since the start.
    pub(super) fn totals(&self) -> &[Served] {
        &self.totals
    }

    pub(super) fn observations(&self) -> &Observations {
        &self.observations
    }
}

/// A reply's state as the next request would bring it.
pub(super) fn echoed(state: &assessment::LastState) -> LastState {
    let extremes = |extremes: &MaxMin| Extremes { minimum: extremes.minimum, maximum: extremes.maximum };
    let splits = &state.traffic_split_recommendation;
    let splits = STRATEGIES.iter().filter_map(|(name, strategy)| Some((*strategy, splits.get(name)?.0.clone())));
    let history = state.intervals.as_ref().map(|intervals| last_state::History {
        open_since: intervals.open_since,
        versions: each(&intervals.versions, |counters| counters.0.clone()),
    });
    LastState {
        counters: points(&state.aggregated_counter_metrics),
        ratios: points(&state.aggregated_ratio_metrics),
        extremes: each(&state.ratio_max_mins, extremes),
        splits: splits.collect(),
        history,
        rolled_back: state.rolled_back.0.clone(),
    }
}

/// Each version's data points.
fn points(metrics: &Entries<Entries<assessment::DataPoint>>) -> Vec<(String, Vec<(String, DataPoint)>)> {
    let point = |point: &assessment::DataPoint| DataPoint {
        value: point.value,
        timestamp: point.timestamp.as_deref().and_then(Instant::parse),
        status: point.status,
    };
    each(metrics, |metrics| each(metrics, point))
}

fn each<T, U>(entries: &Entries<T>, value: impl Fn(&T) -> U) -> Vec<(String, U)> {
    let mut read = Vec::with_capacity(entries.0.len());
    for (key, one) in &entries.0 {
        read.push((key.clone(), value(one)));
    }
    read
}

/// The percents that the world's strategy recommends, in the order of the world's versions; nothing for who is rolled back.
pub(super) fn recommended(world: &World, assessment: &Assessment) -> Vec<f64> {
    let split = &assessment.traffic_split_recommendation;
    let split = match world.strategy {
        Strategy::Progressive => &split.progressive,
        Strategy::Top2 => &split.top_2,
        Strategy::Uniform => &split.uniform,
    };
    world.versions.iter().map(|version| split.get(&version.id).copied().map_or(0.0, f64::from)).collect()
}

/// Each ratio's name, numerator, better direction, and whether it lies between 0 and 1.
const RATIOS: [(&str, &str, &str, bool); 5] = [
    ("iter8_mean_latency", COUNTERS[1], "lower", false),
    ("iter8_error_rate", COUNTERS[2], "lower", true),
    ("le_500_ms_latency_percentile", COUNTERS[3], "higher", true),
    ("mean_books_purchased", COUNTERS[4], "higher", false),
    ("conversion_rate", COUNTERS[5], "higher", true),
];

#[cfg(test)]
mod tests {
    use super::super::world::World;
    use super::super::worlds::READY;
    use super::*;
    use crate::experiment::Options;
    use crate::wire::assessment::Method;
    use crate::wire::decode::{Decoder, Path};

    #[test]
    fn an_echoed_state_is_what_the_decoder_reads_of_the_reply() {
        let (_, canary) = READY.iter().find(|(name, _)| *name == "canary").unwrap();
        for gives_intervals in [true, false] {
            let world = World { gives_intervals, ..canary.world() };
            let experiment = parse(&world).unwrap();
            let mut history = History::of(&world);
            history.add(&world, &[Served([300.0, 9000.0, 1.0, 300.0, 0.0, 0.0]); 2]);
            for method in [Method::Sequential, Method::V1] {
                let options = Options { method: Some(method), ..Options::new(now(60)) };
                let state = experiment.assess(history.observations(), &options).last_state;
                let value = serde_json::to_value(&state).unwrap();
                let read = last_state::decode(&mut Decoder::default(), &value, Path::Root).unwrap();
                assert_eq!(format!("{:?}", echoed(&state)), format!("{read:?}"));
            }
        }
    }
}
