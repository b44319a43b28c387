//! What the pilot does: steers an experiment whose requests it never sees.
//!
//! Envoy itself splits by `weighted_clusters` and counts for each cluster; the pilot, on the main thread, reads those
//! counters from Envoy's administration, assesses, and sets the weights through the runtime. So a request costs nothing more
//! than without it. What Envoy does not count it cannot weigh: no response headers, no squares of latencies; the sum of
//! latencies is that of Envoy's histogram, which rounds each to a bin.
//!
//! Not here: the calls (`adapter`).

use super::config::{Config, Source};
use super::host::{Admin, Host, Level};
use super::observe::{ABORTS, LATENCY_SQUARES};
use super::running::Running;
use super::{figures, shared, worker};
use crate::error::{Error, FieldError, Segment};

/// One experiment and the cluster at which the administration listens.
pub struct Pilot {
    running: Running,
    /// What Envoy's runtime has before each weight.
    prefix: String,
    /// Whether the weights in force were sent; until then each tick tries anew.
    has_set: bool,
}

impl Pilot {
    /// A pilot for the configuration `text`.
    ///
    /// # Errors
    /// What is wrong with the configuration, and what it asks for that a pilot does not see.
    pub fn configure(host: &impl Host, text: &[u8]) -> Result<Self, Error> {
        let config = Config::parse(text)?;
        let fault = |keys: &[&str], message: &str| {
            let location = keys.iter().map(|key| Segment::Key((*key).to_owned())).collect();
            Error::field(FieldError { location, message: message.to_owned(), kind: "value_error.pilot", context: None })
        };
        let Some(prefix) = config.section.runtime_key_prefix.clone() else {
            let message = "field required: the `runtime_key_prefix` of the route's weighted_clusters";
            return Err(fault(&["proxy", "runtime_key_prefix"], message));
        };
        let is_seen = |source: &Source| {
            !matches!(source, Source::Place(LATENCY_SQUARES | ABORTS, _)) && matches!(source, Source::Place(..))
        };
        if let Some((name, _)) = config.counters.iter().find(|(_, source)| !is_seen(source)) {
            let allowed = "a pilot sees no single request; allowed are \"requests\", \"errors\", \"latency_ms\", \"retries\" and \"resets\"";
            return Err(fault(&["proxy", "counters", name], allowed));
        }
        let split_key = shared::key(&config.name, config.shape, worker::SPLIT);
        shared::create(host, &split_key, &shared::encode(config.first_split().percents()));
        Ok(Self { running: Running::resume(host, config), prefix, has_set: false })
    }

    /// Seconds between two calls of [`Self::tick`].
    pub fn tick_seconds(&self) -> f64 {
        self.running.config.section.flush_seconds
    }

    /// Asks for the clusters' counters; the answer goes to [`Self::answer`].
    pub fn tick(&mut self, host: &impl Admin) {
        if !self.has_set {
            self.has_set = self.set(host);
        }
        let clusters = self.running.config.versions.iter().map(|version| in_regex(&version.destination));
        let filter = format!("^cluster%5C.({})%5C.upstream_rq_", clusters.collect::<Vec<_>>().join("%7C"));
        self.call(host, "GET", &format!("/stats/prometheus?filter={filter}"));
    }

    /// Takes the counters in the administration's answer, and assesses if an interval has passed.
    pub fn answer(&mut self, host: &impl Admin, body: &[u8]) {
        let Some(rows) = figures::rows(&self.running.config, &String::from_utf8_lossy(body)) else { return };
        if self.running.advance(host, &rows).is_some() {
            self.has_set = self.set(host);
        }
    }

    /// Sets the weights in force.
    fn set(&self, host: &impl Admin) -> bool {
        let split = self.running.current_split(host);
        let weights = self.running.config.versions.iter().zip(split.percents());
        let weights = weights.map(|(version, percent)| {
            format!("{}.{}={}", in_query(&self.prefix), in_query(&version.destination), *percent as u32)
        });
        self.call(host, "POST", &format!("/runtime_modify?{}", weights.collect::<Vec<_>>().join("&")))
    }

    fn call(&self, host: &impl Admin, method: &str, path: &str) -> bool {
        let cluster = &self.running.config.section.admin_cluster;
        let is_sent = host.call(cluster, method, path);
        if !is_sent {
            host.log(Level::Error, &format!("iter8: the cluster `{cluster}` takes no call: {method} {path}"));
        }
        is_sent
    }
}

/// A text in a query: the names of Istio's clusters have bars.
fn in_query(text: &str) -> String {
    let mut query = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            query.push('%');
            query.extend([byte >> 4, byte & 15].map(|half| char::from(HEX[usize::from(half)])));
        }
    }
    query
}

/// A text in a regular expression in a query, which is found as it is.
fn in_regex(text: &str) -> String {
    let mut regex = String::new();
    for letter in text.chars() {
        if letter.is_ascii_punctuation() && !"-_".contains(letter) {
            regex.push('\\');
        }
        regex.push(letter);
    }
    in_query(&regex)
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
