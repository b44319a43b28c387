//! `check`: an experiment becomes one line that says what it compares, or every fault.
//!
//! It is checked as the server would check it, observations and all. Fields that nobody knows are faults here, which the
//! server passes over; what is right and yet of no use is a warning.
//!
//! Not here: the checks themselves.

use super::args::Check;
use super::doubts::doubts;
use super::known::unknown_fields;
use super::output::{Output, write_error};
use super::subjects::Subject;
use super::table::printable;
use super::{Failure, clock, settings, subjects};
use crate::{Error, Experiment, FieldError, MetricData};

pub(super) fn run(arguments: &Check) -> Result<Output, Failure> {
    let mut subjects = subjects::read(&arguments.subject)?;
    let settings = settings()?;
    let mut lines = String::new();
    for subject in &mut subjects {
        subject.start(clock(), true);
        // Of a resource the fields are known already, and each is wrong that is not.
        let unknown = if subject.resource.is_none() { unknown_fields(&subject.request) } else { Vec::new() };
        let experiment = match Experiment::parse(&subject.request, MetricData::Fetched, &settings) {
            Ok(experiment) if unknown.is_empty() => experiment,
            Ok(_) => return Err(Failure::Wrong(subject.told_all(&unknown))),
            Err(Error::Fields(faults)) => return Err(Failure::Wrong(subject.told_all(&[faults, unknown].concat()))),
            Err(error) => {
                let lines = [vec![subject.told(&error)], told_each(subject, &unknown)].concat();
                return Err(Failure::Wrong(lines.join("\n")));
            }
        };
        let doubts = doubts(&subject.request);
        for doubt in told_each(subject, &doubts) {
            write_error(&format!("warning: {doubt}"));
        }
        let summary = summary(experiment.versions.len(), experiment.criteria.len(), reward(&experiment));
        let verdict = if doubts.is_empty() { "fine".to_owned() } else { counted(doubts.len(), "warning", "warnings") };
        lines.push_str(&format!("{}: {summary}: {verdict}\n", printable(experiment.label())));
    }
    Ok(Output::Plain(lines))
}

fn told_each(subject: &Subject, faults: &[FieldError]) -> Vec<String> {
    faults.iter().map(|fault| subject.told_all(std::slice::from_ref(fault))).collect()
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
