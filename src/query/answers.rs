//! Prometheus' answers -> observations.
//!
//! A sample belongs to every version whose labels equal its own exactly, and the last one counts, as in v1.0.0. What
//! cannot be used never fails: the value is unknown, and a problem says why in v1.0.0's codes and in words.
//!
//! Not here: what an unknown value does to the assessment.

use serde_json::Value;

use crate::error::shorten;
use crate::experiment::{Counter, Experiment, Version};
use crate::wire::assessment::Entries;
use crate::wire::digits;
use crate::wire::number;
use crate::wire::observations::{NOTHING_ASKED, Observations, Problem};
use crate::wire::status::Status;
use crate::wire::write;

/// Observations from one answer for each used counter; `None` where nothing was asked.
pub(crate) fn read(experiment: &Experiment, answers: Option<&[Value]>) -> Observations {
    let mut problems = Vec::new();
    let mut columns: Vec<Vec<Option<f64>>> = Vec::with_capacity(experiment.counters.len());
    for (index, counter) in experiment.counters.iter().enumerate() {
        let answer = answers.map(|answers| answers.get(index));
        let mut reader = Reader { experiment, counter, problems: &mut problems };
        columns.push(match answer {
            None => reader.nothing_asked(),
            Some(answer) => reader.answer(answer.unwrap_or(&Value::Null)),
        });
    }
    let versions = experiment.versions.iter().enumerate().map(|(row, version)| {
        let counters = experiment.counters.iter().zip(&columns);
        let values = counters.map(|(counter, column)| (counter.id.clone(), column.get(row).copied().flatten()));
        (version.id.clone(), Entries(values.collect()))
    });
    Observations { versions: Entries(versions.collect()), problems }
}

/// Reads one counter's answer.
struct Reader<'a> {
    experiment: &'a Experiment,
    counter: &'a Counter,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn nothing_asked(&mut self) -> Vec<Option<f64>> {
        self.problems.push(Problem {
            metric: self.counter.id.clone(),
            version: None,
            code: NOTHING_ASKED.to_owned(),
            message: "nothing is asked in the first 20 seconds of an experiment".to_owned(),
        });
        self.unknown()
    }

    fn answer(&mut self, answer: &Value) -> Vec<Option<f64>> {
        self.warnings(answer);
        match samples(answer) {
            Ok(samples) => self.match_samples(samples),
            Err((status, why)) => {
                self.problem(None, status, why);
                self.unknown()
            }
        }
    }

    fn match_samples(&mut self, samples: &[Value]) -> Vec<Option<f64>> {
        let experiment = self.experiment;
        let found: Vec<Option<&Value>> = experiment
            .versions
            .iter()
            .map(|version| samples.iter().rev().find(|sample| belongs_to(sample, version)))
            .collect();
        if found.iter().all(Option::is_none) {
            self.problem(None, Status::NoVersions, nothing_matches(samples, experiment));
            return self.unknown();
        }
        let mut values = Vec::with_capacity(found.len());
        for (version, sample) in experiment.versions.iter().zip(found) {
            values.push(match sample.map(|sample| value_of(sample, self.counter)) {
                Some(Ok(value)) => Some(value),
                Some(Err(why)) => {
                    self.problem(Some(version), Status::NanValue, why);
                    None
                }
                None => {
                    let why = format!("no series has the labels {}", label_text(&version.labels));
                    self.problem(Some(version), Status::AbsentVersion, why);
                    None
                }
            });
        }
        values
    }

    /// Prometheus 3 says in `warnings` that a result is partial, and why.
    fn warnings(&mut self, answer: &Value) {
        let warnings = answer.get("warnings").and_then(Value::as_array);
        let texts: Vec<&str> = warnings.into_iter().flatten().filter_map(Value::as_str).take(WARNINGS_MAX).collect();
        if !texts.is_empty() {
            self.problems.push(Problem {
                metric: self.counter.id.clone(),
                version: None,
                code: BACKEND_WARNING.to_owned(),
                message: shorten(&texts.join("; "), MESSAGE_LENGTH_MAX),
            });
        }
    }

    fn problem(&mut self, version: Option<&Version>, status: Status, message: String) {
        self.problems.push(Problem {
            metric: self.counter.id.clone(),
            version: version.map(|version| version.id.clone()),
            code: status.code().to_owned(),
            message: shorten(&message, MESSAGE_LENGTH_MAX),
        });
    }

    fn unknown(&self) -> Vec<Option<f64>> {
        vec![None; self.experiment.versions.len()]
    }
}

/// The samples of an instant vector, or why the answer is none.
fn samples(answer: &Value) -> Result<&[Value], (Status, String)> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    if answer.get("status").is_none()
        && let Some(why) = text("error")
    {
        return Err((Status::NoPromServer, why.to_owned()));
    }
    let no_data = |why: String| Err((Status::NoPromData, why));
    match text("status") {
        Some("success") => {}
        Some("error") => {
            let kind = text("errorType").unwrap_or("error");
            return no_data(format!(
                "the backend refused the query ({kind}): {}",
                text("error").unwrap_or("no reason")
            ));
        }
        _ => return no_data("the answer is not one of Prometheus' query API".to_owned()),
    }
    let data = answer.get("data");
    match data.and_then(|data| data.get("resultType")).and_then(Value::as_str) {
        Some("vector") => {}
        Some(other) => return no_data(format!("the query gives a {other}, not an instant vector")),
        None => return no_data("the answer holds no data".to_owned()),
    }
    match data.and_then(|data| data.get("result")).and_then(Value::as_array) {
        Some(samples) => Ok(samples),
        None => no_data("the answer holds no result".to_owned()),
    }
}

/// Whether a sample's labels are the version's: the same keys with the same values.
fn belongs_to(sample: &Value, version: &Version) -> bool {
    let Some(metric) = sample.get("metric").and_then(Value::as_object) else { return false };
    metric.len() == version.labels.len()
        && version.labels.iter().all(|(key, wanted)| wanted.is_string() && metric.get(key) == Some(wanted))
}

/// The number of a sample, or why it is none.
fn value_of(sample: &Value, counter: &Counter) -> Result<f64, String> {
    let value = sample.get("value").and_then(|value| value.get(1));
    let number = match value {
        Some(Value::String(text)) => number::parse_float(text),
        Some(Value::Number(number)) => number.as_f64(),
        None if sample.get("histogram").is_some() => {
            return Err("the series is a native histogram: use histogram_sum or histogram_count in the template".into());
        }
        _ => None,
    };
    match number {
        Some(number) => match counter.fault(number) {
            Some(fault) => Err(format!("the value is {}, {fault}", digits::plain(number))),
            None => Ok(number),
        },
        None => Err(match value {
            Some(other) => {
                format!("the value is {}, which is no number", shorten(&write::to_text(other), VALUE_LENGTH_MAX))
            }
            None => "the sample holds no value".to_owned(),
        }),
    }
}

fn nothing_matches(samples: &[Value], experiment: &Experiment) -> String {
    let wanted = experiment.versions.first().map(|version| label_text(&version.labels)).unwrap_or_default();
    match samples.first().and_then(|sample| sample.get("metric")).and_then(Value::as_object) {
        None => format!("the query found no series; the versions' labels are like {wanted}"),
        Some(metric) => format!(
            "the query found {} series and none has the labels of a version: one has {}, the versions are like {wanted}",
            samples.len(),
            label_text(metric)
        ),
    }
}

/// `{a="x", b="y"}`.
fn label_text<'a>(labels: impl IntoIterator<Item = impl Into<Label<'a>>>) -> String {
    let labels: Vec<String> = labels
        .into_iter()
        .map(|label| {
            let Label(key, value) = label.into();
            format!("{key}={}", write::to_text(value))
        })
        .collect();
    shorten(&format!("{{{}}}", labels.join(", ")), LABELS_LENGTH_MAX)
}

/// A label's key and value, of a version or of a sample.
struct Label<'a>(&'a str, &'a Value);

impl<'a> From<&'a (String, Value)> for Label<'a> {
    fn from((key, value): &'a (String, Value)) -> Self {
        Self(key, value)
    }
}

impl<'a> From<(&'a String, &'a Value)> for Label<'a> {
    fn from((key, value): (&'a String, &'a Value)) -> Self {
        Self(key, value)
    }
}

/// A problem's code that is none of v1.0.0's: the backend answered, with a warning.
pub(crate) const BACKEND_WARNING: &str = "backend_warning";
const WARNINGS_MAX: usize = 5;
const MESSAGE_LENGTH_MAX: usize = 600;
const VALUE_LENGTH_MAX: usize = 80;
const LABELS_LENGTH_MAX: usize = 200;
