//! An expected piece of JSON and a found one become the list of their differences.
//!
//! What is expected of an object need not be all of it: members that are not named are free. Some things are no
//! plain expectation: the text `"0.38 ± 0.02"` is a number near another, `{"some": [..]}` an array that holds a
//! match for each of these, `{"has": ["200", ..]}` a text that holds each of these, `{"absent": true}` a member
//! that must not be there.
//!
//! Numbers compare by value (2 = 2.0), to 12 digits.
//!
//! Not here: where expectations come from.

use serde_json::Value;

/// What differs, one line for each: `path: expected .., found ..`. Empty: nothing.
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare(expected, Some(found), "$", &mut lines);
    lines
}

fn compare(expected: &Value, found: Option<&Value>, path: &str, lines: &mut Vec<String>) {
    let special = expected.as_object().and_then(|map| map.iter().next());
    if let Some(("absent", _)) = special.map(|(key, value)| (key.as_str(), value)) {
        if let Some(found) = found {
            lines.push(format!("{path}: expected nothing, found {}", brief(found)));
        }
        return;
    }
    let Some(found) = found else {
        lines.push(format!("{path}: expected {}, found nothing", brief(expected)));
        return;
    };
    let is_met = match (special.map(|(key, value)| (key.as_str(), value)), expected, found) {
        (_, Value::String(near), Value::Number(number)) => is_near(near, number.as_f64()),
        (Some(("some", wanted)), ..) => return compare_some(wanted, found, path, lines),
        (Some(("has", parts)), ..) => {
            let text = found.as_str().unwrap_or_default();
            parts.as_array().is_some_and(|parts| parts.iter().all(|part| text.contains(part.as_str().unwrap_or("\0"))))
        }
        (_, Value::Object(members), Value::Object(map)) => {
            for (key, member) in members {
                compare(member, map.get(key), &format!("{path}.{key}"), lines);
            }
            true
        }
        (_, Value::Array(items), Value::Array(list)) if items.len() == list.len() => {
            for (index, (item, found)) in items.iter().zip(list).enumerate() {
                compare(item, Some(found), &format!("{path}[{index}]"), lines);
            }
            true
        }
        (_, Value::Number(wanted), Value::Number(number)) => {
            let (wanted, number) = (wanted.as_f64().unwrap_or(f64::NAN), number.as_f64().unwrap_or(f64::NAN));
            (wanted - number).abs() <= 1e-12 * wanted.abs()
        }
        _ => expected == found,
    };
    if !is_met {
        lines.push(format!("{path}: expected {}, found {}", brief(expected), brief(found)));
    }
}

fn compare_some(wanted: &Value, found: &Value, path: &str, lines: &mut Vec<String>) {
    for item in wanted.as_array().into_iter().flatten() {
        let is_there = found.as_array().is_some_and(|list| list.iter().any(|one| differences(item, one).is_empty()));
        if !is_there {
            lines.push(format!("{path}: expected {} among {}", brief(item), brief(found)));
        }
    }
}

fn is_near(near: &str, found: Option<f64>) -> bool {
    let parsed = near.split_once(" ± ").map(|(middle, within)| (middle.parse::<f64>(), within.parse::<f64>()));
    match (parsed, found) {
        (Some((Ok(middle), Ok(within))), Some(found)) => (found - middle).abs() <= within,
        _ => false,
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_that_are_not_named_are_free() {
        assert!(differences(&json!({"a": 2}), &json!({"a": 2.0, "b": 1})).is_empty());
        assert_eq!(differences(&json!({"a": 2}), &json!({"a": 3})), ["$.a: expected 2, found 3"]);
        assert_eq!(differences(&json!({"a": null}), &json!({})), ["$.a: expected null, found nothing"]);
    }

    #[test]
    fn a_near_number_some_items_parts_of_a_text_and_absence_can_be_expected() {
        assert!(differences(&json!("0.5 ± 0.1"), &json!(0.59)).is_empty());
        assert!(!differences(&json!("0.5 ± 0.1"), &json!(0.61)).is_empty());
        assert!(differences(&json!({"some": [{"code": "x"}]}), &json!([{"code": "y"}, {"code": "x"}])).is_empty());
        assert!(!differences(&json!({"some": [{"code": "x"}]}), &json!([])).is_empty());
        assert!(differences(&json!({"has": ["201", "200"]}), &json!("201 versions, 200 allowed")).is_empty());
        assert!(!differences(&json!({"b": {"absent": true}}), &json!({"b": null})).is_empty());
    }
}
