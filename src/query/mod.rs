//! Which questions a metrics backend has to answer, and what its answers say.
//!
//! Totals first, then intervals; ratios are computed here, from counters, so that numerator and denominator belong together
//! (v1.0.0 asked for each ratio once more). No I/O: the host sends the queries and receives the answers its own way.

mod answers;
mod buckets;
mod intervals;
mod ladder;
mod plan;
pub(crate) mod reply;
mod selector;
pub(crate) mod template;

use serde_json::{Number, Value};

use crate::error::{Error, FieldError, Segment};
use crate::experiment::Experiment;
use crate::wire::assessment::Method;
use crate::wire::instant::Instant;
use crate::wire::observations::Observations;
use plan::Plan;

/// One question for a metrics backend.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Query {
    /// The counter or histogram that the answer is for.
    pub metric: String,
    /// `instant`: one value for each series, at `time`; `range`: one at each `step` from `start` to `end`.
    pub kind: &'static str,
    /// PromQL.
    pub query: String,
    /// Unix time, seconds, at which to evaluate an instant query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Number>,
    /// Unix time, seconds, of a range query's first value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Number>,
    /// Unix time, seconds, of its last value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Number>,
    /// Seconds between its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
}

impl Query {
    pub(crate) fn instant(metric: &str, query: String, time: Number) -> Self {
        Self { metric: metric.to_owned(), kind: "instant", query, time: Some(time), start: None, end: None, step: None }
    }

    pub(crate) fn range(metric: &str, query: String, start: Number, end: Number, step: i64) -> Self {
        let (start, end, step) = (Some(start), Some(end), Some(step));
        Self { metric: metric.to_owned(), kind: "range", query, time: None, start, end, step }
    }
}

/// What to ask at `now` after `answers`: empty where all is asked, and in the first 20 s (v1.0.0 asked nothing that early,
/// since a window shorter than a few scrapes holds no increase).
///
/// # Errors
/// A number of answers that no round ends with.
pub(crate) fn queries(
    experiment: &Experiment,
    method: Method,
    now: Instant,
    answers: &[Value],
) -> Result<Vec<Query>, Error> {
    let plan = Plan::new(experiment, method, now, answers);
    plan.next(answers.len()).ok_or_else(|| wrong_number(&plan, answers.len()))
}

/// Observations from `answers`: those of the first round, or of all.
///
/// # Errors
/// Another number of answers than a round ends with.
pub(crate) fn observe(
    experiment: &Experiment,
    method: Method,
    now: Instant,
    answers: &[Value],
) -> Result<Observations, Error> {
    let plan = Plan::new(experiment, method, now, answers);
    let first = plan.first.len();
    if answers.len() != first && Some(answers.len()) != plan.answers_all() {
        return Err(wrong_number(&plan, answers.len()));
    }
    let cut = plan.cut.as_ref().filter(|_| answers.len() > first);
    let answered = (first > 0).then(|| answers.split_at(first));
    Ok(answers::read(experiment, answered, cut))
}

fn wrong_number(plan: &Plan, answers: usize) -> Error {
    let first = plan.first.len();
    let asked = match plan.answers_all() {
        Some(all) if all != first => format!("{first} queries, or {all} with the second round's"),
        _ => format!("{first} queries"),
    };
    Error::field(FieldError {
        location: vec![Segment::Key("answers".to_owned())],
        message: format!("{answers} answers to {asked}: one for each is needed, in their order"),
        kind: "value_error.answers",
        context: None,
    })
}

/// The whole number that `place` is next to; `None` below 0.
fn nearest(place: f64) -> Option<usize> {
    (place > -0.5 && place < 1e9).then_some((place + 0.5) as usize)
}
