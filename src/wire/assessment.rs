//! The reply: v1.0.0's fields in v1.0.0's order, and behind them what we add.
//!
//! Plain data with serde; `report` fills it. Maps keep the order of the versions (candidates as in the request,
//! the baseline last), since Kui takes the first entry for the recommended one.
//!
//! Not here: how any number is computed.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::status::{Status, StatusInterpretations};

/// A map that is written in the order of its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<V>(pub Vec<(String, V)>);

impl<V> Entries<V> {
    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first entry named `key`.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

impl<V: Serialize> Serialize for Entries<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// How every version does on every criterion, who wins, and how to split traffic next.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Assessment {
    /// When the assessment was made: `now` in UTC, ISO 8601 without a zone, as v1.0.0 wrote it.
    pub timestamp: String,
    /// The baseline's assessment.
    pub baseline_assessment: VersionAssessment,
    /// The candidates' assessments, in the order of the request.
    pub candidate_assessments: Vec<CandidateAssessment>,
    /// Whole percents for each version that sum to 100, for each strategy.
    pub traffic_split_recommendation: TrafficSplitRecommendation,
    /// Who wins, and how sure that is.
    pub winner_assessment: WinnerAssessment,
    /// What was amiss with the data, each code once; empty: all well.
    pub status: Vec<Status>,
    /// What each status code means, in words.
    pub status_interpretations: StatusInterpretations,
    /// To be sent with the next request, unread.
    pub last_state: LastState,
    /// The statistics that made this assessment.
    pub method: Method,
    /// What the engine saw and what is missing, in words.
    pub notes: Vec<Note>,
}

/// Which statistics assess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub enum Method {
    /// Exact beliefs, and verdicts that hold at every look.
    #[default]
    #[serde(rename = "sequential")]
    Sequential,
    /// v1.0.0's own: sampled posteriors, looked at as if once.
    #[serde(rename = "v1")]
    V1,
}

/// How one version does.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct VersionAssessment {
    /// The version's id, as sent.
    pub id: String,
    /// Requests that the version served, 0 to 2147483647; null where unknown.
    pub request_count: Option<i32>,
    /// One for each criterion, in the order of the request.
    pub criterion_assessments: Vec<CriterionAssessment>,
    /// Probability that this version wins, 0 to 1.
    pub win_probability: f64,
}

/// How one candidate does.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct CandidateAssessment {
    /// The fields that it shares with the baseline.
    #[serde(flatten)]
    pub version: VersionAssessment,
    /// Whether this candidate should get no more traffic.
    pub rollback: bool,
    /// Evidence for rolling back, a natural logarithm; null with `method: "v1"`.
    pub log_e_rollback: Option<f64>,
    /// What choosing this version is expected to cost, in the reward's unit; null with `method: "v1"`.
    pub expected_loss: Option<f64>,
}

/// How one version does on one criterion.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct CriterionAssessment {
    /// The criterion's id, as sent.
    pub id: String,
    /// The metric's id, as sent.
    pub metric_id: String,
    /// The metric's value and, for a ratio, what is believed of it.
    pub statistics: Statistics,
    /// How the version stands to the criterion's limit; null without a limit or where unknown.
    pub threshold_assessment: Option<ThresholdAssessment>,
    /// Evidence that stays valid at every look; null without a limit, for the baseline under a relative one, and with
    /// `method: "v1"`.
    pub evidence: Option<Evidence>,
}

/// How far a version is shown to keep a limit, however often one looks.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Evidence {
    /// What is shown so far.
    pub verdict: Verdict,
    /// ln of the e-value for keeping the limit, -700 to 700; null for a counter.
    pub log_e_satisfied: Option<f64>,
    /// ln of the e-value for violating it, -700 to 700; null for a counter.
    pub log_e_violated: Option<f64>,
    /// What one of them has to reach, ln(K/alpha).
    pub log_e_needed: f64,
    /// Intervals that count.
    pub intervals: usize,
    /// What is not ruled out at any look; null where everything is left.
    pub confidence_sequence: Option<ConfidenceSequence>,
    /// Requests until a verdict, at least; null with one, and where nothing tells.
    pub requests_to_verdict: Option<RequestsToVerdict>,
}

/// What is shown of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The limit is kept.
    Satisfied,
    /// The limit is violated.
    Violated,
    /// Neither is shown yet.
    Undecided,
}

/// Values that are not ruled out: of the metric, in its unit; under a relative limit of its ratio to the baseline's.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct ConfidenceSequence {
    /// The lower end; null: unbounded.
    pub lower: Option<f64>,
    /// The upper end; null: unbounded.
    pub upper: Option<f64>,
    /// The chance that it holds the truth at every look, 1 - alpha.
    pub level: f64,
}

/// How many requests a verdict needs at least: a bound at either end of what the truth may be.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct RequestsToVerdict {
    /// If the truth is as far from the limit as it may be.
    pub lower: f64,
    /// If it is as near; null: it may be at the limit, where no number suffices.
    pub upper: Option<f64>,
}

/// A metric's value and what is believed of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Statistics {
    /// The observed value, in the metric's unit; null where unknown.
    pub value: Option<f64>,
    /// Null for a counter, and where nothing is known.
    pub ratio_statistics: Option<RatioStatistics>,
}

/// What is believed of a ratio metric.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct RatioStatistics {
    /// 95 % interval of the improvement, percent, positive is better; null with `method: "v1"`.
    pub improvement_over_baseline: Option<Interval>,
    /// 0 to 1; null with `method: "v1"`.
    pub probability_of_beating_baseline: Option<f64>,
    /// 0 to 1; null with `method: "v1"`.
    pub probability_of_being_best_version: Option<f64>,
    /// Central 95 % of the belief, in the metric's unit.
    pub credible_interval: Interval,
}

/// A lower and an upper end.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Interval {
    /// The lower end.
    pub lower: Option<f64>,
    /// The upper end.
    pub upper: Option<f64>,
}

/// How a version stands to a limit.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct ThresholdAssessment {
    /// Whether the observed value is beyond the limit.
    pub threshold_breached: bool,
    /// Probability that the version keeps the limit, 0 to 1; null where nothing is believed.
    pub probability_of_satisfying_threshold: Option<f64>,
}

/// The split of traffic that each strategy recommends: version id -> whole percent.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct TrafficSplitRecommendation {
    /// Traffic follows the probability of winning.
    pub progressive: Entries<i32>,
    /// Traffic goes to the two best versions.
    pub top_2: Entries<i32>,
    /// Every version gets the same.
    pub uniform: Entries<i32>,
}

/// Who wins, and how sure that is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct WinnerAssessment {
    /// Whether a winner can be named.
    pub winning_version_found: bool,
    /// The version most likely to win; the first candidate where all probabilities are 0, as v1.0.0.
    pub current_best_version: String,
    /// The best version's win probability.
    pub probability_of_winning_for_best_version: f64,
    /// Why there is a winner, or why there is none yet: one sentence.
    pub reason: String,
    /// Probability that no version keeps every limit, 0 to 1.
    pub no_version_satisfies_probability: Option<f64>,
}

/// What the next call needs to know of this one. Clients send it back unread.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct LastState {
    /// Version -> counter -> latest value.
    pub aggregated_counter_metrics: Entries<Entries<DataPoint>>,
    /// Version -> ratio -> latest value.
    pub aggregated_ratio_metrics: Entries<Entries<DataPoint>>,
    /// Ratio -> smallest and largest value seen.
    pub ratio_max_mins: Entries<MaxMin>,
    /// Strategy -> version -> percent, with its fraction.
    pub traffic_split_recommendation: Entries<Entries<f64>>,
    /// What counters grew by since the start, in intervals; absent where intervals came with the data, and with
    /// `method: "v1"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
    /// Candidate -> ln of the evidence that it was rolled back with; absent where nobody was.
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub rolled_back: Entries<f64>,
    /// The form's version.
    pub schema: u32,
}

/// What counters grew by in successive intervals, the last of which is still open.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Intervals {
    /// Seconds after the start at which the open interval began.
    pub open_since: i64,
    /// Version -> counter -> growth in each interval, oldest first; null: unknown.
    pub versions: Entries<Entries<Vec<Option<f64>>>>,
}

/// A metric's value and when it was learnt.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct DataPoint {
    /// In the metric's unit; null where unknown.
    pub value: Option<f64>,
    /// ISO 8601 with zone; null where never learnt.
    pub timestamp: Option<String>,
    /// How the value came about.
    pub status: Status,
}

/// The smallest and the largest value that a ratio has had in any version.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct MaxMin {
    /// The smallest value.
    pub minimum: Option<f64>,
    /// The largest value.
    pub maximum: Option<f64>,
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// The numbers may not mean what they seem to.
    Warning,
    /// Something that was needed is missing.
    Error,
}

/// One thing that the engine saw.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(all(feature = "native", not(target_family = "wasm")), derive(schemars::JsonSchema))]
pub struct Note {
    /// What kind of thing: a name that never changes.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The path of the field or datum that it is about; null: the whole experiment.
    #[serde(rename = "where")]
    pub location: Option<String>,
    /// A whole sentence, with numbers and units.
    pub message: String,
    /// The numbers of the sentence.
    pub values: serde_json::Map<String, Value>,
}
