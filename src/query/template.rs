//! Query templates -> PromQL.
//!
//! Placeholders as Python's `string.Template` knows them, since templates were written for it: `$interval`,
//! `${interval}`, `$version_labels`, `${version_labels}`, and `$$` for a dollar sign. Whatever else follows a `$` is a
//! mistake that v1.0.0 crashed on; here it is found when the experiment is read.
//!
//! Not here: whether the PromQL means anything.

use super::selector::{self, Selection};

/// A template whose placeholders are all known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
    /// The first range selector over the interval, without its range.
    selector: Option<String>,
    /// The template for the first values of newborn series.
    newborn: Option<Box<Template>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Interval,
    VersionLabels,
}

impl Template {
    /// The template in `text`, or each thing behind a `$` that is no placeholder, as it stands in the text.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let pieces = pieces(text)?;
        let (selector, newborn) = match selector::selection(text) {
            Some(Selection { selector, newborn }) => (Some(selector), newborn),
            None => (None, None),
        };
        // A selector may hold `$$`: as a text of its own it is a template too.
        let selector = selector.and_then(|text| Some(plain(pieces_of(&text)?)));
        let newborn =
            newborn.and_then(|text| Some(Box::new(Self { pieces: pieces_of(&text)?, selector: None, newborn: None })));
        Ok(Self { pieces, selector, newborn })
    }

    /// The first range selector over the interval, without its range; `None` where there is none.
    pub(crate) fn selector(&self) -> Option<&str> {
        self.selector.as_deref()
    }

    /// The template for the first values of newborn series; `None` where no `increase` over the interval is taken.
    pub(crate) fn newborn(&self) -> Option<&Self> {
        self.newborn.as_deref()
    }

    /// Bytes that [`Self::render`] gives at most, with labels of this length.
    pub(crate) fn rendered_length_max(&self, labels_length: usize) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Interval => INTERVAL_LENGTH_MAX,
            Piece::VersionLabels => labels_length,
        };
        self.pieces.iter().map(length).sum()
    }

    /// PromQL over the last `interval_seconds`, grouped by `version_labels` (keys, joined by commas).
    pub(crate) fn render(&self, interval_seconds: i64, version_labels: &str) -> String {
        let mut query = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => query.push_str(text),
                Piece::Interval => query.push_str(&format!("{interval_seconds}s")),
                Piece::VersionLabels => query.push_str(version_labels),
            }
        }
        query
    }
}

/// The pieces of `text`, or each thing behind a `$` that is no placeholder.
fn pieces(text: &str) -> Result<Vec<Piece>, Vec<String>> {
    let mut pieces = Vec::new();
    let mut unknown = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        pieces.push(Piece::Text(before.to_owned()));
        let (piece, length) = placeholder(after);
        match piece {
            Some(piece) => pieces.push(piece),
            None => unknown.push(format!("${}", after.get(..length).unwrap_or_default())),
        }
        rest = after.get(length..).unwrap_or_default();
    }
    pieces.push(Piece::Text(rest.to_owned()));
    if unknown.is_empty() { Ok(pieces) } else { Err(unknown) }
}

fn pieces_of(text: &str) -> Option<Vec<Piece>> {
    pieces(text).ok()
}

/// The text of pieces that hold no placeholder of their own.
fn plain(pieces: Vec<Piece>) -> String {
    let texts = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Interval | Piece::VersionLabels => String::new(),
    });
    texts.collect()
}

/// What the text behind a `$` stands for, and how many bytes of it belong to that.
fn placeholder(after: &str) -> (Option<Piece>, usize) {
    if after.starts_with('$') {
        return (Some(Piece::Text("$".to_owned())), 1);
    }
    let braced = after.strip_prefix('{').filter(|inside| {
        let name = name_length(inside);
        name > 0 && inside.get(name..).is_some_and(|rest| rest.starts_with('}'))
    });
    let inside = braced.unwrap_or(after);
    let length = name_length(inside);
    let name = inside.get(..length).unwrap_or_default();
    let length = if braced.is_some() { length + 2 } else { length };
    match name {
        "interval" => (Some(Piece::Interval), length),
        "version_labels" => (Some(Piece::VersionLabels), length),
        _ => (None, length),
    }
}

/// Bytes of the identifier that `text` begins with; 0 where it begins with none.
fn name_length(text: &str) -> usize {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    if !text.bytes().next().is_some_and(is_first) {
        return 0;
    }
    text.bytes().take_while(|byte| is_first(*byte) || byte.is_ascii_digit()).count()
}

/// Digits of the largest `i64`, and the `s`.
const INTERVAL_LENGTH_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let template = Template::parse("sum(rate(x{p=~'a$$'}[${interval}])) by ($version_labels) + y[$interval]");
        let query = template.map(|template| template.render(60, "app,version"));
        assert_eq!(query.as_deref(), Ok("sum(rate(x{p=~'a$'}[60s])) by (app,version) + y[60s]"));
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        let unknown = |text: &str| Template::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(unknown("x{ns='$namespace'}[$interval]"), ["$namespace"]);
        assert_eq!(unknown("a $ b ${c d} $interval_2 ${ns}"), ["$", "$", "$interval_2", "${ns}"]);
        assert_eq!(unknown("$Interval $é $"), ["$Interval", "$", "$"]);
    }
}
