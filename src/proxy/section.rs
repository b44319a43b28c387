//! The section `proxy` of a configuration -> typed fields, every fault with its path.
//!
//! Not here: the experiment around it (`config`); what the fields do.

use serde_json::{Map, Value};

use super::config::Source;
use super::observe::{ABORTS, ERRORS, LATENCY_MICROS, LATENCY_SQUARES, REQUESTS, RESETS, RETRIES};
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::fields::Fields;

/// The fields of the section.
#[derive(Debug)]
pub(super) struct Section {
    /// What makes a request's version the same each time; `None`: chance decides.
    pub(super) sticky: Option<Sticky>,
    /// Makes experiments on the same users independent of each other.
    pub(super) salt: u64,
    /// The request header that names the version.
    pub(super) version_header: String,
    /// What the header says, or the cluster; `None`: the version's id. In the order of the versions.
    pub(super) destinations: Vec<Option<String>>,
    /// Percents before anything is known, from 0 to 100 with a sum of 100, in the order of the versions.
    pub(super) split: Option<Vec<f64>>,
    /// Seconds between two assessments, 1 to 3600.
    pub(super) interval_seconds: f64,
    /// Seconds after which a worker hands on what it observed, 0.05 to 10.
    pub(super) flush_seconds: f64,
    /// What each counter of the experiment counts, in their order.
    pub(super) sources: Vec<Named>,
    /// Upper edges of the latency buckets in milliseconds, above 0 and rising; 1 to 64 of them.
    pub(super) edges_ms: Vec<f64>,
    /// Whether the log shall have what each assessment rests on.
    pub(super) logs_evidence: bool,
    /// For the pilot: the cluster at which Envoy's administration listens.
    pub(super) admin_cluster: String,
    /// For the pilot: the `runtime_key_prefix` of the `weighted_clusters`.
    pub(super) runtime_key_prefix: Option<String>,
}

/// What a request is recognised by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sticky {
    Header(String),
    Cookie(String),
    Source,
}

/// What a counter counts, by name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Named {
    /// A place of the row, and what its number is divided by.
    Place(usize, f64),
    Header(String),
    HeaderSquares(String),
}

impl Named {
    /// With the header's index among all of them.
    pub(super) fn resolve(&self, headers: &mut Vec<String>) -> Source {
        let mut index = |name: &String| {
            headers.iter().position(|known| known == name).unwrap_or_else(|| {
                headers.push(name.clone());
                headers.len() - 1
            })
        };
        match self {
            Self::Place(place, divisor) => Source::Place(*place, *divisor),
            Self::Header(name) => Source::Header(index(name)),
            Self::HeaderSquares(name) => Source::HeaderSquares(index(name)),
        }
    }

    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Place(place, _) => place.to_string(),
            Self::Header(name) => format!("header {name}"),
            Self::HeaderSquares(name) => format!("squares {name}"),
        }
    }
}

pub(super) fn decode(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    versions: &[String],
    counters: &[String],
) -> Option<Section> {
    let members = &*decoder.object(value, path)?;
    refuse_others(decoder, members, path, KEYS);
    let fields = Fields { members, path };
    let admin_cluster = fields.optional(decoder, "admin_cluster", Decoder::text);
    Some(Section {
        admin_cluster: admin_cluster.unwrap_or_else(|| ADMIN_CLUSTER.to_owned()),
        runtime_key_prefix: fields.optional(decoder, "runtime_key_prefix", Decoder::text),
        version_header: version_header(decoder, &fields),
        interval_seconds: fields.within(decoder, "interval_seconds", 1.0, 3600.0).unwrap_or(INTERVAL_SECONDS),
        flush_seconds: fields.within(decoder, "flush_seconds", 0.05, 10.0).unwrap_or(FLUSH_SECONDS),
        salt: fields.optional(decoder, "salt", Decoder::count).unwrap_or(0),
        logs_evidence: fields.optional(decoder, "log_evidence", Decoder::boolean).unwrap_or(false),
        sticky: fields.optional(decoder, "sticky", sticky),
        split: fields.present("split").and_then(|value| split(decoder, value, fields.at("split"), versions)),
        edges_ms: match fields.present("latency_edges_ms") {
            Some(value) => edges(decoder, value, fields.at("latency_edges_ms"))?,
            None => EDGES_MS.to_vec(),
        },
        destinations: match fields.present("destinations") {
            Some(value) => each_version(decoder, value, fields.at("destinations"), versions, destination)?,
            None => vec![None; versions.len()],
        },
        sources: sources(decoder, fields.present("counters"), fields.at("counters"), counters)?,
    })
}

fn refuse_others(decoder: &mut Decoder, members: &Map<String, Value>, path: Path, allowed: &[&str]) {
    for key in members.keys().filter(|key| !allowed.contains(&key.as_str())) {
        decoder.fail(path.key(key), "value_error.extra", format!("no such field; allowed are {}", allowed.join(", ")));
    }
}

/// Envoy takes a name without looking at it.
fn header_name(decoder: &mut Decoder, name: &str, path: Path) {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_allowed) {
        let message =
            format!("{} is no name of a header; allowed are letters, digits and !#$%&'*+-.^_`|~", quoted(name));
        decoder.fail(path, "value_error.header", message);
    }
}

fn version_header(decoder: &mut Decoder, fields: &Fields) -> String {
    let (path, given) = (fields.at("version_header"), fields.optional(decoder, "version_header", Decoder::text));
    let name = given.unwrap_or_else(|| VERSION_HEADER.to_owned()).to_ascii_lowercase();
    header_name(decoder, &name, path);
    if ROUTED_BY.contains(&name.as_str()) {
        let message = format!("{} cannot be set; another name is needed", quoted(&name));
        decoder.fail(path, "value_error.header", message);
    }
    name
}

fn sticky(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Sticky> {
    let named = value.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    match (value.as_str(), named) {
        (Some("source"), _) => Some(Sticky::Source),
        (None, Some((kind, Value::String(name)))) if kind == "header" => {
            header_name(decoder, name, path);
            Some(Sticky::Header(name.to_ascii_lowercase()))
        }
        (None, Some((kind, Value::String(name)))) if kind == "cookie" && !name.is_empty() => {
            Some(Sticky::Cookie(name.clone()))
        }
        _ => {
            let message = format!("{} is no way to recognise a request; allowed are {STICKY_ALLOWED}", shown(value));
            decoder.fail(path, "value_error.sticky", message);
            None
        }
    }
}

/// What a version's header says, or the cluster's name.
fn destination(decoder: &mut Decoder, value: &Value, path: Path) -> Option<String> {
    let text = decoder.text(value, path)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("{} is no value of a header; allowed are visible characters of ASCII", shown(value));
        decoder.fail(path, "value_error.header", message);
    }
    Some(text)
}

/// A value for each version, by its id.
fn each_version<T>(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    versions: &[String],
    read: fn(&mut Decoder, &Value, Path) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    let members = &*decoder.object(value, path)?;
    let ids: Vec<&str> = versions.iter().map(String::as_str).collect();
    refuse_others(decoder, members, path, &ids);
    Some(ids.iter().map(|id| members.get(*id).and_then(|value| read(decoder, value, path.key(id)))).collect())
}

fn split(decoder: &mut Decoder, value: &Value, path: Path, versions: &[String]) -> Option<Vec<f64>> {
    let percents = each_version(decoder, value, path, versions, |decoder, value, path| {
        decoder.float_within(value, path, 0.0, 100.0)
    })?;
    let percents: Vec<f64> = percents.into_iter().map(|percent| percent.unwrap_or(0.0)).collect();
    let sum: f64 = percents.iter().sum();
    if !((sum - 100.0).abs() < 1e-9) {
        decoder.fail(
            path,
            "value_error.split",
            format!("the percents sum to {}; they have to sum to 100", digits::plain(sum)),
        );
        return None;
    }
    Some(percents)
}

fn edges(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<f64>> {
    let items = decoder.list(value, path)?;
    let edges: Option<Vec<f64>> =
        items.iter().enumerate().map(|(place, item)| decoder.finite(item, path.index(place))).collect();
    let edges = edges?;
    let rise = edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.first().is_none_or(|edge| *edge > 0.0);
    if !rise || edges.is_empty() || edges.len() > EDGES_MAX {
        let message = format!("{} edges; allowed are 1 to {EDGES_MAX}, above 0 and rising", edges.len());
        decoder.fail(path, "value_error.edges", message);
        return None;
    }
    Some(edges)
}

/// What each counter counts: as said, else by iter8's own names.
fn sources(decoder: &mut Decoder, value: Option<&Value>, path: Path, counters: &[String]) -> Option<Vec<Named>> {
    let empty = Value::Object(Map::new());
    let members = &*decoder.object(value.unwrap_or(&empty), path)?;
    let names: Vec<&str> = counters.iter().map(String::as_str).collect();
    refuse_others(decoder, members, path, &names);
    let named = names.iter().map(|name| match members.get(*name) {
        Some(value) => source(decoder, value, path.key(name)),
        None => {
            let known = DEFAULTS.iter().find(|(known, _)| known == name);
            let source = known.and_then(|(_, source)| place(source));
            if source.is_none() {
                let message = format!("field required: what this counter counts; allowed are {SOURCES_ALLOWED}");
                decoder.fail(path.key(name), "value_error.missing", message);
            }
            source
        }
    });
    let named: Vec<Option<Named>> = named.collect();
    named.into_iter().collect()
}

fn source(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Named> {
    let header = value.as_object().and_then(|members| {
        let name = members.get("response_header")?.as_str().filter(|name| !name.is_empty())?.to_ascii_lowercase();
        match (members.len(), members.get("squares")) {
            (1, None) | (2, Some(Value::Bool(false))) => Some(Named::Header(name)),
            (2, Some(Value::Bool(true))) => Some(Named::HeaderSquares(name)),
            _ => None,
        }
    });
    let source = value.as_str().and_then(place).or(header);
    if source.is_none() {
        let message = format!("{} is nothing that is counted; allowed are {SOURCES_ALLOWED}", shown(value));
        decoder.fail(path, "value_error.source", message);
    }
    source
}

fn place(name: &str) -> Option<Named> {
    PLACES.iter().find(|(known, ..)| *known == name).map(|(_, place, divisor)| Named::Place(*place, *divisor))
}

fn quoted(text: &str) -> String {
    shown(&Value::from(text))
}

/// A value in an error: short, between backticks.
fn shown(value: &Value) -> String {
    format!("`{}`", crate::error::shorten(&crate::wire::write::to_text(value), 60))
}

const KEYS: &[&str] = &[
    "sticky",
    "salt",
    "version_header",
    "destinations",
    "split",
    "interval_seconds",
    "flush_seconds",
    "counters",
    "latency_edges_ms",
    "log_evidence",
    "admin_cluster",
    "runtime_key_prefix",
];
/// Names of what is counted, where it stands, and what it is divided by: latencies are told in milliseconds.
const PLACES: &[(&str, usize, f64)] = &[
    ("requests", REQUESTS, 1.0),
    ("errors", ERRORS, 1.0),
    ("latency_ms", LATENCY_MICROS, 1e3),
    ("latency_ms_squares", LATENCY_SQUARES, 1e6),
    ("retries", RETRIES, 1.0),
    ("resets", RESETS, 1.0),
    ("aborts", ABORTS, 1.0),
];
const STICKY_ALLOWED: &str = "\"source\", {\"header\": NAME} and {\"cookie\": NAME}";
const SOURCES_ALLOWED: &str = "\"requests\", \"errors\", \"latency_ms\", \"latency_ms_squares\", \"retries\", \
                               \"resets\", \"aborts\" and {\"response_header\": NAME, \"squares\": BOOLEAN}";
/// iter8's default metrics.
const DEFAULTS: &[(&str, &str)] =
    &[("iter8_request_count", "requests"), ("iter8_error_count", "errors"), ("iter8_total_latency", "latency_ms")];
/// Headers by which a request finds its way, or its end.
const ROUTED_BY: &[&str] = &["host", "connection", "content-length", "transfer-encoding", "upgrade", "cookie", "te"];
const VERSION_HEADER: &str = "x-iter8-version";
const ADMIN_CLUSTER: &str = "self_admin";
const INTERVAL_SECONDS: f64 = 10.0;
const FLUSH_SECONDS: f64 = 1.0;
/// Those of Istio's request durations up to half a minute.
const EDGES_MS: &[f64] =
    &[0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0, 30_000.0];
const EDGES_MAX: usize = 64;
