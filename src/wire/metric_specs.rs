//! `metric_specs` of an experiment -> typed fields: counters, ratios of two counters, histograms.
//!
//! Both dialects of v1.0.0's clients (`name` or `id`), in v1.0.0's model order. Behind v1.0.0's fields ours: a counter's
//! `kind` and `of`, and the histograms.
//!
//! Not here: whether the names that metrics use exist (`experiment`).

use serde_json::{Map, Value};

use super::decode::{Decoder, Path};
use super::request::{Direction, Queries, each, present, required_list};

/// The metrics that a request defines.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetricSpecs {
    pub(crate) counters: Vec<CounterSpec>,
    pub(crate) ratios: Vec<RatioSpec>,
    pub(crate) histograms: Vec<HistogramSpec>,
}

#[derive(Debug, Clone)]
pub(crate) struct CounterSpec {
    pub(crate) id: String,
    pub(crate) direction: Option<Direction>,
    pub(crate) query_template: Option<String>,
    /// What it adds up; `None`: as its use tells.
    pub(crate) kind: Option<CounterKind>,
    /// The counter whose values it squares.
    pub(crate) of: Option<String>,
}

/// What a counter adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CounterKind {
    /// Events.
    Count,
    /// Values.
    Sum,
    /// Squares of the values of another counter.
    SumOfSquares,
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
pub(crate) struct HistogramSpec {
    pub(crate) id: String,
    pub(crate) direction: Option<Direction>,
    pub(crate) query_template: Option<String>,
    /// The counter with the exact sum of all values.
    pub(crate) sum: Option<String>,
}

pub(crate) fn decode(decoder: &mut Decoder, value: &Value, path: Path, queries: Queries) -> Option<MetricSpecs> {
    let members = &*decoder.object(value, path)?;
    let counters = required_list(decoder, members, "counter_metrics", path, |d, v, p| counter(d, v, p, queries));
    let ratios = required_list(decoder, members, "ratio_metrics", path, ratio);
    let histograms = match present(members, "histogram_metrics") {
        Some(value) => each(decoder, value, path.key("histogram_metrics"), |d, v, p| histogram(d, v, p, queries)),
        None => Some(Vec::new()),
    };
    Some(MetricSpecs { counters: counters?, ratios: ratios?, histograms: histograms? })
}

fn counter(decoder: &mut Decoder, value: &Value, path: Path, queries: Queries) -> Option<CounterSpec> {
    let members = &*decoder.object(value, path)?;
    let (id, direction) = base(decoder, members, path);
    let query_template = query_template(decoder, members, path, queries);
    let kind = present(members, "kind").and_then(|value| decoder.choice(value, path.key("kind"), COUNTER_KINDS));
    let of = match kind {
        Some(CounterKind::SumOfSquares) => {
            decoder.required(members, "of", path).and_then(|value| decoder.id(value, path.key("of")))
        }
        _ => None,
    };
    Some(CounterSpec { id: id?, direction, query_template: query_template?, kind, of })
}

fn ratio(decoder: &mut Decoder, value: &Value, path: Path) -> Option<RatioSpec> {
    let members = &*decoder.object(value, path)?;
    let (id, direction) = base(decoder, members, path);
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

fn histogram(decoder: &mut Decoder, value: &Value, path: Path, queries: Queries) -> Option<HistogramSpec> {
    let members = &*decoder.object(value, path)?;
    let (id, direction) = base(decoder, members, path);
    let query_template = query_template(decoder, members, path, queries);
    let sum = present(members, "sum").map(|value| decoder.id(value, path.key("sum")));
    Some(HistogramSpec { id: id?, direction, query_template: query_template?, sum: sum.flatten() })
}

/// A template, which may be absent where nothing is asked.
fn query_template(
    decoder: &mut Decoder,
    members: &Map<String, Value>,
    path: Path,
    queries: Queries,
) -> Option<Option<String>> {
    match (present(members, "query_template"), queries) {
        (None, Queries::NotNeeded) => Some(None),
        _ => decoder
            .required(members, "query_template", path)
            .and_then(|value| decoder.text(value, path.key("query_template")))
            .map(Some),
    }
}

/// What all metrics have in common: the id, and which values are better.
fn base(decoder: &mut Decoder, members: &Map<String, Value>, path: Path) -> (Option<String>, Option<Direction>) {
    let id = decoder.required_alias(members, "name", "id", path).and_then(|value| decoder.id(value, path.key("name")));
    let direction = present(members, "preferred_direction")
        .and_then(|value| decoder.choice(value, path.key("preferred_direction"), DIRECTIONS));
    if let Some(value) = present(members, "descriptive_short_name") {
        decoder.text(value, path.key("descriptive_short_name"));
    }
    (id, direction)
}

const DIRECTIONS: &[(&str, Direction)] = &[("lower", Direction::Lower), ("higher", Direction::Higher)];
const COUNTER_KINDS: &[(&str, CounterKind)] =
    &[("count", CounterKind::Count), ("sum", CounterKind::Sum), ("sum_of_squares", CounterKind::SumOfSquares)];
