//! Every fault of a backend that we know of, in whole assessments: 200 in time, no wrong number, and then all is well.
//!
//! Each fault strikes both queries; a healthy server's counts are 1000 and 500, and a degraded reply must not hold
//! another number in their place.
//!
//! Not here: what the client makes of each fault by itself (`client`).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::{Answer, Asked, Backend, healthy, healthy_data};
use crate::server::{Server, experiment};

type Fault = fn(&Asked) -> Answer;

fn success(kind: &str, result: Value) -> Answer {
    Answer::Json(200, json!({"status": "success", "data": {"resultType": kind, "result": result}}))
}

fn sample(version: Value, value: Value) -> Value {
    json!({"metric": {"version": version}, "value": [1767262200.0, value]})
}

fn text(status: u16, text: &str) -> Answer {
    Answer::Text(status, text.to_owned())
}

/// Faults that leave nothing known.
const BLIND: &[(&str, Fault)] = &[
    ("hang", |_| Answer::After(Duration::from_secs(60), Value::Null)),
    ("drip", |_| Answer::Drip),
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
    ("500", |_| text(500, "7")),
    ("503", |_| text(503, "")),
    ("circle", |asked| Answer::Redirect(asked.path.clone())),
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
    ("labels of another type", |_| {
        success("vector", json!([sample(json!(1), json!("7")), sample(Value::Null, json!("7"))]))
    }),
    ("samples of another type", |_| success("vector", json!([7, null, "v1", []]))),
];

/// The counts of both versions.
fn counts(reply: &Value) -> [&Value; 2] {
    [&reply["baseline_assessment"]["request_count"], &reply["candidate_assessments"][0]["request_count"]]
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
        let server = Server::start(&backend.url()).await;
        let start = Instant::now();
        let (status, reply) = server.assess(&experiment()).await;
        let time = start.elapsed();
        assert_eq!(status, 200, "{name}: {reply}");
        assert!(time < Duration::from_secs(10), "{name}: {time:?}");
        for count in counts(&reply) {
            assert!(count.is_null() || count == 0, "{name}: {reply}");
        }
        assert_eq!(reply["winner_assessment"]["winning_version_found"], false, "{name}: {reply}");
        assert_ne!(reply["notes"], json!([]), "{name}: {reply}");
        is_well.store(true, std::sync::atomic::Ordering::SeqCst);
        let (status, reply) = server.assess(&experiment()).await;
        assert_eq!((status, &reply["status"]), (200, &json!([])), "{name}: {reply}");
        assert_eq!(counts(&reply), [&json!(1000), &json!(500)], "{name}: {reply}");
    });
    futures_util::future::join_all(checks).await;
}
