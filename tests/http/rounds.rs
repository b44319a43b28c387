//! The default method, which wants intervals: what is asked of the backend in which round, and what becomes of it if rounds fail.

use serde_json::{Value, json};

use crate::backend::{Answer, Asked, Backend, healthy_data, vector};
use crate::server::{Server, experiment};

/// A Prometheus that scrapes every ten seconds and has seen the same traffic all the time.
fn scraped_every_10_s(asked: &Asked) -> Answer {
    Answer::Json(200, if asked.path.ends_with("query_range") { matrix(asked) } else { instant(asked) })
}

fn instant(asked: &Asked) -> Value {
    match asked.query.starts_with("max(count_over_time(") {
        true => json!({"status": "success", "data": {"resultType": "vector",
                       "result": [{"metric": {}, "value": [1_767_262_200, "30"]}]}}),
        false => healthy_data(asked),
    }
}

/// In each of 29 steps of 20 s what v1 and v2 did in 30 s: no series was born.
fn matrix(asked: &Asked) -> Value {
    let per_second = if asked.query.contains("errors") { 1.0 / 30.0 } else { 5.0 / 3.0 };
    let series = |version: &str, share: f64| {
        let value = (per_second * share * 30.0).to_string();
        let values: Vec<Value> = (1..=29).map(|step| json!([1_767_261_600 + 20 * step, value])).collect();
        json!({"metric": {"version": version}, "values": values})
    };
    let is_newborn = asked.query.contains("unless");
    let result = if is_newborn { vec![] } else { vec![series("v1", 1.0), series("v2", 0.5)] };
    json!({"status": "success", "data": {"resultType": "matrix", "result": result}})
}

/// By the method that is taken where nobody names one.
fn sequential() -> Value {
    let mut experiment = experiment();
    experiment.as_object_mut().unwrap().remove("method");
    experiment
}

fn evidence(reply: &Value) -> &Value {
    &reply["candidate_assessments"][0]["criterion_assessments"][0]["evidence"]
}

fn codes(reply: &Value) -> Vec<&str> {
    reply["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect()
}

/// The queries of a path, in no order.
fn of_path<'a>(asked: &'a [Asked], path: &str) -> Vec<&'a Asked> {
    asked.iter().filter(|asked| asked.path == path).collect()
}

#[tokio::test]
async fn intervals_are_asked_for_once_it_is_known_how_often_the_backend_scrapes() {
    let backend = Backend::start(scraped_every_10_s).await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&sequential()).await;
    assert_eq!((status, &reply["status"]), (200, &json!([])), "{reply}");
    let asked = backend.asked();
    let (first, second) = asked.split_at(3);
    assert_eq!((of_path(first, "/api/v1/query").len(), of_path(second, "/api/v1/query_range").len()), (3, 4));
    assert!(first.iter().any(|asked| asked.query == "max(count_over_time(requests[5m]))"), "{first:?}");
    // Two scrapes are the shortest step of 15 s or more, and a window is one scrape longer.
    assert!(second.iter().all(|asked| asked.step == "20"), "{second:?}");
    for query in [
        "sum(increase(errors[30s])) by (version)",
        "sum((min_over_time(errors[20s]) unless errors offset 20s)) by (version)",
    ] {
        assert!(second.iter().any(|asked| asked.query == query), "{query}: {second:?}");
    }
    assert_eq!(evidence(&reply)["intervals"], 29, "{reply}");
    assert!(!codes(&reply).contains(&"pooled"), "{reply}");
}

#[tokio::test]
async fn a_scrape_interval_that_is_given_makes_it_one_round() {
    let backend = Backend::start(|asked| match asked.count {
        // All at once: the last is asked before the first is answered.
        _ if asked.path.ends_with("query_range") => Answer::Json(200, matrix(asked)),
        _ => Answer::After(std::time::Duration::from_millis(100), instant(asked)),
    })
    .await;
    let server = Server::start(&backend.url()).await;
    let mut experiment = sequential();
    experiment["scrape_interval_seconds"] = json!(10);
    let (status, reply) = server.assess(&experiment).await;
    assert_eq!((status, &evidence(&reply)["intervals"]), (200, &json!(29)), "{reply}");
    let asked = backend.asked();
    assert_eq!(asked.len(), 6, "{asked:?}");
    assert!(!asked.iter().any(|asked| asked.query.contains("count_over_time")), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.step == "20" || !asked.path.ends_with("query_range")), "{asked:?}");
}

#[tokio::test]
async fn without_an_answer_about_scrapes_the_usual_fifteen_seconds_are_taken() {
    let backend = Backend::start(|asked| match asked.query.contains("count_over_time") {
        true => Answer::Json(422, json!({"status": "error", "errorType": "execution", "error": "no"})),
        false => scraped_every_10_s(asked),
    })
    .await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&sequential()).await;
    assert_eq!(status, 200, "{reply}");
    let asked = backend.asked();
    let ranges = of_path(&asked, "/api/v1/query_range");
    assert!(ranges.len() == 4 && ranges.iter().all(|asked| asked.step == "15"), "{asked:?}");
}

/// Answers for the totals alone.
async fn too_busy_for_ranges() -> Backend {
    Backend::start(|asked| match asked.path.ends_with("query_range") {
        true => Answer::Json(503, json!({"status": "error", "errorType": "unavailable", "error": "too busy"})),
        false => Answer::Json(200, instant(asked)),
    })
    .await
}

#[tokio::test]
async fn range_queries_that_fail_leave_the_totals_and_name_no_winner() {
    let backend = too_busy_for_ranges().await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&sequential()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["candidate_assessments"][0]["request_count"], 500, "{reply}");
    assert_eq!(reply["winner_assessment"]["winning_version_found"], false, "{reply}");
    assert!(codes(&reply).contains(&"backend_unreachable"), "{}", reply["notes"]);
    assert!(reply["status"].as_array().unwrap().contains(&json!("no_prom_server")), "{reply}");
}

#[tokio::test]
async fn a_backend_without_series_names_no_winner() {
    let backend = Backend::start(|_| Answer::Json(200, vector(&[]))).await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&sequential()).await;
    assert_eq!((status, &reply["winner_assessment"]["winning_version_found"]), (200, &json!(false)), "{reply}");
    assert!(codes(&reply).contains(&"no_versions_found"), "{}", reply["notes"]);
}

#[tokio::test]
async fn a_backend_that_answers_nothing_is_not_asked_for_more() {
    let backend =
        Backend::start(|_| Answer::Json(422, json!({"status": "error", "errorType": "execution", "error": "no"})))
            .await;
    let server = Server::start(&backend.url()).await;
    let (status, reply) = server.assess(&sequential()).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(backend.asked().len(), 3, "the first round alone: {:?}", backend.asked());
    let failures: Vec<&str> =
        codes(&reply).into_iter().filter(|code| code.starts_with("query") || code.contains("prom")).collect();
    assert!(failures.len() <= 1, "{failures:?} {reply}");
}

#[tokio::test]
async fn a_metric_whose_queries_fail_alike_is_named_once() {
    let backend = too_busy_for_ranges().await;
    let server = Server::start(&backend.url()).await;
    let (_, reply) = server.assess(&sequential()).await;
    let notes = reply["notes"].as_array().unwrap();
    let failed: Vec<&Value> = notes.iter().filter(|note| note["code"] == "backend_unreachable").collect();
    assert!(failed.len() == 1, "{reply}");
    let message = failed[0]["message"].as_str().unwrap();
    assert!(message.starts_with("iter8_request_count, errors: "), "{message}");
}
