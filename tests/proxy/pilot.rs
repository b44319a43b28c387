//! The pilot, against an administration that counts as Envoy's does.

use iter8_analytics::proxy::Pilot;
use serde_json::{Value, json};

use super::envoy::{Proxy, canary};

fn piloted() -> Value {
    let mut configuration = canary();
    configuration["proxy"] =
        json!({"runtime_key_prefix": "split.shop", "destinations": {"v1": "shop-one", "v2": "shop-two"}});
    configuration
}

/// What Envoy says after so many requests and errors of each cluster.
fn statistics(counts: [(u64, u64); 2]) -> String {
    let of = |(cluster, (requests, errors)): (&str, (u64, u64))| {
        let name = format!("envoy_cluster_name=\"{cluster}\"");
        format!(
            "# TYPE envoy_cluster_upstream_rq_completed counter\n\
             envoy_cluster_upstream_rq_completed{{{name}}} {requests}\n\
             envoy_cluster_upstream_rq_xx{{envoy_response_code_class=\"2\",{name}}} {}\n\
             envoy_cluster_upstream_rq_xx{{envoy_response_code_class=\"5\",{name}}} {errors}\n\
             envoy_cluster_upstream_rq_time_bucket{{{name},le=\"10\"}} {requests}\n\
             envoy_cluster_upstream_rq_time_bucket{{{name},le=\"+Inf\"}} {requests}\n\
             envoy_cluster_upstream_rq_time_sum{{{name}}} {}\n",
            requests - errors,
            requests * 7
        )
    };
    ["shop-one", "shop-two"].into_iter().zip(counts).map(of).collect()
}

#[test]
fn weights_follow_what_the_administration_says() {
    let proxy = Proxy::starting_at(1_780_000_000);
    let mut pilot = Pilot::configure(&proxy, piloted().to_string().as_bytes()).unwrap();
    let mut weights = Vec::new();
    let (mut one, mut two) = (0, (0, 0));
    for second in 0..120 {
        pilot.tick(&proxy);
        for (method, path) in std::mem::take(&mut proxy.0.borrow_mut().calls) {
            match method.as_str() {
                "GET" => assert_eq!(path, "/stats/prometheus?filter=^cluster%5C.(shop-one%7Cshop-two)%5C.upstream_rq_"),
                _ => weights.push(path),
            }
        }
        one += 100;
        two = (two.0 + 50, two.1 + if second > 80 { 15 } else { 0 });
        pilot.answer(&proxy, statistics([(one, 0), two]).as_bytes());
        proxy.pass(1.0);
    }
    assert_eq!(weights[0], "/runtime_modify?split.shop.shop-one=100&split.shop.shop-two=0");
    assert_eq!(weights[1], "/runtime_modify?split.shop.shop-one=90&split.shop.shop-two=10");
    assert_eq!(weights.last().unwrap(), "/runtime_modify?split.shop.shop-one=97&split.shop.shop-two=3");
}

#[test]
fn clusters_with_odd_names_are_asked_for_by_their_names() {
    let mut configuration = piloted();
    configuration["proxy"]["destinations"] = json!({"v1": "outbound|80||shop.one", "v2": "b&c=d"});
    let proxy = Proxy::starting_at(1_780_000_000);
    Pilot::configure(&proxy, configuration.to_string().as_bytes()).unwrap().tick(&proxy);
    let paths: Vec<String> = proxy.0.borrow().calls.iter().map(|(_, path)| path.clone()).collect();
    let weights = "/runtime_modify?split.shop.outbound%7C80%7C%7Cshop.one=100&split.shop.b%26c%3Dd=0";
    let filter = "^cluster%5C.(outbound%5C%7C80%5C%7C%5C%7Cshop%5C.one%7Cb%5C%26c%5C%3Dd)%5C.upstream_rq_";
    assert_eq!(paths, [weights.to_owned(), format!("/stats/prometheus?filter={filter}")]);
}

#[test]
fn an_answer_that_tells_nothing_is_passed_over() {
    let proxy = Proxy::starting_at(1_780_000_000);
    let mut pilot = Pilot::configure(&proxy, piloted().to_string().as_bytes()).unwrap();
    for body in ["OK\n", "", "envoy_cluster_upstream_rq_completed{envoy_cluster_name=\"other\"} 5\n", "{ }{ 1 \" 2"] {
        pilot.answer(&proxy, body.as_bytes());
        proxy.pass(100.0);
    }
    assert!(proxy.0.borrow().gauges.is_empty());
}

#[test]
fn what_a_pilot_cannot_see_is_refused() {
    let mut configuration = piloted();
    configuration["proxy"]["counters"] = json!({"iter8_error_count": {"response_header": "x-errors"}});
    let proxy = Proxy::starting_at(1_780_000_000);
    let error = Pilot::configure(&proxy, configuration.to_string().as_bytes()).err().unwrap().to_string();
    assert!(error.starts_with("proxy.counters.iter8_error_count: a pilot sees no single request"), "{error}");
    let error = Pilot::configure(&proxy, canary().to_string().as_bytes()).err().unwrap().to_string();
    assert!(error.starts_with("proxy.runtime_key_prefix: field required"), "{error}");
}
