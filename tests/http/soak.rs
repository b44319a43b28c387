//! A hundred thousand requests over 64 connections while the backend's faults come and go: no reply is lost, none is wrong,
//! the memory stays what it was, and no output holds a secret.
//!
//! Three of four requests bring their data, and their replies are the same bytes each time. The fourth asks the backend: a
//! count in its reply is the backend's or unknown.
//!
//! Not here: what each fault becomes (`faults`).

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::{Answer, Asked, Backend, healthy, vector};
use crate::certificates::TempFile;
use crate::server::{experiment, experiment_with_observations, http};

const REQUESTS: usize = 100_000;
const CONNECTIONS: usize = 64;
const MEMORY_GROWTH_MIB_MAX: f64 = 24.0;

/// What the backend does, one after the other; between two of them it is well.
const FAULTS: &[fn(&Asked) -> Answer] = &[
    |_| Answer::After(Duration::from_secs(60), Value::Null),
    |_| Answer::Text(503, "me:hunter2".to_owned()),
    |_| Answer::Text(200, "<html>".to_owned()),
    |_| Answer::Bytes(1 << 20),
    |_| Answer::Endless,
    |_| Answer::Drip,
    |_| Answer::Json(200, vector(&[("v1", "NaN"), ("v2", "-7")])),
    |asked| Answer::Redirect(asked.path.clone()),
];

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn memory_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_requests_through_faults_lose_nothing_and_leak_nothing() {
    let mode = Arc::new(AtomicUsize::new(0));
    let backend = {
        let mode = Arc::clone(&mode);
        Backend::start(move |asked| {
            let mode = mode.load(Ordering::Relaxed);
            if mode.is_multiple_of(2) { healthy(asked) } else { FAULTS[mode / 2 % FAULTS.len()](asked) }
        })
        .await
    };
    let log = TempFile::new("");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Process(
        Command::new(env!("CARGO_BIN_EXE_iter8-analytics"))
            .args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()])
            .env("ITER8_ANALYTICS_METRICS_BACKEND_URL", format!("http://me:hunter2@{}", backend.address))
            .env("ITER8_ANALYTICS_METRICS_BACKEND_TRY_SECONDS", "0.1")
            .env("ITER8_ANALYTICS_METRICS_BACKEND_DEADLINE_SECONDS", "0.4")
            .env("METRICS_BACKEND_CONFIGFILE", "/nonexistent/config.yaml")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .spawn()
            .unwrap(),
    );
    let url = format!("http://127.0.0.1:{port}/assessment");
    let until = Instant::now() + Duration::from_secs(20);
    while http().get(format!("http://127.0.0.1:{port}/ready")).send().await.is_err() {
        assert!(Instant::now() < until, "the server does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut given = experiment_with_observations();
    given["method"] = json!("sequential");
    let given = given.to_string();
    let expected = http().post(&url).body(given.clone()).send().await.unwrap().text().await.unwrap();
    let switch = {
        let mode = Arc::clone(&mode);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(300)).await;
                mode.fetch_add(1, Ordering::Relaxed);
            }
        })
    };

    let whole = Arc::new(AtomicUsize::new(0));
    let drive = async |count: usize| {
        let clients = (0..CONNECTIONS).map(|_| {
            let (url, given, expected, whole) = (url.clone(), given.clone(), expected.clone(), Arc::clone(&whole));
            tokio::spawn(async move {
                let client = http();
                for number in 0..count / CONNECTIONS {
                    let asks = number % 4 == 3;
                    let body = if asks { experiment().to_string() } else { given.clone() };
                    let response = client.post(&url).body(body).send().await.expect("a reply");
                    assert_eq!(response.status(), 200);
                    let text = response.text().await.expect("a whole reply");
                    if asks {
                        let reply: Value = serde_json::from_str(&text).expect("JSON");
                        whole.fetch_add(usize::from(is_whole(&reply)), Ordering::Relaxed);
                    } else {
                        assert_eq!(text, expected);
                    }
                }
            })
        });
        for client in futures_util::future::join_all(clients).await {
            client.expect("every reply is right");
        }
    };
    drive(REQUESTS / 5).await;
    let before = process.memory_mib();
    let start = Instant::now();
    drive(REQUESTS).await;
    let after = process.memory_mib();
    switch.abort();
    println!("{REQUESTS} requests in {:.0?}; memory {before:.1} MiB, then {after:.1} MiB", start.elapsed());
    assert!(after - before < MEMORY_GROWTH_MIB_MAX, "memory grew from {before:.1} to {after:.1} MiB");
    assert!(whole.load(Ordering::Relaxed) > REQUESTS / 100, "the backend was hardly ever well");

    mode.store(0, Ordering::Relaxed);
    let reply = http().post(&url).body(experiment().to_string()).send().await.unwrap().text().await.unwrap();
    assert!(is_whole(&serde_json::from_str(&reply).unwrap()), "{reply}");
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(log.lines().count() > REQUESTS && !log.contains("hunter2"));
}

/// Whether both counts are known; they must be the backend's then, and otherwise unknown.
fn is_whole(reply: &Value) -> bool {
    let counts = [&reply["baseline_assessment"], &reply["candidate_assessments"][0]].map(|v| &v["request_count"]);
    for (count, truth) in counts.into_iter().zip([1000, 500]) {
        assert!(count.is_null() || count == truth, "{reply}");
    }
    counts.iter().all(|count| !count.is_null())
}
