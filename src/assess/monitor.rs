//! Evidence of every version -> verdicts on criteria and comparisons of rewards that hold at every look.
//!
//! Each thresholded criterion of each version has two e-values, for keeping the limit and for violating it; one that
//! reaches K/alpha (K candidates) decides, at its present value. A counter has no e-value: the comparison is the verdict.
//! The quantile of a histogram is a proportion: values above the limit's edge among all. Rewards are compared with the
//! baseline's, interval by interval.
//!
//! In the models of `docs/statistics.md` at most alpha of experiments ever decide wrongly. Not here: what is decided of
//! verdicts (`winner`), the processes (`process`), how much is still missing (`need`).

use super::criterion;
use super::evidence::{Evidence, HistogramSample, Sample};
use super::findings::Judgement;
use super::need::{self, Need};
use super::process::{self, Cut, Model, total};
use super::quantile;
use crate::experiment::{Criterion, Experiment, Limit, Metric};
use crate::stats::batch_means::Interval;
use crate::stats::evidence::BothWays;
use crate::stats::evidence::{bernoulli, rate_ratio};
use crate::stats::math::ln;
pub(crate) use crate::wire::assessment::Verdict;
use crate::wire::request::{Direction, ThresholdKind};
use crate::wire::series::Buckets;

/// What is shown so far.
#[derive(Debug)]
pub(crate) struct Monitor {
    /// `[version][criterion]`; `None` without a limit, and for the baseline under a relative one.
    pub(crate) criteria: Vec<Vec<Option<Shown>>>,
    /// `[version]`: that its reward is better than the baseline's (`within`) or worse (`beyond`); `None` without a reward,
    /// and for the baseline.
    pub(crate) rewards: Vec<Option<BothWays>>,
    /// What a logarithm of evidence has to reach, ln(K/alpha).
    pub(crate) needed: f64,
}

/// How far one criterion is shown to be satisfied or violated in one version.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shown {
    pub(crate) verdict: Verdict,
    /// ln of both e-values: of keeping the limit (`within`) and of violating it; `None` for a counter.
    pub(crate) evidence: Option<BothWays>,
    /// Intervals that count.
    pub(crate) intervals: usize,
    /// What is not ruled out: of the metric, or of its ratio to the baseline's under a relative limit.
    pub(crate) sequence: Option<(Option<f64>, Option<f64>)>,
    pub(crate) need: Option<Need>,
}

pub(crate) fn watch(experiment: &Experiment, evidence: &Evidence, judgements: &[Vec<Judgement>]) -> Monitor {
    let needed = ln(e_needed(experiment));
    let watch = Watch { experiment, evidence, needed };
    let mut monitor = Monitor { criteria: Vec::new(), rewards: Vec::new(), needed };
    for (version, judgements) in judgements.iter().enumerate() {
        let mut shown = Vec::with_capacity(judgements.len());
        for (criterion, judgement) in experiment.criteria.iter().zip(judgements) {
            shown.push(watch.criterion(version, criterion, judgement));
        }
        monitor.criteria.push(shown);
        monitor.rewards.push(watch.reward(version));
    }
    monitor
}

/// What an e-value has to reach, K/alpha.
pub(crate) fn e_needed(experiment: &Experiment) -> f64 {
    experiment.versions.len().saturating_sub(1).max(1) as f64 / experiment.alpha
}

struct Watch<'a> {
    experiment: &'a Experiment,
    evidence: &'a Evidence,
    needed: f64,
}

impl Watch<'_> {
    fn criterion(&self, version: usize, criterion: &Criterion, judgement: &Judgement) -> Option<Shown> {
        let limit = criterion.limit?;
        let is_relative = limit.threshold.kind == ThresholdKind::Relative;
        if is_relative && version == self.experiment.baseline {
            return None;
        }
        match criterion.metric {
            Metric::Counter(_) => {
                let verdict = match judgement.limit {
                    Some(limit) if limit.is_breached => Verdict::Violated,
                    Some(_) => Verdict::Satisfied,
                    None => Verdict::Undecided,
                };
                Some(Shown { verdict, evidence: None, intervals: 0, sequence: None, need: None })
            }
            Metric::Ratio(ratio) => {
                let model = self.model(ratio);
                let Some(sample) = self.evidence.ratio(version, ratio) else { return Some(self.nothing()) };
                // A factor of 0 or less is the limit 0.
                let factor = Some(limit.threshold.value).filter(|factor| is_relative && *factor > 0.0);
                Some(match factor {
                    Some(factor) => match self.evidence.ratio(self.experiment.baseline, ratio) {
                        Some(baseline) => self.relative(model, sample, baseline, factor, limit.direction),
                        None => self.nothing(),
                    },
                    None => {
                        let tau = if is_relative { 0.0 } else { limit.threshold.value };
                        self.absolute(model, &sample.intervals, sample.is_pooled, tau, limit.direction)
                    }
                })
            }
            Metric::Histogram(histogram) => Some(match self.evidence.histogram(version, histogram) {
                Some(sample) => self.histogram(sample, criterion, limit),
                None => self.nothing(),
            }),
        }
    }

    /// No evidence yet: nothing is known.
    fn nothing(&self) -> Shown {
        self.shown(BothWays::NONE, 0, None, None)
    }

    fn shown(
        &self,
        evidence: BothWays,
        intervals: usize,
        sequence: Option<(Option<f64>, Option<f64>)>,
        need: Option<Need>,
    ) -> Shown {
        let verdict = verdict(evidence, self.needed);
        let need = need.filter(|_| verdict == Verdict::Undecided);
        Shown { verdict, evidence: Some(evidence), intervals, sequence, need }
    }

    fn cut(&self, is_pooled: bool) -> Cut<'_> {
        Cut { blocks: if is_pooled { &[] } else { &self.evidence.blocks }, is_pooled }
    }

    fn model(&self, ratio: usize) -> Model {
        let spec = &self.experiment.ratios[ratio];
        match (spec.zero_to_one, spec.is_rate) {
            (true, _) => Model::Proportion,
            (false, true) => Model::Rate,
            (false, false) => Model::Mean { size: self.evidence.sizes[ratio] },
        }
    }

    fn absolute(
        &self,
        model: Model,
        course: &[Option<Interval>],
        is_pooled: bool,
        tau: f64,
        direction: Direction,
    ) -> Shown {
        let alpha = self.experiment.alpha;
        let cut = self.cut(is_pooled);
        let total = total(course);
        let is_mean = matches!(model, Model::Mean { .. });
        let evidence = match direction {
            // What is never below 0 keeps a lower limit of 0 from the start.
            Direction::Higher if !is_mean && tau <= 0.0 && total.n > 0.0 => BothWays::CERTAINLY_WITHIN,
            // As a first event violates an upper limit of 0, a first one missing does a lower limit of 1.
            Direction::Higher if model == Model::Proportion && tau >= 1.0 => {
                process::absolute(model, &process::others(course), 1.0 - tau, cut)
            }
            _ => towards(process::absolute(model, course, tau, cut), direction),
        };
        let sequence = match model {
            Model::Proportion => Some(bernoulli::confidence_sequence(total.n.max(total.sum), total.sum, alpha)),
            Model::Rate | Model::Mean { .. } if is_pooled => None,
            Model::Rate | Model::Mean { .. } => process::mean_sequence(course, cut, alpha),
        };
        // The noise of a mean shows in its intervals: with one, what is missing is not requests.
        let tells_need = model == Model::Proportion || !is_pooled;
        let need = if tells_need { need::absolute(model, course, tau, direction, evidence, self.needed) } else { None };
        self.shown(evidence, count(course), sequence.map(finite), need)
    }

    fn relative(&self, model: Model, sample: &Sample, baseline: &Sample, factor: f64, direction: Direction) -> Shown {
        let (course, base) = (&sample.intervals, &baseline.intervals);
        let is_pooled = sample.is_pooled || baseline.is_pooled;
        let cut = self.cut(is_pooled);
        let evidence = towards(process::relative(model, course, base, factor, cut), direction);
        let strata = process::strata(course, base);
        let sequence = match model {
            Model::Proportion | Model::Rate => Some(rate_ratio::confidence_sequence(&strata, self.experiment.alpha)),
            Model::Mean { .. } if is_pooled => None,
            Model::Mean { .. } => process::mean_ratio_sequence(course, base, cut, self.experiment.alpha),
        };
        let need = need::relative(model, &strata, factor, direction, evidence, self.needed);
        self.shown(evidence, strata.len(), sequence.map(finite), need)
    }

    /// A mean, or a quantile as the share of values above the limit's edge.
    fn histogram(&self, sample: &HistogramSample, criterion: &Criterion, limit: Limit) -> Shown {
        let (tau, is_pooled) = (limit.threshold.value, sample.is_pooled);
        let Some(p) = criterion.quantile else {
            let course = sample.course(&|buckets| buckets.sum);
            let size = course.iter().flatten().map(|one| one.sum.abs() / one.n).fold(0.0, f64::max);
            return self.absolute(Model::Mean { size }, &course, is_pooled, tau, limit.direction);
        };
        // Where the limit lies inside a bucket the less favourable edge speaks for each side.
        let more = sample.course(&|buckets| above(buckets, buckets.edges.iter().rposition(|edge| *edge <= tau)));
        let fewer = sample.course(&|buckets| above(buckets, buckets.edges.iter().position(|edge| *edge >= tau)));
        let cut = self.cut(is_pooled);
        let share = |course: &[Option<Interval>]| process::absolute(Model::Proportion, course, 1.0 - p, cut);
        let (more, fewer) = (share(&more), share(&fewer));
        let evidence = match limit.direction {
            Direction::Lower => BothWays { within: more.within, beyond: fewer.beyond },
            Direction::Higher => BothWays { within: fewer.beyond, beyond: more.within },
        };
        let sequence = quantile::sequence(&sample.total, p, self.experiment.alpha);
        self.shown(evidence, count(&sample.course(&|_| Some(0.0))), sequence, None)
    }

    fn reward(&self, version: usize) -> Option<BothWays> {
        let reward = self.experiment.reward()?;
        let Metric::Ratio(ratio) = reward.metric else { return None };
        if version == self.experiment.baseline {
            return None;
        }
        let samples = self.evidence.ratio(version, ratio).zip(self.evidence.ratio(self.experiment.baseline, ratio));
        let direction = criterion::direction(self.experiment, reward)?;
        Some(samples.map_or(BothWays::NONE, |(own, base)| {
            let cut = self.cut(own.is_pooled || base.is_pooled);
            let found = process::against_baseline(self.model(ratio), &own.intervals, &base.intervals, cut);
            towards(found, direction)
        }))
    }
}

/// `within` for the good side.
fn towards(evidence: BothWays, direction: Direction) -> BothWays {
    match direction {
        Direction::Lower => evidence,
        Direction::Higher => evidence.swapped(),
    }
}

/// Both are shown only where the limit moved between intervals: then the bad news counts.
fn verdict(evidence: BothWays, needed: f64) -> Verdict {
    if evidence.beyond >= needed {
        Verdict::Violated
    } else if evidence.within >= needed {
        Verdict::Satisfied
    } else {
        Verdict::Undecided
    }
}

fn finite((lower, upper): (f64, f64)) -> (Option<f64>, Option<f64>) {
    (Some(lower).filter(|end| end.is_finite()), Some(upper).filter(|end| end.is_finite()))
}

/// Values above the edge at `place`; all where there is no such edge.
fn above(buckets: &Buckets, place: Option<usize>) -> Option<f64> {
    let below = place.and_then(|place| buckets.counts.get(place)).copied().unwrap_or(0.0);
    Some(buckets.counts.last()? - below)
}

fn count(course: &[Option<Interval>]) -> usize {
    course.iter().flatten().filter(|interval| interval.n > 0.0).count()
}
