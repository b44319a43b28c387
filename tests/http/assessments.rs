//! Whole assessments over HTTP: with good data, with bad data, and without.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::{Answer, Asked, Backend, healthy, healthy_data, nobody, vector};
use crate::server::{Server, config, experiment, experiment_with_observations, http};

fn count(reply: &Value, version: &str) -> Value {
    let of = |assessment: &Value| (assessment["id"] == version).then(|| assessment["request_count"].clone());
    let candidates = reply["candidate_assessments"].as_array().unwrap();
    of(&reply["baseline_assessment"]).or_else(|| candidates.iter().find_map(of)).unwrap()
}

/// Checks what holds for every reply: shape, whole weights that sum to 100.
fn check(status: u16, reply: &Value) {
    assert_eq!(status, 200, "{reply}");
    for strategy in ["progressive", "top_2", "uniform"] {
        let split = reply["traffic_split_recommendation"][strategy].as_object().unwrap();
        assert_eq!(split.values().map(|weight| weight.as_u64().unwrap()).sum::<u64>(), 100, "{reply}");
    }
}

#[tokio::test]
async fn counts_come_from_the_backend_all_for_one_instant() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&experiment()).await;
    check(status, &reply);
    assert_eq!((count(&reply, "v1"), count(&reply, "v2")), (json!(1000), json!(500)));
    assert_eq!(reply["status"], json!([]));
    assert_eq!(reply["timestamp"], "2026-01-01T10:10:00");
    let asked = backend.asked();
    let queries: Vec<&str> = asked.iter().map(|asked| asked.query.as_str()).collect();
    assert!(queries.contains(&"sum(increase(requests[600s])) by (version)"), "{queries:?}");
    assert!(queries.contains(&"sum(increase(errors[600s])) by (version)"), "{queries:?}");
    assert!(asked.len() == 2 && asked.iter().all(|asked| asked.time == "1767262200"), "{asked:?}");
}

#[tokio::test]
async fn data_in_the_body_ask_no_backend() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&experiment_with_observations()).await;
    check(status, &reply);
    assert_eq!(count(&reply, "v2"), 500);
    assert!(backend.asked().is_empty());
}

#[tokio::test]
async fn without_now_the_servers_clock_counts() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let mut experiment = experiment();
    experiment.as_object_mut().unwrap().remove("now");
    let (status, reply) = server.assess(&experiment).await;
    check(status, &reply);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let times: Vec<f64> = backend.asked().iter().map(|asked| asked.time.parse().unwrap()).collect();
    assert!(times.len() == 2 && times[0] == times[1] && (now - times[0]).abs() < 5.0, "{times:?}");
}

#[tokio::test]
async fn the_first_twenty_seconds_ask_nothing() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let mut experiment = experiment();
    experiment["now"] = json!("2026-01-01T10:00:19Z");
    let (status, reply) = server.assess(&experiment).await;
    check(status, &reply);
    assert!(backend.asked().is_empty());
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let mut texts = Vec::new();
    for _ in 0..3 {
        let request = http().post(server.url("/assessment")).body(experiment().to_string());
        let response = request.header("content-type", "text/plain").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        texts.push(response.text().await.unwrap());
    }
    assert!(texts.iter().all(|text| *text == texts[0] && !text.contains(": ") && !text.contains('\n')), "{}", texts[0]);
}

/// The reply to a canary whose backend does `script`.
async fn with_backend(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Value {
    let backend = Backend::start(script).await;
    let server = Server::start(&backend.url()).await;
    let start = Instant::now();
    let (status, reply) = server.assess(&experiment()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    check(status, &reply);
    reply
}

fn has_status(reply: &Value, code: &str) -> bool {
    reply["status"].as_array().unwrap().iter().any(|status| status == code)
}

#[tokio::test]
async fn a_backend_that_fails_fails_no_request() {
    let replies = [
        ("hangs", with_backend(|_| Answer::After(Duration::from_secs(60), Value::Null)).await),
        ("drips", with_backend(|_| Answer::Drip).await),
        ("503", with_backend(|_| Answer::Text(503, "busy".to_owned())).await),
        ("html", with_backend(|_| Answer::Text(200, "<html></html>".to_owned())).await),
        ("huge", with_backend(|_| Answer::Bytes((16 << 20) + 1)).await),
        ("error", with_backend(|_| Answer::Json(400, json!({"status": "error", "error": "parse error"}))).await),
        (
            "matrix",
            with_backend(|_| {
                Answer::Json(200, json!({"status": "success", "data": {"resultType": "matrix", "result": []}}))
            })
            .await,
        ),
        ("no data", with_backend(|_| Answer::Json(200, json!({"status": "success"}))).await),
        ("NaN", with_backend(|_| Answer::Json(200, vector(&[("v1", "NaN"), ("v2", "NaN")]))).await),
        ("text", with_backend(|_| Answer::Json(200, vector(&[("v1", "x"), ("v2", "")]))).await),
        ("negative", with_backend(|_| Answer::Json(200, vector(&[("v1", "-5"), ("v2", "-5")]))).await),
        ("infinite", with_backend(|_| Answer::Json(200, vector(&[("v1", "+Inf"), ("v2", "-Inf")]))).await),
    ];
    for (name, reply) in replies {
        assert_eq!((count(&reply, "v1"), count(&reply, "v2")), (Value::Null, Value::Null), "{name}: {reply}");
        assert!(!reply["status"].as_array().unwrap().is_empty(), "{name}: {reply}");
        assert!(!reply["notes"].as_array().unwrap().is_empty(), "{name}: {reply}");
        assert_eq!(reply["winner_assessment"]["winning_version_found"], false, "{name}: {reply}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_in_status_and_notes_and_the_split_stays() {
    let server = Server::start(&nobody().await).await;
    let mut experiment = experiment();
    let split = json!({"v2": 30, "v1": 70});
    experiment["last_state"] =
        json!({"traffic_split_recommendation": {"progressive": split, "top_2": split, "uniform": split}});
    let (status, reply) = server.assess(&experiment).await;
    check(status, &reply);
    assert!(has_status(&reply, "no_prom_server"), "{reply}");
    let notes = reply["notes"].to_string().to_lowercase();
    assert!(notes.contains("refused") && notes.contains("iter8_request_count"), "{notes}");
    assert_eq!(reply["traffic_split_recommendation"]["progressive"], split, "{reply}");
}

#[tokio::test]
async fn one_query_that_fails_leaves_the_other_metrics() {
    let reply = with_backend(|asked| {
        if asked.query.contains("errors") {
            return Answer::Json(
                422,
                json!({"status": "error", "errorType": "execution", "error": "too many samples"}),
            );
        }
        Answer::Json(200, healthy_data(asked))
    })
    .await;
    assert_eq!(count(&reply, "v1"), 1000);
    assert!(reply["notes"].to_string().contains("too many samples"), "{reply}");
}

#[tokio::test]
async fn a_bad_moment_of_the_backend_is_not_noticed() {
    let reply =
        with_backend(
            |asked| {
                if asked.count <= 2 { Answer::Text(503, "restarting".to_owned()) } else { healthy(asked) }
            },
        )
        .await;
    assert_eq!((count(&reply, "v2"), &reply["status"]), (json!(500), &json!([])));
}

#[tokio::test]
async fn requests_that_make_no_sense_are_422_with_a_detail() {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    for body in ["", "null", "[]", "{}", "{", "\"x\"", "{\"start_time\": \"infinity\"}", "\u{feff}{}"] {
        let (status, reply) = server.post(body).await;
        assert_eq!(status, 422, "{body}: {reply}");
        assert!(!reply["detail"][0]["msg"].as_str().unwrap().is_empty(), "{body}: {reply}");
    }
    let (status, _) = server.post(&b"\xff\xfe\x00"[..]).await;
    assert_eq!(status, 422);
    let (status, _) = server.post("[".repeat(1_000_000)).await;
    assert_eq!(status, 422);
    let mut experiment = experiment();
    experiment["criteria"][0]["metric_id"] = json!("nothing");
    let (status, reply) = server.assess(&experiment).await;
    assert_eq!((status, &reply["detail"]), (422, &json!("Unknown metric id found in criteria: nothing")));
    assert!(backend.asked().is_empty());
}

#[tokio::test]
async fn settings_of_the_server_are_defaults_for_the_experiment() {
    let backend = Backend::start(healthy).await;
    let variables = [
        ("ITER8_ANALYTICS_METRICS_BACKEND_URL", backend.url()),
        ("ITER8_ANALYTICS_EXPLORATION_PERCENTAGE", "40".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::with(config(&variables)).await;
    let mut experiment = experiment();
    experiment["traffic_control"] = json!({"max_increment": 100});
    experiment["criteria"][0]["threshold"]["value"] = json!(0.000_001);
    let (status, reply) = server.assess(&experiment).await;
    check(status, &reply);
    // A candidate that fails for certain gets its share of the exploration and no more: 40 percent over two.
    assert_eq!(reply["traffic_split_recommendation"]["progressive"]["v2"], 20, "{reply}");
}

#[tokio::test]
async fn many_at_once_are_all_answered() {
    let backend = Backend::start(|asked| Answer::After(Duration::from_millis(20), healthy_data(asked))).await;
    let server = Server::start(&backend.url()).await;
    let (client, experiment) = (http(), experiment().to_string());
    let ask =
        || async { client.post(server.url("/assessment")).body(experiment.clone()).send().await.unwrap().status() };
    let statuses = futures_util::future::join_all((0..200).map(|_| ask())).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}
