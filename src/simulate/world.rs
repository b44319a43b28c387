//! A world's JSON -> a checked world, or all of its faults at once with their paths.
//!
//! A name stands for a ready world (`worlds.json`); an object may name one as `base`, whose fields it replaces one by one.
//! Criteria and what else the experiment says are passed on as they are: the engine checks them in its own words.
//!
//! Not here: what happens in a world.

use serde_json::{Map, Value};

use super::latency::{Latency, Shape};
use crate::error::Error;
use crate::wire::assessment::Method;
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::request::{METHODS, STRATEGIES, Strategy, each, present};

/// A world that makes sense.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct World {
    pub(super) name: String,
    /// The baseline, then the candidates.
    pub(super) versions: Vec<Version>,
    pub(super) requests_per_second: f64,
    pub(super) interval_seconds: u64,
    pub(super) iterations: usize,
    /// As in an experiment.
    pub(super) criteria: Value,
    pub(super) strategy: Strategy,
    pub(super) max_increment: Option<Value>,
    pub(super) alpha: Option<Value>,
    pub(super) rollback: Option<Value>,
    pub(super) method: Method,
    /// Points (interval, factor) between which the factor of rates and times is a straight line.
    pub(super) drift: Vec<(f64, f64)>,
    pub(super) incident: Option<Incident>,
    /// How alike an interval's requests are: the correlation of two of them.
    pub(super) icc: f64,
    /// Relative standard deviation of an interval's mean time around the version's.
    pub(super) noise: f64,
    pub(super) echoes_last_state: bool,
    pub(super) gives_intervals: bool,
    pub(super) split: Split,
}

/// How one version answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) error_rate: f64,
    pub(super) conversion_rate: f64,
    pub(super) latency: Latency,
    /// What a request that does not fail buys: each whole number from the first to the second alike.
    pub(super) books: (u64, u64),
}

/// Intervals in which rates and times of some versions are multiplied.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incident {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) factor: f64,
    /// Ids; empty: all versions.
    pub(super) versions: Vec<String>,
}

/// What routes requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Split {
    /// What the engine recommends.
    Recommended,
    /// Percents for each version, one row an interval, in turn; at least one row.
    Given(Vec<Vec<f64>>),
}

/// The names of the ready worlds.
pub fn names() -> Vec<String> {
    ready().keys().cloned().collect()
}

/// The world in `value`.
pub(super) fn decode(value: &Value) -> Result<World, Error> {
    let mut decoder = Decoder::default();
    let world = whole(&mut decoder, value).and_then(|members| world(&mut decoder, &members));
    match world {
        Some(world) if !decoder.has_failed() => Ok(world),
        _ => Err(decoder.into_error()),
    }
}

/// The ready worlds by their names.
fn ready() -> Map<String, Value> {
    // INVARIANT: a unit test reads the file.
    serde_json::from_str(include_str!("worlds.json")).unwrap_or_default()
}

/// The members of a world whose base is filled in.
fn whole(decoder: &mut Decoder, value: &Value) -> Option<Map<String, Value>> {
    let (own, base) = match value {
        Value::String(_) => (Map::new(), Some((value, Path::Root))),
        _ => {
            let own = decoder.object(value, Path::Root)?.into_owned();
            (own, present(value.as_object()?, "base").map(|base| (base, BASE)))
        }
    };
    let Some((base, path)) = base else { return Some(own) };
    let ready = ready();
    let names: Vec<(&str, &Value)> = ready.iter().map(|(name, world)| (name.as_str(), world)).collect();
    let mut members = decoder.choice(base, path, &names)?.as_object()?.clone();
    members.insert("name".to_owned(), base.clone());
    members.extend(own);
    Some(members)
}

fn world(decoder: &mut Decoder, members: &Map<String, Value>) -> Option<World> {
    let root = Path::Root;
    let name = present(members, "name").and_then(|value| decoder.text(value, root.key("name")));
    let versions = decoder
        .required(members, "versions", root)
        .and_then(|value| each(decoder, value, root.key("versions"), version));
    if let Some(versions) = &versions {
        check_versions(decoder, versions, root.key("versions"));
    }
    let count = versions.as_ref().map_or(0, Vec::len);
    let number = |decoder: &mut Decoder, key: &str, default: f64, lower: f64, upper: f64| match present(members, key) {
        Some(value) => decoder.float_within(value, root.key(key), lower, upper),
        None => Some(default),
    };
    let requests_per_second = number(decoder, "requests_per_second", 10.0, 0.0, REQUESTS_PER_SECOND_MAX);
    let interval_seconds = number(decoder, "interval_seconds", 30.0, 1.0, 86_400.0);
    let iterations = number(decoder, "iterations", 100.0, 1.0, ITERATIONS_MAX);
    let icc = number(decoder, "icc", 0.0, 0.0, 0.5);
    let noise = number(decoder, "noise", 0.0, 0.0, 2.0);
    let strategy = match present(members, "strategy") {
        Some(value) => decoder.choice(value, root.key("strategy"), STRATEGIES),
        None => Some(Strategy::Progressive),
    };
    let method = match present(members, "method") {
        Some(value) => decoder.choice(value, root.key("method"), METHODS),
        None => Some(Method::Sequential),
    };
    let last_state = named(decoder, members, "last_state", &[("echoed", true), ("pruned", false)]);
    let observations = named(decoder, members, "observations", &[("intervals", true), ("totals", false)]);
    let drift = match present(members, "drift") {
        Some(value) => each(decoder, value, root.key("drift"), point),
        None => Some(Vec::new()),
    };
    let incident = match present(members, "incident") {
        Some(value) => incident(decoder, value, root.key("incident")).map(Some),
        None => Some(None),
    };
    let split = match present(members, "split") {
        Some(value) => split(decoder, value, root.key("split"), count),
        None => Some(Split::Recommended),
    };
    let as_it_is = |key: &str| present(members, key).cloned();
    Some(World {
        name: name.unwrap_or_else(|| "world".to_owned()),
        versions: versions?,
        requests_per_second: requests_per_second?,
        interval_seconds: interval_seconds? as u64,
        iterations: iterations? as usize,
        criteria: as_it_is("criteria").unwrap_or_else(|| Value::Array(Vec::new())),
        strategy: strategy?,
        max_increment: as_it_is("max_increment"),
        alpha: as_it_is("alpha"),
        rollback: as_it_is("rollback"),
        method: method?,
        drift: drift?,
        incident: incident?,
        icc: icc?,
        noise: noise?,
        echoes_last_state: last_state?,
        gives_intervals: observations?,
        split: split?,
    })
}

/// One of two names, the first where nothing is said.
fn named(decoder: &mut Decoder, members: &Map<String, Value>, key: &str, names: &[(&str, bool)]) -> Option<bool> {
    match present(members, key) {
        Some(value) => decoder.choice(value, Path::Root.key(key), names),
        None => Some(true),
    }
}

fn check_versions(decoder: &mut Decoder, versions: &[Version], path: Path) {
    if versions.is_empty() || versions.len() > VERSIONS_MAX {
        let message = format!("{} versions, allowed are 1 to {VERSIONS_MAX}", versions.len());
        decoder.fail(path, "value_error.list", message);
    }
    for (index, version) in versions.iter().enumerate() {
        if versions[..index].iter().any(|other| other.id == version.id) {
            let message = format!("`{}` is another version's id", crate::error::shorten(&version.id, ID_LENGTH_MAX));
            decoder.fail(path.index(index).key("id"), "value_error.id", message);
        }
    }
}

fn version(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Version> {
    let members = &*decoder.object(value, path)?;
    let id = decoder.required(members, "id", path).and_then(|value| decoder.id(value, path.key("id")));
    let share = |decoder: &mut Decoder, key: &str| match present(members, key) {
        Some(value) => decoder.float_within(value, path.key(key), 0.0, 1.0),
        None => Some(0.0),
    };
    let (error_rate, conversion_rate) = (share(decoder, "error_rate"), share(decoder, "conversion_rate"));
    let latency = match present(members, "latency_ms") {
        Some(value) => latency(decoder, value, path.key("latency_ms")),
        None => Some(LATENCY_DEFAULT),
    };
    let books = match present(members, "books") {
        Some(value) => books(decoder, value, path.key("books")),
        None => Some((0, 0)),
    };
    Some(Version {
        id: id?,
        error_rate: error_rate?,
        conversion_rate: conversion_rate?,
        latency: latency?,
        books: books?,
    })
}

fn latency(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Latency> {
    let members = &*decoder.object(value, path)?;
    let number = |decoder: &mut Decoder, key: &str, default: f64, lower: f64, upper: f64| match present(members, key) {
        Some(value) => decoder.float_within(value, path.key(key), lower, upper),
        None => Some(default),
    };
    let mean = number(decoder, "mean", LATENCY_DEFAULT.mean, 1e-6, 1e9);
    let delay_probability = number(decoder, "delay_probability", 0.0, 0.0, 1.0);
    let delay_ms = number(decoder, "delay_ms", 0.0, 0.0, 1e9);
    let shape = number(decoder, "shape", SHAPE_DEFAULT, 0.05, 1e4);
    let sigma = number(decoder, "sigma", 1.0, 1e-3, 3.0);
    let exponent = number(decoder, "exponent", 2.5, 1.1, 100.0);
    let distribution = match present(members, "distribution") {
        Some(value) => {
            decoder.choice(value, path.key("distribution"), &[("gamma", 0), ("lognormal", 1), ("pareto", 2)])
        }
        None => Some(0),
    };
    let shape = match distribution? {
        0 => Shape::Gamma { shape: shape? },
        1 => Shape::Lognormal { sigma: sigma? },
        _ => Shape::Pareto { exponent: exponent? },
    };
    Some(Latency { shape, mean: mean?, delay_probability: delay_probability?, delay_ms: delay_ms? })
}

/// `[least, most]`.
fn books(decoder: &mut Decoder, value: &Value, path: Path) -> Option<(u64, u64)> {
    let ends = each(decoder, value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, BOOKS_MAX))?;
    match ends[..] {
        [least, most] if least <= most => Some((least as u64, most as u64)),
        _ => {
            decoder.fail(path, "value_error.range", "not two numbers, the least and the most");
            None
        }
    }
}

/// `[interval, factor]`.
fn point(decoder: &mut Decoder, value: &Value, path: Path) -> Option<(f64, f64)> {
    let pair = each(decoder, value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 1e6))?;
    match pair[..] {
        [interval, factor] => Some((interval, factor)),
        _ => {
            decoder.fail(path, "value_error.point", "not two numbers, an interval and a factor");
            None
        }
    }
}

fn incident(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Incident> {
    let members = &*decoder.object(value, path)?;
    let number = |decoder: &mut Decoder, key: &str| {
        decoder.required(members, key, path).and_then(|value| decoder.float_within(value, path.key(key), 0.0, 1e6))
    };
    let (from, to, factor) = (number(decoder, "from"), number(decoder, "to"), number(decoder, "factor"));
    let versions = match present(members, "versions") {
        Some(value) => each(decoder, value, path.key("versions"), Decoder::id),
        None => Some(Vec::new()),
    };
    Some(Incident { from: from? as u64, to: to? as u64, factor: factor?, versions: versions? })
}

/// `"recommended"`, one row of percents, or rows that take turns.
fn split(decoder: &mut Decoder, value: &Value, path: Path, versions: usize) -> Option<Split> {
    if value.is_string() {
        return decoder.choice(value, path, &[("recommended", ())]).map(|()| Split::Recommended);
    }
    let is_one = value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_number));
    let rows = match is_one {
        true => vec![row(decoder, value, path, versions)?],
        false => each(decoder, value, path, |decoder, value, path| row(decoder, value, path, versions))?,
    };
    if rows.is_empty() {
        decoder.fail(path, "value_error.split", "no row of percents");
        return None;
    }
    Some(Split::Given(rows))
}

fn row(decoder: &mut Decoder, value: &Value, path: Path, versions: usize) -> Option<Vec<f64>> {
    let row = each(decoder, value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 100.0))?;
    let sum: f64 = row.iter().sum();
    if row.len() != versions || !((sum - 100.0).abs() < 1e-6) {
        let message = format!(
            "{} percents that sum to {}, not one for each of {versions} versions and 100",
            row.len(),
            digits::plain(sum)
        );
        decoder.fail(path, "value_error.split", message);
        return None;
    }
    Some(row)
}

const BASE: Path = Path::Key(&Path::Root, "base");
/// The time of a version that says none.
const LATENCY_DEFAULT: Latency =
    Latency { shape: Shape::Gamma { shape: SHAPE_DEFAULT }, mean: 50.0, delay_probability: 0.0, delay_ms: 0.0 };
/// A standard deviation of half the mean, as of a quick web page.
const SHAPE_DEFAULT: f64 = 4.0;
const ITERATIONS_MAX: f64 = 1000.0;
const VERSIONS_MAX: usize = 20;
const REQUESTS_PER_SECOND_MAX: f64 = 1e6;
const BOOKS_MAX: f64 = 1e6;
const ID_LENGTH_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fail(value: Value) -> String {
        decode(&value).unwrap_err().to_string()
    }

    #[test]
    fn every_ready_world_makes_sense() {
        assert!(names().len() >= 11);
        for name in names() {
            assert_eq!(decode(&json!(name)).map(|world| world.name), Ok(name));
        }
    }

    #[test]
    fn a_field_replaces_the_base_s() {
        let world = decode(&json!({"base": "canary", "iterations": 3})).unwrap();
        assert_eq!((world.iterations, world.interval_seconds), (3, 15));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let message = fail(json!({
            "versions": [{"id": "v1", "error_rate": 2}, {"id": "v2", "books": [3, 1]}],
            "iterations": 2000,
            "split": [50],
        }));
        let lines = [
            "versions[0].error_rate: ensure this value is less than or equal to 1.0",
            "versions[1].books: not two numbers, the least and the most",
            "iterations: ensure this value is less than or equal to 1000.0",
            "split: 1 percents that sum to 50, not one for each of 0 versions and 100",
        ];
        assert_eq!(message.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn an_unknown_world_is_told_which_there_are() {
        assert!(fail(json!("nowhere")).contains("permitted: 'conformance', 'canary'"));
        assert!(fail(json!({"base": "nowhere"})).starts_with("base: "));
    }
}
