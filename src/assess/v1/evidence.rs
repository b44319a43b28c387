//! Observations + last state -> the latest value of every counter and ratio in every version, and each ratio's extremes.
//!
//! v1.0.0's aggregation: a counter that an answer lacks counts 0; a counter never falls; a ratio whose counters lack
//! counts 0 where there were requests; a ratio's smallest and largest value of all time are kept. Three things differ,
//! since there they were slips: one counter that falls does not stop the others of its version, a ratio of 0 for want
//! of data does not stop the other ratios, and a last state of another experiment is ignored where it does not fit.

use crate::assess::fit;
use crate::assess::notes::{COUNTER_DECREASED, MORE_THAN_ALL, Notes};
use crate::experiment::{Counter, Experiment, Ratio, Version};
use crate::wire::digits;
use crate::wire::instant::Instant;
use crate::wire::last_state::{DataPoint, Extremes, LastState, find};
use crate::wire::observations::{NOTHING_ASKED, Observations};
use crate::wire::status::Status;

/// What is known of every version.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// `[version][counter]`, in the experiment's order.
    pub(crate) counters: Vec<Vec<DataPoint>>,
    /// `[version][ratio]`, in the experiment's order.
    pub(crate) ratios: Vec<Vec<DataPoint>>,
    /// `[ratio]`.
    pub(crate) extremes: Vec<Extremes>,
    /// Whether the backend failed for a counter, so that nothing may be decided.
    pub(crate) backend_failed: bool,
    /// v1.0.0's codes for what was amiss with the data, each once.
    pub(crate) statuses: Vec<Status>,
}

impl Evidence {
    pub(crate) fn counter(&self, version: usize, counter: usize) -> Option<f64> {
        self.counters.get(version)?.get(counter)?.value
    }

    pub(crate) fn ratio(&self, version: usize, ratio: usize) -> Option<f64> {
        self.ratios.get(version)?.get(ratio)?.value
    }
}

/// What is known after this call's observations.
pub(crate) fn merge(experiment: &Experiment, observations: &Observations, now: Instant, notes: &mut Notes) -> Evidence {
    let nothing = LastState::default();
    let last = experiment.last_state.as_ref().unwrap_or(&nothing);
    fit::about_last_state(experiment, last, false, notes);
    let mut merge = Merge { experiment, observations, last, now: now.in_utc(), statuses: Vec::new() };

    let samples: Vec<Vec<Sample>> = experiment.versions.iter().map(|version| merge.samples(version)).collect();
    let counters: Vec<Vec<DataPoint>> = experiment
        .versions
        .iter()
        .zip(&samples)
        .map(|(version, samples)| merge.counters(version, samples, notes))
        .collect();
    let fresh: Vec<Vec<DataPoint>> =
        samples.iter().zip(&counters).map(|(samples, counters)| merge.fresh_ratios(samples, counters)).collect();
    let extremes =
        experiment.ratios.iter().enumerate().map(|(index, ratio)| merge.extremes(ratio, index, &fresh)).collect();
    let ratios =
        experiment.versions.iter().zip(&fresh).map(|(version, fresh)| merge.ratios(version, fresh, notes)).collect();

    let failed = [Status::NoPromServer, Status::NoPromData];
    let statuses = merge.statuses();
    Evidence {
        counters,
        ratios,
        extremes,
        backend_failed: statuses.iter().any(|status| failed.contains(status)),
        statuses,
    }
}

/// What one answer says of one version.
#[derive(Clone, Copy, PartialEq)]
enum Sample {
    Value(f64),
    /// The answer lacks the version: v1.0.0 took 0, with this status.
    Absent(Status),
    /// Not a number, a failed query, or nothing said: unknown.
    Unknown,
}

struct Merge<'a> {
    experiment: &'a Experiment,
    observations: &'a Observations,
    last: &'a LastState,
    now: Instant,
    statuses: Vec<Status>,
}

impl Merge<'_> {
    /// The version's samples, one for each counter.
    fn samples(&self, version: &Version) -> Vec<Sample> {
        let sample = |counter: &Counter| match self.observations.total(&version.id, &counter.id) {
            Some(value) if counter.fault(value).is_some() => Sample::Unknown,
            Some(value) => Sample::Value(value),
            None => self.absence(version, counter),
        };
        self.experiment.counters.iter().map(sample).collect()
    }

    /// Why there is no value: the answer lacked the version, or it is unknown.
    fn absence(&self, version: &Version, counter: &Counter) -> Sample {
        let about = self.observations.problems.iter().filter(|problem| {
            problem.metric == counter.id && problem.version.as_ref().is_none_or(|id| *id == version.id)
        });
        for problem in about {
            match Status::from_code(&problem.code) {
                // v1.0.0 took an empty answer for granted then.
                None if problem.code == NOTHING_ASKED => return Sample::Absent(Status::NoVersions),
                Some(Status::AbsentVersion) => return Sample::Absent(Status::ZeroedCounter),
                Some(Status::NoVersions) => return Sample::Absent(Status::NoVersions),
                _ => {}
            }
        }
        Sample::Unknown
    }

    fn counters(&mut self, version: &Version, samples: &[Sample], notes: &mut Notes) -> Vec<DataPoint> {
        let old = find(&self.last.counters, &version.id);
        let merged = self.experiment.counters.iter().zip(samples).map(|(counter, sample)| {
            let old = old.and_then(|points| find(points, &counter.id)).copied().unwrap_or(NEVER_LEARNT);
            let (value, status) = match sample {
                Sample::Value(value) => (*value, Status::AllOk),
                Sample::Absent(status) => (0.0, *status),
                Sample::Unknown => return old,
            };
            match old.value {
                Some(known) if known > value => {
                    if matches!(sample, Sample::Value(_)) {
                        counter_decreased(version, counter, known, value, notes);
                    }
                    old
                }
                _ => DataPoint { value: Some(value), timestamp: Some(self.now), status },
            }
        });
        let merged: Vec<DataPoint> = merged.collect();
        self.statuses.extend(merged.iter().map(|point| point.status));
        merged
    }

    /// The ratios of this call's samples, before the old ones are looked at.
    fn fresh_ratios(&mut self, samples: &[Sample], counters: &[DataPoint]) -> Vec<DataPoint> {
        let sample = |index: usize| samples.get(index).copied().unwrap_or(Sample::Unknown);
        let fresh: Vec<DataPoint> = self
            .experiment
            .ratios
            .iter()
            .map(|ratio| {
                let (value, status) = match (sample(ratio.numerator), sample(ratio.denominator)) {
                    (Sample::Unknown, _) | (_, Sample::Unknown) => (None, Status::UninitializedValue),
                    (Sample::Value(numerator), Sample::Value(denominator)) => {
                        let quotient = Some(numerator / denominator).filter(|value| value.is_finite());
                        (quotient, if quotient.is_some() { Status::AllOk } else { Status::NanValue })
                    }
                    _ => match counters.get(ratio.denominator).and_then(|point| point.value) {
                        Some(denominator) if denominator != 0.0 => (Some(0.0), Status::ZeroedRatio),
                        _ => (None, Status::AbsentVersion),
                    },
                };
                DataPoint { value, timestamp: Some(self.now), status }
            })
            .collect();
        // What is unknown now may be known from before; whether it is, the reply's values say.
        let told = fresh.iter().map(|point| point.status).filter(|status| *status != Status::UninitializedValue);
        self.statuses.extend(told);
        fresh
    }

    /// The smallest and the largest of the old extremes and the fresh values of all versions.
    fn extremes(&self, ratio: &Ratio, index: usize, fresh: &[Vec<DataPoint>]) -> Extremes {
        let old = find(&self.last.extremes, &ratio.id);
        // v1.0.0 never wrote one without the other, and crashed on a lone one: here it is ignored.
        let old = old.and_then(|old| Some([old.minimum?, old.maximum?])).into_iter().flatten();
        let fresh = fresh.iter().filter_map(|points| points.get(index)?.value);
        let mut extremes = Extremes { minimum: None, maximum: None };
        for value in old.chain(fresh) {
            extremes.minimum = Some(extremes.minimum.map_or(value, |minimum| value.min(minimum)));
            extremes.maximum = Some(extremes.maximum.map_or(value, |maximum| value.max(maximum)));
        }
        extremes
    }

    fn ratios(&self, version: &Version, fresh: &[DataPoint], notes: &mut Notes) -> Vec<DataPoint> {
        let old = find(&self.last.ratios, &version.id);
        let merged = self.experiment.ratios.iter().zip(fresh).map(|(ratio, fresh)| {
            let old = old.and_then(|points| find(points, &ratio.id)).copied().unwrap_or(NEVER_LEARNT);
            let is_stand_in = fresh.status == Status::ZeroedRatio && old.status == Status::AllOk;
            if fresh.value.is_none() || is_stand_in {
                return old;
            }
            if ratio.zero_to_one && fresh.value.is_some_and(|value| value > 1.0) {
                more_than_all(version, ratio, fresh.value, notes);
            }
            *fresh
        });
        merged.collect()
    }

    /// Every code once, v1.0.0's problems of the host first; that all is well goes without saying.
    fn statuses(&mut self) -> Vec<Status> {
        if self.observations.problems.iter().any(|problem| problem.code == NOTHING_ASKED) {
            return vec![Status::InsufficientData];
        }
        let problems = self.observations.problems.iter().filter_map(|problem| Status::from_code(&problem.code));
        let mut statuses: Vec<Status> = Vec::new();
        for status in problems.chain(self.statuses.iter().copied()) {
            if status != Status::AllOk && !statuses.contains(&status) {
                statuses.push(status);
            }
        }
        statuses
    }
}

fn counter_decreased(version: &Version, counter: &Counter, old: f64, new: f64, notes: &mut Notes) {
    let message = format!(
        "{} of version {} fell from {} to {}; as in v1.0.0 the larger value stays.",
        counter.id,
        version.id,
        digits::plain(old),
        digits::plain(new)
    );
    let values = [("version", version.id.as_str().into()), ("old", old.into()), ("new", new.into())];
    notes.add(COUNTER_DECREASED, "", message, &values);
}

fn more_than_all(version: &Version, ratio: &Ratio, value: Option<f64>, notes: &mut Notes) {
    let shown = value.unwrap_or_default();
    let message = format!(
        "{} of version {} is {}, above 1 for a metric of 0 to 1; it is believed to be 1.",
        ratio.id,
        version.id,
        digits::plain(shown)
    );
    notes.add(MORE_THAN_ALL, "", message, &[("version", version.id.as_str().into()), ("value", shown.into())]);
}

/// v1.0.0's data point of a metric that was never learnt.
const NEVER_LEARNT: DataPoint = DataPoint { value: None, timestamp: None, status: Status::UninitializedValue };
