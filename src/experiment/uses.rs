//! Criteria -> the metrics that they use, in the order of their first use, as indices.
//!
//! v1.0.0's order: `iter8_request_count`, then for each criterion its counter, or its ratio's numerator and denominator.
//! What we added comes behind: a histogram's exact sum with its first use, sums of squares last.
//!
//! Not here: whether the metrics exist (`checks`).

use super::checks::Specs;
use super::{Criterion, Limit, Metric, REQUEST_COUNT, Ratio};
use crate::wire::metric_specs::{CounterKind, RatioSpec};
use crate::wire::request;

/// The metrics that are used.
pub(super) struct Uses<'r> {
    specs: Specs<'r>,
    pub(super) counters: Vec<&'r str>,
    pub(super) ratios: Vec<Ratio>,
    /// A histogram's id, and the index of the counter with its sum.
    pub(super) histograms: Vec<(&'r str, Option<usize>)>,
}

impl<'r> Uses<'r> {
    pub(super) fn new(specs: Specs<'r>) -> Self {
        Self { specs, counters: vec![REQUEST_COUNT], ratios: Vec::new(), histograms: Vec::new() }
    }

    /// The criterion with its metric's index; `None` where the metric does not exist.
    pub(super) fn criterion(&mut self, criterion: &'r request::Criterion) -> Option<Criterion> {
        let id = &criterion.metric_id;
        let metric = match (self.specs.counter(id), self.specs.ratio(id)) {
            (Some((_, counter)), _) => Metric::Counter(self.counter(&counter.id)),
            (None, Some(ratio)) => Metric::Ratio(self.ratio(ratio)),
            (None, None) => Metric::Histogram(self.histogram(id)?),
        };
        let direction = self.specs.direction(id);
        let limit = criterion.threshold.zip(direction).map(|(threshold, direction)| Limit { threshold, direction });
        Some(Criterion {
            id: criterion.id.clone(),
            metric_id: id.clone(),
            metric,
            is_reward: criterion.is_reward,
            limit,
            quantile: criterion.quantile,
        })
    }

    /// Names the sums of squares of the means that have one.
    pub(super) fn add_squares(&mut self) {
        for index in 0..self.ratios.len() {
            let ratio = &self.ratios[index];
            let numerator = self.counters[ratio.numerator];
            if !ratio.zero_to_one
                && let Some(squares) = self.specs.squares_of(numerator)
            {
                self.ratios[index].squares = Some(self.counter(squares));
            }
        }
    }

    /// What a counter adds up, as its use tells: the numerator of a mean may be a sum of values of either sign; whatever
    /// else is counted is a count.
    pub(super) fn kind(&self, counter: usize) -> CounterKind {
        let is_sum = self.ratios.iter().any(|ratio| ratio.numerator == counter && !ratio.zero_to_one)
            || self.histograms.iter().any(|(_, sum)| *sum == Some(counter));
        let is_divisor = self.ratios.iter().any(|ratio| ratio.denominator == counter);
        if is_sum && !is_divisor { CounterKind::Sum } else { CounterKind::Count }
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
        let kind = self.specs.counter(&spec.numerator).and_then(|(_, counter)| counter.kind);
        self.ratios.push(Ratio {
            id: spec.id.clone(),
            numerator,
            denominator,
            zero_to_one: spec.zero_to_one,
            is_rate: !spec.zero_to_one && kind == Some(CounterKind::Count),
            squares: None,
            direction: spec.direction,
        });
        self.ratios.len() - 1
    }

    /// The index of a histogram, which is listed with its first use; its exact sum is a counter that is used.
    fn histogram(&mut self, id: &str) -> Option<usize> {
        let (_, spec) = self.specs.histogram(id)?;
        if let Some(index) = self.histograms.iter().position(|(known, _)| *known == spec.id) {
            return Some(index);
        }
        let sum = spec.sum.as_deref().map(|sum| self.counter(sum));
        self.histograms.push((&spec.id, sum));
        Some(self.histograms.len() - 1)
    }
}
