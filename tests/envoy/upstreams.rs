//! What becomes of a request upstream: clusters that are gone or dead, retries, responses that break off.
//!
//! One downstream request is one count, with the status that the client got, whatever Envoy tried on the way.
//!
//! Not here: clients that go away before they have all of it (`clients`).

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::machines::{DEATH, counted};
use super::manners::{Manner, Upstream};
use super::process::{Envoy, example};
use super::shop::{Crowd, Shop};
use super::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_whose_cluster_is_gone_empty_or_dead_is_rolled_back_and_each_refusal_counts_once() {
    let bootstrap = example("bootstrap.yaml");
    let line = bootstrap.lines().find(|line| line.contains("cluster_name: shop-v2")).unwrap();
    let gone = bootstrap.replace(&format!("  - name: shop-v2\n{line}\n"), "");
    let empty = bootstrap.replace(line, "    load_assignment: {cluster_name: shop-v2}");
    // Nobody listens on this port.
    let dead = bootstrap.replace("port_value: 18012", "port_value: 1");
    for (what, bootstrap) in [("gone", gone), ("empty", empty), ("dead", dead)] {
        let shop = Shop::open().await;
        let listener =
            example("canary.yaml").replace("\"sticky\"", "\"split\": {\"shop-v1\": 50, \"shop-v2\": 50}, \"sticky\"");
        let mut envoy = Envoy::prepare(&bootstrap, Some(&listener), shop.ports);
        envoy.start().await;
        let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
        let gauge = async |name: &str| envoy.sum_of(&[name, "shop-v2"]).await;
        wait_until("v2 is rolled back", async || gauge("iter8_rolled_back").await == 1.0).await;
        assert_eq!(gauge("iter8_traffic_percent").await, 0.0, "{what}");
        let (answered, failed, lost) = crowd.go_home().await;
        wait_until("all are counted", async || counted(&envoy).await == answered + failed).await;
        let refused = envoy.sum_of(&["istio_requests_total{", "shop-v2", "response_code=\"503\""]).await;
        assert!(refused > 0.0 && lost == 0, "{what}: {refused} {lost}");
        assert_eq!((refused, gauge("istio_requests_total{").await), (failed as f64, failed as f64), "{what}");
        assert_eq!(shop.served(), [answered, 0, 0], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_rolls_back_a_candidate_that_nobody_answers_for() {
    let shop = Shop::open().await;
    let bootstrap = example("pilot.yaml").replace("port_value: 18012", "port_value: 1");
    let mut envoy = Envoy::prepare(&bootstrap, None, shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    wait_until("v2 is rolled back", async || envoy.sum_of(&["iter8_rolled_back", "shop-v2"]).await == 1.0).await;
    assert_eq!(envoy.sum_of(&["iter8_traffic_percent", "shop-v2"]).await, 0.0);
    assert_eq!(crowd.go_home().await.2, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_retried_counts_once_with_the_status_that_the_client_got() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&all_to_v2("5xx")), shop.ports);
    envoy.start().await;
    shop.fail(1, 600);
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    wait_until("some fail in spite of it", async || shop.served()[1] > 500).await;
    let (answered, failed, lost) = crowd.go_home().await;
    let sent = answered + failed;
    wait_until("all are counted", async || counted(&envoy).await == sent).await;
    let codes = [
        envoy.sum_of(&["istio_requests_total{", "response_code=\"200\""]).await as u64,
        envoy.sum_of(&["istio_requests_total{", "response_code=\"503\""]).await as u64,
    ];
    assert_eq!((codes, lost), ([answered, failed], 0));
    assert!(failed > 0, "with two retries a fifth should fail");
    let retries = envoy.sum_of(&["iter8_retries_total"]).await as u64;
    assert_eq!(shop.served(), [0, sent + retries, 0], "each further attempt is a retry");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_upstream_is_an_error_unless_a_retry_mends_it() {
    // Who closes every other connection answers the second attempt.
    for (manner, retry_on, [ok, refused, resets, retries]) in [
        (Manner::Refuses, "reset", [4.0, 0.0, 0.0, 4.0]),
        (Manner::Refuses, "connect-failure", [2.0, 2.0, 2.0, 0.0]),
        (Manner::Breaks, "5xx", [4.0, 0.0, 4.0, 0.0]),
        (Manner::Stalls, "5xx", [4.0, 0.0, 4.0, 0.0]),
    ] {
        let upstream = Upstream::open(manner).await;
        let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&all_to_v2(retry_on)), [1, upstream.port, 1]);
        envoy.start().await;
        for _ in 0..4 {
            exchange(&envoy).await;
        }
        wait_until("all are counted", async || counted(&envoy).await == 4).await;
        let code = async |code: &str| envoy.sum_of(&["istio_requests_total{", "shop-v2", code]).await;
        let own = async |name: &str| envoy.sum_of(&[name, "shop-v2"]).await;
        let found = [
            code("response_code=\"200\"").await,
            code("response_code=\"503\"").await,
            own("iter8_resets_total").await,
            own("iter8_retries_total").await,
        ];
        assert_eq!(found, [ok, refused, resets, retries], "{manner:?} {retry_on}");
        assert_eq!(own("iter8_aborts_total").await, 0.0, "{manner:?}");
        let errors = async || total(&envoy.log(), &["shop-v2"], "iter8_error_count");
        wait_until("an assessment has their errors", async || errors().await == Some(resets)).await;
        assert!(!envoy.log().contains(DEATH), "{}", envoy.log());
    }
}

/// A counter's total in the last evidence, of these versions together.
pub fn total(log: &str, versions: &[&str], counter: &str) -> Option<f64> {
    let line = log.lines().filter_map(|line| Some(line.split_once(" iter8 evidence ")?.1)).next_back()?;
    let evidence: Value = serde_json::from_str(line).ok()?;
    let of = |version: &&str| evidence["observations"]["versions"][*version][counter]["total"].as_f64();
    versions.iter().map(of).sum()
}

/// Everything that comes back for a request on a connection of its own.
async fn exchange(envoy: &Envoy) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", envoy.port)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// The canary with all its traffic on v2, whose requests are retried twice and may take a second.
pub fn all_to_v2(retry_on: &str) -> String {
    let route = format!(
        "route: {{cluster_header: x-iter8-version, timeout: 1s, retry_policy: {{retry_on: \"{retry_on}\", num_retries: 2, retry_back_off: {{base_interval: 0.01s}}}}}}"
    );
    example("canary.yaml")
        .replace("route: {cluster_header: x-iter8-version}", &route)
        .replace("{\"name\": \"iter8_total_latency\"}]", "{\"name\": \"iter8_total_latency\"}, {\"name\": \"tries\"}]")
        .replace(
            "\"sticky\"",
            "\"log_evidence\": true, \"counters\": {\"tries\": \"retries\"}, \"split\": {\"shop-v1\": 0, \"shop-v2\": 100}, \"sticky\"",
        )
}
