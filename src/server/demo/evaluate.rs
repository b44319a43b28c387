//! A query and the world's history -> Prometheus' vector or matrix.
//!
//! The increase over a window is the difference between the totals at its two ends: nothing is extrapolated, so counts
//! are whole numbers and neighbouring windows add up. Before the world's start there are no series.
//!
//! Not here: HTTP (`api`), the query's text (`promql`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::history::History;
use super::promql::Query;
use super::series::Series;

/// A query's sums: which series go into which.
#[derive(Debug)]
pub struct Plan<'a> {
    query: &'a Query,
    groups: BTreeMap<Vec<(&'a str, &'static str)>, Vec<&'a Series>>,
}

impl<'a> Plan<'a> {
    /// What `query` sums of `series`.
    pub fn new(query: &'a Query, series: &'a [Series]) -> Self {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for series in series.iter().filter(|series| query.selects(series)) {
            let mut labels: Vec<_> = query.by.iter().map(|key| (key.as_str(), series.label(key))).collect();
            labels.retain(|(_, value)| !value.is_empty());
            labels.sort_unstable();
            labels.dedup();
            groups.entry(labels).or_default().push(series);
        }
        Self { query, groups }
    }

    /// The vector at `time` (Unix), in a world that started at `start`.
    pub fn vector(&self, history: &History, start: f64, time: f64) -> Value {
        let samples = self.groups.iter().filter_map(|(labels, members)| {
            let value = self.value(members, history, time - start)?;
            Some(json!({ "metric": metric(labels), "value": [timestamp(time), value] }))
        });
        json!({ "resultType": "vector", "result": samples.collect::<Vec<_>>() })
    }

    /// The matrix at `times` (Unix), in a world that started at `start`.
    pub fn matrix(&self, history: &History, start: f64, times: &[f64]) -> Value {
        let rows = self.groups.iter().filter_map(|(labels, members)| {
            let values: Vec<Value> = times
                .iter()
                .filter_map(|time| Some(json!([timestamp(*time), self.value(members, history, time - start)?])))
                .collect();
            (!values.is_empty()).then(|| json!({ "metric": metric(labels), "values": values }))
        });
        json!({ "resultType": "matrix", "result": rows.collect::<Vec<_>>() })
    }

    /// The sum of the increases of `members` up to `second` of the world; `None` before its start.
    fn value(&self, members: &[&Series], history: &History, second: f64) -> Option<String> {
        if second < 0.0 {
            return None;
        }
        let (from, to) = (history.at(second - self.query.window_seconds), history.at(second));
        let increase: u64 = members.iter().map(|series| series.value(&to).saturating_sub(series.value(&from))).sum();
        Some((increase as f64 * self.query.factor).to_string())
    }
}

fn metric(labels: &[(&str, &str)]) -> Value {
    labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect::<serde_json::Map<_, _>>().into()
}

/// Whole seconds as an integer, as Prometheus writes them.
fn timestamp(time: f64) -> Value {
    let milliseconds = (time * 1000.0).round();
    if milliseconds % 1000.0 == 0.0 {
        Value::from((milliseconds / 1000.0) as i64)
    } else {
        Value::from(milliseconds / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::STEP_SECONDS;
    use super::super::traffic::Totals;
    use super::super::{promql, series};
    use super::*;

    const START: f64 = 1_767_225_600.0;

    /// v1 serves 4 requests and v3 one a step, every twentieth of v1's fails.
    fn history() -> History {
        let mut history = History::default();
        for step in 1..=100 {
            let mut totals = Totals::default();
            (totals[0].succeeded, totals[0].failed, totals[2].succeeded) = (4 * step - step / 5, step / 5, step);
            history.push(step * STEP_SECONDS, totals);
        }
        history
    }

    fn vector(query: &str, second: f64) -> Value {
        let query = promql::parse(query).unwrap_or_else(|error| panic!("{error}"));
        Plan::new(&query, &series::all()).vector(&history(), START, START + second)["result"].take()
    }

    #[test]
    fn each_group_is_summed_over_its_window() {
        let of = |workload: &str, count: &str| {
            let labels = json!({ "destination_workload": workload });
            json!({ "metric": labels, "value": [1_767_226_100, count] })
        };
        assert_eq!(
            vector("sum(increase(istio_requests_total[500s])) by (destination_workload)", 500.0),
            json!([of("productpage-v1", "400"), of("productpage-v2", "0"), of("productpage-v3", "100")])
        );
        assert_eq!(
            vector(
                "sum(increase(istio_requests_total{response_code=~'5..'}[100s])) by (destination_workload)*1000",
                500.0
            ),
            json!([of("productpage-v1", "4000"), of("productpage-v2", "0"), of("productpage-v3", "0")])
        );
    }

    #[test]
    fn without_labels_there_is_one_sum_and_without_series_none() {
        assert_eq!(
            vector("sum(increase(istio_requests_total[1y]))", 100.5),
            json!([{"metric": {}, "value": [1_767_225_700.5, "100"]}])
        );
        assert_eq!(vector("sum(increase(nobody_counts_this_total[1y]))", 100.0), json!([]));
        assert_eq!(vector("sum(increase(istio_requests_total[1y]))", -1.0), json!([]));
        assert_eq!(
            vector("sum(increase(istio_requests_total{response_code='500'}[1y])) by (no_such_label)", 100.0),
            json!([{"metric": {}, "value": [1_767_225_700, "4"]}])
        );
    }

    #[test]
    fn neighbouring_windows_add_up() {
        let query = promql::parse("sum(increase(istio_requests_total[15s]))").unwrap_or_else(|error| panic!("{error}"));
        let times: Vec<f64> = (-1..=33).map(|step| START + 15.0 * f64::from(step)).collect();
        let matrix = Plan::new(&query, &series::all()).matrix(&history(), START, &times);
        let values = matrix["result"][0]["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        let count = |value: &Value| value[1].as_str().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        assert_eq!((values.len(), values.iter().map(count).sum::<u64>()), (34, 5 * 99));
    }
}
