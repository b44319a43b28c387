//! Assessment -> lines of the log: one for each verdict, rollback and winner, when it comes and not again.
//!
//! Not here: anything that changes with every look; that is what the metrics are for.

use super::config::Config;
use super::guard::Guard;
use super::host::{Host, Level};
use crate::assessment::{Assessment, Verdict, VersionAssessment};
use crate::wire::digits;

/// Logs what is new in `assessment` against the `known` facts, and keeps what it says.
pub(super) fn log(host: &impl Host, config: &Config, guard: &Guard, known: &mut Vec<String>, assessment: &Assessment) {
    let mut facts = Vec::new();
    let candidates = assessment.candidate_assessments.iter().map(|candidate| &candidate.version);
    for version in candidates.clone().chain([&assessment.baseline_assessment]) {
        verdicts(version, &mut facts);
    }
    for candidate in assessment.candidate_assessments.iter().filter(|candidate| candidate.rollback) {
        facts.push((Level::Warn, candidate.version.id.clone(), format!("{} is rolled back", candidate.version.id)));
    }
    let winner = &assessment.winner_assessment;
    // By its good past it may still be one.
    let is_held = config.versions.iter().position(|version| version.id == winner.current_best_version);
    let is_held = is_held.is_some_and(|version| guard.holds(version));
    if winner.winning_version_found && !is_held {
        facts.push((Level::Info, winner.current_best_version.clone(), winner.reason.clone()));
    }
    // The reason holds numbers, which change: a fact is known by its kind and whom it is about.
    let names = facts.iter().map(|(level, version, text)| {
        let kind = if text == &winner.reason { "wins" } else { text.split(" (").next().unwrap_or_default() };
        (*level, format!("{version}: {kind}"), text)
    });
    let names: Vec<_> = names.collect();
    for (level, fact, text) in &names {
        if !known.contains(fact) {
            host.log(*level, &format!("iter8: {}: {text}", config.name));
        }
    }
    *known = names.into_iter().map(|(_, fact, _)| fact).collect();
}

fn verdicts(version: &VersionAssessment, facts: &mut Vec<(Level, String, String)>) {
    for criterion in &version.criterion_assessments {
        let Some(evidence) = &criterion.evidence else { continue };
        let (level, word, log_e) = match evidence.verdict {
            Verdict::Satisfied => (Level::Info, "satisfied", evidence.log_e_satisfied),
            Verdict::Violated => (Level::Warn, "violated", evidence.log_e_violated),
            Verdict::Undecided => continue,
        };
        let (needed, log_e) = (digits::short(evidence.log_e_needed), log_e.map(digits::short).unwrap_or_default());
        let (id, criterion) = (&version.id, &criterion.id);
        facts.push((level, id.clone(), format!("{id}: {criterion} is {word} (log e-value {log_e}, needed {needed})")));
    }
}
