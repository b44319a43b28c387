//! What a host fetched: version -> counter -> value, and what it could not get.
//!
//! A value is a total since the experiment's start, an array of successive intervals (whose sum is the total if each is
//! known), both, or null. All arrays have one length. Unknown is null, never zero.
//!
//! Not here: which versions and counters an experiment has; whether a number makes sense.

use serde_json::{Map, Value};

use super::assessment::Entries;
use super::decode::{Decoder, Path};
use super::limits;

/// Metric data for each version, and what is missing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Observations {
    /// Version id -> counter -> total since the start; `None`: unknown.
    pub versions: Entries<Entries<Option<f64>>>,
    /// What the host could not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// What a host could not get.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Problem {
    /// The counter.
    pub metric: String,
    /// The version; `None`: every version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// v1.0.0's status code, such as `no_prom_server`; another code is only noted.
    pub code: String,
    /// Why, in a sentence.
    pub message: String,
}

impl Observations {
    /// The total of a counter in a version; `None`: unknown.
    pub fn total(&self, version: &str, counter: &str) -> Option<f64> {
        *self.versions.get(version)?.get(counter)?
    }
}

pub(crate) fn decode(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Observations> {
    let members = &*decoder.object(value, path)?;
    let mut reader = Reader { decoder, values: 0, intervals: None };
    let versions = match reader.decoder.required(members, "versions", path) {
        Some(value) => reader.versions(value, path.key("versions")),
        None => None,
    };
    if reader.values > limits::VALUES_MAX {
        let fault = limits::too_many(path.location(), reader.values, limits::VALUES_MAX, "values");
        decoder.push(fault);
    }
    let problems = match members.get("problems").filter(|value| !value.is_null()) {
        Some(value) => problems(decoder, value, path.key("problems"))?,
        None => Vec::new(),
    };
    Some(Observations { versions: versions?, problems })
}

/// What was read so far.
struct Reader<'d> {
    decoder: &'d mut Decoder,
    /// Numbers, for the limit.
    values: usize,
    /// The one length that all arrays have, and where it was seen first.
    intervals: Option<(usize, String)>,
}

impl Reader<'_> {
    fn versions(&mut self, value: &Value, path: Path) -> Option<Entries<Entries<Option<f64>>>> {
        let versions = self.decoder.object(value, path)?;
        let mut read = Vec::with_capacity(versions.len());
        for (id, value) in versions.iter() {
            let path = path.key(id);
            let Some(value) = self.decoder.not_null(value, path) else { continue };
            let Some(counters) = self.decoder.object(value, path) else { continue };
            let totals = counters.iter().map(|(name, value)| (name.clone(), self.total(value, path.key(name))));
            read.push((id.clone(), Entries(totals.collect())));
        }
        Some(Entries(read))
    }

    fn total(&mut self, value: &Value, path: Path) -> Option<f64> {
        self.values += 1;
        match value {
            Value::Null => None,
            Value::Number(number) => number.as_f64(),
            Value::Array(items) => self.sum(items, path),
            Value::Object(members) if members.contains_key("buckets") => {
                let message = "a histogram is no counter: give its total, as a number";
                self.decoder.fail(path, "type_error.observation", message);
                None
            }
            Value::Object(members) if members.contains_key("total") || members.contains_key("intervals") => {
                self.total_and_intervals(members, path)
            }
            other => {
                let message = format!(
                    "{} is no observation: allowed are a number, an array of numbers, {{\"total\", \"intervals\"}} or null",
                    name_of_kind(other)
                );
                self.decoder.fail(path, "type_error.observation", message);
                None
            }
        }
    }

    fn total_and_intervals(&mut self, members: &Map<String, Value>, path: Path) -> Option<f64> {
        let sum = match members.get("intervals").filter(|value| !value.is_null()) {
            Some(value) => {
                let path = path.key("intervals");
                let items = self.decoder.list(value, path)?;
                self.sum(items, path)
            }
            None => None,
        };
        match members.get("total").filter(|value| !value.is_null()) {
            Some(Value::Number(total)) => total.as_f64(),
            Some(other) => {
                let message = format!("{} is no total: allowed are a number or null", name_of_kind(other));
                self.decoder.fail(path.key("total"), "type_error.observation", message);
                None
            }
            None => sum,
        }
    }

    /// The sum of the intervals; `None` where one is unknown: what it would add is unknown too.
    fn sum(&mut self, items: &[Value], path: Path) -> Option<f64> {
        self.values += items.len();
        self.check_length(items.len(), path);
        let mut sum = Some(0.0);
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::Number(number) => sum = sum.zip(number.as_f64()).map(|(sum, number)| sum + number),
                Value::Null => sum = None,
                other => {
                    let message = format!("{} is no interval: allowed are a number or null", name_of_kind(other));
                    self.decoder.fail(path.index(index), "type_error.observation", message);
                }
            }
        }
        sum.filter(|_| !items.is_empty())
    }

    fn check_length(&mut self, length: usize, path: Path) {
        if length > limits::INTERVALS_MAX {
            let fault = limits::too_many(path.location(), length, limits::INTERVALS_MAX, "intervals");
            self.decoder.push(fault);
        }
        match &self.intervals {
            None => self.intervals = Some((length, crate::error::path_text(&path.location()))),
            Some((first, at)) if *first != length => {
                let message = format!("{length} intervals, but {at} has {first}: all arrays cover the same intervals");
                self.decoder.fail(path, "value_error.intervals", message);
            }
            Some(_) => {}
        }
    }
}

fn problems(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<Problem>> {
    let items = decoder.list(value, path)?;
    if items.len() > limits::PROBLEMS_MAX {
        decoder.push(limits::too_many(path.location(), items.len(), limits::PROBLEMS_MAX, "problems"));
        return None;
    }
    let mut read = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = path.index(index);
        let Some(members) = decoder.object(item, path) else { continue };
        let mut text = |key: &str| {
            let value = decoder.required(&members, key, path)?;
            decoder.text(value, path.key(key))
        };
        let (metric, code, message) = (text("metric"), text("code"), text("message"));
        let version = members.get("version").filter(|value| !value.is_null());
        let version = version.and_then(|value| decoder.id(value, path.key("version")));
        if let (Some(metric), Some(code), Some(message)) = (metric, code, message) {
            read.push(Problem { metric, version, code, message });
        }
    }
    Some(read)
}

/// A problem's code that is none of v1.0.0's: the experiment is too young to ask for anything.
pub(crate) const NOTHING_ASKED: &str = "nothing_asked_yet";

/// What a value is, in words.
fn name_of_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn give(value: Value) -> Result<Observations, Vec<String>> {
        let mut decoder = Decoder::default();
        let path = Path::Root;
        let read = decode(&mut decoder, &value, path.key("observations"));
        if decoder.has_failed() {
            return Err(decoder.into_error().to_string().lines().map(str::to_owned).collect());
        }
        read.ok_or_else(Vec::new)
    }

    #[test]
    fn intervals_add_up_and_a_total_beats_their_sum() {
        let read =
            give(json!({"versions": {"v1": {"a": 5, "b": [1, 0, 2.5], "c": {"total": 9, "intervals": [1, 2, 3]},
            "d": {"intervals": [null, null, null]}, "e": null, "f": [1, null, 2]}}}));
        let read = read.unwrap();
        assert_eq!(read.total("v1", "a"), Some(5.0));
        assert_eq!(read.total("v1", "b"), Some(3.5));
        assert_eq!(read.total("v1", "c"), Some(9.0));
        for unknown in ["d", "e", "f", "g"] {
            assert_eq!(read.total("v1", unknown), None, "{unknown}");
        }
        assert_eq!(read.total("v2", "a"), None);
    }

    #[test]
    fn what_is_no_observation_is_named_with_its_path() {
        assert_eq!(
            give(json!({"versions": {"v1": {"a": "12", "b": [1, 2], "c": [1], "d": [true, 1]}}})),
            Err(vec![
                "observations.versions.v1.a: a text is no observation: allowed are a number, an array of numbers, {\"total\", \"intervals\"} or null".to_owned(),
                "observations.versions.v1.c: 1 intervals, but observations.versions.v1.b has 2: all arrays cover the same intervals".to_owned(),
                "observations.versions.v1.d[0]: a boolean is no interval: allowed are a number or null".to_owned(),
            ])
        );
        assert_eq!(give(json!({})), Err(vec!["observations.versions: field required".to_owned()]));
        assert_eq!(give(json!(5)), Err(vec!["observations: value is not a valid dict".to_owned()]));
    }
}
