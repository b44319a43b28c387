//! A call's arguments, made flat by JavaScript -> JSON values, or all that JSON cannot hold, each with its path.
//!
//! JavaScript walks over its own values many times quicker than calls from here could, and says what is no JSON; here it is
//! built and gets its paths. Every import that touches a caller's value is declared `catch`: an exception that crosses
//! WebAssembly's frames never gives back their stack.
//!
//! Not here: what the values mean.

use std::vec::IntoIter;

use serde_json::{Map, Number, Value};
use wasm_bindgen::prelude::*;

use super::{DEEP, FALSE, FAULT, LIST, LONG, OBJECT, TEXT, TRUE, units};
use crate::error::{Error, FieldError, Input};
use crate::wire::decode::{Decoder, Path};
use crate::wire::digits;
use crate::wire::limits;

#[wasm_bindgen(raw_module = "./flat.js")]
extern "C" {
    type Flattened;

    #[wasm_bindgen(catch)]
    fn flatten(
        first: &JsValue,
        second: &JsValue,
        options: &JsValue,
        names: &str,
        depth_max: usize,
        length_max: usize,
    ) -> Result<Flattened, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn numbers(this: &Flattened) -> Vec<f64>;

    #[wasm_bindgen(method, getter)]
    fn text(this: &Flattened) -> String;
}

/// A call's arguments, and what is wrong with them.
pub(in crate::wasm) struct Flat {
    numbers: IntoIter<f64>,
    text: String,
    /// Bytes of `text` that are read.
    position: usize,
    faults: Decoder,
}

impl Flat {
    /// Two arguments, and those members of `options` whose names are in `names`, with spaces between them.
    ///
    /// # Errors
    /// What JavaScript throws when its own stack is at its end.
    pub(in crate::wasm) fn of(
        first: &JsValue,
        second: &JsValue,
        options: &JsValue,
        names: &str,
    ) -> Result<Self, JsValue> {
        let flat = flatten(first, second, options, names, limits::DEPTH_MAX, LENGTH_MAX)?;
        let numbers = flat.numbers().into_iter();
        Ok(Self { numbers, text: flat.text(), position: 0, faults: Decoder::default() })
    }

    /// The next argument; null stands where something is wrong (see [`Self::finish`]).
    ///
    /// # Errors
    /// It is too large or nested too deep to go on.
    pub(in crate::wasm) fn next(&mut self, input: Input) -> Result<Value, Error> {
        let root = Path::Root;
        self.whole(match input {
            Input::Experiment | Input::Options => root,
            Input::Observations => root.key("observations"),
            Input::Answers => root.key("answers"),
            Input::Documents => root.key("documents"),
            Input::Assessment => root.key("assessment"),
        })
    }

    /// The members of the call's options.
    ///
    /// # Errors
    /// They are too large or nested too deep to go on.
    pub(in crate::wasm) fn options(&mut self) -> Result<Map<String, Value>, Error> {
        let root = Path::Root;
        let mut members = Map::new();
        let (_, mark) = (self.number(), self.number());
        if mark != OBJECT {
            self.faults.fail(root.key("options"), "type_error.dict", "value is not a valid dict");
            return Ok(members);
        }
        for _ in 0..self.number() as usize {
            let key = self.word();
            let member = self.whole(root.key(&key))?;
            members.insert(key, member);
        }
        Ok(members)
    }

    /// Nothing, if nothing was wrong.
    ///
    /// # Errors
    /// All that JSON cannot hold, in the order of the arguments.
    pub(in crate::wasm) fn finish(self) -> Result<(), Error> {
        if self.faults.has_failed() { Err(self.faults.into_error()) } else { Ok(()) }
    }

    fn whole(&mut self, path: Path) -> Result<Value, Error> {
        self.value(path).map_err(|excess| {
            let message = match excess {
                Excess::Length => format!("the input is longer than {} MiB", LENGTH_MAX >> 20),
                Excess::Depth(0) => {
                    format!("nested more than {} levels deep; does it contain itself?", limits::DEPTH_MAX)
                }
                Excess::Depth(depth) => return Error::field(limits::too_deep(path, depth)),
            };
            Error::field(FieldError { location: path.location(), message, kind: "value_error.limit", context: None })
        })
    }

    fn value(&mut self, path: Path) -> Result<Value, Excess> {
        let number = self.number();
        if number.is_finite() {
            return Ok(read_number(number));
        }
        let mark = self.number();
        Ok(if mark == TEXT {
            Value::String(self.word())
        } else if mark == LIST {
            let length = self.number() as usize;
            let mut items = Vec::with_capacity(length);
            for index in 0..length {
                items.push(self.value(path.index(index))?);
            }
            Value::Array(items)
        } else if mark == OBJECT {
            let length = self.number() as usize;
            let mut members = Map::with_capacity(length);
            for _ in 0..length {
                let key = self.word();
                let member = self.value(path.key(&key))?;
                members.insert(key, member);
            }
            Value::Object(members)
        } else if mark == FALSE || mark == TRUE {
            Value::Bool(mark == TRUE)
        } else if mark == DEEP {
            return Err(Excess::Depth(self.number() as usize));
        } else if mark == LONG {
            return Err(Excess::Length);
        } else {
            if mark == FAULT {
                let message = self.word();
                self.faults.fail(path, "type_error.javascript", message);
            }
            Value::Null
        })
    }

    fn number(&mut self) -> f64 {
        self.numbers.next().unwrap_or_default()
    }

    /// The next text; the list has its length as JavaScript counts it, in units of UTF-16.
    fn word(&mut self) -> String {
        let mut left = self.number() as usize;
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        let mut length = 0;
        for byte in rest {
            let units = units(*byte);
            if left < units {
                break;
            }
            left -= units;
            length += 1;
        }
        let word = self.text.get(self.position..self.position + length).unwrap_or_default().to_owned();
        // A line feed stands behind it.
        self.position += length + 1;
        word
    }
}

/// Why a call is not read on.
enum Excess {
    /// So deep; 0: nobody knows.
    Depth(usize),
    Length,
}

/// A finite number as it would be read from its JSON text.
fn read_number(number: f64) -> Value {
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

/// Longest input: that of an HTTP body.
const LENGTH_MAX: usize = 16 << 20;
/// Above 2^53 an integer's neighbours are no longer told apart.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
