//! The built-in world: a base URL that answers like Prometheus, and an experiment on what it counts.
//!
//! `serve --demo` mounts [`router`] at `/demo` and takes it for its metrics backend, so that a fresh machine shows a
//! whole assessment with nothing else installed: iter8's A/B/n tutorial, under load, its traffic following the splits.
//!
//! Not here: the server that mounts it. The world is no test double: what it does not answer, it refuses.

mod api;
mod evaluate;
mod experiment;
mod history;
mod promql;
mod reading;
mod scanner;
mod selector;
mod series;
mod traffic;
mod world;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use api::router;
pub use experiment::experiment;
pub use world::{OPENING_SECONDS, World};

/// A world whose opening ends now.
pub fn open() -> Arc<World> {
    Arc::new(World::new(clock() as i64 - OPENING_SECONDS as i64, SEED))
}

/// What the server prints at its start: how to see an assessment, where `base_url` is its own address.
pub fn banner(base_url: &str) -> String {
    let page = if cfg!(feature = "page") { format!("Watch it at {base_url}/\n") } else { String::new() };
    format!(
        "demo: three versions of a product page serve ten requests a second; which of them sells most books?\n{page}\
         Paste this, again and again, for an assessment; the traffic follows each one.\n\n  \
         curl -s {base_url}/demo/experiment | curl -s -X POST --data-binary @- {base_url}/assessment\n"
    )
}

/// The Unix time in seconds; 0 on a machine whose clock stands before 1970.
#[expect(clippy::disallowed_methods, reason = "a host has a clock")]
pub(crate) fn clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Any would do; one that is fixed lets two people see the same world.
const SEED: u64 = 20_201_023;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_holds_a_command_to_paste() {
        let banner = banner("http://localhost:8080");
        let command = "curl -s http://localhost:8080/demo/experiment | \
                       curl -s -X POST --data-binary @- http://localhost:8080/assessment";
        assert!(banner.lines().any(|line| line.trim() == command), "{banner}");
    }

    #[test]
    fn an_opened_world_is_five_minutes_old() {
        let age = clock() - open().start_unix_seconds() as f64;
        assert!((300.0..302.0).contains(&age), "{age}");
    }

    #[test]
    fn the_world_answers_every_query_of_its_experiment() {
        let world = World::new(0, 1);
        let templates = experiment(&world)["metric_specs"]["counter_metrics"].clone();
        let series = series::all();
        for template in templates.as_array().into_iter().flatten() {
            let text = template["query_template"].as_str().unwrap_or_default().replace("$interval", "300s");
            let text = text.replace("$version_labels", "destination_workload,destination_workload_namespace");
            let query = promql::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let plan = evaluate::Plan::new(&query, &series);
            let vector = world.read(300.0, |history| plan.vector(history, 0.0, 300.0));
            assert_eq!(vector["result"].as_array().map(Vec::len), Some(3), "{text}");
        }
    }
}
