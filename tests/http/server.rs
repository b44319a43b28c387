//! A running server, and the few ways in which tests talk to it.

use std::net::SocketAddr;
use std::time::Duration;

use iter8_analytics::server::config::{Config, Overrides};
use iter8_analytics::server::{ServerOptions, run};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// A configuration from nothing but `variables`.
pub fn config(variables: &[(&str, &str)]) -> Config {
    let environment = |name: &str| {
        let given = variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
        // No test reads a config file that happens to lie about.
        let given =
            given.or_else(|| (name == "METRICS_BACKEND_CONFIGFILE").then(|| "/nonexistent/config.yaml".to_owned()));
        given.map(Into::into)
    };
    Config::from_environment(Overrides::default(), &environment).unwrap().0
}

impl Server {
    /// A server that asks the backend at `url`, with less patience than in production.
    pub async fn start(url: &str) -> Self {
        Self::with(config(&[
            ("ITER8_ANALYTICS_METRICS_BACKEND_URL", url),
            ("ITER8_ANALYTICS_METRICS_BACKEND_TRY_SECONDS", "0.3"),
            ("ITER8_ANALYTICS_METRICS_BACKEND_DEADLINE_SECONDS", "1.5"),
        ]))
        .await
    }

    pub async fn with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task =
            tokio::spawn(async move { run(listener, shutdown, config, ServerOptions::default()).await.unwrap() });
        Self { address, stop: Some(stop), task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The status and the JSON body of the reply to `body`, posted to `/assessment`.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let response = http().post(self.url("/assessment")).body(body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    pub async fn assess(&self, experiment: &Value) -> (u16, Value) {
        self.post(experiment.to_string()).await
    }

    pub fn begin_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub async fn ended(self) {
        self.task.await.unwrap();
    }
}

pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A connection for bytes of the test's own choice.
pub async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Sends `text` and reads one reply with a `Content-Length`; its head and its body.
pub async fn exchange(stream: &mut TcpStream, text: &str) -> (String, String) {
    stream.write_all(text.as_bytes()).await.unwrap();
    receive(stream).await
}

pub async fn receive(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return (head.to_owned(), body.to_owned());
            }
        }
        let mut buffer = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await;
        match read.expect("no reply").unwrap() {
            0 => panic!("the connection ended after {text:?}"),
            length => bytes.extend_from_slice(&buffer[..length]),
        }
    }
}

/// A canary, ten minutes old, with one ratio under a limit; by the method that asks for totals alone.
pub fn experiment() -> Value {
    let counter = |name: &str, metric: &str| json!({"name": name, "query_template": format!("sum(increase({metric}[$interval])) by ($version_labels)")});
    json!({
        "name": "shop-canary",
        "start_time": "2026-01-01T10:00:00Z",
        "now": "2026-01-01T10:10:00Z",
        "service_name": "shop",
        "method": "v1",
        "baseline": {"id": "v1", "version_labels": {"version": "v1"}},
        "candidates": [{"id": "v2", "version_labels": {"version": "v2"}}],
        "metric_specs": {
            "counter_metrics": [counter("iter8_request_count", "requests"), counter("errors", "errors")],
            "ratio_metrics": [{"name": "error_rate", "numerator": "errors", "denominator": "iter8_request_count",
                               "preferred_direction": "lower", "zero_to_one": true}]
        },
        "criteria": [{"id": "errors", "metric_id": "error_rate", "threshold": {"type": "absolute", "value": 0.1}}]
    })
}

/// The same with its data in the body.
pub fn experiment_with_observations() -> Value {
    let mut experiment = experiment();
    experiment["observations"] = json!({"versions": {
        "v1": {"iter8_request_count": 1000, "errors": 20},
        "v2": {"iter8_request_count": 500, "errors": 10},
    }});
    experiment
}
