//! A known hour, written into a real Prometheus, comes back as intervals; and the verdicts on it are right, again and again.
//!
//! Two versions of a service, scraped every ten seconds at odd times. The candidate's first failures come ten minutes after
//! the start, all at once, and until then it has no series of failures, as with Istio: no `increase` sees them.
//!
//! Not here: a Prometheus that scrapes, dies and comes back in the middle (`main`).

use std::fmt::Write;

use iter8_analytics::{Instant, Options, observe, queries};
use serde_json::{Value, json};

use super::controller::rfc3339;
use super::process::{Http, Prometheus, Server, unix_seconds};

/// What a version did up to each scrape.
struct Version {
    id: &'static str,
    requests_per_scrape: u64,
    failure_probability: f64,
    /// Until then nothing fails; at that scrape [`FIRST_FAILURES`] do.
    failures_from: usize,
    latency_ms: f64,
}

const VERSIONS: [Version; 2] = [
    Version { id: "v1", requests_per_scrape: 200, failure_probability: 0.06, failures_from: 0, latency_ms: 150.0 },
    Version { id: "v2", requests_per_scrape: 50, failure_probability: 0.01, failures_from: 91, latency_ms: 80.0 },
];

/// Cumulative counts at a scrape.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub requests: f64,
    pub failures: f64,
    pub latency_ms_sum: f64,
}

/// The hour, and five minutes before it.
pub struct Hour {
    pub start: i64,
    scrapes: [Vec<Counts>; 2],
}

impl Hour {
    /// It began five hours ago: long enough to be history, short enough to be kept.
    pub fn new() -> Self {
        let start = (unix_seconds() as i64 - 5 * 3600) / 60 * 60;
        let random = fastrand::Rng::with_seed(7);
        Self { start, scrapes: VERSIONS.map(|version| serve(&version, random.clone())) }
    }

    /// When the scrape at `index` was made.
    fn time(&self, index: usize) -> i64 {
        self.start + SCRAPE_SECONDS * (index as i64 - SCRAPES_BEFORE) + OFFSET_SECONDS
    }

    /// What `version` did from the start to `seconds` later, as far as scrapes tell.
    pub fn truth(&self, version: usize, seconds: i64) -> Counts {
        let at = |seconds: i64| {
            let last = (0..SCRAPES).rev().find(|index| self.time(*index) <= self.start + seconds).unwrap();
            self.scrapes[version][last]
        };
        let (from, to) = (at(0), at(seconds));
        Counts {
            requests: to.requests - from.requests,
            failures: to.failures - from.failures,
            latency_ms_sum: to.latency_ms_sum - from.latency_ms_sum,
        }
    }

    /// As OpenMetrics, for `promtool`.
    pub fn open_metrics(&self) -> String {
        let mut text = "# TYPE requests counter\n".to_owned();
        for (version, scrapes) in VERSIONS.iter().zip(&self.scrapes) {
            let ok = |counts: &Counts| counts.requests - counts.failures;
            self.write(&mut text, "requests_total", version.id, ",code=\"200\"", scrapes, ok);
            self.write(&mut text, "requests_total", version.id, ",code=\"503\"", scrapes, |counts| counts.failures);
        }
        text.push_str("# TYPE latency_ms_sum counter\n");
        for (version, scrapes) in VERSIONS.iter().zip(&self.scrapes) {
            self.write(&mut text, "latency_ms_sum_total", version.id, "", scrapes, |counts| counts.latency_ms_sum);
        }
        text + "# EOF\n"
    }

    /// One series; it begins with its first value above 0.
    fn write(
        &self,
        text: &mut String,
        name: &str,
        version: &str,
        more: &str,
        scrapes: &[Counts],
        value: impl Fn(&Counts) -> f64,
    ) {
        let known = scrapes.iter().enumerate().skip_while(|(_, counts)| value(counts) == 0.0);
        for (index, counts) in known {
            writeln!(text, "{name}{{version=\"{version}\"{more}}} {} {}", value(counts), self.time(index)).unwrap();
        }
    }

    pub fn experiment(&self, now: i64) -> Value {
        let template = |selector: &str| format!("sum(increase({selector}[$interval])) by ($version_labels)");
        let version = |id: &str| json!({"id": id, "version_labels": {"version": id}});
        let ratio = |name: &str, numerator: &str, zero_to_one: bool| {
            json!({"name": name, "numerator": numerator, "denominator": "iter8_request_count",
                   "preferred_direction": "lower", "zero_to_one": zero_to_one})
        };
        let limit = |metric: &str, value: f64| json!({"id": metric, "metric_id": metric, "threshold": {"type": "absolute", "value": value}});
        json!({
            "name": "hour", "start_time": rfc3339(self.start * 1000), "now": rfc3339(now * 1000),
            "service_name": "shop",
            "baseline": version("v1"), "candidates": [version("v2")],
            "metric_specs": {
                "counter_metrics": [
                    {"name": "iter8_request_count", "query_template": template("requests_total")},
                    {"name": "failures", "query_template": template("requests_total{code=~'5..'}")},
                    {"name": "latency_ms_sum", "query_template": template("latency_ms_sum_total")}
                ],
                "ratio_metrics": [ratio("failure_rate", "failures", true), ratio("latency_ms", "latency_ms_sum", false)]
            },
            "criteria": [limit("failure_rate", 0.03), limit("latency_ms", 110.0)]
        })
    }
}

fn serve(version: &Version, mut random: fastrand::Rng) -> Vec<Counts> {
    let mut counts = Counts::default();
    let mut scrapes = Vec::with_capacity(SCRAPES);
    for index in 0..SCRAPES {
        for _ in 0..version.requests_per_scrape {
            counts.requests += 1.0;
            counts.latency_ms_sum += (version.latency_ms * (0.5 + random.f64())).round();
            if index >= version.failures_from && random.f64() < version.failure_probability {
                counts.failures += 1.0;
            }
        }
        if index == version.failures_from {
            counts.failures += FIRST_FAILURES;
        }
        scrapes.push(counts);
    }
    scrapes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_too_long_for_a_url_is_answered_as_a_form() {
    let http = Http::new();
    let hour = Hour::new();
    let prometheus = Prometheus::with_history(&hour.open_metrics());
    let server = Server::with_method(&prometheus.url(), "v1");
    prometheus.wait_until_ready(&http).await;
    server.wait_until_ready(&http).await;
    let mut experiment = hour.experiment(hour.start + 3600);
    let (_, short) = http.post(&server.url("/assessment"), &experiment).await;
    for counter in experiment["metric_specs"]["counter_metrics"].as_array_mut().unwrap() {
        // A brace takes three letters of a URL.
        let matcher = format!("version!='{}',", "{}".repeat(15_000));
        let template = counter["query_template"].as_str().unwrap();
        let long = if template.contains('{') {
            template.replacen('{', &format!("{{{matcher}"), 1)
        } else {
            template.replacen('[', &format!("{{{matcher}}}["), 1)
        };
        counter["query_template"] = json!(long);
    }
    let (status, long) = http.post(&server.url("/assessment"), &experiment).await;
    assert_eq!((status, &long["status"]), (200, &json!([])), "{long}");
    for pointer in ["/baseline_assessment/request_count", "/candidate_assessments/0/request_count"] {
        assert!(long.pointer(pointer).is_some_and(|count| count.as_i64() > Some(0)), "{long}");
        assert_eq!(long.pointer(pointer), short.pointer(pointer));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_hour_comes_back_as_intervals_with_the_right_verdicts_and_again_after_a_restart() {
    let http = Http::new();
    let hour = Hour::new();
    let mut prometheus = Prometheus::with_history(&hour.open_metrics());
    let server = Server::start(&prometheus.url());
    prometheus.wait_until_ready(&http).await;
    server.wait_until_ready(&http).await;

    intervals_are_true(&http, &prometheus, &hour, 600).await;
    intervals_are_true(&http, &prometheus, &hour, 3600).await;

    let experiment = hour.experiment(hour.start + 3600);
    let (status, reply) = http.post(&server.url("/assessment"), &experiment).await;
    assert_eq!((status, &reply["status"]), (200, &json!([])), "{reply}");
    let verdicts = |version: &Value| {
        [0, 1].map(|criterion| version["criterion_assessments"][criterion]["evidence"]["verdict"].clone())
    };
    assert_eq!(verdicts(&reply["baseline_assessment"]), ["violated", "violated"], "{reply}");
    assert_eq!(verdicts(&reply["candidate_assessments"][0]), ["satisfied", "satisfied"], "{reply}");
    let winner = &reply["winner_assessment"];
    assert_eq!((&winner["winning_version_found"], &winner["current_best_version"]), (&json!(true), &json!("v2")));
    let codes: Vec<&Value> = reply["notes"].as_array().unwrap().iter().map(|note| &note["code"]).collect();
    assert!(codes.contains(&&json!("newborn_series")), "{}", reply["notes"]);

    prometheus.kill();
    prometheus.restart();
    prometheus.wait_until_ready(&http).await;
    assert_eq!(http.post(&server.url("/assessment"), &experiment).await, (200, reply));
}

/// What is observed `seconds` after the start has ten intervals or more, which sum up to the truth.
async fn intervals_are_true(http: &Http, prometheus: &Prometheus, hour: &Hour, seconds: i64) {
    let experiment = hour.experiment(hour.start + seconds);
    let options = Options::new(Instant::from_unix_micros((hour.start + seconds) * 1_000_000));
    let mut answers = Vec::new();
    loop {
        let asked = queries(&experiment, &answers, &options).unwrap();
        if asked.is_empty() {
            break;
        }
        for query in asked {
            answers.push(prometheus.answer(http, &serde_json::to_value(&query).unwrap()).await);
        }
    }
    let observed = serde_json::to_value(observe(&experiment, &answers, &options).unwrap()).unwrap();
    for (index, version) in VERSIONS.iter().enumerate() {
        let counters = &observed["versions"][version.id];
        let intervals = |counter: &str| -> Vec<f64> {
            // Without a total, which a series that was not there has not, the list stands by itself.
            let both = &counters[counter];
            let list = both.get("intervals").unwrap_or(both);
            serde_json::from_value(list.clone()).unwrap_or_else(|_| panic!("{observed}"))
        };
        let count = intervals("iter8_request_count").len() as i64;
        assert!(count >= 10 && count == (seconds - SCRAPE_SECONDS) / STEP_SECONDS, "{count} in {seconds} s");
        let truth = hour.truth(index, count * STEP_SECONDS);
        for (counter, truth) in [
            ("iter8_request_count", truth.requests),
            ("failures", truth.failures),
            ("latency_ms_sum", truth.latency_ms_sum),
        ] {
            let sum: f64 = intervals(counter).iter().sum();
            let is_near = if truth == 0.0 { sum == 0.0 } else { (sum / truth - 1.0).abs() < 0.03 };
            assert!(is_near, "{counter} of {} after {seconds} s: {sum}, in truth {truth}", version.id);
        }
        if version.failures_from > 0 && seconds > 1000 {
            let place = (hour.time(version.failures_from) - hour.start) / STEP_SECONDS;
            let first = intervals("failures")[place as usize];
            assert!(first >= FIRST_FAILURES, "{first} in interval {place}");
        }
    }
}

const SCRAPE_SECONDS: i64 = 10;
/// The shortest of 15 s or more that holds whole scrapes.
const STEP_SECONDS: i64 = 20;
/// Scrapes do not wait for an experiment.
const OFFSET_SECONDS: i64 = 3;
/// Five minutes: what came before an experiment does not count.
const SCRAPES_BEFORE: i64 = 30;
const SCRAPES: usize = 400;
const FIRST_FAILURES: f64 = 12.0;
