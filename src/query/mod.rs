//! Which questions a metrics backend has to answer, and what its answers say.
//!
//! One query for each counter that the experiment uses, all at one time; ratios are computed here, from counters, so
//! that numerator and denominator belong together (v1.0.0 asked for each ratio once more). No I/O: the host sends the
//! queries and receives the answers its own way.

mod answers;
pub(crate) mod template;

pub(crate) use answers::read;

use crate::experiment::{Experiment, FETCH_SECONDS_MIN};
use crate::wire::instant::Instant;

/// One question for a metrics backend.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Query {
    /// The counter that the answer is for.
    pub metric: String,
    /// `instant`: one value for each series, at `time`.
    pub kind: &'static str,
    /// PromQL.
    pub query: String,
    /// Unix time, seconds, at which to evaluate.
    pub time: serde_json::Number,
}

/// The queries of `experiment` at `now`, one for each used counter in v1.0.0's order.
///
/// Empty in the first 20 s (and before the start): v1.0.0 asked nothing that early, since a window shorter than a few
/// scrapes holds no increase.
pub(crate) fn queries(experiment: &Experiment, now: Instant) -> Vec<Query> {
    let elapsed_seconds = now.seconds_since(experiment.start_time);
    if elapsed_seconds < FETCH_SECONDS_MIN {
        return Vec::new();
    }
    let labels = experiment.version_label_keys();
    let asked = experiment.counters.iter().filter_map(|counter| {
        let template = counter.template.as_ref()?;
        Some(Query {
            metric: counter.id.clone(),
            kind: "instant",
            query: template.render(elapsed_seconds, &labels),
            time: now.to_unix_number(),
        })
    });
    asked.collect()
}
