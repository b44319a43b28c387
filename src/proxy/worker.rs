//! What the filter does in each worker: gives each request its version, counts what became of it, hands the counts on.
//!
//! On the path of a request there is neither shared memory nor a metric nor the engine: a worker picks by its own copy of
//! the split and counts in its own rows. Each flush adds the rows to the shared ones (by compare and swap, so that no
//! request is lost or counted twice) and reads the split anew. What a worker has not handed on yet is lost with it: at most
//! one flush.
//!
//! Configuring one also hands the configuration to the assessor (`registry`), so that a change of the listener changes
//! the experiment.
//!
//! Where the bootstrap has no assessor, a worker's context stands in for it at its ticks.
//!
//! Not here: assessing.

use std::rc::Rc;

use super::assessor::Assessor;
use super::config::Config;
use super::host::{Finished, Host, Request};
use super::section::Sticky;
use super::split::{self, Split};
use super::{registry, shared};
use crate::error::Error;
use crate::stats::rng::{self, Stream};

/// One worker's part of an experiment.
pub struct Worker {
    config: Rc<Config>,
    totals_key: String,
    split_key: String,
    /// The one in force, as far as this worker has heard.
    split: Split,
    /// The versions' own hashes.
    salts: Vec<u64>,
    /// A row for each version: what was not handed on yet.
    rows: Vec<Vec<f64>>,
    has_news: bool,
    /// Whether it ever had a request.
    serves: bool,
    stream: Stream,
    number: u64,
    assessor: Assessor,
}

impl Worker {
    /// A worker for the configuration `text`; `is_first`: nothing was configured before in this virtual machine.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn configure(host: &impl Host, text: &[u8], is_first: bool) -> Result<Self, Error> {
        let config = Config::parse(text)?;
        let totals_key = shared::key(&config.name, config.shape, TOTALS);
        let split_key = shared::key(&config.name, config.shape, SPLIT);
        let width = config.layout.width();
        shared::create(host, &totals_key, &shared::encode(&vec![0.0; width * config.versions.len()]));
        shared::create(host, &split_key, &shared::encode(config.first_split().percents()));
        let number = registry::register(host, &config, text, is_first);
        // Workers begin in the same nanosecond at times: a number of its own makes each stream another one.
        let seed = split::hash(&host.unix_nanos().to_le_bytes(), number);
        let mut worker = Self {
            split: config.first_split(),
            salts: config.versions.iter().map(|version| version.salt).collect(),
            rows: vec![vec![0.0; width]; config.versions.len()],
            has_news: false,
            serves: false,
            stream: rng::stream(seed),
            number,
            assessor: Assessor::new(),
            totals_key,
            split_key,
            config: Rc::new(config),
        };
        worker.read_split(host);
        Ok(worker)
    }

    /// Seconds between two calls of [`Self::tick`].
    pub fn tick_seconds(&self) -> f64 {
        self.config.section.flush_seconds
    }

    /// Hands on what was observed, assesses where nobody else does, and reads the split.
    pub fn tick(&mut self, host: &impl Host) {
        self.flush(host);
        self.assessor.stand_in(host, self.number, self.serves, self.tick_seconds());
        self.read_split(host);
    }

    /// The version that gets this request, which is told so by its header.
    pub fn route(&mut self, request: &impl Request) -> usize {
        let version = match self.key(request) {
            Some(key) => self.split.of_key(key, &self.salts),
            None => self.split.at(rng::uniform(&mut self.stream)),
        };
        if let Some(chosen) = self.config.versions.get(version) {
            request.set_header(&self.config.section.version_header, &chosen.destination);
        }
        version
    }

    /// Counts a request that is over for the version that [`Self::route`] gave it.
    pub fn finish(&mut self, version: usize, request: &impl Finished) {
        if let Some(row) = self.rows.get_mut(version) {
            self.config.layout.observe(row, request);
            self.has_news = true;
            self.serves = true;
        }
    }

    /// The hash of what the request is recognised by; `None` where it does not have that, or nobody asks.
    fn key(&self, request: &impl Request) -> Option<u64> {
        let sticky = self.config.section.sticky.as_ref()?;
        let text = match sticky {
            Sticky::Header(name) => request.header(name)?,
            Sticky::Cookie(_) => request.header("cookie")?,
            Sticky::Source => request.source()?,
        };
        let key = match sticky {
            Sticky::Header(_) => text.as_str(),
            Sticky::Cookie(name) => cookie(&text, name)?,
            Sticky::Source => text.rsplit_once(':').map_or(text.as_str(), |(address, _)| address),
        };
        (!key.is_empty()).then(|| split::hash(key.as_bytes(), self.config.section.salt))
    }

    fn flush(&mut self, host: &impl Host) {
        if !self.has_news {
            return;
        }
        let (layout, rows) = (&self.config.layout, &self.rows);
        let is_written = shared::update(host, &self.totals_key, |old| {
            let mut totals = shared::decode(old)?;
            let width = layout.width();
            if totals.len() != width * rows.len() {
                return None;
            }
            totals.chunks_exact_mut(width).zip(rows).for_each(|(total, row)| layout.merge(total, row));
            Some(shared::encode(&totals))
        });
        if is_written {
            self.rows.iter_mut().for_each(|row| row.fill(0.0));
            self.has_news = false;
        }
    }

    /// The split that the assessor set; the last one where there is none that fits.
    fn read_split(&mut self, host: &impl Host) {
        let percents = shared::numbers(host, &self.split_key);
        if let Some(split) = percents.and_then(|percents| Split::of(percents, self.config.versions.len())) {
            self.split = split;
        }
    }
}

/// The value of the cookie `name` in the header `cookies`.
fn cookie<'c>(cookies: &'c str, name: &str) -> Option<&'c str> {
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"')).next()
}

/// A row of totals for each version.
pub(super) const TOTALS: &str = "totals";
/// Percents for each version.
pub(super) const SPLIT: &str = "split";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        for (cookies, value) in
            [("uid=7", Some("7")), ("a=1; uid=\"x y\"; b=2", Some("x y")), ("xuid=7; uid", None), ("", None)]
        {
            assert_eq!(cookie(cookies, "uid"), value, "{cookies}");
        }
    }
}
