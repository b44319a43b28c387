//! Cells become lines of a table whose columns stand under one another.
//!
//! A column is as wide as its widest cell, counted in characters: wide (East Asian) characters shift what follows.
//! Control characters are shown escaped, so that an id from a file cannot steer the terminal. A style is put around
//! the padded text, so that it changes no width.
//!
//! Not here: what stands in the cells.

use std::fmt::Write;

use crate::error::shorten;

/// How a cell looks on a terminal that knows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Of lesser weight than what stands beside it.
    Faint,
    /// As wished.
    Good,
    /// Not as wished.
    Bad,
    /// To be looked at.
    Odd,
}

impl Style {
    /// `text` in this style.
    pub(super) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Odd => "33",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// One cell; a number stands at its column's right side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cell {
    text: String,
    is_number: bool,
    style: Style,
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self { text: printable(text), ..Self::default() }
    }

    pub(super) fn number(text: &str) -> Self {
        Self { text: printable(text), is_number: true, ..Self::default() }
    }

    /// The heading of a column of texts.
    pub(super) fn title(text: &str) -> Self {
        Self::text(text).style(Style::Faint)
    }

    /// The heading of a column of numbers.
    pub(super) fn title_number(text: &str) -> Self {
        Self::number(text).style(Style::Faint)
    }

    pub(super) fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// The lines of a table with `rows`, the first of them its heading; each line starts with two spaces.
pub(super) fn render(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let mut lines = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width - cell.text.chars().count());
            let text = cell.style.paint(&cell.text);
            // Writing to a String cannot fail.
            let _ = if cell.is_number { write!(line, "  {padding}{text}") } else { write!(line, "  {text}{padding}") };
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// `text` without control characters, and not too long for a line.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_direction_mark(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shorten(&shown, CELL_LENGTH_MAX)
}

/// Characters that turn the direction of what follows: with them a text could pose as another one.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Longest cell that is shown whole; a Kubernetes name of ordinary length fits.
const CELL_LENGTH_MAX: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another() {
        let rows = [
            vec![Cell::text("version"), Cell::number("requests")],
            vec![Cell::text("v1"), Cell::number("1000")],
            vec![Cell::text("größer"), Cell::number("5")],
        ];
        assert_eq!(render(&rows), "  version  requests\n  v1           1000\n  größer          5\n");
    }

    #[test]
    fn a_style_changes_no_width() {
        let rows =
            [vec![Cell::text("ab").style(Style::Good), Cell::text("x")], vec![Cell::text("abc"), Cell::text("y")]];
        assert_eq!(render(&rows), "  \x1b[32mab\x1b[0m   x\n  abc  y\n");
    }

    #[test]
    fn an_id_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(printable("\u{202e}abc"), "\\u{202e}abc");
    }
}
