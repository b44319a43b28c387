//! Query templates -> PromQL.
//!
//! Placeholders as Python's `string.Template` knows them, since templates were written for it: `$interval`,
//! `${interval}`, `$version_labels`, `${version_labels}`, and `$$` for a dollar sign. Whatever else follows a `$` is a
//! mistake that v1.0.0 crashed on; here it is found when the experiment is read.
//!
//! Not here: whether the PromQL means anything.

/// A template whose placeholders are all known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Interval,
    VersionLabels,
}

impl Template {
    /// The template in `text`, or each thing behind a `$` that is no placeholder, as it stands in the text.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
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
        if unknown.is_empty() { Ok(Self(pieces)) } else { Err(unknown) }
    }

    /// Bytes that [`Self::render`] gives at most, with labels of this length.
    pub(crate) fn rendered_length_max(&self, labels_length: usize) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Interval => INTERVAL_LENGTH_MAX,
            Piece::VersionLabels => labels_length,
        };
        self.0.iter().map(length).sum()
    }

    /// PromQL over the last `interval_seconds`, grouped by `version_labels` (keys, joined by commas).
    pub(crate) fn render(&self, interval_seconds: i64, version_labels: &str) -> String {
        let mut query = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => query.push_str(text),
                Piece::Interval => query.push_str(&format!("{interval_seconds}s")),
                Piece::VersionLabels => query.push_str(version_labels),
            }
        }
        query
    }
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
