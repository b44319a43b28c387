//! A query template -> what of it is needed to cut time into intervals.
//!
//! `increase(SEL[$interval])` somewhere in a template: the selector SEL tells, by how many samples its series have, how often
//! the backend scrapes; and the same template with `(min_over_time(SEL[$interval]) unless SEL offset $interval)` in its
//! place sums the first values of series that were born within the interval, which no `increase` sees. Whatever surrounds
//! it (a sum, a factor, parentheses) stays, so it has to be linear: as counters' templates are.
//!
//! Not here: filling in (`template`), sending, reading.

/// What a template says about its series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selection {
    /// The first range selector without its range, such as `istio_requests_total{job="x"}`.
    pub(super) selector: String,
    /// The template for the first values of newborn series; `None` where a range is no argument of `increase`.
    pub(super) newborn: Option<String>,
}

/// `None` where the template has no range of `$interval`: then time cannot be cut.
pub(super) fn selection(template: &str) -> Option<Selection> {
    let mut first = None;
    let mut newborn = Some(String::new());
    let mut rest = template;
    while let Some((start, end)) = RANGES.iter().filter_map(|range| find(rest, range)).min() {
        let before = &rest[..start];
        let place = selector_start(before);
        let selector = before[place..].trim_end();
        if selector.is_empty() {
            return None;
        }
        first.get_or_insert_with(|| selector.to_owned());
        let call = before[..place].trim_end().strip_suffix('(').map(str::trim_end);
        let outside = call.and_then(|call| call.strip_suffix("increase"));
        let behind = rest[end..].trim_start().strip_prefix(')');
        match (newborn.as_mut(), outside, behind) {
            (Some(text), Some(outside), Some(behind)) if !outside.ends_with(is_name) => {
                text.push_str(outside);
                text.push_str(&format!("(min_over_time({selector}[$interval]) unless {selector} offset $interval)"));
                rest = behind;
            }
            _ => {
                newborn = None;
                rest = &rest[end..];
            }
        }
    }
    if let Some(text) = &mut newborn {
        text.push_str(rest);
    }
    Some(Selection { selector: first?, newborn })
}

fn find(text: &str, range: &str) -> Option<(usize, usize)> {
    text.find(range).map(|start| (start, start + range.len()))
}

/// Where the selector that `text` ends with begins: a metric's name, matchers in braces, or both.
fn selector_start(text: &str) -> usize {
    let trimmed = text.trim_end();
    let name_end = if trimmed.ends_with('}') { last_brace(trimmed).unwrap_or(trimmed.len()) } else { trimmed.len() };
    let head = trimmed[..name_end].trim_end();
    let name = head.chars().rev().take_while(|c| is_name(*c)).map(char::len_utf8).sum::<usize>();
    if name > 0 || name_end < trimmed.len() { head.len() - name } else { text.len() }
}

/// Where the last pair of braces begins, whatever stands in quotes.
fn last_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    let mut open = None;
    for (place, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(mark), c) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '{') => open = Some(place),
            _ => {}
        }
    }
    open
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// The ways of writing the range.
const RANGES: [&str; 2] = ["[$interval]", "[${interval}]"];

#[cfg(test)]
mod tests {
    use super::*;

    fn select(template: &str) -> (String, Option<String>) {
        let selection = selection(template).unwrap();
        (selection.selector, selection.newborn)
    }

    #[test]
    fn the_selector_is_what_stands_before_the_range() {
        let (selector, newborn) =
            select("sum(increase(requests_total{job='x', code=~\"5..\"}[$interval])) by ($version_labels)");
        assert_eq!(selector, "requests_total{job='x', code=~\"5..\"}");
        assert_eq!(
            newborn.as_deref(),
            Some(
                "sum((min_over_time(requests_total{job='x', code=~\"5..\"}[$interval]) unless \
                 requests_total{job='x', code=~\"5..\"} offset $interval)) by ($version_labels)"
            )
        );
        assert_eq!(select("(sum(increase(a:b [${interval}] )) by (v))*1000").0, "a:b");
        assert_eq!(select("increase({__name__=~'x{2}[0-9]'}[$interval])").0, "{__name__=~'x{2}[0-9]'}");
    }

    #[test]
    fn only_an_increase_has_newborn_series() {
        assert_eq!(select("sum(rate(a[$interval]))").1, None);
        assert_eq!(select("sum(my_increase(a[$interval]))").1, None);
        let both = select("increase(a[$interval]) + increase(b[$interval])");
        let newborn = |name| format!("(min_over_time({name}[$interval]) unless {name} offset $interval)");
        assert_eq!(both, ("a".to_owned(), Some(format!("{} + {}", newborn("a"), newborn("b")))));
    }

    #[test]
    fn without_a_range_there_is_nothing_to_cut() {
        for template in ["sum(a) by (v)", "sum(increase(a[5m]))", "", "[$interval]", "x{a='[$interval"] {
            assert_eq!(selection(template), None, "{template}");
        }
    }
}
