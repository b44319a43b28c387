//! `check`: an experiment becomes one line that says what it compares, or every fault.
//!
//! It is checked as the server would check it, observations and all.
//!
//! Not here: the checks themselves.

use super::args::Check;
use super::output::Output;
use super::table::printable;
use super::{Failure, clock, settings, subjects};
use crate::{Experiment, MetricData};

pub(super) fn run(arguments: &Check) -> Result<Output, Failure> {
    let mut subjects = subjects::read(&arguments.subject)?;
    let settings = settings()?;
    let mut lines = String::new();
    for subject in &mut subjects {
        subject.start(clock(), true);
        let experiment = Experiment::parse(&subject.request, MetricData::Fetched, &settings)?;
        let summary = summary(experiment.versions.len(), experiment.criteria.len(), reward(&experiment));
        lines.push_str(&format!("{}: {summary}: fine\n", printable(experiment.label())));
    }
    Ok(Output::Plain(lines))
}

fn reward(experiment: &Experiment) -> Option<String> {
    experiment.reward().map(|criterion| printable(&criterion.metric_id))
}

/// What an experiment compares: `3 versions, 2 criteria, reward orders`.
fn summary(versions: usize, criteria: usize, reward: Option<String>) -> String {
    let mut parts = vec![counted(versions, "version", "versions"), counted(criteria, "criterion", "criteria")];
    parts.extend(reward.map(|metric| format!("reward {metric}")));
    parts.join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_is_counted() {
        assert_eq!(summary(2, 1, None), "2 versions, 1 criterion");
        assert_eq!(summary(1, 0, Some("orders".to_owned())), "1 version, 0 criteria, reward orders");
    }
}
