//! What the engine saw and what is missing, in words.
//!
//! Each note has a code of [`CODES`] that never changes, how much it matters, the path it is about, a whole sentence,
//! and the sentence's numbers. A test holds the list in `docs/notes.md` to this one.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::reach;
use crate::error::{Segment, path_text, shorten};
use crate::experiment::{Experiment, Options};
use crate::wire::assessment::{Note, Severity};
use crate::wire::digits;
use crate::wire::instant::Instant;
use crate::wire::json::put;
use crate::wire::observations::{self, NOTHING_ASKED, Observations, Problem};
use crate::wire::request::Seed;
use crate::wire::status::Status;
use crate::wire::write;

/// The notes of one assessment, in the order in which things were seen.
#[derive(Default)]
pub(crate) struct Notes {
    list: Vec<Note>,
    /// Notes beyond the largest number that a reply has.
    omitted: usize,
}

impl Notes {
    /// Adds a note; `location` is empty where it is about the whole experiment.
    pub(crate) fn add<'a>(
        &mut self,
        kind: (&'static str, Severity),
        location: impl Into<Cow<'a, str>>,
        message: impl Into<Cow<'a, str>>,
        facts: &[(&str, Fact)],
    ) {
        self.push(kind, location.into(), message.into(), facts);
    }

    fn push(
        &mut self,
        (code, severity): (&'static str, Severity),
        location: Cow<str>,
        message: Cow<str>,
        facts: &[(&str, Fact)],
    ) {
        if self.list.len() >= NOTES_MAX {
            self.omitted += 1;
            return;
        }
        let location = if location.is_empty() { None } else { Some(location.into_owned()) };
        let mut values = Map::new();
        for (key, fact) in facts {
            put(&mut values, key, fact.value());
        }
        self.list.push(Note { code, severity, location, message: message.into_owned(), values });
    }

    /// The notes; the last one says how many were left out, if some were.
    pub(crate) fn into_list(mut self) -> Vec<Note> {
        if self.omitted > 0 {
            let omitted = self.omitted;
            self.list.truncate(NOTES_MAX - 1);
            let message = format!("{} more notes were left out.", omitted + 1);
            self.add(NOTES_OMITTED, "", message, &[("count", (omitted + 1).into())]);
        }
        self.list
    }

    /// What is odd about the experiment itself.
    pub(crate) fn about_experiment(&mut self, experiment: &Experiment, options: &Options) {
        if !experiment.start_time.has_zone() {
            self.add(START_TIME_WITHOUT_ZONE, "start_time", "The start time names no zone; it was read as UTC.", &[]);
        }
        self.about_start(experiment, options.now);
        for id in &experiment.repeated_ids {
            let message = format!("Version id {id} is used more than once, with the same labels; it is one version.");
            self.add(DUPLICATE_VERSION_ID, "candidates", message, &[("id", id.as_str().into())]);
        }
        for (index, criterion) in experiment.criteria.iter().enumerate() {
            // At most 200 criteria: comparing each with each is nothing.
            if experiment.criteria.iter().take(index).any(|earlier| earlier.id == criterion.id) {
                let message = format!("Criterion id {} is used more than once; each is reported.", criterion.id);
                self.add(DUPLICATE_CRITERION_ID, format!("criteria[{index}].id"), message, &[]);
            }
        }
        for (index, criterion) in experiment.criteria.iter().enumerate() {
            reach::about_reach(experiment, index, criterion, self);
        }
        if experiment.criteria.is_empty() {
            let message = "No criterion is given: by v1.0.0's rule the version listed last is preferred.";
            self.add(NO_CRITERIA, "criteria", message, &[]);
        }
        for version in &experiment.versions {
            for (key, value) in version.labels.iter().filter(|(_, value)| !value.is_string()) {
                let shown = shorten(&write::to_text(value), VALUE_LENGTH_MAX);
                let message = format!(
                    "Label {key} of version {} is {shown}, which is no text: no series can match it.",
                    version.id
                );
                self.add(LABEL_IS_NO_TEXT, "", message, &[("version", version.id.as_str().into())]);
            }
        }
        if options.seed.or(experiment.seed) == Some(Seed::Random) {
            let seed = super::seed(experiment, options);
            let message = format!("The draws of this assessment came from seed {seed}; send it to see them again.");
            self.add(RANDOM_SEED, "seed", message, &[("seed", seed.into())]);
        }
    }

    fn about_start(&mut self, experiment: &Experiment, now: Instant) {
        let seconds = experiment.start_time.seconds_since(now);
        if seconds > 0 {
            let message = format!("The start time lies {seconds} s ahead of the time of this assessment.");
            self.add(START_TIME_IN_FUTURE, "start_time", message, &[("seconds", seconds.unsigned_abs().into())]);
        }
    }

    /// What the host could not get, and what it got for nobody. The same trouble with several counters is one note.
    pub(crate) fn about_observations(&mut self, experiment: &Experiment, observations: &Observations) {
        let mut groups: Vec<(&Problem, Vec<&str>)> = Vec::new();
        // The map of JSON values, which is there already: one of another type is 5 kB of the module for browsers.
        let mut places = Map::new();
        for problem in &observations.problems {
            let version = problem.version.as_ref().map(|id| format!("\0{id}")).unwrap_or_default();
            let trouble = format!("{}\0{}{version}", problem.code, problem.message);
            let place = places.get(&trouble).and_then(Value::as_u64);
            match place.and_then(|place| groups.get_mut(place as usize)) {
                Some((_, metrics)) => metrics.push(&problem.metric),
                None => {
                    places.insert(trouble, groups.len().into());
                    groups.push((problem, vec![&problem.metric]));
                }
            }
        }
        for (problem, metrics) in groups {
            self.problem(problem, &metrics);
        }
        self.unknown_versions(experiment, observations);
        self.unusable_values(experiment, observations);
    }

    fn unknown_versions(&mut self, experiment: &Experiment, observations: &Observations) {
        let mut given = Map::new();
        for version in &experiment.versions {
            given.insert(version.id.clone(), Value::Null);
        }
        let mut unknown: Vec<&str> = Vec::new();
        for (id, _) in &observations.versions.0 {
            if !given.contains_key(id) {
                unknown.push(id);
            }
        }
        if !unknown.is_empty() {
            let shown = names(&unknown);
            let message = format!("Observations are given for {shown}, which the experiment does not have.");
            self.add(UNKNOWN_VERSION, "observations.versions", message, &[("count", unknown.len().into())]);
        }
    }

    /// What the caller gave and cannot be: what a backend answered was looked at when it was read.
    fn unusable_values(&mut self, experiment: &Experiment, observations: &Observations) {
        for version in &experiment.versions {
            for counter in &experiment.counters {
                let value = observations.total(&version.id, &counter.id);
                let Some((value, fault)) = value.and_then(|value| Some((value, counter.fault(value)?))) else {
                    continue;
                };
                let shown = digits::plain(value);
                let message = format!("{} of version {} is {shown}, {fault}; it is unknown.", counter.id, version.id);
                let location = ["observations", "versions", &version.id, &counter.id];
                let location = location.map(|key| Segment::Key(key.to_owned()));
                self.add(VALUE_UNUSABLE, path_text(&location), message, &[("value", value.into())]);
            }
        }
    }

    fn problem(&mut self, problem: &Problem, metrics: &[&str]) {
        let kind = match Status::from_code(&problem.code) {
            Some(Status::NoPromServer) => BACKEND_UNREACHABLE,
            Some(Status::NoPromData) => BACKEND_WITHOUT_DATA,
            Some(Status::AbsentVersion) => VERSION_ABSENT,
            Some(Status::NoVersions) => NO_VERSIONS_FOUND,
            Some(Status::NanValue) => VALUE_UNUSABLE,
            None if problem.code == NOTHING_ASKED => NOTHING_ASKED_YET,
            None if problem.code == observations::LABELS_MATCH_NOTHING => LABELS_MATCH_NOTHING,
            None if problem.code == observations::INTERVALS_REFUSED => INTERVALS_REFUSED,
            None if problem.code == observations::NEWBORN_ADDED => NEWBORN_SERIES,
            None if problem.code == observations::NEWBORN_LEFT_OUT => NEWBORN_LEFT_OUT,
            _ => BACKEND_WARNING,
        };
        let of_version = problem.version.as_ref().map(|id| format!(" of version {id}")).unwrap_or_default();
        let message = format!("{}{of_version}: {}.", names(metrics), problem.message.trim_end_matches('.'));
        let metrics = ("metrics", metrics.get(..NAMES_MAX).unwrap_or(metrics).into());
        match &problem.version {
            Some(id) => self.add(kind, "", message, &[metrics, ("version", id.as_str().into())]),
            None => self.add(kind, "", message, &[metrics]),
        }
    }
}

/// A number or a name of a note's sentence.
#[derive(Clone, Copy)]
pub(crate) enum Fact<'a> {
    Name(&'a str),
    Names(&'a [&'a str]),
    Count(u64),
    Number(f64),
}

impl Fact<'_> {
    fn value(self) -> Value {
        match self {
            Self::Name(name) => name.into(),
            Self::Names(names) => names.into(),
            Self::Count(count) => count.into(),
            Self::Number(number) => number.into(),
        }
    }
}

impl<'a> From<&'a str> for Fact<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a [&'a str]> for Fact<'a> {
    fn from(names: &'a [&'a str]) -> Self {
        Self::Names(names)
    }
}

impl From<u64> for Fact<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Fact<'_> {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<f64> for Fact<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// The first few of `list`, and how many more there are.
pub(crate) fn names(list: &[&str]) -> String {
    let shown = list.get(..NAMES_MAX).unwrap_or(list).join(", ");
    match list.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Every code and how much it matters, for the documentation.
#[cfg(test)]
pub(crate) const CODES: &[(&str, Severity)] = &[
    START_TIME_WITHOUT_ZONE,
    START_TIME_IN_FUTURE,
    DUPLICATE_VERSION_ID,
    DUPLICATE_CRITERION_ID,
    NO_CRITERIA,
    LABEL_IS_NO_TEXT,
    RANDOM_SEED,
    LAST_STATE_MISSING,
    LAST_STATE_MISMATCH,
    BACKEND_UNREACHABLE,
    BACKEND_WITHOUT_DATA,
    BACKEND_WARNING,
    VERSION_ABSENT,
    NO_VERSIONS_FOUND,
    NOTHING_ASKED_YET,
    VALUE_UNUSABLE,
    UNKNOWN_VERSION,
    COUNTER_DECREASED,
    MORE_THAN_ALL,
    CRITERION_WITHOUT_DATA,
    NUMBER_OUT_OF_RANGE,
    METHOD_WITHOUT_HISTOGRAMS,
    INTERVALS_LEFT_OUT,
    OVERDISPERSION,
    BELIEF_UNKNOWN,
    IMPROVEMENT_UNKNOWN,
    LIMIT_INSIDE_BUCKET,
    QUANTILE_BEYOND_BUCKETS,
    LABELS_MATCH_NOTHING,
    INTERVALS_REFUSED,
    NEWBORN_SERIES,
    NEWBORN_LEFT_OUT,
    POOLED,
    HISTOGRAM_WITHOUT_SUM,
    COUNTER_RESET,
    SAMPLE_RATIO_MISMATCH,
    SKEWED,
    AUTOCORRELATED,
    VANISHED,
    NOTHING_TO_DECIDE,
    LIMIT_OUT_OF_REACH,
    OTHERS_OPEN,
    ROLLED_BACK_BEFORE,
    NOTES_OMITTED,
];

pub(crate) const START_TIME_WITHOUT_ZONE: (&str, Severity) = ("start_time_without_zone", Severity::Info);
pub(crate) const START_TIME_IN_FUTURE: (&str, Severity) = ("start_time_in_future", Severity::Warning);
pub(crate) const DUPLICATE_VERSION_ID: (&str, Severity) = ("duplicate_version_id", Severity::Warning);
pub(crate) const DUPLICATE_CRITERION_ID: (&str, Severity) = ("duplicate_criterion_id", Severity::Info);
pub(crate) const NO_CRITERIA: (&str, Severity) = ("no_criteria", Severity::Warning);
pub(crate) const LABEL_IS_NO_TEXT: (&str, Severity) = ("label_is_no_text", Severity::Warning);
pub(crate) const RANDOM_SEED: (&str, Severity) = ("random_seed", Severity::Info);
pub(crate) const LAST_STATE_MISSING: (&str, Severity) = ("last_state_missing", Severity::Info);
pub(crate) const LAST_STATE_MISMATCH: (&str, Severity) = ("last_state_mismatch", Severity::Warning);
pub(crate) const BACKEND_UNREACHABLE: (&str, Severity) = ("backend_unreachable", Severity::Error);
pub(crate) const BACKEND_WITHOUT_DATA: (&str, Severity) = ("backend_without_data", Severity::Error);
pub(crate) const BACKEND_WARNING: (&str, Severity) = ("backend_warning", Severity::Warning);
pub(crate) const VERSION_ABSENT: (&str, Severity) = ("version_absent", Severity::Warning);
pub(crate) const NO_VERSIONS_FOUND: (&str, Severity) = ("no_versions_found", Severity::Warning);
pub(crate) const NOTHING_ASKED_YET: (&str, Severity) = (NOTHING_ASKED, Severity::Info);
pub(crate) const VALUE_UNUSABLE: (&str, Severity) = ("value_unusable", Severity::Warning);
pub(crate) const UNKNOWN_VERSION: (&str, Severity) = ("unknown_version", Severity::Warning);
pub(crate) const COUNTER_DECREASED: (&str, Severity) = ("counter_decreased", Severity::Warning);
pub(crate) const MORE_THAN_ALL: (&str, Severity) = ("more_than_all", Severity::Warning);
pub(crate) const CRITERION_WITHOUT_DATA: (&str, Severity) = ("criterion_without_data", Severity::Warning);
pub(crate) const NUMBER_OUT_OF_RANGE: (&str, Severity) = ("number_out_of_range", Severity::Warning);
pub(crate) const METHOD_WITHOUT_HISTOGRAMS: (&str, Severity) = ("method_without_histograms", Severity::Warning);
pub(crate) const INTERVALS_LEFT_OUT: (&str, Severity) = ("intervals_left_out", Severity::Info);
pub(crate) const OVERDISPERSION: (&str, Severity) = ("overdispersion", Severity::Info);
pub(crate) const BELIEF_UNKNOWN: (&str, Severity) = ("belief_unknown", Severity::Warning);
pub(crate) const IMPROVEMENT_UNKNOWN: (&str, Severity) = ("improvement_unknown", Severity::Info);
pub(crate) const LIMIT_INSIDE_BUCKET: (&str, Severity) = ("limit_inside_bucket", Severity::Warning);
pub(crate) const QUANTILE_BEYOND_BUCKETS: (&str, Severity) = ("quantile_beyond_buckets", Severity::Warning);
pub(crate) const LABELS_MATCH_NOTHING: (&str, Severity) = (observations::LABELS_MATCH_NOTHING, Severity::Warning);
pub(crate) const INTERVALS_REFUSED: (&str, Severity) = (observations::INTERVALS_REFUSED, Severity::Warning);
pub(crate) const NEWBORN_SERIES: (&str, Severity) = (observations::NEWBORN_ADDED, Severity::Info);
pub(crate) const NEWBORN_LEFT_OUT: (&str, Severity) = (observations::NEWBORN_LEFT_OUT, Severity::Warning);
pub(crate) const POOLED: (&str, Severity) = ("pooled", Severity::Info);
pub(crate) const HISTOGRAM_WITHOUT_SUM: (&str, Severity) = ("histogram_without_sum", Severity::Warning);
pub(crate) const ROLLED_BACK_BEFORE: (&str, Severity) = ("rolled_back_before", Severity::Info);
pub(crate) const NOTHING_TO_DECIDE: (&str, Severity) = ("nothing_to_decide", Severity::Warning);
pub(crate) const LIMIT_OUT_OF_REACH: (&str, Severity) = ("limit_out_of_reach", Severity::Warning);
pub(crate) const OTHERS_OPEN: (&str, Severity) = ("others_open", Severity::Info);
pub(crate) const COUNTER_RESET: (&str, Severity) = ("counter_reset", Severity::Warning);
pub(crate) const SAMPLE_RATIO_MISMATCH: (&str, Severity) = ("sample_ratio_mismatch", Severity::Warning);
pub(crate) const SKEWED: (&str, Severity) = ("skewed_intervals", Severity::Warning);
pub(crate) const AUTOCORRELATED: (&str, Severity) = ("autocorrelated_intervals", Severity::Warning);
pub(crate) const VANISHED: (&str, Severity) = ("vanished", Severity::Warning);
const NOTES_OMITTED: (&str, Severity) = ("notes_omitted", Severity::Info);
const VALUE_LENGTH_MAX: usize = 80;
/// Names that a sentence lists.
const NAMES_MAX: usize = 10;
/// Notes of one reply: nobody reads more, and a reply must not grow with the trouble.
const NOTES_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_code_and_no_other() {
        let documentation = include_str!("../../docs/notes.md");
        let rows: Vec<String> =
            documentation.lines().filter(|line| line.starts_with("| `")).map(|line| line.to_owned()).collect();
        assert_eq!(rows.len(), CODES.len());
        for ((code, severity), row) in CODES.iter().zip(&rows) {
            let severity = format!("{severity:?}").to_lowercase();
            assert!(row.starts_with(&format!("| `{code}` | {severity} | ")), "{code}: {row}");
        }
    }
}
