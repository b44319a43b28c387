//! What the host inside Envoy does, in a simulated Envoy: several workers, conflicting writes, machines that start again.
//!
//! Not here: the calls of proxy-wasm, which `tests/envoy` checks in the real one.
#![cfg(feature = "envoy")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it misses by failing")]

mod configuration;
mod envoy;
mod leases;
mod pilot;
mod reloads;
#[path = "../support/mod.rs"]
mod support;

use envoy::{Envoy, Exchange, canary};
use iter8_analytics::proxy::{Assessor, Worker};
use iter8_analytics::{Options, assess};
use serde_json::{Value, json};
use support::matching::differences;

#[test]
fn no_request_is_lost_or_counted_twice_however_writes_conflict() {
    let mut envoy = Envoy::start(&canary());
    envoy.proxy.0.borrow_mut().conflicts = 5;
    envoy.serve(60, &[0.01, 0.01]);
    let sent: u64 = envoy.sent.iter().sum();
    assert_eq!(sent, 12_000);
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), sent);
    assert_eq!(envoy.proxy.counted(&["istio_request_duration_milliseconds_count"]), sent);
    assert_eq!(envoy.proxy.counted(&["le=.=+Inf;", "istio_request_duration_milliseconds_bucket"]), sent);
    for (version, sent) in ["v1", "v2"].iter().zip(&envoy.sent) {
        assert_eq!(envoy.proxy.counted(&[&format!("={version};"), "istio_requests_total"]), *sent, "{version}");
    }
}

#[test]
fn writes_that_never_succeed_cost_nothing_but_time() {
    let mut envoy = Envoy::start(&canary());
    envoy.proxy.0.borrow_mut().conflicts = 1_000_000;
    envoy.serve(5, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), 0);
    envoy.proxy.0.borrow_mut().conflicts = 0;
    envoy.serve(1, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), 1_200);
}

#[test]
fn a_good_candidate_gains_by_increments_and_requests_follow() {
    let mut envoy = Envoy::start(&canary());
    let mut last = 0;
    for _ in 0..20 {
        envoy.serve(10, &[0.015, 0.001]);
        let Some(percent) = envoy.proxy.gauge_of(&["=v2;", "iter8_traffic_percent"]) else { continue };
        assert!(percent <= last + 10, "{last} to {percent}");
        last = percent;
    }
    assert!(last > 80, "{last}");
    let before = envoy.sent.clone();
    envoy.serve(5, &[0.015, 0.001]);
    let share = (envoy.sent[1] - before[1]) as f64 / 1_000.0;
    // Five standard deviations of a share of 1,000.
    assert!((share - last as f64 / 100.0).abs() < 0.08, "{share} at {last} %");
}

#[test]
fn a_version_that_turns_bad_loses_its_traffic_within_three_intervals_and_then_is_taken_out() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(62, &[0.0, 0.0]);
    assert!(envoy.percents(&["v2"])[0] >= 40);
    envoy.serve(30, &[0.0, 0.3]);
    // What is left is its part of the exploration, until the change of its rate is shown to be no accident.
    assert!(envoy.percents(&["v2"])[0] <= 3, "{:?}", envoy.percents(&["v2"]));
    let mut intervals = 3;
    while envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]) == Some(0) && intervals < 100 {
        envoy.serve(10, &[0.0, 0.3]);
        intervals += 1;
    }
    assert!(intervals <= 8, "rolled back after {intervals} intervals");
    assert_eq!(envoy.percents(&["v1", "v2"]), [100, 0]);
    assert_eq!(envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]), Some(1));
    assert_eq!(envoy.proxy.lines("v2 is rolled back: it has turned bad").len(), 1);
    let sent = envoy.sent[1];
    envoy.serve(100, &[0.0, 0.0]);
    assert_eq!(envoy.sent[1], sent);
}

#[test]
fn a_version_that_is_taken_out_stays_out_until_another_limit_forgives_it() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(62, &[0.0, 0.0]);
    envoy.serve(80, &[0.0, 0.3]);
    assert_eq!(envoy.percents(&["v1", "v2"]), [100, 0]);
    // An assessor that starts again, and a change of something else, remember it.
    envoy.assessor = Assessor::new();
    let mut slower = canary();
    slower["traffic_control"]["max_increment"] = json!(5);
    reloads::change(&mut envoy, &slower);
    envoy.serve(30, &[0.0, 0.0]);
    assert_eq!(envoy.percents(&["v1", "v2"]), [100, 0]);
    slower["criteria"][0]["threshold"]["value"] = json!(0.5);
    reloads::change(&mut envoy, &slower);
    envoy.serve(30, &[0.0, 0.0]);
    assert_eq!(envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]), Some(0));
    assert!(envoy.percents(&["v2"])[0] > 0);
}

/// Each experiment may take out wrongly with probability alpha, of which a tenth is for its recent intervals.
#[test]
#[ignore = "four hundred experiments of sixty intervals: a minute in a release build"]
fn a_candidate_at_its_limit_is_hardly_ever_taken_out() {
    let mut experiment = canary();
    experiment["proxy"] = json!({});
    let is_taken_out = |seed: &u64| {
        let mut envoy = Envoy::seeded(&experiment, *seed);
        envoy.serve(600, &[0.02, 0.02]);
        envoy.proxy.gauge_of(&["=v2;", "iter8_rolled_back"]) == Some(1)
    };
    let out: Vec<u64> = (0..400).filter(is_taken_out).collect();
    println!("{} of 400 candidates at their limit were taken out: {out:?}", out.len());
    // Twenty are allowed on average.
    assert!(out.len() <= 20, "{out:?}");
}

#[test]
fn a_request_costs_one_call_on_its_way_in_and_three_once_it_is_over() {
    let mut envoy = Envoy::start(&canary());
    let exchange = Exchange { code: 200, millis: 3, ..Exchange::default() };
    let version = envoy.workers[0].route(&exchange);
    assert_eq!(exchange.calls.get(), 1, "the header");
    let before = format!("{:?}", envoy.proxy.0.borrow().data);
    envoy.workers[0].finish(version, &exchange);
    assert_eq!(exchange.calls.get(), 4, "code, time and flags");
    // Shared memory and metrics are for the flush, whatever the number of requests.
    assert_eq!(format!("{:?}", envoy.proxy.0.borrow().data), before);
    assert!(envoy.proxy.0.borrow().counters.is_empty());
}

#[test]
fn all_that_may_err_errs_with_probability_alpha_together() {
    let mut experiment = canary();
    experiment["alpha"] = json!(0.02);
    let mut envoy = Envoy::start(&experiment);
    envoy.serve(12, &[0.0, 0.0]);
    let evidence = envoy.proxy.lines("iter8 evidence ");
    let evidence: Value = serde_json::from_str(evidence[0].trim_start_matches("iter8 evidence ")).unwrap();
    // The rest is for those who begin later: sums of 1 / (s (s + 1)) stay below 1.
    assert!((evidence["alpha"].as_f64().unwrap() - 0.018).abs() < 1e-12, "{}", evidence["alpha"]);
}

#[test]
fn whatever_requests_say_nothing_breaks_and_all_are_counted() {
    let mut experiment = canary();
    experiment["name"] = json!("two\nlines");
    experiment["metric_specs"]["counter_metrics"].as_array_mut().unwrap().push(json!({"name": "basket_total"}));
    experiment["proxy"] = json!({
        "sticky": {"cookie": "uid"}, "split": {"v1": 0, "v2": 100},
        "counters": {"basket_total": {"response_header": "x-basket"}},
    });
    let mut envoy = Envoy::start(&experiment);
    let cookies = [
        "",
        ";",
        "=",
        "uid",
        "uid=",
        "uid=;uid=2",
        "\u{0}uid=\u{ffff}",
        &"uid=".repeat(20_000),
        &"x=1;".repeat(30_000),
    ];
    let baskets = ["", "nan", "inf", "-inf", "1e999", "1e10", "0x10", "12,5", "12.5", "\u{7f}", "-3"];
    for cookie in cookies {
        for basket in baskets {
            for (code, flags) in [(0, 0), (0, 1 << 6), (200, u64::MAX), (599, 1 << 14), (u16::MAX, 0)] {
                let headers = vec![("cookie", cookie.to_owned())];
                let exchange = Exchange {
                    headers,
                    code,
                    flags,
                    millis: u64::MAX / 1_000_000,
                    basket: Some(basket.to_owned()),
                    ..Exchange::default()
                };
                let version = envoy.workers[0].route(&exchange);
                assert_eq!(version, 1, "a version without a share has nobody");
                envoy.workers[0].finish(version, &exchange);
                envoy.workers[0].finish(usize::MAX, &exchange);
            }
        }
    }
    envoy.workers[0].tick(&envoy.proxy);
    envoy.assessor.tick(&envoy.proxy);
    let sent = (cookies.len() * baskets.len() * 5) as u64;
    assert_eq!(envoy.proxy.counted(&["istio_requests_total"]), sent);
    // 12.5 and -3, for each cookie and end.
    assert_eq!(envoy.proxy.counted(&["basket_total"]), (9.5 * 9.0 * 5.0_f64).floor() as u64);
    envoy.serve(30, &[0.0, 0.0]);
    assert!(envoy.proxy.counted(&["iter8_assessments_total"]) >= 2, "{:?}", envoy.proxy.0.borrow().log);
}

#[test]
fn two_hundred_versions_are_told_apart() {
    let mut experiment = canary();
    experiment["candidates"] = (2..=200).map(|number| json!({"id": format!("v{number}")})).collect();
    let share = |number: usize| (format!("v{number}"), json!(0.5));
    experiment["proxy"] =
        json!({"split": (1..=200).map(share).collect::<serde_json::Map<_, _>>(), "sticky": {"header": "x-user"}});
    let mut envoy = Envoy::start(&experiment);
    let mut sent = vec![0; 200];
    for user in 0..4_000 {
        let exchange = Exchange { code: 200, headers: vec![("x-user", user.to_string())], ..Exchange::default() };
        let version = envoy.workers[user % 2].route(&exchange);
        envoy.workers[user % 2].finish(version, &exchange);
        sent[version] += 1;
    }
    envoy.workers.iter_mut().for_each(|worker| worker.tick(&envoy.proxy));
    envoy.assessor.tick(&envoy.proxy);
    assert!(sent.iter().all(|count| (3..50).contains(count)), "{sent:?}");
    for (place, count) in sent.iter().enumerate() {
        assert_eq!(envoy.proxy.counted(&[&format!("=v{};", place + 1), "istio_requests_total"]), *count);
    }
}

#[test]
fn an_assessment_is_that_of_any_host_on_the_same_evidence() {
    let mut envoy = Envoy::start(&canary());
    envoy.serve(60, &[0.01, 0.05]);
    let (evidence, assessments) = (envoy.proxy.lines("iter8 evidence "), envoy.proxy.lines("iter8 assessment "));
    assert!(evidence.len() >= 5 && evidence.len() == assessments.len());
    for (evidence, assessment) in evidence.iter().zip(assessments) {
        let experiment: Value = serde_json::from_str(evidence.trim_start_matches("iter8 evidence ")).unwrap();
        let options = Options::at(experiment["now"].as_str().unwrap()).unwrap();
        let expected = serde_json::to_value(assess(&experiment, None, &options).unwrap()).unwrap();
        let given: Value = serde_json::from_str(assessment.trim_start_matches("iter8 assessment ")).unwrap();
        // To 12 digits: the last one of a number can get lost in its text.
        assert_eq!(differences(&expected, &given), Vec::<String>::new());
    }
}

#[test]
fn of_three_versions_the_one_that_earns_most_is_found() {
    let mut experiment = canary();
    experiment["candidates"] = json!([{"id": "v2"}, {"id": "v3"}]);
    let counters = experiment["metric_specs"]["counter_metrics"].as_array_mut().unwrap();
    counters.push(json!({"name": "basket_total"}));
    let ratios = experiment["metric_specs"]["ratio_metrics"].as_array_mut().unwrap();
    ratios.push(json!({"name": "basket", "numerator": "basket_total", "denominator": "iter8_request_count", "preferred_direction": "higher"}));
    experiment["criteria"] = json!([{"id": "earned", "metric_id": "basket", "is_reward": true}]);
    experiment["proxy"] =
        json!({"counters": {"basket_total": {"response_header": "X-Basket"}}, "split": {"v1": 34, "v2": 33, "v3": 33}});
    let mut envoy = Envoy::start(&experiment);
    // All earn 2 a request; v3 has 5 more each time.
    for _ in 0..60 {
        for _ in 0..1_000 {
            let mut exchange = Exchange { code: 200, millis: 3, ..Exchange::default() };
            let version = envoy.workers[0].route(&exchange);
            let more = if version == 2 { 5.0 } else { 0.0 };
            exchange.basket = Some((more + fastrand::f64() * 4.0).to_string());
            envoy.workers[0].finish(version, &exchange);
        }
        envoy.workers[0].tick(&envoy.proxy);
        envoy.proxy.pass(10.0);
        envoy.assessor.tick(&envoy.proxy);
    }
    assert_eq!(envoy.proxy.gauge_of(&["=v3;", "iter8_winner"]), Some(1), "{:?}", envoy.proxy.0.borrow().log);
    assert!(envoy.percents(&["v3"])[0] > 80);
    assert!(envoy.proxy.counted(&["=v3;", "basket_total"]) > 0);
}

#[test]
fn a_user_stays_with_a_version_in_every_worker_and_moves_only_to_one_that_gains() {
    for (sticky, header) in [(json!({"header": "X-User"}), "x-user"), (json!({"cookie": "uid"}), "cookie")] {
        let mut experiment = canary();
        experiment["proxy"] = json!({"sticky": sticky, "split": {"v1": 60, "v2": 40}, "salt": 5});
        let mut envoy = Envoy::start(&experiment);
        experiment["proxy"]["split"] = json!({"v1": 30, "v2": 70});
        experiment["name"] = json!("another");
        let mut later = Worker::configure(&envoy.proxy, experiment.to_string().as_bytes(), true).unwrap();
        let (mut moved, mut second) = (0, 0);
        for user in 0..2_000 {
            let value = if header == "cookie" { format!("a=b; uid={user}") } else { user.to_string() };
            let exchange = Exchange { headers: vec![(header, value)], ..Exchange::default() };
            let version = envoy.workers[0].route(&exchange);
            assert_eq!(envoy.workers[1].route(&exchange), version);
            let then = later.route(&exchange);
            assert!(then >= version, "user {user} went from a version that gained");
            moved += usize::from(then != version);
            second += version;
        }
        assert!((700..900).contains(&second), "{second}");
        assert!((500..700).contains(&moved), "{moved}");
    }
}

#[test]
fn requests_of_one_address_stay_with_one_version_whatever_their_port() {
    let mut experiment = canary();
    experiment["proxy"] = json!({"sticky": "source", "split": {"v1": 50, "v2": 50}});
    let mut envoy = Envoy::start(&experiment);
    let first = envoy.workers[0].route(&Exchange::default());
    assert!((0..100).all(|_| envoy.workers[1].route(&Exchange::default()) == first));
}

#[test]
fn a_request_is_told_its_destination_whatever_the_client_says() {
    let mut experiment = canary();
    experiment["proxy"] = json!({"version_header": "X-To", "destinations": {"v1": "shop-one"}});
    let mut envoy = Envoy::start(&experiment);
    let exchange = Exchange { headers: vec![("x-to", "v2".to_owned())], ..Exchange::default() };
    assert_eq!(envoy.workers[0].route(&exchange), 0);
    assert_eq!(exchange.told.borrow().clone(), Some(("x-to".to_owned(), "shop-one".to_owned())));
}

#[test]
fn hours_of_traffic_fill_no_memory() {
    let mut experiment = canary();
    experiment["proxy"] = json!({"interval_seconds": 1});
    let mut envoy = Envoy::start(&experiment);
    envoy.serve(800, &[0.01, 0.01]);
    let size = |envoy: &Envoy| envoy.proxy.0.borrow().data.values().map(|(value, _)| value.len()).sum::<usize>();
    let (before, series) = (size(&envoy), envoy.proxy.0.borrow().counters.len());
    envoy.serve(400, &[0.01, 0.01]);
    // 40 intervals of ten seconds with three counters for two versions.
    assert!(size(&envoy) - before <= 40 * 6 * 8 + 64, "{before} to {}", size(&envoy));
    assert_eq!(envoy.proxy.0.borrow().counters.len(), series);
}
