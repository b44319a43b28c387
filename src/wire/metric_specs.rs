//! `metric_specs` of an experiment -> typed fields: counters, ratios of two counters, histograms.
//!
//! Both dialects of v1.0.0's clients (`name` or `id`), in v1.0.0's model order. Behind v1.0.0's fields ours: a counter's
//! `kind` and `of`, and the histograms.
//!
//! Not here: whether the names that metrics use exist (`experiment`).

use super::decode::Decoder;
use super::fields::Fields;
use super::request::Direction;

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

pub(crate) fn decode(decoder: &mut Decoder, fields: &Fields) -> MetricSpecs {
    MetricSpecs {
        counters: fields.objects(decoder, "counter_metrics", counter),
        ratios: fields.objects(decoder, "ratio_metrics", ratio),
        histograms: match fields.present("histogram_metrics") {
            Some(_) => fields.objects(decoder, "histogram_metrics", histogram),
            None => Vec::new(),
        },
    }
}

fn counter(decoder: &mut Decoder, fields: &Fields) -> CounterSpec {
    let (id, direction) = base(decoder, fields);
    let query_template = query_template(decoder, fields);
    let kind = fields.choice(decoder, "kind", COUNTER_KINDS);
    let of = if kind == Some(CounterKind::SumOfSquares) { Some(fields.id(decoder, "of")) } else { None };
    CounterSpec { id, direction, query_template, kind, of }
}

fn ratio(decoder: &mut Decoder, fields: &Fields) -> RatioSpec {
    let (id, direction) = base(decoder, fields);
    RatioSpec {
        id,
        direction,
        numerator: fields.text(decoder, "numerator"),
        denominator: fields.text(decoder, "denominator"),
        zero_to_one: fields.flag(decoder, "zero_to_one"),
    }
}

fn histogram(decoder: &mut Decoder, fields: &Fields) -> HistogramSpec {
    let (id, direction) = base(decoder, fields);
    let query_template = query_template(decoder, fields);
    HistogramSpec { id, direction, query_template, sum: fields.optional(decoder, "sum", Decoder::id) }
}

/// A template, which may be absent where nothing is asked.
fn query_template(decoder: &mut Decoder, fields: &Fields) -> Option<String> {
    let is_needed = decoder.needs_queries || fields.present("query_template").is_some();
    if is_needed { fields.required(decoder, "query_template", Decoder::text) } else { None }
}

/// What all metrics have in common: the id, and which values are better.
fn base(decoder: &mut Decoder, fields: &Fields) -> (String, Option<Direction>) {
    let id = decoder.required_alias(fields.members, "name", "id", fields.path);
    let id = id.and_then(|value| decoder.id(value, fields.at("name"))).unwrap_or_default();
    let direction = fields.choice(decoder, "preferred_direction", DIRECTIONS);
    fields.optional(decoder, "descriptive_short_name", Decoder::text);
    (id, direction)
}

const DIRECTIONS: &[(&str, Direction)] = &[("lower", Direction::Lower), ("higher", Direction::Higher)];
const COUNTER_KINDS: &[(&str, CounterKind)] =
    &[("count", CounterKind::Count), ("sum", CounterKind::Sum), ("sum_of_squares", CounterKind::SumOfSquares)];
