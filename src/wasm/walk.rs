//! A JavaScript value -> a JSON value, or all that JSON cannot hold, each with its path.
//!
//! What `JSON.stringify` would write is read so, with two differences: what it would silently drop or change (NaN, a
//! function, a Map, a Date) is a fault, and a class' `toJSON` is not called. Getters and proxies may throw: every import
//! that touches a caller's value is declared `catch`, since an exception that crosses WebAssembly's frames never gives
//! back their stack. Depth and size are bounded before they are followed.
//!
//! Not here: what the value means.

use js_sys::{Array, JsString, Reflect};
use serde_json::{Map, Number, Value};
use wasm_bindgen::prelude::*;

use crate::error::{Error, FieldError, Input, shorten};
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::json::put;
use crate::wire::limits;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Array, js_name = isArray)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    fn keys(value: &JsValue) -> Result<Array, JsValue>;

    /// `[object Map]` and the like: works for objects of other realms (frames, Jest), which `instanceof` does not know.
    #[wasm_bindgen(catch, js_namespace = ["Object", "prototype", "toString"], js_name = call)]
    fn tag(value: &JsValue) -> Result<JsString, JsValue>;
}

/// Reads a call's arguments and collects what is wrong with them.
#[derive(Default)]
pub(super) struct Walk {
    faults: Decoder,
    /// Length so far, about that of the JSON text.
    length: usize,
}

impl Walk {
    /// `value` as JSON; null stands where something is wrong (see [`Self::finish`]).
    ///
    /// # Errors
    /// It is too large or nested too deep to go on.
    pub(super) fn read(&mut self, value: &JsValue, input: Input) -> Result<Value, Error> {
        let root = Path::Root;
        let path = match input {
            Input::Experiment | Input::Options => root,
            Input::Observations => root.key("observations"),
            Input::Answers => root.key("answers"),
            Input::Documents => root.key("documents"),
            Input::Assessment => root.key("assessment"),
        };
        self.whole(value, path)
    }

    /// The members `names` of the call's options.
    ///
    /// # Errors
    /// They are too large or nested too deep to go on.
    pub(super) fn read_options(&mut self, options: &JsValue, names: &[&str]) -> Result<Map<String, Value>, Error> {
        let mut members = Map::new();
        if options.is_undefined() || options.is_null() {
            return Ok(members);
        }
        if !options.is_object() {
            let root = Path::Root;
            self.faults.fail(root.key("options"), "type_error.dict", "value is not a valid dict");
            return Ok(members);
        }
        for name in names {
            let root = Path::Root;
            match Reflect::get(options, &(*name).into()) {
                Ok(member) if member.is_undefined() => {}
                Ok(member) => {
                    let path = root.key(name);
                    put(&mut members, name, self.whole(&member, path)?);
                }
                Err(thrown) => self.unreadable(&thrown, root.key(name)),
            }
        }
        Ok(members)
    }

    /// Nothing, if nothing was wrong.
    ///
    /// # Errors
    /// All that JSON cannot hold, in the order of the arguments.
    pub(super) fn finish(self) -> Result<(), Error> {
        if self.faults.has_failed() { Err(self.faults.into_error()) } else { Ok(()) }
    }

    fn whole(&mut self, value: &JsValue, path: Path) -> Result<Value, Error> {
        self.value(value, path, 0).map_err(|excess| {
            Error::field(match excess {
                Excess::Size => excess_fault(path, format!("the input is longer than {} MiB", LENGTH_MAX >> 20)),
                Excess::Depth => too_deep(value, path),
            })
        })
    }

    fn value(&mut self, value: &JsValue, path: Path, depth: usize) -> Result<Value, Excess> {
        self.grow(VALUE_LENGTH)?;
        if value.is_string() {
            return self.text(value, path).map(Value::String);
        }
        if let Some(number) = value.as_f64() {
            return Ok(self.number(number, path));
        }
        if value.is_object() {
            return self.container(value, path, depth);
        }
        if let Some(flag) = value.as_bool() {
            return Ok(Value::Bool(flag));
        }
        if value.is_bigint() {
            self.refuse(path, "a BigInt is no JSON value: give a number or a text");
        } else if value.is_function() {
            self.refuse(path, "a function is no JSON value");
        } else if value.is_symbol() {
            self.refuse(path, "a symbol is no JSON value");
        }
        Ok(Value::Null)
    }

    fn container(&mut self, value: &JsValue, path: Path, depth: usize) -> Result<Value, Excess> {
        if depth >= limits::DEPTH_MAX {
            return Err(Excess::Depth);
        }
        match is_array(value) {
            Ok(true) => self.items(value, path, depth + 1),
            Ok(false) => match tag(value) {
                Ok(tag) if is_foreign(&tag) => {
                    self.refuse_foreign(&tag, path);
                    Ok(Value::Null)
                }
                Ok(_) => self.members(value, path, depth + 1),
                Err(thrown) => Ok(self.unreadable_value(&thrown, path)),
            },
            Err(thrown) => Ok(self.unreadable_value(&thrown, path)),
        }
    }

    fn items(&mut self, array: &JsValue, path: Path, depth: usize) -> Result<Value, Excess> {
        // Through a proxy the length is whatever its handler says.
        let length = match Reflect::get(array, &JsValue::from_str("length")) {
            Ok(length) => length.as_f64().unwrap_or_default() as usize,
            Err(thrown) => return Ok(self.unreadable_value(&thrown, path)),
        };
        self.check_room_for(length)?;
        let mut items = Vec::with_capacity(length);
        for index in 0..length {
            let path = path.index(index);
            items.push(match Reflect::get_u32(array, index as u32) {
                Ok(item) => self.value(&item, path, depth)?,
                Err(thrown) => self.unreadable_value(&thrown, path),
            });
        }
        Ok(Value::Array(items))
    }

    fn members(&mut self, object: &JsValue, path: Path, depth: usize) -> Result<Value, Excess> {
        let names = match keys(object) {
            Ok(names) => names,
            Err(thrown) => return Ok(self.unreadable_value(&thrown, path)),
        };
        let count = names.length();
        self.check_room_for(count as usize)?;
        let mut members = Map::with_capacity(count as usize);
        for index in 0..count {
            let name = names.get(index);
            let key = self.text(&name, path)?;
            match Reflect::get(object, &name) {
                // As in JSON: what is undefined is absent.
                Ok(member) if member.is_undefined() => {}
                Ok(member) => {
                    let member = self.value(&member, path.key(&key), depth)?;
                    members.insert(key, member);
                }
                Err(thrown) => self.unreadable(&thrown, path.key(&key)),
            }
        }
        Ok(Value::Object(members))
    }

    fn text(&mut self, text: &JsValue, path: Path) -> Result<String, Excess> {
        let text: &JsString = text.unchecked_ref();
        self.grow(text.length() as usize)?;
        let read = String::from(text);
        // Half a pair was replaced on its way here; a replacement character may also have been there before.
        if read.chars().any(|character| character == char::REPLACEMENT_CHARACTER) && !text.is_valid_utf16() {
            self.refuse(path, "half a surrogate pair is no character");
        }
        Ok(read)
    }

    /// The number as it would be read from its JSON text.
    fn number(&mut self, number: f64, path: Path) -> Value {
        if !number.is_finite() {
            self.refuse(path, "NaN and Infinity are no JSON numbers");
            return Value::Null;
        }
        if number == 0.0 {
            return Value::from(0);
        }
        let is_whole = number % 1.0 == 0.0;
        if is_whole && (-EXACT_MAX..=EXACT_MAX).contains(&number) {
            return Value::from(number as i64);
        }
        // Both JavaScript and Rust write the shortest digits that lead back to the number, then zeros.
        let whole = is_whole.then(|| digits::plain(number)).and_then(|text| text.parse::<u64>().ok());
        let number = whole.map(Number::from).or_else(|| Number::from_f64(number));
        number.map_or(Value::Null, Value::Number)
    }

    fn unreadable_value(&mut self, thrown: &JsValue, path: Path) -> Value {
        self.unreadable(thrown, path);
        Value::Null
    }

    /// Records that reading the value at `path` made JavaScript throw.
    fn unreadable(&mut self, thrown: &JsValue, path: Path) {
        // What was thrown may itself be a trap: nothing of it is called or converted.
        let why = thrown.as_string().or_else(|| {
            let message = Reflect::get(thrown, &JsValue::from_str("message")).ok()?;
            message.as_string()
        });
        match why.as_deref().map(str::trim).filter(|why| !why.is_empty()) {
            Some(why) => {
                let why = why.replace(char::is_control, " ");
                self.refuse(path, format!("the value cannot be read: {}", shorten(&why, REASON_LENGTH_MAX)));
            }
            None => self.refuse(path, "the value cannot be read"),
        }
    }

    fn refuse_foreign(&mut self, tag: &JsString, path: Path) {
        let tag = String::from(tag);
        let kind = kind_in(&tag);
        let instead = match kind {
            "Date" => "give its toISOString()",
            "Map" => "give Object.fromEntries of it",
            "Promise" => "await it first",
            "Response" => "await its json() first",
            _ if kind.ends_with("Array") || kind == "Set" => "give Array.from of it",
            _ => "give a plain object",
        };
        let article = if kind.starts_with(['A', 'E', 'I', 'O']) { "an" } else { "a" };
        self.refuse(path, format!("{article} {kind} is no JSON value: {instead}"));
    }

    fn refuse(&mut self, path: Path, message: impl Into<String>) {
        self.faults.fail(path, "type_error.javascript", message);
    }

    fn grow(&mut self, length: usize) -> Result<(), Excess> {
        self.length = self.length.saturating_add(length);
        if self.length > LENGTH_MAX { Err(Excess::Size) } else { Ok(()) }
    }

    /// Looks ahead, so that nothing is reserved for more values than may come.
    fn check_room_for(&self, count: usize) -> Result<(), Excess> {
        let length = count.saturating_mul(VALUE_LENGTH).saturating_add(self.length);
        if length > LENGTH_MAX { Err(Excess::Size) } else { Ok(()) }
    }
}

/// Why a walk does not go on.
enum Excess {
    Depth,
    Size,
}

/// Whether `tag` is that of a kind of object whose own members say nothing of what it holds.
fn is_foreign(tag: &JsString) -> bool {
    // A class may name itself, at any length.
    if tag.length() > TAG_LENGTH_MAX {
        return false;
    }
    let tag = String::from(tag);
    let kind = kind_in(&tag);
    FOREIGN.contains(&kind) || kind.ends_with("Array") && kind != "Array"
}

/// `Map` of `[object Map]`.
fn kind_in(tag: &str) -> &str {
    tag.strip_prefix("[object ").and_then(|rest| rest.strip_suffix(']')).unwrap_or_default()
}

/// The fault of nesting, with the depth where it can be counted: an object that contains itself has none.
fn too_deep(value: &JsValue, path: Path) -> FieldError {
    match count_depth(value) {
        Some(depth) => limits::too_deep(path, depth),
        None => {
            excess_fault(path, format!("nested more than {} levels deep; does it contain itself?", limits::DEPTH_MAX))
        }
    }
}

fn excess_fault(path: Path, message: String) -> FieldError {
    FieldError { location: path.location(), message, kind: "value_error.limit", context: None }
}

/// How deep `value` is nested; `None` if that takes too long to find out.
fn count_depth(value: &JsValue) -> Option<usize> {
    let mut deepest = 0;
    let mut open = vec![(value.clone(), 1)];
    let mut left = DEPTH_STEPS_MAX;
    while let Some((container, depth)) = open.pop() {
        deepest = depth.max(deepest);
        let names = keys(&container).unwrap_or_default();
        left = left.checked_sub(1 + names.length() as usize)?;
        let members = names.iter().filter_map(|name| Reflect::get(&container, &name).ok());
        open.extend(members.filter(JsValue::is_object).map(|member| (member, depth + 1)));
    }
    Some(deepest)
}

/// Kinds of objects that `Object.prototype.toString` names and that hold more than their members, or nothing.
const FOREIGN: &[&str] = &[
    "ArrayBuffer",
    "AsyncGenerator",
    "BigInt",
    "Blob",
    "Boolean",
    "DataView",
    "Date",
    "Error",
    "File",
    "FormData",
    "Generator",
    "Headers",
    "Map",
    "Map Iterator",
    "Number",
    "Promise",
    "ReadableStream",
    "RegExp",
    "Request",
    "Response",
    "Set",
    "Set Iterator",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "URL",
    "URLSearchParams",
    "WeakMap",
    "WeakRef",
    "WeakSet",
];
/// Longest input: that of an HTTP body.
const LENGTH_MAX: usize = 16 << 20;
/// What a value takes of that, beside the characters of a text.
const VALUE_LENGTH: usize = 4;
/// Above 2^53 an integer's neighbours are no longer told apart.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
/// Enough for every name in `FOREIGN`.
const TAG_LENGTH_MAX: u32 = 64;
/// Longest reason that is repeated.
const REASON_LENGTH_MAX: usize = 200;
/// Values that are looked at to count a depth.
const DEPTH_STEPS_MAX: usize = 100_000;
