//! A query and the world's history -> Prometheus' vector or matrix.
//!
//! A window begins behind its left end, as in Prometheus 3, and what a series grew by between its first and its last sample
//! in there is scaled up to the whole window. A window that reaches back to the world's start gives the count itself: all
//! was 0 then. Before the start there are no series.
//!
//! Approximate: Prometheus scales up by less where a window ends in a gap, which the world has none of.
//!
//! Not here: HTTP (`api`), the query's text (`promql`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::history::{History, Window};
use super::promql::{Aggregation, Query};
use super::reading::Function;
use super::series::Series;

/// A query's groups: which series go into which.
#[derive(Debug)]
pub struct Plan<'a> {
    query: &'a Query,
    groups: BTreeMap<Vec<(&'a str, &'static str)>, Vec<Member<'a>>>,
}

/// A series of a group.
#[derive(Debug)]
struct Member<'a> {
    series: &'a Series,
    /// Whether a series with its labels, if it existed long enough ago, takes it out.
    has_elder: bool,
}

impl<'a> Plan<'a> {
    /// What `query` makes of `series`.
    pub fn new(query: &'a Query, series: &'a [Series]) -> Self {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let unless = query.reading.unless.as_ref().map(|unless| &unless.selector);
        let elders: Vec<&Series> = series.iter().filter(|one| unless.is_some_and(|it| it.selects(one))).collect();
        for series in series.iter().filter(|series| query.reading.selector.selects(series)) {
            let mut labels: Vec<_> = query.by.iter().map(|key| (key.as_str(), series.label(key))).collect();
            labels.retain(|(_, value)| !value.is_empty());
            labels.sort_unstable();
            labels.dedup();
            let has_elder = elders.iter().any(|elder| elder.labels == series.labels);
            groups.entry(labels).or_default().push(Member { series, has_elder });
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

    /// The value of a group at `second` of the world; `None` where no member has one.
    fn value(&self, members: &[Member<'_>], history: &History, second: f64) -> Option<String> {
        let reading = &self.query.reading;
        let window = history.window(second - reading.window_seconds, second)?;
        let elders_exist = reading.unless.as_ref().is_some_and(|unless| second - unless.offset_seconds >= 0.0);
        let left = members.iter().filter(|member| !(member.has_elder && elders_exist));
        let values = left.filter_map(|member| read(reading.function, member.series, &window));
        let value = match self.query.aggregation {
            Aggregation::Sum => values.reduce(|one, other| one + other),
            Aggregation::Max => values.reduce(f64::max),
        }?;
        // All series have the same samples' times. Last, so that sums of whole numbers stay exact.
        let scaled = match (reading.function, window.first.second) {
            (Function::Increase, 1..) => value * reading.window_seconds / window.span_seconds(),
            _ => value,
        };
        Some((scaled * self.query.factor).to_string())
    }
}

/// What `function` makes of the samples of `series` in `window`, an increase being between the samples.
fn read(function: Function, series: &Series, window: &Window) -> Option<f64> {
    let first = series.value(&window.first.totals);
    match function {
        Function::CountOverTime => Some(window.count as f64),
        // A counter's first value is its least.
        Function::MinOverTime => Some(first as f64),
        Function::Increase if window.count < 2 => None,
        Function::Increase => Some(series.value(&window.last.totals).saturating_sub(first) as f64),
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
                "sum(increase(istio_requests_total{response_code=~'5..'}[105s])) by (destination_workload)*1000",
                500.0
            ),
            json!([of("productpage-v1", "4200"), of("productpage-v2", "0"), of("productpage-v3", "0")])
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
    fn windows_that_are_a_scrape_longer_than_their_distance_lose_nothing() {
        let query = promql::parse("sum(increase(istio_requests_total[20s]))").unwrap_or_else(|error| panic!("{error}"));
        let times: Vec<f64> = (-1..=33).map(|step| START + 5.0 + 15.0 * f64::from(step)).collect();
        let matrix = Plan::new(&query, &series::all()).matrix(&history(), START, &times);
        let values = matrix["result"][0]["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        let count = |value: &Value| value[1].as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
        // The first reaches back to the start and is the count itself.
        let sum = values.iter().map(count).sum::<f64>() * 15.0 / 20.0 + count(&values[0]) * 0.25;
        assert_eq!((values.len(), sum), (34, 500.0));
    }

    #[test]
    fn samples_are_counted_and_series_are_newborn_at_the_start_alone() {
        let value = |query: &str, second: f64| vector(query, second)[0]["value"][1].clone();
        let samples = "max(count_over_time(istio_requests_total{response_code='200'}[5m]))";
        assert_eq!((value(samples, 400.0), value(samples, 100.0)), (json!("60"), json!("21")));
        let selector = "istio_requests_total{response_code='200'}";
        let newborn = format!("(sum((min_over_time({selector}[15s]) unless {selector} offset 15s)))*1000");
        assert_eq!(value(&newborn, 14.0), "0", "all begin at 0");
        assert_eq!((vector(&newborn, 15.0), vector(&newborn, 400.0)), (json!([]), json!([])));
        let least = format!("sum(min_over_time({selector}[15s]) unless nobody_counts_this_total offset 15s)");
        assert_eq!(value(&least, 400.0), "375", "at second 390: 312 - 15 of v1, 78 of v3");
    }
}
