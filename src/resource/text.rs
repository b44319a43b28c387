//! The text of a list of metrics, as the ConfigMap holds it -> the list.
//!
//! The part of YAML that such lists are written in: items of flat maps, values plain, quoted, or as a block, going on over
//! several lines, comments. A host with a reader of YAML may read the text itself and put the list in its place.
//!
//! Not here: the rest of YAML (anchors, tags, flow and with it JSON, nesting), which is refused by its line, never guessed at.

use serde_json::{Map, Value};

/// The list in `text`; empty where it is blank.
///
/// # Errors
/// The first line that cannot be read, and why.
pub(super) fn list(text: &str) -> Result<Value, String> {
    let lines = text.lines().enumerate().map(|(index, text)| Line::of(index + 1, text)).collect();
    let mut reader = Reader { lines, next: 0 };
    let mut items = Vec::new();
    while let Some(line) = reader.peek() {
        items.push(Value::Object(reader.item(line)?));
    }
    Ok(Value::Array(items))
}

#[derive(Clone, Copy)]
struct Line<'t> {
    number: usize,
    /// Blanks before its first letter.
    indent: usize,
    /// Without the blanks around it.
    text: &'t str,
}

impl<'t> Line<'t> {
    fn of(number: usize, text: &'t str) -> Self {
        let start = text.trim_start_matches(' ');
        Self { number, indent: text.len() - start.len(), text: start.trim_end() }
    }

    fn fail<T>(self, why: &str) -> Result<T, String> {
        Err(format!("line {}: {why}; read this text as YAML first, and put the list in its place", self.number))
    }

    fn is_silent(self) -> bool {
        self.text.is_empty() || self.text.starts_with('#') || (self.text == "---" && self.number == 1)
    }
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    next: usize,
}

impl<'t> Reader<'t> {
    /// The next line that says something.
    fn peek(&mut self) -> Option<Line<'t>> {
        while let Some(line) = self.lines.get(self.next).copied() {
            if !line.is_silent() {
                return Some(line);
            }
            self.next += 1;
        }
        None
    }

    /// The map behind the dash of `first`.
    fn item(&mut self, first: Line<'t>) -> Result<Map<String, Value>, String> {
        let Some(behind) = first.text.strip_prefix('-').filter(|behind| behind.is_empty() || behind.starts_with(' '))
        else {
            return first.fail("no item of a list (`- name: ...`)");
        };
        let start = behind.trim_start_matches(' ');
        if start.is_empty() {
            self.next += 1;
        } else if let Some(line) = self.lines.get_mut(self.next) {
            // What stands behind the dash is a line of the map.
            *line = Line { indent: first.indent + first.text.len() - start.len(), text: start, ..first };
        }
        let mut members = Map::new();
        let mut indent = None;
        while let Some(line) = self.peek().filter(|line| line.indent > first.indent) {
            if *indent.get_or_insert(line.indent) != line.indent {
                return line.fail("it does not start where the line before it does");
            }
            let (key, value) = self.member(line)?;
            if members.insert(key, value).is_some() {
                return line.fail("a key that stands twice");
            }
        }
        Ok(members)
    }

    fn member(&mut self, line: Line<'t>) -> Result<(String, Value), String> {
        let Some((key, value)) =
            line.text.split_once(':').filter(|(_, value)| value.is_empty() || value.starts_with(' '))
        else {
            return line.fail("no `key: value`");
        };
        let is_word = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_word || key.is_empty() || key.starts_with('-') {
            return line.fail("a key that is no plain word");
        }
        self.next += 1;
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some('|' | '>') => Value::String(self.block(line, value)?),
            Some(quote @ ('"' | '\'')) => Value::String(self.quoted(line, value, quote)?),
            Some('&' | '*' | '!' | '%' | '@' | '`' | '{' | '[' | '?' | ',' | '}' | ']') => {
                return line.fail("more of YAML than is read here");
            }
            _ => self.plain(line, value)?,
        };
        Ok((key.to_owned(), value))
    }

    /// The lines that belong to the value which starts in `line`, comments and all.
    fn more(&mut self, line: Line<'t>) -> Option<Line<'t>> {
        let more =
            self.lines.get(self.next).copied().filter(|more| more.text.is_empty() || more.indent > line.indent)?;
        self.next += 1;
        Some(more)
    }

    fn plain(&mut self, line: Line<'t>, start: &str) -> Result<Value, String> {
        let mut text = without_comment(start).to_owned();
        let mut is_over = text.len() != start.len();
        while let Some(more) = self.more(line) {
            let part = without_comment(more.text);
            if part.is_empty() {
                is_over |= !more.text.is_empty();
                continue;
            }
            if is_over {
                return more.fail("it goes on behind a comment");
            }
            if has_colon(part) {
                return more.fail(SECOND_COLON);
            }
            is_over = part.len() != more.text.len();
            text.push(' ');
            text.push_str(part);
        }
        let text = text.trim();
        if text.starts_with("- ") {
            return line.fail("more of YAML than is read here");
        }
        if has_colon(text) {
            return line.fail(SECOND_COLON);
        }
        Ok(match text {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => Value::from(text),
        })
    }

    fn quoted(&mut self, line: Line<'t>, start: &str, quote: char) -> Result<String, String> {
        let mut rest = start.get(1..).unwrap_or_default().to_owned();
        let mut text = String::new();
        loop {
            let mut letters = rest.chars();
            while let Some(letter) = letters.next() {
                let following = letters.clone().next();
                match (letter, following) {
                    ('\'', Some('\'')) if quote == '\'' => {
                        letters.next();
                        text.push('\'');
                    }
                    ('\\', Some(escaped @ ('"' | '\\' | '/' | 'n' | 't'))) if quote == '"' => {
                        letters.next();
                        text.push(match escaped {
                            'n' => '\n',
                            't' => '\t',
                            other => other,
                        });
                    }
                    ('\\', _) if quote == '"' => return line.fail("an escape that is not read here"),
                    (letter, _) if letter == quote => {
                        let behind = letters.as_str().trim_start();
                        return if behind.is_empty() || behind.starts_with('#') {
                            Ok(text)
                        } else {
                            line.fail("text behind the quotes")
                        };
                    }
                    (letter, _) => text.push(letter),
                }
            }
            match self.more(line) {
                Some(more) if !more.text.is_empty() => rest = format!(" {}", more.text),
                _ => return line.fail("quotes that do not end"),
            }
        }
    }

    /// The text below `|` (its lines as they are) or `>` (its lines as one).
    fn block(&mut self, line: Line<'t>, header: &str) -> Result<String, String> {
        let (is_folded, keeps_end) = match without_comment(header) {
            "|" => (false, true),
            "|-" => (false, false),
            ">" => (true, true),
            ">-" => (true, false),
            _ => return line.fail("more of YAML than is read here"),
        };
        let mut text = String::new();
        let mut indent = None;
        while let Some(more) = self.more(line) {
            if !more.text.is_empty() && *indent.get_or_insert(more.indent) != more.indent {
                return more.fail("it does not start where the line before it does");
            }
            if !text.is_empty() {
                text.push(if is_folded { ' ' } else { '\n' });
            }
            text.push_str(more.text);
        }
        text.truncate(text.trim_end().len());
        if keeps_end {
            text.push('\n');
        }
        Ok(text)
    }
}

/// `text` up to the `#` behind a blank.
fn without_comment(text: &str) -> &str {
    let end = if text.starts_with('#') { Some(0) } else { place_of(text, *b" #") };
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim_end()
}

/// Whether it would be a key, or a map, in YAML.
fn has_colon(text: &str) -> bool {
    place_of(text, *b": ").is_some() || text.ends_with(':')
}

/// Where two letters stand. A search for any text is several kilobytes in a module for browsers.
fn place_of(text: &str, pair: [u8; 2]) -> Option<usize> {
    text.as_bytes().windows(2).position(|here| *here == pair)
}

const SECOND_COLON: &str = "a second colon: put the value in quotes";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_read_as_people_and_tools_write_them() {
        let text = "# a comment\n- name: requests # optional\n  query_template: sum(increase(x{le='+Inf'}[$interval]))\n    by ($version_labels)\n\n\
                    - zero_to_one: true\n  \"quoted\": x\n";
        assert_eq!(
            list(text).unwrap_err(),
            format!(
                "line 7: a key that is no plain word{}",
                "; read this text as YAML first, and put the list in its place"
            )
        );
        let text = "---\r\n- name: a # optional\r\n  query_template: sum(increase(x{le='+Inf'}[$interval]))\r\n    by ($version_labels)\r\n\r\n-\r\n    name: 'it''s'\r\n    of: \"a\\\"b\\\\d\"\r\n    zero_to_one: true\r\n    unit:\r\n";
        let expected = json!([
            {"name": "a", "query_template": "sum(increase(x{le='+Inf'}[$interval])) by ($version_labels)"},
            {"name": "it's", "of": "a\"b\\d", "zero_to_one": true, "unit": null}
        ]);
        assert_eq!(list(text).unwrap(), expected);
        assert_eq!(
            list("  - a: |-\n      x\n      y\n    b: >\n      x\n      y\n  - c: 1").unwrap(),
            json!([{"a": "x\ny", "b": "x y\n"}, {"c": "1"}])
        );
        assert_eq!(list(" \n# nothing\n").unwrap(), json!([]));
    }

    #[test]
    fn the_rest_of_yaml_is_refused_by_its_line_and_never_guessed_at() {
        for (text, number) in [
            ("- a: 1\n- b: &x 1", 2),
            ("- a: {b: 1}", 1),
            ("- a: [1]", 1),
            ("[{\"a\": 1}]", 1),
            ("a: 1", 1),
            ("- a: 1\n   b: 2", 2),
            ("- a: 1\n  a: 2", 2),
            ("- a: b: c", 1),
            ("- a: 'x", 1),
            ("- a: 'x' y", 1),
            ("- a: \"\\x41\"", 1),
            ("- a:\n    - b", 1),
            ("- - a: 1", 1),
            ("- a: |2\n    x", 1),
            ("- a: |\n    x\n      y", 3),
            ("-a: 1", 1),
            ("\t- a: 1", 1),
            ("- a: !!str x", 1),
            ("- <<: *x", 1),
            ("- a: x # c\n    y", 2),
        ] {
            let message = list(text).map(|list| format!("{text:?} gave {list}")).unwrap_err();
            assert!(message.starts_with(&format!("line {number}: ")), "{text:?}: {message}");
        }
    }
}
