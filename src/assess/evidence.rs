//! Observations -> what each ratio and histogram of each version adds up to, as a whole and in successive intervals.
//!
//! Totals make values and beliefs; intervals tell how much the counts scatter, and are what comparisons are made within.
//! Without intervals the total is the one interval. An event counter that a good answer lacks counted nothing, so it is
//! 0; whatever else is missing stays unknown, and an interval that one of two counters lacks is left out for the ratio.
//!
//! Not here: the last state (`fit`), what is believed (`belief`).

use super::history::{self, Extended};
use super::notes::{INTERVALS_LEFT_OUT, MORE_THAN_ALL, Notes, VALUE_UNUSABLE};
use crate::experiment::{Counter, Experiment, Histogram, Ratio, Version};
use crate::stats::batch_means::Interval;
use crate::wire::digits;
use crate::wire::instant::Instant;
use crate::wire::metric_specs::CounterKind;
use crate::wire::observations::{LABELS_MATCH_NOTHING, NOTHING_ASKED, Observations};
use crate::wire::series::{Buckets, Course, Series};
use crate::wire::status::Status;

/// What is known of every version.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// `[version][counter]`: totals.
    pub(crate) counters: Vec<Vec<Option<f64>>>,
    /// `[version][ratio]`; `None` where the value is unknown.
    pub(crate) ratios: Vec<Vec<Option<Sample>>>,
    /// `[version][histogram]`; `None` where it is unknown.
    pub(crate) histograms: Vec<Vec<Option<HistogramSample>>>,
    /// `[ratio]`: how large its values are over all versions, the scale where a version's own mean is none (0 or less).
    pub(crate) sizes: Vec<f64>,
    /// `[version]`: requests in successive intervals; empty where no intervals came with the data.
    pub(crate) requests: Vec<Vec<Option<f64>>>,
    /// How many successive intervals have one length each time; empty: all have.
    pub(crate) blocks: Vec<usize>,
    /// What is to be kept for the next call; `None` where intervals came with the data.
    pub(crate) extended: Option<Extended>,
    /// Whether the backend failed for a metric, so that nothing may be decided.
    pub(crate) backend_failed: bool,
    /// v1.0.0's codes for what was amiss with the data, each once.
    pub(crate) statuses: Vec<Status>,
}

/// What a ratio adds up to in one version: trials or weights (`n`, above 0) and their events or sum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Since the start.
    pub(crate) total: Interval,
    /// Successive intervals, the same for all versions; `None` where unknown. The total alone where none were given.
    pub(crate) intervals: Vec<Option<Interval>>,
    /// Whether the total is the one interval, since none came with the data.
    pub(crate) is_pooled: bool,
    /// Sum of the squares of all values, since the start; `None` where no counter adds them up, or it is unknown.
    pub(crate) squares: Option<f64>,
}

/// A histogram in one version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HistogramSample {
    /// Since the start; some values are in it.
    pub(crate) total: Buckets,
    /// Successive intervals; the total alone where none were given.
    pub(crate) intervals: Vec<Option<Buckets>>,
    /// Whether the total is the one interval.
    pub(crate) is_pooled: bool,
}

impl HistogramSample {
    /// Values and what `measure` tells of them, in successive intervals.
    pub(crate) fn course(&self, measure: &dyn Fn(&Buckets) -> Option<f64>) -> Vec<Option<Interval>> {
        let interval = |buckets: &Option<Buckets>| {
            let buckets = buckets.as_ref()?;
            Some(Interval { n: *buckets.counts.last()?, sum: measure(buckets)? })
        };
        self.intervals.iter().map(interval).collect()
    }
}

impl Sample {
    /// The ratio as observed.
    pub(crate) fn value(&self) -> f64 {
        self.total.sum / self.total.n
    }

    /// The intervals that are known.
    pub(crate) fn known_intervals(&self) -> Vec<Interval> {
        known(&self.intervals)
    }
}

/// The intervals that are known.
pub(crate) fn known(course: &[Option<Interval>]) -> Vec<Interval> {
    let mut known = Vec::with_capacity(course.len());
    for interval in course.iter().flatten() {
        known.push(*interval);
    }
    known
}

impl Evidence {
    pub(crate) fn ratio(&self, version: usize, ratio: usize) -> Option<&Sample> {
        self.ratios.get(version)?.get(ratio)?.as_ref()
    }

    pub(crate) fn histogram(&self, version: usize, histogram: usize) -> Option<&HistogramSample> {
        self.histograms.get(version)?.get(histogram)?.as_ref()
    }
}

/// What is known after this call's observations.
pub(crate) fn gather(
    experiment: &Experiment,
    observations: &Observations,
    now: Instant,
    notes: &mut Notes,
) -> Evidence {
    let gather = Gather { observations };
    let mut courses: Vec<Vec<Course<f64>>> = experiment
        .versions
        .iter()
        .map(|version| experiment.counters.iter().map(|counter| gather.counter(version, counter)).collect())
        .collect();
    let statuses = gather.statuses();
    let backend_failed = statuses.iter().any(|status| matches!(status, Status::NoPromServer | Status::NoPromData));
    let elapsed = now.seconds_since(experiment.start_time);
    let extended = history::extend(experiment, elapsed, backend_failed, &mut courses, notes);
    let ratios = experiment.versions.iter().zip(&courses).map(|(version, courses)| {
        experiment.ratios.iter().map(|ratio| ratio_sample(version, ratio, courses, notes)).collect()
    });
    let ratios: Vec<Vec<Option<Sample>>> = ratios.collect();
    let sizes = (0..experiment.ratios.len()).map(|ratio| size(&ratios, ratio)).collect();
    let histograms = experiment.versions.iter().zip(&courses).map(|(version, courses)| {
        experiment.histograms.iter().map(|histogram| gather.histogram(version, histogram, courses)).collect()
    });
    let requests = courses.iter().map(|courses| courses.first().and_then(|course| course.intervals.clone()));
    let requests: Vec<Vec<Option<f64>>> = requests.map(Option::unwrap_or_default).collect();
    Evidence {
        sizes,
        requests,
        blocks: observations.blocks.clone().unwrap_or_default(),
        ratios,
        histograms: histograms.collect(),
        extended,
        backend_failed,
        statuses,
        counters: courses.into_iter().map(|courses| courses.into_iter().map(|course| course.total).collect()).collect(),
    }
}

struct Gather<'a> {
    observations: &'a Observations,
}

impl Gather<'_> {
    /// A counter's total, and its intervals if there are any; what cannot be the counter's is unknown.
    fn counter(&self, version: &Version, counter: &Counter) -> Course<f64> {
        let usable = |value: f64| counter.fault(value).is_none();
        let series = self.observations.series(&version.id, &counter.id);
        let total =
            series.total().or_else(|| self.nothing_counted(version, counter).then_some(0.0)).filter(|v| usable(*v));
        let intervals = match series {
            Series::Counter(Course { intervals: Some(intervals), .. }) => {
                Some(intervals.iter().map(|value| value.filter(|value| usable(*value))).collect())
            }
            _ => None,
        };
        Course { total, intervals }
    }

    /// Whether a good answer lacks the version: a series of events is born with its first event.
    ///
    /// Not so for sums: a latency without a series is unknown, not 0 ms.
    fn nothing_counted(&self, version: &Version, counter: &Counter) -> bool {
        let about = self.observations.problems.iter().filter(|problem| {
            problem.metric == counter.id && problem.version.as_ref().is_none_or(|id| *id == version.id)
        });
        let mut is_absent = false;
        for problem in about {
            match Status::from_code(&problem.code) {
                Some(Status::AbsentVersion | Status::NoVersions) => is_absent = true,
                Some(_) => return false,
                None if problem.code == NOTHING_ASKED || problem.code == LABELS_MATCH_NOTHING => return false,
                None => {}
            }
        }
        is_absent && counter.kind == CounterKind::Count
    }

    fn histogram(&self, version: &Version, spec: &Histogram, courses: &[Course<f64>]) -> Option<HistogramSample> {
        let Series::Histogram(course) = self.observations.series(&version.id, &spec.id) else { return None };
        let sums = spec.sum.and_then(|sum| courses.get(sum));
        let with_sum = |buckets: &Buckets, sum: Option<f64>| {
            let sum = if spec.sum.is_some() { sum } else { buckets.sum };
            cleaned(Buckets { sum, ..buckets.clone() })
        };
        let total = match (&course.total, &course.intervals) {
            (Some(total), _) => total.clone(),
            (None, Some(intervals)) => sum_of_buckets(intervals)?,
            (None, None) => return None,
        };
        let total = with_sum(&total, sums.and_then(|sums| sums.total))?;
        if !total.counts.last().is_some_and(|count| *count > 0.0) {
            return None;
        }
        let intervals = course.intervals.as_ref().map(|intervals| {
            let sums = sums.and_then(|sums| sums.intervals.as_ref());
            let interval = |(place, buckets): (usize, &Option<Buckets>)| {
                with_sum(buckets.as_ref()?, sums.and_then(|sums| *sums.get(place)?))
            };
            intervals.iter().enumerate().map(interval).collect()
        });
        let is_pooled = intervals.is_none();
        Some(HistogramSample { intervals: intervals.unwrap_or_else(|| vec![Some(total.clone())]), total, is_pooled })
    }

    /// Every code once; that all is well goes without saying.
    fn statuses(&self) -> Vec<Status> {
        if self.observations.problems.iter().any(|problem| problem.code == NOTHING_ASKED) {
            return vec![Status::InsufficientData];
        }
        let mut statuses: Vec<Status> = Vec::new();
        for status in self.observations.problems.iter().filter_map(|problem| Status::from_code(&problem.code)) {
            if status != Status::AllOk && !statuses.contains(&status) {
                statuses.push(status);
            }
        }
        statuses
    }
}

/// Counts that rise from edge to edge; `None` with one that is no count.
///
/// Extrapolation may let a bucket hold less than the one inside it.
fn cleaned(mut buckets: Buckets) -> Option<Buckets> {
    let mut largest = 0.0_f64;
    for count in &mut buckets.counts {
        if !count.is_finite() || *count < 0.0 {
            return None;
        }
        largest = largest.max(*count);
        *count = largest;
    }
    buckets.sum = buckets.sum.filter(|sum| sum.is_finite());
    Some(buckets)
}

/// The histograms of all intervals together; `None` where one is unknown, or they do not share their edges.
fn sum_of_buckets(intervals: &[Option<Buckets>]) -> Option<Buckets> {
    let mut all = intervals.iter();
    let mut sum = all.next()?.clone()?;
    for buckets in all {
        let buckets = buckets.as_ref().filter(|buckets| buckets.edges == sum.edges)?;
        for (total, count) in sum.counts.iter_mut().zip(&buckets.counts) {
            *total += count;
        }
        sum.sum = sum.sum.zip(buckets.sum).map(|(one, other)| one + other);
    }
    Some(sum)
}

fn ratio_sample(version: &Version, ratio: &Ratio, courses: &[Course<f64>], notes: &mut Notes) -> Option<Sample> {
    let (numerator, denominator) = (courses.get(ratio.numerator)?, courses.get(ratio.denominator)?);
    let pairs = match (&denominator.intervals, &numerator.intervals) {
        (Some(n), Some(sum)) => Some(n.iter().zip(sum).map(|(n, sum)| pair(*n, *sum)).collect::<Vec<_>>()),
        _ => None,
    };
    let total = match pair(denominator.total, numerator.total) {
        Some(total) => total,
        // Without a total, what is known of the intervals.
        None => pairs.iter().flatten().flatten().fold(Interval { n: 0.0, sum: 0.0 }, |total, interval| Interval {
            n: total.n + interval.n,
            sum: total.sum + interval.sum,
        }),
    };
    if !(total.n > 0.0 && total.sum.is_finite() && (total.sum / total.n).is_finite()) {
        return None;
    }
    if ratio.zero_to_one && total.sum < 0.0 {
        about_negative_proportion(version, ratio, total, notes);
        return None;
    }
    if ratio.zero_to_one && total.sum > total.n {
        about_more_than_all(version, ratio, total, notes);
    }
    let is_pooled = pairs.is_none();
    let intervals = pairs.unwrap_or_else(|| vec![Some(total)]);
    about_unknown_intervals(version, ratio, &intervals, notes);
    let squares = ratio.squares.and_then(|squares| courses.get(squares)?.total);
    Some(Sample { total, intervals, is_pooled, squares })
}

/// The mean size of an interval's mean of a ratio over all versions; 0 where all are 0.
fn size(ratios: &[Vec<Option<Sample>>], ratio: usize) -> f64 {
    let samples = ratios.iter().filter_map(|row| row.get(ratio)?.as_ref());
    let (mut n, mut size) = (0.0, 0.0);
    for interval in samples.flat_map(|sample| sample.intervals.iter().flatten()).filter(|interval| interval.n > 0.0) {
        n += interval.n;
        size += interval.sum.abs();
    }
    if n > 0.0 { size / n } else { 0.0 }
}

fn pair(n: Option<f64>, sum: Option<f64>) -> Option<Interval> {
    let (n, sum) = (n?, sum?);
    (n >= 0.0).then_some(Interval { n, sum })
}

fn about_negative_proportion(version: &Version, ratio: &Ratio, total: Interval, notes: &mut Notes) {
    let value = total.sum / total.n;
    let message = format!(
        "{} of version {} is {}, below 0 for a metric of 0 to 1; it is unknown.",
        ratio.id,
        version.id,
        digits::plain(value)
    );
    notes.add(VALUE_UNUSABLE, "", message, &[("version", version.id.as_str().into()), ("value", value.into())]);
}

fn about_more_than_all(version: &Version, ratio: &Ratio, total: Interval, notes: &mut Notes) {
    let value = total.sum / total.n;
    let message = format!(
        "{} of version {} is {}, above 1 for a metric of 0 to 1; it is believed to be near 1.",
        ratio.id,
        version.id,
        digits::plain(value)
    );
    notes.add(MORE_THAN_ALL, "", message, &[("version", version.id.as_str().into()), ("value", value.into())]);
}

fn about_unknown_intervals(version: &Version, ratio: &Ratio, intervals: &[Option<Interval>], notes: &mut Notes) {
    let unknown = intervals.iter().filter(|interval| interval.is_none()).count();
    if unknown > 0 {
        let all = intervals.len();
        let message = format!(
            "{unknown} of {all} intervals of {} are unknown in version {}; they are left out of comparisons.",
            ratio.id, version.id
        );
        let values = [("version", version.id.as_str().into()), ("unknown", unknown.into()), ("intervals", all.into())];
        notes.add(INTERVALS_LEFT_OUT, "", message, &values);
    }
}
