//! The experiment as clients send it -> typed fields.
//!
//! Both dialects of v1.0.0's clients (`type` or `threshold_type`, `name` or `id`), in v1.0.0's model order, so that the
//! list of faults comes in v1.0.0's order; behind them the fields that we added. Unknown fields are ignored.
//!
//! Not here: whether the fields make sense together (`experiment`).

use serde_json::{Map, Value};

use super::assessment::Method;
use super::decode::{Decoder, Path};
use super::fields::Fields;
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

#[derive(Debug, Clone, Default)]
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
    let mut decoder = Decoder::default();
    decoder.needs_queries = queries == Queries::Needed;
    limits::check_experiment(&mut decoder, value);
    if decoder.has_failed() {
        return Err(decoder.into_error());
    }
    let read = if value.is_null() {
        decoder.fail(Path::Root, "value_error.missing", "field required");
        None
    } else {
        decoder.opened(value, Path::Root, request).flatten()
    };
    match read {
        Some(request) if !decoder.has_failed() => Ok(request),
        _ => Err(decoder.into_error()),
    }
}

fn request(decoder: &mut Decoder, fields: &Fields) -> Option<Request> {
    // Observations in the experiment itself: then nothing is asked.
    let given = fields.present("observations");
    decoder.needs_queries &= given.is_none();
    // In v1.0.0's model order, which is the order of its faults.
    let start_time = fields.required(decoder, "start_time", Decoder::instant);
    let iteration_number = fields.optional(decoder, "iteration_number", Decoder::count);
    // v1.0.0 ignored the name, whatever it was.
    let name = fields.members.get("name").and_then(Value::as_str).map(str::to_owned);
    let service_name = fields.text(decoder, "service_name");
    let baseline = fields.object(decoder, "baseline", version).unwrap_or_default();
    let candidates = fields.objects(decoder, "candidates", version);
    let metrics = fields.object(decoder, "metric_specs", metric_specs::decode).unwrap_or_default();
    let criteria = fields.objects(decoder, "criteria", criterion);
    let control = decoder.defaulted(fields.members, "traffic_control", fields.path);
    let max_increment =
        control.and_then(|value| decoder.opened(value, fields.at("traffic_control"), max_increment)).flatten();
    let last_state = fields.optional(decoder, "last_state", last_state::decode);
    Some(Request {
        iteration_number,
        name,
        service_name,
        baseline,
        candidates,
        metrics,
        criteria,
        max_increment: max_increment.unwrap_or(MAX_INCREMENT_DEFAULT),
        last_state,
        method: fields.choice(decoder, "method", METHODS),
        now: fields.optional(decoder, "now", Decoder::instant),
        seed: fields.optional(decoder, "seed", seed),
        alpha: fields.optional(decoder, "alpha", alpha),
        winner_threshold: fields.within(decoder, "winner_threshold", 0.5, 1.0),
        exploration_percentage: fields.within(decoder, "exploration_percentage", 0.0, 50.0),
        scrape_interval_seconds: fields.optional(decoder, "scrape_interval_seconds", scrape_interval),
        rollback: fields.choice(decoder, "rollback", ROLLBACKS),
        observations: given.and_then(|value| observations::decode(decoder, value, fields.at("observations"))),
        start_time: start_time?,
    })
}

/// The member `key`, unless it is null.
pub(crate) fn present<'v>(members: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    members.get(key).filter(|value| !value.is_null())
}

fn version(decoder: &mut Decoder, fields: &Fields) -> Version {
    let id = fields.id(decoder, "id");
    let mut labels = Vec::new();
    if (decoder.needs_queries || fields.members.contains_key("version_labels"))
        && let Some(value) = fields.needed(decoder, "version_labels")
    {
        decoder.open(value, fields.at("version_labels"), &mut |_, given| {
            for (key, value) in given.members {
                labels.push((key.clone(), value.clone()));
            }
        });
    }
    Version { id, labels }
}

fn criterion(decoder: &mut Decoder, fields: &Fields) -> Criterion {
    Criterion {
        id: fields.id(decoder, "id"),
        metric_id: fields.id(decoder, "metric_id"),
        is_reward: fields.flag(decoder, "is_reward"),
        threshold: fields.optional(decoder, "threshold", threshold),
        quantile: fields.within(decoder, "quantile", 0.0, 1.0),
    }
}

fn threshold(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Threshold> {
    decoder.opened(value, path, |decoder, fields| {
        let kind = decoder.required_alias(fields.members, "type", "threshold_type", fields.path);
        let kind = kind.and_then(|value| decoder.choice(value, fields.at("type"), THRESHOLD_KINDS));
        let value = fields.required(decoder, "value", Decoder::finite);
        Some(Threshold { kind: kind?, value: value? })
    })?
}

/// `traffic_control.max_increment`; the strategy is checked, but every strategy's split is recommended.
fn max_increment(decoder: &mut Decoder, fields: &Fields) -> Option<f64> {
    let max_increment = decoder.defaulted(fields.members, "max_increment", fields.path);
    let max_increment =
        max_increment.and_then(|value| decoder.float_within(value, fields.at("max_increment"), 0.0, 100.0));
    if let Some(value) = decoder.defaulted(fields.members, "strategy", fields.path) {
        decoder.choice(value, fields.at("strategy"), STRATEGIES);
    }
    max_increment
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
