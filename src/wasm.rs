//! The JavaScript host: the engine's functions for whoever loads the WebAssembly module.
//!
//! Arguments and results cross as one list of numbers and one text each (`flat`). Arguments are decoded by the engine as
//! over HTTP, and results are what `JSON.parse` would make of its reply: plain objects, nulls stay nulls and no key is
//! lost. A fault is thrown as an `Error` named `Iter8Error` that has the words of the HTTP reply, the path, and all faults.
//!
//! Not here: loading the module (pkg/loader.js), fetching what `queries` asks for (the caller's part).

mod exception;
mod flat;

use serde::Serialize;
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use crate::error::{Error, Input};
use crate::wire::decode::{Decoder, Path};
use crate::wire::fields::Fields;
use crate::wire::request::{self, METHODS, present};
use crate::{Experiment, MetricData, Options, Settings, SimulateOptions};
use flat::{Flat, to_js};

/// The array of what to ask the metrics backend next, after the `answers` so far.
#[wasm_bindgen]
pub fn queries(experiment: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let call = Call::read((experiment, Input::Experiment), None, options, "now answers")?;
        let (experiment, options) = call.experiment(MetricData::Fetched)?;
        let answers = present(&call.options, "answers");
        reply(&experiment.queries(&options, answers.map_or(Ok(&[][..]), list)?)?)
    })
}

/// Observations from the backend's `answers`.
#[wasm_bindgen]
pub fn observe(experiment: &JsValue, answers: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let call = Call::read((experiment, Input::Experiment), Some((answers, Input::Answers)), options, "now")?;
        let (experiment, options) = call.experiment(MetricData::Fetched)?;
        reply(&experiment.observe(list(&call.second)?, &options)?)
    })
}

/// The assessment of `experiment` given `observations`; undefined or null: its own.
#[wasm_bindgen]
pub fn assess(experiment: &JsValue, observations: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let observations = Some((observations, Input::Observations));
        let call = Call::read((experiment, Input::Experiment), observations, options, "now method seed")?;
        let (experiment, options) = call.experiment(MetricData::Given)?;
        let given;
        let observations = if call.second.is_null() {
            experiment.own_observations()?
        } else {
            given = experiment.read_observations(&call.second)?;
            &given
        };
        reply(&experiment.assess(observations, &options))
    })
}

/// What an experiment in `world` sees and decides, iteration by iteration.
#[wasm_bindgen]
pub fn simulate(world: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let call = Call::read((world, Input::Experiment), None, options, "seed method alpha assessments")?;
        reply(&crate::simulate(&call.first, &SimulateOptions::decode(&call.options)?)?)
    })
}

/// The experiments among documents of Kubernetes: Experiment resources, lists, the ConfigMap with metrics.
#[wasm_bindgen(js_name = fromResource)]
pub fn from_resource(documents: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let call = Call::read((documents, Input::Documents), None, &JsValue::UNDEFINED, "")?;
        reply(&crate::from_resource(&call.first)?)
    })
}

/// The status of the Experiment resource `document` once the controller has `assessment`.
#[wasm_bindgen(js_name = toStatus)]
pub fn to_status(document: &JsValue, assessment: &JsValue) -> Result<JsValue, JsValue> {
    run(|| {
        let assessment = Some((assessment, Input::Assessment));
        let call = Call::read((document, Input::Documents), assessment, &JsValue::UNDEFINED, "")?;
        reply(&crate::to_status(&call.first, &call.second)?)
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

impl Failure {
    fn into_exception(self) -> JsValue {
        match self {
            Self::Input(error) => exception::from_error(&error),
            Self::Host(thrown) => thrown,
        }
    }
}

fn run(call: impl FnOnce() -> Result<JsValue, Failure>) -> Result<JsValue, JsValue> {
    call().map_err(Failure::into_exception)
}

/// A call's arguments as JSON.
struct Call {
    first: Value,
    /// Null where the call has one argument.
    second: Value,
    options: Map<String, Value>,
}

impl Call {
    /// The arguments, and the options that are called `names`.
    fn read(
        first: (&JsValue, Input),
        second: Option<(&JsValue, Input)>,
        options: &JsValue,
        names: &str,
    ) -> Result<Self, Failure> {
        let none = (&JsValue::UNDEFINED, Input::Options);
        let second = second.unwrap_or(none);
        let mut flat = Flat::of(first.0, second.0, options, names).map_err(Failure::Host)?;
        let call = Self { first: flat.next(first.1)?, second: flat.next(second.1)?, options: flat.options()? };
        flat.finish()?;
        Ok(call)
    }

    /// The first argument as an experiment, and the options of what is asked of it.
    fn experiment(&self, data: MetricData) -> Result<(Experiment, Options), Failure> {
        let options = decode_options(&self.options, &self.first)?;
        Ok((Experiment::parse(&self.first, data, &options.settings)?, options))
    }
}

fn reply(value: &impl Serialize) -> Result<JsValue, Failure> {
    to_js(value).map_err(Failure::Host)
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
    let mut decoder = Decoder::default();
    let fields = Fields { members, path: Path::Root };
    let now = fields.required(&mut decoder, "now", Decoder::instant);
    let method = fields.choice(&mut decoder, "method", METHODS);
    let seed = fields.optional(&mut decoder, "seed", request::seed);
    let Some(now) = now.filter(|_| !decoder.has_failed()) else {
        return Err(decoder.into_error().into());
    };
    // The host is asked for entropy only by those who want it: all other calls are functions of their arguments.
    let is_random = |value: Option<&Value>| value.and_then(Value::as_str) == Some("random");
    let wants_entropy = is_random(fields.present("seed")) || is_random(experiment.get("seed"));
    let entropy = if wants_entropy { getrandom::u64() } else { Ok(0) };
    let Ok(entropy) = entropy else {
        decoder.fail(fields.at("seed"), "value_error", "this host gives no random numbers: give a number");
        return Err(decoder.into_error().into());
    };
    Ok(Options { now, method, seed, entropy, settings: Settings::default() })
}
