//! A name -> a ready world: iter8's tutorials, and worlds that lead statistics astray.
//!
//! The tutorials' numbers are those of their workloads: 10 requests a second, an interval and an increment as their
//! experiments say. They are constants and not a file: a module for browsers needs no reader of JSON text for them.
//!
//! Not here: what a person may say of a world (`decode`).

use serde_json::Value;

use super::latency::{Latency, MEAN_DEFAULT};
use super::world::{Incident, Split, Version, World};
use crate::wire::json::object;

/// The ready worlds by their names.
pub(super) const READY: &[(&str, &Ready)] = &[
    ("conformance", &CONFORMANCE),
    ("canary", &CANARY),
    ("canary_bad", &CANARY_BAD),
    ("ab", &AB),
    ("abn", &ABN),
    ("aa", &AA),
    ("drift", &DRIFT),
    ("incident", &INCIDENT),
    ("overdispersion", &OVERDISPERSION),
    ("heavy_tails", &HEAVY_TAILS),
    ("abn_many", &ABN_MANY),
];

/// What a ready world says; whatever it does not is as in `World::default`.
#[derive(Clone, Copy)]
pub(super) struct Ready {
    versions: &'static [Row],
    rules: &'static [Rule],
    requests_per_second: f64,
    interval_seconds: u64,
    iterations: usize,
    /// 0: none.
    max_increment: f64,
    drift: &'static [(f64, f64)],
    /// (from, to, factor).
    incident: Option<(u64, u64, f64)>,
    icc: f64,
    is_halved: bool,
}

/// A version.
#[derive(Clone, Copy)]
struct Row {
    id: &'static str,
    latency_ms: f64,
    /// Lognormal times with this sigma; 0: gamma.
    sigma: f64,
    /// Probability, milliseconds.
    delay: (f64, f64),
    error_rate: f64,
    conversion_rate: f64,
    books: (u64, u64),
}

/// A criterion: its metric is held to a limit, or the reward.
#[derive(Clone, Copy)]
struct Rule {
    id: &'static str,
    metric: &'static str,
    /// Kind and value.
    limit: Option<(&'static str, f64)>,
}

impl Ready {
    pub(super) fn world(&self) -> World {
        let halves = || Split::Given(vec![vec![50.0, 50.0]]);
        let incident = |(from, to, factor)| Incident { from, to, factor, versions: Vec::new() };
        World {
            versions: self.versions.iter().map(Row::version).collect(),
            criteria: Value::Array(self.rules.iter().map(Rule::criterion).collect()),
            requests_per_second: self.requests_per_second,
            interval_seconds: self.interval_seconds,
            iterations: self.iterations,
            max_increment: if self.max_increment > 0.0 { Some(self.max_increment.into()) } else { None },
            drift: self.drift.to_vec(),
            incident: self.incident.map(incident),
            icc: self.icc,
            split: if self.is_halved { halves() } else { Split::Recommended },
            ..World::default()
        }
    }
}

impl Row {
    fn version(&self) -> Version {
        let gamma = Latency::of_mean(self.latency_ms);
        let latency = if self.sigma > 0.0 { Latency::lognormal(self.latency_ms, self.sigma) } else { gamma };
        let (delay_probability, delay_ms) = self.delay;
        Version {
            id: self.id.to_owned(),
            error_rate: self.error_rate,
            conversion_rate: self.conversion_rate,
            latency: Latency { delay_probability, delay_ms, ..latency },
            books: self.books,
        }
    }
}

impl Rule {
    fn criterion(&self) -> Value {
        let mut members = vec![("id", self.id.into()), ("metric_id", self.metric.into())];
        members.push(match self.limit {
            Some((kind, value)) => ("threshold", object(vec![("type", kind.into()), ("value", value.into())])),
            None => ("is_reward", true.into()),
        });
        object(members)
    }
}

const fn page(id: &'static str, latency_ms: f64) -> Row {
    let (error_rate, conversion_rate) = (0.0, 0.0);
    Row { id, latency_ms, sigma: 0.0, delay: (0.0, 0.0), error_rate, conversion_rate, books: (0, 0) }
}

const fn rates(id: &'static str, error_rate: f64, conversion_rate: f64) -> Row {
    Row { error_rate, conversion_rate, ..page(id, MEAN_DEFAULT) }
}

const fn limit(id: &'static str, metric: &'static str, kind: &'static str, value: f64) -> Rule {
    Rule { id, metric, limit: Some((kind, value)) }
}

const CONFORMANCE: Ready = Ready {
    versions: &[page("reviews-v2", 33.0)],
    rules: &[limit(LATENCY, LATENCY, "absolute", 200.0)],
    requests_per_second: 10.0,
    interval_seconds: 15,
    iterations: 8,
    max_increment: 20.0,
    drift: &[],
    incident: None,
    icc: 0.0,
    is_halved: false,
};
const CANARY: Ready = Ready { versions: &[page("reviews-v2", 33.0), page("reviews-v3", 36.0)], ..CONFORMANCE };
const CANARY_BAD: Ready = Ready {
    versions: &[page("reviews-v3", 36.0), Row { delay: (1.0, 5000.0), ..page("reviews-v4", 36.0) }],
    interval_seconds: 10,
    iterations: 100,
    max_increment: 2.0,
    ..CONFORMANCE
};

const SHOP_V1: Row = Row { books: (0, 5), ..page("productpage-v1", 33.0) };
const SHOP_V2: Row = Row { books: (30, 50), delay: (0.2, 1000.0), ..page("productpage-v2", 50.0) };
const SHOP_V3: Row = Row { books: (10, 20), ..page("productpage-v3", 36.0) };
const AB: Ready = Ready {
    versions: &[SHOP_V1, SHOP_V3],
    rules: &[
        limit(LATENCY, LATENCY, "relative", 1.6),
        limit(ERRORS, ERRORS, "absolute", 0.05),
        Rule { id: BOOKS, metric: BOOKS, limit: None },
    ],
    interval_seconds: 20,
    iterations: 10,
    max_increment: 10.0,
    ..CONFORMANCE
};
const ABN: Ready = Ready {
    versions: &[SHOP_V1, SHOP_V2, SHOP_V3],
    rules: &[
        limit(LATENCY, LATENCY, "relative", 1.6),
        limit(ERRORS, ERRORS, "absolute", 0.05),
        limit(QUICK, QUICK, "absolute", 0.95),
        Rule { id: BOOKS, metric: BOOKS, limit: None },
    ],
    ..AB
};

const AA: Ready = Ready {
    versions: &[rates("v1", 0.01, 0.1), rates("v2", 0.01, 0.1)],
    rules: &[limit("errors", ERRORS, "absolute", 0.05), Rule { id: "conversions", metric: CONVERSIONS, limit: None }],
    requests_per_second: 20.0,
    interval_seconds: 30,
    iterations: 100,
    max_increment: 10.0,
    ..CONFORMANCE
};
const ABN_MANY: Ready = Ready {
    versions: &[
        rates("v0", 0.01, 0.1),
        rates("v1", 0.01, 0.1),
        rates("v2", 0.01, 0.1),
        rates("v3", 0.01, 0.1),
        rates("v4", 0.01, 0.1),
        rates("v5", 0.01, 0.1),
        rates("v6", 0.01, 0.1),
        rates("v7", 0.01, 0.1),
        rates("v8", 0.01, 0.1),
        rates("v9", 0.01, 0.1),
        rates("v10", 0.01, 0.15),
    ],
    requests_per_second: 100.0,
    ..AA
};
const DRIFT: Ready = Ready {
    versions: &[rates("v1", 0.04, 0.0), rates("v2", 0.04, 0.0)],
    rules: &[limit("errors", ERRORS, "relative", 1.0)],
    drift: &[(0.0, 1.0), (50.0, 0.25)],
    iterations: 51,
    max_increment: 2.0,
    ..AA
};
const INCIDENT: Ready = Ready {
    versions: &[rates("v1", 0.01, 0.0), rates("v2", 0.01, 0.0)],
    rules: &[limit("errors", ERRORS, "relative", 1.5)],
    incident: Some((20, 30, 10.0)),
    drift: &[],
    ..DRIFT
};
const OVERDISPERSION: Ready = Ready {
    versions: &[rates("v1", 0.01, 0.0), rates("v2", 0.01, 0.0)],
    rules: &[limit("errors", ERRORS, "relative", 1.0)],
    icc: 0.01,
    interval_seconds: 50,
    max_increment: 0.0,
    is_halved: true,
    ..AA
};
const HEAVY_TAILS: Ready = Ready {
    versions: &[Row { sigma: 1.5, ..page("v1", 100.0) }, Row { sigma: 1.5, ..page("v2", 100.0) }],
    rules: &[limit("latency", LATENCY, "relative", 1.0)],
    max_increment: 0.0,
    is_halved: true,
    ..AA
};

const LATENCY: &str = "iter8_mean_latency";
const ERRORS: &str = "iter8_error_rate";
const QUICK: &str = "le_500_ms_latency_percentile";
const BOOKS: &str = "mean_books_purchased";
const CONVERSIONS: &str = "conversion_rate";
