//! The experiment as clients send it -> typed fields.
//!
//! Both dialects of v1.0.0's clients (`type` or `threshold_type`, `name` or `id`), in v1.0.0's model order, so that the
//! list of faults comes in v1.0.0's order; behind them the fields that we added. Unknown fields are ignored.
//!
//! Not here: whether the fields make sense together (`experiment`).

use serde_json::{Map, Value};

use super::assessment::Method;
use super::decode::{Decoder, Path};
use super::instant::Instant;
use super::last_state::{self, LastState};
use super::observations::{self, Observations};
use super::{digits, limits};
use crate::error::Error;

/// An experiment whose fields have the right types.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) start_time: Instant,
    pub(crate) iteration_number: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) service_name: String,
    pub(crate) baseline: Version,
    pub(crate) candidates: Vec<Version>,
    pub(crate) counters: Vec<CounterSpec>,
    pub(crate) ratios: Vec<RatioSpec>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) max_increment: f64,
    pub(crate) last_state: Option<LastState>,
    pub(crate) method: Option<Method>,
    pub(crate) now: Option<Instant>,
    pub(crate) seed: Option<Seed>,
    pub(crate) winner_threshold: Option<f64>,
    pub(crate) exploration_percentage: Option<f64>,
    pub(crate) observations: Option<Observations>,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    /// Label -> value, as sent; only a text can ever match.
    pub(crate) labels: Vec<(String, Value)>,
}

#[derive(Debug, Clone)]
pub(crate) struct CounterSpec {
    pub(crate) id: String,
    pub(crate) direction: Option<Direction>,
    pub(crate) query_template: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct RatioSpec {
    pub(crate) id: String,
    pub(crate) direction: Option<Direction>,
    pub(crate) numerator: String,
    pub(crate) denominator: String,
    pub(crate) zero_to_one: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Criterion {
    pub(crate) id: String,
    pub(crate) metric_id: String,
    pub(crate) is_reward: bool,
    pub(crate) threshold: Option<Threshold>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Threshold {
    pub(crate) kind: ThresholdKind,
    pub(crate) value: f64,
}

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Lower,
    Higher,
}

/// What a limit is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThresholdKind {
    /// The metric's unit.
    Absolute,
    /// The baseline's value.
    Relative,
}

/// Where draws start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// An integer from 0 to 2^53 - 1.
    Number(u64),
    /// The host's entropy; the reply notes the number that it was.
    Random,
}

/// Whether templates and labels must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queries {
    Needed,
    NotNeeded,
}

/// The request in `value`.
///
/// # Errors
/// The limits that `value` exceeds; else every fault of shape, in model order.
pub(crate) fn decode(value: &Value, queries: Queries) -> Result<Request, Error> {
    let excess = limits::check_experiment(value);
    if !excess.is_empty() {
        return Err(Error::Fields(excess));
    }
    let mut decoder = Decoder::default();
    if value.is_null() {
        decoder.fail(Path::Root, "value_error.missing", "field required");
    }
    let request = if value.is_null() { None } else { request(&mut decoder, value, queries) };
    match request {
        Some(request) if !decoder.has_failed() => Ok(request),
        _ => Err(decoder.into_error()),
    }
}

fn request(decoder: &mut Decoder, value: &Value, queries: Queries) -> Option<Request> {
    let path = Path::Root;
    let members = &*decoder.object(value, path)?;
    // Observations in the experiment itself: then nothing is asked.
    let given = members.get("observations").filter(|value| !value.is_null());
    let queries = if given.is_some() { Queries::NotNeeded } else { queries };

    let start_time =
        decoder.required(members, "start_time", path).and_then(|value| decoder.instant(value, path.key("start_time")));
    let iteration_number =
        present(members, "iteration_number").and_then(|value| decoder.count(value, path.key("iteration_number")));
    // v1.0.0 ignored the name, whatever it was.
    let name = members.get("name").and_then(Value::as_str).map(str::to_owned);
    let service_name =
        decoder.required(members, "service_name", path).and_then(|value| decoder.text(value, path.key("service_name")));
    let baseline = decoder
        .required(members, "baseline", path)
        .and_then(|value| version(decoder, value, path.key("baseline"), queries));
    let candidates = decoder
        .required(members, "candidates", path)
        .and_then(|value| each(decoder, value, path.key("candidates"), |d, v, p| version(d, v, p, queries)));
    let metrics = decoder
        .required(members, "metric_specs", path)
        .and_then(|value| metric_specs(decoder, value, path.key("metric_specs"), queries));
    let criteria = decoder
        .required(members, "criteria", path)
        .and_then(|value| each(decoder, value, path.key("criteria"), criterion));
    let max_increment = match decoder.defaulted(members, "traffic_control", path) {
        Some(value) => max_increment(decoder, value, path.key("traffic_control")),
        None => MAX_INCREMENT_DEFAULT,
    };
    let last_state =
        present(members, "last_state").and_then(|value| last_state::decode(decoder, value, path.key("last_state")));

    let method = present(members, "method").and_then(|value| decoder.choice(value, path.key("method"), METHODS));
    let now = present(members, "now").and_then(|value| decoder.instant(value, path.key("now")));
    let seed = present(members, "seed").and_then(|value| seed(decoder, value, path.key("seed")));
    if let Some(value) = present(members, "alpha") {
        alpha(decoder, value, path.key("alpha"));
    }
    let mut within = |key: &str, lower: f64, upper: f64| {
        present(members, key).and_then(|value| decoder.float_within(value, path.key(key), lower, upper))
    };
    let winner_threshold = within("winner_threshold", 0.5, 1.0);
    let exploration_percentage = within("exploration_percentage", 0.0, 50.0);
    if let Some(value) = present(members, "scrape_interval_seconds") {
        scrape_interval(decoder, value, path.key("scrape_interval_seconds"));
    }
    if let Some(value) = present(members, "rollback") {
        decoder.choice(value, path.key("rollback"), &[("violated", ()), ("never", ())]);
    }
    let observations = given.and_then(|value| observations::decode(decoder, value, path.key("observations")));
    let (counters, ratios) = metrics?;
    Some(Request {
        start_time: start_time?,
        iteration_number,
        name,
        service_name: service_name?,
        baseline: baseline?,
        candidates: candidates?,
        counters,
        ratios,
        criteria: criteria?,
        max_increment,
        last_state,
        method,
        now,
        seed,
        winner_threshold,
        exploration_percentage,
        observations,
    })
}

/// The member `key`, unless it is null.
fn present<'v>(members: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    members.get(key).filter(|value| !value.is_null())
}

/// Every item of a list; `None` if one of them is faulty.
fn each<T>(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    mut item: impl FnMut(&mut Decoder, &Value, Path) -> Option<T>,
) -> Option<Vec<T>> {
    let items = decoder.list(value, path)?;
    let read: Vec<Option<T>> = items
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let value = decoder.not_null(value, path.index(index))?;
            item(decoder, value, path.index(index))
        })
        .collect();
    read.into_iter().collect()
}

fn version(decoder: &mut Decoder, value: &Value, path: Path, queries: Queries) -> Option<Version> {
    let members = &*decoder.object(value, path)?;
    let id = decoder.required(members, "id", path).and_then(|value| decoder.id(value, path.key("id")));
    let labels = match (members.get("version_labels"), queries) {
        (None, Queries::NotNeeded) => Some(Vec::new()),
        _ => decoder.required(members, "version_labels", path).and_then(|value| {
            let labels = decoder.object(value, path.key("version_labels"))?;
            Some(labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
        }),
    };
    Some(Version { id: id?, labels: labels? })
}

fn metric_specs(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    queries: Queries,
) -> Option<(Vec<CounterSpec>, Vec<RatioSpec>)> {
    let members = &*decoder.object(value, path)?;
    let counters = decoder
        .required(members, "counter_metrics", path)
        .and_then(|value| each(decoder, value, path.key("counter_metrics"), |d, v, p| counter_spec(d, v, p, queries)));
    let ratios = decoder
        .required(members, "ratio_metrics", path)
        .and_then(|value| each(decoder, value, path.key("ratio_metrics"), ratio_spec));
    Some((counters?, ratios?))
}

fn counter_spec(decoder: &mut Decoder, value: &Value, path: Path, queries: Queries) -> Option<CounterSpec> {
    let members = &*decoder.object(value, path)?;
    let (id, direction) = metric_base(decoder, members, path);
    let query_template = match (present(members, "query_template"), queries) {
        (None, Queries::NotNeeded) => Some(None),
        _ => decoder
            .required(members, "query_template", path)
            .and_then(|value| decoder.text(value, path.key("query_template")))
            .map(Some),
    };
    Some(CounterSpec { id: id?, direction, query_template: query_template? })
}

fn ratio_spec(decoder: &mut Decoder, value: &Value, path: Path) -> Option<RatioSpec> {
    let members = &*decoder.object(value, path)?;
    let (id, direction) = metric_base(decoder, members, path);
    let mut counter =
        |key: &str| decoder.required(members, key, path).and_then(|value| decoder.text(value, path.key(key)));
    let numerator = counter("numerator");
    let denominator = counter("denominator");
    let zero_to_one = decoder
        .defaulted(members, "zero_to_one", path)
        .and_then(|value| decoder.boolean(value, path.key("zero_to_one")))
        .unwrap_or(false);
    Some(RatioSpec { id: id?, direction, numerator: numerator?, denominator: denominator?, zero_to_one })
}

/// What counters and ratios have in common: the id, and which values are better.
fn metric_base(decoder: &mut Decoder, members: &Map<String, Value>, path: Path) -> (Option<String>, Option<Direction>) {
    let id = decoder.required_alias(members, "name", "id", path).and_then(|value| decoder.id(value, path.key("name")));
    let direction = present(members, "preferred_direction")
        .and_then(|value| decoder.choice(value, path.key("preferred_direction"), DIRECTIONS));
    if let Some(value) = present(members, "descriptive_short_name") {
        decoder.text(value, path.key("descriptive_short_name"));
    }
    (id, direction)
}

fn criterion(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Criterion> {
    let members = &*decoder.object(value, path)?;
    let id = decoder.required(members, "id", path).and_then(|value| decoder.id(value, path.key("id")));
    let metric_id =
        decoder.required(members, "metric_id", path).and_then(|value| decoder.id(value, path.key("metric_id")));
    let is_reward = decoder
        .defaulted(members, "is_reward", path)
        .and_then(|value| decoder.boolean(value, path.key("is_reward")))
        .unwrap_or(false);
    let threshold = match present(members, "threshold") {
        Some(value) => threshold(decoder, value, path.key("threshold")).map(Some),
        None => Some(None),
    };
    Some(Criterion { id: id?, metric_id: metric_id?, is_reward, threshold: threshold? })
}

fn threshold(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Threshold> {
    let members = &*decoder.object(value, path)?;
    let kind = decoder
        .required_alias(members, "type", "threshold_type", path)
        .and_then(|value| decoder.choice(value, path.key("type"), THRESHOLD_KINDS));
    let value = decoder.required(members, "value", path).and_then(|value| decoder.finite(value, path.key("value")));
    Some(Threshold { kind: kind?, value: value? })
}

/// `traffic_control.max_increment`; the strategy is checked, but every strategy's split is recommended.
fn max_increment(decoder: &mut Decoder, value: &Value, path: Path) -> f64 {
    let Some(members) = decoder.object(value, path) else { return MAX_INCREMENT_DEFAULT };
    let max_increment = decoder
        .defaulted(&members, "max_increment", path)
        .and_then(|value| decoder.float_within(value, path.key("max_increment"), 0.0, 100.0));
    if let Some(value) = decoder.defaulted(&members, "strategy", path) {
        decoder.choice(value, path.key("strategy"), STRATEGIES);
    }
    max_increment.unwrap_or(MAX_INCREMENT_DEFAULT)
}

/// An integer that every JSON reader keeps exact, or `random`.
pub(crate) fn seed(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Seed> {
    let seed = match value {
        Value::String(text) if text == "random" => Some(Seed::Random),
        Value::Number(number) => number.as_u64().filter(|seed| *seed <= SEED_MAX).map(Seed::Number),
        _ => None,
    };
    if seed.is_none() {
        decoder.fail(path, "value_error.seed", format!("seed is not an integer from 0 to {SEED_MAX} or 'random'"));
    }
    seed
}

/// Checked, and without effect on `method: "v1"`, which knows no such guarantee.
fn alpha(decoder: &mut Decoder, value: &Value, path: Path) {
    if let Some(alpha) = decoder.float(value, path)
        && !(alpha > 0.0 && alpha <= ALPHA_MAX)
    {
        decoder.fail(
            path,
            "value_error.number",
            format!("alpha is not above 0 and at most {}", digits::plain(ALPHA_MAX)),
        );
    }
}

/// Checked, and without effect on `method: "v1"`, which asks for totals alone.
fn scrape_interval(decoder: &mut Decoder, value: &Value, path: Path) {
    if let Some(seconds) = decoder.float(value, path)
        && !(seconds > 0.0 && seconds <= SCRAPE_INTERVAL_SECONDS_MAX)
    {
        let seconds_max = digits::plain(SCRAPE_INTERVAL_SECONDS_MAX);
        let message = format!("scrape interval is not above 0 and at most {seconds_max} s");
        decoder.fail(path, "value_error.number", message);
    }
}

/// The methods that can be asked for.
pub(crate) const METHODS: &[(&str, Method)] = &[("v1", Method::V1)];
/// The strategies of traffic, in the order of replies.
pub(crate) const STRATEGIES: &[(&str, Strategy)] =
    &[("progressive", Strategy::Progressive), ("top_2", Strategy::Top2), ("uniform", Strategy::Uniform)];
const DIRECTIONS: &[(&str, Direction)] = &[("lower", Direction::Lower), ("higher", Direction::Higher)];
const THRESHOLD_KINDS: &[(&str, ThresholdKind)] =
    &[("absolute", ThresholdKind::Absolute), ("relative", ThresholdKind::Relative)];
/// v1.0.0's default, percent a call.
const MAX_INCREMENT_DEFAULT: f64 = 2.0;
/// Largest integer that every JSON reader keeps exact, 2^53 - 1.
pub const SEED_MAX: u64 = 9_007_199_254_740_991;
const ALPHA_MAX: f64 = 0.1;
const SCRAPE_INTERVAL_SECONDS_MAX: f64 = 3600.0;

/// How traffic follows what is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Progressive,
    Top2,
    Uniform,
}
