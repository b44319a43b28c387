//! A real Prometheus that scrapes itself, asked by itself and through the server: how much longer does an assessment take?
//!
//! An experiment's queries at once, on connections that are kept, and the slowest one's time; then the assessment that asks the
//! same, in one round, since the scrape interval is given. The middle of many of each.
//!
//! Not here: how good the assessment is.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};

use iter8_analytics::{Instant, Options, Query, queries};
use serde_json::{Value, json};

use super::{Line, Server, free_port};

struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Seconds for one round of queries without the server and with it.
pub fn added() -> Result<(f64, f64), String> {
    let port = free_port();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-prometheus-{port}"));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: own, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]"
    );
    fs::write(folder.join("prometheus.yml"), config).map_err(|error| error.to_string())?;
    let child = Command::new("prometheus")
        .current_dir(&folder)
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=error"])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`prometheus` does not start ({error}): `make tools` installs it"))?;
    let _prometheus = Prometheus(child);
    sleep(Duration::from_secs(5));
    let server = Server::asking(&format!("http://127.0.0.1:{port}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let body = experiment(now).to_string();
    let assessment =
        format!("POST /assessment HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut ours = Line::open(server.port);
    let reply: Value =
        serde_json::from_slice(ours.exchange(assessment.as_bytes())).map_err(|error| error.to_string())?;
    if reply["baseline_assessment"]["request_count"].is_null() {
        return Err(format!("nothing is known: {reply}"));
    }
    let options = Options::new(Instant::from_unix_micros((now * 1e6) as i64));
    let queries = queries(&experiment(now), &[], &options).map_err(|error| error.to_string())?;
    let queries: Vec<String> = queries.iter().map(message).collect();
    let mut lines: Vec<Line> = queries.iter().map(|_| Line::open(port)).collect();
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let slowest = std::thread::scope(|scope| {
            let both = lines.iter_mut().zip(&queries).map(|(line, query)| {
                scope.spawn(move || {
                    let start = Clock::now();
                    line.exchange(query.as_bytes());
                    start.elapsed().as_secs_f64()
                })
            });
            let both: Vec<_> = both.collect();
            both.into_iter().filter_map(|one| one.join().ok()).fold(0.0, f64::max)
        });
        direct.push(slowest);
        let start = Clock::now();
        ours.exchange(assessment.as_bytes());
        through.push(start.elapsed().as_secs_f64());
    }
    let _ = fs::remove_dir_all(&folder);
    Ok((middle(&mut direct), middle(&mut through)))
}

/// One query as the client sends it.
fn message(query: &Query) -> String {
    let path = if query.step.is_some() { "query_range" } else { "query" };
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("query", &query.query);
    for (key, number) in [("time", &query.time), ("start", &query.start), ("end", &query.end)] {
        if let Some(number) = number {
            pairs.append_pair(key, &number.to_string());
        }
    }
    if let Some(step) = query.step {
        pairs.append_pair("step", &step.to_string());
    }
    format!("GET /api/v1/{path}?{} HTTP/1.1\r\nHost: bench\r\n\r\n", pairs.finish())
}

/// A minute old at `now`; by the default method.
fn experiment(now: f64) -> Value {
    let counter = |name: &str, series: &str| json!({"name": name, "query_template": format!("sum(increase({series}[$interval])) by ($version_labels)")});
    let version = |handler: &str| json!({"id": handler, "version_labels": {"handler": handler}});
    json!({
        "name": "bench", "service_name": "prometheus", "start_time": now - 60.0, "now": now, "scrape_interval_seconds": 1,
        "metric_specs": {
            "counter_metrics": [
                counter("iter8_request_count", "prometheus_http_requests_total"),
                counter("bytes", "prometheus_http_response_size_bytes_sum")
            ],
            "ratio_metrics": [{"name": "size", "numerator": "bytes", "denominator": "iter8_request_count",
                               "preferred_direction": "lower"}]
        },
        "criteria": [{"id": "size", "metric_id": "size", "threshold": {"type": "absolute", "value": 1e6}}],
        "baseline": version("/metrics"), "candidates": [version("/api/v1/query")]
    })
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

const ROUNDS: usize = 1000;
