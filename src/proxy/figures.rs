//! Envoy's statistics in Prometheus' text -> a row for each version, as a filter would have counted.
//!
//! Not here: asking for them (`pilot`).

use super::config::Config;
use super::observe::{ERRORS, LATENCY_MICROS, REQUESTS, RESETS, RETRIES};

/// Rows for all versions; `None` where the text tells of none of them, so that it is no such answer.
pub(super) fn rows(config: &Config, text: &str) -> Option<Vec<Vec<f64>>> {
    let mut rows = vec![vec![0.0; config.layout.width()]; config.versions.len()];
    let mut is_seen = false;
    for line in text.lines() {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let Some((name, labels)) = series.split_once('{') else { continue };
        let (Some(name), Ok(value)) = (name.strip_prefix("envoy_cluster_upstream_rq_"), value.parse::<f64>()) else {
            continue;
        };
        let cluster = label(labels, "envoy_cluster_name");
        let version = config.versions.iter().position(|version| Some(version.destination.as_str()) == cluster);
        let Some(row) = version.and_then(|version| rows.get_mut(version)) else { continue };
        is_seen |= name == "completed";
        match name {
            "completed" => row[REQUESTS] = value,
            "xx" if label(labels, "envoy_response_code_class") == Some("5") => row[ERRORS] = value,
            "retry" => row[RETRIES] = value,
            "rx_reset" => row[RESETS] = value,
            "time_sum" => row[LATENCY_MICROS] = value * 1e3,
            "time_bucket" => bucket(config, row, label(labels, "le"), value),
            _ => {}
        }
    }
    rows.iter_mut().for_each(|row| apart(&mut row[config.layout.buckets()]));
    is_seen.then_some(rows)
}

/// Requests up to an edge that is one of ours.
fn bucket(config: &Config, row: &mut [f64], edge: Option<&str>, value: f64) {
    let edges = &config.layout.edges_ms;
    let place = match edge {
        Some("+Inf") => Some(edges.len()),
        Some(edge) => edge.parse::<f64>().ok().and_then(|edge| edges.iter().position(|known| *known == edge)),
        None => None,
    };
    if let Some(place) = place {
        row[config.layout.buckets().start + place] = value;
    }
}

/// Counts up to each edge -> counts in each bucket.
fn apart(counts: &mut [f64]) {
    let mut before = 0.0;
    for count in counts {
        // An edge that Envoy does not have is as its neighbour below.
        let up_to_here = count.max(before);
        *count = up_to_here - before;
        before = up_to_here;
    }
}

fn label<'l>(labels: &'l str, key: &str) -> Option<&'l str> {
    let pairs = labels.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""));
    pairs.filter(|(known, _)| *known == key).map(|(_, value)| value.trim_end_matches('"')).next()
}
