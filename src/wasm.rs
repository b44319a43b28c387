//! The JavaScript host: the engine's functions for whoever loads the WebAssembly module.
//!
//! Arguments come in through a walk of our own (`walk`), are decoded by the engine as over HTTP, and results go out as
//! JSON text through `JSON.parse`, so that they are plain objects, nulls stay nulls and no key is lost. A fault is
//! thrown as an `Error` named `Iter8Error` that has the words of the HTTP reply, the path, and all faults.
//!
//! Not here: loading the module (pkg/index.js), fetching what `queries` asks for (the caller's part).

mod exception;
mod walk;

use js_sys::JSON;
use serde::Serialize;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::{Error, Input};
use crate::wire::decode::{Decoder, Path};
use crate::wire::request::{self, METHODS};
use crate::wire::write;
use crate::{Experiment, MetricData, Options, Settings, SimulateOptions};
use walk::Walk;

/// The array of what to ask the metrics backend next, after the `answers` so far.
#[wasm_bindgen]
pub fn queries(experiment: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let experiment = walk.read(experiment, Input::Experiment)?;
        let members = walk.read_options(options, &["now", "answers"])?;
        walk.finish()?;
        let options = decode_options(&members, &experiment)?;
        let experiment = Experiment::parse(&experiment, MetricData::Fetched, &options.settings)?;
        let answers = members.get("answers").filter(|answers| !answers.is_null());
        reply(&experiment.queries(&options, answers.map_or(Ok(&[][..]), list)?)?)
    })
}

/// Observations from the backend's `answers`.
#[wasm_bindgen]
pub fn observe(experiment: &JsValue, answers: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let experiment = walk.read(experiment, Input::Experiment)?;
        let answers = walk.read(answers, Input::Answers)?;
        let members = walk.read_options(options, &["now"])?;
        walk.finish()?;
        let options = decode_options(&members, &experiment)?;
        let experiment = Experiment::parse(&experiment, MetricData::Fetched, &options.settings)?;
        reply(&experiment.observe(list(&answers)?, &options)?)
    })
}

/// The assessment of `experiment` given `observations`; undefined or null: its own.
#[wasm_bindgen]
pub fn assess(experiment: &JsValue, observations: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let experiment = walk.read(experiment, Input::Experiment)?;
        let observations = walk.read(observations, Input::Observations)?;
        let members = walk.read_options(options, &["now", "method", "seed"])?;
        walk.finish()?;
        let options = decode_options(&members, &experiment)?;
        let experiment = Experiment::parse(&experiment, MetricData::Given, &options.settings)?;
        if observations.is_null() {
            return reply(&experiment.assess(experiment.own_observations()?, &options));
        }
        reply(&experiment.assess(&experiment.read_observations(&observations)?, &options))
    })
}

/// What an experiment in `world` sees and decides, iteration by iteration.
#[wasm_bindgen]
pub fn simulate(world: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let world = walk.read(world, Input::Experiment)?;
        let members = walk.read_options(options, &["seed", "method", "alpha", "assessments"])?;
        walk.finish()?;
        reply(&crate::simulate(&world, &SimulateOptions::decode(&members)?)?)
    })
}

/// The experiments among documents of Kubernetes: Experiment resources, lists, the ConfigMap with metrics.
#[wasm_bindgen(js_name = fromResource)]
pub fn from_resource(documents: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let documents = walk.read(documents, Input::Documents)?;
        walk.finish()?;
        reply(&crate::from_resource(&documents)?)
    })
}

/// The status of the Experiment resource `document` once the controller has `assessment`.
#[wasm_bindgen(js_name = toStatus)]
pub fn to_status(document: &JsValue, assessment: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let mut walk = Walk::default();
        let document = walk.read(document, Input::Documents)?;
        let assessment = walk.read(assessment, Input::Assessment)?;
        walk.finish()?;
        reply(&crate::to_status(&document, &assessment)?)
    })
}

/// The engine's version.
#[wasm_bindgen]
pub fn version() -> String {
    crate::version().to_owned()
}

/// Says on the console where a debug build panicked.
#[cfg(debug_assertions)]
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Why a call gives nothing.
enum Failure {
    /// The input is wrong.
    Input(Error),
    /// JavaScript did not do what was asked of it.
    Host(JsValue),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Input(error)
    }
}

fn run(call: impl FnOnce() -> Result<JsValue, Failure>) -> Result<JsValue, JsValue> {
    call().map_err(|failure| match failure {
        Failure::Input(error) => exception::from_error(&error),
        Failure::Host(thrown) => thrown,
    })
}

/// `value` as JavaScript's own objects.
fn reply(value: &impl Serialize) -> Result<JsValue, Failure> {
    JSON::parse(&write::to_text(value)).map_err(Failure::Host)
}

fn list(answers: &Value) -> Result<&[Value], Failure> {
    let mut decoder = Decoder::default();
    let root = Path::Root;
    match decoder.list(answers, root.key("answers")) {
        Some(list) => Ok(list),
        None => Err(decoder.into_error().into()),
    }
}

fn decode_options(members: &Map<String, Value>, experiment: &Value) -> Result<Options, Failure> {
    let root = Path::Root;
    let mut decoder = Decoder::default();
    let present = |key: &str| members.get(key).filter(|value| !value.is_null());
    let now = decoder.required(members, "now", root).and_then(|value| decoder.instant(value, root.key("now")));
    let method = present("method").and_then(|value| decoder.choice(value, root.key("method"), METHODS));
    let seed = present("seed").and_then(|value| request::seed(&mut decoder, value, root.key("seed")));
    let Some(now) = now.filter(|_| !decoder.has_failed()) else {
        return Err(decoder.into_error().into());
    };
    // The host is asked for entropy only by those who want it: all other calls are functions of their arguments.
    let is_random = |value: Option<&Value>| value.and_then(Value::as_str) == Some("random");
    let entropy = if is_random(present("seed")) || is_random(experiment.get("seed")) { entropy()? } else { 0 };
    Ok(Options { now, method, seed, entropy, settings: Settings::default() })
}

fn entropy() -> Result<u64, Failure> {
    getrandom::u64().map_err(|_| Failure::Host(JsError::new("this host gives no random numbers").into()))
}
