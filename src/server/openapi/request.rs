//! The request, as types that are only there to be described.
//!
//! Requests are decoded by hand, with v1.0.0's leniencies and words (`wire::request`); a schema needs types. Fields and
//! their meanings are those of the README and the documents; unknown fields are passed over.
//!
//! Not here: what is refused.
#![allow(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

/// An experiment: versions, metrics and criteria, and perhaps the data.
#[derive(JsonSchema)]
pub struct Experiment {
    /// The experiment's name.
    name: Option<String>,
    /// When it started: ISO 8601, or seconds since 1970.
    start_time: Instant,
    /// The service whose versions are compared.
    service_name: String,
    /// How many calls came before this one.
    iteration_number: Option<u64>,
    /// What counts as the present state; candidates are compared with it.
    baseline: Version,
    /// What may replace it; none for conformance.
    candidates: Vec<Version>,
    /// What is measured.
    metric_specs: MetricSpecs,
    /// What versions are held to.
    criteria: Vec<Criterion>,
    /// How fast traffic may move.
    traffic_control: Option<TrafficControl>,
    /// The last reply's `last_state`, unread; absent or empty at first.
    last_state: Option<Map<String, Value>>,
    /// The statistics.
    method: Option<Method>,
    /// The instant to assess as of, for a replay; the server's clock where absent.
    now: Option<Instant>,
    /// For what is sampled: a whole number below 2^53, or `random`.
    seed: Option<Seed>,
    /// The chance of ever declaring wrongly, above 0 and up to 0.1.
    alpha: Option<f64>,
    /// Probability that a winner must exceed, 0.5 to 1.
    winner_threshold: Option<f64>,
    /// Percent of traffic for exploration, 0 to 50.
    exploration_percentage: Option<f64>,
    /// When a candidate is taken out of traffic.
    rollback: Option<Rollback>,
    /// Seconds between two scrapes of the backend, above 0 and up to 3600.
    scrape_interval_seconds: Option<f64>,
    /// The data; then no backend is asked.
    observations: Option<Observations>,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Instant {
    Text(String),
    Seconds(f64),
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Seed {
    Number(u64),
    Word(String),
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    Sequential,
    V1,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rollback {
    Violated,
    Never,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Lower,
    Higher,
}

/// One version of the service.
#[derive(JsonSchema)]
struct Version {
    id: Id,
    /// The labels by which the backend tells this version's series; not needed with `observations`.
    version_labels: Option<BTreeMap<String, String>>,
}

/// What is measured.
#[derive(JsonSchema)]
struct MetricSpecs {
    /// One has to be `iter8_request_count`.
    counter_metrics: Vec<CounterMetric>,
    ratio_metrics: Vec<RatioMetric>,
    histogram_metrics: Option<Vec<HistogramMetric>>,
}

/// A counter, summed since the start.
#[derive(JsonSchema)]
struct CounterMetric {
    /// Also called `id`.
    name: Id,
    /// PromQL with `$interval` and `$version_labels`; not needed with `observations`.
    query_template: Option<String>,
    preferred_direction: Option<Direction>,
    /// What it adds up; inferred from its use where absent.
    kind: Option<CounterKind>,
    /// With `sum_of_squares`: the counter whose values are squared.
    of: Option<Id>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CounterKind {
    Count,
    Sum,
    SumOfSquares,
}

/// One counter over another.
#[derive(JsonSchema)]
struct RatioMetric {
    /// Also called `id`.
    name: Id,
    numerator: Id,
    denominator: Id,
    preferred_direction: Option<Direction>,
    /// Whether it is a share.
    zero_to_one: Option<bool>,
}

/// A histogram, its buckets grouped by `le`.
#[derive(JsonSchema)]
struct HistogramMetric {
    /// Also called `id`.
    name: Id,
    query_template: Option<String>,
    /// The counter with the exact sum.
    sum: Option<Id>,
    preferred_direction: Option<Direction>,
}

/// What versions are held to.
#[derive(JsonSchema)]
struct Criterion {
    id: Id,
    metric_id: Id,
    /// Whether it is to be optimised; one criterion may be.
    is_reward: Option<bool>,
    threshold: Option<Threshold>,
    /// Of a histogram: the quantile that is meant, above 0 and below 1; its mean where absent.
    quantile: Option<f64>,
}

#[derive(JsonSchema)]
struct Threshold {
    /// Also called `threshold_type`; relative: a multiple of the baseline's value.
    r#type: ThresholdKind,
    value: f64,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ThresholdKind {
    Absolute,
    Relative,
}

/// How fast traffic may move.
#[derive(JsonSchema)]
struct TrafficControl {
    /// Percent of traffic that a candidate may gain a call, 0 to 100; 2 where absent.
    max_increment: Option<f64>,
    strategy: Option<Strategy>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(non_camel_case_types, reason = "v1.0.0's word")]
enum Strategy {
    Progressive,
    #[serde(rename = "top_2")]
    Top2,
    Uniform,
}

/// Metric data.
#[derive(JsonSchema)]
struct Observations {
    /// Version -> metric -> a total, or a list with the growth in each interval, or totals, intervals and buckets.
    versions: BTreeMap<String, BTreeMap<String, Value>>,
    /// What could not be got.
    problems: Option<Vec<Value>>,
}

/// Why a request is refused.
#[derive(JsonSchema)]
pub struct Refusal {
    detail: Detail,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Detail {
    /// What is wrong with the meaning.
    Text(String),
    /// What is wrong with the shape, all of it.
    Faults(Vec<Fault>),
}

/// One fault of shape.
#[derive(JsonSchema)]
struct Fault {
    /// The path of the field.
    loc: Vec<Id>,
    msg: String,
    r#type: String,
    ctx: Option<Map<String, Value>>,
}
