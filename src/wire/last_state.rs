//! The last reply's state, echoed by the client -> typed fields.
//!
//! v1.0.0's form: aggregated counters and ratios for each version, the extremes of each ratio, the last split; each
//! may be absent or null. Our own replies carry `schema` beside them and keep fractions of percents, which v1.0.0
//! cut off. What does not fit the experiment is the engine's to ignore, not an error.
//!
//! Not here: the state that is written (`assessment::LastState`).

use serde_json::{Map, Value};

use super::decode::{Decoder, Path};
use super::instant::Instant;
use super::limits;
use super::request::{STRATEGIES, Strategy};
use super::status::Status;

/// The state of the last reply.
#[derive(Debug, Default)]
pub(crate) struct LastState {
    /// (version, counter) -> latest value.
    pub(crate) counters: Vec<(String, Vec<(String, DataPoint)>)>,
    /// (version, ratio) -> latest value.
    pub(crate) ratios: Vec<(String, Vec<(String, DataPoint)>)>,
    /// Ratio -> smallest and largest value seen.
    pub(crate) extremes: Vec<(String, Extremes)>,
    /// Strategy -> version -> percent.
    pub(crate) splits: Vec<(Strategy, Vec<(String, f64)>)>,
    /// What the counters grew by, in intervals; `None` where the reply before kept none, or it is no longer what it was.
    pub(crate) history: Option<History>,
}

/// What counters grew by in successive intervals, the last of which is still open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// Seconds after the start at which the open interval began.
    pub(crate) open_since: i64,
    /// (version, counter) -> growth in each interval, oldest first; `None`: unknown. All have one length.
    pub(crate) versions: Vec<(String, Growth)>,
}

/// Counter -> what it grew by in each interval.
pub(crate) type Growth = Vec<(String, Vec<Option<f64>>)>;

/// A metric's latest value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataPoint {
    pub(crate) value: Option<f64>,
    pub(crate) timestamp: Option<Instant>,
    pub(crate) status: Status,
}

/// The smallest and the largest value that a ratio has had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extremes {
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
}

/// The value of the first of `entries` named `key`.
pub(crate) fn find<'a, T>(entries: &'a [(String, T)], key: &str) -> Option<&'a T> {
    entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

pub(crate) fn decode(decoder: &mut Decoder, value: &Value, path: Path) -> Option<LastState> {
    let members = &*decoder.object(value, path)?;
    let is_ours = members.get("schema").and_then(Value::as_u64).is_some();
    let counters = map(decoder, members, "aggregated_counter_metrics", path, data_points);
    let ratios = map(decoder, members, "aggregated_ratio_metrics", path, data_points);
    let extremes = map(decoder, members, "ratio_max_mins", path, extremes);
    let splits = splits(decoder, members, path, is_ours);
    let history = members.get("intervals").and_then(history);
    Some(LastState { counters, ratios, extremes, splits, history })
}

/// The history in `value`: our own words, so whatever is not in our form is no history, and no fault of the client.
fn history(value: &Value) -> Option<History> {
    let open_since = value.get("open_since")?.as_f64().filter(|seconds| seconds.abs() < 1e12)? as i64;
    let mut length = None;
    let mut numbers = |value: &Value| -> Option<Vec<Option<f64>>> {
        let items = value.as_array().filter(|items| !items.is_empty() && items.len() <= limits::INTERVALS_MAX)?;
        if *length.get_or_insert(items.len()) != items.len() {
            return None;
        }
        let number = |item: &Value| if item.is_null() { Some(None) } else { item.as_f64().map(Some) };
        items.iter().map(number).collect()
    };
    let mut counters = |value: &Value| -> Option<Growth> {
        value.as_object()?.iter().map(|(id, value)| Some((id.clone(), numbers(value)?))).collect()
    };
    let versions = value.get("versions")?.as_object()?.iter();
    let versions = versions.map(|(id, value)| Some((id.clone(), counters(value)?))).collect::<Option<_>>()?;
    Some(History { open_since, versions })
}

/// The entries of the object at `key`; none where it is absent or null.
fn map<T>(
    decoder: &mut Decoder,
    members: &Map<String, Value>,
    key: &str,
    path: Path,
    mut entry: impl FnMut(&mut Decoder, &Value, Path) -> Option<T>,
) -> Vec<(String, T)> {
    let Some(value) = members.get(key).filter(|value| !value.is_null()) else { return Vec::new() };
    entries(decoder, value, path.key(key), &mut entry)
}

fn entries<T>(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    entry: &mut impl FnMut(&mut Decoder, &Value, Path) -> Option<T>,
) -> Vec<(String, T)> {
    let Some(members) = decoder.object(value, path) else { return Vec::new() };
    if members.len() > limits::METRICS_MAX {
        decoder.push(limits::too_many(path.location(), members.len(), limits::METRICS_MAX, "entries"));
        return Vec::new();
    }
    members
        .iter()
        .filter_map(|(key, value)| {
            let value = decoder.not_null(value, path.key(key))?;
            Some((key.clone(), entry(decoder, value, path.key(key))?))
        })
        .collect()
}

fn data_points(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<(String, DataPoint)>> {
    Some(entries(decoder, value, path, &mut data_point))
}

fn data_point(decoder: &mut Decoder, value: &Value, path: Path) -> Option<DataPoint> {
    let members = &*decoder.object(value, path)?;
    let number = optional_number(decoder, members, "value", path);
    let timestamp = members.get("timestamp").filter(|value| !value.is_null());
    let timestamp = timestamp.and_then(|value| decoder.instant(value, path.key("timestamp")));
    let status = match decoder.defaulted(members, "status", path) {
        Some(value) => status(decoder, value, path.key("status"))?,
        None => Status::AllOk,
    };
    Some(DataPoint { value: number, timestamp, status })
}

fn status(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Status> {
    let names: Vec<(&str, &str)> = Status::codes().map(|code| (code, code)).collect();
    decoder.choice(value, path, &names).and_then(Status::from_code)
}

fn extremes(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Extremes> {
    let members = &*decoder.object(value, path)?;
    let minimum = optional_number(decoder, members, "minimum", path);
    let maximum = optional_number(decoder, members, "maximum", path);
    Some(Extremes { minimum, maximum })
}

/// A number; null where it is not finite, since no reply of any version ever held such a one.
fn optional_number(decoder: &mut Decoder, members: &Map<String, Value>, key: &str, path: Path) -> Option<f64> {
    let value = members.get(key).filter(|value| !value.is_null())?;
    decoder.float(value, path.key(key)).filter(|number| number.is_finite())
}

fn splits(
    decoder: &mut Decoder,
    members: &Map<String, Value>,
    path: Path,
    is_ours: bool,
) -> Vec<(Strategy, Vec<(String, f64)>)> {
    let key = "traffic_split_recommendation";
    let Some(value) = members.get(key).filter(|value| !value.is_null()) else { return Vec::new() };
    let path = path.key(key);
    let Some(members) = decoder.object(value, path) else { return Vec::new() };
    let mut percent = |decoder: &mut Decoder, value: &Value, path: Path| {
        if is_ours { decoder.finite(value, path) } else { decoder.integer(value, path) }
    };
    members
        .iter()
        .filter_map(|(name, value)| {
            let strategy = decoder.choice(&Value::from(name.as_str()), path.key("__key__"), STRATEGIES)?;
            let value = decoder.not_null(value, path.key(name))?;
            Some((strategy, entries(decoder, value, path.key(name), &mut percent)))
        })
        .collect()
}
