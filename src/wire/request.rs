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
use super::metric_specs::{self, MetricSpecs};
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
    pub(crate) metrics: MetricSpecs,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) max_increment: f64,
    pub(crate) last_state: Option<LastState>,
    pub(crate) method: Option<Method>,
    pub(crate) now: Option<Instant>,
    pub(crate) seed: Option<Seed>,
    pub(crate) alpha: Option<f64>,
    pub(crate) winner_threshold: Option<f64>,
    pub(crate) exploration_percentage: Option<f64>,
    pub(crate) rollback: Option<Rollback>,
    pub(crate) scrape_interval_seconds: Option<f64>,
    pub(crate) observations: Option<Observations>,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    /// Label -> value, as sent; only a text can ever match.
    pub(crate) labels: Vec<(String, Value)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Criterion {
    pub(crate) id: String,
    pub(crate) metric_id: String,
    pub(crate) is_reward: bool,
    pub(crate) threshold: Option<Threshold>,
    /// Which quantile of a histogram is meant; `None`: its mean.
    pub(crate) quantile: Option<f64>,
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

/// When a candidate is taken out of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rollback {
    /// Once it is shown to violate its limits.
    #[default]
    Violated,
    /// Never.
    Never,
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
    let candidates = required_list(decoder, members, "candidates", path, |d, v, p| version(d, v, p, queries));
    let metrics = decoder
        .required(members, "metric_specs", path)
        .and_then(|value| metric_specs::decode(decoder, value, path.key("metric_specs"), queries));
    let criteria = required_list(decoder, members, "criteria", path, criterion);
    let max_increment = match decoder.defaulted(members, "traffic_control", path) {
        Some(value) => max_increment(decoder, value, path.key("traffic_control")),
        None => MAX_INCREMENT_DEFAULT,
    };
    let last_state =
        present(members, "last_state").and_then(|value| last_state::decode(decoder, value, path.key("last_state")));

    let method = present(members, "method").and_then(|value| decoder.choice(value, path.key("method"), METHODS));
    let now = present(members, "now").and_then(|value| decoder.instant(value, path.key("now")));
    let seed = present(members, "seed").and_then(|value| seed(decoder, value, path.key("seed")));
    let alpha = present(members, "alpha").and_then(|value| alpha(decoder, value, path.key("alpha")));
    let mut within = |key: &str, lower: f64, upper: f64| {
        present(members, key).and_then(|value| decoder.float_within(value, path.key(key), lower, upper))
    };
    let winner_threshold = within("winner_threshold", 0.5, 1.0);
    let exploration_percentage = within("exploration_percentage", 0.0, 50.0);
    let scrape_interval_seconds = present(members, "scrape_interval_seconds")
        .and_then(|value| scrape_interval(decoder, value, path.key("scrape_interval_seconds")));
    let rollback =
        present(members, "rollback").and_then(|value| decoder.choice(value, path.key("rollback"), ROLLBACKS));
    let observations = given.and_then(|value| observations::decode(decoder, value, path.key("observations")));
    Some(Request {
        start_time: start_time?,
        iteration_number,
        name,
        service_name: service_name?,
        baseline: baseline?,
        candidates: candidates?,
        metrics: metrics?,
        criteria: criteria?,
        max_increment,
        last_state,
        method,
        now,
        seed,
        alpha,
        winner_threshold,
        exploration_percentage,
        rollback,
        scrape_interval_seconds,
        observations,
    })
}

/// The member `key`, unless it is null.
pub(crate) fn present<'v>(members: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    members.get(key).filter(|value| !value.is_null())
}

/// Every item of a list; `None` if one of them is faulty.
pub(crate) fn each<T>(
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

/// Every item of the list that the member `key` has to be.
pub(crate) fn required_list<T>(
    decoder: &mut Decoder,
    members: &Map<String, Value>,
    key: &str,
    path: Path,
    item: impl FnMut(&mut Decoder, &Value, Path) -> Option<T>,
) -> Option<Vec<T>> {
    let value = decoder.required(members, key, path)?;
    each(decoder, value, path.key(key), item)
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
    let quantile =
        present(members, "quantile").and_then(|value| decoder.float_within(value, path.key("quantile"), 0.0, 1.0));
    Some(Criterion { id: id?, metric_id: metric_id?, is_reward, threshold: threshold?, quantile })
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

/// The chance of ever declaring wrongly.
pub(crate) fn alpha(decoder: &mut Decoder, value: &Value, path: Path) -> Option<f64> {
    let alpha = decoder.float(value, path)?;
    if !(alpha > 0.0 && alpha <= ALPHA_MAX) {
        decoder.fail(
            path,
            "value_error.number",
            format!("alpha is not above 0 and at most {}", digits::plain(ALPHA_MAX)),
        );
        return None;
    }
    Some(alpha)
}

/// Seconds between two scrapes of the backend.
pub(crate) fn scrape_interval(decoder: &mut Decoder, value: &Value, path: Path) -> Option<f64> {
    let seconds = decoder.float(value, path)?;
    if !(seconds > 0.0 && seconds <= SCRAPE_INTERVAL_SECONDS_MAX) {
        let seconds_max = digits::plain(SCRAPE_INTERVAL_SECONDS_MAX);
        let message = format!("scrape interval is not above 0 and at most {seconds_max} s");
        decoder.fail(path, "value_error.number", message);
        return None;
    }
    Some(seconds)
}

/// The methods that can be asked for.
pub(crate) const METHODS: &[(&str, Method)] = &[("sequential", Method::Sequential), ("v1", Method::V1)];
/// What may happen to a candidate that is shown to violate its limits.
pub(crate) const ROLLBACKS: &[(&str, Rollback)] = &[("violated", Rollback::Violated), ("never", Rollback::Never)];
/// The strategies of traffic, in the order of replies.
pub(crate) const STRATEGIES: &[(&str, Strategy)] =
    &[("progressive", Strategy::Progressive), ("top_2", Strategy::Top2), ("uniform", Strategy::Uniform)];
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
