//! Assessments of a world -> what a person or a program looks at: the essentials of each iteration, and a summary.
//!
//! Plain data with serde. Not here: drawing, deciding.

use super::experiment::History;
use super::traffic::Served;
use super::world::World;
use crate::wire::assessment::{Assessment, Method, Verdict, VersionAssessment};

/// What an experiment in a world saw and decided.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Trajectory {
    /// The world's name.
    pub world: String,
    /// Where the draws started.
    pub seed: u64,
    /// The statistics that assessed.
    pub method: Method,
    /// What should be decided.
    pub truth: Truth,
    /// From the first on, which has no data yet; shorter than the world says where all candidates were rolled back.
    pub iterations: Vec<Iteration>,
    /// What came of it.
    pub summary: Summary,
}

/// What should be decided, by the world's true rates without drift and incident.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Truth {
    /// Versions that may rightly be named the winner; none where all are alike.
    pub winners: Vec<String>,
    /// Versions that are beyond a limit.
    pub violating: Vec<String>,
}

/// One call of the engine.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Iteration {
    /// From 0.
    pub iteration: usize,
    /// Seconds since the start.
    pub elapsed_seconds: u64,
    /// The winner, if there is one.
    pub winner: Option<String>,
    /// The version most likely to win.
    pub best: String,
    /// Why there is a winner, or why there is none yet.
    pub reason: String,
    /// The baseline, then the candidates.
    pub versions: Vec<VersionStep>,
    /// The whole assessment, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Box<Assessment>>,
}

/// One version at one iteration.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct VersionStep {
    /// Its id.
    pub id: String,
    /// Requests in the interval that ended now.
    pub requests: f64,
    /// Percent of the next interval's requests.
    pub split: f64,
    /// 0 to 1.
    pub win_probability: f64,
    /// Whether it is to get no more traffic.
    pub rollback: bool,
    /// In the experiment's order.
    pub criteria: Vec<CriterionStep>,
}

/// One criterion of one version at one iteration.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CriterionStep {
    /// Its id.
    pub id: String,
    /// As observed since the start; null where unknown.
    pub value: Option<f64>,
    /// The lower end of the 95 % credible interval.
    pub lower: Option<f64>,
    /// The upper end.
    pub upper: Option<f64>,
    /// Null without a limit, for the baseline under a relative one, and with method `v1`.
    pub verdict: Option<Verdict>,
    /// ln of the e-value for keeping the limit.
    pub log_e_satisfied: Option<f64>,
    /// ln of the e-value for violating it.
    pub log_e_violated: Option<f64>,
}

/// What came of an experiment.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Summary {
    /// The last iteration's winner.
    pub winner: Option<String>,
    /// The first winner that was ever named, and when.
    pub first_winner: Option<String>,
    /// The iteration that named it.
    pub first_winner_iteration: Option<usize>,
    /// Whether a version was ever named that is none of the right winners.
    pub named_wrongly: bool,
    /// Versions that were ever rolled back.
    pub rolled_back: Vec<String>,
    /// Requests since the start.
    pub requests: f64,
    /// Share of them that went to versions beyond a limit, 0 to 1.
    pub violating_share: f64,
    /// Books a request, or conversions where no version sells books; over all versions.
    pub reward_per_request: f64,
    /// Share of requests that failed, 0 to 1.
    pub error_rate: f64,
}

/// The essentials of an assessment; `served` is empty where no interval is over.
pub(super) fn iteration(
    world: &World,
    iteration: usize,
    served: &[Served],
    split: &[f64],
    assessment: Assessment,
    keeps_assessment: bool,
) -> Iteration {
    let baseline = std::iter::once((&assessment.baseline_assessment, false));
    let candidates = assessment.candidate_assessments.iter().map(|candidate| (&candidate.version, candidate.rollback));
    let versions = baseline.chain(candidates).enumerate().map(|(index, (version, rollback))| VersionStep {
        id: version.id.clone(),
        requests: served.get(index).map_or(0.0, Served::requests),
        split: split.get(index).copied().unwrap_or(0.0),
        win_probability: version.win_probability,
        rollback,
        criteria: criteria(version),
    });
    let winner = &assessment.winner_assessment;
    Iteration {
        iteration,
        elapsed_seconds: world.elapsed_seconds(iteration),
        winner: winner.winning_version_found.then(|| winner.current_best_version.clone()),
        best: winner.current_best_version.clone(),
        reason: winner.reason.clone(),
        versions: versions.collect(),
        assessment: keeps_assessment.then(|| Box::new(assessment)),
    }
}

fn criteria(version: &VersionAssessment) -> Vec<CriterionStep> {
    let step = |criterion: &crate::wire::assessment::CriterionAssessment| {
        let interval = criterion.statistics.ratio_statistics.as_ref().map(|ratio| ratio.credible_interval);
        let evidence = criterion.evidence.as_ref();
        CriterionStep {
            id: criterion.id.clone(),
            value: criterion.statistics.value,
            lower: interval.and_then(|interval| interval.lower),
            upper: interval.and_then(|interval| interval.upper),
            verdict: evidence.map(|evidence| evidence.verdict),
            log_e_satisfied: evidence.and_then(|evidence| evidence.log_e_satisfied),
            log_e_violated: evidence.and_then(|evidence| evidence.log_e_violated),
        }
    };
    version.criterion_assessments.iter().map(step).collect()
}

pub(super) fn summary(world: &World, truth: &Truth, iterations: &[Iteration], history: &History) -> Summary {
    let named = || iterations.iter().filter_map(|step| Some((step.iteration, step.winner.as_ref()?)));
    let is_rolled_back = |id: &String| {
        iterations.iter().any(|step| step.versions.iter().any(|version| version.id == *id && version.rollback))
    };
    let totals = history.totals();
    let sum = |part: fn(&Served) -> f64| totals.iter().map(part).sum::<f64>();
    let requests = sum(Served::requests);
    // A sum of nothing is -0.
    let share = |part: f64| if requests > 0.0 { (part + 0.0) / requests } else { 0.0 };
    let violating = world.versions.iter().zip(totals).filter(|(version, _)| truth.violating.contains(&version.id));
    let sells_books = world.versions.iter().any(|version| version.books.1 > 0);
    Summary {
        winner: iterations.last().and_then(|step| step.winner.clone()),
        first_winner: named().next().map(|(_, winner)| winner.clone()),
        first_winner_iteration: named().next().map(|(iteration, _)| iteration),
        named_wrongly: named().any(|(_, winner)| !truth.winners.contains(winner)),
        rolled_back: world.versions.iter().map(|version| version.id.clone()).filter(is_rolled_back).collect(),
        requests,
        violating_share: share(violating.map(|(_, total)| total.requests()).sum()),
        reward_per_request: share(if sells_books { sum(Served::books) } else { sum(Served::conversions) }),
        error_rate: share(sum(Served::errors)),
    }
}
