//! What operators and readers ask: readiness, metrics, the API's documentation.

use serde_json::{Value, json};

use crate::server::{Server, experiment, experiment_with_observations, http};

async fn get(server: &Server, path: &str) -> (u16, String, String) {
    let response = http().get(server.url(path)).send().await.unwrap();
    let media = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), media.unwrap_or_default(), response.text().await.unwrap())
}

/// The value of the sample that begins so.
fn sample(metrics: &str, start: &str) -> Option<f64> {
    let line = metrics.lines().find(|line| line.starts_with(start))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_server_whose_backend_is_dead_is_ready_all_the_same() {
    let server = Server::start("http://127.0.0.1:9").await;
    let (status, media, body) = get(&server, "/ready").await;
    assert_eq!((status, media.as_str(), body.as_str()), (200, "application/json", r#"{"status":"Ready"}"#));
}

#[tokio::test]
async fn metrics_count_requests_failures_and_assessments() {
    let server = Server::start("http://127.0.0.1:9").await;
    server.assess(&experiment()).await;
    server.assess(&json!({})).await;
    get(&server, "/nowhere").await;
    get(&server, "/nowhere/else").await;
    let (status, media, text) = get(&server, "/metrics").await;
    assert_eq!(status, 200);
    assert!(media.starts_with("application/openmetrics-text"), "{media}");
    let count = |start: &str| sample(&text, start).unwrap_or_default();
    assert_eq!(count(r#"iter8_analytics_http_requests_total{path="/assessment",status="200"}"#), 1.0);
    assert_eq!(count(r#"iter8_analytics_http_requests_total{path="/assessment",status="422"}"#), 1.0);
    assert_eq!(count(r#"iter8_analytics_http_requests_total{path="other",status="404"}"#), 2.0);
    assert_eq!(count(r#"iter8_analytics_http_request_duration_seconds_count{path="/assessment"}"#), 2.0);
    assert_eq!(count(r#"iter8_analytics_assessments_total{method="v1",outcome="no_winner"}"#), 1.0);
    assert_eq!(count(r#"iter8_analytics_backend_failures_total{kind="connection"}"#), 2.0);
    assert_eq!(count("iter8_analytics_backend_queries_total"), 2.0);
    assert_eq!(count("iter8_analytics_backend_round_duration_seconds_count"), 1.0);
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn what_was_last_said_of_an_experiment_is_a_gauge_and_a_replay_says_nothing() {
    let server = Server::start("http://127.0.0.1:9").await;
    let mut live = experiment_with_observations();
    live["method"] = json!("sequential");
    server.assess(&live).await;
    let (_, _, text) = get(&server, "/metrics").await;
    assert!(!text.contains("shop-canary"), "a replay is no news: {text}");
    live["now"] = Value::Null;
    live["name"] = json!("shop \"canary\"\n");
    let (status, reply) = server.assess(&live).await;
    assert_eq!(status, 200, "{reply}");
    let (_, _, text) = get(&server, "/metrics").await;
    let labels = r#"experiment="shop \"canary\"\n",service="shop""#;
    let of = |name: &str, more: &str| sample(&text, &format!("iter8_analytics_experiment_{name}{{{labels}{more}}}"));
    let best = reply["candidate_assessments"][0]["win_probability"].as_f64();
    assert_eq!(of("win_probability", r#",version="v2""#), best, "{text}");
    assert_eq!(of("rollback", r#",version="v2""#), Some(0.0));
    assert!(of("winner_found", "").is_some());
    assert!(of("verdict", r#",version="v2",criterion="errors""#).is_some(), "{text}");
    let percent = reply["traffic_split_recommendation"]["progressive"]["v1"].as_f64();
    assert_eq!(of("traffic_percent", r#",version="v1""#), percent);
}

#[tokio::test]
async fn the_documents_examples_are_answered_as_they_stand() {
    let server = Server::start("http://127.0.0.1:9").await;
    let (status, media, text) = get(&server, "/openapi.json").await;
    assert_eq!((status, media.as_str()), (200, "application/json"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let body = &document["paths"]["/assessment"]["post"]["requestBody"]["content"]["application/json"];
    let examples = body["examples"].as_object().unwrap();
    assert_eq!(examples.len(), 2);
    for (name, example) in examples {
        let (status, reply) = server.assess(&example["value"]).await;
        assert_eq!(status, 200, "{name}: {reply}");
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_all_that_it_names_is_there() {
    let server = Server::start("http://127.0.0.1:9").await;
    let (status, media, html) = get(&server, "/docs").await;
    assert_eq!((status, media.as_str()), (200, "text/html; charset=utf-8"));
    assert!(html.contains("<base href=\"docs/\">"), "{html}");
    let links = html.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css"));
    let links: Vec<&str> = links.map(|link| link.trim_start_matches("./")).collect();
    assert!(links.len() >= 4, "{html}");
    for link in links {
        assert!(!link.contains("//"), "{link}");
        let (status, media, text) = get(&server, &format!("/docs/{link}")).await;
        assert_eq!(status, 200, "{link}");
        assert!(media.contains("javascript") || media.contains("css"), "{link}: {media}");
        if link.contains("initializer") {
            assert!(text.contains("../openapi.json"), "{text}");
        }
    }
    assert_eq!(get(&server, "/docs/nothing.js").await.0, 404);
}

#[tokio::test]
async fn redoc_leads_to_the_page() {
    let server = Server::start("http://127.0.0.1:9").await;
    for (path, target) in [("/redoc", "docs"), ("/docs/", "/docs")] {
        let response = http().get(server.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 307, "{path}");
        assert_eq!(response.headers()["location"], target, "{path}");
    }
}

#[tokio::test]
async fn these_paths_know_get_alone() {
    let server = Server::start("http://127.0.0.1:9").await;
    for path in ["/ready", "/metrics", "/openapi.json", "/docs", "/docs/index.css", "/redoc"] {
        for method in [reqwest::Method::HEAD, reqwest::Method::POST, reqwest::Method::OPTIONS] {
            let response = http().request(method.clone(), server.url(path)).send().await.unwrap();
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(response.headers()["allow"], "GET", "{method} {path}");
        }
    }
}
