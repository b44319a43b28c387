//! The world's totals -> named series with labels, as Istio and the application export them.
//!
//! For each version: `istio_requests_total` (one series for each response code), the series of the histogram
//! `istio_request_duration_milliseconds` and `number_of_books_purchased_total`. All exist from the world's start on.
//!
//! Not here: the same requests as the destination's proxy reports them, and labels that no template of iter8 reads.

use super::experiment::{NAMESPACE, SERVICE};
use super::traffic::{BUCKETS, Totals, VERSIONS};

/// One series: what it is called and where its value lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The metric's name.
    pub metric: &'static str,
    /// Its labels but the name, sorted by key.
    pub labels: Vec<(&'static str, &'static str)>,
    version: usize,
    counter: Counter,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Counter {
    Succeeded,
    Failed,
    LatencySum,
    LatencyCount,
    Within(usize),
    Books,
}

impl Series {
    /// The label's value; empty where the series has no such label, as Prometheus has it.
    pub fn label(&self, key: &str) -> &'static str {
        self.labels.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value)
    }

    /// The series' value among `totals`.
    pub fn value(&self, totals: &Totals) -> u64 {
        let Some(version) = totals.get(self.version) else { return 0 };
        match self.counter {
            Counter::Succeeded => version.succeeded,
            Counter::Failed => version.failed,
            Counter::LatencySum => version.latency_ms_sum,
            Counter::LatencyCount => version.succeeded + version.failed,
            Counter::Within(bucket) => version.within.get(bucket).copied().unwrap_or_default(),
            Counter::Books => version.books,
        }
    }
}

/// Every series of the world.
pub fn all() -> Vec<Series> {
    (0..VERSIONS.len()).flat_map(of_version).collect()
}

fn of_version(version: usize) -> Vec<Series> {
    let workload = VERSIONS.get(version).map_or("", |version| version.workload);
    let base =
        [("destination_workload", workload), ("destination_workload_namespace", NAMESPACE), ("job", "kubernetes-pods")];
    let proxied = [
        ("destination_service_name", SERVICE),
        ("destination_service_namespace", NAMESPACE),
        ("reporter", "source"),
        ("request_protocol", "http"),
        ("source_workload", "istio-ingressgateway"),
    ];
    let series = |metric: &'static str, counter: Counter, more: &[(&'static str, &'static str)]| {
        let mut labels = [base.as_slice(), more].concat();
        labels.sort_unstable();
        Series { metric, labels, version, counter }
    };
    let istio = |metric, counter, own: &[(&'static str, &'static str)]| {
        series(metric, counter, &[proxied.as_slice(), own].concat())
    };
    let mut all = vec![
        istio("istio_requests_total", Counter::Succeeded, &[("response_code", "200")]),
        istio("istio_requests_total", Counter::Failed, &[("response_code", "500")]),
        istio("istio_request_duration_milliseconds_sum", Counter::LatencySum, &[]),
        istio("istio_request_duration_milliseconds_count", Counter::LatencyCount, &[]),
        series("number_of_books_purchased_total", Counter::Books, &[]),
    ];
    all.extend(BUCKETS.iter().enumerate().map(|(bucket, (limit, _))| {
        istio("istio_request_duration_milliseconds_bucket", Counter::Within(bucket), &[("le", limit)])
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_series_once() {
        let all = all();
        assert_eq!(all.len(), 3 * (5 + BUCKETS.len()));
        for (place, series) in all.iter().enumerate() {
            assert!(series.labels.is_sorted(), "{series:?}");
            assert!(!all[..place].iter().any(|other| other.metric == series.metric && other.labels == series.labels));
        }
    }

    #[test]
    fn a_series_reads_its_own_counter() {
        let mut totals = Totals::default();
        totals[1].failed = 3;
        totals[1].succeeded = 7;
        totals[1].within[8] = 5;
        let value = |metric: &str, key: &str, label: &str| -> u64 {
            let found = all().into_iter().find(|series| {
                series.metric == metric
                    && series.label("destination_workload") == "productpage-v2"
                    && series.label(key) == label
            });
            found.map_or(999, |series| series.value(&totals))
        };
        assert_eq!(value("istio_requests_total", "response_code", "500"), 3);
        assert_eq!(value("istio_request_duration_milliseconds_bucket", "le", "500"), 5);
        assert_eq!(value("istio_request_duration_milliseconds_count", "le", ""), 10);
    }
}
