//! The text within an aggregation -> what is read of each series.
//!
//! `increase(SEL[duration])`, `count_over_time` and `min_over_time` likewise, and behind it perhaps
//! `unless SEL offset duration`: but for series that existed that long ago. So one asks for counts, for how often a series
//! is scraped, and for the first values of series that were born within the duration.
//!
//! Not here: the aggregation (`promql`), values (`evaluate`).

use super::promql::{DEPTH_MAX, ParseError};
use super::scanner::{Scanner, Token};
use super::selector::Selector;

/// What is read of each series that a query selects.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What is made of the samples in the window.
    pub function: Function,
    /// Which series are read.
    pub selector: Selector,
    /// Over how many seconds up to the query's time.
    pub window_seconds: f64,
    /// Which series are left out.
    pub unless: Option<Unless>,
}

/// What is made of a series' samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// What it grew by.
    Increase,
    /// How many samples there are.
    CountOverTime,
    /// The least value.
    MinOverTime,
}

/// Series with the labels of one that `selector` selects are left out, if that one existed `offset_seconds` earlier.
#[derive(Debug, Clone)]
pub struct Unless {
    /// Which series are looked for.
    pub selector: Selector,
    /// How long before the query's time.
    pub offset_seconds: f64,
}

/// What stands in an aggregation's parentheses.
///
/// # Errors
/// What the world does not read.
pub(super) fn parse(scanner: &mut Scanner<'_>, depth: usize) -> Result<Reading, ParseError> {
    if depth > DEPTH_MAX {
        return scanner.fail("parentheses nested too deeply");
    }
    let mut reading = if scanner.accept(&Token::Symbol("("))? {
        let inner = parse(scanner, depth + 1)?;
        scanner.close()?;
        inner
    } else {
        call(scanner)?
    };
    if reading.unless.is_none() && is_word(&scanner.peek()?, "unless") {
        scanner.next()?;
        reading.unless = Some(unless(scanner)?);
    }
    Ok(reading)
}

fn call(scanner: &mut Scanner<'_>) -> Result<Reading, ParseError> {
    let start = scanner.clone();
    let token = scanner.next()?;
    let known = FUNCTIONS.iter().find(|(name, _)| token == Token::Word(name));
    let Some((name, function)) = known else {
        return match token {
            Token::Word(word) if scanner.peek()? == Token::Symbol("(") => {
                start.fail(format!("unknown function with name \"{word}\""))
            }
            token => start.fail(format!("unexpected {token} in aggregation, expected \"increase\"")),
        };
    };
    scanner.expect("(", "function call")?;
    if scanner.peek()? == Token::Symbol(")") {
        return start.fail(format!("expected 1 argument(s) in call to \"{name}\", got 0"));
    }
    let (selector, window_seconds) = range_selector(scanner, name)?;
    scanner.close()?;
    Ok(Reading { function: *function, selector, window_seconds, unless: None })
}

fn range_selector(scanner: &mut Scanner<'_>, function: &str) -> Result<(Selector, f64), ParseError> {
    let wanted = |found: &str| format!("expected type range vector in call to function \"{function}\", got {found}");
    let start = scanner.clone();
    let selector = match scanner.next()? {
        Token::Word(metric) => Selector::parse(metric, scanner)?,
        Token::Number(_) => return start.fail(wanted("scalar")),
        token => return start.fail(format!("unexpected {token} in function call, expected metric name")),
    };
    if scanner.peek()? != Token::Symbol("[") {
        return start.fail(wanted("instant vector"));
    }
    Ok((selector, scanner.range()?))
}

/// What stands behind `unless`.
fn unless(scanner: &mut Scanner<'_>) -> Result<Unless, ParseError> {
    let start = scanner.clone();
    let selector = match scanner.next()? {
        Token::Word(metric) => Selector::parse(metric, scanner)?,
        token => return start.fail(format!("unexpected {token}")),
    };
    let offset_seconds = if is_word(&scanner.peek()?, "offset") {
        scanner.next()?;
        scanner.duration("offset")?
    } else {
        0.0
    };
    Ok(Unless { selector, offset_seconds })
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word))
}

/// The functions by their names.
const FUNCTIONS: [(&str, Function); 3] = [
    ("increase", Function::Increase),
    ("count_over_time", Function::CountOverTime),
    ("min_over_time", Function::MinOverTime),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::demo::promql;

    fn reading(text: &str) -> Reading {
        promql::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).reading
    }

    #[test]
    fn the_three_functions_are_read() {
        assert_eq!(reading("max(count_over_time(a{b='c'}[5m]))").function, Function::CountOverTime);
        assert_eq!(reading("sum(min_over_time(a[5m]))").function, Function::MinOverTime);
        assert!(reading("sum(increase(a[20s]))").unless.is_none());
    }

    #[test]
    fn series_that_existed_before_may_be_left_out() {
        let newborn = reading("(sum((min_over_time(a{b='c'}[15s]) unless a{b='c'} offset 1m30s)) by (v))*1000");
        assert_eq!((newborn.function, newborn.window_seconds), (Function::MinOverTime, 15.0));
        let unless = newborn.unless.unwrap_or_else(|| panic!("no unless"));
        assert_eq!((unless.selector.metric.as_str(), unless.offset_seconds), ("a", 90.0));
        assert_eq!(reading("sum(increase(a[5s]) UNLESS a)").unless.map(|unless| unless.offset_seconds), Some(0.0));
    }

    #[test]
    fn what_is_no_offset_is_refused_in_prometheus_words() {
        let fails = |text: &str, message: &str| {
            assert_eq!(promql::parse(text).err().map(|error| error.to_string()).as_deref(), Some(message), "{text}");
        };
        let start = "sum(min_over_time(a[5s]) unless";
        fails(&format!("{start})"), "1:32: parse error: unexpected right parenthesis ')'");
        fails(
            &format!("{start} a offset)"),
            "1:41: parse error: unexpected right parenthesis ')' in offset, expected duration",
        );
        fails(&format!("{start} a offset 5x)"), "1:42: parse error: bad number or duration syntax: \"5x\"");
        fails(
            "sum(count_over_time())",
            "1:5: parse error: expected 1 argument(s) in call to \"count_over_time\", got 0",
        );
    }
}
