//! Experiment + time + answers so far -> what to ask next.
//!
//! First the totals, one instant query for each used counter and histogram, and how often the backend scrapes if nobody
//! said; then, for the method that wants intervals, each counter cut into the steps of `ladder`. A window is one scrape
//! longer than its step, so that every pair of neighbouring scrapes falls into one window, and scaled back when it is read.
//! Beside it the first values of series that were born within the step. Where the scrape interval is known it is one round.
//!
//! Not here: what answers say (`answers`, `intervals`).

use serde_json::Value;

use super::Query;
use super::ladder::{Block, blocks, scrape_seconds};
use super::reply::samples;
use crate::experiment::{Experiment, FETCH_SECONDS_MIN};
use crate::query::answers::number_of;
use crate::wire::assessment::Method;
use crate::wire::instant::Instant;

/// All that is to be asked, as far as it is known.
pub(super) struct Plan {
    /// The queries of the first round.
    pub(super) first: Vec<Query>,
    /// Where in the first round the query for the scrape interval stands.
    learning: Option<usize>,
    /// What time is cut into; `None` until the scrape interval is known, and where nothing is cut.
    pub(super) cut: Option<Cut>,
}

/// How counters are cut into intervals.
pub(super) struct Cut {
    pub(super) scrape_seconds: i64,
    pub(super) blocks: Vec<Block>,
    /// In the order in which they are asked.
    pub(super) ranges: Vec<Range>,
}

/// One range query and what it is for.
pub(super) struct Range {
    /// Index of the counter.
    pub(super) counter: usize,
    /// Index of the block.
    pub(super) block: usize,
    /// Whether it asks for the first values of newborn series.
    pub(super) is_newborn: bool,
    pub(super) query: Query,
}

impl Plan {
    /// The plan at `now`; `answers` are those so far, which may tell the scrape interval.
    pub(super) fn new(experiment: &Experiment, method: Method, now: Instant, answers: &[Value]) -> Self {
        let elapsed = now.seconds_since(experiment.start_time);
        if elapsed < FETCH_SECONDS_MIN {
            return Self { first: Vec::new(), learning: None, cut: None };
        }
        let labels = experiment.version_label_keys();
        let time = now.to_unix_number();
        let counters = experiment.counters.iter().map(|counter| (&counter.id, &counter.template));
        let histograms = experiment.histograms.iter().map(|histogram| (&histogram.id, &histogram.template));
        let mut first = Vec::new();
        for (metric, template) in counters.chain(histograms) {
            if let Some(template) = template {
                first.push(Query::instant(metric, template.render(elapsed, &labels), time.clone()));
            }
        }
        let selector = experiment.counters.iter().find_map(|counter| counter.template.as_ref()?.selector());
        let Some(selector) = selector.filter(|_| method == Method::Sequential) else {
            return Self { first, learning: None, cut: None };
        };
        if let Some(seconds) = experiment.scrape_interval_seconds {
            // An interval is complete once a scrape after its end is due.
            let cut = Cut::new(experiment, elapsed, seconds, seconds);
            return Self { first, learning: None, cut: Some(cut) };
        }
        let learning = first.len();
        let metric = experiment.counters.first().map(|counter| counter.id.as_str()).unwrap_or_default();
        first.push(Query::instant(metric, format!("max(count_over_time({selector}[5m]))"), time));
        let cut = answers.get(learning).map(|answer| {
            let seconds = learnt(answer).unwrap_or(SCRAPE_SECONDS_DEFAULT);
            // VictoriaMetrics, which says how many series it fetched, hides what is younger than half a minute.
            let is_late = answers.iter().any(|answer| answer.get("stats").is_some());
            Cut::new(experiment, elapsed, seconds, if is_late { LATE_SECONDS.max(seconds) } else { seconds })
        });
        Self { first, learning: Some(learning), cut }
    }

    /// How many answers there are once all is asked; `None` while that is not known.
    pub(super) fn answers_all(&self) -> Option<usize> {
        match (&self.cut, self.learning) {
            (Some(cut), _) => Some(self.first.len() + cut.ranges.len()),
            (None, Some(_)) => None,
            (None, None) => Some(self.first.len()),
        }
    }

    /// What to ask when there are `answered` answers; `None` where so many cannot be.
    pub(super) fn next(&self, answered: usize) -> Option<Vec<Query>> {
        let (asks_totals, asks_ranges) = match answered {
            // With a known scrape interval there is one round.
            0 => (true, self.learning.is_none()),
            _ if answered == self.first.len() && self.learning.is_some() => (false, true),
            _ if Some(answered) == self.answers_all() => (false, false),
            _ => return None,
        };
        let mut asked = Vec::new();
        if asks_totals {
            asked.extend_from_slice(&self.first);
        }
        if let Some(cut) = self.cut.as_ref().filter(|_| asks_ranges) {
            for range in &cut.ranges {
                asked.push(range.query.clone());
            }
        }
        Some(asked)
    }
}

impl Cut {
    fn new(experiment: &Experiment, elapsed: i64, scrape_seconds: i64, margin: i64) -> Self {
        let blocks = blocks(elapsed, scrape_seconds, margin);
        let labels = experiment.version_label_keys();
        let mut ranges = Vec::new();
        for (counter, spec) in experiment.counters.iter().enumerate() {
            let Some(template) = spec.template.as_ref().filter(|template| template.selector().is_some()) else {
                continue;
            };
            for (index, block) in blocks.iter().enumerate() {
                let at = |seconds: i64| {
                    let micros = experiment.start_time.unix_micros().saturating_add(seconds.saturating_mul(1_000_000));
                    Instant::from_unix_micros(micros).to_unix_number()
                };
                let (start, end) = (at(block.first_end), at(block.first_end + (block.count - 1) * block.step));
                let range = |text: String| Query::range(&spec.id, text, start.clone(), end.clone(), block.step);
                let query = range(template.render(block.step + scrape_seconds, &labels));
                ranges.push(Range { counter, block: index, is_newborn: false, query });
                if let Some(newborn) = template.newborn() {
                    let query = range(newborn.render(block.step, &labels));
                    ranges.push(Range { counter, block: index, is_newborn: true, query });
                }
            }
        }
        Self { scrape_seconds, blocks, ranges }
    }
}

/// The scrape interval that an answer tells.
fn learnt(answer: &Value) -> Option<i64> {
    // A maximum over everything is one number without a label.
    let [sample] = samples(answer, "vector").ok()? else { return None };
    let has_labels = sample.get("metric").and_then(Value::as_object).is_none_or(|metric| !metric.is_empty());
    if has_labels { None } else { scrape_seconds(number_of(sample).ok()?) }
}

/// What most installations are set to; where the backend does not tell and nobody says.
const SCRAPE_SECONDS_DEFAULT: i64 = 15;
/// What VictoriaMetrics hides by default.
const LATE_SECONDS: i64 = 30;
