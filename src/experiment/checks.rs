//! A request with the right types -> an experiment that makes sense, or why it makes none.
//!
//! v1.0.0's checks in v1.0.0's order and words (its line breaks left runs of blanks in them; clients compare texts),
//! then what v1.0.0 crashed on: unknown placeholders, one id for two versions.

use super::{Counter, Criterion, Experiment, Limit, Metric, REQUEST_COUNT, Ratio, Settings, Version};
use crate::error::{Error, Segment};
use crate::query::template::Template;
use crate::wire::limits::QUERY_LENGTH_MAX;
use crate::wire::request::{self, CounterSpec, Direction, RatioSpec, Request, ThresholdKind};

/// The checked experiment.
pub(super) fn check(request: Request, settings: &Settings) -> Result<Experiment, Error> {
    let specs = Specs { counters: &request.counters, ratios: &request.ratios };
    check_metrics(&request, specs)?;
    let mut uses = Uses { specs, counters: vec![REQUEST_COUNT], ratios: Vec::new() };
    let mut criteria = Vec::with_capacity(request.criteria.len());
    for criterion in &request.criteria {
        // INVARIANT: `check_metrics` found each criterion's metric, so none is dropped here.
        criteria.extend(uses.criterion(criterion));
    }
    let ratios = uses.ratios;
    let counters = counters(&uses.counters, &ratios, specs)?;
    let (versions, baseline, repeated_ids) = versions(&request)?;
    check_query_lengths(&counters, &versions, specs)?;
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
        criteria,
        max_increment: request.max_increment,
        last_state: request.last_state,
        method: request.method.or(settings.method).unwrap_or_default(),
        seed: request.seed,
        winner_threshold: request.winner_threshold.or(settings.winner_threshold).unwrap_or(WINNER_THRESHOLD_DEFAULT),
        exploration_share: exploration_percentage / 100.0,
        repeated_ids,
        now: request.now,
        observations: request.observations,
    })
}

/// The metrics that the request defines; of several with one id the last counts, as in v1.0.0.
#[derive(Clone, Copy)]
struct Specs<'r> {
    counters: &'r [CounterSpec],
    ratios: &'r [RatioSpec],
}

impl<'r> Specs<'r> {
    fn counter(self, id: &str) -> Option<(usize, &'r CounterSpec)> {
        self.counters.iter().enumerate().rev().find(|(_, spec)| spec.id == id)
    }

    fn ratio(self, id: &str) -> Option<&'r RatioSpec> {
        self.ratios.iter().rev().find(|spec| spec.id == id)
    }

    fn direction(self, metric_id: &str) -> Option<Direction> {
        match self.counter(metric_id) {
            Some((_, counter)) => counter.direction,
            None => self.ratio(metric_id).and_then(|ratio| ratio.direction),
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
        None => Some(format!("Unknown metric id found in criteria: {id}")),
        Some(ratio) => {
            let is_known = specs.counter(&ratio.numerator).is_some() && specs.counter(&ratio.denominator).is_some();
            (!is_known).then(|| "Unknown numerator or denominator found".to_owned())
        }
    }
}

/// The metrics that are used, in the order of their first use.
struct Uses<'r> {
    specs: Specs<'r>,
    counters: Vec<&'r str>,
    ratios: Vec<Ratio>,
}

impl<'r> Uses<'r> {
    fn criterion(&mut self, criterion: &'r request::Criterion) -> Option<Criterion> {
        let metric = match self.specs.counter(&criterion.metric_id) {
            Some((_, counter)) => Metric::Counter(self.counter(&counter.id)),
            None => Metric::Ratio(self.ratio(self.specs.ratio(&criterion.metric_id)?)),
        };
        let direction = self.specs.direction(&criterion.metric_id);
        let limit = criterion.threshold.zip(direction).map(|(threshold, direction)| Limit { threshold, direction });
        Some(Criterion {
            id: criterion.id.clone(),
            metric_id: criterion.metric_id.clone(),
            metric,
            is_reward: criterion.is_reward,
            limit,
        })
    }

    /// The index of a counter, which is listed with its first use.
    fn counter(&mut self, id: &'r str) -> usize {
        match self.counters.iter().position(|known| *known == id) {
            Some(index) => index,
            None => {
                self.counters.push(id);
                self.counters.len() - 1
            }
        }
    }

    /// The index of a ratio, which is listed with its first use.
    fn ratio(&mut self, spec: &'r RatioSpec) -> usize {
        if let Some(index) = self.ratios.iter().position(|known| known.id == spec.id) {
            return index;
        }
        let numerator = self.counter(&spec.numerator);
        let denominator = self.counter(&spec.denominator);
        self.ratios.push(Ratio {
            id: spec.id.clone(),
            numerator,
            denominator,
            zero_to_one: spec.zero_to_one,
            direction: spec.direction,
        });
        self.ratios.len() - 1
    }
}

/// The used counters with their parsed templates.
fn counters(used: &[&str], ratios: &[Ratio], specs: Specs) -> Result<Vec<Counter>, Error> {
    let mut counters = Vec::with_capacity(used.len());
    for (index, id) in used.iter().enumerate() {
        let Some((place, spec)) = specs.counter(id) else { continue };
        let template = spec.query_template.as_deref().map(Template::parse).transpose();
        let template = template.map_err(|unknown| unknown_placeholders(id, place, &unknown))?;
        // The numerator of a mean may be a sum of values of either sign; whatever else is counted is not negative.
        let is_sum = ratios.iter().any(|ratio| ratio.numerator == index && !ratio.zero_to_one);
        let is_divisor = ratios.iter().any(|ratio| ratio.denominator == index);
        counters.push(Counter { id: (*id).to_owned(), template, is_count: index == 0 || is_divisor || !is_sum });
    }
    Ok(counters)
}

/// Templates are short and labels few, but a template may repeat the labels as often as it likes.
fn check_query_lengths(counters: &[Counter], versions: &[Version], specs: Specs) -> Result<(), Error> {
    let labels = versions.first().map(|version| version.labels.as_slice()).unwrap_or_default();
    let labels_length = labels.iter().map(|(key, _)| key.len() + 1).sum();
    for counter in counters {
        let length = counter.template.as_ref().map_or(0, |template| template.rendered_length_max(labels_length));
        if length > QUERY_LENGTH_MAX
            && let Some((place, _)) = specs.counter(&counter.id)
        {
            return Err(sentence(
                &["metric_specs", "counter_metrics"],
                Some((place, "query_template")),
                format!("The query of {} has up to {length} bytes: allowed are {QUERY_LENGTH_MAX}.", counter.id),
            ));
        }
    }
    Ok(())
}

fn unknown_placeholders(id: &str, place: usize, unknown: &[String]) -> Error {
    let names: Vec<String> = unknown.iter().take(UNKNOWN_SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    sentence(
        &["metric_specs", "counter_metrics"],
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
const EXPLORATION_PERCENTAGE_DEFAULT: f64 = 5.0;
/// v1.0.0's win probability that a winner must exceed.
const WINNER_THRESHOLD_DEFAULT: f64 = 0.99;
