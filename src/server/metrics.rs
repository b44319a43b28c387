//! What the server does becomes numbers that a Prometheus can scrape: `GET /metrics`.
//!
//! Latencies and outcomes of requests, of rounds of queries and of the memory are counted as they happen
//! (prometheus-client). What was last said of each experiment is a table ([`verdicts`]) that is read when it is scraped.
//! Labels are of few values, whatever clients send.
//!
//! Not here: metrics of the services under experiment, which are the backend's.

mod verdicts;

use std::fmt;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

use super::trend::Trend;
use crate::Experiment;
use crate::assessment::{Assessment, Method};
use verdicts::Verdicts;

/// The server's numbers.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<PathLabel, Histogram>,
    assessments: Family<AssessmentLabels, Counter>,
    problems: Family<ProblemLabel, Counter>,
    round_seconds: Histogram,
    queries: Counter,
    failures: Family<KindLabel, Counter>,
    memory: Family<OutcomeLabel, Counter>,
    verdicts: Verdicts,
    trend: Option<Trend>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    path: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabel {
    path: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AssessmentLabels {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProblemLabel {
    problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

impl Metrics {
    /// Numbers that start at 0; told with them is what `trend` knows.
    pub fn new(trend: Option<Trend>) -> Self {
        let mut registry = Registry::with_prefix("iter8_analytics");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by path and status", requests.clone());
        let request_seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let help = "Time from a request's head to its reply, by path";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, request_seconds.clone());
        let assessments = Family::default();
        let help = "Assessments given, by method and by whether they name a winner";
        registry.register("assessments", help, assessments.clone());
        let problems = Family::default();
        let help = "Assessments whose data had a problem, by v1.0.0's code for it";
        registry.register("assessment_problems", help, problems.clone());
        let round_seconds = seconds();
        let help = "Time that one round of queries to the metrics backend took, all its tries included";
        registry.register_with_unit("backend_round_duration", help, Unit::Seconds, round_seconds.clone());
        let queries = Counter::default();
        registry.register("backend_queries", "Queries sent to the metrics backend", queries.clone());
        let failures = Family::default();
        let help = "Queries that the metrics backend did not answer with data, by kind of failure";
        registry.register("backend_failures", help, failures.clone());
        let memory = Family::default();
        registry.register("memory_operations", "Look-ups and writes of the memory, by outcome", memory.clone());
        let help = "The running program";
        registry.register("build", help, Info::new([("version", crate::version())]));
        let verdicts = Verdicts::default();
        registry.register_collector(Box::new(verdicts.clone()));
        Self {
            registry,
            requests,
            request_seconds,
            assessments,
            problems,
            round_seconds,
            queries,
            failures,
            memory,
            verdicts,
            trend,
        }
    }

    /// Counts one round of queries that took `time`, and what came of it.
    pub fn asked(&self, time: Duration, answers: &[Value]) {
        self.round_seconds.observe(time.as_secs_f64());
        self.queries.inc_by(answers.len() as u64);
        for kind in answers.iter().filter_map(kind_of_failure) {
            self.failures.get_or_create(&KindLabel { kind }).inc();
        }
    }

    /// Counts `assessment` of `experiment`, and shows what it says unless it is a replay.
    pub fn assessed(&self, experiment: &Experiment, assessment: &Assessment) {
        let method = match assessment.method {
            Method::Sequential => "sequential",
            Method::V1 => "v1",
        };
        let outcome = if assessment.winner_assessment.winning_version_found { "winner" } else { "no_winner" };
        self.assessments.get_or_create(&AssessmentLabels { method, outcome }).inc();
        for status in &assessment.status {
            // The codes are a list of a dozen: what stands there cannot come from a client.
            self.problems.get_or_create(&ProblemLabel { problem: status.code().replace(' ', "_") }).inc();
        }
        if experiment.now().is_none() {
            self.verdicts.show(experiment, assessment);
        }
    }

    /// Counts one use of the memory.
    pub fn remembered(&self, outcome: &'static str) {
        self.memory.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// All numbers, in the OpenMetrics text format.
    ///
    /// # Errors
    /// Never, since writing to memory does not fail.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        if let Some(trend) = &self.trend {
            // The format's last line is its last.
            text.truncate(text.trim_end_matches(END).len());
            text.push_str(&trend.text());
            text.push_str(END);
        }
        Ok(text)
    }
}

/// Lets `request` through and counts it.
pub(super) async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let path = known(request.uri().path());
    let response = next.run(request).await;
    metrics.request_seconds.get_or_create(&PathLabel { path }).observe(start.elapsed().as_secs_f64());
    metrics.requests.get_or_create(&RequestLabels { path, status: response.status().as_u16() }).inc();
    response
}

/// What `path` is called in labels: clients must not be able to make up new ones.
fn known(path: &str) -> &'static str {
    PATHS.iter().find(|known| **known == path).copied().unwrap_or("other")
}

/// The kind of failure that `answer` is; `None` if it holds data.
fn kind_of_failure(answer: &Value) -> Option<&'static str> {
    let error = answer.get("error")?.as_str().unwrap_or_default();
    if answer.get("status").is_some() {
        // Prometheus' own error: its query, its limits.
        let kind = answer.get("errorType").and_then(Value::as_str).unwrap_or_default();
        return Some(REFUSALS.iter().find(|known| **known == kind).copied().unwrap_or("refused"));
    }
    let kind = TRANSPORT.iter().find(|(words, _)| error.contains(words)).map(|(_, kind)| *kind);
    Some(kind.unwrap_or("connection"))
}

fn seconds() -> Histogram {
    Histogram::new(BUCKETS_SECONDS)
}

/// From a small experiment without queries to the backend's deadline and beyond.
const BUCKETS_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// What ends the OpenMetrics text format.
const END: &str = "# EOF\n";
const PATHS: &[&str] = &["/assessment", "/health_check", "/ready", "/metrics", "/openapi.json", "/docs"];
/// Prometheus' own words for kinds of errors.
const REFUSALS: &[&str] = &["timeout", "canceled", "execution", "bad_data", "internal", "unavailable", "not_found"];
/// What the client's messages say, and the kind that is.
const TRANSPORT: &[(&str, &str)] = &[
    ("no answer within", "no_answer"),
    ("no time was left", "no_time"),
    ("HTTP status", "http_status"),
    ("reply is longer", "too_long"),
    ("certificate", "tls"),
    ("redirect", "redirect"),
    ("token file", "token"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn failures_have_few_kinds_whatever_a_backend_says() {
        for (answer, kind) in [
            (json!({"status": "success", "data": {}}), None),
            (json!({"status": "error", "errorType": "bad_data", "error": "no"}), Some("bad_data")),
            (json!({"status": "error", "errorType": "anything", "error": "no"}), Some("refused")),
            (json!({"error": "http://prom: no answer within 2.0 s (3 tries)"}), Some("no_answer")),
            (
                json!({"error": "http://prom: HTTP status 502, no reply of Prometheus: `x` (1 try)"}),
                Some("http_status"),
            ),
            (json!({"error": "http://prom: connection refused (3 tries)"}), Some("connection")),
        ] {
            assert_eq!(kind_of_failure(&answer), kind, "{answer}");
        }
    }
}
