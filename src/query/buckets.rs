//! Prometheus' answer to a histogram's query -> buckets of each version.
//!
//! A series belongs to a version if its labels are the version's and `le`, the bucket's upper edge. A histogram without the
//! bucket of all values (`+Inf`), or with a value that is no count, is unknown, and a problem says why.
//!
//! Not here: counters (`answers`).

use serde_json::Value;

use super::answers::{Reader, has_labels_of, number_of};
use crate::experiment::Version;
use crate::wire::series::{Buckets, Course, Series};
use crate::wire::status::Status;
use crate::wire::{digits, number};

/// The histogram of each version.
pub(super) fn read(reader: &mut Reader, samples: &[Value]) -> Vec<Series> {
    let experiment = reader.experiment;
    let found: Vec<Vec<&Value>> = experiment
        .versions
        .iter()
        .map(|version| samples.iter().filter(|sample| is_bucket_of(sample, version)).collect())
        .collect();
    if found.iter().all(Vec::is_empty) {
        reader.nothing_matches(samples);
        return reader.unknown();
    }
    let mut histograms = Vec::with_capacity(found.len());
    for (version, samples) in experiment.versions.iter().zip(found) {
        histograms.push(if samples.is_empty() {
            reader.absent(version);
            Series::Unknown
        } else {
            match buckets(&samples) {
                Ok(buckets) => Series::Histogram(Course { total: Some(buckets), intervals: None }),
                Err(why) => {
                    reader.problem(Some(version), Status::NanValue, why);
                    Series::Unknown
                }
            }
        });
    }
    histograms
}

/// Whether a sample's labels are the version's and `le`.
fn is_bucket_of(sample: &Value, version: &Version) -> bool {
    let Some(metric) = sample.get("metric").and_then(Value::as_object) else { return false };
    metric.len() == version.labels.len() + 1 && metric.contains_key(EDGE) && has_labels_of(metric, version)
}

fn buckets(samples: &[&Value]) -> Result<Buckets, String> {
    let (mut edges, mut counts) = (Vec::with_capacity(samples.len()), Vec::with_capacity(samples.len()));
    for sample in samples {
        let text = sample.get("metric").and_then(|metric| metric.get(EDGE)).and_then(Value::as_str).unwrap_or_default();
        let edge = number::parse_float(text).filter(|edge| !edge.is_nan());
        let edge = edge.ok_or_else(|| format!("le is `{text}`, which is no number"))?;
        let count = number_of(sample)?;
        if !(count >= 0.0 && count.is_finite()) {
            return Err(format!("the bucket up to {text} holds {}, which is no count", digits::plain(count)));
        }
        edges.push(edge);
        counts.push(count);
    }
    let buckets = Buckets::sorted(&edges, &counts);
    if buckets.edges.last().is_none_or(|edge| edge.is_finite()) {
        return Err("the bucket of all values, le=\"+Inf\", is missing".to_owned());
    }
    Ok(buckets)
}

/// The label with a bucket's upper edge.
const EDGE: &str = "le";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn buckets_are_sorted_by_their_edge_and_need_the_last() {
        let sample = |le: &str, count: &str| json!({"metric": {"version": "v1", "le": le}, "value": [0, count]});
        let (all, one, five) = (sample("+Inf", "9"), sample("1", "2"), sample("5.0", "7"));
        let read = buckets(&[&all, &five, &one]).unwrap();
        assert_eq!((read.edges, read.counts), (vec![1.0, 5.0, f64::INFINITY], vec![2.0, 7.0, 9.0]));
        assert!(buckets(&[&one]).unwrap_err().contains("+Inf"));
        assert!(buckets(&[&all, &sample("x", "1")]).unwrap_err().contains("`x`"));
        assert!(buckets(&[&sample("1", "NaN"), &all]).unwrap_err().contains("no count"));
    }
}
