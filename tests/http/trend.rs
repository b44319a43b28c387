//! Finished experiments on `/metrics`: from the server's own assessments and from a watched folder.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::backend::{Answer, Backend};
use crate::server::{Server, config, http};

const FINISHED: &str = include_str!("../../examples/resources/finished.yaml");
/// What `finished.yaml` tells of its first experiment.
const CART: &str = "namespace=\"shop\",kubernetes_namespace=\"shop\",name=\"cart-canary\",service_name=\"cart\",baseline=\"cart-v1\",winner=\"cart-v2\",phase=\"Completed\",start_time=\"2026-01-01T10:00:00Z\",time=\"2026-01-01T10:02:00Z\",app=\"cart\",version=\"unknown\"";

async fn server(backend: &str, more: &[(&str, &str)]) -> Server {
    let fixed = [
        ("ITER8_ANALYTICS_METRICS_BACKEND_URL", backend),
        ("ITER8_ANALYTICS_METRICS_BACKEND_TRY_SECONDS", "0.3"),
        ("ITER8_ANALYTICS_METRICS_BACKEND_DEADLINE_SECONDS", "1.5"),
        ("ITER8_ANALYTICS_TREND_PERIOD_SECONDS", "0.1"),
    ];
    Server::with(config(&[&fixed, more].concat())).await
}

async fn metrics(server: &Server) -> String {
    http().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap()
}

/// The metrics once they hold `line`.
async fn metrics_with(server: &Server, line: &str) -> String {
    for _ in 0..300 {
        let text = metrics(server).await;
        if text.lines().any(|found| found == line) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no `{line}` in:\n{}", metrics(server).await)
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("trend-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// As the controller asks, of `errors` in 10,000 requests to the candidate.
fn request(errors: u32) -> Value {
    let version = |id: &str, name: &str| json!({"id": id, "version_labels": {"destination_workload": name, "destination_workload_namespace": "shop"}});
    let seen = |errors: u32| json!({"iter8_request_count": 10000, "errors": errors});
    json!({
        "name": "cart-canary", "service_name": "cart", "start_time": "2026-01-01T10:00:00Z",
        "baseline": version("baseline", "cart-v1"), "candidates": [version("candidate-0", "cart-v2")],
        "metric_specs": {
            "counter_metrics": [{"name": "iter8_request_count"}, {"name": "errors"}],
            "ratio_metrics": [{"name": "rate", "numerator": "errors", "denominator": "iter8_request_count",
                               "preferred_direction": "lower", "zero_to_one": true}]
        },
        "criteria": [{"id": "errors", "metric_id": "rate", "threshold": {"type": "absolute", "value": 0.1}}],
        "observations": {"versions": {"baseline": seen(100), "candidate-0": seen(errors)}}
    })
}

#[test]
fn who_names_a_folder_wants_trends() {
    const ENABLED: &str = "ITER8_ANALYTICS_TREND_ENABLED";
    const FOLDER: &str = "ITER8_ANALYTICS_TREND_FOLDER";
    for (variables, expected) in [
        (&[][..], json!({"enabled": false, "folder": null, "period_seconds": 30.0})),
        (&[(ENABLED, "true")], json!({"enabled": true, "folder": null, "period_seconds": 30.0})),
        (&[(FOLDER, "/data")], json!({"enabled": true, "folder": "/data", "period_seconds": 30.0})),
        (&[(FOLDER, "/data"), (ENABLED, "no")], json!({"enabled": false, "folder": "/data", "period_seconds": 30.0})),
    ] {
        assert_eq!(config(variables).shown()["trend"], expected, "{variables:?}");
    }
}

#[tokio::test]
async fn an_experiment_counts_while_its_newest_assessment_names_a_winner() {
    let server = server("http://127.0.0.1:9", &[("ITER8_ANALYTICS_TREND_ENABLED", "true")]).await;
    let mut replay = request(50);
    replay["now"] = json!("2026-01-01T10:10:00Z");
    server.assess(&replay).await;
    assert!(!metrics(&server).await.contains("iter8_trend{"), "a replay is no news");

    let (_, first) = server.assess(&request(50)).await;
    assert_eq!(first["winner_assessment"]["winning_version_found"], true, "{first}");
    let time = first["timestamp"].as_str().unwrap();
    let labels = format!(
        "namespace=\"shop\",kubernetes_namespace=\"shop\",name=\"cart-canary\",service_name=\"cart\",baseline=\"cart-v1\",\
         winner=\"cart-v2\",phase=\"unknown\",start_time=\"2026-01-01T10:00:00Z\",time=\"{time}\",app=\"cart\",version=\"unknown\""
    );
    let line = |value: f64| format!("iter8_trend_custom{{{labels},iter8metric=\"errors\"}} {value}");
    let text = metrics_with(&server, &line(0.005)).await;
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    assert!(text.contains("iter8_analytics_build_info"), "{text}");

    server.assess(&request(60)).await;
    metrics_with(&server, &line(0.006)).await;
    let (_, last) = server.assess(&request(5000)).await;
    assert_eq!(last["winner_assessment"]["current_best_version"], "baseline", "{last}");
    assert!(!metrics(&server).await.contains("iter8_trend{"), "no candidate wins any more");
}

#[tokio::test]
async fn who_did_not_ask_for_trends_has_none() {
    let server = server("http://127.0.0.1:9", &[]).await;
    server.assess(&request(50)).await;
    assert!(!metrics(&server).await.contains("iter8_trend"));
}

#[tokio::test]
async fn a_folder_is_watched_and_prometheus_asked_what_winners_used() {
    let backend = Backend::start(|_| {
        Answer::Json(
            200,
            json!({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.25"]}]}}),
        )
    })
    .await;
    let folder = folder("used");
    let server = server(&backend.url(), &[("ITER8_ANALYTICS_TREND_FOLDER", folder.to_str().unwrap())]).await;
    assert!(!metrics(&server).await.contains("iter8_trend{"));
    fs::write(folder.join("all.yaml"), FINISHED).unwrap();
    metrics_with(&server, &format!("iter8_trend{{{CART},metric=\"iter8_mean_latency\"}} 85.5")).await;
    metrics_with(&server, &format!("iter8_trend_cpu{{{CART}}} 0.25")).await;
    let asked = backend.asked();
    assert!(asked.iter().any(|asked| asked.query.contains("pod=~\"cart-v2.*\"") && asked.query.contains("[120s]")));
    // What is known is not asked again.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(backend.asked().len(), asked.len());

    fs::write(folder.join("all.yaml"), FINISHED.replace("value: 85.5", "value: 90.25")).unwrap();
    metrics_with(&server, &format!("iter8_trend{{{CART},metric=\"iter8_mean_latency\"}} 90.25")).await;
    fs::remove_file(folder.join("all.yaml")).unwrap();
    for _ in 0..300 {
        if !metrics(&server).await.contains("iter8_trend{") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the file is gone and its experiments are not");
}

#[tokio::test]
async fn one_winner_whose_usage_is_refused_keeps_no_other_from_being_asked_for() {
    let backend = Backend::start(|asked| {
        if asked.query.contains("cart-v2") {
            return Answer::Json(400, json!({"status": "error", "errorType": "bad_data", "error": "too long ago"}));
        }
        Answer::Json(
            200,
            json!({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.5"]}]}}),
        )
    })
    .await;
    let folder = folder("refused");
    fs::write(folder.join("all.yaml"), FINISHED).unwrap();
    let server = server(&backend.url(), &[("ITER8_ANALYTICS_TREND_FOLDER", folder.to_str().unwrap())]).await;
    for _ in 0..300 {
        let text = metrics(&server).await;
        if let Some(line) = text.lines().find(|line| line.starts_with("iter8_trend_cpu{")) {
            assert!(line.contains("winner=\"cart-v3\"") && line.ends_with(" 0.5"), "{line}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no usage in:\n{}", metrics(&server).await)
}

#[tokio::test]
async fn a_broken_file_leaves_what_it_told_and_a_dead_backend_leaves_what_is_known() {
    let folder = folder("broken");
    let server = server("http://127.0.0.1:9", &[("ITER8_ANALYTICS_TREND_FOLDER", folder.to_str().unwrap())]).await;
    fs::write(folder.join("all.yaml"), FINISHED).unwrap();
    let line = format!("iter8_trend{{{CART},metric=\"iter8_mean_latency\"}} 85.5");
    metrics_with(&server, &line).await;
    fs::write(folder.join("all.yaml"), "items: [").unwrap();
    fs::write(folder.join("next.json"), r#"{"no": "experiment"}"#).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let text = metrics_with(&server, &line).await;
    assert!(!text.contains("iter8_trend_cpu{"), "what nobody answered is unknown: {text}");
    assert_eq!(server.assess(&request(50)).await.0, 200);
    fs::remove_dir_all(&folder).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    metrics_with(&server, &line).await;
}
