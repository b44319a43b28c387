//! The text of a selector, `name{matchers}` -> which series it selects.
//!
//! The four operators of matchers; a pattern has to match a label's whole value, a label that is missing is empty.
//!
//! Not here: what surrounds a selector (`promql`, `reading`).

use super::promql::ParseError;
use super::scanner::{Scanner, Token};
use super::series::Series;

/// Which series a query is about.
#[derive(Debug, Clone)]
pub struct Selector {
    /// The metric's name.
    pub metric: String,
    /// What the labels of a series must satisfy, all of it.
    matchers: Vec<Matcher>,
}

/// What a label's value must be.
#[derive(Debug, Clone)]
struct Matcher {
    label: String,
    test: Test,
    negated: bool,
}

#[derive(Debug, Clone)]
enum Test {
    Equals(String),
    Matches(regex_lite::Regex),
}

impl Selector {
    /// Whether it selects `series`.
    pub fn selects(&self, series: &Series) -> bool {
        series.metric == self.metric
            && self.matchers.iter().all(|matcher| matcher.accepts(series.label(&matcher.label)))
    }

    /// What stands behind the name `metric`.
    ///
    /// # Errors
    /// Braces that hold no matchers.
    pub(super) fn parse(metric: &str, scanner: &mut Scanner<'_>) -> Result<Self, ParseError> {
        Ok(Self { metric: metric.to_owned(), matchers: matchers(scanner)? })
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

#[cfg(test)]
mod tests {
    use crate::server::demo::{promql, series};

    /// How many of the world's series `{matchers}` of `istio_requests_total` selects.
    fn selected(matchers: &str) -> usize {
        let text = format!("sum(increase(istio_requests_total{{{matchers}}}[60s]))");
        let query = promql::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        series::all().iter().filter(|series| query.reading.selector.selects(series)).count()
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
}
