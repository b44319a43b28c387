//! One Experiment resource -> the request that the controller makes of it, and the way back from a field of the request to
//! the field of the resource.
//!
//! The controller's rules: versions are called `baseline`, `candidate-0`, ..; their labels are those of workloads, or of
//! services where `spec.service.kind` says so; a criterion is called like its metric; all metrics are sent; what the
//! status holds of the last reply is echoed.
//!
//! Not here: whether the request makes sense (`experiment`), other kinds of document.

use serde_json::{Map, Value};

use super::metrics::{self, Metrics};
use super::{ITERATIONS_DEFAULT, Resource, duration};
use crate::error::Segment;
use crate::wire::decode::{Decoder, Path};
use crate::wire::json;
use crate::wire::request::{STRATEGIES, present};

/// The members of `value`, which must be an object.
pub(super) fn object<'v>(faults: &mut Decoder, value: &'v Value, path: Path) -> Option<&'v Map<String, Value>> {
    let members = value.as_object();
    if members.is_none() {
        faults.fail(path, "type_error.dict", "value is not a valid dict");
    }
    members
}

/// What `document` says, with its metrics: its own, or else the `shared` ones. `None` where too much is wrong to go on.
pub(super) fn of_document(
    faults: &mut Decoder,
    document: &Value,
    path: Path,
    shared: Option<&Metrics>,
) -> Option<(Resource, Metrics)> {
    let members = object(faults, document, path)?;
    faults.only(members, &["apiVersion", "kind", "metadata", "spec", "status"], path);
    let none = Map::new();
    let metadata = faults.required(members, "metadata", path);
    let metadata_path = path.key("metadata");
    let metadata = metadata.and_then(|value| object(faults, value, metadata_path)).unwrap_or(&none);
    let name = faults.required(metadata, "name", metadata_path);
    let name = name.and_then(|value| faults.text(value, metadata_path.key("name")));
    let namespace = optional_text(faults, metadata, "namespace", metadata_path);
    let namespace = namespace.filter(|text| !text.is_empty()).unwrap_or_else(|| NAMESPACE_DEFAULT.to_owned());
    let status = section(faults, members, "status", path, None).unwrap_or(&none);

    let spec = faults.required(members, "spec", path)?;
    let spec_path = path.key("spec");
    let spec = object(faults, spec, spec_path)?;
    faults.only(spec, SPEC_FIELDS, spec_path);
    let metrics = match (present(spec, "metrics"), shared) {
        (Some(value), _) => metrics::of_spec(faults, value, spec_path.key("metrics")),
        (None, Some(shared)) => Some(shared.clone()),
        (None, None) => {
            faults.fail(spec_path.key("metrics"), "value_error.missing", NO_METRICS);
            None
        }
    };
    let versions = versions(faults, spec, spec_path, &namespace);
    let criteria = criteria(faults, spec, spec_path);
    let traffic_control = traffic_control(faults, spec, spec_path);
    let (interval_seconds, max_iterations) = loop_of(faults, spec, spec_path);
    check_others(faults, spec, spec_path);

    let status_path = path.key("status");
    let now = instant(faults, status, "lastUpdateTime", status_path);
    let phase = optional_text(faults, status, "phase", status_path);
    let (metrics, versions, name) = (metrics?, versions?, name?);
    let mut request = Map::new();
    let mut put = |key: &str, value: Value| json::put(&mut request, key, value);
    put("name", Value::from(name.as_str()));
    if let Some(start) = present(status, "startTimestamp") {
        put("start_time", start.clone());
    }
    put("service_name", versions.service_name);
    put("iteration_number", present(status, "currentIteration").cloned().unwrap_or(Value::from(0)));
    put("metric_specs", metrics.value.clone());
    put("criteria", criteria);
    put("baseline", versions.baseline);
    put("candidates", versions.candidates);
    let state = present(status, "analysisState").cloned();
    put("last_state", state.unwrap_or_else(|| Value::Object(Map::new())));
    put("traffic_control", traffic_control);
    let experiment = Value::Object(request);
    let place = path.location();
    Some((Resource { namespace, name, experiment, now, phase, interval_seconds, max_iterations, place }, metrics))
}

/// Where in the documents stands what the request of the resource at `document` has at `location`.
pub(super) fn place(location: &[Segment], document: Path, metrics: &Metrics) -> Vec<Segment> {
    let key = |segment: Option<&Segment>| if let Some(Segment::Key(key)) = segment { Some(key.clone()) } else { None };
    let first = key(location.first()).unwrap_or_default();
    let behind = location.get(1..).unwrap_or_default();
    if first == "metric_specs" {
        let list =
            if key(behind.first()).as_deref() == Some("ratio_metrics") { &metrics.ratios } else { &metrics.counters };
        let is_all = behind.is_empty();
        let list = if is_all { list.get(..list.len() - 1).unwrap_or_default() } else { list };
        return [list, behind.get(1..).unwrap_or_default()].concat();
    }
    let known = PLACES.iter().find(|(name, ..)| *name == first);
    let (steps, depth) = known.map_or((&[][..], 0), |(_, steps, depth)| (*steps, *depth));
    let mut place = document.location();
    place.extend(steps.iter().map(|step| Segment::Key((*step).to_owned())));
    place.extend(behind.iter().take(depth).map(|segment| match segment {
        Segment::Key(key) => {
            let renamed = RENAMED.iter().find(|(ours, _)| ours == key).map_or(key.as_str(), |(_, theirs)| theirs);
            Segment::Key(renamed.to_owned())
        }
        Segment::Index(index) => Segment::Index(*index),
    }));
    place
}

struct Versions {
    service_name: Value,
    baseline: Value,
    candidates: Value,
}

fn versions(faults: &mut Decoder, spec: &Map<String, Value>, path: Path, namespace: &str) -> Option<Versions> {
    let service = faults.required(spec, "service", path)?;
    let path = path.key("service");
    let service = object(faults, service, path)?;
    faults.only(service, SERVICE_FIELDS, path);
    let kind = present(service, "kind").and_then(|value| faults.choice(value, path.key("kind"), VERSION_KINDS));
    let (of_name, of_namespace) = kind.unwrap_or(WORKLOAD_LABELS);
    let own_namespace = optional_text(faults, service, "namespace", path).filter(|text| !text.is_empty());
    let namespace = own_namespace.as_deref().unwrap_or(namespace);
    let version = |id: String, name: String| {
        let labels = json::object(vec![(of_name, name.into()), (of_namespace, namespace.into())]);
        json::object(vec![("id", id.into()), ("version_labels", labels)])
    };
    let baseline = faults.required(service, "baseline", path);
    let baseline = baseline.and_then(|value| faults.text(value, path.key("baseline")));
    let mut candidates = Vec::new();
    if let Some(value) = present(service, "candidates") {
        let path = path.key("candidates");
        for (index, value) in faults.list(value, path).unwrap_or_default().iter().enumerate() {
            let name =
                faults.not_null(value, path.index(index)).and_then(|value| faults.text(value, path.index(index)));
            candidates.extend(name.map(|name| version(format!("candidate-{index}"), name)));
        }
    }
    let service_name = optional_text(faults, service, "name", path).unwrap_or_default();
    Some(Versions {
        service_name: Value::from(service_name),
        baseline: version("baseline".to_owned(), baseline?),
        candidates: Value::Array(candidates),
    })
}

fn criteria(faults: &mut Decoder, spec: &Map<String, Value>, path: Path) -> Value {
    let path = path.key("criteria");
    let Some(value) = present(spec, "criteria") else { return Value::Array(Vec::new()) };
    let items = faults.list(value, path).unwrap_or_default();
    Value::Array(items.iter().enumerate().map(|(index, item)| criterion(faults, item, path.index(index))).collect())
}

fn criterion(faults: &mut Decoder, item: &Value, path: Path) -> Value {
    let Some(members) = object(faults, item, path) else { return Value::Null };
    faults.only(members, &["metric", "threshold", "isReward"], path);
    let mut criterion = Map::new();
    let mut put = |key: &str, value: Value| json::put(&mut criterion, key, value);
    if let Some(metric) = faults.required(members, "metric", path) {
        put("id", metric.clone());
        put("metric_id", metric.clone());
    }
    put("is_reward", present(members, "isReward").cloned().unwrap_or(Value::Bool(false)));
    if let Some(threshold) = section(faults, members, "threshold", path, Some(THRESHOLD_FIELDS)) {
        let path = path.key("threshold");
        let kind = faults.required(threshold, "type", path).cloned().unwrap_or_default();
        let value = faults.required(threshold, "value", path).cloned().unwrap_or_default();
        check_flag(faults, threshold, "cutoffTrafficOnViolation", path);
        put("threshold", json::object(vec![("threshold_type", kind), ("value", value)]));
    }
    Value::Object(criterion)
}

/// What the controller sends always, its defaults where the resource says nothing.
fn traffic_control(faults: &mut Decoder, spec: &Map<String, Value>, path: Path) -> Value {
    let none = Map::new();
    let control = section(faults, spec, "trafficControl", path, Some(TRAFFIC_FIELDS)).unwrap_or(&none);
    let path = path.key("trafficControl");
    if let Some(value) = present(control, "onTermination") {
        faults.choice(value, path.key("onTermination"), &[("to_winner", ()), ("to_baseline", ()), ("keep_last", ())]);
    }
    let mut increment = present(control, "maxIncrement").cloned().unwrap_or(Value::from(MAX_INCREMENT_DEFAULT));
    for key in ["maxIncrement", "percentage"] {
        if present(control, key).is_some_and(|value| value.as_i64().is_none()) {
            faults.fail(path.key(key), "type_error.integer", "value is not a valid integer");
            increment = Value::from(MAX_INCREMENT_DEFAULT);
        }
    }
    let strategy = present(control, "strategy").cloned().unwrap_or_else(|| Value::from(STRATEGIES[0].0));
    json::object(vec![("max_increment", increment), ("strategy", strategy)])
}

/// Seconds between two assessments, and how many there are.
fn loop_of(faults: &mut Decoder, spec: &Map<String, Value>, path: Path) -> (f64, u64) {
    let none = Map::new();
    let duration = section(faults, spec, "duration", path, Some(&["interval", "maxIterations"])).unwrap_or(&none);
    let path = path.key("duration");
    let mut interval = None;
    if let Some(value) = present(duration, "interval") {
        interval = value.as_str().and_then(duration::seconds);
        if interval.is_none() {
            let message = "value is no duration above 0, such as '30s' or '1h10m'";
            faults.fail(path.key("interval"), "value_error.duration", message);
        }
    }
    let iterations =
        present(duration, "maxIterations").and_then(|value| faults.count(value, path.key("maxIterations")));
    (interval.unwrap_or(INTERVAL_SECONDS_DEFAULT), iterations.unwrap_or(ITERATIONS_DEFAULT))
}

/// What an assessment does not need, but a person may have misspelt.
fn check_others(faults: &mut Decoder, spec: &Map<String, Value>, path: Path) {
    section(faults, spec, "networking", path, Some(&["hosts", "id"]));
    if let Some(action) = section(faults, spec, "manualOverride", path, Some(&["action", "trafficSplit"]))
        && let Some(value) = present(action, "action")
    {
        let path = path.key("manualOverride");
        faults.choice(value, path.key("action"), &[("pause", ()), ("resume", ()), ("terminate", ())]);
    }
    check_flag(faults, spec, "cleanup", path);
    optional_text(faults, spec, "analyticsEndpoint", path);
}

/// The members of the object at `key`, which may be absent, and has no fields but those `known`.
fn section<'v>(
    faults: &mut Decoder,
    members: &'v Map<String, Value>,
    key: &str,
    path: Path,
    known: Option<&[&str]>,
) -> Option<&'v Map<String, Value>> {
    let section = object(faults, present(members, key)?, path.key(key))?;
    if let Some(known) = known {
        faults.only(section, known, path.key(key));
    }
    Some(section)
}

fn optional_text(faults: &mut Decoder, members: &Map<String, Value>, key: &str, path: Path) -> Option<String> {
    faults.text(present(members, key)?, path.key(key))
}

fn check_flag(faults: &mut Decoder, members: &Map<String, Value>, key: &str, path: Path) {
    if let Some(value) = present(members, key) {
        faults.boolean(value, path.key(key));
    }
}

fn instant(faults: &mut Decoder, members: &Map<String, Value>, key: &str, path: Path) -> Option<String> {
    let value = present(members, key)?;
    faults.instant(value, path.key(key))?;
    value.as_str().map(str::to_owned)
}

/// Field of the request -> where it stands in the resource, and how many steps behind it are the same there.
const PLACES: &[(&str, &[&str], usize)] = &[
    ("name", &["metadata", "name"], 0),
    ("start_time", &["status", "startTimestamp"], 0),
    ("service_name", &["spec", "service", "name"], 0),
    ("iteration_number", &["status", "currentIteration"], 0),
    ("criteria", &["spec", "criteria"], usize::MAX),
    ("baseline", &["spec", "service", "baseline"], 0),
    ("candidates", &["spec", "service", "candidates"], 1),
    ("last_state", &["status", "analysisState"], usize::MAX),
    ("traffic_control", &["spec", "trafficControl"], usize::MAX),
];
/// Field of the request -> what the resource calls it.
const RENAMED: &[(&str, &str)] =
    &[("id", "metric"), ("metric_id", "metric"), ("is_reward", "isReward"), ("max_increment", "maxIncrement")];
const SPEC_FIELDS: &[&str] = &[
    "service",
    "networking",
    "criteria",
    "duration",
    "trafficControl",
    "metrics",
    "manualOverride",
    "cleanup",
    "analyticsEndpoint",
];
const SERVICE_FIELDS: &[&str] = &[
    "kind",
    "name",
    "namespace",
    "baseline",
    "candidates",
    "port",
    "hosts",
    "apiVersion",
    "uid",
    "resourceVersion",
    "fieldPath",
];
const THRESHOLD_FIELDS: &[&str] = &["type", "value", "cutoffTrafficOnViolation"];
const TRAFFIC_FIELDS: &[&str] = &["strategy", "maxIncrement", "onTermination", "match", "percentage", "routerID"];
/// What the names of versions are names of -> the labels of Istio's series with name and namespace.
pub(crate) const VERSION_KINDS: &[(&str, (&str, &str))] =
    &[("Deployment", WORKLOAD_LABELS), ("Service", ("destination_service_name", "destination_service_namespace"))];
const WORKLOAD_LABELS: (&str, &str) = ("destination_workload", "destination_workload_namespace");
const NO_METRICS: &str = "no metrics: neither here nor in a ConfigMap iter8config-metrics among the documents";
/// kubectl's.
const NAMESPACE_DEFAULT: &str = "default";
/// The controller's defaults.
const MAX_INCREMENT_DEFAULT: i64 = 2;
const INTERVAL_SECONDS_DEFAULT: f64 = 30.0;
