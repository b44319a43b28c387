//! Faults -> the exception that JavaScript sees.
//!
//! An `Error` with `name` "Iter8Error", the first fault's `message` and `path`, and all faults in `errors`.
//!
//! Not here: the words.

use js_sys::{Error as JsException, Reflect};
use serde_json::Value;
use wasm_bindgen::prelude::*;

use super::flat::to_js;
use crate::error::Error;
use crate::wire::json::object;

pub(super) fn from_error(error: &Error) -> JsValue {
    let exception = JsException::new(error.message());
    exception.set_name("Iter8Error");
    // By hand: `json!` may panic by its type, and the words for that would be a twentieth of the module.
    let mut faults = Vec::new();
    for (path, message) in error.all() {
        faults.push(object(vec![("path", path.into()), ("message", message.into())]));
    }
    let faults = to_js(&Value::Array(faults)).unwrap_or_default();
    for (key, value) in [("path", JsValue::from(error.path())), ("errors", faults)] {
        // A fresh object takes every property; were it not so, the message would still be there.
        let _ = Reflect::set(&exception, &key.into(), &value);
    }
    exception.into()
}
