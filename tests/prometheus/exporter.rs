//! Services under load, as a mesh would count them: the split and the time -> Istio's metrics, and the truth behind.
//!
//! Requests are made when somebody looks, as many as are due by then: a busy machine delays none. Each scrape is kept
//! with its time, so that a reply can be held against what Prometheus can have known.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use super::process::unix_seconds;

/// A service with a baseline and a candidate, in this order.
pub struct Service {
    pub name: &'static str,
    pub error_probabilities: [f64; 2],
    pub latencies_ms: [u64; 2],
}

/// What one version has served.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    pub succeeded: u64,
    pub failed: u64,
    pub latency_ms_sum: u64,
}

impl Counts {
    pub fn requests(&self) -> u64 {
        self.succeeded + self.failed
    }
}

type Totals = [[Counts; 2]; 2];

pub struct Exporter {
    pub port: u16,
    mesh: Arc<Mutex<Mesh>>,
}

struct Mesh {
    services: [Service; 2],
    candidate_percents: [u64; 2],
    totals: Totals,
    /// Requests of each service so far.
    served: u64,
    traffic_since: Option<f64>,
    random: fastrand::Rng,
    scrapes: Vec<(f64, Totals)>,
}

impl Exporter {
    /// Serves `/metrics` on a free port; there is no traffic yet.
    pub async fn start(services: [Service; 2]) -> Self {
        let mesh = Arc::new(Mutex::new(Mesh {
            services,
            candidate_percents: [0, 0],
            totals: Totals::default(),
            served: 0,
            traffic_since: None,
            random: fastrand::Rng::with_seed(1),
            scrapes: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scraped = Arc::clone(&mesh);
        let router = Router::new().route("/metrics", get(move || async move { scraped.lock().unwrap().scrape() }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, mesh }
    }

    pub fn begin_traffic(&self) {
        self.mesh.lock().unwrap().traffic_since = Some(unix_seconds());
    }

    /// From now on the candidate of `service` gets `percent` of its traffic.
    pub fn route(&self, service: &str, percent: u64) {
        let mut mesh = self.mesh.lock().unwrap();
        mesh.catch_up();
        let place = mesh.place(service);
        mesh.candidate_percents[place] = percent;
    }

    /// What baseline and candidate of `service` had served at the scrape of `time`.
    pub fn counts_at(&self, time: f64, service: &str) -> [Counts; 2] {
        let mesh = self.mesh.lock().unwrap();
        // Prometheus notes when it meant to scrape; its request comes a little later, or by the clock's grain earlier.
        let (_, totals) = mesh.scrapes.iter().find(|(at, _)| *at > time - 0.005).unwrap();
        totals[mesh.place(service)]
    }
}

impl Mesh {
    fn place(&self, service: &str) -> usize {
        self.services.iter().position(|known| known.name == service).unwrap()
    }

    fn catch_up(&mut self) {
        let Some(since) = self.traffic_since else { return };
        let due = ((unix_seconds() - since) * REQUESTS_PER_SECOND) as u64;
        for _ in self.served..due {
            for (place, service) in self.services.iter().enumerate() {
                let version = usize::from(self.random.u64(0..100) < self.candidate_percents[place]);
                let counts = &mut self.totals[place][version];
                counts.latency_ms_sum += service.latencies_ms[version];
                match self.random.f64() < service.error_probabilities[version] {
                    true => counts.failed += 1,
                    false => counts.succeeded += 1,
                }
            }
        }
        self.served = due.max(self.served);
    }

    fn scrape(&mut self) -> String {
        self.catch_up();
        self.scrapes.push((unix_seconds(), self.totals));
        let mut requests = "# TYPE istio_requests_total counter\n".to_owned();
        let mut latencies = "# TYPE istio_request_duration_milliseconds histogram\n".to_owned();
        for (service, totals) in self.services.iter().zip(&self.totals) {
            for (version, counts) in ["v1", "v2"].into_iter().zip(totals) {
                let workload = format!("destination_workload=\"{}-{version}\"", service.name);
                let labels = format!("{workload},destination_workload_namespace=\"bookinfo\",reporter=\"source\"");
                for (code, count) in [("200", counts.succeeded), ("503", counts.failed)] {
                    writeln!(requests, "istio_requests_total{{{labels},response_code=\"{code}\"}} {count}").unwrap();
                }
                let name = "istio_request_duration_milliseconds";
                let count = counts.requests();
                writeln!(latencies, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}").unwrap();
                writeln!(latencies, "{name}_sum{{{labels}}} {}", counts.latency_ms_sum).unwrap();
                writeln!(latencies, "{name}_count{{{labels}}} {count}").unwrap();
            }
        }
        requests + &latencies
    }
}

/// Of each service.
const REQUESTS_PER_SECOND: f64 = 200.0;
