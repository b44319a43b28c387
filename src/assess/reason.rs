//! A decision -> one sentence: why there is a winner, or which link is the weakest and what it still needs.
//!
//! E-values that are there are rounded down and those that are needed up, so that a sentence never has as much as it misses.
//!
//! Not here: the decision (`winner`).

use super::monitor::{self, Shown, Verdict};
use super::need::Need;
use super::reach::is_out_of_reach;
use super::winner::Court;
use crate::experiment::{Criterion, Experiment, Metric};
use crate::stats::evidence::BothWays;
use crate::stats::math::{ceil, exp, floor};
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
            format!("{id} wins: every candidate is shown to {}.", worse(experiment).0)
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
    let mut violated: Vec<&str> = Vec::new();
    for (index, verdict) in court.shown(best) {
        if verdict == Verdict::Violated {
            violated.push(&experiment.criteria[index].id);
        }
    }
    if !violated.is_empty() {
        return format!("No winner: even {id} is shown to violate {}.", violated.join(", "));
    }
    // Where nobody is likely to win there is none that leads.
    let (leads, it) = if court.race.wins[best] > 0.0 { (" leads, and ", "it") } else { ("", id) };
    let leading = if leads.is_empty() { "" } else { id };
    let in_doubt = if best == baseline { court.candidate_in_doubt() } else { None };
    let in_question = in_doubt.map_or(best, |(candidate, _)| candidate);
    let link = if let Some((_, None)) = in_doubt {
        format!("nothing is known of {}", id_of(in_question))
    } else if court.monitor.rewards[in_question] == Some(BothWays::NONE) {
        "the reward is not known of all, without which nobody can be shown to earn more".to_owned()
    } else if let Some((_, Some(log_e))) = in_doubt {
        format!("that {} {} {}", id_of(in_question), worse(experiment).1, so_far(experiment, log_e))
    } else if let Some((index, shown)) = weakest(court, best) {
        let criterion = &experiment.criteria[index];
        let (so_far, missing) = (so_far(experiment, log_e(shown)), missing(experiment, criterion, shown));
        format!("that {it} satisfies {} {so_far}: {missing}", criterion.id)
    } else if let Some(reward) = court.monitor.rewards[best].filter(|_| !court.earns_more(best)) {
        format!("that {it} earns more than {} {}", id_of(baseline), so_far(experiment, reward.within))
    } else if best == baseline {
        return format!("No winner: {id} is alone, and there is no absolute threshold that it could be shown to keep.");
    } else {
        return format!(
            "No winner yet: {id} leads with win probability {}, more than {} is needed.",
            digits::probability(court.race.wins[best]),
            digits::plain(experiment.winner_threshold)
        );
    };
    format!("No winner yet: {leading}{leads}{link}.")
}

/// What a candidate that is out is shown to do, and what it does.
fn worse(experiment: &Experiment) -> (&'static str, &'static str) {
    let has_limits = experiment.criteria.iter().any(|criterion| criterion.limit.is_some());
    match (has_limits, experiment.reward().is_some()) {
        (true, true) => ("violate a criterion or to earn less", "violates a criterion or earns less"),
        (true, false) => ("violate a criterion", "violates a criterion"),
        (false, _) => ("earn less", "earns less"),
    }
}

/// What a verdict on a criterion needs.
fn missing(experiment: &Experiment, criterion: &Criterion, shown: &Shown) -> String {
    if is_out_of_reach(experiment, criterion) {
        return "no data will do, since the limit lies at the end of what its metric can be".to_owned();
    }
    let Some(Need { lower, upper }) = shown.need else {
        let is_mean_of_histogram = matches!(criterion.metric, Metric::Histogram(_)) && criterion.quantile.is_none();
        let what = if is_mean_of_histogram && shown.intervals == 0 {
            "intervals that tell the sum of its values, as none does so far"
        } else {
            "more intervals"
        };
        return what.to_owned();
    };
    let least = format!("at least {} more request{}", whole(lower), if lower > 1.0 { "s" } else { "" });
    match upper {
        Some(upper) => format!("{least}, {} if it is as close to its limit as it may be", whole(upper)),
        None => format!("{least}, and nobody can say at most: it may be at its limit"),
    }
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
