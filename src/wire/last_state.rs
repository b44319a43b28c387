//! The last reply's state, echoed by the client -> typed fields.
//!
//! v1.0.0's form: aggregated counters and ratios for each version, the extremes of each ratio, the last split; each
//! may be absent or null. Our own replies carry `schema` beside them and keep fractions of percents, which v1.0.0
//! cut off. What does not fit the experiment is the engine's to ignore, not an error.
//!
//! Not here: the state that is written (`assessment::LastState`).

use serde_json::Value;

use super::decode::{Decoder, Path};
use super::fields::Fields;
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
    /// Candidate -> ln of the evidence that it was rolled back with.
    pub(crate) rolled_back: Vec<(String, f64)>,
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
    decoder.opened(value, path, |decoder, fields| LastState {
        counters: at(decoder, fields, "aggregated_counter_metrics", data_points),
        ratios: at(decoder, fields, "aggregated_ratio_metrics", data_points),
        extremes: at(decoder, fields, "ratio_max_mins", extremes),
        splits: splits(decoder, fields),
        history: fields.members.get("intervals").and_then(history),
        rolled_back: rolled_back(fields),
    })
}

fn splits(decoder: &mut Decoder, fields: &Fields) -> Vec<(Strategy, Vec<(String, f64)>)> {
    // v1.0.0's percents are whole.
    let is_ours = fields.members.get("schema").and_then(Value::as_u64).is_some();
    let percent: fn(&mut Decoder, &Value, Path) -> Option<f64> =
        if is_ours { Decoder::finite } else { Decoder::integer };
    let mut splits = Vec::new();
    let Some(value) = fields.present(SPLITS) else { return splits };
    decoder.open(value, fields.at(SPLITS), &mut |decoder, fields| {
        for (name, value) in fields.members {
            let strategy = decoder.choice(&Value::from(name.as_str()), fields.at("__key__"), STRATEGIES);
            let Some(strategy) = strategy else { continue };
            if let Some(value) = decoder.not_null(value, fields.at(name)) {
                splits.push((strategy, entries(decoder, value, fields.at(name), percent)));
            }
        }
    });
    splits
}

/// The history in `value`: our own words, so whatever is not in our form is no history, and no fault of the client.
fn history(value: &Value) -> Option<History> {
    let open_since = value.get("open_since")?.as_f64().filter(|seconds| seconds.abs() < 1e12)? as i64;
    let mut length = None;
    let mut versions = Vec::new();
    for (id, counters) in value.get("versions")?.as_object()? {
        let mut growth = Growth::new();
        for (counter, items) in counters.as_object()? {
            let items = items.as_array()?;
            if items.is_empty()
                || items.len() > limits::INTERVALS_MAX
                || *length.get_or_insert(items.len()) != items.len()
            {
                return None;
            }
            if !items.iter().all(|item| item.is_null() || item.is_number()) {
                return None;
            }
            growth.push((counter.clone(), items.iter().map(Value::as_f64).collect()));
        }
        versions.push((id.clone(), growth));
    }
    Some(History { open_since, versions })
}

/// Who was rolled back: our own words too, so faults are dropped with the decoder that found them.
fn rolled_back(fields: &Fields) -> Vec<(String, f64)> {
    let Some(value) = fields.members.get("rolled_back") else { return Vec::new() };
    entries(&mut Decoder::default(), value, Path::Root, Decoder::finite)
}

/// What `read` makes of each member of the object at `key`; nothing where it is absent or null.
fn at<T>(
    decoder: &mut Decoder,
    fields: &Fields,
    key: &str,
    read: fn(&mut Decoder, &Value, Path) -> Option<T>,
) -> Vec<(String, T)> {
    fields.present(key).map_or(Vec::new(), |value| entries(decoder, value, fields.at(key), read))
}

#[inline(never)]
fn entries<T>(
    decoder: &mut Decoder,
    value: &Value,
    path: Path,
    read: fn(&mut Decoder, &Value, Path) -> Option<T>,
) -> Vec<(String, T)> {
    let mut all = Vec::new();
    visit(decoder, value, path, &mut |decoder, key, value, path| {
        if let Some(entry) = read(decoder, value, path) {
            all.push((key.to_owned(), entry));
        }
    });
    all
}

/// Hands each member of an object, none of which may be null, to `member`.
fn visit(decoder: &mut Decoder, value: &Value, path: Path, member: &mut dyn FnMut(&mut Decoder, &str, &Value, Path)) {
    decoder.open(value, path, &mut |decoder, fields| {
        let count = fields.members.len();
        if count > limits::METRICS_MAX {
            return decoder.push(limits::too_many(path, count, limits::METRICS_MAX, "entries"));
        }
        for (key, value) in fields.members {
            if let Some(value) = decoder.not_null(value, fields.at(key)) {
                member(decoder, key, value, fields.at(key));
            }
        }
    });
}

fn data_points(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<(String, DataPoint)>> {
    Some(entries(decoder, value, path, data_point))
}

fn data_point(decoder: &mut Decoder, value: &Value, path: Path) -> Option<DataPoint> {
    decoder.opened(value, path, |decoder, fields| {
        let value = number(decoder, fields, "value");
        let timestamp = fields.optional(decoder, "timestamp", Decoder::instant);
        let status = decoder.defaulted(fields.members, "status", fields.path);
        let status = status.map_or(Some(Status::AllOk), |value| status_in(decoder, value, fields.at("status")));
        Some(DataPoint { value, timestamp, status: status? })
    })?
}

fn status_in(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Status> {
    let index = decoder.one_of(value, path, &|index| Status::codes().nth(index))?;
    Status::from_code(Status::codes().nth(index)?)
}

fn extremes(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Extremes> {
    decoder.opened(value, path, |decoder, fields| Extremes {
        minimum: number(decoder, fields, "minimum"),
        maximum: number(decoder, fields, "maximum"),
    })
}

/// A number; null where it is not finite, since no reply of any version ever held such a one.
fn number(decoder: &mut Decoder, fields: &Fields, key: &str) -> Option<f64> {
    fields.optional(decoder, key, Decoder::float).filter(|number| number.is_finite())
}

const SPLITS: &str = "traffic_split_recommendation";
