//! Virtual machines that die, users that come again, an hour's worth of assessments.
//!
//! A machine is killed by a module that is ours with a deadly request added before it (`dies.wat`): nothing of that is in
//! what is shipped.

use std::time::Duration;

use super::process::{Envoy, example};
use super::shop::{Crowd, Shop};
use super::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_starts_again_and_the_experiment_goes_on() {
    let shop = Shop::open().await;
    let listener = example("canary.yaml").replace("iter8.wasm", "dies.wasm");
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&listener), shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    let percent = async || envoy.sum_of(&["iter8_traffic_percent", "shop-v2"]).await;
    wait_until("v2 has some of the traffic", async || percent().await >= 30.0).await;
    let before = percent().await;
    for _ in 0..4 {
        assert_eq!(ask(&envoy, &[("x-die", "now")]).await.0, 503);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(envoy.sum_of(&["vm_reload_success"]).await >= 1.0);
    assert!(percent().await >= before, "the split was lost");
    let assessments = async || envoy.sum_of(&["iter8_assessments_total"]).await;
    let then = assessments().await;
    wait_until("assessments go on", async || assessments().await >= then + 2.0).await;
    assert_eq!(envoy.log().matches("begins or goes on").count(), 1, "{}", envoy.log());
    assert!(envoy.log().contains(DEATH), "{}", envoy.log());
    crowd.go_home().await;
    settle(&envoy).await;
    let counted = counted(&envoy).await;
    // Each death may have cost what one worker had not handed on within half a second.
    let served = shop.served().iter().sum::<u64>();
    assert!(counted <= served && served - counted <= 4 * 500, "{counted} of {served}");
    for _ in 0..200 {
        assert_eq!(ask(&envoy, &[]).await.0, 200);
    }
    wait_until("every request is counted", async || self::counted(&envoy).await == counted + 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_spread_by_the_split_stay_in_both_workers_and_move_only_to_a_version_that_gains() {
    let shop = Shop::open().await;
    let listener = |name: &str, split: &str| {
        let canary = example("canary.yaml").replace("\"interval_seconds\": 2", "\"interval_seconds\": 3600");
        canary
            .replace("\"name\": \"canary\"", &format!("\"name\": \"{name}\""))
            .replace("\"sticky\"", &format!("\"split\": {split}, \"sticky\""))
    };
    let first = listener("first", "{\"shop-v1\": 60, \"shop-v2\": 40}");
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&first), shop.ports);
    envoy.start().await;
    let before = served_by(&envoy).await;
    assert_eq!(served_by(&envoy).await, before, "a new connection, another worker perhaps, the same version");
    let second = before.iter().filter(|version| *version == "2").count() as f64;
    // Five standard deviations.
    assert!((second - 0.4 * USERS as f64).abs() < 5.0 * (0.24 * USERS as f64).sqrt(), "{second} of {USERS}");
    envoy.change(&listener("second", "{\"shop-v1\": 30, \"shop-v2\": 70}"));
    wait_until("the new experiment is known", async || envoy.log().contains("second: begins")).await;
    // The workers take up the listener after the main thread.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = served_by(&envoy).await;
    assert!(before.iter().zip(&after).all(|(then, now)| now >= then), "somebody left the version that gained");
    let moved = before.iter().zip(&after).filter(|(then, now)| then != now).count() as f64;
    assert!((moved - 0.3 * USERS as f64).abs() < 5.0 * (0.24 * USERS as f64).sqrt(), "{moved} of {USERS}");
    wait_until("every request is counted", async || counted(&envoy).await == 3 * USERS as u64).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_version_is_watched() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&example("conformance.yaml")), shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(10, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    wait_until("it keeps its limits", async || envoy.log().contains("shop-v1: errors is satisfied")).await;
    assert_eq!(crowd.go_home().await.2, 0);
}

/// As many assessments as an hour has at the default interval.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "six minutes"]
async fn an_hour_of_assessments_takes_no_more_memory_than_a_few_minutes() {
    let shop = Shop::open().await;
    let listener = example("canary.yaml").replace("\"interval_seconds\": 2", "\"interval_seconds\": 1");
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&listener), shop.ports);
    envoy.start().await;
    let crowd = Crowd::gather(20, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(10));
    let mut memory = Vec::new();
    for minutes in 1..=6 {
        while envoy.sum_of(&["iter8_assessments_total"]).await < 60.0 * f64::from(minutes) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        memory.push(envoy.memory_mib());
    }
    println!("memory in MiB, after each 60 assessments: {memory:?}");
    assert!(memory[5] - memory[1] < 8.0, "{memory:?}");
    let (answered, failed, lost) = crowd.go_home().await;
    assert_eq!((failed, lost), (0, 0));
    wait_until("every request is counted", async || counted(&envoy).await == answered).await;
}

/// The version that served each user, on a new connection.
async fn served_by(envoy: &Envoy) -> Vec<String> {
    let mut versions = Vec::new();
    for user in 0..USERS {
        let (status, version) = ask(envoy, &[("cookie", &format!("uid={user}"))]).await;
        assert_eq!(status, 200);
        versions.push(version);
    }
    versions
}

/// Status, and which version served it; on a connection of its own.
pub async fn ask(envoy: &Envoy, headers: &[(&'static str, &str)]) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("http://127.0.0.1:{}/", envoy.port));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let version = response.headers().get("x-served-by").and_then(|version| version.to_str().ok());
    (response.status().as_u16(), version.unwrap_or_default().to_owned())
}

/// Waits until nothing is handed on any more.
pub async fn settle(envoy: &Envoy) {
    let mut last = f64::NAN;
    wait_until("the counts settle", async || {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = counted(envoy).await as f64;
        std::mem::replace(&mut last, now) == now
    })
    .await;
}

pub async fn counted(envoy: &Envoy) -> u64 {
    envoy.sum_of(&["istio_requests_total{"]).await as u64
}

const USERS: usize = 300;

/// What Envoy logs of a virtual machine that ends itself, be it by a panic, which has no words in our module.
pub const DEATH: &str = "RuntimeError";
