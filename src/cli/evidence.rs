//! The evidence of an assessment becomes a table: what is shown of each criterion of each version, however often one looked.
//!
//! Such as `satisfied`, what is not ruled out, how the evidence for either verdict stands to what is needed (natural
//! logarithms), and how many requests a verdict takes at least.
//!
//! Not here: any judgement. Nothing is shown where no criterion has evidence, as with v1.0.0's statistics.

use super::numbers::{number, range, unknown};
use super::table::{Cell, Style, render};
use super::text::by_version;
use crate::assessment::{Assessment, Evidence, RequestsToVerdict, Verdict};

/// The table; `None` where there is no evidence.
pub(super) fn table(assessment: &Assessment) -> Option<String> {
    let mut rows = vec![vec![
        Cell::title("criterion"),
        Cell::title("version"),
        Cell::title("verdict"),
        Cell::title_number("not ruled out"),
        Cell::title_number("for"),
        Cell::title_number("against"),
        Cell::title_number("needed"),
        Cell::title_number("intervals"),
        Cell::title_number("requests to go"),
    ]];
    for index in 0..assessment.baseline_assessment.criterion_assessments.len() {
        for (version, role) in by_version(assessment) {
            let Some(criterion) = version.criterion_assessments.get(index) else { continue };
            let Some(evidence) = &criterion.evidence else { continue };
            let mut row = vec![Cell::text(&criterion.id), Cell::text(&format!("{}{role}", version.id))];
            row.extend(cells(evidence));
            rows.push(row);
        }
    }
    (rows.len() > 1).then(|| render(&rows))
}

fn cells(evidence: &Evidence) -> [Cell; 7] {
    let (word, style) = match evidence.verdict {
        Verdict::Satisfied => ("satisfied", Style::Good),
        Verdict::Violated => ("violated", Style::Bad),
        Verdict::Undecided => ("undecided", Style::Plain),
    };
    let left = evidence.confidence_sequence.map_or_else(unknown, |left| range(left.lower, left.upper));
    [
        Cell::text(word).style(style),
        Cell::number(&left),
        Cell::number(&log(evidence.log_e_satisfied)),
        Cell::number(&log(evidence.log_e_violated)),
        Cell::number(&log(Some(evidence.log_e_needed))),
        Cell::number(&evidence.intervals.to_string()),
        Cell::number(&requests(evidence.requests_to_verdict)),
    ]
}

/// Such as `120 to 4500`, or `at least 120` where nothing says at most.
fn requests(needed: Option<RequestsToVerdict>) -> String {
    let Some(RequestsToVerdict { lower, upper }) = needed else { return unknown() };
    match upper {
        Some(_) => range(Some(lower), upper),
        None => format!("at least {}", number(Some(lower))),
    }
}

fn log(log_e: Option<f64>) -> String {
    log_e.map_or_else(unknown, |log_e| format!("{log_e:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_that_are_missing_are_a_range_or_a_least_number() {
        assert_eq!(requests(None), "-");
        assert_eq!(requests(Some(RequestsToVerdict { lower: 120.0, upper: Some(4500.0) })), "120 to 4500");
        assert_eq!(requests(Some(RequestsToVerdict { lower: 120.0, upper: None })), "at least 120");
    }
}
