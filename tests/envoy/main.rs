//! The real Envoy with our module, on the files of `examples/envoy`: two workers, a shop of three versions, a crowd.
//!
//! Waits for what shall happen rather than for a time, since a busy machine is slow. Not here: the rules of each behaviour
//! (`tests/proxy`); what is left here is that Envoy does its part.
#![cfg(feature = "envoy")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing, and waits for the processes that it starts"
)]

mod clients;
mod counts;
mod leases;
mod machines;
mod manners;
#[path = "../../examples/envoy/process.rs"]
#[expect(dead_code, reason = "the benchmark uses more of it")]
mod process;
#[path = "../../examples/envoy/shop.rs"]
#[expect(dead_code, reason = "the demonstration uses more of it")]
mod shop;
#[path = "../support/mod.rs"]
mod support;
mod upstreams;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use process::{Envoy, example};
use serde_json::Value;
use shop::{Crowd, Shop};
use support::matching::differences;

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_gains_traffic_turns_bad_and_loses_it_and_every_request_is_counted() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), None, shop.ports);
    let canary = example("canary.yaml").replace("\"flush_seconds\"", "\"log_evidence\": true, \"flush_seconds\"");
    envoy.change(&canary);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    let percent = async || envoy.sum_of(&["iter8_traffic_percent", "shop-v2"]).await;
    wait_until("v2 has half of the traffic", async || percent().await >= 50.0).await;

    // A change that is refused leaves the experiment as it is; one that is fine is taken.
    envoy.change(&canary.replace("iter8_error_rate\", \"threshold", "nothing\", \"threshold"));
    wait_until("the bad change is refused", async || {
        envoy.sum_of(&["listener_manager_lds_update_rejected"]).await > 0.0
    })
    .await;
    envoy.change(&canary.replace("\"max_increment\": 10", "\"max_increment\": 9"));
    wait_until("the good change is taken", async || envoy.log().contains("configuration 2")).await;
    assert!(percent().await >= 40.0, "the experiment went on");

    shop.fail(1, 300);
    let assessments = async || envoy.sum_of(&["iter8_assessments_total"]).await;
    let before = assessments().await;
    wait_until("v2 loses its traffic", async || percent().await <= 5.0).await;
    // The last interval before the fault may end after it.
    assert!(assessments().await - before <= 4.0, "{} intervals", assessments().await - before);
    let rolled_back = async || envoy.sum_of(&["iter8_rolled_back", "shop-v2"]).await;
    wait_until("v2 is rolled back", async || rolled_back().await == 1.0).await;
    println!("rolled back after {} intervals", assessments().await - before);
    assert_eq!(percent().await, 0.0);

    let (answered, failed, lost) = crowd.go_home().await;
    let sent = answered + failed + lost;
    wait_until("all requests are counted", async || envoy.sum_of(&["istio_requests_total{"]).await as u64 == sent)
        .await;
    assert_eq!(lost, 0, "no request failed because of us");
    assert_eq!(envoy.sum_of(&["istio_requests_total{", "response_code=\"503\""]).await as u64, failed);
    assert_eq!(shop.served().iter().sum::<u64>(), sent);
    for (version, served) in ["shop-v1", "shop-v2"].iter().zip(shop.served()) {
        assert_eq!(envoy.sum_of(&["istio_requests_total{", version]).await as u64, served, "{version}");
    }
    same_as_the_command_line(&envoy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pilot_steers_what_envoy_splits_itself() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&example("pilot.yaml"), None, shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    let weight = async || -> f64 {
        let runtime = envoy.admin("GET", "/runtime").await.unwrap_or_default();
        let runtime: Value = serde_json::from_str(&runtime).unwrap_or_default();
        let weight =
            runtime["entries"]["split.shop.shop-v2"]["final_value"].as_str().and_then(|text| text.parse().ok());
        weight.unwrap_or(0.0)
    };
    wait_until("v2 has half of the weight", async || weight().await >= 50.0).await;
    assert!(shop.served()[1] > 0);
    shop.fail(1, 300);
    wait_until("v2 loses its weight", async || weight().await <= 5.0).await;
    assert_eq!(crowd.go_home().await.2, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_refused_with_a_sentence() {
    let envoy = Envoy::prepare(&example("bootstrap.yaml"), None, [1, 2, 3]);
    for name in ["canary.yaml", "abn.yaml", "conformance.yaml"] {
        let good = envoy.validate(&with_static_listener(&example(name)));
        assert!(good.status.success(), "{name}: {}", String::from_utf8_lossy(&good.stderr));
    }
    let good = envoy.validate(&example("pilot.yaml"));
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let bad = example("canary.yaml").replace("\"interval_seconds\": 2", "\"intervals\": 2");
    let bad = envoy.validate(&with_static_listener(&bad));
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(!bad.status.success() && said.contains("iter8: proxy.intervals: no such field; allowed are "), "{said}");
}

/// The bootstrap with this listener in itself, since Envoy validates none that it would have to watch.
fn with_static_listener(listener: &str) -> String {
    let (_, item) =
        listener.split_once("type.googleapis.com/envoy.config.listener.v3.Listener\n  name: shop\n").unwrap();
    let item: String = item.lines().map(|line| format!("  {line}\n")).collect();
    let bootstrap = example("bootstrap.yaml");
    let (before, rest) = bootstrap.split_once("dynamic_resources:").unwrap();
    let (_, after) = rest.split_once("static_resources:\n").unwrap();
    format!("{before}static_resources:\n  listeners:\n  - name: shop\n{item}{after}")
}

/// Each assessment in the log is what `iter8-analytics assess` says on the same evidence.
fn same_as_the_command_line(log: &str) {
    let said = |word: &str| -> Vec<String> {
        log.lines().filter_map(|line| line.split_once(word).map(|(_, json)| json.to_owned())).collect()
    };
    let (evidence, assessments) = (said(" iter8 evidence "), said(" iter8 assessment "));
    assert!(evidence.len() > 5 && evidence.len() == assessments.len(), "{} assessments", assessments.len());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("evidence.json");
    for (evidence, assessment) in evidence.iter().zip(assessments) {
        fs::write(&path, evidence).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_iter8-analytics")).arg("assess").arg(&path).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let expected: Value = serde_json::from_slice(&done.stdout).unwrap();
        let given = serde_json::from_str(&assessment).unwrap();
        assert_eq!(differences(&expected, &given), Vec::<String>::new());
    }
}

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(90);
    while !holds().await {
        assert!(Instant::now() < patience, "in 90 s never: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
