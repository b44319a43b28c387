//! JSON values -> typed fields, going on after an error so that every fault of a request is told at once.
//!
//! Rules and words are v1.0.0's (pydantic 1.6): what is coerced, what is refused, and how that is said. Each function
//! returns `None` after it has recorded why.
//!
//! Not here: which fields there are (`request`, `last_state`, `observations`).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::instant::Instant;
use super::limits::NAME_LENGTH_MAX;
use super::{digits, number, write};
use crate::error::{Error, FieldError, Segment, shorten};

/// The way to a value, kept on the stack and written out only for an error.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    // A call: it stands at hundreds of places.
    #[inline(never)]
    pub(crate) fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    pub(crate) fn index(&'a self, index: usize) -> Path<'a> {
        Path::Index(self, index)
    }

    pub(crate) fn location(&self) -> Vec<Segment> {
        match self {
            Path::Root => Vec::new(),
            Path::Key(parent, key) => {
                let mut location = parent.location();
                location.push(Segment::Key(shorten(key, NAME_LENGTH_MAX)));
                location
            }
            Path::Index(parent, index) => {
                let mut location = parent.location();
                location.push(Segment::Index(*index));
                location
            }
        }
    }
}

/// The faults found so far.
#[derive(Default)]
pub(crate) struct Decoder {
    errors: Vec<FieldError>,
    /// Faults beyond those that a reply lists.
    unlisted: usize,
    /// Bytes of the listed faults' locations.
    location_length: usize,
    /// Whether templates and labels must be there.
    pub(crate) needs_queries: bool,
}

impl Decoder {
    /// Records a fault.
    pub(crate) fn fail(&mut self, path: Path, kind: &'static str, message: impl Into<String>) {
        self.push(FieldError { location: path.location(), message: message.into(), kind, context: None });
    }

    /// Records a fault that is made already.
    pub(crate) fn push(&mut self, error: FieldError) {
        // A broken generator repeats its fault a million times; a person needs the first ones.
        let is_listed = self.errors.len() < ERRORS_MAX && self.location_length < LOCATION_LENGTH_MAX;
        if !is_listed {
            self.unlisted += 1;
            return;
        }
        let length = |segment: &Segment| if let Segment::Key(key) = segment { key.len() } else { 0 };
        self.location_length += error.location.iter().map(length).sum::<usize>();
        self.errors.push(error);
    }

    /// Whether a fault was found.
    pub(crate) fn has_failed(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All faults; the last one says how many more there are, if there are.
    pub(crate) fn into_error(mut self) -> Error {
        if self.unlisted > 0 {
            self.errors.push(FieldError {
                location: Vec::new(),
                message: format!("{} more faults are not listed", self.unlisted),
                kind: "value_error.more",
                context: None,
            });
        }
        Error::Fields(self.errors)
    }

    /// The listed faults; none where all is well.
    pub(crate) fn into_faults(self) -> Vec<FieldError> {
        match self.into_error() {
            Error::Fields(faults) => faults,
            Error::Sentence { .. } => Vec::new(),
        }
    }

    fn fail_with(&mut self, path: Path, kind: &'static str, message: String, key: &str, context: Value) {
        let context = Some(Map::from_iter([(key.to_owned(), context)]));
        self.push(FieldError { location: path.location(), message, kind, context });
    }

    /// The members of an object, or of a list of pairs.
    pub(crate) fn object<'v>(&mut self, value: &'v Value, path: Path) -> Option<Cow<'v, Map<String, Value>>> {
        let members = match value {
            Value::Object(members) => Some(Cow::Borrowed(members)),
            Value::Array(items) => items.iter().map(pair).collect::<Option<Map<_, _>>>().map(Cow::Owned),
            _ => None,
        };
        if members.is_none() {
            self.fail(path, "type_error.dict", "value is not a valid dict");
        }
        members
    }

    pub(crate) fn list<'v>(&mut self, value: &'v Value, path: Path) -> Option<&'v [Value]> {
        let items = value.as_array().map(Vec::as_slice);
        if items.is_none() {
            self.fail(path, "type_error.sequence", "value is not a valid sequence");
        }
        items
    }

    /// `value`, unless it is null.
    pub(crate) fn not_null<'v>(&mut self, value: &'v Value, path: Path) -> Option<&'v Value> {
        if value.is_null() {
            self.fail(path, "type_error.none.not_allowed", "none is not an allowed value");
            return None;
        }
        Some(value)
    }

    /// The member `key`, which must be there and not null.
    pub(crate) fn required<'v>(&mut self, members: &'v Map<String, Value>, key: &str, path: Path) -> Option<&'v Value> {
        self.required_alias(members, key, key, path)
    }

    /// The member `key`, or else `alias`; one of them must be there, and not null.
    pub(crate) fn required_alias<'v>(
        &mut self,
        members: &'v Map<String, Value>,
        key: &str,
        alias: &str,
        path: Path,
    ) -> Option<&'v Value> {
        match members.get(key).or_else(|| members.get(alias)) {
            Some(value) => self.not_null(value, path.key(key)),
            None => {
                self.fail(path.key(key), "value_error.missing", "field required");
                None
            }
        }
    }

    /// The member `key` if it is there; null is an error, since the field has a default other than null.
    pub(crate) fn defaulted<'v>(
        &mut self,
        members: &'v Map<String, Value>,
        key: &str,
        path: Path,
    ) -> Option<&'v Value> {
        members.get(key).and_then(|value| self.not_null(value, path.key(key)))
    }

    pub(crate) fn text(&mut self, value: &Value, path: Path) -> Option<String> {
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(write::to_text(number)),
            Value::Bool(true) => Some("True".to_owned()),
            Value::Bool(false) => Some("False".to_owned()),
            _ => None,
        };
        if text.is_none() {
            self.fail(path, "type_error.str", "str type expected");
        }
        text
    }

    /// An id: text as sent, a number as its decimal text. v1.0.0 made integers of texts; nobody can rely on that.
    pub(crate) fn id(&mut self, value: &Value, path: Path) -> Option<String> {
        match value {
            Value::Array(_) | Value::Object(_) => {
                self.fail(path, "type_error.integer", "value is not a valid integer");
                self.fail(path, "type_error.str", "str type expected");
                self.fail(path, "type_error.uuid", "value is not a valid uuid");
                None
            }
            other => self.text(other, path),
        }
    }

    /// A number, which may be infinite or NaN where a text says so.
    pub(crate) fn float(&mut self, value: &Value, path: Path) -> Option<f64> {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => number::parse_float(text),
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            _ => None,
        };
        if number.is_none() {
            self.fail(path, "type_error.float", "value is not a valid float");
        }
        number
    }

    /// A number that is one: neither infinite nor NaN.
    pub(crate) fn finite(&mut self, value: &Value, path: Path) -> Option<f64> {
        let number = self.float(value, path)?;
        if !number.is_finite() {
            self.fail(path, "type_error.float", "value is not a valid float");
            return None;
        }
        Some(number)
    }

    /// A number within `lower..=upper`, in pydantic's words for a field of floats.
    pub(crate) fn float_within(&mut self, value: &Value, path: Path, lower: f64, upper: f64) -> Option<f64> {
        let number = self.float(value, path)?;
        // `!(x >= lower)` refuses NaN, as pydantic does.
        if !(number >= lower) {
            let message = format!("ensure this value is greater than or equal to {}", digits::json(lower));
            self.fail_with(path, "value_error.number.not_ge", message, "limit_value", lower.into());
            return None;
        }
        if number > upper {
            let message = format!("ensure this value is less than or equal to {}", digits::json(upper));
            self.fail_with(path, "value_error.number.not_le", message, "limit_value", upper.into());
            return None;
        }
        Some(number)
    }

    /// A whole number; a fraction is cut off, as Python's `int` does.
    pub(crate) fn integer(&mut self, value: &Value, path: Path) -> Option<f64> {
        let number = match value {
            Value::Number(number) => number.as_f64().map(f64::trunc),
            Value::String(text) => number::parse_integer(text),
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            _ => None,
        };
        if number.is_none() {
            self.fail(path, "type_error.integer", "value is not a valid integer");
        }
        number
    }

    /// A whole number that is not negative; beyond 2^64 it stays there.
    pub(crate) fn count(&mut self, value: &Value, path: Path) -> Option<u64> {
        let number = self.integer(value, path)?;
        if number < 0.0 {
            let message = "ensure this value is greater than or equal to 0".to_owned();
            self.fail_with(path, "value_error.number.not_ge", message, "limit_value", 0.into());
            return None;
        }
        Some(number as u64)
    }

    pub(crate) fn boolean(&mut self, value: &Value, path: Path) -> Option<bool> {
        let flag = match value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
                "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
                _ => None,
            },
            _ => None,
        };
        if flag.is_none() {
            self.fail(path, "type_error.bool", "value could not be parsed to a boolean");
        }
        flag
    }

    /// The meaning of one of `names`.
    pub(crate) fn choice<T: Copy>(&mut self, value: &Value, path: Path, names: &[(&str, T)]) -> Option<T> {
        let index = self.one_of(value, path, &|index| names.get(index).map(|(name, _)| *name))?;
        names.get(index).map(|(_, meaning)| *meaning)
    }

    /// The place of a text among those that `name` gives one after the other.
    pub(crate) fn one_of<'n>(
        &mut self,
        value: &Value,
        path: Path,
        name: &dyn Fn(usize) -> Option<&'n str>,
    ) -> Option<usize> {
        let mut names = Vec::new();
        while let Some(name) = name(names.len()) {
            if value.as_str() == Some(name) {
                return Some(names.len());
            }
            names.push(Value::from(name));
        }
        let mut message = "value is not a valid enumeration member; permitted: ".to_owned();
        for (index, name) in names.iter().enumerate() {
            let quotes = if index == 0 { ["'", "'"] } else { [", '", "'"] };
            message.extend([quotes[0], name.as_str().unwrap_or_default(), quotes[1]]);
        }
        self.fail_with(path, "type_error.enum", message, "enum_values", Value::Array(names));
        None
    }

    pub(crate) fn instant(&mut self, value: &Value, path: Path) -> Option<Instant> {
        let instant = Instant::from_value(value);
        match value {
            _ if instant.is_some() => {}
            Value::String(_) | Value::Number(_) => self.fail(path, "value_error.datetime", "invalid datetime format"),
            _ => self.fail(path, "type_error", "invalid type; expected datetime, string, bytes, int or float"),
        }
        instant
    }
}

/// `["key", value]` as a member of an object.
fn pair(item: &Value) -> Option<(String, Value)> {
    match item.as_array()?.as_slice() {
        [Value::String(key), value] => Some((key.clone(), value.clone())),
        _ => None,
    }
}

/// Faults that one reply lists.
const ERRORS_MAX: usize = 1000;
/// Bytes of keys in the listed faults, about.
const LOCATION_LENGTH_MAX: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What `read` makes of `value`, or the messages.
    fn give<T: std::fmt::Debug>(value: Value, read: impl Fn(&mut Decoder, &Value, Path) -> Option<T>) -> String {
        let mut decoder = Decoder::default();
        let path = Path::Root;
        match read(&mut decoder, &value, path.key("x")) {
            Some(read) => format!("{read:?}"),
            None => decoder.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        }
    }

    #[test]
    fn scalars_are_coerced_as_v1_did() {
        assert_eq!(give(json!("200"), Decoder::float), "200.0");
        assert_eq!(give(json!(true), Decoder::float), "1.0");
        assert_eq!(give(json!(2.7), Decoder::integer), "2.0");
        assert_eq!(give(json!("4"), Decoder::count), "4");
        assert_eq!(give(json!("Yes"), Decoder::boolean), "true");
        assert_eq!(give(json!(12), Decoder::text), "\"12\"");
        assert_eq!(give(json!("007"), Decoder::id), "\"007\"");
        assert_eq!(give(json!(7), Decoder::id), "\"7\"");
        assert_eq!(give(json!([["a", "b"]]), |d, v, p| d.object(v, p).map(Cow::into_owned)), "{\"a\": String(\"b\")}");
    }

    #[test]
    fn what_cannot_be_coerced_is_refused_in_v1s_words() {
        assert_eq!(give(json!("4.5"), Decoder::integer), "x: value is not a valid integer");
        assert_eq!(give(json!({}), Decoder::float), "x: value is not a valid float");
        assert_eq!(give(json!("nan"), Decoder::finite), "x: value is not a valid float");
        assert_eq!(give(json!(2), Decoder::boolean), "x: value could not be parsed to a boolean");
        assert_eq!(give(json!(-1), Decoder::count), "x: ensure this value is greater than or equal to 0");
        assert_eq!(
            give(json!("up"), |d, v, p| d.choice(v, p, &[("lower", 0), ("higher", 1)])),
            "x: value is not a valid enumeration member; permitted: 'lower', 'higher'"
        );
        assert_eq!(
            give(json!("nan"), |d, v, p| d.float_within(v, p, 0.0, 100.0)),
            "x: ensure this value is greater than or equal to 0.0"
        );
        assert_eq!(
            give(json!([]), Decoder::id),
            "x: value is not a valid integer; x: str type expected; x: value is not a valid uuid"
        );
        assert_eq!(give(json!("infinity"), Decoder::instant), "x: invalid datetime format");
    }
}
