//! The metrics of an Experiment resource, or of the ConfigMap `iter8config-metrics` -> `metric_specs` of a request.
//!
//! All of them go into the request, as the controller sends them; fields that only people read are left out.
//!
//! Not here: whether a metric makes sense, which is checked in the request.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::request::object;
use super::text;
use crate::error::{Segment, path_text};
use crate::wire::decode::{Decoder, Path};
use crate::wire::json;
use crate::wire::request::present;

/// What a request says of metrics, and where that stands in the documents.
#[derive(Clone)]
pub(super) struct Metrics {
    pub(super) value: Value,
    /// Where the counters are.
    pub(super) counters: Vec<Segment>,
    /// Where the ratios are.
    pub(super) ratios: Vec<Segment>,
}

impl Metrics {
    /// Where the resource is that holds them.
    pub(super) fn owner(&self) -> String {
        path_text(self.counters.get(..2).unwrap_or_default())
    }
}

/// Whether a ConfigMap holds metrics.
pub(super) fn is_in(config_map: &Map<String, Value>) -> bool {
    let data = config_map.get("data").and_then(Value::as_object);
    let has = |key| data.is_some_and(|data| data.contains_key(key));
    let name = config_map.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
    name == Some(CONFIG_MAP) || has(COUNTERS_FILE) || has(RATIOS_FILE)
}

/// The metrics of a ConfigMap; each value of its data is a list, or still the text of one.
pub(super) fn of_config_map(faults: &mut Decoder, document: &Value, path: Path) -> Option<Metrics> {
    let members = object(faults, document, path)?;
    let data = faults.required(members, "data", path)?;
    let data_path = path.key("data");
    let data = object(faults, data, data_path)?;
    if !data.contains_key(COUNTERS_FILE) {
        faults.fail(data_path.key(COUNTERS_FILE), "value_error.missing", "field required");
    }
    Some(of_members(faults, data, data_path, COUNTERS_FILE, RATIOS_FILE))
}

/// The metrics in a resource's `spec.metrics`.
pub(super) fn of_spec(faults: &mut Decoder, value: &Value, path: Path) -> Option<Metrics> {
    let members = object(faults, value, path)?;
    faults.only(members, &["counter_metrics", "ratio_metrics"], path);
    Some(of_members(faults, members, path, "counter_metrics", "ratio_metrics"))
}

fn of_members(faults: &mut Decoder, members: &Map<String, Value>, path: Path, counters: &str, ratios: &str) -> Metrics {
    Metrics {
        value: json::object(vec![
            ("counter_metrics", list(faults, members, counters, path, COUNTER_FIELDS)),
            ("ratio_metrics", list(faults, members, ratios, path, RATIO_FIELDS)),
        ]),
        counters: path.key(counters).location(),
        ratios: path.key(ratios).location(),
    }
}

/// The list at `key`, its items with the fields of a request; empty where there is none.
fn list(faults: &mut Decoder, members: &Map<String, Value>, key: &str, path: Path, fields: &[&str]) -> Value {
    let path = path.key(key);
    let value = match present(members, key) {
        None => return Value::Array(Vec::new()),
        Some(Value::String(text)) => match text::list(text) {
            Ok(list) => Cow::Owned(list),
            Err(message) => {
                faults.fail(path, "value_error.yaml", message);
                return Value::Array(Vec::new());
            }
        },
        Some(value) => Cow::Borrowed(value),
    };
    let items = faults.list(&value, path).unwrap_or_default();
    let item = |(index, item): (usize, &Value)| {
        let path = path.index(index);
        let Some(members) = item.as_object() else { return item.clone() };
        let all: Vec<&str> = fields.iter().chain(FIELDS_FOR_PEOPLE).copied().collect();
        faults.only(members, &all, path);
        let mut kept = Map::new();
        for field in fields {
            if let Some(value) = present(members, field) {
                json::put(&mut kept, field, value.clone());
            }
        }
        Value::Object(kept)
    };
    Value::Array(items.iter().enumerate().map(item).collect())
}

const CONFIG_MAP: &str = "iter8config-metrics";
const COUNTERS_FILE: &str = "counter_metrics.yaml";
const RATIOS_FILE: &str = "ratio_metrics.yaml";
/// The controller's, and behind them ours.
const COUNTER_FIELDS: &[&str] = &["name", "preferred_direction", "query_template", "kind", "of"];
const RATIO_FIELDS: &[&str] = &["name", "preferred_direction", "numerator", "denominator", "zero_to_one"];
const FIELDS_FOR_PEOPLE: &[&str] = &["unit", "units", "description", "descriptive_short_name"];
