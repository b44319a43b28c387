//! The Prometheus client: what it asks, what it makes of good and bad backends, and how long it takes.

use std::time::{Duration, Instant};

use iter8_analytics::Query;
use iter8_analytics::server::config::{Auth, Backend as Settings, Patience, Secret};
use iter8_analytics::server::prometheus::Client;
use serde_json::{Number, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::backend::{Answer, Asked, Backend, nobody, vector};

fn settings(url: &str) -> Settings {
    let mut settings = Settings::at("here", url).unwrap();
    let (try_timeout, deadline) = (Duration::from_millis(300), Duration::from_millis(1500));
    settings.patience = Patience { try_timeout, tries: 3, deadline };
    settings
}

pub fn query(text: &str) -> Query {
    Query {
        metric: "m".to_owned(),
        kind: "instant",
        query: text.to_owned(),
        time: Number::from_f64(1_767_262_200.25),
        start: None,
        end: None,
        step: None,
    }
}

/// The answer to one query, and how long it took.
async fn fetch(settings: &Settings) -> (Value, Duration) {
    let client = Client::new(settings).unwrap();
    let start = Instant::now();
    let mut answers = client.fetch_all(&[query("up")]).await;
    (answers.pop().unwrap(), start.elapsed())
}

/// The answer of a backend with `script`, how long it took and how often it was asked.
async fn fetch_from(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (Value, Duration, usize) {
    let backend = Backend::start(script).await;
    let (answer, time) = fetch(&settings(&backend.url())).await;
    (answer, time, backend.asked().len())
}

fn error(answer: &Value) -> &str {
    assert!(answer.get("status").is_none(), "{answer}");
    answer["error"].as_str().unwrap()
}

#[tokio::test]
async fn a_query_goes_out_as_v1_sent_it_with_its_time() {
    let backend = Backend::start(|_| Answer::Json(200, vector(&[]))).await;
    let client = Client::new(&settings(&format!("{}/prom/", backend.url()))).unwrap();
    let text = "sum(increase(a{b=~'5..'}[600s])) by (c) + ü";
    assert_eq!(client.fetch_all(&[query(text)]).await, [vector(&[])]);
    let asked = backend.asked().pop().unwrap();
    assert_eq!((asked.path.as_str(), asked.query.as_str()), ("/prom/api/v1/query", text));
    assert_eq!(asked.time, "1767262200.25");
    assert!(!asked.headers.contains_key("authorization"));
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_queries_and_all_at_once() {
    let backend = Backend::start(|asked| {
        let wait = if asked.query == "q0" { 200 } else { 100 };
        Answer::After(Duration::from_millis(wait), json!({"status": "success", "data": asked.query}))
    })
    .await;
    let queries: Vec<Query> = (0..12).map(|number| query(&format!("q{number}"))).collect();
    let client = Client::new(&settings(&backend.url())).unwrap();
    let start = Instant::now();
    let answers = client.fetch_all(&queries).await;
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
    let order: Vec<&str> = answers.iter().map(|answer| answer["data"].as_str().unwrap()).collect();
    assert_eq!(order, queries.iter().map(|query| query.query.as_str()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_query_too_long_for_a_url_goes_as_a_form() {
    let backend = Backend::start(|_| Answer::Json(200, vector(&[]))).await;
    let client = Client::new(&settings(&backend.url())).unwrap();
    let answers = client.fetch_all(&[query(&"x".repeat(100_000))]).await;
    assert_eq!(answers, [vector(&[])]);
}

#[tokio::test]
async fn two_bad_moments_are_got_over() {
    for status in [500, 502, 503, 429] {
        let (answer, _, asked) = fetch_from(move |asked| match asked.count {
            1 | 2 => Answer::Text(status, "try later".to_owned()),
            _ => Answer::Json(200, vector(&[("v1", "1")])),
        })
        .await;
        assert_eq!((answer, asked), (vector(&[("v1", "1")]), 3), "{status}");
    }
}

#[tokio::test]
async fn prometheus_own_errors_are_answers_whatever_the_status() {
    for status in [200, 400, 401, 422] {
        let reply = json!({"status": "error", "errorType": "bad_data", "error": "1:5: parse error"});
        let expected = reply.clone();
        let (answer, _, asked) = fetch_from(move |_| Answer::Json(status, reply.clone())).await;
        assert_eq!((answer, asked), (expected, 1), "{status}");
    }
}

#[tokio::test]
async fn prometheus_own_errors_are_got_over_where_they_may_pass() {
    let refusal = || json!({"status": "error", "errorType": "unavailable", "error": "starting up, hunter2"});
    for status in [429, 500, 503] {
        let (answer, _, asked) = fetch_from(move |asked| match asked.count {
            1 | 2 => Answer::Json(status, refusal()),
            _ => Answer::Json(200, vector(&[("v1", "1")])),
        })
        .await;
        assert_eq!((answer, asked), (vector(&[("v1", "1")]), 3), "{status}");
    }
    let backend = Backend::start(move |_| Answer::Json(503, refusal())).await;
    let (answer, _) = fetch(&settings(&format!("http://me:hunter2@{}", backend.address))).await;
    assert!(error(&answer).ends_with("HTTP status 503 (unavailable): starting up, *** (3 tries)"), "{answer}");
    assert_eq!(backend.asked().len(), 3);
}

#[tokio::test]
async fn a_deadline_that_runs_already_is_kept() {
    let backend = Backend::start(|_| Answer::After(Duration::from_secs(60), Value::Null)).await;
    let client = Client::new(&settings(&backend.url())).unwrap();
    let start = Instant::now();
    let deadline = client.deadline() - Duration::from_millis(1200);
    let answers = client.fetch_all_until(&[query("up")], deadline).await;
    assert!(error(&answers[0]).contains("no answer within"), "{answers:?}");
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_prometheus_would_never_say_becomes_an_error_with_an_excerpt() {
    for (status, text, tries) in [
        (200, "<html>\n<h1>Log in</h1>", 1),
        (200, "[1, 2]", 1),
        (200, "{\"data\": {}}", 1),
        (200, "", 1),
        (401, "Unauthorized", 1),
        (404, "404 page not found", 1),
        (500, "oops", 3),
    ] {
        let (answer, _, asked) = fetch_from(move |_| Answer::Text(status, text.to_owned())).await;
        let message = error(&answer);
        let excerpt = text.replace('\n', " ");
        assert!(message.contains(&format!("HTTP status {status}, no reply of Prometheus: `{excerpt}`")), "{message}");
        assert_eq!(asked, tries, "{status} {text}");
    }
    let (answer, ..) = fetch_from(|_| Answer::Text(404, "é".repeat(5000))).await;
    assert_eq!(error(&answer).matches('é').count(), 200);
}

#[tokio::test]
async fn a_slow_backend_still_answers_on_the_last_try() {
    let (answer, time, asked) = fetch_from(|_| Answer::After(Duration::from_millis(400), vector(&[("v1", "7")]))).await;
    assert_eq!((answer, asked), (vector(&[("v1", "7")]), 3));
    assert!(time < Duration::from_millis(1500), "{time:?}");
}

#[tokio::test]
async fn a_backend_that_hangs_or_drips_costs_no_more_than_the_deadline() {
    let hang = fetch_from(|_| Answer::After(Duration::from_secs(60), Value::Null));
    let drip = fetch_from(|_| Answer::Drip);
    for (answer, time, _) in [hang.await, drip.await] {
        assert!(error(&answer).contains("no answer within"), "{answer}");
        assert!((1200..1800).contains(&time.as_millis()), "{time:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_found_out_quickly() {
    let (answer, time) = fetch(&settings(&nobody().await)).await;
    assert!(error(&answer).to_lowercase().contains("refused"), "{answer}");
    assert!(error(&answer).ends_with("(3 tries)"), "{answer}");
    assert!(time < Duration::from_millis(1500), "{time:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let body = vector(&[]).to_string();
        let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        // Not even a byte, then half a reply, then a whole one.
        for reply in ["", &whole[..whole.len() / 2], &whole] {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(reply.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    assert_eq!(fetch(&settings(&url)).await.0, vector(&[]));
}

#[tokio::test]
async fn a_reply_without_end_is_cut_off() {
    let backend = Backend::start(|_| Answer::Bytes((16 << 20) + 1)).await;
    // A busy machine may take its time over so many bytes.
    let (try_timeout, deadline) = (Duration::from_secs(20), Duration::from_secs(20));
    let patience = Patience { try_timeout, tries: 3, deadline };
    let (answer, _) = fetch(&Settings { patience, ..settings(&backend.url()) }).await;
    assert!(error(&answer).contains("longer than 16 MiB"), "{answer}");
    assert_eq!(backend.asked().len(), 1);
}

#[tokio::test]
async fn basic_authentication_beats_the_urls_own_user() {
    let backend = Backend::start(|_| Answer::Json(200, vector(&[]))).await;
    let url = format!("http://url-user:url%20pw@{}", backend.address);
    fetch(&settings(&url)).await;
    let (username, password) = (Secret::new("me"), Secret::new("pw"));
    let auth = Auth::Basic { username, password };
    fetch(&Settings { auth, ..settings(&url) }).await;
    let sent: Vec<Vec<String>> = backend
        .asked()
        .iter()
        .map(|asked| asked.headers.get_all("authorization").iter().map(|v| v.to_str().unwrap().to_owned()).collect())
        .collect();
    assert_eq!(sent, [["Basic dXJsLXVzZXI6dXJsIHB3"], ["Basic bWU6cHc="]]);
}

#[tokio::test]
async fn redirects_are_followed_but_not_in_circles() {
    let backend = Backend::start(|asked| match asked.path.as_str() {
        "/api/v1/query" => Answer::Redirect("/there".to_owned()),
        "/there" => Answer::Json(200, vector(&[])),
        path => Answer::Redirect(path.to_owned()),
    })
    .await;
    assert_eq!(fetch(&settings(&backend.url())).await.0, vector(&[]));
    let (answer, _) = fetch(&settings(&format!("{}/circle", backend.url()))).await;
    assert!(error(&answer).contains("too many redirects"), "{answer}");
}

#[tokio::test]
async fn no_secret_comes_back_in_an_error() {
    let echo = |asked: &Asked| {
        let header = asked.headers.get("authorization").map_or("", |value| value.to_str().unwrap());
        Answer::Text(403, format!("denied: authorization: {header}; password hunter2, see {}", asked.path))
    };
    let backend = Backend::start(echo).await;
    let (username, password) = (Secret::new("me"), Secret::new("hunter2"));
    let auth = Auth::Basic { username, password };
    let with_auth = Settings { auth, ..settings(&backend.url()) };
    let with_user = settings(&format!("http://me:hunter2@{}", backend.address));
    let refused = settings(&nobody().await.replace("http://", "http://me:hunter2@"));
    for settings in [with_auth, with_user, refused] {
        let (answer, _) = fetch(&settings).await;
        let message = error(&answer);
        assert!(!message.contains("hunter2") && !message.contains("bWU6"), "{message}");
    }
}
