//! PromQL text -> tokens, one at a time, each with its place.
//!
//! Words, numbers, quoted texts (Go's escapes), operators and the durations of range selectors; white space and
//! comments fall away. Errors carry the words and the `line:column` of Prometheus.
//!
//! Not here: what the tokens mean together (`promql`).

use std::fmt;

use super::promql::ParseError;

/// The smallest piece of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Token<'a> {
    /// A name or a keyword.
    Word(&'a str),
    /// A number.
    Number(f64),
    /// What stood in quotes, its escapes resolved.
    Text(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    /// Nothing is left.
    End,
}

impl fmt::Display for Token<'_> {
    /// As Prometheus names an unexpected token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "identifier \"{word}\""),
            Self::Number(number) => write!(f, "number \"{number}\""),
            Self::Text(text) => write!(f, "string {text:?}"),
            Self::Symbol(")") => f.write_str("right parenthesis ')'"),
            Self::Symbol(symbol) => write!(f, "\"{symbol}\""),
            Self::End => f.write_str("end of input"),
        }
    }
}

/// A place in a text.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    /// A byte at a character's start; never within white space or a comment.
    at: usize,
}

impl<'a> Scanner<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        let mut scanner = Self { text, at: 0 };
        scanner.skip_space();
        scanner
    }

    /// The token at this place.
    pub fn peek(&self) -> Result<Token<'a>, ParseError> {
        self.token().map(|(token, _)| token)
    }

    /// The token at this place; the place is behind it then.
    pub fn next(&mut self) -> Result<Token<'a>, ParseError> {
        let (token, length) = self.token()?;
        self.step(length);
        Ok(token)
    }

    /// Whether `token` stands here; if so, the place is behind it then.
    pub fn accept(&mut self, token: &Token<'_>) -> Result<bool, ParseError> {
        let (found, length) = self.token()?;
        let accepted = found == *token;
        if accepted {
            self.step(length);
        }
        Ok(accepted)
    }

    /// Goes behind `symbol`, or fails for want of it in `context`.
    pub fn expect(&mut self, symbol: &'static str, context: &str) -> Result<(), ParseError> {
        if self.accept(&Token::Symbol(symbol))? {
            return Ok(());
        }
        let token = self.peek()?;
        self.fail(format!("unexpected {token} in {context}, expected \"{symbol}\""))
    }

    /// Goes behind the `)` of an expression.
    pub fn close(&mut self) -> Result<(), ParseError> {
        match self.peek()? {
            Token::Symbol(")") => self.next().map(|_| ()),
            Token::End => self.fail("unclosed left parenthesis"),
            token => self.fail(format!("unexpected {token}")),
        }
    }

    /// Goes behind `[duration]`: the duration in seconds, above 0.
    pub fn range(&mut self) -> Result<f64, ParseError> {
        self.expect("[", "range selector")?;
        let Some(length) = self.rest().find(']') else { return self.fail("unclosed left bracket") };
        let text = self.rest().get(..length).unwrap_or_default().trim_end();
        match duration_seconds(text) {
            None => self.fail(format!("bad duration syntax: {text:?}")),
            Some(seconds) if seconds <= 0.0 => self.fail("duration must be greater than 0"),
            Some(seconds) => {
                self.step(length + 1);
                Ok(seconds)
            }
        }
    }

    /// Goes behind a duration in `context`, such as `15s`: its seconds.
    pub fn duration(&mut self, context: &str) -> Result<f64, ParseError> {
        let text = leading(self.rest(), |character| character.is_ascii_alphanumeric());
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            let token = self.peek()?;
            return self.fail(format!("unexpected {token} in {context}, expected duration"));
        }
        match duration_seconds(text) {
            None => self.fail(format!("bad number or duration syntax: {text:?}")),
            Some(seconds) => {
                self.step(text.len());
                Ok(seconds)
            }
        }
    }

    /// An error at this place.
    pub fn fail<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Err(ParseError { line: before.matches('\n').count() + 1, column, message: message.into() })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, length: usize) {
        self.at += length;
        self.skip_space();
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// The token at this place and its length in bytes.
    fn token(&self) -> Result<(Token<'a>, usize), ParseError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            return Ok((Token::Symbol(symbol), symbol.len()));
        }
        match first {
            '"' | '\'' | '`' => self.quoted(first),
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                let word = leading(rest, |character| character.is_ascii_alphanumeric() || "_:".contains(character));
                Ok((Token::Word(word), word.len()))
            }
            '0'..='9' | '.' => {
                let number = leading(rest, |character| character.is_ascii_alphanumeric() || character == '.');
                match number.parse() {
                    Ok(value) => Ok((Token::Number(value), number.len())),
                    Err(_) => self.fail(format!("bad number or duration syntax: {number:?}")),
                }
            }
            _ => self.fail(format!("unexpected character: {first:?}")),
        }
    }

    fn quoted(&self, quote: char) -> Result<(Token<'a>, usize), ParseError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((index, character)) = characters.next() {
            match character {
                _ if character == quote => return Ok((Token::Text(text), index + 1)),
                '\n' if quote != '`' => break,
                '\\' if quote != '`' => match escaped(&mut characters.by_ref().map(|(_, character)| character)) {
                    Some(character) => text.push(character),
                    None => return self.fail("unknown escape sequence"),
                },
                _ => text.push(character),
            }
        }
        self.fail("unterminated quoted string")
    }
}

/// The character that the escape behind a backslash stands for.
fn escaped(characters: &mut impl Iterator<Item = char>) -> Option<char> {
    let digits = match characters.next()? {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        quoted @ ('\\' | '"' | '\'') => return Some(quoted),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let mut code = 0_u32;
    for _ in 0..digits {
        code = code.checked_mul(16)?.checked_add(characters.next()?.to_digit(16)?)?;
    }
    char::from_u32(code)
}

/// The seconds of a duration in Prometheus' notation, such as `90s` or `1h30m`; `None` where it is none.
pub fn duration_seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = leading(rest, |character| character.is_ascii_digit());
        let count: u32 = digits.parse().ok()?;
        rest = rest.get(digits.len()..)?;
        let unit = leading(rest, |character| character.is_ascii_alphabetic());
        // Each unit once, the longer before the shorter: the iterator goes on where the last unit was found.
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        rest = rest.get(unit.len()..)?;
        seconds += f64::from(count) * length;
    }
    (!text.is_empty()).then_some(seconds)
}

/// The start of `text` whose characters all satisfy `belongs`.
fn leading(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|character| !belongs(character)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Longer ones first: the first that fits is taken.
const SYMBOLS: [&str; 12] = ["=~", "!~", "!=", "=", "(", ")", "{", "}", "[", "]", ",", "*"];

/// Units of a duration and their seconds.
const UNITS: [(&str, f64); 7] =
    [("y", 31_536_000.0), ("w", 604_800.0), ("d", 86_400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_and_go_from_long_to_short() {
        assert_eq!(duration_seconds("20s"), Some(20.0));
        assert_eq!(duration_seconds("1d2h30m"), Some(95_400.0));
        assert_eq!(duration_seconds("1m500ms"), Some(60.5));
        for text in ["", "s", "5", "5x", "1m1h", "1s1s", "-5s", "1.5s", "99999999999s", "5 s", "٣s"] {
            assert_eq!(duration_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn white_space_and_comments_fall_away_and_quotes_keep_theirs() {
        let mut scanner = Scanner::new(" # by hand\n sum\t( 'a # b\\x41' `\\d` \"ü\"");
        let mut tokens = Vec::new();
        while let Ok(token) = scanner.next() {
            if token == Token::End {
                break;
            }
            tokens.push(token.to_string());
        }
        assert_eq!(tokens, ["identifier \"sum\"", "\"(\"", "string \"a # bA\"", "string \"\\\\d\"", "string \"ü\""]);
        assert!(Scanner::new("'\\q'").next().is_err());
        assert!(Scanner::new("'\\ud800'").next().is_err());
        assert!(Scanner::new("'a\nb'").next().is_err());
    }
}
