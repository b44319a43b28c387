//! A shop in three versions, people who visit it, and an Envoy between them that runs an experiment by itself.
//!
//!     make envoy-demo                          the canary; v2 turns bad after half a minute
//!     make envoy-demo EXPERIMENT=abn           v3 sells most
//!     make envoy-demo EXPERIMENT=conformance   a single version
//!     make envoy-demo EXPERIMENT=pilot         the canary, with nothing of ours on the path of a request
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a demonstration stops where something is amiss, and has a clock"
)]
#![allow(dead_code, reason = "the tests use more of its parts")]

mod process;
mod shop;

use std::time::Duration;

use process::{Envoy, example};
use shop::{Crowd, Shop};

#[tokio::main]
async fn main() {
    let experiment = std::env::args().nth(1).unwrap_or_else(|| "canary".to_owned());
    let shop = Shop::open().await;
    shop.sell(2, 14);
    let mut envoy = match experiment.as_str() {
        "pilot" => Envoy::prepare(&example("pilot.yaml"), None, shop.ports),
        "canary" | "abn" | "conformance" => {
            Envoy::prepare(&example("bootstrap.yaml"), Some(&example(&format!("{experiment}.yaml"))), shop.ports)
        }
        other => panic!("there is no experiment `{other}`: canary, abn, conformance, pilot"),
    };
    println!("Starting Envoy; its administration is at http://127.0.0.1:{}", envoy.admin_port);
    envoy.start().await;
    let crowd = Crowd::gather(20, format!("http://127.0.0.1:{}/", envoy.port), Duration::from_millis(20));
    let (mut before, mut logged) = (shop.served(), 0);
    println!("seconds   requests/s of v1, v2, v3   percent of v1, v2, v3");
    for second in (2..=70).step_by(2) {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let served = shop.served();
        let rates: Vec<String> =
            served.iter().zip(before).map(|(now, then)| format!("{:>7}", (now - then) / 2)).collect();
        let mut percents = Vec::new();
        for version in ["shop-v1", "shop-v2", "shop-v3"] {
            percents.push(format!("{:>5}", envoy.sum_of(&["iter8_traffic_percent", version]).await));
        }
        println!("{second:>7}   {}       {}", rates.concat(), percents.concat());
        let log = envoy.log();
        let lines: Vec<&str> =
            log.lines().filter_map(|line| line.split_once(" iter8: ").map(|(_, said)| said)).collect();
        lines.iter().skip(logged).for_each(|line| println!("          {line}"));
        (before, logged) = (served, lines.len());
        if second == 30 && experiment != "abn" {
            println!(
                "          (from now on three of ten requests to v{} fail)",
                if experiment == "conformance" { 1 } else { 2 }
            );
            shop.fail(usize::from(experiment != "conformance"), 300);
        }
    }
    let (answered, failed, lost) = crowd.go_home().await;
    println!("{answered} requests answered, {failed} failed by their version, {lost} lost on the way");
}
