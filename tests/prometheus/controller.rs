//! iter8's controller as the server sees it: requests of its shape, replies read with its strictness, state sent back.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::process::{Http, Server};

/// One canary: a baseline and a candidate.
pub struct Controller {
    pub service: &'static str,
    /// The last reply; null before the first.
    pub reply: Value,
    start_unix_seconds: i64,
    iteration: u64,
    last_state: Value,
}

impl Controller {
    pub fn new(service: &'static str, start_unix_seconds: i64) -> Self {
        Self { service, reply: Value::Null, start_unix_seconds, iteration: 0, last_state: json!({}) }
    }

    /// Asks for an assessment and takes it in. An experiment would be parked for good by any other reply than a
    /// readable 200.
    pub async fn iterate(&mut self, http: &Http, server: &Server) {
        let (status, reply) = http.post(&server.url("/assessment"), &self.request()).await;
        assert_eq!(status, 200, "{reply}");
        self.iteration += 1;
        self.last_state = reply["last_state"].clone();
        self.reply = reply;
        let split = &self.reply["traffic_split_recommendation"]["progressive"];
        let weights =
            ["baseline", "candidate-0"].map(|id| split[id].as_i64().unwrap_or_else(|| panic!("{id}: {split}")));
        assert_eq!(weights.iter().sum::<i64>(), 100, "{split}");
    }

    /// The candidate's share of the traffic by the last reply.
    pub fn candidate_percent(&self) -> u64 {
        self.reply["traffic_split_recommendation"]["progressive"]["candidate-0"].as_u64().unwrap()
    }

    /// The assessment as of `time`, from nothing but what Prometheus knows.
    pub async fn assess_as_of(&self, http: &Http, server: &Server, time: f64) -> Value {
        let mut request = self.request();
        request["last_state"] = json!({});
        // A millisecond later: the scrape of `time` lies within the window whichever way the fraction was rounded.
        request["now"] = rfc3339((time * 1000.0).round() as i64 + 1).into();
        let (status, reply) = http.post(&server.url("/assessment"), &request).await;
        assert_eq!(status, 200, "{reply}");
        reply
    }

    fn request(&self) -> Value {
        let version = |id: &str, version: &str| {
            let workload = format!("{}-{version}", self.service);
            json!({"id": id, "version_labels": {
                "destination_workload": workload, "destination_workload_namespace": "bookinfo"
            }})
        };
        let criterion = |metric: &str, limit: f64| {
            json!({"id": metric, "metric_id": metric, "is_reward": false,
                   "threshold": {"threshold_type": "absolute", "value": limit}})
        };
        json!({
            "name": format!("{}-canary", self.service),
            "start_time": rfc3339(self.start_unix_seconds * 1000),
            "service_name": self.service,
            "iteration_number": self.iteration,
            "metric_specs": {
                "counter_metrics": [
                    {"name": "iter8_request_count", "query_template": template("istio_requests_total", "")},
                    {
                        "name": "iter8_total_latency",
                        "query_template": template("istio_request_duration_milliseconds_sum", "")
                    },
                    {
                        "name": "iter8_error_count", "preferred_direction": "lower",
                        "query_template": template("istio_requests_total", "response_code=~'5..',")
                    }
                ],
                "ratio_metrics": [
                    {
                        "name": "iter8_mean_latency", "preferred_direction": "lower",
                        "numerator": "iter8_total_latency", "denominator": "iter8_request_count"
                    },
                    {
                        "name": "iter8_error_rate", "preferred_direction": "lower", "zero_to_one": true,
                        "numerator": "iter8_error_count", "denominator": "iter8_request_count"
                    }
                ]
            },
            "criteria": [criterion("iter8_mean_latency", 200.0), criterion("iter8_error_rate", 0.05)],
            "baseline": version("baseline", "v1"),
            "candidates": [version("candidate-0", "v2")],
            "last_state": self.last_state,
            "traffic_control": {"max_increment": 20, "strategy": "progressive"}
        })
    }
}

fn template(metric: &str, matcher: &str) -> String {
    format!(
        "sum(increase({metric}{{{matcher}reporter='source',job='kubernetes-pods'}}[$interval])) by ($version_labels)"
    )
}

/// As the controller writes instants.
pub fn rfc3339(unix_ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    let (date, (hour, minute, second, ms)) = (at.date(), at.to_hms_milli());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}
