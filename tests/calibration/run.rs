//! A world, a number of runs -> one outcome a run, on two threads, with progress on standard error.
//!
//! Not here: what an outcome should be.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use iter8_analytics::{SimulateOptions, Trajectory, assessment::Method, simulate};
use serde_json::Value;

/// A section of the report: a table.
pub struct Section {
    pub title: &'static str,
    pub text: String,
    pub heading: Vec<&'static str>,
    pub rows: Vec<Row>,
}

/// A scenario's row.
pub struct Row {
    pub name: String,
    pub cells: Vec<String>,
    /// Numbers for the plots.
    pub numbers: Vec<f64>,
    pub holds: bool,
}

impl Section {
    pub fn new(title: &'static str, text: impl Into<String>, heading: &[&'static str]) -> Self {
        Self { title, text: text.into(), heading: heading.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, and says it.
    pub fn add(&mut self, name: &str, cells: Vec<String>, numbers: Vec<f64>, holds: bool) {
        eprintln!("  {} {name}: {}", if holds { "holds" } else { "BROKEN" }, cells.join(" | "));
        self.rows.push(Row { name: name.to_owned(), cells, numbers, holds });
    }
}

/// `look` of each of `runs` trajectories of `world`; the seeds are `SEED`, `SEED` + 1, ...
pub fn run<T: Send>(
    world: &Value,
    method: Method,
    alpha: f64,
    runs: usize,
    look: impl Fn(&Trajectory) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= runs {
                return done;
            }
            let options = SimulateOptions {
                seed: SEED + index as u64,
                method: Some(method),
                alpha: Some(alpha),
                keeps_assessments: false,
            };
            done.push((index, look(&simulate(world, &options).unwrap())));
        }
    };
    let mut outcomes: Vec<(usize, T)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    outcomes.sort_by_key(|(index, _)| *index);
    eprint!("{runs} runs, {:.1} s: ", start.elapsed().as_secs_f64());
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Whether `count` of `runs` is at most `claimed` and three standard deviations.
pub fn is_at_most(count: usize, runs: usize, claimed: f64) -> bool {
    let rate = count as f64 / runs as f64;
    rate <= claimed + 3.0 * (claimed * (1.0 - claimed) / runs as f64).sqrt()
}

/// The median of times, `None` being never; `None` where that is the median.
pub fn median(mut times: Vec<Option<usize>>) -> Option<usize> {
    times.sort_by_key(|time| time.unwrap_or(usize::MAX));
    times[times.len() / 2]
}

pub fn percent(count: usize, runs: usize) -> String {
    format!("{:.2} %", 100.0 * count as f64 / runs as f64)
}

/// The first run's seed.
pub const SEED: u64 = 20_260_101;
const THREADS: usize = 2;
