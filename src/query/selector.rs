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
    while let Some((before, after)) = next_range(rest) {
        let (before, selector) = split_selector(before);
        if selector.is_empty() {
            return None;
        }
        first.get_or_insert_with(|| selector.to_owned());
        let call = before.trim_end().strip_suffix('(').map(str::trim_end);
        let outside = call.and_then(|call| call.strip_suffix("increase"));
        let behind = after.trim_start().strip_prefix(')');
        match (newborn.as_mut(), outside, behind) {
            (Some(text), Some(outside), Some(behind)) if !outside.ends_with(is_name) => {
                text.push_str(outside);
                text.push_str(&format!("(min_over_time({selector}[$interval]) unless {selector} offset $interval)"));
                rest = behind;
            }
            _ => {
                newborn = None;
                rest = after;
            }
        }
    }
    if let Some(text) = &mut newborn {
        text.push_str(rest);
    }
    Some(Selection { selector: first?, newborn })
}

/// What stands before and behind the first range.
fn next_range(text: &str) -> Option<(&str, &str)> {
    text.match_indices('[').find_map(|(place, _)| {
        let (before, from_here) = text.split_at_checked(place)?;
        let after = RANGES.iter().find_map(|range| from_here.strip_prefix(range))?;
        Some((before, after))
    })
}

/// `text` without and with the selector that it ends with: a metric's name, matchers in braces, or both.
fn split_selector(text: &str) -> (&str, &str) {
    let text = text.trim_end();
    let open = text.ends_with('}').then(|| last_brace(text)).flatten();
    let head = open.and_then(|place| text.get(..place)).unwrap_or(text).trim_end();
    let outside = head.trim_end_matches(is_name);
    let has_selector = open.is_some() || outside.len() < head.len();
    let place = if has_selector { outside.len() } else { text.len() };
    text.split_at_checked(place).unwrap_or((text, ""))
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
