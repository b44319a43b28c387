//! Two replies -> whether they have the same shape: the same keys in the same order, lists as long, values of one type.
//!
//! What is unknown is null, so null goes with anything. `notes` and `status` may differ: they are there to.

use serde_json::Value;

/// Fails with the first path at which `found` is not of the shape of `expected`.
pub fn assert_same(expected: &Value, found: &Value) {
    compare("", expected, found);
}

fn compare(path: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(expected), Value::Object(found)) => {
            let (keys, found_keys): (Vec<_>, Vec<_>) = (expected.keys().collect(), found.keys().collect());
            assert_eq!(keys, found_keys, "the keys of {path:?}");
            for (key, value) in expected.iter().filter(|(key, _)| !["notes", "status"].contains(&key.as_str())) {
                compare(&format!("{path}.{key}"), value, &found[key]);
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            assert_eq!(expected.len(), found.len(), "the length of {path:?}");
            for (index, (value, found)) in expected.iter().zip(found).enumerate() {
                compare(&format!("{path}[{index}]"), value, found);
            }
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => panic!("{path}: {found} where there was {expected}"),
    }
}
