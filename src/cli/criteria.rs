//! One criterion of an assessment becomes a heading and a table of the versions.
//!
//! What the assessment does not repeat (limits and their directions, quantiles) is looked up in the experiment, by both
//! names that fields may have. Columns that only one method fills are left out where no version has anything in them.
//!
//! Not here: any judgement; evidence that holds at every look (`evidence`).

use serde_json::Value;

use super::numbers::{interval, number, probability, unknown};
use super::table::{Cell, Style, render};
use super::text::by_version;
use crate::assessment::{Assessment, CriterionAssessment, RatioStatistics};

/// Such as `errors: error_rate at most 0.05`.
pub(super) fn title(experiment: &Value, criterion: &Value) -> String {
    let id = member_text(criterion, &["id"]);
    let metric = member_text(criterion, &["metric_id"]);
    let mut title = if id == metric { id } else { format!("{id}: {metric}") };
    if let Some(quantile) = criterion.get("quantile").filter(|quantile| quantile.is_number()) {
        title.push_str(&format!(", quantile {quantile},"));
    }
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

/// The versions' standing on the criterion at `index` of the request.
pub(super) fn table(assessment: &Assessment, index: usize, has_limit: bool) -> String {
    let of_versions: Vec<_> = by_version(assessment)
        .map(|(version, role)| (version, role, version.criterion_assessments.get(index)))
        .collect();
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| of_versions.iter().any(|(_, _, of)| of.and_then(belief).is_some_and(column.is_there)))
        .collect();
    let mut head = vec![Cell::title("version"), Cell::title_number("value"), Cell::title_number("95 % interval")];
    head.extend(columns.iter().map(|column| Cell::title_number(column.title)));
    if has_limit {
        head.extend([Cell::title("limit"), Cell::title_number("P(kept)")]);
    }
    let mut rows = vec![head];
    for (version, role, criterion) in of_versions {
        let mut row = vec![Cell::text(&format!("{}{role}", version.id))];
        if let Some(criterion) = criterion {
            let belief = belief(criterion);
            row.push(Cell::number(&number(criterion.statistics.value)));
            row.push(Cell::number(&interval(belief.map(|belief| belief.credible_interval))));
            row.extend(columns.iter().map(|column| Cell::number(&belief.map_or_else(unknown, column.show))));
            if has_limit {
                row.extend(limit_cells(criterion));
            }
        }
        rows.push(row);
    }
    render(&rows)
}

/// A column that shows a part of what is believed.
struct Column {
    title: &'static str,
    is_there: fn(&RatioStatistics) -> bool,
    show: fn(&RatioStatistics) -> String,
}

/// What v1.0.0's statistics leave unknown.
const COLUMNS: [Column; 3] = [
    Column {
        title: "improvement, %",
        is_there: |belief| belief.improvement_over_baseline.is_some(),
        show: |belief| interval(belief.improvement_over_baseline),
    },
    Column {
        title: "P(better)",
        is_there: |belief| belief.probability_of_beating_baseline.is_some(),
        show: |belief| probability(belief.probability_of_beating_baseline),
    },
    Column {
        title: "P(best)",
        is_there: |belief| belief.probability_of_being_best_version.is_some(),
        show: |belief| probability(belief.probability_of_being_best_version),
    },
];

fn belief(criterion: &CriterionAssessment) -> Option<&RatioStatistics> {
    criterion.statistics.ratio_statistics.as_ref()
}

fn limit_cells(criterion: &CriterionAssessment) -> [Cell; 2] {
    let Some(threshold) = &criterion.threshold_assessment else {
        return [Cell::text("-"), Cell::number("-")];
    };
    let (word, style) = if threshold.threshold_breached { ("breached", Style::Bad) } else { ("kept", Style::Good) };
    [Cell::text(word).style(style), Cell::number(&probability(threshold.probability_of_satisfying_threshold))]
}

/// `lower` or `higher`, if the experiment says so of this metric; the last definition of a name counts.
fn metric_direction<'a>(experiment: &'a Value, metric: &str) -> Option<&'a str> {
    let specs = experiment.get("metric_specs")?;
    // A name that is both is a counter: v1.0.0 looked there first.
    let defined = |kind| list(specs, kind).iter().rfind(|spec| member_text(spec, &["name", "id"]) == metric);
    let metric = defined("counter_metrics").or_else(|| defined("ratio_metrics"));
    metric.or_else(|| defined("histogram_metrics"))?.get("preferred_direction")?.as_str()
}

/// The items of the member `key`; none where it is no list.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The first of these members that is there, as text.
pub(super) fn member_text(value: &Value, keys: &[&str]) -> String {
    match keys.iter().find_map(|key| value.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_limit_is_named_with_its_direction_by_either_name() {
        let experiment = json!({"metric_specs": {"counter_metrics": [], "ratio_metrics": [
            {"id": "books", "preferred_direction": "higher"}, {"name": "latency", "preferred_direction": "lower"}],
            "histogram_metrics": [{"name": "times", "preferred_direction": "higher"}]}});
        let title = |criterion| super::title(&experiment, &criterion);
        let books = json!({"id": "b", "metric_id": "books", "is_reward": true,
                           "threshold": {"threshold_type": "absolute", "value": 2}});
        assert_eq!(title(books), "b: books (reward) at least 2");
        let latency = json!({"id": "latency", "metric_id": "latency", "threshold": {"type": "relative", "value": 1.6}});
        assert_eq!(title(latency), "latency at most 1.6 times the baseline's");
        assert_eq!(title(json!({"id": "x", "metric_id": "latency", "threshold": null})), "x: latency");
        let p99 =
            json!({"id": "p99", "metric_id": "times", "quantile": 0.99, "threshold": {"type": "absolute", "value": 5}});
        assert_eq!(title(p99), "p99: times, quantile 0.99, at least 5");
    }
}
