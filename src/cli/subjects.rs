//! Files become the experiments that a command is about: requests, or Experiment resources with their ConfigMap.
//!
//! A file is one of resources if one of its documents says its `kind`. `--metrics` may be the ConfigMap, or a map with
//! `counter_metrics` and `ratio_metrics`; it beats the metrics that a resource or a request holds itself. Faults of
//! resources are told by file and line.
//!
//! Not here: what a resource becomes (`resource`, in the engine).

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Failure;
use super::args::Subject as Named;
use super::located::File;
use super::output::write_error;
use super::table::printable;
use crate::error::shorten;
use crate::server::yaml::{self, DuplicateKeyPolicy};
use crate::{Error, FieldError, Instant, Resource, Segment, from_resource};

/// One experiment of a command.
pub(super) struct Subject {
    /// The request.
    pub(super) request: Value,
    /// What the resource says, and the document that it is; `None` for a request.
    pub(super) resource: Option<(Resource, Value)>,
    /// Where a request stands; `None` for a resource, whose faults are told as it is read.
    source: Option<Source>,
}

/// Where a request stands.
struct Source {
    file: Rc<File>,
    /// Which of the file's documents it is.
    document: usize,
    /// The file that its metrics are from, if that is another one.
    metrics: Option<PathBuf>,
}

impl Subject {
    /// The instant of the assessment in the status, if the experiment is over: nothing is learnt after it.
    pub(super) fn end(&self) -> Option<Instant> {
        let (resource, _) = self.resource.as_ref()?;
        (resource.phase.as_deref() == Some("Completed")).then(|| resource.now.as_deref().and_then(Instant::parse))?
    }

    /// The instant of the assessment in the status.
    pub(super) fn last(&self) -> Option<Instant> {
        self.resource.as_ref().and_then(|(resource, _)| resource.now.as_deref()).and_then(Instant::parse)
    }

    /// Lets a resource that has not started start at `start`, as the controller lets it start with its first request.
    pub(super) fn start(&mut self, start: Instant, is_asked: bool) {
        let Some((resource, _)) = &self.resource else { return };
        let Some(members) = self.request.as_object_mut().filter(|members| !members.contains_key("start_time")) else {
            return;
        };
        members.insert("start_time".to_owned(), Value::from(start.to_text()));
        if !is_asked {
            let name = printable(&resource.name);
            write_error(&format!(
                "warning: {name} has not started (no status.startTimestamp): it starts now; --start sets when"
            ));
        }
    }

    /// `file.yaml:12: path: message`, a line for each fault of the request.
    pub(super) fn told(&self, error: &Error) -> String {
        match error {
            Error::Fields(faults) => self.told_all(faults),
            Error::Sentence { location, message } => {
                let (location, message) = (location.clone(), message.clone());
                self.told_all(&[FieldError { location, message, kind: "value_error", context: None }])
            }
        }
    }

    /// The same for a list of them.
    pub(super) fn told_all(&self, faults: &[FieldError]) -> String {
        faults.iter().map(|fault| self.told_one(fault)).collect::<Vec<_>>().join("\n")
    }

    fn told_one(&self, fault: &FieldError) -> String {
        let Some(source) = &self.source else { return fault.to_string() };
        let is_of_metrics = fault.location.first() == Some(&Segment::Key("metric_specs".to_owned()));
        let location = as_given(&self.request, &fault.location);
        let place = match &source.metrics {
            Some(metrics) if is_of_metrics => metrics.display().to_string(),
            _ => source.file.line(source.document, &location),
        };
        let found = found(&self.request, &location, fault);
        format!("{place}: {}{found}", FieldError { location, ..fault.clone() })
    }

    /// `namespace/name` of a resource, and what its versions' ids stand for.
    pub(super) fn title(&self) -> Option<(String, String)> {
        let (resource, document) = self.resource.as_ref()?;
        let service = document.pointer("/spec/service")?;
        let text = |value: &Value| value.as_str().map_or_else(|| printable(&value.to_string()), printable);
        let mut names = vec![format!("baseline: {}", text(service.get("baseline")?))];
        let candidates = service.get("candidates").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        names.extend(candidates.iter().enumerate().map(|(index, name)| format!("candidate-{index}: {}", text(name))));
        Some((format!("{}/{}", resource.namespace, resource.name), names.join(", ")))
    }
}

/// The experiments that `named` names.
pub(super) fn read(named: &Named) -> Result<Vec<Subject>, Failure> {
    let file = Rc::new(File::read(&named.experiment)?);
    let metrics = named.metrics.as_deref().map(File::read).transpose()?;
    let chosen = match file.documents.iter().any(is_resource) {
        true => resources(&file, metrics.as_ref(), named.name.as_deref())?,
        false => requests(&file, metrics.as_ref(), named.name.as_deref())?,
    };
    match (chosen.is_empty(), &named.name) {
        (true, Some(name)) => {
            let path = named.experiment.display();
            Err(Failure::Wrong(format!("--name: no experiment in {path} is called `{}`", printable(name))))
        }
        (true, None) => {
            let path = named.experiment.display();
            Err(Failure::Wrong(format!("{path}: there is no Experiment of iter8.tools/v1alpha2 among the documents")))
        }
        _ => Ok(chosen),
    }
}

/// Leaves out of a document the Experiments that are called otherwise, so that their faults are not in the way.
fn leave_out_others(document: &mut Value, name: &str) {
    if let Some(items) = document.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(|item| leave_out_others(item, name));
    } else if document.get("spec").is_some() && document.get("data").is_none() {
        let text = |key: &str| document.pointer(key).and_then(Value::as_str);
        let (own, namespace) =
            (text("/metadata/name").unwrap_or_default(), text("/metadata/namespace").unwrap_or("default"));
        if own != name && format!("{namespace}/{own}") != name {
            *document = Value::Null;
        }
    }
}

fn is_resource(document: &Value) -> bool {
    document.get("kind").is_some() || document.get("apiVersion").is_some()
}

fn requests(file: &Rc<File>, metrics: Option<&File>, name: Option<&str>) -> Result<Vec<Subject>, Failure> {
    if file.documents.is_empty() {
        return Err(Failure::Wrong(format!("{}: nothing stands there: expected an experiment", file.path.display())));
    }
    let specs = metrics.map(metric_specs).transpose()?;
    let subject = |(document, request): (usize, &Value)| {
        let mut request = request.clone();
        if let (Some(members), Some(specs)) = (request.as_object_mut(), &specs) {
            members.insert("metric_specs".to_owned(), specs.clone());
        }
        let metrics = metrics.map(|metrics| metrics.path.clone());
        Subject { request, resource: None, source: Some(Source { file: Rc::clone(file), document, metrics }) }
    };
    let is_named = |(_, document): &(usize, &Value)| {
        name.is_none_or(|name| document.get("name").and_then(Value::as_str) == Some(name))
    };
    Ok(file.documents.iter().enumerate().filter(is_named).map(subject).collect())
}

fn resources(file: &File, metrics: Option<&File>, name: Option<&str>) -> Result<Vec<Subject>, Failure> {
    let mut documents = file.documents.clone();
    if let Some(metrics) = metrics {
        for document in &mut documents {
            without_metrics(document);
        }
        documents.extend(metrics.documents.iter().map(as_config_map));
    }
    for document in &mut documents {
        parse_lists(document);
        if let Some(name) = name {
            leave_out_others(document, name);
        }
    }
    let all = Value::Array(documents);
    let found = from_resource(&all).map_err(|error| told(&error, file, metrics))?;
    let subject = |resource: Resource| {
        let document = at(&all, resource.place.get(1..).unwrap_or_default()).clone();
        Subject { request: resource.experiment.clone(), resource: Some((resource, document)), source: None }
    };
    Ok(found.into_iter().map(subject).collect())
}

/// What stands at `location` in `value`.
fn at<'v>(value: &'v Value, location: &[Segment]) -> &'v Value {
    look(value, location).unwrap_or(&Value::Null)
}

/// The same, `None` where nothing stands there.
fn look<'v>(value: &'v Value, location: &[Segment]) -> Option<&'v Value> {
    location.iter().try_fold(value, |value, step| match step {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => value.get(*index),
    })
}

/// `location`, the last field by the name that `request` has for it.
fn as_given(request: &Value, location: &[Segment]) -> Vec<Segment> {
    let mut location = location.to_vec();
    let Some((Segment::Key(last), parents)) = location.split_last() else { return location };
    let Some((_, other)) = ALIASES.iter().find(|(name, _)| name == last) else { return location };
    let members = look(request, parents);
    if members.is_some_and(|members| members.get(last).is_none() && members.get(other).is_some()) {
        location.pop();
        location.push(Segment::Key((*other).to_owned()));
    }
    location
}

/// `path: message` of each fault of `document`, and what was found there.
pub(super) fn told_with_findings(error: &Error, document: &Value) -> Failure {
    let Error::Fields(faults) = error else { return error.clone().into() };
    let lines = faults.iter().map(|fault| format!("{fault}{}", found(document, &fault.location, fault)));
    Failure::Wrong(lines.collect::<Vec<_>>().join("\n"))
}

/// What stands in `document` where a fault is, if the fault itself does not say it: v1.0.0's words do not.
fn found(document: &Value, location: &[Segment], fault: &FieldError) -> String {
    // Our own words name it, or are about its name.
    let is_said = fault.message.contains('`') || ["value_error", "value_error.extra"].contains(&fault.kind);
    let value = look(document, location).filter(|_| !is_said);
    match value {
        Some(Value::String(text)) => format!(" (found `{}`)", printable(&shorten(text, FOUND_LENGTH_MAX))),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => format!(" (found `{value}`)"),
        Some(Value::Null) => " (found null)".to_owned(),
        Some(Value::Array(_)) if fault.kind.starts_with("type_error") => " (found a list)".to_owned(),
        Some(Value::Object(_)) if fault.kind.starts_with("type_error") => " (found a map)".to_owned(),
        _ => String::new(),
    }
}

/// Takes a resource's own metrics away: what a flag names beats them.
fn without_metrics(document: &mut Value) {
    if let Some(items) = document.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(without_metrics);
    } else if let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) {
        spec.shift_remove("metrics");
    }
}

/// A bare map of metrics as the ConfigMap that would hold it.
fn as_config_map(document: &Value) -> Value {
    let Some(members) = document.as_object().filter(|_| !is_resource(document)) else { return document.clone() };
    let data: Map<String, Value> = members.iter().map(|(key, list)| (format!("{key}.yaml"), list.clone())).collect();
    serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG_MAP}, "data": data})
}

/// Puts the lists that a ConfigMap's texts are in their place, as far as they can be read: the engine tells of the others.
fn parse_lists(document: &mut Value) {
    if let Some(items) = document.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(parse_lists);
        return;
    }
    let is_config_map = document.get("kind").and_then(Value::as_str) == Some("ConfigMap");
    let Some(data) = document.get_mut("data").and_then(Value::as_object_mut).filter(|_| is_config_map) else { return };
    for (_, value) in data.iter_mut().filter(|(key, _)| key.ends_with("_metrics.yaml")) {
        let list = value.as_str().and_then(|text| yaml::parse(text.as_bytes(), DuplicateKeyPolicy::Error).ok());
        if let Some(list @ Value::Array(_)) = list {
            *value = list;
        }
    }
}

/// `metric_specs` of a request, from a ConfigMap or a bare map.
fn metric_specs(file: &File) -> Result<Value, Failure> {
    for document in &file.documents {
        let mut config_map = as_config_map(document);
        parse_lists(&mut config_map);
        let data = config_map.get("data").and_then(Value::as_object);
        if let Some(data) = data.filter(|data| data.contains_key("counter_metrics.yaml")) {
            let list = |(key, list): (&String, &Value)| Some((key.strip_suffix(".yaml")?.to_owned(), list.clone()));
            let mut specs: Map<String, Value> = data.iter().filter_map(list).collect();
            specs.entry("ratio_metrics").or_insert_with(|| Value::Array(Vec::new()));
            return Ok(Value::Object(specs));
        }
    }
    Err(Failure::Wrong(
        "--metrics: neither a ConfigMap with counter_metrics.yaml nor a map with counter_metrics".to_owned(),
    ))
}

/// `file.yaml:12: path: message`, a line for each fault.
fn told(error: &Error, file: &File, metrics: Option<&File>) -> Failure {
    let Error::Fields(faults) = error else { return error.clone().into() };
    let lines = faults.iter().map(|fault| {
        let [Segment::Key(_), Segment::Index(document), rest @ ..] = fault.location.as_slice() else {
            return fault.to_string();
        };
        let own = file.documents.len();
        let (file, document, rest) = match metrics {
            Some(metrics) if *document >= own => {
                let is_bare = metrics.documents.get(document - own).is_some_and(|document| !is_resource(document));
                (metrics, document - own, if is_bare { bare(rest) } else { rest.to_vec() })
            }
            _ => (file, *document, rest.to_vec()),
        };
        let place = file.line(document, &rest);
        let found = file.documents.get(document).map_or_else(String::new, |document| found(document, &rest, fault));
        let inside = FieldError { location: rest, ..fault.clone() };
        format!("{place}: {inside}{found}")
    });
    Failure::Wrong(lines.collect::<Vec<_>>().join("\n"))
}

/// Where in a bare map of metrics stands what its ConfigMap has at `location`.
fn bare(location: &[Segment]) -> Vec<Segment> {
    match location {
        [Segment::Key(_), Segment::Key(list), rest @ ..] => {
            let list = list.strip_suffix(".yaml").unwrap_or(list).to_owned();
            [&[Segment::Key(list)], rest].concat()
        }
        other => other.to_vec(),
    }
}

/// Whether `path` and the file of metrics are both standard input.
pub(super) fn shares_stdin(paths: &[Option<&Path>]) -> bool {
    paths.iter().flatten().filter(|path| super::read::is_stdin(path)).count() > 1
}

/// Name of a field -> its name in the other dialect of v1.0.0's clients.
const ALIASES: &[(&str, &str)] = &[("type", "threshold_type"), ("name", "id")];
const FOUND_LENGTH_MAX: usize = 80;
const CONFIG_MAP: &str = "iter8config-metrics";
