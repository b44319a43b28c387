//! What is logged: one line a request, and never a secret.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::backend::nobody;
use crate::server::{Server, config, experiment, http};

/// Everything that this process has logged, as JSON lines; shared by all tests, which run at once.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub fn lines() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(move || writer.clone());
        let targets = Targets::new().with_default(LevelFilter::WARN).with_target("iter8_analytics", LevelFilter::TRACE);
        tracing_subscriber::registry().with(layer.with_filter(targets)).init();
        lines
    })
}

/// All that was logged so far.
pub fn text() -> String {
    String::from_utf8(lines().0.lock().unwrap().clone()).unwrap()
}

/// The lines about requests to `path`.
pub fn requests_to(path: &str) -> Vec<Value> {
    let text = String::from_utf8(lines().0.lock().unwrap().clone()).unwrap();
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|line| line["message"] == "request" && line["path"] == path).collect()
}

#[tokio::test]
async fn a_request_is_one_line() {
    lines();
    let server = Server::start(&nobody().await).await;
    http().get(server.url("/one%0Aline?query=1")).send().await.unwrap();
    let found = requests_to("/one%0Aline");
    assert_eq!(found.len(), 1, "{found:?}");
    let line = &found[0];
    assert_eq!((&line["method"], &line["status"], &line["level"]), (&"GET".into(), &404.into(), &"INFO".into()));
    assert!(line["ms"].is_f64() && line.get("experiment").is_none(), "{line}");
}

#[tokio::test]
async fn a_backends_failure_is_logged_with_the_experiment_and_without_the_password() {
    lines();
    let url = nobody().await.replace("http://", "http://me:hunter2@");
    let server = Server::with(config(&[
        ("ITER8_ANALYTICS_METRICS_BACKEND_URL", &url),
        ("ITER8_ANALYTICS_METRICS_BACKEND_TRIES", "1"),
    ]))
    .await;
    let mut experiment = experiment();
    experiment["name"] = "logged\nexperiment".into();
    let (status, reply) = server.assess(&experiment).await;
    assert_eq!(status, 200, "{reply}");
    let all = requests_to("/assessment");
    let line = all.iter().find(|line| line["experiment"] == "logged\nexperiment").expect("no such line");
    assert_eq!((&line["level"], &line["backend_failures"]), (&"WARN".into(), &2.into()));
    let problem = line["problem"].as_str().unwrap();
    assert!(problem.starts_with("iter8_request_count: http://***@127.0.0.1:"), "{problem}");
    let text = String::from_utf8(lines().0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("hunter2") && !reply.to_string().contains("hunter2"));
}
