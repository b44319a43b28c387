//! The processes of the test: Prometheus and our own server, each on a free port, ended when they are dropped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::time::sleep;

/// Sends requests, each on a connection of its own.
pub struct Http(reqwest::Client);

impl Http {
    pub fn new() -> Self {
        // Fails only where another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self(reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap())
    }

    /// What it sends them with.
    pub fn client(&self) -> &reqwest::Client {
        &self.0
    }

    /// The status and the body of a GET; `None` where nobody answers.
    pub async fn get(&self, url: &str, query: &[(&str, &str)]) -> Option<(u16, String)> {
        let response = self.0.get(url).query(query).send().await.ok()?;
        Some((response.status().as_u16(), response.text().await.ok()?))
    }

    /// The status and the JSON body of a POST, sent as iter8's controller does.
    pub async fn post(&self, url: &str, body: &Value) -> (u16, Value) {
        let request = self.0.post(url).header("Content-Type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}")))
    }
}

/// A Prometheus that scrapes the exporter every second.
pub struct Prometheus {
    port: u16,
    folder: PathBuf,
    child: Child,
}

impl Prometheus {
    pub fn start(exporter_port: u16) -> Self {
        let (port, folder) = Self::prepare(&format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs:\n\
             - job_name: kubernetes-pods\n  static_configs: [{{targets: ['127.0.0.1:{exporter_port}']}}]\n"
        ));
        let child = run(port, &folder);
        Self { port, folder, child }
    }

    /// One that scrapes nothing and knows what `open_metrics` says.
    pub fn with_history(open_metrics: &str) -> Self {
        let (port, folder) = Self::prepare("");
        fs::write(folder.join("history"), open_metrics).unwrap();
        let done = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([folder.join("history"), folder.join("data")])
            .output()
            .unwrap_or_else(|error| panic!("`promtool` does not start ({error}): `make tools` installs it"));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let child = run(port, &folder);
        Self { port, folder, child }
    }

    /// A free port, and a folder with `config`.
    fn prepare(config: &str) -> (u16, PathBuf) {
        let port = free_port();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{port}"));
        // Left by a run that was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        (port, folder)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was killed, with its data.
    pub fn restart(&mut self) {
        self.child = run(self.port, &self.folder);
    }

    pub async fn wait_until_ready(&self, http: &Http) {
        wait_for(&format!("Prometheus at {}", self.url()), async || {
            http.get(&format!("{}/-/ready", self.url()), &[]).await.is_some_and(|(status, _)| status == 200)
        })
        .await;
    }

    /// Waits until `query` gives anything.
    pub async fn wait_until_seen(&self, http: &Http, query: &str) {
        wait_for(query, async || self.query(http, query).await.is_some()).await;
    }

    /// When the exporter was last scraped, in Unix time.
    pub async fn last_scrape(&self, http: &Http) -> f64 {
        let value = self.query(http, "max(timestamp(istio_requests_total))").await;
        value.and_then(|value| value.parse().ok()).unwrap()
    }

    /// The answer to one of the engine's queries.
    pub async fn answer(&self, http: &Http, query: &Value) -> Value {
        let path = if query["kind"] == "range" { "query_range" } else { "query" };
        let numbers = ["time", "start", "end", "step"].map(|key| (key, query[key].to_string()));
        let mut pairs = vec![("query", query["query"].as_str().unwrap())];
        pairs.extend(
            numbers.iter().filter(|(key, _)| query.get(key).is_some()).map(|(key, text)| (*key, text.as_str())),
        );
        let (_, body) = http.get(&format!("{}/api/v1/{path}", self.url()), &pairs).await.unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// The first value of the vector that `query` gives.
    async fn query(&self, http: &Http, query: &str) -> Option<String> {
        let (_, body) = http.get(&format!("{}/api/v1/query", self.url()), &[("query", query)]).await?;
        let reply: Value = serde_json::from_str(&body).ok()?;
        reply.pointer("/data/result/0/value/1")?.as_str().map(str::to_owned)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The real binary, told of its backend as in production.
pub struct Server {
    port: u16,
    child: Child,
}

impl Server {
    /// By the method that is taken where nobody names one.
    pub fn start(backend_url: &str) -> Self {
        Self::with_method(backend_url, "")
    }

    pub fn with_method(backend_url: &str, method: &str) -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_iter8-analytics"))
            .arg("serve")
            .env("ITER8_ANALYTICS_METRICS_BACKEND_URL", backend_url)
            .env("ITER8_ANALYTICS_SERVER_PORT", port.to_string())
            .env("ITER8_ANALYTICS_LOG_LEVEL", "error")
            .env("ITER8_ANALYTICS_METHOD", method)
            .env("METRICS_BACKEND_CONFIGFILE", "")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { port, child }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub async fn wait_until_ready(&self, http: &Http) {
        wait_for("the server", async || {
            http.get(&self.url("/health_check"), &[]).await.is_some_and(|(status, _)| status == 200)
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Unix time in seconds.
pub fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn run(port: u16, folder: &Path) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    let program = std::env::var("ITER8_TEST_PROMETHEUS").unwrap_or_else(|_| "prometheus".to_owned());
    Command::new(&program)
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("`{program}` does not start ({error}): `make tools` installs it"))
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub async fn wait_for(what: &str, is_there: impl AsyncFn() -> bool) {
    let since = Instant::now();
    while !is_there().await {
        assert!(since.elapsed() < WAIT_MAX, "waited {WAIT_MAX:?} in vain for {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Starts take a second or two, more on a machine that compiles beside.
const WAIT_MAX: Duration = Duration::from_secs(30);
