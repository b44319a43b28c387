//! A decision -> one sentence: why there is a winner, or which link is the weakest and what it still needs.
//!
//! Not here: the decision (`winner`).

use super::monitor::{Shown, Verdict};
use super::need::Need;
use super::winner::Court;
use crate::stats::math::{ceil, exp};
use crate::wire::digits;

/// Why `winner` wins, or why nobody does while `best` leads.
pub(crate) fn sentence(court: &Court, winner: Option<usize>, best: usize, is_decidable: bool) -> String {
    let experiment = court.experiment;
    let id = &experiment.versions[best].id;
    let baseline = &experiment.versions[experiment.baseline].id;
    let probability = digits::probability(court.race.wins[best]);
    match winner {
        Some(_) if experiment.versions.len() == 1 => format!("{id} is shown to satisfy every criterion."),
        Some(winner) if winner == experiment.baseline => {
            format!("{id} wins: every candidate is shown to violate a criterion or to earn less than {id}.")
        }
        Some(_) if experiment.reward().is_some() => format!(
            "{id} wins: it is shown to satisfy every criterion and to earn more than {baseline}, and its win probability is {probability}."
        ),
        Some(_) => {
            format!("{id} wins: it is shown to satisfy every criterion, and its win probability is {probability}.")
        }
        None if court.backend_failed => {
            "No winner: the metrics backend failed, so nothing is decided and traffic stays as it was.".to_owned()
        }
        None if !is_decidable => "No winner: no criterion has a threshold and none is a reward.".to_owned(),
        None => waiting(court, best),
    }
}

/// The weakest link of the version that leads.
fn waiting(court: &Court, best: usize) -> String {
    let experiment = court.experiment;
    let id = &experiment.versions[best].id;
    let needed = court.monitor.needed;
    let violated: Vec<&str> = court
        .shown(best)
        .filter(|(_, verdict)| *verdict == Verdict::Violated)
        .map(|(index, _)| experiment.criteria[index].id.as_str())
        .collect();
    if !violated.is_empty() {
        return format!("No winner: even {id}, which leads, is shown to violate {}.", violated.join(", "));
    }
    let in_doubt = if best == experiment.baseline { court.candidate_in_doubt() } else { None };
    if let Some((candidate, log_e)) = in_doubt {
        let candidate = &experiment.versions[candidate].id;
        let has_limits = experiment.criteria.iter().any(|criterion| criterion.limit.is_some());
        let worse = match (has_limits, experiment.reward().is_some()) {
            (true, true) => "violates a criterion or earns less",
            (true, false) => "violates a criterion",
            (false, _) => "earns less",
        };
        return match log_e {
            Some(log_e) => format!(
                "No winner yet: {id} leads, and that {candidate} {worse} is shown with an e-value of {}, {} are needed.",
                count(exp(log_e)),
                count(exp(needed)),
            ),
            None => format!("No winner yet: {id} leads, and nothing is known of {candidate}."),
        };
    }
    if let Some((index, shown)) = weakest(court, best) {
        let criterion = &experiment.criteria[index].id;
        let missing = match shown.need {
            Some(Need { lower, upper: Some(upper) }) => {
                format!(
                    "at least {} more requests, {} if it is as close to its limit as it may be",
                    whole(lower),
                    whole(upper)
                )
            }
            Some(Need { lower, upper: None }) => {
                format!("at least {} more requests, and nobody can say at most: it may be at its limit", whole(lower))
            }
            None => "more intervals".to_owned(),
        };
        return format!(
            "No winner yet: {id} leads, and that it satisfies {criterion} is shown with an e-value of {}, {} are needed: {missing}.",
            count(exp(log_e(shown))),
            count(exp(needed)),
        );
    }
    if !court.earns_more(best)
        && let Some(reward) = court.monitor.rewards[best]
    {
        let baseline = &experiment.versions[experiment.baseline].id;
        return format!(
            "No winner yet: {id} leads, and that it earns more than {baseline} is shown with an e-value of {}, {} are needed.",
            count(exp(reward.within)),
            count(exp(needed)),
        );
    }
    format!(
        "No winner yet: {id} leads with win probability {}, more than {} is needed.",
        digits::probability(court.race.wins[best]),
        digits::plain(experiment.winner_threshold)
    )
}

/// The undecided criterion of a version with the least evidence, of equal ones the first.
fn weakest<'a>(court: &'a Court, version: usize) -> Option<(usize, &'a Shown)> {
    let mut weakest: Option<(usize, &Shown)> = None;
    for (index, shown) in court.monitor.criteria[version].iter().enumerate() {
        let Some(shown) = shown.as_ref().filter(|shown| shown.verdict == Verdict::Undecided) else { continue };
        if weakest.is_none_or(|(_, least)| log_e(shown).total_cmp(&log_e(least)).is_lt()) {
            weakest = Some((index, shown));
        }
    }
    weakest
}

fn log_e(shown: &Shown) -> f64 {
    shown.evidence.map_or(f64::NEG_INFINITY, |evidence| evidence.within)
}

/// An e-value to two digits or whole.
fn count(e_value: f64) -> String {
    if e_value < 10.0 { digits::short(e_value) } else { whole(e_value) }
}

fn whole(number: f64) -> String {
    digits::plain(ceil(number))
}
