//! Every fault of a backend that we know of, in whole assessments: 200 in time, no wrong number, and then all is well.
//!
//! Each fault strikes both queries; a healthy server's counts are 1000 and 500, and a degraded reply must not hold
//! another number in their place. The same story is told by the reply's notes, by one line of the log and by the metrics,
//! and nowhere a secret.
//!
//! Not here: what the client makes of each fault by itself (`client`).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::{Answer, Asked, Backend, curt, gzip, healthy, healthy_data, nobody};
use crate::logs;
use crate::server::{Server, experiment, http};

type Fault = fn(&Asked) -> Answer;
type Script = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;

fn success(kind: &str, result: Value) -> Answer {
    Answer::Json(200, json!({"status": "success", "data": {"resultType": kind, "result": result}}))
}

fn sample(version: Value, value: Value) -> Value {
    json!({"metric": {"version": version}, "value": [1767262200.0, value]})
}

fn packed(text: &[u8]) -> Answer {
    Answer::Raw(200, vec![("content-encoding", "gzip".to_owned())], gzip(text))
}

fn text(status: u16, text: &str) -> Answer {
    Answer::Text(status, text.to_owned())
}

/// Faults that leave nothing known.
const BLIND: &[(&str, Fault)] = &[
    ("hang", |_| Answer::After(Duration::from_secs(60), Value::Null)),
    ("drip", |_| Answer::Drip),
    ("endless", |_| Answer::Endless),
    ("gzip bomb", |_| packed(&vec![b' '; 64 << 20])),
    ("broken gzip", |asked| {
        let whole = gzip(healthy_data(asked).to_string().as_bytes());
        Answer::Raw(200, vec![("content-encoding", "gzip".to_owned())], whole[..whole.len() / 2].to_vec())
    }),
    ("no gzip", |_| Answer::Raw(200, vec![("content-encoding", "gzip".to_owned())], b"seven".to_vec())),
    ("50 MB", |_| Answer::Bytes(50 << 20)),
    ("HTML", |_| text(200, "<html>Log in</html>")),
    ("nothing", |_| text(200, "")),
    ("truncated", |asked| {
        let whole = healthy_data(asked).to_string();
        text(200, &whole[..whole.len() - 20])
    }),
    ("array", |_| text(200, "[]")),
    ("null", |_| text(200, "null")),
    ("matrix", |_| success("matrix", json!([{"metric": {"version": "v1"}, "values": [[1, "7"]]}]))),
    ("scalar", |_| success("scalar", json!([1, "7"]))),
    ("string", |_| success("string", json!([1, "7"]))),
    ("no result", |_| Answer::Json(200, json!({"status": "success", "data": {"resultType": "vector"}}))),
    ("no data", |_| Answer::Json(200, json!({"status": "success"}))),
    ("result of another type", |_| success("vector", json!({"v1": 7}))),
    ("error", |_| Answer::Json(200, json!({"status": "error", "errorType": "execution", "error": "7"}))),
    ("400", |_| Answer::Json(400, json!({"status": "error", "errorType": "bad_data", "error": "7"}))),
    ("401", |_| text(401, "Unauthorized")),
    ("404", |_| text(404, "404 page not found")),
    ("429", |_| text(429, "slow down")),
    ("429 for a minute", |_| Answer::Raw(429, vec![("retry-after", "60".to_owned())], b"slow down".to_vec())),
    ("503 until a date", |_| {
        Answer::Raw(503, vec![("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT".to_owned())], Vec::new())
    }),
    ("500", |_| text(500, "7")),
    ("503", |_| text(503, "")),
    ("circle", |asked| Answer::Redirect(asked.path.clone())),
    ("circle of two", |asked| {
        Answer::Redirect(if asked.path == "/there" { "/back".to_owned() } else { "/there".to_owned() })
    }),
    ("redirect to nowhere", |_| Answer::Redirect("http://127.0.0.1:9/".to_owned())),
    ("redirect to no address", |_| Answer::Redirect("http://[".to_owned())),
    ("redirect to a file", |_| Answer::Redirect("file:///etc/hostname".to_owned())),
    ("NaN", |_| success("vector", json!([sample(json!("v1"), json!("NaN")), sample(json!("v2"), json!("NaN"))]))),
    ("infinite", |_| {
        success("vector", json!([sample(json!("v1"), json!("+Inf")), sample(json!("v2"), json!("-Inf"))]))
    }),
    ("negative", |_| success("vector", json!([sample(json!("v1"), json!("-7")), sample(json!("v2"), json!("-7"))]))),
    ("text", |_| success("vector", json!([sample(json!("v1"), json!("seven")), sample(json!("v2"), json!({}))]))),
    ("no value", |_| {
        success("vector", json!([{"metric": {"version": "v1"}}, {"metric": {"version": "v2"}, "value": []}]))
    }),
    ("other versions", |_| success("vector", json!([sample(json!("v7"), json!("7"))]))),
    ("other labels", |_| success("vector", json!([{"metric": {"pod": "v1"}, "value": [1, "7"]}]))),
    ("labels more than a version's", |_| {
        let of = |version: &str| json!({"metric": {"version": version, "pod": "a"}, "value": [1, "7"]});
        success("vector", json!([of("v1"), of("v2")]))
    }),
    ("a histogram in the place of a value", |_| {
        let of = |version: &str| json!({"metric": {"version": version}, "histogram": [1, {"count": "7", "sum": "7"}]});
        success("vector", json!([of("v1"), of("v2")]))
    }),
    ("labels of another type", |_| {
        success("vector", json!([sample(json!(1), json!("7")), sample(Value::Null, json!("7"))]))
    }),
    ("samples of another type", |_| success("vector", json!([7, null, "v1", []]))),
];

/// The counts of both versions.
fn counts(reply: &Value) -> [&Value; 2] {
    [&reply["baseline_assessment"]["request_count"], &reply["candidate_assessments"][0]["request_count"]]
}

/// Faults that v1.0.0 took for versions without traffic, and so does its method here; a note says that it is not so sure.
const ZEROES: &[&str] = &["other versions", "other labels", "labels more than a version's"];

/// A reply in time and without a number, and the same story by note, log and metrics.
async fn is_degraded_and_told(server: &Server, name: &str) {
    logs::lines();
    let label = format!("fault: {name}");
    let mut experiment = experiment();
    experiment["name"] = json!(label);
    let start = Instant::now();
    let (status, reply) = server.assess(&experiment).await;
    let time = start.elapsed();
    assert_eq!(status, 200, "{name}: {reply}");
    assert!(time < Duration::from_secs(10), "{name}: {time:?}");
    let unknown = if ZEROES.contains(&name) { json!(0) } else { Value::Null };
    assert_eq!(counts(&reply), [&unknown, &unknown], "{name}: {reply}");
    assert_eq!(reply["winner_assessment"]["winning_version_found"], false, "{name}: {reply}");
    assert_ne!(reply["notes"], json!([]), "{name}: {reply}");
    assert_ne!(reply["status"], json!([]), "{name}: {reply}");

    let lines = logs::requests_to("/assessment");
    let lines: Vec<_> = lines.iter().filter(|line| line["experiment"] == label.as_str()).collect();
    let [line] = lines.as_slice() else { panic!("{name}: {} lines", lines.len()) };
    let codes: Vec<&str> = reply["status"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(line["data"], codes.join(", "), "{name}: {line}");
    let metrics = http().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for code in codes {
        let sample = format!("iter8_analytics_assessment_problems_total{{problem=\"{}\"}} 1", code.replace(' ', "_"));
        assert!(metrics.contains(&sample), "{name}: {sample}");
    }
    if line["problem"].is_string() {
        assert_eq!((&line["backend_failures"], &line["level"]), (&json!(2), &json!("WARN")), "{name}: {line}");
        assert!(metrics.contains("iter8_analytics_backend_failures_total{kind="), "{name}: {line}");
    }
    for told in [reply.to_string(), logs::text(), metrics] {
        assert!(!told.contains("hunter2"), "{name}");
    }
}

#[tokio::test]
async fn connections_that_come_to_nothing_are_told_like_other_faults() {
    for (name, url) in [
        ("refused", nobody().await),
        ("reset", curt(b"").await),
        ("cut off in the head", curt(b"HTTP/1.1 200 OK\r\ncontent-len").await),
        ("cut off in the body", curt(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"status\":").await),
        ("no HTTP", curt(b"220 mail.example ESMTP\r\n").await),
        ("no such host", "http://no-such-host.invalid".to_owned()),
    ] {
        let server = Server::start(&url.replace("http://", "http://me:hunter2@")).await;
        is_degraded_and_told(&server, name).await;
    }
}

#[tokio::test]
async fn what_a_backend_wraps_up_or_remarks_upon_is_read_all_the_same() {
    let with = |change: fn(&mut Value)| {
        move |asked: &Asked| {
            let mut data = healthy_data(asked);
            change(&mut data);
            Answer::Json(200, data)
        }
    };
    let cases: Vec<(&str, Script, &str)> = vec![
        ("gzip", Box::new(|asked| packed(healthy_data(asked).to_string().as_bytes())), ""),
        ("warnings", Box::new(with(|data| data["warnings"] = json!(["store b is away"]))), "store b is away"),
        ("isPartial", Box::new(with(|data| data["isPartial"] = json!(true))), "the result is partial"),
        ("infos", Box::new(with(|data| data["infos"] = json!(["name does not end in _total"]))), ""),
        (
            "a series more",
            Box::new(with(|data| {
                data["data"]["result"].as_array_mut().unwrap().push(json!({"metric": {}, "value": [1, "7"]}))
            })),
            "",
        ),
        (
            "the same series twice",
            Box::new(with(|data| {
                let series = data["data"]["result"].as_array_mut().unwrap();
                let mut other = series[0].clone();
                other["value"][1] = json!("7");
                series.insert(0, other);
            })),
            "several series have the labels",
        ),
    ];
    for (name, script, note) in cases {
        let backend = Backend::start(script).await;
        let (status, reply) = Server::start(&backend.url()).await.assess(&experiment()).await;
        assert_eq!((status, counts(&reply)), (200, [&json!(1000), &json!(500)]), "{name}: {reply}");
        assert!(reply["notes"].to_string().contains(note), "{name}: {}", reply["notes"]);
        assert_eq!(reply["notes"].as_array().unwrap().is_empty(), note.is_empty(), "{name}: {}", reply["notes"]);
    }
}

#[tokio::test]
async fn a_backend_that_asks_for_a_second_gets_it_and_then_answers() {
    let backend = Backend::start(|asked| match asked.count {
        1 | 2 => Answer::Raw(429, vec![("retry-after", "1".to_owned())], b"slow down".to_vec()),
        _ => healthy(asked),
    })
    .await;
    let config = crate::server::config(&[("ITER8_ANALYTICS_METRICS_BACKEND_URL", &backend.url())]);
    let start = Instant::now();
    let (_, reply) = Server::with(config).await.assess(&experiment()).await;
    assert_eq!(counts(&reply), [&json!(1000), &json!(500)], "{reply}");
    assert!(start.elapsed() > Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(backend.asked().len(), 4);
}

#[tokio::test]
async fn no_fault_of_a_backend_gives_a_wrong_number_or_a_late_reply() {
    let checks = BLIND.iter().map(|&(name, fault)| async move {
        // The first assessment's queries meet the fault, however often they are tried; then the backend is well.
        let is_well = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let switch = is_well.clone();
        let backend = Backend::start(move |asked| {
            if switch.load(std::sync::atomic::Ordering::SeqCst) { healthy(asked) } else { fault(asked) }
        })
        .await;
        let server = Server::start(&format!("http://me:hunter2@{}", backend.address)).await;
        is_degraded_and_told(&server, name).await;
        is_well.store(true, std::sync::atomic::Ordering::SeqCst);
        let (status, reply) = server.assess(&experiment()).await;
        assert_eq!((status, &reply["status"]), (200, &json!([])), "{name}: {reply}");
        assert_eq!(counts(&reply), [&json!(1000), &json!(500)], "{name}: {reply}");
    });
    futures_util::future::join_all(checks).await;
}
