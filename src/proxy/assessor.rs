//! What the bootstrap singleton does, on the main thread: looks after every experiment that filters made known.
//!
//! Where there is no singleton a filter's own context does it while it has the lease (`lease`).
//!
//! It has no configuration of its own: a filter's configuration, which can change while the proxy runs, comes to it through
//! shared memory. A new generation goes on with the old history, if counters and versions are the same.
//!
//! Not here: how one experiment is assessed (`running`).

use super::config::Config;
use super::host::{Host, Level};
use super::lease::Bidder;
use super::running::Running;
use super::{registry, shared, worker};

/// Everything that one assessor looks after.
#[derive(Default)]
pub struct Assessor {
    entries: Vec<Entry>,
    /// `None`: it has not ticked yet.
    bidder: Option<Bidder>,
}

struct Entry {
    key: String,
    generation: u64,
    /// `None`: a configuration that cannot be read, which was logged.
    running: Option<Running>,
}

impl Assessor {
    /// One that knows no experiment yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes what came in, and assesses each experiment whose interval has passed.
    pub fn tick(&mut self, host: &impl Host) {
        let bidder = self.bidder.get_or_insert_with(|| Bidder::new(registry::number(host)));
        if bidder.insists(host) {
            self.look(host);
        }
    }

    /// The same in a filter's context, whose number this is, while nobody else does it.
    pub(super) fn stand_in(&mut self, host: &impl Host, number: u64, serves: bool, tick_seconds: f64) {
        if self.bidder.get_or_insert_with(|| Bidder::new(number)).stands_in(host, serves, tick_seconds) {
            self.look(host);
        } else {
            // What another one does from now on is found in shared memory.
            self.entries.clear();
        }
    }

    fn look(&mut self, host: &impl Host) {
        let listed = registry::listed(host);
        self.entries.retain(|entry| listed.contains(&entry.key));
        for key in listed {
            self.refresh(host, &key);
        }
        for running in self.entries.iter_mut().filter_map(|entry| entry.running.as_mut()) {
            let key = shared::key(&running.config.name, running.config.shape, worker::TOTALS);
            let width = running.config.layout.width();
            let totals = shared::numbers(host, &key);
            let Some(totals) = totals.filter(|totals| totals.len() == width * running.config.versions.len()) else {
                continue;
            };
            let rows: Vec<Vec<f64>> = totals.chunks_exact(width).map(<[f64]>::to_vec).collect();
            // The split reaches the workers by what `advance` remembers.
            running.advance(host, &rows);
        }
    }

    /// Takes up an experiment that is new or has another generation.
    fn refresh(&mut self, host: &impl Host, key: &str) {
        let Some(record) = registry::record(host, key) else { return };
        if self.entries.iter().any(|entry| entry.key == key && entry.generation == record.generation) {
            return;
        }
        let running = match Config::parse(&record.text) {
            Ok(config) => {
                let (name, generation) = (&config.name, record.generation);
                host.log(Level::Info, &format!("iter8: {name}: begins or goes on, configuration {generation}"));
                Some(Running::resume(host, config))
            }
            Err(error) => {
                host.log(Level::Error, &format!("iter8: {error}"));
                None
            }
        };
        self.entries.retain(|entry| entry.key != key);
        self.entries.push(Entry { key: key.to_owned(), generation: record.generation, running });
    }
}
