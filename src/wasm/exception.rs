//! Faults -> the exception that JavaScript sees.
//!
//! An `Error` with `name` "Iter8Error", the first fault's `message` and `path`, and all faults in `errors`.
//!
//! Not here: the words.

use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::flat::to_js;
use crate::error::Error;
use crate::wire::json::object;

#[wasm_bindgen(raw_module = "./flat.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn exception(message: &str, path: &str, errors: JsValue) -> Result<js_sys::Error, JsValue>;
}

/// Where JavaScript's stack is at its end, what it threw of that.
pub(super) fn from_error(error: &Error) -> JsValue {
    // By hand: `json!` may panic by its type, and the words for that would be a twentieth of the module.
    let mut faults = Vec::new();
    for (path, message) in error.all() {
        faults.push(object(vec![("path", path.into()), ("message", message.into())]));
    }
    let thrown = to_js(&Value::Array(faults)).and_then(|faults| exception(error.message(), &error.path(), faults));
    thrown.map_or_else(|thrown| thrown, JsValue::from)
}
