//! The body of Prometheus' reply to a query -> its series, or why it holds none.
//!
//! The same words for every host: in notes, logs and on the command line. What a host sends in the place of a reply,
//! `{"error": "why"}`, has no `status`: nobody answered.
//!
//! Not here: what the series mean (`answers`, `intervals`).

use serde_json::Value;

use crate::wire::status::Status;

/// The samples of a vector or the series of a matrix, whichever is `wanted`, or why the answer is none.
pub(super) fn samples<'v>(answer: &'v Value, wanted: &str) -> Result<&'v [Value], (Status, String)> {
    if let Some(refusal) = refusal(answer) {
        return Err(refusal);
    }
    let no_data = |why: String| Err((Status::NoPromData, why));
    let data = answer.get("data");
    match data.and_then(|data| data.get("resultType")).and_then(Value::as_str) {
        Some(kind) if kind == wanted => {}
        Some(other) => return no_data(format!("the query gives a {other}, not a {wanted}")),
        None => return no_data("the answer holds no data".to_owned()),
    }
    match data.and_then(|data| data.get("result")).and_then(Value::as_array) {
        Some(samples) => Ok(samples),
        None => no_data("the answer holds no result".to_owned()),
    }
}

/// Why `answer` holds no data, and v1.0.0's status for that; `None` if it says that it holds some.
pub(crate) fn refusal(answer: &Value) -> Option<(Status, String)> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    match (text("status"), text("error")) {
        (Some("success"), _) => None,
        (None, Some(why)) if answer.get("status").is_none() => Some((Status::NoPromServer, why.to_owned())),
        _ => Some((
            Status::NoPromData,
            match error_of(answer) {
                Some((kind, why)) => format!("the backend refused the query ({kind}): {why}"),
                None => "the answer is not one of Prometheus' query API".to_owned(),
            },
        )),
    }
}

/// Type and text of the error that `answer`, a reply of Prometheus, is.
pub(crate) fn error_of(answer: &Value) -> Option<(&str, &str)> {
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let is_error = text("status") == Some("error");
    is_error.then(|| (text("errorType").unwrap_or("error"), text("error").unwrap_or("no reason")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_without_data_is_no_refusal() {
        assert_eq!(refusal(&json!({"status": "success", "data": {"result": []}})), None);
    }

    #[test]
    fn who_did_not_answer_is_told_from_who_refused() {
        let nobody = Some((Status::NoPromServer, "nobody there".to_owned()));
        assert_eq!(refusal(&json!({"error": "nobody there"})), nobody);
        let refused = refusal(&json!({"status": "error", "errorType": "bad_data", "error": "no"}));
        assert_eq!(refused, Some((Status::NoPromData, "the backend refused the query (bad_data): no".to_owned())));
        for strange in [json!({"html": "?"}), json!({"status": 7, "error": "x"}), json!(null), json!([])] {
            let why = "the answer is not one of Prometheus' query API".to_owned();
            assert_eq!(refusal(&strange), Some((Status::NoPromData, why)), "{strange}");
        }
    }
}
