//! JSON text of our own -> value: what `write` wrote, and the worlds that come with the engine.
//!
//! serde_json's reader is 20 kB of a module for browsers, which have no other use for it: there values are walked, not read.
//! This one trusts its text, and gives null for whatever is no JSON.
//!
//! Not here: text that others wrote (`json`).

use serde_json::{Map, Number, Value};

use super::digits;

/// The value of `text`.
pub(crate) fn value(text: &str) -> Value {
    Reader { rest: text }.value().unwrap_or_default()
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '{' => self.object(),
            '[' => self.array(),
            '"' => self.text().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self) -> Option<Value> {
        let mut members = Map::new();
        self.take('{');
        while !self.take('}') {
            self.rest = self.rest.trim_start();
            let key = self.text()?;
            if !self.take(':') {
                return None;
            }
            members.insert(key, self.value()?);
            self.take(',');
        }
        Some(Value::Object(members))
    }

    fn array(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.take('[');
        while !self.take(']') {
            items.push(self.value()?);
            self.take(',');
        }
        Some(Value::Array(items))
    }

    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.strip_prefix('"')?.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => text.push(match chars.next()? {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    // `write` writes other characters as they are, so these four digits are a control character's.
                    'u' => {
                        let mut code = 0;
                        for _ in 0..4 {
                            code = 16 * code + chars.next()?.to_digit(16)?;
                        }
                        char::from_u32(code)?
                    }
                    other => other,
                }),
                other => text.push(other),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }

    /// A number, or one of the three words.
    fn word(&mut self) -> Option<Value> {
        let is_end = |c: char| matches!(c, ',' | ']' | '}' | ':') || c.is_ascii_whitespace();
        let (word, rest) = self.rest.split_at_checked(self.rest.find(is_end).unwrap_or(self.rest.len()))?;
        self.rest = rest;
        match word {
            "null" => Some(Value::Null),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => match word.parse::<i64>() {
                Ok(whole) => Some(whole.into()),
                Err(_) => Number::from_f64(digits::nearest(word)?).map(Value::Number),
            },
        }
    }

    /// Whether `mark` comes next, which is then behind us.
    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::write;
    use serde_json::json;

    #[test]
    fn what_was_written_is_read_back() {
        let written =
            json!({"a\n\"\\\u{1}ü": [1, -2.5, 1e300, 1e-7, 0.1, true, false, null, {}, []], "": {"b": "x,]}"}});
        assert_eq!(value(&write::to_text(&written)), written);
        assert_eq!(value(" [ 1 , { \"a\" : 2.0 } ] \n"), json!([1, {"a": 2.0}]));
    }

    #[test]
    fn what_is_no_json_is_null() {
        for text in ["", "{", "[1", "\"x", "{\"a\" 1}", "nul", "{1: 2}", "\"\\u00\""] {
            assert_eq!(value(text), Value::Null, "{text}");
        }
    }
}
