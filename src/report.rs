//! The door out: findings -> the reply.
//!
//! Orders versions as v1.0.0 did, cuts numbers to what the controller's Go types hold, says in one sentence who wins or
//! why nobody does, and writes the next last state. Not here: how anything was found.

use crate::assess::findings::{Findings, Judgement, Splits};
use crate::assess::monitor::Shown;
use crate::assess::notes::{CRITERION_WITHOUT_DATA, HISTOGRAM_WITHOUT_SUM, NUMBER_OUT_OF_RANGE, Notes, names};
use crate::experiment::{Criterion, Experiment, Metric, Options};
use crate::stats::math::ceil;
use crate::wire::assessment::{
    Assessment, CandidateAssessment, ConfidenceSequence, CriterionAssessment, DataPoint, Entries, Evidence, Interval,
    Intervals, LastState, MaxMin, RatioStatistics, RequestsToVerdict, Statistics, ThresholdAssessment,
    TrafficSplitRecommendation, VersionAssessment, WinnerAssessment,
};
use crate::wire::request::{STRATEGIES, Strategy};
use crate::wire::status::{Status, StatusInterpretations};
use crate::wire::{digits, last_state};

/// The reply.
pub(crate) fn assessment(experiment: &Experiment, options: &Options, mut findings: Findings) -> Assessment {
    let mut notes = std::mem::take(&mut findings.notes);
    let rolled_back = std::mem::take(&mut findings.rolled_back);
    let mut writer = Writer { experiment, findings: &findings, notes: &mut notes };
    let baseline_assessment = writer.version(experiment.baseline);
    let candidates = (0..experiment.versions.len()).filter(|version| *version != experiment.baseline);
    let candidate_assessments = candidates
        .map(|version| {
            let outcome = writer.findings.outcomes[version];
            CandidateAssessment {
                version: writer.version(version),
                rollback: outcome.rollback,
                log_e_rollback: outcome.log_e_rollback,
                expected_loss: writer.expected_loss(version, outcome.expected_loss),
            }
        })
        .collect();
    writer.criteria_without_data();
    Assessment {
        timestamp: options.now.to_utc_text(),
        baseline_assessment,
        candidate_assessments,
        traffic_split_recommendation: recommendation(experiment, &findings.splits),
        winner_assessment: winner(experiment, &findings),
        status: statuses(&findings),
        status_interpretations: StatusInterpretations,
        last_state: next_state(experiment, &findings, rolled_back),
        method: findings.method,
        notes: notes.into_list(),
    }
}

/// Writes one version's part after the other, and notes what could not be written.
struct Writer<'a> {
    experiment: &'a Experiment,
    findings: &'a Findings,
    notes: &'a mut Notes,
}

impl Writer<'_> {
    fn version(&mut self, version: usize) -> VersionAssessment {
        let criteria = self.experiment.criteria.iter().zip(&self.findings.judgements[version]);
        let id = self.experiment.versions[version].id.clone();
        let criterion_assessments =
            criteria.map(|(criterion, judgement)| self.criterion(&id, criterion, judgement)).collect();
        VersionAssessment {
            request_count: self.request_count(version),
            criterion_assessments,
            win_probability: self.findings.win_probabilities[version],
            id,
        }
    }

    fn criterion(&mut self, version: &str, criterion: &Criterion, judgement: &Judgement) -> CriterionAssessment {
        let mut number =
            |value: f64, what: &str| self.float32(value, &|| format!("{} of version {version}: {what}", criterion.id));
        let value = judgement.value.and_then(|value| number(value, "the value"));
        let ratio_statistics = judgement.belief.map(|belief| RatioStatistics {
            improvement_over_baseline: belief.improvement.map(|(lower, upper)| Interval {
                lower: number(lower, "the improvement's lower end"),
                upper: number(upper, "the improvement's upper end"),
            }),
            probability_of_beating_baseline: belief.beats_baseline,
            probability_of_being_best_version: belief.is_best,
            credible_interval: Interval {
                lower: belief.credible_interval.0.and_then(|end| number(end, "the credible interval's lower end")),
                upper: belief.credible_interval.1.and_then(|end| number(end, "the credible interval's upper end")),
            },
        });
        CriterionAssessment {
            id: criterion.id.clone(),
            metric_id: criterion.metric_id.clone(),
            statistics: Statistics { value, ratio_statistics },
            threshold_assessment: judgement.limit.map(|limit| ThresholdAssessment {
                threshold_breached: limit.is_breached,
                probability_of_satisfying_threshold: limit.probability,
            }),
            evidence: judgement.shown.map(|shown| self.evidence(version, criterion, shown)),
        }
    }

    fn evidence(&mut self, version: &str, criterion: &Criterion, shown: Shown) -> Evidence {
        let mut end = |end: Option<f64>| {
            let what = || format!("{} of version {version}: an end of the confidence sequence", criterion.id);
            end.and_then(|end| self.float32(end, &what))
        };
        let sequence = shown.sequence.map(|(lower, upper)| (end(lower), end(upper)));
        Evidence {
            verdict: shown.verdict,
            log_e_satisfied: shown.evidence.map(|evidence| evidence.within),
            log_e_violated: shown.evidence.map(|evidence| evidence.beyond),
            log_e_needed: self.findings.log_e_needed,
            intervals: shown.intervals,
            confidence_sequence: sequence
                .filter(|(lower, upper)| lower.is_some() || upper.is_some())
                .map(|(lower, upper)| ConfidenceSequence { lower, upper, level: 1.0 - self.experiment.alpha }),
            requests_to_verdict: shown
                .need
                .map(|need| RequestsToVerdict { lower: ceil(need.lower), upper: need.upper.map(ceil) }),
        }
    }

    /// Requests of a version as the controller's int32 holds them.
    fn request_count(&mut self, version: usize) -> Option<i32> {
        let known = self.findings.counters[version].first()?.value;
        let count = self.findings.whole.get(version).and_then(|row| *row.first()?).or(known)?;
        if count > f64::from(i32::MAX) {
            let id = &self.experiment.versions[version].id;
            let (shown, largest) = (digits::plain(count), i32::MAX);
            let message =
                format!("Version {id} has {shown} requests; {largest} is written, the largest that clients hold.");
            self.notes.add(NUMBER_OUT_OF_RANGE, "", message, &[("value", count.into())]);
        }
        // Rust's cast stays at the ends of the type.
        Some(count as i32)
    }

    fn expected_loss(&mut self, version: usize, loss: Option<f64>) -> Option<f64> {
        let id = &self.experiment.versions[version].id;
        loss.and_then(|loss| self.float32(loss, &|| format!("The expected loss of version {id}")))
    }

    /// `value`, unless the controller's float32 cannot hold it.
    fn float32(&mut self, value: f64, what: &dyn Fn() -> String) -> Option<f64> {
        if value.abs() <= f64::from(f32::MAX) {
            return Some(value);
        }
        let (shown, largest) = (digits::plain(value), digits::plain(f64::from(f32::MAX)));
        let message = format!("{} is {shown}, beyond what clients hold ({largest}); null is written.", what());
        self.notes.add(NUMBER_OUT_OF_RANGE, "", message, &[("value", value.into())]);
        None
    }

    /// What it means that a criterion is unknown.
    fn what_follows(&self, criterion: &Criterion) -> &'static str {
        match (criterion.limit.is_some(), criterion.is_reward) {
            _ if self.findings.backend_failed => "nothing is decided",
            (true, true) => "its limit counts as not kept, and there is no reward to win by",
            (true, false) => "its limit counts as not kept",
            (false, true) => "there is no reward to win by",
            (false, false) => "it is only reported",
        }
    }

    /// Names each criterion that is unknown for a version, or has a value there and can have no evidence.
    fn criteria_without_data(&mut self) {
        for (index, criterion) in self.experiment.criteria.iter().enumerate() {
            let is_mean = matches!(criterion.metric, Metric::Histogram(_)) && criterion.quantile.is_none();
            for lacks_sum in [false, true] {
                let mut without: Vec<&str> = Vec::new();
                for (version, judgements) in self.experiment.versions.iter().zip(&self.findings.judgements) {
                    let Some(judgement) = judgements.get(index) else { continue };
                    // A quantile beyond the last bucket has no value, and yet there are data.
                    let is_unknown = judgement.value.is_none() && judgement.belief.is_none();
                    let has_evidence = judgement.shown.is_none_or(|shown| shown.intervals > 0);
                    let is_named = if lacks_sum { is_mean && !is_unknown && !has_evidence } else { is_unknown };
                    if is_named {
                        without.push(&version.id);
                    }
                }
                if without.is_empty() {
                    continue;
                }
                let (kind, what, what_follows) = match lacks_sum {
                    false => (CRITERION_WITHOUT_DATA, "data", self.what_follows(criterion)),
                    true => (HISTOGRAM_WITHOUT_SUM, "sum of its values", WITHOUT_SUM),
                };
                let message =
                    format!("Criterion {} has no {what} for {}; {what_follows}.", criterion.id, names(&without));
                let values = [("criterion", criterion.id.as_str().into()), ("versions", without.as_slice().into())];
                self.notes.add(kind, format!("criteria[{index}]"), message, &values);
            }
        }
    }
}

fn recommendation(experiment: &Experiment, splits: &Splits) -> TrafficSplitRecommendation {
    let of_strategy = |wanted: Strategy| {
        let split = splits.0.iter().find(|(strategy, _)| *strategy == wanted).map(|(_, split)| split);
        let percents = split.map(|split| Splits::whole(split, experiment.baseline)).unwrap_or_default();
        of_versions(experiment, percents)
    };
    TrafficSplitRecommendation {
        progressive: of_strategy(Strategy::Progressive),
        top_2: of_strategy(Strategy::Top2),
        uniform: of_strategy(Strategy::Uniform),
    }
}

fn winner(experiment: &Experiment, findings: &Findings) -> WinnerAssessment {
    let winner = &findings.winner;
    WinnerAssessment {
        winning_version_found: winner.is_found,
        current_best_version: experiment.versions[winner.best].id.clone(),
        probability_of_winning_for_best_version: findings.win_probabilities[winner.best],
        reason: winner.reason.clone(),
        no_version_satisfies_probability: Some(winner.nobody),
    }
}

/// The evidence's codes, and that something is not known or not believed.
fn statuses(findings: &Findings) -> Vec<Status> {
    let mut statuses = findings.statuses.clone();
    let has_no_value = |judgement: &Judgement| judgement.value.is_none();
    let is_said = statuses.iter().any(|said| matches!(said, Status::UninitializedValue | Status::InsufficientData));
    if !is_said && findings.judgements.iter().flatten().any(has_no_value) {
        statuses.push(Status::UninitializedValue);
    }
    statuses
}

fn next_state(experiment: &Experiment, findings: &Findings, rolled_back: Vec<(String, f64)>) -> LastState {
    let counter_ids: Vec<&str> = experiment.counters.iter().map(|counter| counter.id.as_str()).collect();
    let ratio_ids: Vec<&str> = experiment.ratios.iter().map(|ratio| ratio.id.as_str()).collect();
    let extremes =
        experiment.ratios.iter().zip(&findings.extremes).map(|(ratio, extremes)| {
            (ratio.id.clone(), MaxMin { minimum: extremes.minimum, maximum: extremes.maximum })
        });
    let splits = findings.splits.0.iter().map(|(strategy, split)| {
        let name = STRATEGIES.iter().find(|(_, known)| known == strategy).map_or("", |(name, _)| name);
        (name.to_owned(), of_versions(experiment, split.clone()))
    });
    LastState {
        aggregated_counter_metrics: points(experiment, &findings.counters, &counter_ids),
        aggregated_ratio_metrics: points(experiment, &findings.ratios, &ratio_ids),
        ratio_max_mins: Entries(extremes.collect()),
        traffic_split_recommendation: Entries(splits.collect()),
        intervals: findings.history.as_ref().map(|history| {
            let versions = history.versions.iter().map(|(id, counters)| (id.clone(), Entries(counters.clone())));
            Intervals { open_since: history.open_since, versions: Entries(versions.collect()) }
        }),
        rolled_back: Entries(rolled_back),
        schema: LAST_STATE_SCHEMA,
    }
}

/// For each version, its metrics' data points by id.
fn points(
    experiment: &Experiment,
    versions: &[Vec<last_state::DataPoint>],
    ids: &[&str],
) -> Entries<Entries<DataPoint>> {
    let mut all = Vec::with_capacity(versions.len());
    for points in versions {
        let mut written = Vec::with_capacity(points.len());
        for (id, point) in ids.iter().zip(points) {
            let timestamp = point.timestamp.map(|timestamp| timestamp.to_text());
            written.push(((*id).to_owned(), DataPoint { value: point.value, timestamp, status: point.status }));
        }
        all.push(Entries(written));
    }
    of_versions(experiment, all)
}

/// Each version's value, by its id.
fn of_versions<V>(experiment: &Experiment, values: Vec<V>) -> Entries<V> {
    let mut entries = Vec::with_capacity(values.len());
    for (version, value) in experiment.versions.iter().zip(values) {
        entries.push((version.id.clone(), value));
    }
    Entries(entries)
}

/// The form of the last state that is written.
const LAST_STATE_SCHEMA: u32 = 1;
/// What it means that nothing tells the sum of a histogram whose mean is judged.
const WITHOUT_SUM: &str =
    "no number of intervals is evidence on a mean without: name a counter as its `sum`, or judge a quantile";
