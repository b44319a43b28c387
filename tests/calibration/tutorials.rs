//! iter8's tutorials in closed loop, as its controller runs them -> who won, when, and at what cost.
//!
//! Not here: the worlds (`simulate`).

use iter8_analytics::{Trajectory, assessment::Method};
use serde_json::json;

use super::run::{SEED, Section, median, run};

pub fn section(wanted: &str) -> Section {
    let text = format!(
        "Closed loop, alpha 0.05, {RUNS} runs each, seeds from {SEED} on; `last_state` echoed, or pruned as by a cluster. \
         An experiment whose candidates are all rolled back ends with all traffic at the baseline: right where every one \
         of them violates."
    );
    let heading =
        ["last_state", "right", "wrong", "median iteration", "last", "requests to who violates", "reward a request"];
    let mut section = Section::new("Tutorials", text, &heading);
    let worlds = [("conformance", 4), ("canary", 4), ("canary_bad", 99), ("ab", 9), ("abn", 9)];
    for (name, last) in worlds {
        for (state, strategy) in
            [("echoed", "progressive"), ("pruned", "progressive"), ("echoed", "top_2"), ("echoed", "uniform")]
        {
            let title = format!("{name} {strategy} {state}");
            if !title.contains(wanted) || strategy != "progressive" && name != "abn" {
                continue;
            }
            let world = json!({"base": name, "last_state": state, "strategy": strategy});
            let runs = run(&world, Method::Sequential, 0.05, RUNS, judge);
            let right = runs.iter().filter(|run| run.time.is_some_and(|time| time <= last)).count();
            let wrong = runs.iter().filter(|run| run.is_wrong).count();
            let violating = runs.iter().map(|run| run.violating_share).sum::<f64>() / RUNS as f64;
            let reward = runs.iter().map(|run| run.reward).sum::<f64>() / RUNS as f64;
            let latest = runs.iter().map(|run| run.time).max_by_key(|time| time.unwrap_or(usize::MAX)).flatten();
            let shown = |time: Option<usize>| time.map_or("never".to_owned(), |time| time.to_string());
            let cells = vec![
                state.to_owned(),
                format!("{right} of {RUNS}"),
                wrong.to_string(),
                shown(median(runs.iter().map(|run| run.time).collect())),
                shown(latest),
                format!("{:.2} %", 100.0 * violating),
                format!("{reward:.2}"),
            ];
            let is_cheap = name != "abn" || strategy != "progressive" || violating <= VIOLATING_SHARE_MAX;
            section.add(&title, cells, Vec::new(), right == RUNS && wrong == 0 && is_cheap);
        }
    }
    section
}

/// What came of a run.
struct Judged {
    /// The iteration at which the right end was reached, to stay.
    time: Option<usize>,
    is_wrong: bool,
    violating_share: f64,
    reward: f64,
}

fn judge(trajectory: &Trajectory) -> Judged {
    let (summary, truth) = (&trajectory.summary, &trajectory.truth);
    let last = trajectory.iterations.last();
    let all_out =
        last.is_some_and(|step| step.versions.len() > 1 && step.versions.iter().skip(1).all(|one| one.rollback));
    let is_ended_rightly =
        all_out && last.is_some_and(|step| step.versions[1..].iter().all(|one| truth.violating.contains(&one.id)));
    let is_named = summary.winner.as_ref().is_some_and(|winner| truth.winners.contains(winner));
    let innocent = summary.rolled_back.iter().any(|id| !truth.violating.contains(id));
    Judged {
        time: match (is_named, is_ended_rightly) {
            (true, _) => summary.first_winner_iteration,
            (false, true) => last.map(|step| step.iteration),
            _ => None,
        },
        is_wrong: summary.named_wrongly || innocent,
        violating_share: summary.violating_share,
        reward: summary.reward_per_request,
    }
}

const RUNS: usize = 30;
/// v1.0.0's 2.1 % and three standard errors of a mean of 30 runs, whose shares have a standard deviation of 0.7 points.
const VIOLATING_SHARE_MAX: f64 = 0.021 + 3.0 * 0.0013;
