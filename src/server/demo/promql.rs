//! PromQL text -> the one form of query that the world answers, or Prometheus' own words for why not.
//!
//! `sum(...) by (labels)` or `max(...)`, with `by` before or behind, in parentheses or not, and times numbers, around what
//! `reading` knows: what iter8's templates write and `queries` asks. A recursive descent over the text; the words of an error
//! and its `line:column` are those of Prometheus 2.42.
//!
//! Not here: what the query gives (`evaluate`), and the rest of PromQL: another function is unknown.

use std::fmt;

use super::reading::{self, Reading};
use super::scanner::{Scanner, Token};

/// A query that the world answers.
#[derive(Debug, Clone)]
pub struct Query {
    /// What is made of the values of a group.
    pub aggregation: Aggregation,
    /// What is read of each series.
    pub reading: Reading,
    /// By which labels the series are grouped.
    pub by: Vec<String>,
    /// What each value is multiplied by.
    pub factor: f64,
}

/// How many values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// Their sum.
    Sum,
    /// The greatest of them.
    Max,
}

/// Where a text stopped being a query that the world answers, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Prometheus' words.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: parse error: {}", self.line, self.column, self.message)
    }
}

/// The query that `text` is.
///
/// # Errors
/// `text` is no PromQL, or PromQL that the world does not answer.
pub fn parse(text: &str) -> Result<Query, ParseError> {
    let mut scanner = Scanner::new(text);
    if scanner.peek()? == Token::End {
        return scanner.fail("no expression found in input");
    }
    let term = product(&mut scanner, 0)?;
    match (scanner.peek()?, term) {
        (Token::End, Term::Vector(query)) => Ok(query),
        (Token::End, Term::Number(_)) => scanner.fail("unexpected scalar, expected \"sum\""),
        (token, _) => scanner.fail(format!("unexpected {token}")),
    }
}

/// A value within an expression.
enum Term {
    Number(f64),
    Vector(Query),
}

fn product(scanner: &mut Scanner<'_>, depth: usize) -> Result<Term, ParseError> {
    let mut left = factor(scanner, depth)?;
    while scanner.accept(&Token::Symbol("*"))? {
        left = match (left, factor(scanner, depth)?) {
            (Term::Number(a), Term::Number(b)) => Term::Number(a * b),
            (Term::Vector(query), Term::Number(number)) | (Term::Number(number), Term::Vector(query)) => {
                Term::Vector(Query { factor: query.factor * number, ..query })
            }
            (Term::Vector(_), Term::Vector(_)) => {
                return scanner.fail("unexpected vector, expected number behind \"*\"");
            }
        };
    }
    Ok(left)
}

fn factor(scanner: &mut Scanner<'_>, depth: usize) -> Result<Term, ParseError> {
    if depth > DEPTH_MAX {
        return scanner.fail("parentheses nested too deeply");
    }
    match scanner.peek()? {
        Token::Symbol("(") => {
            scanner.next()?;
            let inner = product(scanner, depth + 1)?;
            scanner.close()?;
            Ok(inner)
        }
        Token::Number(number) => {
            scanner.next()?;
            Ok(Term::Number(number))
        }
        Token::Word(word) => {
            if let Some((_, aggregation)) = AGGREGATIONS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
                return aggregate(scanner, *aggregation).map(Term::Vector);
            }
            let start = scanner.clone();
            scanner.next()?;
            if scanner.peek()? == Token::Symbol("(") {
                return start.fail(format!("unknown function with name \"{word}\""));
            }
            start.fail(format!("unexpected identifier \"{word}\", expected \"sum\""))
        }
        token => scanner.fail(format!("unexpected {token}")),
    }
}

fn aggregate(scanner: &mut Scanner<'_>, aggregation: Aggregation) -> Result<Query, ParseError> {
    scanner.next()?;
    let mut by = grouping(scanner)?;
    scanner.expect("(", "aggregation")?;
    let reading = reading::parse(scanner, 0)?;
    scanner.close()?;
    if by.is_none() {
        by = grouping(scanner)?;
    }
    Ok(Query { aggregation, reading, by: by.unwrap_or_default(), factor: 1.0 })
}

/// `by (a, b)`, if it is there.
fn grouping(scanner: &mut Scanner<'_>) -> Result<Option<Vec<String>>, ParseError> {
    match scanner.peek()? {
        Token::Word(word) if word.eq_ignore_ascii_case("by") => {}
        _ => return Ok(None),
    }
    scanner.next()?;
    scanner.expect("(", "grouping opts")?;
    let mut labels = Vec::new();
    while let Token::Word(label) = scanner.peek()? {
        scanner.next()?;
        labels.push(label.to_owned());
        if !scanner.accept(&Token::Symbol(","))? {
            break;
        }
    }
    match scanner.peek()? {
        Token::Symbol(")") => scanner.next()?,
        Token::End => return scanner.fail("unclosed left parenthesis"),
        token => return scanner.fail(format!("unexpected {token} in grouping opts, expected label")),
    };
    Ok(Some(labels))
}

/// Templates nest two or three; a text of a million parentheses must not exhaust the stack.
pub(super) const DEPTH_MAX: usize = 32;
/// The aggregations by their names.
const AGGREGATIONS: [(&str, Aggregation); 2] = [("sum", Aggregation::Sum), ("max", Aggregation::Max)];

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn fails(text: &str, message: &str) {
        assert_eq!(parse(text).err().map(|error| error.to_string()), Some(message.to_owned()), "{text}");
    }

    #[test]
    fn the_templates_forms_are_understood() {
        let plain =
            query("sum(increase(istio_requests_total{reporter='source',job='kubernetes-pods'}[60s])) by (a, b)");
        assert_eq!((plain.reading.selector.metric.as_str(), plain.factor), ("istio_requests_total", 1.0));
        assert_eq!((plain.by, plain.reading.window_seconds), (vec!["a".to_owned(), "b".to_owned()], 60.0));
        let scaled = query("(sum(increase(istio_request_duration_seconds_sum{job=\"x\"}[300s])) by (a))*1000");
        assert_eq!((scaled.factor, scaled.reading.window_seconds), (1000.0, 300.0));
        let before = query("2 * SUM BY (a,) ( (increase(\n  books_total{}[1h30m])) ) * 1e2");
        assert_eq!((before.factor, before.reading.window_seconds, before.by), (200.0, 5400.0, vec!["a".to_owned()]));
        assert!(query("((sum(increase(books_total[500ms]))))").by.is_empty());
        assert_eq!(query("MAX(count_over_time(books_total[5m])) by (a)").aggregation, Aggregation::Max);
    }

    #[test]
    fn other_functions_are_unknown() {
        fails("rate(up[5m])", "1:1: parse error: unknown function with name \"rate\"");
        fails("sum(rate(up[5m]))", "1:5: parse error: unknown function with name \"rate\"");
        fails("avg(increase(up[5m]))", "1:1: parse error: unknown function with name \"avg\"");
        fails("\n up", "2:2: parse error: unexpected identifier \"up\", expected \"sum\"");
        fails("sum(up[5s])", "1:5: parse error: unexpected identifier \"up\" in aggregation, expected \"increase\"");
        fails("1000", "1:5: parse error: unexpected scalar, expected \"sum\"");
        let sum = "sum(increase(up[5s]))";
        fails(&format!("{sum}*{sum}"), "1:44: parse error: unexpected vector, expected number behind \"*\"");
        fails(&format!("{sum} / {sum}"), "1:23: parse error: unexpected character: '/'");
    }

    #[test]
    fn what_is_no_promql_is_refused_in_prometheus_words() {
        fails("", "1:1: parse error: no expression found in input");
        fails("sum(increase(up[0s]))", "1:17: parse error: duration must be greater than 0");
        fails("sum(increase(up[5]))", "1:17: parse error: bad duration syntax: \"5\"");
        fails("sum(increase(up[5x]))", "1:17: parse error: bad duration syntax: \"5x\"");
        fails("sum(increase(up{a=\"b}[5s]))", "1:19: parse error: unterminated quoted string");
        fails("sum(increase(up[5s])", "1:21: parse error: unclosed left parenthesis");
        fails("sum(increase(up[5s])) by (a", "1:28: parse error: unclosed left parenthesis");
        fails("sum(increase(up[5s])) foo", "1:23: parse error: unexpected identifier \"foo\"");
        fails("sum(increase(up[5s])) *", "1:24: parse error: unexpected end of input");
        fails("$x", "1:1: parse error: unexpected character: '$'");
        fails(")", "1:1: parse error: unexpected right parenthesis ')'");
        fails("increase()", "1:1: parse error: unknown function with name \"increase\"");
        fails(
            "sum(increase(up))",
            "1:14: parse error: expected type range vector in call to function \"increase\", got instant vector",
        );
        fails(
            "sum(increase(up{a}[5s]))",
            "1:18: parse error: unexpected \"}\" in label matching, expected label matching operator",
        );
        fails(
            "sum(increase(up{a=b}[5s]))",
            "1:19: parse error: unexpected identifier \"b\" in label matching, expected string",
        );
        fails(
            "sum(increase(up[5s])) by a",
            "1:26: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\"",
        );
    }

    #[test]
    fn no_text_exhausts_the_stack_or_the_pattern_engine() {
        for text in ["(".repeat(100_000), format!("sum({}", "(".repeat(100_000)), "2*".repeat(100_000)] {
            assert!(parse(&text).is_err());
        }
        assert!(parse("sum(increase(up{a=~\"(((a{999}){999}){999})\"}[5s]))").is_err());
        assert!(parse("sum(increase(up{a=~'['}[5s]))").is_err());
    }
}
