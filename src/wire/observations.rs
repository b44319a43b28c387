//! What a host fetched: version -> metric -> series, and what it could not get.
//!
//! All arrays have one length, for all versions and metrics. Unknown is null, never zero.
//!
//! Not here: which versions and metrics an experiment has; whether a number makes sense.

use serde_json::Value;

use super::assessment::Entries;
use super::decode::{Decoder, Path};
use super::fields::Fields;
use super::limits;
use super::number;
use super::request::present;
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
    decoder.opened(value, path, |decoder, fields| {
        let mut reader = Reader { values: 0, intervals: None };
        let mut versions = Vec::new();
        if let Some(value) = fields.needed(decoder, "versions") {
            decoder.open(value, fields.at("versions"), &mut |decoder, fields| {
                versions = reader.versions(decoder, fields);
            });
        }
        if reader.values > limits::VALUES_MAX {
            decoder.push(limits::too_many(fields.path, reader.values, limits::VALUES_MAX, "values"));
        }
        let blocks = fields.present("blocks");
        let intervals = reader.intervals.map_or(0, |(count, _)| count);
        let blocks = blocks.and_then(|value| read_blocks(decoder, value, fields.at("blocks"), intervals));
        let problems = fields.optional(decoder, "problems", problems).unwrap_or_default();
        Observations { versions: Entries(versions), blocks, problems }
    })
}

/// What was read so far.
struct Reader {
    /// Numbers, for the limit.
    values: usize,
    /// The one length that all arrays have, and where it was seen first.
    intervals: Option<(usize, String)>,
}

impl Reader {
    fn versions(&mut self, decoder: &mut Decoder, fields: &Fields) -> Vec<(String, Entries<Series>)> {
        let mut read = Vec::with_capacity(fields.members.len());
        for (id, value) in fields.members {
            let path = fields.at(id);
            if let Some(value) = decoder.not_null(value, path) {
                decoder
                    .open(value, path, &mut |decoder, fields| read.push((id.clone(), self.metrics(decoder, fields))));
            }
        }
        read
    }

    fn metrics(&mut self, decoder: &mut Decoder, fields: &Fields) -> Entries<Series> {
        let mut read = Vec::with_capacity(fields.members.len());
        for (name, value) in fields.members {
            read.push((name.clone(), self.series(decoder, value, fields.at(name))));
        }
        Entries(read)
    }

    fn series(&mut self, decoder: &mut Decoder, value: &Value, path: Path) -> Series {
        match value {
            Value::Object(members) if members.contains_key("total") || members.contains_key("intervals") => {
                let fields = Fields { members, path };
                let intervals_path = fields.at("intervals");
                let intervals = fields.present("intervals").and_then(|value| decoder.list(value, intervals_path));
                let total = fields.present("total").map(|value| (value, fields.at("total")));
                self.course(decoder, total, intervals.map(|items| (items, intervals_path)))
            }
            Value::Array(items) => self.course(decoder, None, Some((items, path))),
            _ => self.course(decoder, Some((value, path)), None),
        }
    }

    /// A total and intervals, histograms if one of them is an object.
    fn course(
        &mut self,
        decoder: &mut Decoder,
        total: Option<(&Value, Path)>,
        intervals: Option<(&[Value], Path)>,
    ) -> Series {
        let items = intervals.map_or(&[][..], |(items, _)| items);
        if let Some((items, path)) = intervals {
            self.values += items.len();
            self.check_length(decoder, items.len(), path);
        }
        self.values += 1;
        let is_histogram = total.is_some_and(|(value, _)| value.is_object()) || items.iter().any(Value::is_object);
        if total.is_none() && items.is_empty() {
            return Series::Unknown;
        }
        if is_histogram {
            known(self.read(decoder, total, intervals, Self::buckets)).map_or(Series::Unknown, Series::Histogram)
        } else {
            known(self.read(decoder, total, intervals, Self::number)).map_or(Series::Unknown, Series::Counter)
        }
    }

    fn read<T>(
        &mut self,
        decoder: &mut Decoder,
        total: Option<(&Value, Path)>,
        intervals: Option<(&[Value], Path)>,
        one: fn(&mut Self, &mut Decoder, &Value, Path, &str) -> Option<T>,
    ) -> Course<T> {
        let total = total.and_then(|(value, path)| one(self, decoder, value, path, OBSERVATION));
        let (items, path) = intervals.unwrap_or((&[], Path::Root));
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            read.push(one(self, decoder, item, path.index(index), INTERVAL));
        }
        Course { total, intervals: if read.is_empty() { None } else { Some(read) } }
    }

    fn number(&mut self, decoder: &mut Decoder, value: &Value, path: Path, what: &str) -> Option<f64> {
        match value {
            Value::Null => None,
            Value::Number(number) => number.as_f64(),
            other => {
                let allowed = if what == INTERVAL { INTERVALS_ALLOWED } else { OBSERVATIONS_ALLOWED };
                fail_type(decoder, path, format!("{} is no {what}: allowed are {allowed}", name_of_kind(other)));
                None
            }
        }
    }

    fn buckets(&mut self, decoder: &mut Decoder, value: &Value, path: Path, what: &str) -> Option<Buckets> {
        let members = match value {
            Value::Null => return None,
            Value::Object(members) => members,
            other => {
                fail_type(
                    decoder,
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
            fail_type(decoder, path, format!("an object is no {what}: allowed are {allowed}"));
            return None;
        };
        self.values += given.len();
        let inside = path.key("buckets");
        let (mut edges, mut counts) = (Vec::with_capacity(given.len()), Vec::with_capacity(given.len()));
        for (edge, count) in given {
            let Some(number) = number::parse_float(edge).filter(|edge| !edge.is_nan() && *edge > f64::NEG_INFINITY)
            else {
                fail_type(
                    decoder,
                    inside.key(edge),
                    format!("`{edge}` is no upper edge: allowed are a number or +Inf"),
                );
                continue;
            };
            match count.as_f64() {
                Some(count) => {
                    edges.push(number);
                    counts.push(count);
                }
                None => fail_type(
                    decoder,
                    inside.key(edge),
                    format!("{} is no count: allowed is a number", name_of_kind(count)),
                ),
            }
        }
        let mut buckets = Buckets::sorted(&edges, &counts);
        if buckets.edges.last().is_none_or(|edge| edge.is_finite()) && !decoder.has_failed() {
            fail_type(decoder, inside, "the bucket of all values is missing: its upper edge is +Inf".to_owned());
        }
        let sum = present(members, "sum");
        buckets.sum = sum.and_then(|value| self.number(decoder, value, path.key("sum"), INTERVAL));
        Some(buckets)
    }

    fn check_length(&mut self, decoder: &mut Decoder, length: usize, path: Path) {
        if length > limits::INTERVALS_MAX {
            decoder.push(limits::too_many(path, length, limits::INTERVALS_MAX, "intervals"));
        }
        match &self.intervals {
            None => self.intervals = Some((length, crate::error::path_text(&path.location()))),
            Some((first, at)) if *first != length => {
                let message = format!("{length} intervals, but {at} has {first}: all arrays cover the same intervals");
                decoder.fail(path, "value_error.intervals", message);
            }
            Some(_) => {}
        }
    }
}

fn fail_type(decoder: &mut Decoder, path: Path, message: String) {
    decoder.fail(path, "type_error.observation", message);
}

/// What was fetched, if anything was.
fn known<T>(course: Course<T>) -> Option<Course<T>> {
    if course.total.is_none() && course.intervals.is_none() { None } else { Some(course) }
}

/// The lengths of blocks, which are all intervals together.
fn read_blocks(decoder: &mut Decoder, value: &Value, path: Path, intervals: usize) -> Option<Vec<usize>> {
    let items = decoder.list(value, path)?;
    let mut blocks = Vec::with_capacity(items.len());
    let mut left = Some(intervals);
    for item in items {
        let length = item.as_u64().and_then(|length| usize::try_from(length).ok());
        left = left.zip(length).and_then(|(left, length)| left.checked_sub(length));
        blocks.extend(length);
    }
    if left == Some(0) {
        return Some(blocks);
    }
    let message = format!("blocks are whole numbers that sum to the number of intervals, {intervals}");
    decoder.fail(path, "value_error.blocks", message);
    None
}

fn problems(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<Problem>> {
    let items = decoder.list(value, path)?;
    if items.len() > limits::PROBLEMS_MAX {
        decoder.push(limits::too_many(path, items.len(), limits::PROBLEMS_MAX, "problems"));
        return None;
    }
    let mut problems = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        problems.extend(decoder.opened(item, path.index(index), |decoder, fields| Problem {
            metric: fields.text(decoder, "metric"),
            code: fields.text(decoder, "code"),
            message: fields.text(decoder, "message"),
            version: fields.optional(decoder, "version", Decoder::id),
        }));
    }
    Some(problems)
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
