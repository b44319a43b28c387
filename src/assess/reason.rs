//! A decision -> one sentence: why there is a winner, or which link is the weakest and what it still needs.
//!
//! E-values that are there are rounded down and those that are needed up, so that a sentence never has as much as it misses.
//!
//! Not here: the decision (`winner`).

use super::monitor::{self, Shown, Verdict};
use super::need::Need;
use super::notes::names;
use super::reach::is_out_of_reach;
use super::winner::Court;
use crate::experiment::{Criterion, Experiment, Metric};
use crate::stats::math::{ceil, exp, floor};
use crate::wire::digits;

/// Why `winner` wins, or why nobody does while `best` leads.
pub(crate) fn sentence(court: &Court, winner: Option<usize>, best: usize, is_decidable: bool) -> String {
    let experiment = court.experiment;
    let id = &experiment.versions[best].id;
    let baseline = &experiment.versions[experiment.baseline].id;
    let wins = court.race.wins[best];
    let probability = digits::probability(wins);
    match winner {
        Some(_) if experiment.versions.len() == 1 => format!("{id} is shown to satisfy every criterion."),
        Some(winner) if winner == experiment.baseline => {
            let worse = match sides(experiment) {
                (true, false) => "violate a criterion".to_owned(),
                (true, true) => format!("violate a criterion or to earn less than {id}"),
                (false, _) => format!("earn less than {id}"),
            };
            // What froze when a candidate was rolled back may look better than what came after.
            let despite = match court.race.wins.iter().any(|other| *other > wins) {
                true => format!(", though its win probability, in which they take part, is {probability}"),
                false => String::new(),
            };
            format!("{id} wins: every candidate is shown to {worse}{despite}.")
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
    let id_of = |version: usize| experiment.versions[version].id.as_str();
    let (id, baseline) = (id_of(best), experiment.baseline);
    // Where nobody is likely to win there is none that leads.
    let leads = court.race.wins[best] > 0.0;
    let violated: Vec<&str> = court
        .shown(best)
        .filter(|(_, verdict)| *verdict == Verdict::Violated)
        .map(|(index, _)| experiment.criteria[index].id.as_str())
        .collect();
    if !violated.is_empty() {
        let leading = if leads { ", which leads," } else { "" };
        return format!("No winner: even {id}{leading} is shown to violate {}.", violated.join(", "));
    }
    let (leading, subject) = if leads { (format!("{id} leads, and "), "it") } else { (String::new(), id) };
    let in_doubt = if best == baseline { court.candidate_in_doubt() } else { None };
    if let Some((candidate, None)) = in_doubt {
        return format!("No winner yet: {leading}nothing is known of {}.", id_of(candidate));
    }
    let needs_reward = [Some(best), Some(baseline), in_doubt.map(|(candidate, _)| candidate)];
    if let Some(reward) = experiment.reward()
        && needs_reward.into_iter().flatten().any(|version| court.is_reward_unknown(version))
    {
        let unknown: Vec<&str> =
            (0..experiment.versions.len()).filter(|version| court.is_reward_unknown(*version)).map(id_of).collect();
        return format!(
            "No winner yet: the reward {} of {} is unknown, and without it nobody can be shown to earn more.",
            reward.id,
            names(&unknown)
        );
    }
    if let Some((candidate, Some(log_e))) = in_doubt {
        let worse = match sides(experiment) {
            (true, true) => "violates a criterion or earns less",
            (true, false) => "violates a criterion",
            (false, _) => "earns less",
        };
        let so_far = so_far(experiment, log_e);
        return format!("No winner yet: {leading}that {} {worse} {so_far}.", id_of(candidate));
    }
    if let Some((index, shown)) = weakest(court, best) {
        let criterion = &experiment.criteria[index];
        if is_out_of_reach(experiment, criterion) {
            let (metric, criterion) = (&criterion.metric_id, &criterion.id);
            return format!(
                "No winner: {leading}that {subject} satisfies {criterion} cannot be shown, since the limit lies at the end of what {metric} can be."
            );
        }
        let (so_far, missing) = (so_far(experiment, log_e(shown)), missing(criterion, shown));
        return format!("No winner yet: {leading}that {subject} satisfies {} {so_far}: {missing}.", criterion.id);
    }
    if !court.earns_more(best)
        && let Some(reward) = court.monitor.rewards[best]
    {
        let so_far = so_far(experiment, reward.within);
        return format!("No winner yet: {leading}that {subject} earns more than {} {so_far}.", id_of(baseline));
    }
    if best == baseline {
        return format!("No winner: {id} is alone, and there is no absolute threshold that it could be shown to keep.");
    }
    format!(
        "No winner yet: {id} leads with win probability {}, more than {} is needed.",
        digits::probability(court.race.wins[best]),
        digits::plain(experiment.winner_threshold)
    )
}

/// Whether there are limits, and whether there is a reward.
fn sides(experiment: &Experiment) -> (bool, bool) {
    (experiment.criteria.iter().any(|criterion| criterion.limit.is_some()), experiment.reward().is_some())
}

/// What a criterion that is within reach needs.
fn missing(criterion: &Criterion, shown: &Shown) -> String {
    match shown.need {
        Some(Need { lower, upper }) => {
            let lower = whole(lower);
            let requests = if lower == "1" { "request" } else { "requests" };
            let most = match upper {
                Some(upper) => format!("{} if it is as close to its limit as it may be", whole(upper)),
                None => "and nobody can say at most: it may be at its limit".to_owned(),
            };
            format!("at least {lower} more {requests}, {most}")
        }
        None if is_mean_of_histogram(criterion) && shown.intervals == 0 => {
            "intervals that tell the sum of its values, as none does so far".to_owned()
        }
        None => "more intervals".to_owned(),
    }
}

fn is_mean_of_histogram(criterion: &Criterion) -> bool {
    matches!(criterion.metric, Metric::Histogram(_)) && criterion.quantile.is_none()
}

/// The undecided criterion of a version that is farthest from being shown: one out of reach, else that with the least evidence,
/// of equal ones the first.
fn weakest<'a>(court: &'a Court, version: usize) -> Option<(usize, &'a Shown)> {
    let rank = |(index, shown): (usize, &Shown)| {
        if is_out_of_reach(court.experiment, &court.experiment.criteria[index]) {
            f64::NEG_INFINITY
        } else {
            log_e(shown)
        }
    };
    let mut weakest: Option<(usize, &Shown)> = None;
    for (index, shown) in court.monitor.criteria[version].iter().enumerate() {
        let Some(shown) = shown.as_ref().filter(|shown| shown.verdict == Verdict::Undecided) else { continue };
        if weakest.is_none_or(|least| rank((index, shown)).total_cmp(&rank(least)).is_lt()) {
            weakest = Some((index, shown));
        }
    }
    weakest
}

fn log_e(shown: &Shown) -> f64 {
    shown.evidence.map_or(f64::NEG_INFINITY, |evidence| evidence.within)
}

/// The e-value that there is, to two digits or whole, and the one that is needed.
fn so_far(experiment: &Experiment, log_e: f64) -> String {
    let e_value = exp(log_e);
    let shown = match e_value < 10.0 {
        true => digits::short(floor(e_value * 100.0) / 100.0),
        false => digits::plain(floor(e_value)),
    };
    // As in 2/0.05: what a division of decimals adds in its last digit is not asked for.
    let needed = whole(monitor::e_needed(experiment) * (1.0 - 1e-12));
    format!("has an e-value of {shown}, {needed} are needed")
}

fn whole(number: f64) -> String {
    digits::plain(ceil(number))
}
