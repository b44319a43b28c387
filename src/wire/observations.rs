//! What a host fetched: version -> metric -> series, and what it could not get.
//!
//! All arrays have one length, for all versions and metrics. Unknown is null, never zero.
//!
//! Not here: which versions and metrics an experiment has; whether a number makes sense.

use serde_json::{Map, Value};

use super::assessment::Entries;
use super::decode::{Decoder, Path};
use super::limits;
use super::number;
use super::series::{Buckets, Course, Series};

/// Metric data for each version, and what is missing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Observations {
    /// Version id -> counter or histogram -> what was fetched of it.
    pub versions: Entries<Entries<Series>>,
    /// How many successive intervals have one length each time: `[240, 12]`; `None`: all have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<usize>>,
    /// What the host could not get.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// What a host could not get.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Problem {
    /// The counter or histogram.
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
    /// What was fetched of a metric in a version.
    pub fn series(&self, version: &str, metric: &str) -> &Series {
        self.versions.get(version).and_then(|metrics| metrics.get(metric)).unwrap_or(&Series::Unknown)
    }

    /// The total of a counter in a version; `None`: unknown.
    pub fn total(&self, version: &str, counter: &str) -> Option<f64> {
        self.series(version, counter).total()
    }
}

pub(crate) fn decode(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Observations> {
    let members = &*decoder.object(value, path)?;
    let mut reader = Reader { decoder, values: 0, intervals: None };
    let versions = match reader.decoder.required(members, "versions", path) {
        Some(value) => reader.versions(value, path.key("versions")),
        None => None,
    };
    let (values, intervals) = (reader.values, reader.intervals.map_or(0, |(count, _)| count));
    if values > limits::VALUES_MAX {
        decoder.push(limits::too_many(path.location(), values, limits::VALUES_MAX, "values"));
    }
    let blocks = members.get("blocks").filter(|value| !value.is_null());
    let blocks = blocks.and_then(|value| read_blocks(decoder, value, path.key("blocks"), intervals));
    let problems = match members.get("problems").filter(|value| !value.is_null()) {
        Some(value) => problems(decoder, value, path.key("problems"))?,
        None => Vec::new(),
    };
    Some(Observations { versions: versions?, blocks, problems })
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
    fn versions(&mut self, value: &Value, path: Path) -> Option<Entries<Entries<Series>>> {
        let versions = self.decoder.object(value, path)?;
        let mut read = Vec::with_capacity(versions.len());
        for (id, value) in versions.iter() {
            let path = path.key(id);
            let Some(value) = self.decoder.not_null(value, path) else { continue };
            let Some(metrics) = self.decoder.object(value, path) else { continue };
            let series = metrics.iter().map(|(name, value)| (name.clone(), self.series(value, path.key(name))));
            read.push((id.clone(), Entries(series.collect())));
        }
        Some(Entries(read))
    }

    fn series(&mut self, value: &Value, path: Path) -> Series {
        match value {
            Value::Object(members) if members.contains_key("total") || members.contains_key("intervals") => {
                self.total_and_intervals(members, path)
            }
            Value::Array(items) => self.course(None, Some((items, path))),
            _ => self.course(Some((value, path)), None),
        }
    }

    fn total_and_intervals(&mut self, members: &Map<String, Value>, path: Path) -> Series {
        let present = |key: &str| members.get(key).filter(|value| !value.is_null());
        let (total_path, intervals_path) = (path.key("total"), path.key("intervals"));
        let total = present("total").map(|value| (value, total_path));
        let intervals = match present("intervals") {
            Some(Value::Array(items)) => Some((items, intervals_path)),
            Some(other) => {
                self.decoder.list(other, intervals_path);
                None
            }
            None => None,
        };
        self.course(total, intervals)
    }

    /// A total and intervals, histograms if one of them is an object.
    fn course(&mut self, total: Option<(&Value, Path)>, intervals: Option<(&Vec<Value>, Path)>) -> Series {
        if let Some((items, path)) = intervals {
            self.values += items.len();
            self.check_length(items.len(), path);
        }
        let all = total.iter().map(|(value, _)| *value).chain(intervals.iter().flat_map(|(items, _)| items.iter()));
        if all.into_iter().any(Value::is_object) {
            let course = self.read(total, intervals, Self::buckets);
            if course.total.is_none() && course.intervals.is_none() {
                Series::Unknown
            } else {
                Series::Histogram(course)
            }
        } else {
            let course = self.read(total, intervals, Self::number);
            if course.total.is_none() && course.intervals.is_none() { Series::Unknown } else { Series::Counter(course) }
        }
    }

    fn read<T>(
        &mut self,
        total: Option<(&Value, Path)>,
        intervals: Option<(&Vec<Value>, Path)>,
        mut one: impl FnMut(&mut Self, &Value, Path, &str) -> Option<T>,
    ) -> Course<T> {
        self.values += 1;
        let total = total.and_then(|(value, path)| one(self, value, path, OBSERVATION));
        let intervals = intervals.map(|(items, path)| {
            items.iter().enumerate().map(|(index, item)| one(self, item, path.index(index), INTERVAL)).collect()
        });
        Course { total, intervals: intervals.filter(|items: &Vec<_>| !items.is_empty()) }
    }

    fn number(&mut self, value: &Value, path: Path, what: &str) -> Option<f64> {
        match value {
            Value::Null => None,
            Value::Number(number) => number.as_f64(),
            other => {
                let allowed = if what == INTERVAL { INTERVALS_ALLOWED } else { OBSERVATIONS_ALLOWED };
                self.fail_type(path, format!("{} is no {what}: allowed are {allowed}", name_of_kind(other)));
                None
            }
        }
    }

    fn buckets(&mut self, value: &Value, path: Path, what: &str) -> Option<Buckets> {
        let members = match value {
            Value::Null => return None,
            Value::Object(members) => members,
            other => {
                self.fail_type(
                    path,
                    format!(
                        "{} is no {what} of a histogram: allowed are {{\"buckets\", \"sum\"}} or null",
                        name_of_kind(other)
                    ),
                );
                return None;
            }
        };
        let Some(Value::Object(given)) = members.get("buckets") else {
            let allowed = if what == INTERVAL { INTERVALS_ALLOWED } else { OBSERVATIONS_ALLOWED };
            self.fail_type(path, format!("an object is no {what}: allowed are {allowed}"));
            return None;
        };
        self.values += given.len();
        let inside = path.key("buckets");
        let (mut edges, mut counts) = (Vec::with_capacity(given.len()), Vec::with_capacity(given.len()));
        for (edge, count) in given {
            let Some(number) = number::parse_float(edge).filter(|edge| !edge.is_nan() && *edge > f64::NEG_INFINITY)
            else {
                self.fail_type(inside.key(edge), format!("`{edge}` is no upper edge: allowed are a number or +Inf"));
                continue;
            };
            match count.as_f64() {
                Some(count) => {
                    edges.push(number);
                    counts.push(count);
                }
                None => self
                    .fail_type(inside.key(edge), format!("{} is no count: allowed is a number", name_of_kind(count))),
            }
        }
        let mut buckets = Buckets::sorted(&edges, &counts);
        if buckets.edges.last().is_none_or(|edge| edge.is_finite()) && !self.decoder.has_failed() {
            self.fail_type(inside, "the bucket of all values is missing: its upper edge is +Inf".to_owned());
        }
        let sum = members.get("sum").filter(|sum| !sum.is_null());
        buckets.sum = sum.and_then(|value| self.number(value, path.key("sum"), INTERVAL));
        Some(buckets)
    }

    fn fail_type(&mut self, path: Path, message: String) {
        self.decoder.fail(path, "type_error.observation", message);
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

/// The lengths of blocks, which are all intervals together.
fn read_blocks(decoder: &mut Decoder, value: &Value, path: Path, intervals: usize) -> Option<Vec<usize>> {
    let items = decoder.list(value, path)?;
    let blocks: Option<Vec<usize>> =
        items.iter().map(|item| item.as_u64().and_then(|length| usize::try_from(length).ok())).collect();
    let blocks = blocks
        .filter(|blocks| blocks.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length)) == Some(intervals));
    if blocks.is_none() {
        let message = format!("blocks are whole numbers that sum to the number of intervals, {intervals}");
        decoder.fail(path, "value_error.blocks", message);
    }
    blocks
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

const OBSERVATION: &str = "observation";
const INTERVAL: &str = "interval";
const INTERVALS_ALLOWED: &str = "a number or null";
const OBSERVATIONS_ALLOWED: &str =
    "a number, an array of numbers, {\"total\", \"intervals\"}, {\"buckets\", \"sum\"} or null";
/// A problem's code that is none of v1.0.0's: the backend knows no range queries.
pub(crate) const INTERVALS_REFUSED: &str = "intervals_refused";
/// A problem's code that is none of v1.0.0's: first values of newborn series were added.
pub(crate) const NEWBORN_ADDED: &str = "newborn_series";
/// A problem's code that is none of v1.0.0's: first values of series that only seem newborn were left out.
pub(crate) const NEWBORN_LEFT_OUT: &str = "newborn_left_out";
/// A problem's code that is none of v1.0.0's: series were found, and none has the labels of a version.
pub(crate) const LABELS_MATCH_NOTHING: &str = "labels_match_nothing";
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
                "observations.versions.v1.a: a text is no observation: allowed are a number, an array of numbers, {\"total\", \"intervals\"}, {\"buckets\", \"sum\"} or null".to_owned(),
                "observations.versions.v1.c: 1 intervals, but observations.versions.v1.b has 2: all arrays cover the same intervals".to_owned(),
                "observations.versions.v1.d[0]: a boolean is no interval: allowed are a number or null".to_owned(),
            ])
        );
        assert_eq!(give(json!({})), Err(vec!["observations.versions: field required".to_owned()]));
        assert_eq!(give(json!(5)), Err(vec!["observations: value is not a valid dict".to_owned()]));
    }
}
