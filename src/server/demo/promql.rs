//! PromQL text -> the one form of query that the world answers, or Prometheus' own words for why not.
//!
//! `sum(increase(NAME{matchers}[duration])) by (labels)`, with `by` before or behind, in parentheses or not, and times
//! numbers: what iter8's templates write and `queries` asks. A recursive descent over the text; the words of an error
//! and its `line:column` are those of Prometheus 2.42.
//!
//! Not here: what the query gives (`evaluate`), and the rest of PromQL: another function is unknown.

use std::fmt;

use super::scanner::{Scanner, Token};
use super::series::Series;

/// A query that the world answers.
#[derive(Debug, Clone)]
pub struct Query {
    /// The metric whose increase is summed.
    pub metric: String,
    /// What the labels of a series must satisfy, all of it.
    pub matchers: Vec<Matcher>,
    /// Over how many seconds up to the query's time.
    pub window_seconds: f64,
    /// By which labels the sums are grouped.
    pub by: Vec<String>,
    /// What each sum is multiplied by.
    pub factor: f64,
}

/// What a label's value must be.
#[derive(Debug, Clone)]
pub struct Matcher {
    label: String,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Equals(String),
    Matches(regex_lite::Regex),
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

impl Query {
    /// Whether the query is about `series`.
    pub fn selects(&self, series: &Series) -> bool {
        series.metric == self.metric
            && self.matchers.iter().all(|matcher| matcher.accepts(series.label(&matcher.label)))
    }
}

impl Matcher {
    fn accepts(&self, value: &str) -> bool {
        let holds = match &self.test {
            Test::Equals(wanted) => value == wanted,
            Test::Matches(pattern) => pattern.is_match(value),
        };
        holds != self.negated
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
        (Token::End, Term::Sum(query)) => Ok(query),
        (Token::End, Term::Number(_)) => scanner.fail("unexpected scalar, expected \"sum\""),
        (token, _) => scanner.fail(format!("unexpected {token}")),
    }
}

/// A value within an expression.
enum Term {
    Number(f64),
    Sum(Query),
}

fn product(scanner: &mut Scanner<'_>, depth: usize) -> Result<Term, ParseError> {
    let mut left = factor(scanner, depth)?;
    while scanner.accept(&Token::Symbol("*"))? {
        left = match (left, factor(scanner, depth)?) {
            (Term::Number(a), Term::Number(b)) => Term::Number(a * b),
            (Term::Sum(query), Term::Number(number)) | (Term::Number(number), Term::Sum(query)) => {
                Term::Sum(Query { factor: query.factor * number, ..query })
            }
            (Term::Sum(_), Term::Sum(_)) => return scanner.fail("unexpected vector, expected number behind \"*\""),
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
        Token::Word(word) if word.eq_ignore_ascii_case("sum") => sum(scanner).map(Term::Sum),
        Token::Word(word) => {
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

fn sum(scanner: &mut Scanner<'_>) -> Result<Query, ParseError> {
    scanner.next()?;
    let mut by = grouping(scanner)?;
    scanner.expect("(", "aggregation")?;
    let query = increase(scanner, 0)?;
    scanner.close()?;
    if by.is_none() {
        by = grouping(scanner)?;
    }
    Ok(Query { by: by.unwrap_or_default(), ..query })
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

fn increase(scanner: &mut Scanner<'_>, depth: usize) -> Result<Query, ParseError> {
    if depth > DEPTH_MAX {
        return scanner.fail("parentheses nested too deeply");
    }
    if scanner.accept(&Token::Symbol("("))? {
        let inner = increase(scanner, depth + 1)?;
        scanner.close()?;
        return Ok(inner);
    }
    let start = scanner.clone();
    match scanner.next()? {
        Token::Word("increase") => {}
        Token::Word(word) if scanner.peek()? == Token::Symbol("(") => {
            return start.fail(format!("unknown function with name \"{word}\""));
        }
        token => return start.fail(format!("unexpected {token} in aggregation, expected \"increase\"")),
    }
    scanner.expect("(", "function call")?;
    if scanner.peek()? == Token::Symbol(")") {
        return start.fail("expected 1 argument(s) in call to \"increase\", got 0");
    }
    let query = range_selector(scanner)?;
    scanner.close()?;
    Ok(query)
}

fn range_selector(scanner: &mut Scanner<'_>) -> Result<Query, ParseError> {
    let start = scanner.clone();
    let metric = match scanner.next()? {
        Token::Word(metric) => metric.to_owned(),
        Token::Number(_) => {
            return start.fail("expected type range vector in call to function \"increase\", got scalar");
        }
        token => return start.fail(format!("unexpected {token} in function call, expected metric name")),
    };
    let matchers = matchers(scanner)?;
    if scanner.peek()? != Token::Symbol("[") {
        return start.fail("expected type range vector in call to function \"increase\", got instant vector");
    }
    let window_seconds = scanner.range()?;
    Ok(Query { metric, matchers, window_seconds, by: Vec::new(), factor: 1.0 })
}

fn matchers(scanner: &mut Scanner<'_>) -> Result<Vec<Matcher>, ParseError> {
    let mut matchers = Vec::new();
    if !scanner.accept(&Token::Symbol("{"))? {
        return Ok(matchers);
    }
    while scanner.peek()? != Token::Symbol("}") {
        matchers.push(matcher(scanner)?);
        if !scanner.accept(&Token::Symbol(","))? {
            break;
        }
    }
    scanner.expect("}", "label matching")?;
    Ok(matchers)
}

fn matcher(scanner: &mut Scanner<'_>) -> Result<Matcher, ParseError> {
    let label = match scanner.peek()? {
        Token::Word(label) => label.to_owned(),
        token => return scanner.fail(format!("unexpected {token} in label matching, expected identifier or \"}}\"")),
    };
    scanner.next()?;
    let (is_pattern, negated) = match scanner.peek()? {
        Token::Symbol("=") => (false, false),
        Token::Symbol("!=") => (false, true),
        Token::Symbol("=~") => (true, false),
        Token::Symbol("!~") => (true, true),
        token => {
            return scanner.fail(format!("unexpected {token} in label matching, expected label matching operator"));
        }
    };
    scanner.next()?;
    let start = scanner.clone();
    let value = match scanner.next()? {
        Token::Text(value) => value,
        token => return start.fail(format!("unexpected {token} in label matching, expected string")),
    };
    let test = if is_pattern {
        let anchored = regex_lite::Regex::new(&format!("^(?:{value})$"));
        Test::Matches(anchored.or_else(|error| start.fail(format!("error parsing regexp: {error}: `^(?:{value})$`")))?)
    } else {
        Test::Equals(value)
    };
    Ok(Matcher { label, test, negated })
}

/// Templates nest two or three; a text of a million parentheses must not exhaust the stack.
const DEPTH_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::demo::series;

    fn query(text: &str) -> Query {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn fails(text: &str, message: &str) {
        assert_eq!(parse(text).err().map(|error| error.to_string()), Some(message.to_owned()), "{text}");
    }

    /// How many of the world's series `{matchers}` of `istio_requests_total` selects.
    fn selected(matchers: &str) -> usize {
        let query = query(&format!("sum(increase(istio_requests_total{{{matchers}}}[60s]))"));
        series::all().iter().filter(|series| query.selects(series)).count()
    }

    #[test]
    fn the_templates_forms_are_understood() {
        let plain =
            query("sum(increase(istio_requests_total{reporter='source',job='kubernetes-pods'}[60s])) by (a, b)");
        assert_eq!((plain.metric.as_str(), plain.window_seconds, plain.factor), ("istio_requests_total", 60.0, 1.0));
        assert_eq!((plain.by, plain.matchers.len()), (vec!["a".to_owned(), "b".to_owned()], 2));
        let scaled = query("(sum(increase(istio_request_duration_seconds_sum{job=\"x\"}[300s])) by (a))*1000");
        assert_eq!((scaled.factor, scaled.window_seconds), (1000.0, 300.0));
        let before = query("2 * SUM BY (a,) ( (increase(\n  books_total{}[1h30m])) ) * 1e2");
        assert_eq!((before.factor, before.window_seconds, before.by), (200.0, 5400.0, vec!["a".to_owned()]));
        assert!(query("((sum(increase(books_total[500ms]))))").by.is_empty());
    }

    #[test]
    fn matchers_select_as_in_prometheus() {
        assert_eq!(selected(""), 6);
        assert_eq!(selected("response_code=~'5..'"), 3);
        assert_eq!(selected("response_code!~\"5..\""), 3);
        assert_eq!(selected("response_code=~'50'"), 0, "a pattern matches the whole value");
        assert_eq!(selected("response_code!='200', destination_workload=`productpage-v3`,"), 1);
        assert_eq!(selected("reporter='destination'"), 0);
        assert_eq!(selected("no_such_label=''"), 6, "a label that is missing is empty");
        assert_eq!(selected("destination_workload=~'.*-v(1|2)',job=~'.+'"), 4);
        assert_eq!(selected("job='kubernetes\\u002dpods'"), 6);
    }

    #[test]
    fn other_functions_are_unknown() {
        fails("rate(up[5m])", "1:1: parse error: unknown function with name \"rate\"");
        fails("sum(rate(up[5m]))", "1:5: parse error: unknown function with name \"rate\"");
        fails("max(increase(up[5m]))", "1:1: parse error: unknown function with name \"max\"");
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
