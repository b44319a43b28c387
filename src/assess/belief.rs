//! Evidence -> what is believed of the true value of every ratio and histogram in every version.
//!
//! A proportion is Beta(1/2 + s', 1/2 + n' - s') (Jeffreys' prior), a rate of events Gamma(1/2 + s', n'); both with counts
//! divided by how much more than chance the intervals scatter. Any other mean is Student's t around sum/n, its variance
//! from the sum of squares or a histogram where there is one, else from how the intervals' means scatter, with a weak
//! prior in the unit of the mean itself. `docs/statistics.md` has an example by hand of each.
//!
//! Not here: what beliefs say about limits and about each other (`criterion`, `winner`).

use super::evidence::{Evidence, Sample};
use super::notes::{BELIEF_UNKNOWN, Notes, OVERDISPERSION};
use crate::experiment::{Experiment, Ratio, Version};
use crate::stats::batch_means::{self, Interval, Prior};
use crate::stats::beta::Beta;
use crate::stats::gamma::Gamma;
use crate::stats::histogram::Histogram;
use crate::stats::student::Student;
use crate::wire::digits;
use crate::wire::series::Buckets;

/// The distribution of a metric's true value. All versions have the same kind for one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Belief {
    Proportion(Beta),
    Rate(Gamma),
    Mean(Student),
}

/// What is believed of every metric, `None` where nothing is.
#[derive(Debug)]
pub(crate) struct Beliefs {
    /// `[ratio][version]`.
    pub(crate) ratios: Vec<Vec<Option<Belief>>>,
    /// `[histogram][version]`: of the mean.
    pub(crate) histogram_means: Vec<Vec<Option<Belief>>>,
}

pub(crate) fn update(experiment: &Experiment, evidence: &Evidence, notes: &mut Notes) -> Beliefs {
    let ratios = experiment.ratios.iter().enumerate().map(|(index, ratio)| {
        let fallback = evidence.sizes[index];
        let of_version = |(place, version): (usize, &Version)| {
            let sample = evidence.ratio(place, index)?;
            let belief = belief(ratio, sample, fallback, version, notes);
            if belief.is_none() {
                about_unknown(version, ratio, notes);
            }
            belief
        };
        experiment.versions.iter().enumerate().map(of_version).collect()
    });
    let ratios = ratios.collect();
    let histogram_means = (0..experiment.histograms.len()).map(|index| {
        let of_version = |version| mean_of_buckets(&evidence.histogram(version, index)?.total);
        (0..experiment.versions.len()).map(of_version).collect()
    });
    Beliefs { ratios, histogram_means: histogram_means.collect() }
}

fn belief(ratio: &Ratio, sample: &Sample, fallback: f64, version: &Version, notes: &mut Notes) -> Option<Belief> {
    let intervals = sample.known_intervals();
    let Interval { n, sum } = sample.total;
    if ratio.zero_to_one {
        let n = n.max(sum);
        let phi = batch_means::overdispersion(&intervals);
        about_overdispersion(version, ratio, phi, notes);
        return Some(Belief::Proportion(Beta { a: JEFFREYS + sum / phi, b: JEFFREYS + (n - sum) / phi }));
    }
    if ratio.is_rate {
        let phi = batch_means::overdispersion_of_rate(&intervals);
        about_overdispersion(version, ratio, phi, notes);
        return Some(Belief::Rate(Gamma { shape: JEFFREYS + sum / phi, rate: n / phi }));
    }
    let of_squares = sample.squares.and_then(|squares| batch_means::belief_from_squares(n, sum, squares));
    let student = of_squares.or_else(|| {
        let is_scale = sum > 0.0 && intervals.iter().all(|interval| interval.sum >= 0.0);
        let size = if is_scale { sum / n } else { fallback };
        (size > 0.0).then(|| batch_means::belief_around(sample.total, &intervals, Prior::weak(size))).flatten()
    });
    student.map(Belief::Mean)
}

/// The mean of a histogram's values: with the exact sum its own, else that of values in the middle of their buckets.
fn mean_of_buckets(buckets: &Buckets) -> Option<Belief> {
    let (edges, counts) = bins(buckets)?;
    let n = *buckets.counts.last()?;
    let sum = buckets.sum.unwrap_or_else(|| sum_of_middles(&edges, &counts));
    let moment = Histogram { edges: &edges, counts: &counts, sum }.second_moment()?;
    batch_means::belief_from_squares(n, sum, moment.likely).map(Belief::Mean)
}

/// Edges, one more than bins, and the count of each bin. Values begin at 0 unless the first edge is at or below it.
pub(crate) fn bins(buckets: &Buckets) -> Option<(Vec<f64>, Vec<f64>)> {
    let first = *buckets.edges.first()?;
    let start = if first > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let edges = std::iter::once(start).chain(buckets.edges.iter().copied()).collect();
    let before = std::iter::once(0.0).chain(buckets.counts.iter().copied());
    Some((edges, buckets.counts.iter().zip(before).map(|(count, before)| count - before).collect()))
}

/// The sum of values if each lay in the middle of its bin, and at the lower edge of an open one.
pub(crate) fn sum_of_middles(edges: &[f64], counts: &[f64]) -> f64 {
    let bins = edges.iter().zip(edges.iter().skip(1)).zip(counts).filter(|(_, count)| **count > 0.0);
    bins.map(|((low, high), count)| count * if high.is_finite() { (low + high) / 2.0 } else { *low }).sum()
}

fn about_overdispersion(version: &Version, ratio: &Ratio, phi: f64, notes: &mut Notes) {
    if phi > OVERDISPERSION_NOTED {
        let message = format!(
            "The intervals of {} in version {} scatter {} times as much as chance alone makes them; the belief is wider by that.",
            ratio.id,
            version.id,
            digits::short(phi)
        );
        let values =
            [("version", version.id.as_str().into()), ("metric", ratio.id.as_str().into()), ("phi", phi.into())];
        notes.add(OVERDISPERSION, "", message, &values);
    }
}

fn about_unknown(version: &Version, ratio: &Ratio, notes: &mut Notes) {
    let message = format!(
        "Nothing tells how much {} varies in version {}: all its values are 0, so only the value is given.",
        ratio.id, version.id
    );
    let values = [("version", version.id.as_str().into()), ("metric", ratio.id.as_str().into())];
    notes.add(BELIEF_UNKNOWN, "", message, &values);
}

/// Jeffreys' prior for a proportion and for a rate.
const JEFFREYS: f64 = 0.5;
/// Chance alone reaches this in one experiment in twenty.
const OVERDISPERSION_NOTED: f64 = 1.2;
