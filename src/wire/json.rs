//! JSON text -> JSON value, or where and why the text is none.
//!
//! serde_json reads; where it refuses, a scanner of our own finds the place again and says it in the words of Python's
//! `json`, since v1.0.0's clients have those in their logs. `NaN`, `Infinity`, numbers beyond 1.8e308 and half
//! surrogate pairs, which Python lets pass, are refused: no JSON value can hold them.
//!
//! Not here: what the value means.

use serde_json::{Map, Value};

use super::decode::Path;
use super::limits;
use crate::error::{Error, FieldError, Segment, shorten};

/// The value of a JSON text; `null` where the text is empty, since v1.0.0 took both for "no body".
///
/// # Errors
/// One fault whose location is the character (from 0) where the text breaks, in the words of Python's `json`; or the
/// limit on nesting.
pub fn parse(text: &[u8]) -> Result<Value, Error> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let text = std::str::from_utf8(text).map_err(|error| not_utf8(text, error.valid_up_to()))?;
    serde_json::from_str(text).map_err(|_| explain(text))
}

/// An object of JSON.
pub(crate) fn object(members: Vec<(&str, Value)>) -> Value {
    let mut object = Map::with_capacity(members.len());
    for (key, value) in members {
        put(&mut object, key, value);
    }
    Value::Object(object)
}

/// Sets a member of an object.
pub(crate) fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key.to_owned(), value);
}

fn explain(text: &str) -> Error {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), position: 0, foreign: None };
    match scanner.document() {
        Err(Fault::TooDeep) => Error::field(limits::too_deep(Path::Root, bracket_depth(text.as_bytes()))),
        Err(Fault::At(message, position)) => broken(text, message, position),
        Ok(()) => match scanner.foreign {
            Some((message, position)) => broken(text, message, position),
            // Nothing that serde_json refuses and this scanner lets pass is known. Its own words would bring all of its reader's
            // and the system's into a module of WebAssembly.
            None => Error::field(FieldError {
                location: Vec::new(),
                message: "is no JSON text".to_owned(),
                kind: "value_error.jsondecode",
                context: None,
            }),
        },
    }
}

fn broken(text: &str, message: &str, byte_position: usize) -> Error {
    let before = text.get(..byte_position).unwrap_or(text);
    let position = before.chars().count();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    let mut context = Map::new();
    put(&mut context, "msg", message.into());
    put(&mut context, "doc", shorten(text, DOCUMENT_LENGTH_MAX).into());
    put(&mut context, "pos", position.into());
    put(&mut context, "lineno", line.into());
    put(&mut context, "colno", column.into());
    Error::field(FieldError {
        location: vec![Segment::Index(position)],
        message: format!("{message}: line {line} column {column} (char {position})"),
        kind: "value_error.jsondecode",
        context: Some(context),
    })
}

fn not_utf8(text: &[u8], byte_position: usize) -> Error {
    let byte = text.get(byte_position).copied().unwrap_or_default();
    Error::field(FieldError {
        location: vec![Segment::Index(byte_position)],
        message: format!("the text is not UTF-8: byte {byte_position} is 0x{byte:02x}"),
        kind: "value_error.jsondecode",
        context: None,
    })
}

/// The deepest nesting of brackets outside strings.
fn bracket_depth(text: &[u8]) -> usize {
    let mut depth: usize = 0;
    let mut deepest = 0;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Why a text is no JSON.
enum Fault {
    /// Python's message, and the byte where it applies.
    At(&'static str, usize),
    /// Deeper than any experiment; the scanner stops before its own stack does.
    TooDeep,
}

/// A reader that only checks, with Python's grammar and Python's places of errors.
struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    /// The first thing that Python reads and JSON does not have.
    foreign: Option<(&'static str, usize)>,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        self.blanks();
        self.value(0)?;
        self.blanks();
        if self.peek().is_some() { Err(Fault::At("Extra data", self.position)) } else { Ok(()) }
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > limits::DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        let start = self.position;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            _ if ["null", "true", "false"].iter().any(|word| self.word(word)) => Ok(()),
            _ if ["NaN", "Infinity", "-Infinity"].iter().any(|word| self.word(word)) => {
                self.note_foreign("NaN and Infinity are no JSON numbers", start);
                Ok(())
            }
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        self.position += 1;
        self.blanks();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(Fault::At("Expecting property name enclosed in double quotes", self.position));
            }
            self.string()?;
            self.blanks();
            if !self.take(b':') {
                return Err(Fault::At("Expecting ':' delimiter", self.position));
            }
            self.blanks();
            self.value(depth + 1)?;
            self.blanks();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(Fault::At("Expecting ',' delimiter", self.position));
            }
            self.blanks();
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Fault> {
        self.position += 1;
        self.blanks();
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(Fault::At("Expecting ',' delimiter", self.position));
            }
            self.blanks();
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.position;
        self.position += 1;
        loop {
            match self.peek() {
                None => return Err(Fault::At("Unterminated string starting at", start)),
                Some(b'"') => {
                    self.position += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape(start)?,
                Some(byte) if byte < 0x20 => return Err(Fault::At("Invalid control character at", self.position)),
                Some(_) => self.position += 1,
            }
        }
    }

    fn escape(&mut self, string_start: usize) -> Result<(), Fault> {
        let backslash = self.position;
        self.position += 1;
        match self.peek() {
            None => return Err(Fault::At("Unterminated string starting at", string_start)),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.position += 1,
            Some(b'u') => {
                let unit = self.code_unit()?;
                if (0xdc00..0xe000).contains(&unit) || (0xd800..0xdc00).contains(&unit) && !self.low_surrogate() {
                    self.note_foreign("half a surrogate pair is no character", backslash);
                }
            }
            Some(_) => return Err(Fault::At("Invalid \\escape", backslash)),
        }
        Ok(())
    }

    /// The four hexadecimal digits behind the `u` here.
    fn code_unit(&mut self) -> Result<u32, Fault> {
        let fault = Fault::At("Invalid \\uXXXX escape", self.position);
        let digits = self.text.get(self.position + 1..self.position + 5);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(fault)?;
        self.position += 5;
        Ok(unit)
    }

    /// Takes the second half of a surrogate pair, if that is what follows.
    fn low_surrogate(&mut self) -> bool {
        let digits = self.text.get(self.position..).and_then(|rest| rest.strip_prefix("\\u")?.get(..4));
        let is_low = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        if is_low {
            self.position += 6;
        }
        is_low
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.position;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            self.position = start;
            return Err(Fault::At("Expecting value", start));
        }
        self.optional_part(|scanner| scanner.take(b'.') && scanner.digits() > 0);
        self.optional_part(|scanner| {
            let has_e = scanner.take(b'e') || scanner.take(b'E');
            if has_e && !scanner.take(b'+') {
                scanner.take(b'-');
            }
            has_e && scanner.digits() > 0
        });
        let value: Option<f64> = self.text.get(start..self.position).and_then(|number| number.parse().ok());
        if !value.is_some_and(f64::is_finite) {
            self.note_foreign("number out of range", start);
        }
        Ok(())
    }

    /// Goes on behind what `part` takes, or stays where `part` finds nothing.
    fn optional_part(&mut self, part: impl Fn(&mut Self) -> bool) {
        let start = self.position;
        if !part(self) {
            self.position = start;
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        self.position - start
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text.get(self.position..).is_some_and(|rest| rest.starts_with(word));
        if found {
            self.position += word.len();
        }
        found
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += 1;
        }
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn note_foreign(&mut self, message: &'static str, position: usize) {
        self.foreign.get_or_insert((message, position));
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// v1.0.0 sent the whole text back; a person needs the beginning and the end.
const DOCUMENT_LENGTH_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    /// The message for a text that is no JSON.
    fn complaint(text: &str) -> String {
        parse(text.as_bytes()).map_or_else(|error| error.message().to_owned(), |value| format!("read as {value}"))
    }

    #[test]
    fn faults_are_told_in_the_words_of_python() {
        for (text, message) in [
            ("{\"a\": 1, ", "Expecting property name enclosed in double quotes: line 1 column 10 (char 9)"),
            ("{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            ("{\"a\": }", "Expecting value: line 1 column 7 (char 6)"),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
            ("{\"a\":1} x", "Extra data: line 1 column 9 (char 8)"),
            ("\"ab", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("[\n  \"a\tb\"]", "Invalid control character at: line 2 column 5 (char 6)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("  ", "Expecting value: line 1 column 3 (char 2)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
            ("ü", "Expecting value: line 1 column 1 (char 0)"),
            ("\"ü\" ü", "Extra data: line 1 column 5 (char 4)"),
        ] {
            assert_eq!(complaint(text), message, "{text}");
        }
    }

    #[test]
    fn what_python_reads_and_json_has_not_is_refused() {
        assert_eq!(complaint("[NaN]"), "NaN and Infinity are no JSON numbers: line 1 column 2 (char 1)");
        assert_eq!(complaint("[-Infinity]"), "NaN and Infinity are no JSON numbers: line 1 column 2 (char 1)");
        assert_eq!(complaint("[1, 1e400]"), "number out of range: line 1 column 5 (char 4)");
        assert_eq!(complaint("\"\\ud800\""), "half a surrogate pair is no character: line 1 column 2 (char 1)");
    }

    #[test]
    fn nothing_is_null_and_a_byte_order_mark_is_skipped() {
        assert_eq!(parse(b""), Ok(Value::Null));
        assert_eq!(parse(b"\xef\xbb\xbf[]"), Ok(Value::Array(Vec::new())));
        assert_eq!(
            parse(b"[\xff]").map_err(|error| error.to_string()),
            Err("[1]: the text is not UTF-8: byte 1 is 0xff".into())
        );
    }

    #[test]
    fn a_million_brackets_are_counted_and_not_followed() {
        let text = "[".repeat(1_000_000);
        assert_eq!(complaint(&text), "nested 1000000 levels deep, allowed are 64");
    }
}
