//! An assessment becomes a text that a person reads.
//!
//! Winner first, then a table of the versions with the split of traffic as bars, a table for each criterion, and the
//! notes. What the assessment does not repeat (limits and their directions, the strategy) is looked up in the
//! experiment, by both names that fields may have. A number is shown with four digits; JSON has them all.
//!
//! Not here: any judgement. Unknown is `-`.

use serde_json::Value;

use super::table::{Cell, Style, printable, render};
use crate::assessment::{Assessment, CriterionAssessment, Entries, Interval, Severity, VersionAssessment};

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
    for (index, criterion) in list(experiment, "criteria").iter().enumerate() {
        text.push_str(&heading(&criterion_title(experiment, criterion)));
        let has_limit = criterion.get("threshold").is_some_and(Value::is_object);
        text.push_str(&criterion_table(assessment, index, has_limit));
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

    let mut head = vec![title("version"), title_number("requests"), title_number("P(wins)"), title("traffic next")];
    head.push(title_number(strategy));
    head.extend(others.clone().map(|(name, _)| title_number(name)));
    let mut rows = vec![head];
    for (version, role) in by_version(assessment) {
        let percent = |split: &Entries<i32>| split.get(&version.id).copied();
        let best = assessment.winner_assessment.winning_version_found
            && assessment.winner_assessment.current_best_version == version.id;
        let mut row = vec![
            Cell::text(&format!("{}{role}", version.id)).style(if best { Style::Good } else { Style::Plain }),
            Cell::number(&version.request_count.map_or_else(unknown, |count| count.to_string())),
            Cell::number(&format!("{:.3}", version.win_probability)),
            Cell::text(&percent(chosen).map_or_else(unknown, bar)),
            Cell::number(&percent(chosen).map_or_else(unknown, |percent| format!("{percent} %"))),
        ];
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

/// Such as `errors: error_rate at most 0.05`.
fn criterion_title(experiment: &Value, criterion: &Value) -> String {
    let id = member_text(criterion, &["id"]);
    let metric = member_text(criterion, &["metric_id"]);
    let mut title = if id == metric { id } else { format!("{id}: {metric}") };
    if criterion.get("is_reward").is_some_and(|flag| *flag == Value::Bool(true)) {
        title.push_str(" (reward)");
    }
    let Some(threshold) = criterion.get("threshold").filter(|threshold| threshold.is_object()) else {
        return title;
    };
    let direction = match metric_direction(experiment, &member_text(criterion, &["metric_id"])) {
        Some("higher") => "at least",
        _ => "at most",
    };
    let baseline = match member_text(threshold, &["type", "threshold_type"]).as_str() {
        "relative" => " times the baseline's",
        _ => "",
    };
    format!("{title} {direction} {}{baseline}", member_text(threshold, &["value"]))
}

fn criterion_table(assessment: &Assessment, index: usize, has_limit: bool) -> String {
    let mut head = vec![title("version"), title_number("value"), title_number("95 % interval")];
    if has_limit {
        head.extend([title("limit"), title_number("P(kept)")]);
    }
    let mut rows = vec![head];
    for (version, role) in by_version(assessment) {
        let mut row = vec![Cell::text(&format!("{}{role}", version.id))];
        if let Some(criterion) = version.criterion_assessments.get(index) {
            row.extend(value_cells(criterion));
            if has_limit {
                row.extend(limit_cells(criterion));
            }
        }
        rows.push(row);
    }
    render(&rows)
}

fn value_cells(criterion: &CriterionAssessment) -> [Cell; 2] {
    let interval = criterion.statistics.ratio_statistics.as_ref().map(|statistics| statistics.credible_interval);
    let ends =
        |interval: Interval| format!("{} to {}", number_or_unknown(interval.lower), number_or_unknown(interval.upper));
    [Cell::number(&number_or_unknown(criterion.statistics.value)), Cell::number(&interval.map_or_else(unknown, ends))]
}

fn limit_cells(criterion: &CriterionAssessment) -> [Cell; 2] {
    let Some(threshold) = &criterion.threshold_assessment else {
        return [Cell::text("-"), Cell::number("-")];
    };
    let (word, style) = if threshold.threshold_breached { ("breached", Style::Bad) } else { ("kept", Style::Good) };
    let probability = threshold.probability_of_satisfying_threshold;
    [
        Cell::text(word).style(style),
        Cell::number(&probability.map_or_else(unknown, |probability| format!("{probability:.3}"))),
    ]
}

/// The versions, the baseline first, each with what to put behind its id.
fn by_version(assessment: &Assessment) -> impl Iterator<Item = (&VersionAssessment, &'static str)> {
    let candidates = assessment
        .candidate_assessments
        .iter()
        .map(|candidate| (&candidate.version, if candidate.rollback { " (roll back)" } else { "" }));
    std::iter::once((&assessment.baseline_assessment, " (baseline)")).chain(candidates)
}

/// `lower` or `higher`, if the experiment says so of this metric; the last definition of a name counts.
fn metric_direction<'a>(experiment: &'a Value, metric: &str) -> Option<&'a str> {
    let specs = experiment.get("metric_specs")?;
    // A name that is both is a counter: v1.0.0 looked there first.
    let defined = |kind| list(specs, kind).iter().rfind(|spec| member_text(spec, &["name", "id"]) == metric);
    defined("counter_metrics").or_else(|| defined("ratio_metrics"))?.get("preferred_direction")?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first of these members that is there, as text.
fn member_text(value: &Value, keys: &[&str]) -> String {
    match keys.iter().find_map(|key| value.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn number_or_unknown(number: Option<f64>) -> String {
    number.map_or_else(unknown, digits)
}

/// `number` with four significant digits: `0.02`, `1234.5` as `1235`, `2.5e-7`.
fn digits(number: f64) -> String {
    let scientific = format!("{number:.3e}");
    let exponent =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or_default();
    let text = match exponent {
        -4..=3 => format!("{number:.*}", usize::try_from(3 - exponent).unwrap_or_default()),
        4..=9 => format!("{number:.0}"),
        _ => return scientific,
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `sentence` on one line, without control characters.
fn plain(sentence: &str) -> String {
    sentence.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn heading(text: &str) -> String {
    format!("\n{}\n", Style::Strong.paint(&plain(text)))
}

fn title(text: &str) -> Cell {
    Cell::text(text).style(Style::Faint)
}

fn title_number(text: &str) -> Cell {
    Cell::number(text).style(Style::Faint)
}

fn unknown() -> String {
    "-".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_short_and_keep_four_digits() {
        for (number, text) in [
            (0.0, "0"),
            (0.02, "0.02"),
            (0.123456, "0.1235"),
            (195.0, "195"),
            (1234.5, "1234"),
            (1e6, "1000000"),
            (2.5e-7, "2.500e-7"),
            (0.00012, "0.00012"),
            (1e12, "1.000e12"),
            (-3.25, "-3.25"),
            (99999.6, "100000"),
        ] {
            assert_eq!(digits(number), text, "{number}");
        }
    }

    #[test]
    fn a_small_share_is_still_a_bar_and_none_is_none() {
        assert_eq!((bar(0), bar(1).chars().count(), bar(100).chars().count()), (String::new(), 1, 20));
    }

    #[test]
    fn a_limit_is_named_with_its_direction_by_either_name() {
        let experiment = json!({"metric_specs": {"counter_metrics": [], "ratio_metrics": [
            {"id": "books", "preferred_direction": "higher"}, {"name": "latency", "preferred_direction": "lower"}]}});
        let title = |criterion| criterion_title(&experiment, &criterion);
        let books = json!({"id": "b", "metric_id": "books", "is_reward": true,
                           "threshold": {"threshold_type": "absolute", "value": 2}});
        assert_eq!(title(books), "b: books (reward) at least 2");
        let latency = json!({"id": "latency", "metric_id": "latency", "threshold": {"type": "relative", "value": 1.6}});
        assert_eq!(title(latency), "latency at most 1.6 times the baseline's");
        assert_eq!(title(json!({"id": "x", "metric_id": "latency", "threshold": null})), "x: latency");
    }
}
