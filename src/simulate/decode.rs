//! A world's JSON -> a checked world, or all of its faults at once with their paths.
//!
//! A name stands for a ready world (`worlds`); an object may name one as `base`, whose fields it replaces one by one.
//! Criteria and what else the experiment says are passed on as they are: the engine checks them in its own words.
//!
//! Not here: what a world is (`world`).

use serde_json::Value;

use super::latency::{Latency, MEAN_DEFAULT, SHAPE_DEFAULT, Shape};
use super::world::{Incident, Split, Version, World};
use super::worlds::READY;
use crate::error::Error;
use crate::stats::math::floor;
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::fields::Fields;
use crate::wire::request::{METHODS, STRATEGIES};

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
        let mut world = ready(decoder, value, Path::Root)?;
        world.name.clone_from(name);
        return Some(world);
    }
    decoder.opened(value, Path::Root, |decoder, fields| {
        let mut world = fields.optional(decoder, "base", ready).unwrap_or_default();
        world.name = fields.present("base").and_then(Value::as_str).unwrap_or("world").to_owned();
        replace(decoder, fields, &mut world);
        world
    })
}

fn ready(decoder: &mut Decoder, value: &Value, path: Path) -> Option<World> {
    decoder.choice(value, path, READY).map(|ready| ready.world())
}

/// Puts what `fields` say in the place of what `world` has.
fn replace(decoder: &mut Decoder, fields: &Fields, world: &mut World) {
    put(&mut world.name, fields.optional(decoder, "name", Decoder::text));
    if world.versions.is_empty() || fields.present("versions").is_some() {
        let versions = fields.required(decoder, "versions", |decoder, value, path| decoder.each(value, path, version));
        if let Some(versions) = &versions {
            check_versions(decoder, versions, fields.at("versions"));
        }
        world.versions = versions.unwrap_or_default();
    }
    put(&mut world.requests_per_second, fields.within(decoder, "requests_per_second", 0.0, REQUESTS_PER_SECOND_MAX));
    put(&mut world.interval_seconds, whole(decoder, fields, "interval_seconds", 1.0, SECONDS_MAX));
    let iterations = whole(decoder, fields, "iterations", 1.0, ITERATIONS_MAX);
    put(&mut world.iterations, iterations.map(|iterations| iterations as usize));
    put(&mut world.icc, fields.within(decoder, "icc", 0.0, 0.5));
    put(&mut world.noise, fields.within(decoder, "noise", 0.0, 2.0));
    put(&mut world.strategy, fields.choice(decoder, "strategy", STRATEGIES));
    put(&mut world.method, fields.choice(decoder, "method", METHODS));
    let states = &[("echoed", true), ("pruned", false)];
    put(&mut world.echoes_last_state, fields.choice(decoder, "last_state", states));
    let data = &[("intervals", true), ("totals", false)];
    put(&mut world.gives_intervals, fields.choice(decoder, "observations", data));
    put(&mut world.drift, fields.optional(decoder, "drift", pairs));
    if world.drift.windows(2).any(|two| two[1].0 < two[0].0) {
        decoder.fail(fields.at("drift"), "value_error.order", "its points are out of order");
    }
    let blocks = fields.optional(decoder, "blocks", pairs).unwrap_or_default();
    world.blocks = blocks.iter().map(|(count, seconds)| (*count as usize, floor(*seconds).max(1.0) as u64)).collect();
    if let Some(incident) = fields.optional(decoder, "incident", incident) {
        check_incident(decoder, &incident, &world.versions, fields.at("incident"));
        world.incident = Some(incident);
    }
    if fields.present("split").is_some() {
        world.split = fields.optional(decoder, "split", split).unwrap_or(Split::Recommended);
    }
    if let Split::Given(rows) = &world.split {
        check_split(decoder, rows, world.versions.len(), fields.at("split"));
    }
    // Here, where its path is the world's: the experiment has it elsewhere.
    fields.within(decoder, "max_increment", 0.0, 100.0);
    put(&mut world.criteria, fields.present("criteria").cloned());
    for (key, value) in
        [("max_increment", &mut world.max_increment), ("alpha", &mut world.alpha), ("rollback", &mut world.rollback)]
    {
        if let Some(given) = fields.present(key) {
            *value = Some(given.clone());
        }
    }
}

fn put<T>(field: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *field = given;
    }
}

/// A whole number within `lower..=upper` that may be absent or null.
#[inline(never)]
fn whole(decoder: &mut Decoder, fields: &Fields, key: &str, lower: f64, upper: f64) -> Option<u64> {
    let number = fields.within(decoder, key, lower, upper)?;
    if floor(number) != number {
        decoder.fail(fields.at(key), "type_error.integer", "value is not a valid integer");
        return None;
    }
    Some(number as u64)
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
    decoder.opened(value, path, |decoder, fields| {
        let id = fields.required(decoder, "id", Decoder::id);
        let error_rate = fields.within(decoder, "error_rate", 0.0, 1.0).unwrap_or(0.0);
        let conversion_rate = fields.within(decoder, "conversion_rate", 0.0, 1.0).unwrap_or(0.0);
        let latency = fields.optional(decoder, "latency_ms", latency).unwrap_or(Latency::of_mean(MEAN_DEFAULT));
        let books = fields.optional(decoder, "books", books).unwrap_or((0, 0));
        Some(Version { id: id?, error_rate, conversion_rate, latency, books })
    })?
}

fn latency(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Latency> {
    decoder.opened(value, path, |decoder, fields| {
        let mut number = |key: &str, default: f64, lower: f64, upper: f64| {
            fields.within(decoder, key, lower, upper).unwrap_or(default)
        };
        let mean = number("mean", MEAN_DEFAULT, 1e-6, 1e9);
        let delay_probability = number("delay_probability", 0.0, 0.0, 1.0);
        let delay_ms = number("delay_ms", 0.0, 0.0, 1e9);
        let shape = number("shape", SHAPE_DEFAULT, 0.05, 1e4);
        let sigma = number("sigma", 1.0, 1e-3, 3.0);
        let exponent = number("exponent", 2.5, 1.1, 100.0);
        let shapes = [
            ("gamma", Shape::Gamma { shape }),
            ("lognormal", Shape::Lognormal { sigma }),
            ("pareto", Shape::Pareto { exponent }),
        ];
        let shape = fields.choice(decoder, "distribution", &shapes).unwrap_or(shapes[0].1);
        Latency { shape, mean, delay_probability, delay_ms }
    })
}

/// `[least, most]`.
fn books(decoder: &mut Decoder, value: &Value, path: Path) -> Option<(u64, u64)> {
    let ends = decoder.each(value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, BOOKS_MAX))?;
    match ends[..] {
        [least, most] if least <= most => Some((least as u64, most as u64)),
        _ => {
            decoder.fail(path, "value_error.range", "not two numbers, the least and the most");
            None
        }
    }
}

fn pairs(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<(f64, f64)>> {
    decoder.each(value, path, pair)
}

fn check_incident(decoder: &mut Decoder, incident: &Incident, versions: &[Version], path: Path) {
    for (index, id) in incident.versions.iter().enumerate() {
        if !versions.iter().any(|version| version.id == *id) {
            decoder.fail(path.key("versions").index(index), "value_error.id", "not the id of a version");
        }
    }
}

/// `[number, number]`.
fn pair(decoder: &mut Decoder, value: &Value, path: Path) -> Option<(f64, f64)> {
    let pair = decoder.each(value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 1e6))?;
    match pair[..] {
        [one, other] => Some((one, other)),
        _ => {
            decoder.fail(path, "value_error.pair", "not two numbers");
            None
        }
    }
}

fn incident(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Incident> {
    decoder.opened(value, path, |decoder, fields| {
        for key in ["from", "to"] {
            fields.needed(decoder, key);
        }
        let from = whole(decoder, fields, "from", 0.0, 1e6).unwrap_or(0);
        let to = whole(decoder, fields, "to", 0.0, 1e6).unwrap_or(u64::MAX);
        if from > to {
            decoder.fail(fields.at("to"), "value_error.range", "it is before from");
        }
        let factor =
            fields.required(decoder, "factor", |decoder, value, path| decoder.float_within(value, path, 0.0, 1e6));
        let factor = factor.unwrap_or(0.0);
        let versions =
            fields.optional(decoder, "versions", |decoder, value, path| decoder.each(value, path, Decoder::id));
        Incident { from, to, factor, versions: versions.unwrap_or_default() }
    })
}

/// `"recommended"`, one row of percents, or rows that take turns.
fn split(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Split> {
    if value.is_string() {
        return decoder.choice(value, path, &[("recommended", ())]).map(|()| Split::Recommended);
    }
    let is_one = value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_number));
    let rows = if is_one { vec![percents(decoder, value, path)?] } else { decoder.each(value, path, percents)? };
    Some(Split::Given(rows))
}

fn percents(decoder: &mut Decoder, value: &Value, path: Path) -> Option<Vec<f64>> {
    decoder.each(value, path, |decoder, value, path| decoder.float_within(value, path, 0.0, 100.0))
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
            "split: 1 percents that sum to 50, not one for each of 2 versions and 100",
        ];
        assert_eq!(message.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn what_would_pass_silently_is_a_fault_with_its_path() {
        let versions = json!([{"id": "a"}, {"id": "b"}]);
        for (field, value, message) in [
            ("max_increment", json!(101), "max_increment: ensure this value is less than or equal to 100.0"),
            ("iterations", json!(2.9), "iterations: value is not a valid integer"),
            ("incident", json!({"from": 5, "to": 2, "factor": 2}), "incident.to: it is before from"),
            ("incident", json!({"to": 2, "factor": 2}), "incident.from: field required"),
            (
                "incident",
                json!({"from": 1, "to": 2, "factor": 2, "versions": ["b", "c"]}),
                "incident.versions[1]: not the id of a version",
            ),
            ("drift", json!([[0, 1], [5, 1], [4, 1]]), "drift: its points are out of order"),
        ] {
            assert_eq!(fail(json!({"base": "canary", "versions": versions, field: value})), message);
        }
    }

    #[test]
    fn an_unknown_world_is_told_which_there_are() {
        assert!(fail(json!("nowhere")).contains("permitted: 'conformance', 'canary'"));
        assert!(fail(json!({"base": "nowhere"})).starts_with("base: "));
    }
}
