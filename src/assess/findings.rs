//! What the steps of a method find, in the form that the reply is written from.
//!
//! Everything is indexed by the experiment's versions, criteria, counters and ratios. Unknown is `None`.
//!
//! Not here: how anything is found (the methods), rounding and sentences (`report`).

use super::monitor::Shown;
use super::notes::Notes;
use crate::experiment::Limit;
use crate::stats::math::trunc;
use crate::wire::assessment::Method;
use crate::wire::last_state::{DataPoint, Extremes, History};
use crate::wire::request::Strategy;
use crate::wire::status::Status;

/// What one method found.
pub(crate) struct Findings {
    pub(crate) method: Method,
    /// `[version][criterion]`.
    pub(crate) judgements: Vec<Vec<Judgement>>,
    /// `[version]`.
    pub(crate) win_probabilities: Vec<f64>,
    /// `[version]`; what is found of the baseline is not written.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) winner: Winner,
    /// What a logarithm of evidence has to reach.
    pub(crate) log_e_needed: f64,
    pub(crate) splits: Splits,
    /// `[version][counter]`.
    pub(crate) counters: Vec<Vec<DataPoint>>,
    /// `[version][ratio]`.
    pub(crate) ratios: Vec<Vec<DataPoint>>,
    /// `[version][counter]`: all that was counted, where that may be more than the backend's totals; else empty.
    pub(crate) whole: Vec<Vec<Option<f64>>>,
    /// What counters grew by in intervals, for the next call; `None` where nothing has to be kept.
    pub(crate) history: Option<History>,
    /// Candidates that are to stay rolled back, and ln of the evidence for it.
    pub(crate) rolled_back: Vec<(String, f64)>,
    /// `[ratio]`; empty where the method keeps none.
    pub(crate) extremes: Vec<Extremes>,
    /// Whether the backend failed, so that nothing may be decided.
    pub(crate) backend_failed: bool,
    /// v1.0.0's codes for what was amiss with the data, each once.
    pub(crate) statuses: Vec<Status>,
    pub(crate) notes: Notes,
}

/// How one version stands to one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Judgement {
    /// The metric's value; `None`: unknown.
    pub(crate) value: Option<f64>,
    /// `None` for a counter, and where nothing is believed.
    pub(crate) belief: Option<BeliefSummary>,
    /// `None` without a limit, for the baseline under a relative one, and where the value is unknown.
    pub(crate) limit: Option<LimitJudgement>,
    /// What is shown of the limit, however often one looks; `None` where the method knows no such thing.
    pub(crate) shown: Option<Shown>,
}

impl Judgement {
    /// How a counter of this value stands to a criterion: the comparison is all there is.
    pub(crate) fn of_counter(value: Option<f64>, limit: Option<Limit>) -> Self {
        let limit = limit.zip(value).map(|(limit, value)| {
            let is_breached = limit.is_breached_by(value, limit.threshold.value);
            LimitJudgement { is_breached, probability: Some(if is_breached { 0.0 } else { 1.0 }) }
        });
        Self { value, limit, ..Self::default() }
    }
}

/// What is believed of a metric's true value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BeliefSummary {
    /// Central 95 %; an end is `None` where nothing tells it.
    pub(crate) credible_interval: (Option<f64>, Option<f64>),
    /// 95 % interval of the improvement over the baseline, percent, positive is better.
    pub(crate) improvement: Option<(f64, f64)>,
    pub(crate) beats_baseline: Option<f64>,
    pub(crate) is_best: Option<f64>,
}

/// How one version stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LimitJudgement {
    pub(crate) is_breached: bool,
    /// Probability of keeping the limit; `None` where nothing is believed.
    pub(crate) probability: Option<f64>,
}

/// What becomes of one version.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Outcome {
    pub(crate) rollback: bool,
    pub(crate) log_e_rollback: Option<f64>,
    pub(crate) expected_loss: Option<f64>,
}

/// Who wins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Winner {
    /// The version most likely to win.
    pub(crate) best: usize,
    pub(crate) is_found: bool,
    pub(crate) reason: String,
    /// Probability that no version keeps every limit.
    pub(crate) nobody: f64,
}

/// Percent for each version, with its fraction.
pub(crate) type Split = Vec<f64>;

/// The recommended splits, in the order of the reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Splits(pub(crate) Vec<(Strategy, Split)>);

impl Splits {
    /// Whole percents that sum to 100: a candidate's fraction goes to the baseline.
    pub(crate) fn whole(split: &Split, baseline: usize) -> Vec<i32> {
        let mut whole: Vec<i32> = split.iter().map(|percent| trunc(*percent) as i32).collect();
        let candidates: i32 = whole.iter().enumerate().filter(|(index, _)| *index != baseline).map(|(_, p)| p).sum();
        if let Some(percent) = whole.get_mut(baseline) {
            *percent = 100 - candidates;
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_candidate_goes_to_the_baseline() {
        assert_eq!(Splits::whole(&vec![2.5, 2.5, 95.0], 2), [2, 2, 96]);
        assert_eq!(Splits::whole(&vec![0.4, 99.6], 1), [0, 100]);
    }
}
