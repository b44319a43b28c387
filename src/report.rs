//! The door out: findings -> the reply.
//!
//! Orders versions as v1.0.0 did, cuts numbers to what the controller's Go types hold, says in one sentence who wins or
//! why nobody does, and writes the next last state. Not here: how anything was found.

use serde_json::Value;

use crate::assess::notes::{CRITERION_WITHOUT_DATA, NUMBER_OUT_OF_RANGE, Notes, names};
use crate::assess::v1::{Findings, Judgement, Splits};
use crate::experiment::{Criterion, Experiment, Options};
use crate::wire::assessment::{
    Assessment, CandidateAssessment, CriterionAssessment, DataPoint, Entries, Interval, LastState, MaxMin, Method,
    RatioStatistics, Statistics, ThresholdAssessment, TrafficSplitRecommendation, VersionAssessment, WinnerAssessment,
};
use crate::wire::request::{STRATEGIES, Strategy};
use crate::wire::status::{Status, StatusInterpretations};
use crate::wire::{digits, last_state};

/// The reply.
pub(crate) fn assessment(experiment: &Experiment, options: &Options, mut findings: Findings) -> Assessment {
    let mut notes = std::mem::take(&mut findings.notes);
    let mut writer = Writer { experiment, findings: &findings, notes: &mut notes };
    let baseline_assessment = writer.version(experiment.baseline);
    let candidates = (0..experiment.versions.len()).filter(|version| *version != experiment.baseline);
    let candidate_assessments = candidates
        .map(|version| CandidateAssessment {
            version: writer.version(version),
            rollback: false,
            log_e_rollback: None,
            expected_loss: None,
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
        last_state: next_state(experiment, &findings),
        method: Method::V1,
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
            win_probability: self.findings.race.win_probabilities[version],
            id,
        }
    }

    fn criterion(&mut self, version: &str, criterion: &Criterion, judgement: &Judgement) -> CriterionAssessment {
        let mut number =
            |value: f64, what: &str| self.float32(value, || format!("{} of version {version}: {what}", criterion.id));
        let value = judgement.value.and_then(|value| number(value, "the value"));
        let ratio_statistics = judgement.credible_interval.map(|(lower, upper)| RatioStatistics {
            improvement_over_baseline: None,
            probability_of_beating_baseline: None,
            probability_of_being_best_version: None,
            credible_interval: Interval {
                lower: number(lower, "the credible interval's lower end"),
                upper: number(upper, "the credible interval's upper end"),
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
            evidence: None,
        }
    }

    /// Requests of a version as the controller's int32 holds them.
    fn request_count(&mut self, version: usize) -> Option<i32> {
        let count = self.findings.evidence.counter(version, 0)?;
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

    /// `value`, unless the controller's float32 cannot hold it.
    fn float32(&mut self, value: f64, what: impl FnOnce() -> String) -> Option<f64> {
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
            _ if self.findings.evidence.backend_failed => "nothing is decided",
            (true, true) => "its limit counts as not kept, and there is no reward to win by",
            (true, false) => "its limit counts as not kept",
            (false, true) => "there is no reward to win by",
            (false, false) => "it is only reported",
        }
    }

    /// Names each criterion that is unknown for a version.
    fn criteria_without_data(&mut self) {
        for (index, criterion) in self.experiment.criteria.iter().enumerate() {
            let versions = self.experiment.versions.iter().zip(&self.findings.judgements);
            let without: Vec<&str> = versions
                .filter(|(_, judgements)| judgements.get(index).is_some_and(|judgement| judgement.value.is_none()))
                .map(|(version, _)| version.id.as_str())
                .collect();
            if !without.is_empty() {
                let shown = names(&without);
                let message =
                    format!("Criterion {} has no data for {shown}; {}.", criterion.id, self.what_follows(criterion));
                let values = [("criterion", Value::from(criterion.id.as_str())), ("versions", without.into())];
                self.notes.add(CRITERION_WITHOUT_DATA, format!("criteria[{index}]"), message, &values);
            }
        }
    }
}

fn recommendation(experiment: &Experiment, splits: &Splits) -> TrafficSplitRecommendation {
    let of_strategy = |wanted: Strategy| {
        let split = splits.0.iter().find(|(strategy, _)| *strategy == wanted).map(|(_, split)| split);
        let percents = split.map(|split| Splits::whole(split, experiment.baseline)).unwrap_or_default();
        let ids = experiment.versions.iter().map(|version| version.id.clone());
        Entries(ids.zip(percents).collect())
    };
    TrafficSplitRecommendation {
        progressive: of_strategy(Strategy::Progressive),
        top_2: of_strategy(Strategy::Top2),
        uniform: of_strategy(Strategy::Uniform),
    }
}

/// The version most likely to win, the first of several, and whether that suffices.
fn winner(experiment: &Experiment, findings: &Findings) -> WinnerAssessment {
    let probabilities = &findings.race.win_probabilities;
    let mut best = 0;
    for (version, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = version;
        }
    }
    let probability = probabilities[best];
    let is_found = probability > experiment.winner_threshold && !findings.evidence.backend_failed;
    let id = &experiment.versions[best].id;
    let needed = digits::plain(experiment.winner_threshold);
    let shown = digits::four_places(probability);
    let reason = if is_found {
        format!("{id} wins with probability {shown}, more than the {needed} that is needed.")
    } else if findings.evidence.backend_failed {
        "No winner: the metrics backend failed, so nothing is decided and traffic stays as it was.".to_owned()
    } else if probability > 0.0 {
        format!("No winner yet: {id} leads with win probability {shown}, more than {needed} is needed.")
    } else if findings.judgements.iter().flatten().any(|judgement| judgement.value.is_some()) {
        let reward = if experiment.reward().is_some() { " and earn a reward" } else { "" };
        format!("No winner: no version is likely to keep every limit{reward}.")
    } else {
        "No winner yet: no criterion has data for any version.".to_owned()
    };
    WinnerAssessment {
        winning_version_found: is_found,
        current_best_version: id.clone(),
        probability_of_winning_for_best_version: probability,
        reason,
        no_version_satisfies_probability: Some(findings.race.nobody),
    }
}

/// The evidence's codes, and that something is not known or not believed.
fn statuses(findings: &Findings) -> Vec<Status> {
    let mut statuses = findings.evidence.statuses.clone();
    let has_no_value = |judgement: &Judgement| judgement.value.is_none();
    let is_said = statuses.iter().any(|said| matches!(said, Status::UninitializedValue | Status::InsufficientData));
    if !is_said && findings.judgements.iter().flatten().any(has_no_value) {
        statuses.push(Status::UninitializedValue);
    }
    statuses
}

fn next_state(experiment: &Experiment, findings: &Findings) -> LastState {
    let evidence = &findings.evidence;
    let ids = || experiment.versions.iter().map(|version| version.id.clone());
    let counter_ids: Vec<&str> = experiment.counters.iter().map(|counter| counter.id.as_str()).collect();
    let ratio_ids: Vec<&str> = experiment.ratios.iter().map(|ratio| ratio.id.as_str()).collect();
    let extremes =
        experiment.ratios.iter().zip(&evidence.extremes).map(|(ratio, extremes)| {
            (ratio.id.clone(), MaxMin { minimum: extremes.minimum, maximum: extremes.maximum })
        });
    let splits = findings.splits.0.iter().map(|(strategy, split)| {
        let name = STRATEGIES.iter().find(|(_, known)| known == strategy).map_or("", |(name, _)| name);
        (name.to_owned(), Entries(ids().zip(split.iter().copied()).collect()))
    });
    LastState {
        aggregated_counter_metrics: Entries(ids().zip(points(&evidence.counters, &counter_ids)).collect()),
        aggregated_ratio_metrics: Entries(ids().zip(points(&evidence.ratios, &ratio_ids)).collect()),
        ratio_max_mins: Entries(extremes.collect()),
        traffic_split_recommendation: Entries(splits.collect()),
        schema: LAST_STATE_SCHEMA,
    }
}

/// For each version, its metrics' data points by id.
fn points<'a>(
    versions: &'a [Vec<last_state::DataPoint>],
    ids: &'a [&str],
) -> impl Iterator<Item = Entries<DataPoint>> + 'a {
    versions.iter().map(|points| {
        let written = ids.iter().zip(points).map(|(id, point)| {
            let timestamp = point.timestamp.map(|timestamp| timestamp.to_text());
            ((*id).to_owned(), DataPoint { value: point.value, timestamp, status: point.status })
        });
        Entries(written.collect())
    })
}

/// The form of the last state that is written.
const LAST_STATE_SCHEMA: u32 = 1;
