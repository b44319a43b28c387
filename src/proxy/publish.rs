//! Totals and assessments -> the proxy's own metrics, under names that iter8's default queries understand.
//!
//! Counters of the proxy only grow: what is added is the growth since what was added last, which is remembered in shared
//! memory, whoever added it. Labels are part of a metric's name as in Istio's own statistics, `key=.=value;.;` each, and become labels by
//! `stats_tags` of the bootstrap. Every counter is made at 0 before it counts, since Prometheus loses the first value of a
//! series that is born later.
//!
//! Not here: how the proxy is scraped.

use super::config::{Config, Source, Version};
use super::guard::Guard;
use super::host::Host;
use super::observe::{ABORTS, LATENCY_MICROS, REQUESTS, RESETS, RETRIES};
use super::shared;
use super::split::Split;
use crate::assessment::Assessment;
use crate::stats::math;
use crate::wire::digits;

/// What was added to the counters so far, in shared memory: the versions' rows, one behind the other.
#[derive(Debug)]
pub(super) struct Published {
    key: String,
    /// Whether every counter was made.
    is_announced: bool,
}

impl Published {
    pub(super) fn resume(host: &impl Host, config: &Config) -> Self {
        let key = shared::key(&config.name, config.shape, PUBLISHED);
        shared::create(host, &key, &shared::encode(&vec![0.0; config.layout.width() * config.versions.len()]));
        Self { key, is_announced: false }
    }

    /// Adds what the `rows` have grown by.
    pub(super) fn publish(&mut self, host: &impl Host, config: &Config, rows: &[Vec<f64>]) {
        let width = config.layout.width();
        let totals = rows.concat();
        let count = |rows: &[f64]| rows.chunks_exact(width).filter_map(|row| row.get(REQUESTS)).sum::<f64>();
        let mut before = Vec::new();
        // Of two who publish at once the growth is with whoever's write succeeds, and never goes back.
        let has_grown = shared::update(host, &self.key, |old| {
            before = shared::decode(old)?;
            let is_news = before.len() == totals.len() && before != totals && count(&before) <= count(&totals);
            is_news.then(|| shared::encode(&totals))
        });
        if !has_grown {
            if self.is_announced {
                return;
            }
            before.clone_from(&totals);
        }
        for ((version, old), new) in config.versions.iter().zip(before.chunks_exact(width)).zip(rows) {
            let announced = if self.is_announced { &[][..] } else { CODES };
            requests(host, config, version, old, new, announced);
            latency(host, config, version, old, new);
            others(host, config, version, old, new);
        }
        self.is_announced = true;
    }
}

fn requests(host: &impl Host, config: &Config, version: &Version, old: &[f64], new: &[f64], announced: &[u16]) {
    let before = |code: u16| config.layout.code_counts(old).find(|(known, _)| *known == code).map_or(0.0, |(_, n)| n);
    let name = |code: u16| name(version, &[("response_code", &code.to_string())], "istio_requests_total");
    announced.iter().for_each(|code| host.count(&name(*code), 0));
    for (code, count) in config.layout.code_counts(new) {
        host.count(&name(code), growth(before(code), count));
    }
}

fn latency(host: &impl Host, config: &Config, version: &Version, old: &[f64], new: &[f64]) {
    let metric = |what: &str| format!("istio_request_duration_milliseconds_{what}");
    let grown = |place: usize, divisor: f64| growth(old[place] / divisor, new[place] / divisor);
    host.count(&name(version, &[], &metric("sum")), grown(LATENCY_MICROS, 1e3));
    host.count(&name(version, &[], &metric("count")), grown(REQUESTS, 1.0));
    let edges = config.layout.edges_ms.iter().map(|edge| digits::plain(*edge)).chain(["+Inf".to_owned()]);
    let mut sum = 0;
    for (place, edge) in config.layout.buckets().zip(edges) {
        sum += grown(place, 1.0);
        host.count(&name(version, &[("le", &edge)], &metric("bucket")), sum);
    }
}

/// What iter8's queries do not ask for, and the experiment's counters of response headers under their own names.
fn others(host: &impl Host, config: &Config, version: &Version, old: &[f64], new: &[f64]) {
    for (place, what) in [(RETRIES, "retries"), (RESETS, "resets"), (ABORTS, "aborts")] {
        host.count(&name(version, &[], &format!("iter8_{what}_total")), growth(old[place], new[place]));
    }
    for (counter, source) in config.counters.iter().filter(|(_, source)| !matches!(source, Source::Place(..))) {
        host.count(&name(version, &[], counter), growth(config.value(old, source), config.value(new, source)));
    }
}

/// The whole numbers between two values of a counter.
fn growth(old: f64, new: f64) -> u64 {
    (math::floor(new) - math::floor(old)).max(0.0) as u64
}

/// Gauges of an assessment, and how long it took.
pub(super) fn assessment(
    host: &impl Host,
    config: &Config,
    guard: &Guard,
    assessment: &Assessment,
    split: &Split,
    nanos: u64,
) {
    for (place, (version, percent)) in config.versions.iter().zip(split.percents()).enumerate() {
        let candidate = assessment.candidate_assessments.iter().find(|candidate| candidate.version.id == version.id);
        let own = candidate.map_or(&assessment.baseline_assessment, |candidate| &candidate.version);
        let winner = &assessment.winner_assessment;
        let wins = winner.winning_version_found && winner.current_best_version == version.id && !guard.holds(place);
        let is_rolled_back = candidate.is_some_and(|candidate| candidate.rollback) || guard.holds(place);
        let gauge = |what: &str, value: u64| host.gauge(&name(version, &[("experiment", &config.name)], what), value);
        gauge("iter8_traffic_percent", *percent as u64);
        gauge("iter8_win_probability_permille", (own.win_probability * 1000.0) as u64);
        gauge("iter8_winner", u64::from(wins));
        gauge("iter8_rolled_back", u64::from(is_rolled_back));
    }
    host.count(&labelled(&[("experiment", &config.name)], "iter8_assessments_total"), 1);
    host.count(&labelled(&[("experiment", &config.name)], "iter8_assessment_microseconds_total"), nanos / 1_000);
}

fn name(version: &Version, more: &[(&str, &str)], metric: &str) -> String {
    let own = version.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let labels: Vec<(&str, &str)> = own.chain([("reporter", "source")]).chain(more.iter().copied()).collect();
    labelled(&labels, metric)
}

fn labelled(labels: &[(&str, &str)], metric: &str) -> String {
    let mut name: String = labels.iter().map(|(key, value)| format!("{key}=.={value};.;")).collect();
    name.push_str(metric);
    name
}

/// Response codes whose series are made before the first request.
const CODES: &[u16] = &[200, 500, 503];
const PUBLISHED: &str = "published";
