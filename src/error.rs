//! What was wrong with an input: which field, what was found, what is allowed.
//!
//! v1.0.0 answered in two forms, and clients may read either: a list of every fault of shape (`loc`, `msg`,
//! `type`, `ctx`), or one sentence for the first check of meaning that failed. [`Error`] is those two forms.
//! Every host shows the same words; only the frame around them differs (an HTTP body, a JavaScript exception,
//! a line on the terminal).
//!
//! Not here: faults of a metrics backend. They are no error of the request and end in `notes` and `status`.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value};

/// One step of the way from the input's root to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// Which of a call's inputs a fault lies in; the first word of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The experiment, or over HTTP the whole body. Paths in it start with the field's own name.
    Experiment,
    /// Observations that were given apart from the experiment. Paths start with `observations`.
    Observations,
    /// Answers of a metrics backend. Paths start with `answers`.
    Answers,
    /// Documents of Kubernetes. Paths start with `documents`.
    Documents,
    /// An assessment, given back. Paths start with `assessment`.
    Assessment,
    /// Options of the call. Paths start with the option's name.
    Options,
}

/// One fault of shape: a field, what is wrong with it, and v1.0.0's machine-readable name for that.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// The way to the field, without the leading `body` that HTTP adds. Empty: the input as a whole.
    pub location: Vec<Segment>,
    /// What was found and what is allowed; v1.0.0's words where it had some.
    pub message: String,
    /// v1.0.0's `type`, such as `value_error.missing`.
    pub kind: &'static str,
    /// v1.0.0's `ctx`: the limit, the permitted values, or where the JSON text broke.
    pub context: Option<Map<String, Value>>,
}

impl FieldError {
    /// The field in JavaScript's notation, such as `criteria[0].threshold.value`; the empty text for the whole input.
    ///
    /// A key that is no plain word stands in `["..."]`. Long keys and long paths are cut in the middle.
    pub fn path(&self) -> String {
        path_text(&self.location)
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            path if path.is_empty() => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl Serialize for FieldError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("loc", &HttpLocation(&self.location))?;
        map.serialize_entry("msg", &self.message)?;
        map.serialize_entry("type", self.kind)?;
        if let Some(context) = &self.context {
            map.serialize_entry("ctx", context)?;
        }
        map.end()
    }
}

/// Why an input cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Every fault of shape, in the order of v1.0.0's model; never empty.
    Fields(Vec<FieldError>),
    /// The first check of meaning that failed.
    Sentence {
        /// The field that the sentence is about.
        location: Vec<Segment>,
        /// The whole sentence; v1.0.0's where it had one.
        message: String,
    },
}

impl Error {
    /// An error with one fault of shape.
    pub fn field(error: FieldError) -> Self {
        Self::Fields(vec![error])
    }

    /// The path of the first fault, in JavaScript's notation; see [`FieldError::path`].
    pub fn path(&self) -> String {
        match self {
            Self::Fields(errors) => errors.first().map(FieldError::path).unwrap_or_default(),
            Self::Sentence { location, .. } => path_text(location),
        }
    }

    /// The message of the first fault, without its path.
    pub fn message(&self) -> &str {
        match self {
            Self::Fields(errors) => errors.first().map_or("", |error| error.message.as_str()),
            Self::Sentence { message, .. } => message,
        }
    }

    /// Every fault as `(path, message)`, the first first.
    pub fn all(&self) -> Vec<(String, &str)> {
        match self {
            Self::Fields(errors) => errors.iter().map(|error| (error.path(), error.message.as_str())).collect(),
            Self::Sentence { location, message } => vec![(path_text(location), message)],
        }
    }
}

impl fmt::Display for Error {
    /// One line for each fault, `path: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, message)) in self.all().into_iter().enumerate() {
            let end_of_last = if index == 0 { "" } else { "\n" };
            let colon = if path.is_empty() { "" } else { ": " };
            write!(f, "{end_of_last}{path}{colon}{message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    /// v1.0.0's `detail`: the list of faults, or the sentence.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fields(errors) => errors.serialize(serializer),
            Self::Sentence { message, .. } => serializer.serialize_str(message),
        }
    }
}

/// v1.0.0's `loc`: the location behind the word `body`.
struct HttpLocation<'a>(&'a [Segment]);

impl Serialize for HttpLocation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len() + 1))?;
        list.serialize_element("body")?;
        for segment in self.0 {
            match segment {
                Segment::Key(key) => list.serialize_element(key)?,
                Segment::Index(index) => list.serialize_element(index)?,
            }
        }
        list.end()
    }
}

/// `location` in JavaScript's notation.
pub(crate) fn path_text(location: &[Segment]) -> String {
    let mut path = String::new();
    for segment in location {
        match segment {
            Segment::Index(index) => path.push_str(&format!("[{index}]")),
            Segment::Key(key) if is_plain_word(key) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Segment::Key(key) => {
                // A text alone: the printing of whole values is not needed for a path.
                let quoted = serde_json::to_string(&shorten(key, KEY_LENGTH_MAX)).unwrap_or_default();
                path.push_str(&format!("[{quoted}]"));
            }
        }
    }
    shorten(&path, PATH_LENGTH_MAX)
}

/// `text` with its middle left out where it is longer than `length_max` characters.
pub(crate) fn shorten(text: &str, length_max: usize) -> String {
    if text.chars().nth(length_max).is_none() {
        return text.to_owned();
    }
    let half = length_max.saturating_sub(1) / 2;
    let head_end = text.char_indices().nth(half).map_or(0, |(index, _)| index);
    let tail_start = text.char_indices().rev().nth(half.saturating_sub(1)).map_or(0, |(index, _)| index);
    [text.get(..head_end).unwrap_or_default(), "…", text.get(tail_start..).unwrap_or_default()].concat()
}

fn is_plain_word(key: &str) -> bool {
    let mut characters = key.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_' || next == '-')
        && key.len() <= KEY_LENGTH_MAX
}

/// Longest key that a path shows whole; Kubernetes names end at 253, but a person reads the ends.
const KEY_LENGTH_MAX: usize = 80;
/// Longest path that is shown whole: sixty-four steps of a nested input are no help to anybody.
const PATH_LENGTH_MAX: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Segment {
        Segment::Key(text.to_owned())
    }

    #[test]
    fn a_path_reads_like_javascript() {
        let location = [key("criteria"), Segment::Index(0), key("threshold"), key("value")];
        assert_eq!(path_text(&location), "criteria[0].threshold.value");
        assert_eq!(path_text(&[key("versions"), key("v 2"), key("x")]), "versions[\"v 2\"].x");
        assert_eq!(path_text(&[]), "");
    }

    #[test]
    fn long_texts_lose_their_middle_and_keep_both_ends() {
        assert_eq!(shorten("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 5), "ab…jk");
        assert_eq!(shorten("äöüßéèêëñõã", 5), "äö…õã");
    }

    #[test]
    fn the_http_form_has_v1_keys() {
        let error = Error::field(FieldError {
            location: vec![key("candidates"), Segment::Index(1), key("id")],
            message: "field required".to_owned(),
            kind: "value_error.missing",
            context: None,
        });
        let detail = serde_json::to_string(&error).unwrap_or_default();
        assert_eq!(
            detail,
            r#"[{"loc":["body","candidates",1,"id"],"msg":"field required","type":"value_error.missing"}]"#
        );
    }
}
