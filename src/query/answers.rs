//! Prometheus' answers -> observations.
//!
//! A sample belongs to every version whose labels equal its own exactly, and the last one counts, as in v1.0.0. What
//! cannot be used never fails: the value is unknown, and a problem says why in v1.0.0's codes and in words.
//!
//! Not here: what an unknown value does to the assessment.

use serde_json::{Map, Value};

use super::plan::Cut;
use super::reply::samples;
use super::{buckets, intervals};
use crate::error::shorten;
use crate::experiment::{Counter, Experiment, Version};
use crate::wire::assessment::Entries;
use crate::wire::digits;
use crate::wire::number;
use crate::wire::observations::{LABELS_MATCH_NOTHING, NOTHING_ASKED, Observations, Problem};
use crate::wire::series::{Course, Series};
use crate::wire::status::Status;
use crate::wire::write;

/// Observations from the answers of the first round and of the second, which is cut as `cut` says; `None`: nothing was asked.
///
/// The first round has one answer for each used counter, then one for each used histogram.
pub(super) fn read(experiment: &Experiment, answers: Option<(&[Value], &[Value])>, cut: Option<&Cut>) -> Observations {
    let mut problems = Vec::new();
    let (answers, ranges) = answers.map_or((None, None), |(totals, ranges)| (Some(totals), Some(ranges)));
    let mut columns: Vec<(&str, Vec<Series>)> = Vec::new();
    let mut next = 0..;
    let mut column = |id, read: &dyn Fn(&mut Reader, &[Value]) -> Vec<Series>| {
        let answer = next.next().and_then(|index: usize| answers.map(|answers| answers.get(index)));
        let mut reader = Reader::new(experiment, id, &mut problems);
        let series = match answer {
            None => reader.nothing_asked(),
            Some(answer) => reader.answer(answer.unwrap_or(&Value::Null), read),
        };
        columns.push((id, series));
    };
    for counter in &experiment.counters {
        column(&counter.id, &|reader, samples| reader.counter(counter, samples));
    }
    for histogram in &experiment.histograms {
        column(&histogram.id, &buckets::read);
    }
    let mut blocks = None;
    if let Some((cut, answers)) = cut.zip(ranges) {
        let intervals = intervals::read(experiment, cut, answers, &mut problems);
        for ((_, column), rows) in columns.iter_mut().zip(intervals) {
            let Some(rows) = rows else { continue };
            for (series, row) in column.iter_mut().zip(rows).filter(|(_, row)| !row.is_empty()) {
                *series = Series::Counter(Course { total: series.total(), intervals: Some(row) });
                // Blocks of no intervals would be refused where the observations are read again.
                blocks = Some(cut.blocks.iter().map(|block| block.count as usize).collect());
            }
        }
    }
    let versions = experiment.versions.iter().enumerate().map(|(row, version)| {
        let series = columns.iter().map(|(id, column)| ((*id).to_owned(), column[row].clone()));
        (version.id.clone(), Entries(series.collect()))
    });
    Observations { versions: Entries(versions.collect()), blocks, problems }
}

/// Reads one metric's answer.
pub(super) struct Reader<'a> {
    pub(super) experiment: &'a Experiment,
    metric: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(experiment: &'a Experiment, metric: &'a str, problems: &'a mut Vec<Problem>) -> Self {
        Self { experiment, metric, problems }
    }

    fn nothing_asked(&mut self) -> Vec<Series> {
        self.problems.push(Problem {
            metric: self.metric.to_owned(),
            version: None,
            code: NOTHING_ASKED.to_owned(),
            message: "nothing is asked in the first 20 seconds of an experiment".to_owned(),
        });
        self.unknown()
    }

    fn answer(&mut self, answer: &Value, read: &dyn Fn(&mut Self, &[Value]) -> Vec<Series>) -> Vec<Series> {
        self.warnings(answer);
        match samples(answer, "vector") {
            Ok(samples) => read(self, samples),
            Err((status, why)) => {
                self.problem(None, status, why);
                self.unknown()
            }
        }
    }

    /// The value of each version: that of the last sample with its labels.
    fn counter(&mut self, counter: &Counter, samples: &[Value]) -> Vec<Series> {
        let experiment = self.experiment;
        let found: Vec<Option<&Value>> = experiment
            .versions
            .iter()
            .map(|version| samples.iter().rev().find(|sample| belongs_to(sample, version)))
            .collect();
        let broken = samples.iter().any(|sample| !has_labels(sample));
        if broken {
            self.problem(None, Status::NoPromData, "the answer holds what is no sample".to_owned());
        } else if found.iter().all(Option::is_none) {
            self.nothing_matches(samples);
            return self.unknown();
        }
        self.repeated(samples);
        let mut values = Vec::with_capacity(found.len());
        for (version, sample) in experiment.versions.iter().zip(found) {
            values.push(match sample.map(|sample| value_of(sample, counter)) {
                Some(Ok(value)) => Series::from_total(Some(value)),
                Some(Err(why)) => {
                    self.problem(Some(version), Status::NanValue, why);
                    Series::Unknown
                }
                // Who is missing may be what could not be read.
                None if broken => Series::Unknown,
                None => {
                    self.absent(version);
                    Series::Unknown
                }
            });
        }
        values
    }

    /// Says where a version has two samples: Prometheus never answers so, a proxy that merges two of them may.
    fn repeated(&mut self, samples: &[Value]) {
        let experiment = self.experiment;
        let is_repeated =
            |version: &&Version| samples.iter().filter(|sample| belongs_to(sample, version)).nth(1).is_some();
        if let Some(version) = experiment.versions.iter().find(is_repeated) {
            self.warning(format!("several series have the labels {}; the last one counts", labels_of(version)));
        }
    }

    /// Says that no version has a series; and where others have, that nothing can be concluded from it.
    pub(super) fn nothing_matches(&mut self, samples: &[Value]) {
        self.problem(None, Status::NoVersions, nothing_matches(samples, self.experiment));
        if !samples.is_empty() {
            self.problems.push(Problem {
                metric: self.metric.to_owned(),
                version: None,
                code: LABELS_MATCH_NOTHING.to_owned(),
                message: "series were found and none is a version's, so nothing is known, not even that it is 0"
                    .to_owned(),
            });
        }
    }

    pub(super) fn absent(&mut self, version: &Version) {
        self.problem(Some(version), Status::AbsentVersion, format!("no series has the labels {}", labels_of(version)));
    }

    /// Prometheus 3 and Thanos say in `warnings` that a result is partial, and why; VictoriaMetrics in `isPartial` that it is.
    fn warnings(&mut self, answer: &Value) {
        let warnings = answer.get("warnings").and_then(Value::as_array);
        let mut texts: Vec<&str> =
            warnings.into_iter().flatten().filter_map(Value::as_str).take(WARNINGS_MAX).collect();
        if answer.get("isPartial") == Some(&Value::Bool(true)) {
            texts.push("the result is partial");
        }
        if !texts.is_empty() {
            self.warning(texts.join("; "));
        }
    }

    fn warning(&mut self, message: String) {
        self.problems.push(Problem {
            metric: self.metric.to_owned(),
            version: None,
            code: BACKEND_WARNING.to_owned(),
            message: shorten(&message, MESSAGE_LENGTH_MAX),
        });
    }

    pub(super) fn problem(&mut self, version: Option<&Version>, status: Status, message: String) {
        self.problems.push(Problem {
            metric: self.metric.to_owned(),
            version: version.map(|version| version.id.clone()),
            code: status.code().to_owned(),
            message: shorten(&message, MESSAGE_LENGTH_MAX),
        });
    }

    pub(super) fn unknown(&self) -> Vec<Series> {
        vec![Series::Unknown; self.experiment.versions.len()]
    }
}

/// Whether a sample has labels at all, as each of Prometheus' has.
fn has_labels(sample: &Value) -> bool {
    sample.get("metric").and_then(Value::as_object).is_some_and(|metric| metric.values().all(Value::is_string))
}

/// Whether a sample's labels are the version's: the same keys with the same values.
pub(super) fn belongs_to(sample: &Value, version: &Version) -> bool {
    let Some(metric) = sample.get("metric").and_then(Value::as_object) else { return false };
    metric.len() == version.labels.len() && has_labels_of(metric, version)
}

/// Whether these labels are the version's, and perhaps others.
pub(super) fn has_labels_of(metric: &Map<String, Value>, version: &Version) -> bool {
    version.labels.iter().all(|(key, wanted)| wanted.is_string() && metric.get(key) == Some(wanted))
}

/// The number of a sample, or why it is none.
fn value_of(sample: &Value, counter: &Counter) -> Result<f64, String> {
    let number = number_of(sample)?;
    match counter.fault(number) {
        Some(fault) => Err(format!("the value is {}, {fault}", digits::plain(number))),
        None => Ok(number),
    }
}

/// The number of a sample, whatever it counts, or why it is none.
pub(super) fn number_of(sample: &Value) -> Result<f64, String> {
    let value = sample.get("value").and_then(|value| value.get(1));
    let number = match value {
        Some(value) => parse_number(value),
        None if sample.get("histogram").is_some() => {
            return Err("the series is a native histogram: use histogram_sum or histogram_count in the template".into());
        }
        None => None,
    };
    number.ok_or_else(|| match value {
        Some(other) => {
            format!("the value is {}, which is no number", shorten(&write::to_text(other), VALUE_LENGTH_MAX))
        }
        None => "the sample holds no value".to_owned(),
    })
}

/// A number as Prometheus writes it, a text; or a number.
pub(super) fn parse_number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => number::parse_float(text),
        other => other.as_f64(),
    }
}

fn nothing_matches(samples: &[Value], experiment: &Experiment) -> String {
    let wanted = experiment.versions.first().map(labels_of).unwrap_or_default();
    match samples.first().and_then(|sample| sample.get("metric")).and_then(Value::as_object) {
        None => format!("the query found no series; the versions' labels are like {wanted}"),
        Some(metric) => format!(
            "the query found {} series and none has the labels of a version: one has {}, the versions are like {wanted}",
            samples.len(),
            label_text(&mut metric.iter())
        ),
    }
}

/// The version's labels, `{a="x", b="y"}`.
fn labels_of(version: &Version) -> String {
    label_text(&mut version.labels.iter().map(|(key, value)| (key, value)))
}

fn label_text(labels: &mut dyn Iterator<Item = (&String, &Value)>) -> String {
    let mut text = String::from("{");
    for (key, value) in labels {
        if text.len() > 1 {
            text.push_str(", ");
        }
        text.push_str(key);
        text.push('=');
        text.push_str(&write::to_text(value));
    }
    text.push('}');
    shorten(&text, LABELS_LENGTH_MAX)
}

/// A problem's code that is none of v1.0.0's: the backend answered, with a warning.
pub(crate) const BACKEND_WARNING: &str = "backend_warning";
const WARNINGS_MAX: usize = 5;
const MESSAGE_LENGTH_MAX: usize = 600;
const VALUE_LENGTH_MAX: usize = 80;
const LABELS_LENGTH_MAX: usize = 200;
