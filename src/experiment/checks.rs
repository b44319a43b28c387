//! A request with the right types -> an experiment that makes sense, or why it makes none.
//!
//! v1.0.0's checks in v1.0.0's order and words (its line breaks left runs of blanks in them; clients compare texts),
//! then what v1.0.0 crashed on: unknown placeholders, one id for two versions.

use super::uses::Uses;
use super::{Counter, Experiment, Histogram, REQUEST_COUNT, Settings, Version};
use crate::error::{Error, Segment};
use crate::query::template::Template;
use crate::stats::math::ceil;
use crate::wire::limits::QUERY_LENGTH_MAX;
use crate::wire::metric_specs::{CounterKind, CounterSpec, HistogramSpec, MetricSpecs, RatioSpec};
use crate::wire::request::{self, Direction, Request, ThresholdKind};

/// The checked experiment.
pub(super) fn check(request: Request, settings: &Settings) -> Result<Experiment, Error> {
    let specs = Specs(&request.metrics);
    check_metrics(&request, specs)?;
    check_histograms(&request, specs)?;
    let mut uses = Uses::new(specs);
    // INVARIANT: `check_metrics` found each criterion's metric, so none is dropped here.
    let criteria = request.criteria.iter().filter_map(|criterion| uses.criterion(criterion)).collect();
    uses.add_squares();
    let counters = counters(&uses, specs)?;
    let histograms = histograms(&uses, specs)?;
    let ratios = uses.ratios;
    let (versions, baseline, repeated_ids) = versions(&request)?;
    check_query_lengths(&counters, &histograms, &versions, specs)?;
    let exploration_percentage =
        request.exploration_percentage.or(settings.exploration_percentage).unwrap_or(EXPLORATION_PERCENTAGE_DEFAULT);
    Ok(Experiment {
        start_time: request.start_time,
        iteration_number: request.iteration_number,
        name: request.name,
        service_name: request.service_name,
        versions,
        baseline,
        counters,
        ratios,
        histograms,
        criteria,
        max_increment: request.max_increment,
        last_state: request.last_state,
        method: request.method.or(settings.method).unwrap_or_default(),
        seed: request.seed,
        alpha: request.alpha.or(settings.alpha).unwrap_or(ALPHA_DEFAULT),
        winner_threshold: request.winner_threshold.or(settings.winner_threshold).unwrap_or(WINNER_THRESHOLD_DEFAULT),
        rollback: request.rollback.or(settings.rollback).unwrap_or_default(),
        exploration_share: exploration_percentage / 100.0,
        repeated_ids,
        // Rounded up: a window that is too long loses nothing.
        scrape_interval_seconds: request
            .scrape_interval_seconds
            .or(settings.scrape_interval_seconds)
            .map(|seconds| ceil(seconds) as i64),
        now: request.now,
        observations: request.observations,
    })
}

/// The metrics that the request defines; of several with one id the last counts, as in v1.0.0.
#[derive(Clone, Copy)]
pub(super) struct Specs<'r>(&'r MetricSpecs);

impl<'r> Specs<'r> {
    pub(super) fn counter(self, id: &str) -> Option<(usize, &'r CounterSpec)> {
        self.0.counters.iter().enumerate().rev().find(|(_, spec)| spec.id == id)
    }

    pub(super) fn ratio(self, id: &str) -> Option<&'r RatioSpec> {
        self.0.ratios.iter().rev().find(|spec| spec.id == id)
    }

    pub(super) fn histogram(self, id: &str) -> Option<(usize, &'r HistogramSpec)> {
        self.0.histograms.iter().enumerate().rev().find(|(_, spec)| spec.id == id)
    }

    /// The counter that adds up the squares of what counter `id` adds up.
    pub(super) fn squares_of(self, id: &str) -> Option<&'r str> {
        self.0.counters.iter().rev().find(|spec| spec.of.as_deref() == Some(id)).map(|spec| spec.id.as_str())
    }

    /// The metric's direction; v1.0.0's kinds of metric come first where two have one id.
    pub(super) fn direction(self, metric_id: &str) -> Option<Direction> {
        match (self.counter(metric_id), self.ratio(metric_id)) {
            (Some((_, counter)), _) => counter.direction,
            (None, Some(ratio)) => ratio.direction,
            (None, None) => self.histogram(metric_id).and_then(|(_, histogram)| histogram.direction),
        }
    }
}

/// v1.0.0's four checks; the first that fails.
fn check_metrics(request: &Request, specs: Specs) -> Result<(), Error> {
    if specs.counter(REQUEST_COUNT).is_none() {
        let blanks = " ".repeat(21);
        return Err(sentence(
            &["metric_specs", "counter_metrics"],
            None,
            format!(
                "{REQUEST_COUNT} is a mandatory counter metric{blanks}which is missing from the list of metric specs"
            ),
        ));
    }
    let criteria = || request.criteria.iter().enumerate();
    for (index, criterion) in criteria() {
        if let Some(message) = metric_fault(criterion, specs) {
            return Err(sentence(&["criteria"], Some((index, "metric_id")), message));
        }
    }
    if let Some((index, _)) = criteria().filter(|(_, criterion)| criterion.is_reward).nth(1) {
        let message = "More than one reward criteria found".to_owned();
        return Err(sentence(&["criteria"], Some((index, "is_reward")), message));
    }
    for (index, criterion) in criteria() {
        if criterion.threshold.is_some() && specs.direction(&criterion.metric_id).is_none() {
            let message = format!(
                "Criterion uses {} with a threshold,{BLANKS}but the metric does not have a preferred direction set.",
                criterion.metric_id
            );
            return Err(sentence(&["criteria"], Some((index, "threshold")), message));
        }
    }
    Ok(())
}

/// What is wrong with the metric that a criterion names.
fn metric_fault(criterion: &request::Criterion, specs: Specs) -> Option<String> {
    let id = &criterion.metric_id;
    if specs.counter(id).is_some() {
        if criterion.is_reward {
            return Some(format!(
                "Counter metric {id} used as reward.{BLANKS}Only ratio metrics can be used as a reward."
            ));
        }
        let is_relative = criterion.threshold.is_some_and(|threshold| threshold.kind == ThresholdKind::Relative);
        return is_relative.then(|| {
            format!(
                "Counter metric {id} used with relative thresholds.{BLANKS}Only absolute thresholds are allowed for \
                 counter metrics{BLANKS}within criteria."
            )
        });
    }
    match specs.ratio(id) {
        None if specs.histogram(id).is_some() => None,
        None => Some(format!("Unknown metric id found in criteria: {id}")),
        Some(ratio) => {
            let is_known = specs.counter(&ratio.numerator).is_some() && specs.counter(&ratio.denominator).is_some();
            (!is_known).then(|| "Unknown numerator or denominator found".to_owned())
        }
    }
}

/// What v1.0.0 did not know: histograms, quantiles, sums of squares; the first fault.
fn check_histograms(request: &Request, specs: Specs) -> Result<(), Error> {
    for (index, criterion) in request.criteria.iter().enumerate() {
        let id = &criterion.metric_id;
        let fail = |key, message| Err(sentence(&["criteria"], Some((index, key)), message));
        let is_histogram = specs.counter(id).is_none() && specs.ratio(id).is_none();
        let quantile = criterion.quantile;
        if !is_histogram && quantile.is_some() {
            return fail("quantile", format!("Metric {id} is no histogram: only a histogram has quantiles."));
        }
        if quantile.is_some_and(|quantile| !(quantile > 0.0 && quantile < 1.0)) {
            return fail("quantile", "A quantile lies above 0 and below 1.".to_owned());
        }
        if is_histogram && criterion.is_reward {
            return fail("is_reward", format!("Histogram metric {id} used as reward: only a ratio can be one."));
        }
        let is_relative = criterion.threshold.is_some_and(|threshold| threshold.kind == ThresholdKind::Relative);
        if is_histogram && is_relative {
            let message = format!("Histogram metric {id} used with a relative threshold: only an absolute one can be.");
            return fail("threshold", message);
        }
    }
    for (index, counter) in specs.0.counters.iter().enumerate() {
        if let Some(of) = counter.of.as_deref().filter(|of| specs.counter(of).is_none()) {
            let message = format!("{} adds up squares of {of}, which is no counter here.", counter.id);
            return Err(sentence(&["metric_specs", "counter_metrics"], Some((index, "of")), message));
        }
    }
    for (index, histogram) in specs.0.histograms.iter().enumerate() {
        if let Some(sum) = histogram.sum.as_deref().filter(|sum| specs.counter(sum).is_none()) {
            let message = format!("{} has its sum in {sum}, which is no counter here.", histogram.id);
            return Err(sentence(&["metric_specs", "histogram_metrics"], Some((index, "sum")), message));
        }
    }
    Ok(())
}

/// The used counters with their parsed templates.
fn counters(uses: &Uses, specs: Specs) -> Result<Vec<Counter>, Error> {
    let mut counters = Vec::with_capacity(uses.counters.len());
    for (index, id) in uses.counters.iter().enumerate() {
        let Some((place, spec)) = specs.counter(id) else { continue };
        let template = template(id, &["metric_specs", "counter_metrics"], place, spec.query_template.as_deref())?;
        let kind = if index == 0 { CounterKind::Count } else { spec.kind.unwrap_or_else(|| uses.kind(index)) };
        counters.push(Counter { id: (*id).to_owned(), template, kind });
    }
    Ok(counters)
}

/// The used histograms with their parsed templates.
fn histograms(uses: &Uses, specs: Specs) -> Result<Vec<Histogram>, Error> {
    let mut histograms = Vec::with_capacity(uses.histograms.len());
    for (id, sum) in &uses.histograms {
        let Some((place, spec)) = specs.histogram(id) else { continue };
        let template = template(id, &["metric_specs", "histogram_metrics"], place, spec.query_template.as_deref())?;
        histograms.push(Histogram { id: (*id).to_owned(), template, sum: *sum, direction: spec.direction });
    }
    Ok(histograms)
}

/// Templates are short and labels few, but a template may repeat the labels as often as it likes.
fn check_query_lengths(
    counters: &[Counter],
    histograms: &[Histogram],
    versions: &[Version],
    specs: Specs,
) -> Result<(), Error> {
    let labels = versions.first().map(|version| version.labels.as_slice()).unwrap_or_default();
    let labels_length = labels.iter().map(|(key, _)| key.len() + 1).sum();
    let of_counters = counters.iter().map(|counter| {
        let place = specs.counter(&counter.id).map(|(place, _)| place);
        (&counter.id, &counter.template, "counter_metrics", place)
    });
    let of_histograms = histograms.iter().map(|histogram| {
        let place = specs.histogram(&histogram.id).map(|(place, _)| place);
        (&histogram.id, &histogram.template, "histogram_metrics", place)
    });
    for (id, template, list, place) in of_counters.chain(of_histograms) {
        let length = template.as_ref().map_or(0, |template| template.rendered_length_max(labels_length));
        if length > QUERY_LENGTH_MAX {
            return Err(sentence(
                &["metric_specs", list],
                place.map(|place| (place, "query_template")),
                format!("The query of {id} has up to {length} bytes: allowed are {QUERY_LENGTH_MAX}."),
            ));
        }
    }
    Ok(())
}

/// The parsed template of metric `id`, the item `place` of the list at `path`.
fn template(id: &str, path: &[&str], place: usize, text: Option<&str>) -> Result<Option<Template>, Error> {
    text.map(Template::parse).transpose().map_err(|unknown| unknown_placeholders(id, path, place, &unknown))
}

fn unknown_placeholders(id: &str, path: &[&str], place: usize, unknown: &[String]) -> Error {
    let names: Vec<String> = unknown.iter().take(UNKNOWN_SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    sentence(
        path,
        Some((place, "query_template")),
        format!(
            "The query template of {id} holds {}: allowed are $interval, $version_labels, and $$ for a dollar sign.",
            names.join(", ")
        ),
    )
}

/// Versions in v1.0.0's order, the baseline's place among them, and the ids that were used more than once.
///
/// An id that returns with the same labels is the same version (a performance test lists its baseline as candidate
/// under another id; one under the same id vanishes, as in v1.0.0). With other labels nobody could tell what is meant.
fn versions(request: &Request) -> Result<(Vec<Version>, usize, Vec<String>), Error> {
    let mut versions: Vec<Version> = Vec::with_capacity(request.candidates.len() + 1);
    let mut repeated = Vec::new();
    let mut baseline = 0;
    let candidates = request.candidates.iter().enumerate().map(|(index, version)| (Some(index), version));
    for (index, version) in candidates.chain([(None, &request.baseline)]) {
        let place = versions.iter().position(|known| known.id == version.id);
        if let Some(known) = place.and_then(|place| versions.get(place)) {
            if !same_labels(known, version) {
                let field = index.map(|index| (index, "id"));
                let path: &[&str] = if index.is_some() { &["candidates"] } else { &["baseline", "id"] };
                return Err(sentence(
                    path,
                    field,
                    format!(
                        "Version id {} is used for more than one version, and not with the same labels.",
                        version.id
                    ),
                ));
            }
            repeated.push(version.id.clone());
        }
        if index.is_none() {
            baseline = place.unwrap_or(versions.len());
        }
        if place.is_none() {
            versions.push(Version { id: version.id.clone(), labels: version.labels.clone() });
        }
    }
    Ok((versions, baseline, repeated))
}

fn same_labels(one: &Version, other: &request::Version) -> bool {
    // Without labels nothing says that they are one version.
    !one.labels.is_empty()
        && one.labels.len() == other.labels.len()
        && one.labels.iter().all(|label| other.labels.contains(label))
}

/// An error about the field at `path`, or at `path[index].key`.
fn sentence(path: &[&str], item: Option<(usize, &str)>, message: String) -> Error {
    let mut location: Vec<Segment> = path.iter().map(|key| Segment::Key((*key).to_owned())).collect();
    if let Some((index, key)) = item {
        location.push(Segment::Index(index));
        location.push(Segment::Key(key.to_owned()));
    }
    Error::Sentence { location, message }
}

/// Unknown placeholders that a message names; who mends these sees the next.
const UNKNOWN_SHOWN_MAX: usize = 10;
/// What v1.0.0's source left between two lines of a sentence: 29 blanks.
const BLANKS: &str = "                             ";
/// v1.0.0's share of traffic for exploration, percent; v1.0.1 and later used 10.
pub(crate) const EXPLORATION_PERCENTAGE_DEFAULT: f64 = 5.0;
/// In the models of the documentation at most one experiment in twenty ever declares wrongly.
pub(crate) const ALPHA_DEFAULT: f64 = 0.05;
/// v1.0.0's win probability that a winner must exceed.
pub(crate) const WINNER_THRESHOLD_DEFAULT: f64 = 0.99;
