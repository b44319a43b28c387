//! Recent intervals -> which candidates turned bad a while after they began, and get no more traffic.
//!
//! The engine weighs an experiment as a whole: the steadier a good past was, the longer it takes a fault to be shown, and
//! the more so since the candidate has next to no traffic by then. So the last few intervals are assessed by themselves too,
//! as an experiment that began there, and whoever is to be rolled back by them is.
//!
//! Whoever looks from many beginnings errs more often. A beginning after the first s intervals may therefore err with
//! probability alpha `SHARE` / (s (s + 1)): these sum to alpha `SHARE` however long the experiment lasts, and each holds
//! however often one looks. The experiment as a whole has the rest of alpha. So a candidate that keeps its limits is taken
//! out with probability alpha at most, in the engine's models; time costs 2 ln s of evidence.
//!
//! What is kept is where the fault was seen, not a verdict: another limit judges the same intervals anew.
//!
//! Not here: how an experiment is assessed, and whether candidates are ever rolled back (the engine); what becomes of the
//! traffic (`running`).

use super::config::Config;
use super::history::History;
use crate::{Experiment, Instant, MetricData, Options, Settings};

/// For each version the intervals, from and up to but not including, in which it was seen to be bad.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guard(Vec<Option<(usize, usize)>>);

impl Guard {
    /// From what [`Self::to_numbers`] gave, if there is that; whoever is no more shown to be bad, by limits that have changed
    /// since, is taken back.
    pub(super) fn resume(config: &Config, history: &History, numbers: Option<Vec<f64>>) -> Self {
        let numbers = numbers.filter(|numbers| numbers.len() == 2 * config.versions.len());
        let numbers = numbers.unwrap_or_else(|| vec![0.0; 2 * config.versions.len()]);
        // No verdict depends on the time of day.
        let seen = numbers.as_chunks::<2>().0.iter().enumerate().map(|(version, [start, end])| {
            let seen = (*start as usize, *end as usize);
            convicted(config, history, seen, Instant::from_unix_micros(0)).contains(&version).then_some(seen)
        });
        Self(seen.collect())
    }

    pub(super) fn to_numbers(&self) -> Vec<f64> {
        self.0.iter().flat_map(|seen| seen.map_or([0.0; 2], |(start, end)| [start as f64, end as f64])).collect()
    }

    /// Looks at the last intervals; gives the versions that are found to be bad by them and are not `known` to be.
    pub(super) fn look(
        &mut self,
        config: &Config,
        history: &History,
        now: Instant,
        known: impl Fn(&str) -> bool,
    ) -> Vec<usize> {
        let (end, begun) = (history.count(), history.count_of_one_length());
        let mut found = Vec::new();
        // Before the beginning of all there is nothing that the engine would not have looked at.
        for length in LENGTHS.iter().filter(|length| **length <= begun && **length < end) {
            let seen = (end - length, end);
            for version in convicted(config, history, seen, now) {
                let is_known = config.versions.get(version).is_none_or(|version| known(&version.id));
                if let Some(place @ None) = self.0.get_mut(version).filter(|_| !is_known) {
                    *place = Some(seen);
                    found.push(version);
                }
            }
        }
        found
    }

    /// Whether the version is to have no traffic.
    pub(super) fn holds(&self, version: usize) -> bool {
        matches!(self.0.get(version), Some(Some(_)))
    }
}

/// How often the experiment as a whole may err, so that all together may by `alpha`.
pub(super) fn alpha_of_the_whole(alpha: f64) -> f64 {
    alpha - SHARE * alpha
}

/// The versions that are to be rolled back by these intervals alone.
fn convicted(config: &Config, history: &History, (start, end): (usize, usize), now: Instant) -> Vec<usize> {
    let Some((part, reading)) = history.part(start, end) else { return Vec::new() };
    let experiment = serde_json::Value::Object(config.experiment.clone());
    // The configuration was checked.
    let Ok(mut experiment) = Experiment::parse(&experiment, MetricData::Given, &Settings::default()) else {
        return Vec::new();
    };
    let start = start as f64;
    experiment.alpha = config.alpha * SHARE / (start * (start + 1.0));
    let assessment = experiment.assess(&part.observations(config, &reading), &Options::new(now));
    let candidates = assessment.candidate_assessments.iter().filter(|candidate| candidate.rollback);
    candidates.filter_map(|one| config.versions.iter().position(|version| version.id == one.version.id)).collect()
}

/// Part of alpha that all beginnings but the first have together. A smaller one costs half an interval of each fault.
const SHARE: f64 = 0.1;
/// Intervals that are assessed by themselves. Two hardly ever suffice. Longer ones cost an assessment each and no alpha: they
/// begin where shorter ones began; with sixty requests an interval, as an exploration leaves them, eight are too few.
const LENGTHS: &[usize] = &[3, 4, 6, 8, 12, 16];
