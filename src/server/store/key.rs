//! A request becomes the name under which its experiment's last state is kept.
//!
//! The name is a SHA-256 of what a client sends alike on each call: name, service, start time, and each version's id and
//! labels. No request tells its namespace but by its labels, and Kui sends no name, so all of them together. A
//! replay (a request with its own `now`, or with its observations) is another experiment: it must not move a real
//! one's traffic.
//!
//! Not here: iteration numbers, which tell one call from the next (`record`).

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::Value;

/// The name of one experiment's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct Key(pub [u8; 32]);

impl Key {
    /// The key of the experiment in `request`, which parses as one.
    pub fn of(request: &Value) -> Self {
        let identity = Identity {
            is_replay: is_given(request, "now"),
            brings_data: is_given(request, "observations"),
            name: request.get("name"),
            service_name: request.get("service_name"),
            start_time: request.get("start_time"),
            baseline: request.get("baseline").map(version),
            candidates: request
                .get("candidates")
                .and_then(Value::as_array)
                .map(|all| all.iter().map(version).collect()),
        };
        // Writing to memory fails only for maps whose keys are no text.
        let text = serde_json::to_vec(&identity).unwrap_or_default();
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, &text).as_ref());
        Self(key)
    }

    /// The key in hexadecimal digits.
    pub fn hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[derive(Serialize)]
struct Identity<'a> {
    is_replay: bool,
    brings_data: bool,
    name: Option<&'a Value>,
    service_name: Option<&'a Value>,
    start_time: Option<&'a Value>,
    baseline: Option<Version<'a>>,
    candidates: Option<Vec<Version<'a>>>,
}

#[derive(Serialize)]
struct Version<'a> {
    id: Option<&'a Value>,
    /// In order: a client may write its maps in any.
    labels: Option<BTreeMap<&'a String, &'a Value>>,
}

fn version(value: &Value) -> Version<'_> {
    let labels = value.get("version_labels").and_then(Value::as_object);
    Version { id: value.get("id"), labels: labels.map(|labels| labels.iter().collect()) }
}

fn is_given(request: &Value, field: &str) -> bool {
    request.get(field).is_some_and(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> Value {
        json!({
            "name": "canary", "service_name": "shop", "start_time": "2026-01-01T10:00:00Z", "iteration_number": 3,
            "baseline": {"id": "baseline", "version_labels": {"app": "shop", "version": "v1"}},
            "candidates": [{"id": "candidate-0", "version_labels": {"app": "shop", "version": "v2"}}],
        })
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut request = request();
        match request.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => request[&pointer[1..]] = value,
        }
        request
    }

    #[test]
    fn what_changes_from_call_to_call_is_no_part_of_the_name() {
        let labels = json!({"version": "v1", "app": "shop"});
        for same in [
            with("/iteration_number", json!(4)),
            with("/last_state", json!({})),
            with("/baseline/version_labels", labels),
            with("/now", Value::Null),
        ] {
            assert_eq!(Key::of(&same), Key::of(&request()), "{same}");
        }
    }

    #[test]
    fn another_experiment_has_another_name() {
        for other in [
            with("/name", Value::Null),
            with("/service_name", json!("shop2")),
            with("/start_time", json!("2026-01-01T10:00:01Z")),
            with("/baseline/id", json!("candidate-0")),
            with("/baseline/version_labels/version", json!("v3")),
            with("/candidates", json!([])),
        ] {
            assert_ne!(Key::of(&other), Key::of(&request()), "{other}");
        }
    }

    #[test]
    fn a_replay_has_a_memory_of_its_own() {
        assert_ne!(Key::of(&with("/now", json!("2026-01-01T10:10:00Z"))), Key::of(&request()));
        assert_ne!(Key::of(&with("/observations", json!({"versions": {}}))), Key::of(&request()));
    }
}
