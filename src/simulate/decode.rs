//! A world's JSON -> a checked world, or all of its faults at once with their paths.
//!
//! A name stands for a ready world (`worlds`); an object may name one as `base`, whose fields it replaces one by one.
//! Criteria and what else the experiment says are passed on as they are: the engine checks them in its own words.
//!
//! Not here: what a world is (`world`).

use serde_json::{Map, Value};

use super::latency::{Latency, MEAN_DEFAULT, SHAPE_DEFAULT, Shape};
use super::world::{Incident, Split, Version, World};
use super::worlds::READY;
use crate::error::Error;
use crate::stats::math::floor;
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::request::{METHODS, STRATEGIES, each, present};

/// The names of the ready worlds.
pub fn names() -> Vec<String> {
    READY.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The world in `value`.
pub(super) fn decode(value: &Value) -> Result<World, Error> {
    let mut decoder = Decoder::default();
    match world(&mut decoder, value) {
        Some(world) if !decoder.has_failed() => Ok(world),
        _ => Err(decoder.into_error()),
    }
}

/// A ready world's name, or an object whose fields replace those of its `base`.
fn world(decoder: &mut Decoder, value: &Value) -> Option<World> {
    if let Value::String(name) = value {
        return Some(World { name: name.clone(), ..decoder.choice(value, Path::Root, READY)?.world() });
    }
    let members = &*decoder.object(value, Path::Root)?;
    let named = present(members, "base");
    let base = match named {
        Some(base) => decoder.choice(base, BASE, READY)?.world(),
        None => World::default(),
    };
    own(decoder, members, base, named.and_then(Value::as_str).unwrap_or("world"))
}

fn own(decoder: &mut Decoder, members: &Map<String, Value>, base: World, base_name: &str) -> Option<World> {
    let root = Path::Root;
    let name = match present(members, "name") {
        Some(value) => decoder.text(value, root.key("name")),
        None => Some(base_name.to_owned()),
    };
    let versions = match present(members, "versions") {
        None if !base.versions.is_empty() => Some(base.versions),
        _ => decoder
            .required(members, "versions", root)
            .and_then(|value| each(decoder, value, root.key("versions"), version)),
    };
    if let Some(versions) = &versions {
        check_versions(decoder, versions, root.key("versions"));
    }
    let count = versions.as_ref().map_or(0, Vec::len);
    let number = |decoder: &mut Decoder, key: &str, base: f64, lower: f64, upper: f64| match present(members, key) {
        Some(value) => decoder.float_within(value, root.key(key), lower, upper),
        None => Some(base),
    };
    let requests_per_second =
        number(decoder, "requests_per_second", base.requests_per_second, 0.0, REQUESTS_PER_SECOND_MAX);
    let interval_seconds = number(decoder, "interval_seconds", base.interval_seconds as f64, 1.0, SECONDS_MAX);
    let iterations = number(decoder, "iterations", base.iterations as f64, 1.0, ITERATIONS_MAX);
    let icc = number(decoder, "icc", base.icc, 0.0, 0.5);
    let noise = number(decoder, "noise", base.noise, 0.0, 2.0);
    let strategy = named(decoder, members, "strategy", STRATEGIES, base.strategy);
    let method = named(decoder, members, "method", METHODS, base.method);
    let states = &[("echoed", true), ("pruned", false)];
    let last_state = named(decoder, members, "last_state", states, base.echoes_last_state);
    let data = &[("intervals", true), ("totals", false)];
    let observations = named(decoder, members, "observations", data, base.gives_intervals);
    let list = |decoder: &mut Decoder, key: &str, base: Vec<(f64, f64)>| match present(members, key) {
        Some(value) => each(decoder, value, root.key(key), pair),
        None => Some(base),
    };
    let drift = list(decoder, "drift", base.drift);
    let blocks = list(decoder, "blocks", Vec::new());
    let incident = match present(members, "incident") {
        Some(value) => incident(decoder, value, root.key("incident")).map(Some),
        None => Some(base.incident),
    };
    let split = match present(members, "split") {
        Some(value) => split(decoder, value, root.key("split")),
        None => Some(base.split),
    };
    if let Some(Split::Given(rows)) = &split {
        check_split(decoder, rows, count, root.key("split"));
    }
    let given = |key: &str, base: Option<Value>| present(members, key).cloned().or(base);
    Some(World {
        name: name?,
        versions: versions?,
        requests_per_second: requests_per_second?,
        interval_seconds: interval_seconds? as u64,
        blocks: blocks?.into_iter().map(|(count, seconds)| (count as usize, floor(seconds).max(1.0) as u64)).collect(),
        iterations: iterations? as usize,
        criteria: present(members, "criteria").cloned().unwrap_or(base.criteria),
        strategy: strategy?,
        max_increment: given("max_increment", base.max_increment),
        alpha: given("alpha", base.alpha),
        rollback: given("rollback", base.rollback),
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

/// One of `names`; `base` where nothing is said.
fn named<T: Copy>(
    decoder: &mut Decoder,
    members: &Map<String, Value>,
    key: &str,
    names: &[(&str, T)],
    base: T,
) -> Option<T> {
    match present(members, key) {
        Some(value) => decoder.choice(value, Path::Root.key(key), names),
        None => Some(base),
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
        None => Some(Latency::of_mean(MEAN_DEFAULT)),
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
    let mean = number(decoder, "mean", MEAN_DEFAULT, 1e-6, 1e9);
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

/// `[number, number]`.
fn pair(decoder: &mut Decoder, value: &Value, path: Path) -> Option<(f64, f64)> {
    let pair = each(decoder, value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 1e6))?;
    match pair[..] {
        [one, other] => Some((one, other)),
        _ => {
            decoder.fail(path, "value_error.pair", "not two numbers");
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
fn split(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Split> {
    if value.is_string() {
        return decoder.choice(value, path, &[("recommended", ())]).map(|()| Split::Recommended);
    }
    let is_one = value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_number));
    let row = |decoder: &mut Decoder, value: &Value, path: Path| {
        each(decoder, value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 100.0))
    };
    let rows = match is_one {
        true => vec![row(decoder, value, path)?],
        false => each(decoder, value, path, row)?,
    };
    Some(Split::Given(rows))
}

fn check_split(decoder: &mut Decoder, rows: &[Vec<f64>], versions: usize, path: Path) {
    if rows.is_empty() {
        decoder.fail(path, "value_error.split", "no row of percents");
    }
    for row in rows {
        let sum: f64 = row.iter().sum();
        if row.len() != versions || !((sum - 100.0).abs() < 1e-6) {
            let message = format!(
                "{} percents that sum to {}, not one for each of {versions} versions and 100",
                row.len(),
                digits::plain(sum)
            );
            return decoder.fail(path, "value_error.split", message);
        }
    }
}

const BASE: Path = Path::Key(&Path::Root, "base");
const SECONDS_MAX: f64 = 86_400.0;
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
