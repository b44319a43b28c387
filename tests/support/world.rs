//! Rates of a few workloads, and the traffic that they get, become the counters a backend would know.
//!
//! No chance: after `n` requests exactly `n` times the rates have happened.
//!
//! Not here: how traffic is split (the conversations say) and PromQL (a word of the query chooses the counter).

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::backend::{Answer, vector};
use super::experiments::labels;

/// One deployment: what a request to it brings.
#[derive(Debug, Clone)]
pub struct Workload {
    pub name: &'static str,
    pub latency_ms: f64,
    pub error_share: f64,
    pub crates: f64,
    pub requests: f64,
}

/// A deployment that has served nothing yet.
pub fn workload(name: &'static str, latency_ms: f64, error_share: f64, crates: f64) -> Workload {
    Workload { name, latency_ms, error_share, crates, requests: 0.0 }
}

/// All deployments of a service.
#[derive(Clone)]
pub struct World(Arc<Mutex<Vec<Workload>>>);

impl World {
    /// A world of these.
    pub fn new(workloads: impl Into<Vec<Workload>>) -> Self {
        Self(Arc::new(Mutex::new(workloads.into())))
    }

    /// Sends a deployment some requests.
    pub fn serve(&self, name: &str, requests: f64) {
        for workload in self.0.lock().expect("workloads").iter_mut().filter(|workload| workload.name == name) {
            workload.requests += requests;
        }
    }

    /// The backend's answer to a query of the counters of `experiments`; nothing for a deployment without requests.
    pub fn answer(&self, query: &str) -> Answer {
        let workloads = self.0.lock().expect("workloads").clone();
        let served = workloads.iter().filter(|workload| workload.requests > 0.0);
        let values: Vec<(Value, String)> =
            served.map(|workload| (labels(workload.name), format!("{}", counter(workload, query)))).collect();
        vector(values.iter().map(|(labels, value)| (labels.clone(), value.as_str())))
    }
}

fn counter(workload: &Workload, query: &str) -> f64 {
    let rate = match query {
        _ if query.contains("milliseconds_sum") => workload.latency_ms,
        _ if query.contains("5..") => workload.error_share,
        _ if query.contains("crates") => workload.crates,
        _ => 1.0,
    };
    workload.requests * rate
}
