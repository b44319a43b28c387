//! Finished experiments -> what iter8-trend told of them: gauges with its names and labels, and its questions for what the
//! winner used.
//!
//! An Experiment resource counts once it is completed with a winner that is not its baseline; an assessment once it names
//! one. Values are the winner's on each criterion, by the criterion's id.
//!
//! Not here: asking Prometheus, files. What is unknown has no gauge; iter8-trend wrote -1, which its dashboard left out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Instant, Query};

/// One finished experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The labels of all its gauges, in order.
    pub labels: Vec<(&'static str, String)>,
    /// Metric -> the winner's value.
    pub values: BTreeMap<String, f64>,
    /// When it began and ended; `None` where that is not said.
    span: Option<(Instant, Instant)>,
}

impl Finished {
    /// What `document` tells, an Experiment resource, an assessment, or an assessment with what was asked,
    /// `{namespace, name, service_name, start_time, assessment}`; `None` where no candidate won. `name` is for an
    /// assessment that has none.
    pub fn of(document: &Value, name: &str) -> Option<Self> {
        if document.get("spec").is_some() {
            return Self::of_resource(document);
        }
        let assessment = document.get("assessment").unwrap_or(document);
        let winner = assessment.get("winner_assessment")?;
        let best = winner.get("current_best_version")?;
        let candidates = assessment.get("candidate_assessments")?.as_array()?;
        let version = candidates.iter().find(|candidate| candidate.get("id") == Some(best))?;
        is_found(winner).then(|| {
            let said = Said {
                namespace: text(document.get("namespace")),
                name: document.get("name").and_then(Value::as_str).map(str::to_owned).or(Some(name.to_owned())),
                service: text(document.get("service_name")),
                baseline: text(assessment.pointer("/baseline_assessment/id")),
                winner: text(Some(best)),
                phase: None,
                start: text(document.get("start_time")),
                end: text(assessment.get("timestamp")),
            };
            said.finished(version)
        })
    }

    fn of_resource(document: &Value) -> Option<Self> {
        let status = document.get("status")?;
        let assessment = status.get("assessment")?;
        let winner = assessment.get("winner")?;
        let baseline = assessment.get("baseline")?.get("name")?;
        let name = winner.get("name").filter(|name| *name != baseline)?;
        let is_over = status.get("phase").and_then(Value::as_str) == Some("Completed");
        let candidates = assessment.get("candidates")?.as_array()?;
        let version = candidates.iter().find(|candidate| candidate.get("name") == Some(name))?;
        if !is_over || !is_found(winner) {
            return None;
        }
        let service = ["/spec/service/name", "/spec/service/hosts/0/name", "/spec/networking/hosts/0/name"];
        let said = Said {
            namespace: text(document.pointer("/metadata/namespace")).or(Some("default".to_owned())),
            name: text(document.pointer("/metadata/name")),
            service: service.iter().find_map(|place| text(document.pointer(place))),
            baseline: text(Some(baseline)),
            winner: text(Some(name)),
            phase: text(status.get("phase")),
            start: text(status.get("startTimestamp")),
            end: text(status.get("endTimestamp")).or_else(|| text(status.get("lastUpdateTime"))),
        };
        Some(said.finished(version))
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(label, _)| *label == name).map_or(UNKNOWN, |(_, value)| value)
    }

    /// Whether `other` tells of the same experiment.
    fn is_same_experiment(&self, other: &Self) -> bool {
        ["namespace", "name"].iter().all(|label| self.label(label) == other.label(label))
    }

    /// What to ask for what the winner's pods used from start to end; nothing where either is unknown.
    pub fn queries(&self) -> Vec<Query> {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let (pod, namespace) = (self.label("winner"), self.label("namespace"));
        let Some((start, end)) = self.span.filter(|_| is_plain(pod) && is_plain(namespace)) else { return Vec::new() };
        let seconds = end.seconds_since(start);
        if seconds < 1 {
            return Vec::new();
        }
        let pod = pod.replace('.', "\\\\.");
        let labels = format!(
            "{{pod=~\"{pod}.*\",container!~\"istio-proxy\",namespace=\"{namespace}\",image=~\".+\"}}[{seconds}s]"
        );
        let query = |(metric, function, series): &(&str, &str, &str)| {
            Query::instant(metric, format!("sum({function}({series}{labels}))"), end.to_unix_number())
        };
        USED.iter().map(query).collect()
    }

    /// Takes what the `answers` to [`Self::queries`] say; what they do not say stays unknown.
    pub fn take(&mut self, answers: &[Value]) {
        for (query, answer) in self.queries().iter().zip(answers) {
            let one = answer.pointer("/data/result").and_then(Value::as_array).filter(|result| result.len() == 1);
            let value = one.and_then(|result| result.first()?.pointer("/value/1")?.as_str()?.parse::<f64>().ok());
            if let Some(value) = value.filter(|value| value.is_finite()) {
                self.values.insert(query.metric.clone(), value);
            }
        }
    }
}

/// What a file of documents holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// Neither an experiment nor an assessment.
    Nothing,
    /// Experiments, none of which a candidate has won.
    Unfinished,
    /// One that a candidate has won, at least.
    Finished,
}

/// What `document` holds, or the items of a list.
pub fn held(document: &Value) -> Held {
    let items = document.as_array().or_else(|| document.get("items")?.as_array());
    if let Some(items) = items {
        return items.iter().map(held).max().unwrap_or(Held::Nothing);
    }
    let is_resource = document.get("spec").is_some() && document.get("kind").is_none_or(|kind| kind == "Experiment");
    let assessment = document.get("assessment").unwrap_or(document);
    match Finished::of(document, "") {
        Some(_) => Held::Finished,
        None if is_resource || assessment.get("winner_assessment").is_some() => Held::Unfinished,
        None => Held::Nothing,
    }
}

/// Puts what `document` tells into `all`, or the items of a list; of one experiment the last document counts. `name` is for
/// what has none.
pub fn collect(document: &Value, name: &str, all: &mut Vec<Finished>) {
    let items = document.as_array().or_else(|| document.get("items")?.as_array());
    if let Some(items) = items {
        return items.iter().for_each(|item| collect(item, name, all));
    }
    if let Some(finished) = Finished::of(document, name) {
        all.retain(|other| !other.is_same_experiment(&finished));
        all.push(finished);
    }
}

/// All gauges in Prometheus' text format.
pub fn exposition<'a>(all: impl Iterator<Item = &'a Finished> + Clone) -> String {
    let mut text = String::new();
    for (family, help, label, is_in) in FAMILIES {
        text.push_str(&format!("# HELP {family} {help}\n# TYPE {family} gauge\n"));
        for finished in all.clone() {
            for (metric, value) in finished.values.iter().filter(|(metric, _)| is_in(metric)) {
                let own = (!label.is_empty()).then_some((*label, metric));
                let labels = finished.labels.iter().map(|(name, value)| (*name, value)).chain(own);
                let labels: Vec<_> = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
                text.push_str(&format!("{family}{{{}}} {value}\n", labels.join(",")));
            }
        }
    }
    text
}

/// What is said of an experiment; `None`: nothing.
struct Said {
    namespace: Option<String>,
    name: Option<String>,
    service: Option<String>,
    baseline: Option<String>,
    winner: Option<String>,
    phase: Option<String>,
    start: Option<String>,
    end: Option<String>,
}

impl Said {
    fn finished(&self, version: &Value) -> Finished {
        let instant = |text: &Option<String>| text.as_deref().and_then(Instant::parse);
        let span = instant(&self.start).zip(instant(&self.end));
        Finished { span, labels: self.labels(), values: values(version) }
    }

    fn labels(&self) -> Vec<(&'static str, String)> {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        vec![
            ("namespace", word(&self.namespace)),
            ("kubernetes_namespace", word(&self.namespace)),
            ("name", word(&self.name)),
            ("service_name", word(&self.service)),
            ("baseline", word(&self.baseline)),
            ("winner", word(&self.winner)),
            ("phase", word(&self.phase)),
            ("start_time", word(&self.start)),
            ("time", word(&self.end)),
            ("app", word(&self.service)),
            // A label of the Deployment, which neither resources nor assessments hold.
            ("version", UNKNOWN.to_owned()),
        ]
    }
}

fn is_found(winner: &Value) -> bool {
    winner.get("winning_version_found").and_then(Value::as_bool) == Some(true)
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn values(version: &Value) -> BTreeMap<String, f64> {
    let criteria =
        version.get("criterion_assessments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let value =
        |criterion: &Value| Some((text(criterion.get("id"))?, criterion.pointer("/statistics/value")?.as_f64()?));
    criteria.iter().filter_map(value).collect()
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

fn is_used(metric: &str) -> bool {
    USED.iter().any(|(used, ..)| *used == metric)
}

/// A family, its help, the label with the metric's name, and whether a metric is in it.
type Family = (&'static str, &'static str, &'static str, fn(&str) -> bool);
/// iter8-trend's, in its order.
const FAMILIES: &[Family] = &[
    ("iter8_trend", "Each metric of the winner of a finished experiment", "metric", |_| true),
    ("iter8_trend_disk", "Bytes a second from and to disks", "diskmetric", |metric| {
        metric.starts_with("disk") && is_used(metric)
    }),
    ("iter8_trend_network", "Bytes a second from and to the network", "networkmetric", |metric| {
        metric.starts_with("network") && is_used(metric)
    }),
    ("iter8_trend_cpu", "Cores in use on average", "", |metric| metric == "cpu"),
    ("iter8_trend_mem", "Bytes of memory in use on average", "", |metric| metric == "mem"),
    ("iter8_trend_custom", "The metrics of criteria alone", "iter8metric", |metric| !is_used(metric)),
];
/// What a winner uses: metric, function over time, series.
const USED: &[(&str, &str, &str)] = &[
    ("cpu", "rate", "container_cpu_usage_seconds_total"),
    ("mem", "avg_over_time", "container_memory_working_set_bytes"),
    ("diskreadbytes", "rate", "container_fs_reads_bytes_total"),
    ("diskwritebytes", "rate", "container_fs_writes_bytes_total"),
    ("networkreadbytes", "rate", "container_network_receive_bytes_total"),
    ("networkwritebytes", "rate", "container_network_transmit_bytes_total"),
];
const UNKNOWN: &str = "unknown";
