//! A real Prometheus between a mesh whose every request is counted and the real binary: does the truth arrive?
//!
//! An exporter with Istio's metric names serves two canaries at 200 requests a second each; a controller of iter8's
//! kind assesses both every three seconds and shifts their traffic as it is told. Then Prometheus is killed, and comes
//! back. What is compared: the counts in the replies with those of the exporter at the scrape that Prometheus last saw.
//!
//! A known hour that is written into a Prometheus beforehand is in `history`, into a VictoriaMetrics in `victoria`.
//!
//! Not here: backends that misbehave in ways of their own (`tests/http`), the statistics (`tests/cases`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing, and runs in real time"
)]

mod controller;
mod exporter;
mod history;
mod process;
mod shape;
mod victoria;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use controller::Controller;
use exporter::{Exporter, Service};
use process::{Http, Prometheus, Server, unix_seconds};

/// A candidate that mends what is wrong with its baseline.
const REVIEWS: Service = Service { name: "reviews", error_probabilities: [0.10, 0.01], latencies_ms: [150, 80] };

/// A candidate that answers, but too slowly and too often with an error.
const RATINGS: Service = Service { name: "ratings", error_probabilities: [0.01, 0.15], latencies_ms: [60, 400] };

#[tokio::test(flavor = "multi_thread")]
async fn the_truth_arrives_through_a_real_prometheus_and_outlives_its_death() {
    let http = Http::new();
    // Before the exporter: the window of every query covers its first scrape. In the first 20 s of an experiment
    // nothing is asked, and nobody wants to wait for that here.
    let start = unix_seconds() as i64 - 25;
    let exporter = Exporter::start([REVIEWS, RATINGS]).await;
    let mut prometheus = Prometheus::start(exporter.port);
    // Half a minute has no two intervals: the method that needs none.
    let server = Server::with_method(&prometheus.url(), "v1");
    prometheus.wait_until_ready(&http).await;
    server.wait_until_ready(&http).await;
    // A series that is born with traffic loses what it had at its first scrape: all exist before it, at 0.
    let series = "count(istio_requests_total) == 8";
    prometheus.wait_until_seen(&http, series).await;
    exporter.begin_traffic();

    let mut reviews = Controller::new("reviews", start);
    let mut ratings = Controller::new("ratings", start);
    for _ in 0..ITERATIONS {
        for controller in [&mut reviews, &mut ratings] {
            controller.iterate(&http, &server).await;
            exporter.route(controller.service, controller.candidate_percent());
        }
        sleep(INTERVAL).await;
    }
    reviews.iterate(&http, &server).await;
    ratings.iterate(&http, &server).await;
    assert_eq!(winner(&reviews), (true, "candidate-0"), "{}", reviews.reply);
    assert!(reviews.candidate_percent() >= 90, "{}", reviews.reply);
    assert_eq!(winner(&ratings), (true, "baseline"), "{}", ratings.reply);
    assert!(ratings.candidate_percent() <= 5, "{}", ratings.reply);
    counts_are_true(&http, &server, &prometheus, &exporter, [&reviews, &ratings]).await;

    let (before, percent) = (reviews.reply.clone(), reviews.candidate_percent());
    prometheus.kill();
    for _ in 0..2 {
        let asked = Instant::now();
        reviews.iterate(&http, &server).await;
        assert!(asked.elapsed() < REPLY_MAX, "{:?}", asked.elapsed());
        shape::assert_same(&before, &reviews.reply);
        assert!(!winner(&reviews).0, "no winner without data: {}", reviews.reply);
        assert_eq!(reviews.candidate_percent(), percent, "the split stays as last known");
        let status = reviews.reply["status"].as_array().unwrap();
        assert!(status.contains(&json!("no_prom_server")), "{}", reviews.reply);
        assert_ne!(reviews.reply["notes"], json!([]));
    }
    // Kubernetes may prune what the controller keeps for us: then nothing at all is known.
    let stateless = reviews.assess_as_of(&http, &server, unix_seconds()).await;
    shape::assert_same(&before, &stateless);
    assert_eq!(stateless["winner_assessment"]["winning_version_found"], false, "{stateless}");

    prometheus.restart();
    prometheus.wait_until_ready(&http).await;
    // Two fresh scrapes: a window that ends in a gap has nothing new to tell.
    prometheus.wait_until_seen(&http, "count_over_time(up[3s]) >= 2").await;
    reviews.iterate(&http, &server).await;
    shape::assert_same(&before, &reviews.reply);
    assert_eq!(reviews.reply["status"], json!([]), "well again: {}", reviews.reply["notes"]);
    assert_eq!(winner(&reviews), (true, "candidate-0"), "{}", reviews.reply);
    counts_are_true(&http, &server, &prometheus, &exporter, [&reviews, &ratings]).await;
}

/// Counts, error rates and mean latencies are within 1 % of the exporter's at the last scrape.
async fn counts_are_true(
    http: &Http,
    server: &Server,
    prometheus: &Prometheus,
    exporter: &Exporter,
    controllers: [&Controller; 2],
) {
    let scraped = prometheus.last_scrape(http).await;
    for controller in controllers {
        let reply = controller.assess_as_of(http, server, scraped).await;
        let versions = [&reply["baseline_assessment"], &reply["candidate_assessments"][0]];
        for (version, truth) in versions.into_iter().zip(exporter.counts_at(scraped, controller.service)) {
            let requests = truth.requests() as f64;
            let value = |criterion: usize| &version["criterion_assessments"][criterion]["statistics"]["value"];
            near(&version["request_count"], requests, "requests", controller.service);
            near(value(0), truth.latency_ms_sum as f64 / requests, "mean latency", controller.service);
            near(value(1), truth.failed as f64 / requests, "error rate", controller.service);
        }
    }
}

fn near(found: &Value, truth: f64, what: &str, service: &str) {
    let distance = found.as_f64().map(|found| (found / truth - 1.0).abs());
    assert!(distance.is_some_and(|distance| distance < 0.01), "{service}: {what} {found}, in truth {truth}");
}

/// Whether a winner is found, and the version that is best.
fn winner(controller: &Controller) -> (bool, &str) {
    let winner = &controller.reply["winner_assessment"];
    (winner["winning_version_found"] == true, winner["current_best_version"].as_str().unwrap_or_default())
}

const ITERATIONS: usize = 8;
const INTERVAL: Duration = Duration::from_secs(3);
/// The deadline for the backend, and a second for a busy machine.
const REPLY_MAX: Duration = Duration::from_secs(9);
