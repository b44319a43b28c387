//! A world and its history -> what is handed to the engine, and the split that comes back.
//!
//! Metrics have the names of iter8's tutorials. Counters come as one number an interval, or as totals where the world says
//! so. Not here: the engine.

use serde_json::{Map, Value, json};

use super::START_UNIX_MICROS;
use super::traffic::{COUNTERS, LIMIT_MS, Served};
use super::world::World;
use crate::error::Error;
use crate::experiment::{Experiment, MetricData, Settings};
use crate::wire::assessment::Assessment;
use crate::wire::instant::Instant;
use crate::wire::request::{STRATEGIES, Strategy};

/// The instant `elapsed` seconds after the start.
pub(super) fn now(elapsed: u64) -> Instant {
    Instant::from_unix_micros(START_UNIX_MICROS + i64::try_from(elapsed).unwrap_or(0) * 1_000_000)
}

/// The world's experiment at an iteration.
pub(super) fn parse(world: &World, iteration: usize, last_state: &Value) -> Result<Experiment, Error> {
    let mut versions = world.versions.iter().map(|version| json!({"id": version.id}));
    let strategy = STRATEGIES.iter().find(|(_, strategy)| *strategy == world.strategy).map(|(name, _)| *name);
    let mut traffic = Map::from_iter([("strategy".to_owned(), json!(strategy))]);
    traffic.extend(world.max_increment.clone().map(|value| ("max_increment".to_owned(), value)));
    let mut experiment = json!({
        "name": world.name,
        "start_time": now(0).to_text(),
        "service_name": world.name,
        "iteration_number": iteration,
        "baseline": versions.next(),
        "candidates": versions.collect::<Vec<_>>(),
        "metric_specs": metric_specs(),
        "criteria": world.criteria,
        "traffic_control": traffic,
        "last_state": last_state,
    });
    if let Some(members) = experiment.as_object_mut() {
        let given = [("alpha", &world.alpha), ("rollback", &world.rollback)];
        members.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
    }
    Experiment::parse(&experiment, MetricData::Given, &Settings::default())
}

fn metric_specs() -> Value {
    let counters: Vec<Value> = COUNTERS.iter().map(|name| json!({"name": name})).collect();
    let ratio = |name: &str, numerator: usize, direction: &str, zero_to_one: bool| {
        json!({
            "name": name, "numerator": COUNTERS[numerator], "denominator": COUNTERS[0],
            "preferred_direction": direction, "zero_to_one": zero_to_one,
        })
    };
    json!({
        "counter_metrics": counters,
        "ratio_metrics": [
            ratio("iter8_mean_latency", 1, "lower", false),
            ratio("iter8_error_rate", 2, "lower", true),
            ratio(&format!("le_{LIMIT_MS}_ms_latency_percentile"), 3, "higher", true),
            ratio("mean_books_purchased", 4, "higher", false),
            ratio("conversion_rate", 5, "higher", true),
        ],
    })
}

/// What was counted so far: `[version][counter][interval]`.
pub(super) struct History(Vec<Vec<Vec<Value>>>, Vec<Served>);

impl History {
    pub(super) fn of(world: &World) -> Self {
        Self(
            vec![vec![Vec::new(); COUNTERS.len()]; world.versions.len()],
            vec![Served::default(); world.versions.len()],
        )
    }

    /// Adds an interval; nothing where none is over yet.
    pub(super) fn add(&mut self, served: &[Served]) {
        for ((counters, total), served) in self.0.iter_mut().zip(&mut self.1).zip(served) {
            for ((intervals, sum), value) in counters.iter_mut().zip(&mut total.0).zip(served.0) {
                intervals.push(value.into());
                *sum += value;
            }
        }
    }

    /// What each version counted since the start.
    pub(super) fn totals(&self) -> &[Served] {
        &self.1
    }

    pub(super) fn observations(&self, world: &World) -> Value {
        let versions = world.versions.iter().zip(&self.0).zip(&self.1).map(|((version, counters), total)| {
            let counters = COUNTERS.iter().zip(counters).zip(total.0).map(|((name, intervals), total)| {
                let value = if world.gives_intervals { Value::Array(intervals.clone()) } else { total.into() };
                ((*name).to_owned(), value)
            });
            (version.id.clone(), Value::Object(counters.collect()))
        });
        let versions: Map<String, Value> = versions.collect();
        json!({"versions": versions})
    }
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
