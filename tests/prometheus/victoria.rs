//! The known hour, asked of a real VictoriaMetrics below a path prefix and behind a password.
//!
//! It counts otherwise than Prometheus: it extrapolates nothing, and takes a new series for one that began at 0. Counts and
//! verdicts must be right all the same, errors must read as they do from Prometheus, and its absence must be got over.
//!
//! Not here: how its cluster answers (`isPartial`, in `tests/http`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::history::Hour;
use super::process::{Http, Server, free_port, wait_for};

/// A single node, ended when it is dropped.
struct Victoria {
    port: u16,
    folder: PathBuf,
    child: Child,
}

impl Victoria {
    fn start() -> Self {
        let port = free_port();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("victoria-{port}"));
        // Left by a run that was killed.
        let _ = fs::remove_dir_all(&folder);
        let child = run(port, &folder);
        Self { port, folder, child }
    }

    fn url(&self) -> String {
        format!("http://reader:hunter2@127.0.0.1:{}/select/0", self.port)
    }

    async fn wait_until_ready(&self, http: &Http) {
        let url = format!("{}/health", self.url());
        wait_for(&url, async || http.get(&url, &[]).await.is_some_and(|(status, _)| status == 200)).await;
    }

    /// Takes in what `open_metrics` says, whose times are in seconds.
    async fn import(&self, http: &Http, open_metrics: &str) {
        let lines = open_metrics.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<String> = lines.map(|line| format!("{line}000")).collect();
        let client = http.client();
        let request = client.post(format!("{}/api/v1/import/prometheus", self.url())).body(lines.join("\n") + "\n");
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
        // What was taken in can be searched a moment later, or at once after this.
        http.get(&format!("{}/internal/force_flush", self.url()), &[]).await.unwrap();
    }

    /// Ends it in good order: killed outright it forgets what came in the last seconds.
    fn stop(&mut self) {
        // The shell's own `kill`: not every machine has another one.
        let asked = Command::new("bash").args(["-c", &format!("kill {}", self.child.id())]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = run(self.port, &self.folder);
    }
}

impl Drop for Victoria {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(port: u16, folder: &Path) -> Child {
    Command::new("victoria-metrics")
        .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
        .arg(format!("-storageDataPath={}", folder.display()))
        .args(["-http.pathPrefix=/select/0", "-httpAuth.username=reader", "-httpAuth.password=hunter2"])
        .args(["-search.latencyOffset=0s", "-retentionPeriod=1", "-loggerLevel=ERROR"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("`victoria-metrics` does not start ({error}): `make tools` installs it"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_hour_is_judged_right_by_victoria_metrics_too_and_again_after_a_restart() {
    let http = Http::new();
    let hour = Hour::new();
    let mut victoria = Victoria::start();
    victoria.wait_until_ready(&http).await;
    victoria.import(&http, &hour.open_metrics()).await;
    let server = Server::start(&victoria.url());
    server.wait_until_ready(&http).await;

    let experiment = hour.experiment(hour.start + 3600);
    let assess = async |experiment: &Value| http.post(&server.url("/assessment"), experiment).await;
    let (status, reply) = assess(&experiment).await;
    assert_eq!((status, &reply["status"]), (200, &json!([])), "{reply}");
    is_right(&hour, &reply);

    // A query that makes no sense is told by what it says of it.
    let mut wrong = experiment.clone();
    wrong["metric_specs"]["counter_metrics"][0]["query_template"] = json!("sum(increase(requests_total[$interval]) by");
    let (status, refused) = assess(&wrong).await;
    assert_eq!((status, refused["status"].to_string().contains("no_prom_data")), (200, true), "{refused}");
    let notes = refused["notes"].to_string();
    assert!(notes.contains("refused the query (422)") && !notes.contains("hunter2"), "{notes}");

    // Nobody is told the password by the way.
    let stranger = Server::start(&victoria.url().replace("hunter2", "hunter3"));
    stranger.wait_until_ready(&http).await;
    let (status, denied) = http.post(&stranger.url("/assessment"), &experiment).await;
    assert_eq!((status, &denied["winner_assessment"]["winning_version_found"]), (200, &json!(false)), "{denied}");
    assert!(denied["notes"].to_string().contains("HTTP status 401"), "{}", denied["notes"]);

    victoria.stop();
    let (status, dead) = assess(&experiment).await;
    assert_eq!((status, &dead["winner_assessment"]["winning_version_found"]), (200, &json!(false)), "{dead}");
    assert!(dead["status"].to_string().contains("no_prom_server"), "{dead}");
    assert!(!dead.to_string().contains("hunter2"), "{dead}");
    victoria.start_again();
    victoria.wait_until_ready(&http).await;
    let (_, again) = assess(&experiment).await;
    is_right(&hour, &again);
}

/// Counts within 3 % of the truth, and the verdicts that are Prometheus' too.
fn is_right(hour: &Hour, reply: &Value) {
    let versions = [&reply["baseline_assessment"], &reply["candidate_assessments"][0]];
    let verdicts = [["violated", "violated"], ["satisfied", "satisfied"]];
    for (index, (version, verdicts)) in versions.into_iter().zip(verdicts).enumerate() {
        let truth = hour.truth(index, 3600).requests;
        let count = version["request_count"].as_f64().unwrap_or_default();
        assert!((count / truth - 1.0).abs() < 0.03, "{count}, in truth {truth}: {reply}");
        for (criterion, verdict) in verdicts.into_iter().enumerate() {
            assert_eq!(version["criterion_assessments"][criterion]["evidence"]["verdict"], verdict, "{reply}");
        }
    }
    let winner = &reply["winner_assessment"];
    assert_eq!((&winner["winning_version_found"], &winner["current_best_version"]), (&json!(true), &json!("v2")));
}
