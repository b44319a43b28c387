//! `simulate`: a world becomes a table of what an experiment in it would have seen; of many runs, how often it ended well.
//!
//! Many runs are made with both methods on the same seeds, one after the other; how far they are is shown on standard error
//! where that is a terminal. Not here: what a world is and how it runs (`simulate` of the library).

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Format, Simulate};
use super::known::unknown_fields_of_world;
use super::output::Output;
use super::subjects::told_with_findings;
use super::table::{Cell, Style, render};
use super::{Failure, read};
use crate::assessment::Method;
use crate::{
    Error, Iteration, SEED_MAX, SimulateOptions, Summary, Trajectory, Truth, VersionStep, simulate, world_names,
};

pub(super) fn run(arguments: &Simulate) -> Result<Output, Failure> {
    let name = arguments.world.to_string_lossy();
    let world = match world_names().iter().any(|known| *known == name) {
        true => Value::from(name.into_owned()),
        false => read::read(&arguments.world).map_err(|failure| or_a_name(failure, &arguments.world))?,
    };
    let unknown = unknown_fields_of_world(&world);
    if !unknown.is_empty() {
        return Err(Error::Fields(unknown).into());
    }
    let is_terminal = std::io::stdout().is_terminal();
    let format = arguments.format.unwrap_or(if is_terminal { Format::Text } else { Format::Json });
    let method = arguments.method.map(Method::from);
    let Some(runs) = arguments.runs else {
        let options = SimulateOptions { seed: arguments.seed, method, ..SimulateOptions::default() };
        let trajectory = simulate(&world, &options).map_err(|error| told_with_findings(&error, &world))?;
        return Ok(match format {
            Format::Text => Output::Styled(describe(&trajectory)),
            Format::Json => Output::Plain(text_of(&trajectory)? + "\n"),
        });
    };
    if arguments.seed > SEED_MAX - u64::from(runs) {
        return Err(Failure::Wrong(format!(
            "--seed: {} is too near to {SEED_MAX}, the last one: each of {runs} runs has the next",
            arguments.seed
        )));
    }
    let methods = method.map_or(vec![Method::Sequential, Method::V1], |method| vec![method]);
    let mut progress = Progress { done: 0, all: u64::from(runs) * methods.len() as u64 };
    let mut tallies = Vec::new();
    for method in methods {
        let mut tally = Tally::default();
        for run in 0..u64::from(runs) {
            let options = SimulateOptions { seed: arguments.seed + run, method: Some(method), ..Default::default() };
            let trajectory = simulate(&world, &options).map_err(|error| told_with_findings(&error, &world))?;
            tally.add(&trajectory.truth, &trajectory.summary);
            progress.step();
        }
        tallies.push((method, tally));
    }
    progress.clear();
    Ok(match format {
        Format::Text => Output::Styled(compare(&tallies)),
        Format::Json => {
            let tallies: Vec<Value> = tallies.iter().map(|(method, tally)| tally.to_json(*method)).collect();
            Output::Plain(text_of(&tallies)? + "\n")
        }
    })
}

fn text_of(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Cannot(error.to_string()))
}

/// A file that is not there may be a slip in a name.
fn or_a_name(failure: Failure, path: &Path) -> Failure {
    match failure {
        Failure::Wrong(message) if !path.exists() => {
            Failure::Wrong(format!("{message}; ready worlds are {}", world_names().join(", ")))
        }
        other => other,
    }
}

/// A table of the iterations, and how it ended.
fn describe(trajectory: &Trajectory) -> String {
    let strong = |text: &str| Cell::text(text).style(Style::Strong);
    let mut heading = vec![strong("iteration"), strong("seconds"), strong("version"), strong("requests")];
    heading.extend([strong("wins"), strong("next split"), strong("criteria"), strong("winner")]);
    let mut rows = vec![heading];
    for step in &trajectory.iterations {
        rows.extend(step.versions.iter().enumerate().map(|(index, version)| row(step, index == 0, version)));
    }
    let mut text = format!("{}, seed {}, method {}\n", trajectory.world, trajectory.seed, word(trajectory.method));
    text.push_str(&render(&rows));
    let summary = &trajectory.summary;
    let or_nobody = |ids: &[String]| if ids.is_empty() { "nobody".to_owned() } else { ids.join(", ") };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "Should win: {}. Beyond a limit: {}.",
        or_nobody(&trajectory.truth.winners),
        or_nobody(&trajectory.truth.violating)
    );
    let _ = match (&summary.winner, summary.first_winner_iteration) {
        (Some(winner), Some(first)) => writeln!(text, "Winner: {winner}; the first was named at iteration {first}."),
        _ => writeln!(text, "No winner at the end. Rolled back: {}.", or_nobody(&summary.rolled_back)),
    };
    let _ = writeln!(
        text,
        "{:.0} requests, {:.2} % of them to versions beyond a limit; reward {:.3} a request.",
        summary.requests,
        100.0 * summary.violating_share.abs(),
        summary.reward_per_request
    );
    text
}

fn row(step: &Iteration, is_first: bool, version: &VersionStep) -> Vec<Cell> {
    let only_first = |text: String| Cell::number(if is_first { &text } else { "" });
    let verdicts: Vec<&str> = version
        .criteria
        .iter()
        .filter_map(|criterion| criterion.verdict)
        .map(|verdict| match verdict {
            crate::assessment::Verdict::Satisfied => "ok",
            crate::assessment::Verdict::Violated => "violated",
            crate::assessment::Verdict::Undecided => "open",
        })
        .collect();
    let split = if version.rollback {
        Cell::number("out").style(Style::Bad)
    } else {
        Cell::number(&format!("{:.0} %", version.split))
    };
    let wins = step.winner.as_ref() == Some(&version.id);
    vec![
        only_first(step.iteration.to_string()),
        only_first(step.elapsed_seconds.to_string()),
        Cell::text(&version.id),
        Cell::number(&format!("{:.0}", version.requests)),
        Cell::number(&format!("{:.3}", version.win_probability)),
        split,
        Cell::text(&verdicts.join(" ")),
        Cell::text(if wins { "winner" } else { "" }).style(Style::Good),
    ]
}

/// How often runs ended how.
#[derive(Debug, Clone, PartialEq, Default)]
struct Tally {
    runs: u32,
    right: u32,
    wrong: u32,
    named_wrongly: u32,
    good_rolled_back: u32,
    first: Vec<usize>,
    violating_share: f64,
    reward: f64,
}

impl Tally {
    fn add(&mut self, truth: &Truth, summary: &Summary) {
        self.runs += 1;
        match &summary.winner {
            Some(winner) if truth.winners.contains(winner) => self.right += 1,
            Some(_) => self.wrong += 1,
            None => {}
        }
        self.named_wrongly += u32::from(summary.named_wrongly);
        self.good_rolled_back += u32::from(summary.rolled_back.iter().any(|id| !truth.violating.contains(id)));
        self.first.extend(summary.first_winner_iteration);
        self.violating_share += summary.violating_share;
        self.reward += summary.reward_per_request;
    }

    fn percent(&self, count: u32) -> f64 {
        100.0 * f64::from(count) / f64::from(self.runs.max(1))
    }

    fn none(&self) -> u32 {
        self.runs - self.right - self.wrong
    }

    /// Iterations to the first winner, the median of those runs that named one.
    fn median(&self) -> Option<usize> {
        let mut first = self.first.clone();
        first.sort_unstable();
        first.get(first.len() / 2).copied()
    }

    fn mean(&self, sum: f64) -> f64 {
        // A sum of nothing may be -0.
        (sum / f64::from(self.runs.max(1))).abs()
    }

    fn to_json(&self, method: Method) -> Value {
        json!({
            "method": word(method), "runs": self.runs, "right_winner": self.right, "wrong_winner": self.wrong,
            "no_winner": self.none(), "ever_wrong_winner": self.named_wrongly, "good_candidate_rolled_back": self.good_rolled_back,
            "median_iteration_of_winner": self.median(), "violating_share": self.mean(self.violating_share),
            "reward_per_request": self.mean(self.reward),
        })
    }
}

fn compare(tallies: &[(Method, Tally)]) -> String {
    let mut heading = vec![Cell::text("")];
    heading.extend(tallies.iter().map(|(method, _)| Cell::number(word(*method)).style(Style::Strong)));
    let mut rows = vec![heading];
    let mut line = |name: &str, show: &dyn Fn(&Tally) -> String| {
        let mut row = vec![Cell::text(name)];
        row.extend(tallies.iter().map(|(_, tally)| Cell::number(&show(tally))));
        rows.push(row);
    };
    let percent = |tally: &Tally, count: u32| format!("{:.1} %", tally.percent(count));
    line("runs", &|tally| tally.runs.to_string());
    line("right winner at the end", &|tally| percent(tally, tally.right));
    line("wrong winner at the end", &|tally| percent(tally, tally.wrong));
    line("no winner at the end", &|tally| percent(tally, tally.none()));
    line("ever a wrong winner", &|tally| percent(tally, tally.named_wrongly));
    line("a good candidate rolled back", &|tally| percent(tally, tally.good_rolled_back));
    line("median iteration of the first winner", &|tally| {
        tally.median().map_or("-".to_owned(), |median| median.to_string())
    });
    line("requests to versions beyond a limit", &|tally| format!("{:.2} %", 100.0 * tally.mean(tally.violating_share)));
    line("reward a request", &|tally| format!("{:.3}", tally.mean(tally.reward)));
    render(&rows)
}

fn word(method: Method) -> &'static str {
    match method {
        Method::Sequential => "sequential",
        Method::V1 => "v1",
    }
}

/// A bar on standard error, where that is a terminal.
struct Progress {
    done: u64,
    all: u64,
}

impl Progress {
    fn step(&mut self) {
        self.done += 1;
        let full = (self.done * WIDTH / self.all.max(1)) as usize;
        let bar = "#".repeat(full) + &"-".repeat(WIDTH as usize - full);
        self.say(&format!("\r[{bar}] {} of {} runs", self.done, self.all));
    }

    fn clear(&self) {
        self.say("\r\x1b[2K");
    }

    fn say(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        if err.is_terminal() {
            // Where standard error is gone nobody misses the bar.
            let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
        }
    }
}

/// Characters of the bar.
const WIDTH: u64 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_ends() {
        let trajectory = simulate(&json!("canary"), &SimulateOptions { seed: 1, ..Default::default() }).unwrap();
        let mut tally = Tally::default();
        tally.add(&trajectory.truth, &trajectory.summary);
        assert_eq!((tally.right, tally.wrong, tally.none()), (1, 0, 0));
        assert_eq!(tally.median(), trajectory.summary.first_winner_iteration);
        assert!(compare(&[(Method::Sequential, tally)]).contains("right winner at the end"));
    }
}
