//! The built-in world as a person meets it: a server with `demo`, and the command that its start prints, repeated.
//!
//! Not here: the world's numbers and its PromQL, each reply in full (unit tests beside the code).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it misses by failing")]

use iter8_analytics::server::config::{Config, Overrides};
use iter8_analytics::server::{ServerOptions, run};
use iter8_analytics::{Instant, Options, observe, queries};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::test]
async fn pasting_the_command_again_and_again_shows_an_assessment_that_moves() {
    let demo = Demo::start().await;
    let mut last_percent = 0;
    for iteration in 5..=8 {
        let experiment = demo.get("/demo/experiment").await;
        assert_eq!(experiment["iteration_number"], iteration);
        let (status, reply) = demo.post("/assessment", "application/json", experiment.to_string()).await;
        assert_eq!(status, 200, "{reply}");
        assert_eq!(reply["status"], json!([]), "{}", reply["notes"]);
        let requests = |version: &Value| version["request_count"].as_i64().unwrap();
        let candidates = [&reply["candidate_assessments"][0], &reply["candidate_assessments"][1]].map(requests);
        let total = requests(&reply["baseline_assessment"]) + candidates.iter().sum::<i64>();
        assert!((3000..3200).contains(&total), "five minutes at 10 requests a second: {total}");
        assert!(candidates.iter().all(|count| *count > 0), "{candidates:?}");
        assert_eq!(reply["winner_assessment"]["current_best_version"], "productpage-v3", "{reply}");
        let percent = reply["traffic_split_recommendation"]["progressive"]["productpage-v3"].as_i64().unwrap();
        assert!(percent > last_percent && percent <= 42 + 10 * (iteration - 5), "{percent} after {last_percent}");
        last_percent = percent;
    }
    assert!(last_percent >= 60, "ten percent more each time: {last_percent}");
}

#[tokio::test]
async fn the_method_that_wants_intervals_gets_them_by_the_field_and_by_the_setting() {
    for (setting, field) in [(None, Some("sequential")), (Some("sequential"), None)] {
        let demo = Demo::with_method(setting).await;
        let mut experiment = demo.get("/demo/experiment").await;
        if let Some(method) = field {
            experiment["method"] = json!(method);
        }
        let (status, reply) = demo.post("/assessment", "application/json", experiment.to_string()).await;
        assert_eq!((status, &reply["status"]), (200, &json!([])), "{reply}");
        assert_eq!(reply["method"], "sequential");
        let codes: Vec<&Value> = reply["notes"].as_array().unwrap().iter().map(|note| &note["code"]).collect();
        assert!(!codes.iter().any(|code| *code == "pooled" || *code == "newborn_series"), "{codes:?}");
        for criterion in 0..3 {
            let evidence = &reply["candidate_assessments"][1]["criterion_assessments"][criterion]["evidence"];
            let count = evidence["intervals"].as_u64();
            // 19 of 15 s are complete after five minutes; in the first four there is no traffic to the candidates.
            assert!(count.is_some_and(|count| (14..=20).contains(&count)), "{evidence}");
        }
    }
}

#[tokio::test]
async fn intervals_sum_up_to_what_was_counted() {
    let demo = Demo::start().await;
    let mut experiment = demo.get("/demo/experiment").await;
    experiment["method"] = json!("sequential");
    let start = Instant::parse(experiment["start_time"].as_str().unwrap()).unwrap();
    let options = Options::new(Instant::from_unix_micros(start.unix_micros() + 300_000_000));
    let mut answers = Vec::new();
    let mut rounds = 0;
    loop {
        let asked = queries(&experiment, &answers, &options).unwrap();
        if asked.is_empty() {
            break;
        }
        rounds += 1;
        for query in asked {
            answers.push(demo.ask(&serde_json::to_value(&query).unwrap()).await);
        }
    }
    assert_eq!(rounds, 2);
    let observations = serde_json::to_value(observe(&experiment, &answers, &options).unwrap()).unwrap();
    assert_eq!(observations.get("problems"), None, "{observations}");
    for counters in observations["versions"].as_object().unwrap().values() {
        for (name, counter) in counters.as_object().unwrap() {
            let intervals: Vec<f64> = serde_json::from_value(counter["intervals"].clone()).unwrap();
            let (sum, total) = (intervals.iter().sum::<f64>(), counter["total"].as_f64().unwrap());
            // The last 15 s are not complete, and of the first a quarter is scaled away: nothing was before them.
            let missing = 0.15 * total + 20.0;
            assert!(intervals.len() == 19 && sum <= total + 1e-6 && sum > total - missing, "{name}: {sum} of {total}");
        }
    }
}

#[tokio::test]
async fn the_world_is_asked_by_get_and_by_post_and_refuses_as_prometheus_does() {
    let demo = Demo::start().await;
    let query = "query=sum(increase(istio_requests_total%5B1h%5D))";
    let by_get = demo.get(&format!("/demo/api/v1/query?{query}&time=2100-01-01T00:00:00Z")).await;
    assert_eq!(by_get["data"], json!({"resultType": "vector", "result": []}), "nothing is known of then");
    let (status, by_post) = demo.post("/demo/api/v1/query", FORM, query.to_owned()).await;
    let requests: u64 = by_post["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap();
    assert!(status == 200 && (3000..3200).contains(&requests), "{by_post}");
    let range = format!("{query}&start=0&end=60&step=15s");
    let (_, before_the_start) = demo.post("/demo/api/v1/query_range", FORM, range).await;
    assert_eq!(before_the_start["data"], json!({"resultType": "matrix", "result": []}));
    let refusal = json!({
        "status": "error", "errorType": "bad_data",
        "error": "invalid parameter \"query\": 1:1: parse error: unknown function with name \"rate\""
    });
    assert_eq!(demo.post("/demo/api/v1/query", FORM, "query=rate(up%5B5m%5D)".to_owned()).await, (400, refusal));
    assert_eq!(demo.post("/demo/api/v1/labels", FORM, String::new()).await.0, 404);
}

/// A server with the built-in world, on a free port.
struct Demo {
    url: String,
    http: reqwest::Client,
}

impl Demo {
    async fn start() -> Self {
        Self::with_method(None).await
    }

    /// With `ITER8_ANALYTICS_METHOD` as given.
    async fn with_method(method: Option<&'static str>) -> Self {
        // The other test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let environment =
            |name: &str| method.filter(|_| name == "ITER8_ANALYTICS_METHOD").map(std::ffi::OsString::from);
        let (config, _) = Config::from_environment(Overrides::default(), &environment).unwrap();
        let options = ServerOptions { demo: true, ..ServerOptions::default() };
        tokio::spawn(run(listener, std::future::pending(), config, options));
        Self { url, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// The world's answer to a query of the engine's.
    async fn ask(&self, query: &Value) -> Value {
        let path = if query["kind"] == "range" { "query_range" } else { "query" };
        let number = |key: &str| query.get(key).map(|value| (key.to_owned(), value.to_string()));
        let mut pairs = vec![("query".to_owned(), query["query"].as_str().unwrap().to_owned())];
        pairs.extend(["time", "start", "end", "step"].into_iter().filter_map(number));
        let response = self.http.get(format!("{}/demo/api/v1/{path}", self.url)).query(&pairs).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    async fn post(&self, path: &str, content_type: &str, body: String) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url)).header("Content-Type", content_type);
        let response = request.body(body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
