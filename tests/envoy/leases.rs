//! A bootstrap without an assessor, as where it cannot be changed.

use std::time::Duration;

use serde_json::Value;

use super::machines::{ask, counted, settle};
use super::process::{Envoy, example};
use super::shop::{Crowd, Shop};
use super::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn without_an_assessor_in_the_bootstrap_each_interval_is_assessed_once() {
    let shop = Shop::open().await;
    let bootstrap = example("bootstrap.yaml");
    let (before, rest) = bootstrap.split_once("bootstrap_extensions:\n").unwrap();
    let (_, after) = rest.split_once("dynamic_resources:").unwrap();
    let listener = example("canary.yaml").replace("iter8.wasm", "dies.wasm");
    let listener = listener.replace("\"flush_seconds\"", "\"log_evidence\": true, \"flush_seconds\"");
    let mut envoy = Envoy::prepare(&format!("{before}dynamic_resources:{after}"), Some(&listener), shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    let percent = async || envoy.sum_of(&["iter8_traffic_percent", "shop-v2"]).await;
    wait_until("v2 has some of the traffic", async || percent().await >= 20.0).await;
    // Workers die, and the listener changes; the old one goes on ticking while it drains.
    for _ in 0..2 {
        assert_eq!(ask(&envoy, &[("x-die", "now")]).await.0, 503);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    envoy.change(&listener.replace("\"max_increment\": 10", "\"max_increment\": 9"));
    wait_until("the change is taken", async || envoy.log().contains("configuration 2")).await;
    wait_until("v2 has half of the traffic", async || percent().await >= 50.0).await;
    shop.fail(1, 300);
    wait_until("v2 loses its traffic", async || percent().await <= 5.0).await;
    crowd.go_home().await;
    settle(&envoy).await;
    let assessed = iterations(&envoy.log());
    assert!(assessed.len() > 5 && assessed.is_sorted_by(|one, next| one < next), "{assessed:?}");
    // Each death may have cost what one worker had not handed on within half a second.
    let (counted, served) = (counted(&envoy).await, shop.served().iter().sum::<u64>());
    assert!(counted <= served && served - counted <= 2 * 500, "{counted} of {served}");
}

/// Which intervals were assessed, one after the other.
fn iterations(log: &str) -> Vec<u64> {
    let lines = log.lines().filter_map(|line| Some(line.split_once(" iter8 evidence ")?.1));
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["iteration_number"].as_u64().unwrap()).collect()
}
