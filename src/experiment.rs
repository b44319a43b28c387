//! The door in: a request -> a checked experiment.
//!
//! Every check of meaning lives here, v1.0.0's first, in its order and its words, then ours. Behind this door nothing
//! fails any more: metrics are indices, versions are distinct, templates are parsed. Versions stand in v1.0.0's order:
//! candidates as in the request, the baseline last.
//!
//! Not here: field types (`wire::request`); whether the data suffice (`assess`).

pub(crate) mod checks;
mod uses;

use serde_json::Value;

use crate::assess;
use crate::error::{Error, FieldError, Segment};
use crate::query::{self, Query, template::Template};
use crate::report;
use crate::wire::assessment::{Assessment, Method};
use crate::wire::decode::{Decoder, Path};
use crate::wire::instant::Instant;
use crate::wire::last_state::LastState;
use crate::wire::metric_specs::CounterKind;
use crate::wire::observations::{self, Observations};
use crate::wire::request::{self, Direction, Queries, Rollback, Seed, Threshold};

/// Where the metric data of an experiment come from, and with that which of its fields are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricData {
    /// From a backend: templates and labels are needed, unless the experiment holds observations.
    Fetched,
    /// From the caller: templates and labels may be absent.
    Given,
}

/// A host's defaults for what an experiment does not say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// Which statistics assess; the sequential method where `None`.
    pub method: Option<Method>,
    /// The chance of ever declaring wrongly, above 0 and at most 0.1; 0.05 where `None`.
    pub alpha: Option<f64>,
    /// Percent of traffic for exploration, 0 to 50; 5 where `None`.
    pub exploration_percentage: Option<f64>,
    /// When a candidate is taken out of traffic; once it is shown to violate its limits where `None`.
    pub rollback: Option<Rollback>,
    /// Seconds between two scrapes of the backend, above 0 and at most 3600; learnt from it where `None`.
    pub scrape_interval_seconds: Option<f64>,
    /// Win probability that a winner must exceed, 0.5 to 1; 0.99 where `None`.
    pub winner_threshold: Option<f64>,
}

/// What a call says beside the experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The instant to assess as of.
    pub now: Instant,
    /// Beats the experiment's.
    pub method: Option<Method>,
    /// Beats the experiment's.
    pub seed: Option<Seed>,
    /// What [`Seed::Random`] becomes: the host's entropy.
    pub entropy: u64,
    /// The host's defaults.
    pub settings: Settings,
}

impl Options {
    /// Options with nothing but the instant to assess as of.
    pub fn new(now: Instant) -> Self {
        Self { now, method: None, seed: None, entropy: 0, settings: Settings::default() }
    }

    /// Options with nothing but `now`, an RFC 3339 text.
    ///
    /// # Errors
    /// `now` names no instant.
    pub fn at(now: &str) -> Result<Self, Error> {
        let instant = Instant::parse(now).ok_or_else(|| {
            Error::field(FieldError {
                location: vec![Segment::Key("now".to_owned())],
                message: "invalid datetime format".to_owned(),
                kind: "value_error.datetime",
                context: None,
            })
        })?;
        Ok(Self::new(instant))
    }
}

/// A checked experiment.
#[derive(Debug)]
pub struct Experiment {
    pub(crate) start_time: Instant,
    pub(crate) iteration_number: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) service_name: String,
    /// Candidates in the order of the request, then the baseline; ids are distinct.
    pub(crate) versions: Vec<Version>,
    /// Where in `versions` the baseline stands.
    pub(crate) baseline: usize,
    /// The counters that are used, `iter8_request_count` first, then in the order of their first use.
    pub(crate) counters: Vec<Counter>,
    /// The ratios that criteria name, in the order of their first use.
    pub(crate) ratios: Vec<Ratio>,
    /// The histograms that criteria name, in the order of their first use.
    pub(crate) histograms: Vec<Histogram>,
    pub(crate) criteria: Vec<Criterion>,
    /// Percent of traffic that a candidate may gain a call, 0 to 100.
    pub(crate) max_increment: f64,
    pub(crate) last_state: Option<LastState>,
    pub(crate) method: Method,
    pub(crate) seed: Option<Seed>,
    /// The chance of ever declaring wrongly.
    pub(crate) alpha: f64,
    /// Win probability that a winner must exceed.
    pub(crate) winner_threshold: f64,
    pub(crate) rollback: Rollback,
    /// Share of traffic for exploration, 0 to 0.5.
    pub(crate) exploration_share: f64,
    /// Version ids that the request used more than once, for one and the same version.
    pub(crate) repeated_ids: Vec<String>,
    /// Whole seconds between two scrapes of the backend; `None`: it is to be asked.
    pub(crate) scrape_interval_seconds: Option<i64>,
    now: Option<Instant>,
    observations: Option<Observations>,
}

/// One version of the service.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) labels: Vec<(String, Value)>,
}

/// A counter that the experiment uses.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) id: String,
    /// How to ask for it; `None` where the caller gives the data.
    pub(crate) template: Option<Template>,
    /// What it adds up.
    pub(crate) kind: CounterKind,
}

impl Counter {
    /// Why `value` cannot be this counter's; `None` if it can.
    pub(crate) fn fault(&self, value: f64) -> Option<&'static str> {
        match value {
            _ if !value.is_finite() => Some("no finite number"),
            _ if self.kind == CounterKind::Count && value < 0.0 => Some("a count below 0"),
            _ if self.kind == CounterKind::Count && value > COUNT_MAX => Some("more than anybody can count (1e15)"),
            _ if self.kind == CounterKind::SumOfSquares && value < 0.0 => Some("a sum of squares below 0"),
            _ => None,
        }
    }
}

/// A ratio of two counters that the experiment uses.
#[derive(Debug)]
pub(crate) struct Ratio {
    pub(crate) id: String,
    /// Index of a counter.
    pub(crate) numerator: usize,
    /// Index of a counter.
    pub(crate) denominator: usize,
    pub(crate) zero_to_one: bool,
    /// Whether it is events over exposure, so that its numerator is a count without an upper end.
    pub(crate) is_rate: bool,
    /// Index of the counter that adds up the squares of what the numerator adds up.
    pub(crate) squares: Option<usize>,
    pub(crate) direction: Option<Direction>,
}

/// A histogram that the experiment uses.
#[derive(Debug)]
pub(crate) struct Histogram {
    pub(crate) id: String,
    /// How to ask for it; `None` where the caller gives the data.
    pub(crate) template: Option<Template>,
    /// Index of the counter with the exact sum of all values.
    pub(crate) sum: Option<usize>,
    pub(crate) direction: Option<Direction>,
}

/// A metric that is reported, held to a limit or to be optimised.
#[derive(Debug)]
pub(crate) struct Criterion {
    pub(crate) id: String,
    pub(crate) metric_id: String,
    pub(crate) metric: Metric,
    pub(crate) is_reward: bool,
    pub(crate) limit: Option<Limit>,
    /// Which quantile of a histogram is meant, above 0 and below 1; `None`: its mean.
    pub(crate) quantile: Option<f64>,
}

/// What a criterion looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Index of a counter.
    Counter(usize),
    /// Index of a ratio.
    Ratio(usize),
    /// Index of a histogram.
    Histogram(usize),
}

/// A threshold and the side of it that is good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) threshold: Threshold,
    pub(crate) direction: Direction,
}

impl Limit {
    /// Whether `value` lies on the bad side of `bound`, which is the threshold or a multiple of the baseline's value.
    pub(crate) fn is_breached_by(self, value: f64, bound: f64) -> bool {
        match self.direction {
            Direction::Lower => value > bound,
            Direction::Higher => value < bound,
        }
    }
}

impl Experiment {
    /// The experiment in `value`.
    ///
    /// # Errors
    /// The limits that it exceeds; else every fault of shape; else the first check of meaning that fails.
    pub fn parse(value: &Value, data: MetricData, settings: &Settings) -> Result<Self, Error> {
        let queries = if data == MetricData::Fetched { Queries::Needed } else { Queries::NotNeeded };
        checks::check(request::decode(value, queries)?, settings)
    }

    /// The experiment's own `now` (replay, back-test), which beats a host's clock.
    pub fn now(&self) -> Option<Instant> {
        self.now
    }

    /// The experiment's name, or else its service's: for logs.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.service_name)
    }

    /// Whether the experiment holds observations: then no backend is to be asked.
    pub fn has_observations(&self) -> bool {
        self.observations.is_some()
    }

    /// The observations in the experiment itself.
    ///
    /// # Errors
    /// There are none.
    pub fn own_observations(&self) -> Result<&Observations, Error> {
        self.observations.as_ref().ok_or_else(|| {
            Error::field(FieldError {
                location: vec![Segment::Key("observations".to_owned())],
                message: "field required".to_owned(),
                kind: "value_error.missing",
                context: None,
            })
        })
    }

    /// Observations that were given apart from the experiment.
    ///
    /// # Errors
    /// Every fault of shape; paths start with `observations`.
    pub fn read_observations(&self, value: &Value) -> Result<Observations, Error> {
        let mut decoder = Decoder::default();
        let root = Path::Root;
        match observations::decode(&mut decoder, value, root.key("observations")) {
            Some(observations) if !decoder.has_failed() => Ok(observations),
            _ => Err(decoder.into_error()),
        }
    }

    /// What to ask the metrics backend next, in order, after the `answers` so far; empty where all is asked, and in the
    /// first 20 s.
    ///
    /// # Errors
    /// A number of answers that no round ends with.
    pub fn queries(&self, options: &Options, answers: &[Value]) -> Result<Vec<Query>, Error> {
        query::queries(self, options.method.unwrap_or(self.method), options.now, answers)
    }

    /// Observations from the backend's answers to [`Self::queries`] with the same `options`: those of the first round, or
    /// of all in one list.
    ///
    /// # Errors
    /// A number of answers that no round ends with.
    pub fn observe(&self, answers: &[Value], options: &Options) -> Result<Observations, Error> {
        query::observe(self, options.method.unwrap_or(self.method), options.now, answers)
    }

    /// How every version does, who wins, how to split traffic next.
    pub fn assess(&self, observations: &Observations, options: &Options) -> Assessment {
        report::assessment(self, options, assess::assess(self, observations, options))
    }

    /// The label keys by which queries group: those of the first version, joined by commas.
    pub(crate) fn version_label_keys(&self) -> String {
        let labels = self.versions.first().map(|version| version.labels.as_slice()).unwrap_or_default();
        labels.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(",")
    }

    /// The criterion that is the reward.
    pub(crate) fn reward(&self) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.is_reward)
    }

    /// The direction in which a ratio's values get better; `None` where that was not said.
    pub(crate) fn direction_of_ratio(&self, ratio: usize) -> Option<Direction> {
        self.ratios.get(ratio).and_then(|ratio| ratio.direction)
    }
}

/// Seconds since the start before which nothing is asked: v1.0.0's rule, about the time of two scrapes.
pub(crate) const FETCH_SECONDS_MIN: i64 = 20;
/// Largest count that is believed: a million a second for thirty years, and exact in an f64.
const COUNT_MAX: f64 = 1e15;
/// The counter that every experiment must define.
pub(crate) const REQUEST_COUNT: &str = "iter8_request_count";
