//! An assessment becomes a text that a person reads.
//!
//! Winner first, then a table of the versions with the split of traffic as bars, a table for each criterion, the evidence,
//! and the notes. The strategy, which the assessment does not repeat, is looked up in the experiment.
//!
//! Not here: any judgement. Unknown is `-`.

use serde_json::Value;

use super::numbers::{number, unknown};
use super::table::{Cell, Style, printable, render};
use super::{criteria, evidence};
use crate::assessment::{Assessment, Entries, Severity, VersionAssessment};

/// The text of `assessment`, of the `experiment` with this `label`; lines, with ANSI styles.
pub(super) fn describe(experiment: &Value, label: &str, assessment: &Assessment) -> String {
    let mut text = format!(
        "{}  assessed as of {} UTC\n\n{}\n",
        Style::Strong.paint(&printable(label)),
        assessment.timestamp.replace('T', " "),
        winner(assessment)
    );
    text.push_str(&heading("Versions"));
    text.push_str(&versions(experiment, assessment));
    for (index, criterion) in criteria::list(experiment, "criteria").iter().enumerate() {
        text.push_str(&heading(&criteria::title(experiment, criterion)));
        let has_limit = criterion.get("threshold").is_some_and(Value::is_object);
        text.push_str(&criteria::table(assessment, index, has_limit));
    }
    if let Some(table) = evidence::table(assessment) {
        text.push_str(&heading("Evidence, valid however often one looks (natural logarithms)"));
        text.push_str(&table);
    }
    if !assessment.notes.is_empty() {
        text.push_str(&heading("Notes"));
        for note in &assessment.notes {
            let style = match note.severity {
                Severity::Info => Style::Plain,
                Severity::Warning => Style::Odd,
                Severity::Error => Style::Bad,
            };
            text.push_str(&format!("  {}\n", style.paint(&plain(&note.message))));
        }
    }
    text
}

fn winner(assessment: &Assessment) -> String {
    let winner = &assessment.winner_assessment;
    let style = if winner.winning_version_found { Style::Good } else { Style::Plain };
    style.paint(&plain(&winner.reason))
}

fn versions(experiment: &Value, assessment: &Assessment) -> String {
    let split = &assessment.traffic_split_recommendation;
    let strategy =
        experiment.get("traffic_control").and_then(|control| control.get("strategy")).and_then(Value::as_str);
    let (strategy, chosen) = match strategy {
        Some("top_2") => ("top_2", &split.top_2),
        Some("uniform") => ("uniform", &split.uniform),
        _ => ("progressive", &split.progressive),
    };
    let others = [("progressive", &split.progressive), ("top_2", &split.top_2), ("uniform", &split.uniform)]
        .into_iter()
        .filter(|(name, _)| *name != strategy);

    let loss = |version: &VersionAssessment| {
        assessment.candidate_assessments.iter().find(|candidate| candidate.version.id == version.id)?.expected_loss
    };
    let has_losses = assessment.candidate_assessments.iter().any(|candidate| candidate.expected_loss.is_some());

    let mut head = vec![Cell::title("version"), Cell::title_number("requests"), Cell::title_number("P(wins)")];
    head.extend(has_losses.then(|| Cell::title_number("expected loss")));
    head.extend([Cell::title("traffic next"), Cell::title_number(strategy)]);
    head.extend(others.clone().map(|(name, _)| Cell::title_number(name)));
    let mut rows = vec![head];
    for (version, role) in by_version(assessment) {
        let percent = |split: &Entries<i32>| split.get(&version.id).copied();
        let best = assessment.winner_assessment.winning_version_found
            && assessment.winner_assessment.current_best_version == version.id;
        let mut row = vec![
            Cell::text(&format!("{}{role}", version.id)).style(if best { Style::Good } else { Style::Plain }),
            Cell::number(&version.request_count.map_or_else(unknown, |count| count.to_string())),
            Cell::number(&format!("{:.3}", version.win_probability)),
        ];
        row.extend(has_losses.then(|| Cell::number(&number(loss(version)))));
        row.push(Cell::text(&percent(chosen).map_or_else(unknown, bar)));
        row.push(Cell::number(&percent(chosen).map_or_else(unknown, |percent| format!("{percent} %"))));
        row.extend(others.clone().map(|(_, split)| {
            Cell::number(&percent(split).map_or_else(unknown, |percent| format!("{percent} %"))).style(Style::Faint)
        }));
        rows.push(row);
    }
    render(&rows)
}

/// `percent` of traffic as a bar of up to twenty blocks; the least share that is none is still seen.
fn bar(percent: i32) -> String {
    let percent = usize::try_from(percent.clamp(0, 100)).unwrap_or_default();
    "█".repeat(percent.div_ceil(5))
}

/// The versions, the baseline first, each with what to put behind its id.
pub(super) fn by_version(assessment: &Assessment) -> impl Iterator<Item = (&VersionAssessment, &'static str)> {
    let candidates = assessment
        .candidate_assessments
        .iter()
        .map(|candidate| (&candidate.version, if candidate.rollback { " (roll back)" } else { "" }));
    std::iter::once((&assessment.baseline_assessment, " (baseline)")).chain(candidates)
}

/// `sentence` on one line, without control characters.
fn plain(sentence: &str) -> String {
    sentence.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn heading(text: &str) -> String {
    format!("\n{}\n", Style::Strong.paint(&plain(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_share_is_still_a_bar_and_none_is_none() {
        assert_eq!((bar(0), bar(1).chars().count(), bar(100).chars().count()), (String::new(), 1, 20));
    }
}
