//! Single requests made to hurt: too many, too deep, too large, too strange.

use serde_json::{Value, json};

use crate::support::http::Connection;
use crate::{good_requests, post_all, start};

fn with(member: &str, value: Value) -> Vec<u8> {
    let mut request = good_requests().remove(0);
    request[member] = value;
    request.to_string().into_bytes()
}

/// The first good request with `member` written as this text, which need not be JSON.
fn with_text(member: &str, text: &str) -> Vec<u8> {
    String::from_utf8_lossy(&with(member, json!("@here"))).replace("\"@here\"", text).into_bytes()
}

#[test]
fn monsters_as_a_start_are_answered_at_once() {
    let starts = [
        "\"infinity\"",
        "\"-inf\"",
        "\"nan\"",
        "Infinity",
        "-Infinity",
        "NaN",
        "1e400",
        "1e308",
        "-1e308",
        "1e18",
        "\"1e400\"",
        "\"1e308\"",
        "-9223372036854775808",
        "18446744073709551616",
        "\"0000-00-00T00:00:00Z\"",
        "\"9999-12-31T23:59:59.999999-23:59\"",
        "\"0001-01-01T00:00:00+23:59\"",
        "0",
        "-1",
        "[[[]]]",
        "\"1969-12-31T00:00Z\"",
    ];
    let many_digits = "9".repeat(100_000);
    let mut bodies: Vec<Vec<u8>> = starts.iter().map(|start| with_text("start_time", start)).collect();
    bodies.push(with_text("start_time", &many_digits));
    bodies.push(with_text("start_time", &format!("\"{many_digits}\"")));
    bodies.extend(starts.iter().map(|start| with_text("now", start)));
    post_all(start(), bodies.len(), |index| bodies[index].clone());
}

#[test]
fn bodies_that_are_no_experiment_are_answered() {
    let bodies: [&[u8]; 20] = [
        b"",
        b" ",
        b"null",
        b"true",
        b"0",
        b"[]",
        b"{}",
        b"\"\"",
        b"[[]]",
        b"nul",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"\xed\xa0\x80",
        b"{\"\xff\": 1}",
        b"\x00",
        b"{\"a\": \"\\ud800\"}",
        b"{\"start_time\": NaN}",
        b"-",
        b"1e",
        b"{\"a\":1}}",
    ];
    post_all(start(), bodies.len(), |index| bodies[index].to_vec());
}

#[test]
fn a_hundred_thousand_candidates_are_too_many_and_said_to_be() {
    let candidate = |index: usize| json!({"id": format!("c{index}"), "version_labels": {"a": format!("{index}")}});
    let candidates: Vec<Value> = (0..100_000).map(candidate).collect();
    let body = with("candidates", json!(candidates));
    let criteria = with("criteria", json!(vec![json!({"id": "a", "metric_id": "iter8_error_rate"}); 100_000]));
    let empty = with("candidates", json!(vec![json!({}); 100_000]));
    let bodies = [body, criteria, empty];
    post_all(start(), bodies.len(), |index| bodies[index].clone());
}

#[test]
fn nesting_without_end_ends() {
    let mut bodies = Vec::new();
    for depth in [63, 65, 129, 10_000, 1_000_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"last_state\":", "}")] {
            bodies.push(format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes());
            bodies.push(open.repeat(depth).into_bytes());
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            bodies.push(with_text("last_state", &nested));
        }
    }
    post_all(start(), bodies.len(), |index| bodies[index].clone());
}

#[test]
fn large_texts_and_many_members_are_answered() {
    let long = "x".repeat(3_000_000);
    let many: serde_json::Map<String, Value> = (0..100_000).map(|index| (format!("k{index}"), json!(index))).collect();
    let doubled = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(200_000));
    let bodies = [
        with("service_name", json!(long)),
        with("unknown", json!(many)),
        with("last_state", json!({"aggregated_counter_metrics": {"baseline": many}})),
        with("observations", json!({"versions": {"baseline": {"iter8_request_count": vec![1; 200_000]}}})),
        with_text("last_state", &doubled),
        format!("[{}1]", "1,".repeat(1_000_000)).into_bytes(),
        format!("{{\"start_time\": \"{long}").into_bytes(),
    ];
    post_all(start(), bodies.len(), |index| bodies[index].clone());
}

#[test]
fn what_is_small_to_send_stays_small_to_answer() {
    let labels: serde_json::Map<String, Value> =
        (0..50_000).map(|index| (format!("k{index:0>60}"), json!("v"))).collect();
    let mut bomb = good_requests().remove(0);
    bomb["candidates"][0]["version_labels"] = json!(labels);
    bomb["metric_specs"]["counter_metrics"][0]["query_template"] = json!("$version_labels".repeat(100_000));
    let mut twins = good_requests().remove(0);
    twins["candidates"] = json!([{"id": "twin", "version_labels": labels}, {"id": "twin", "version_labels": labels}]);
    let mut echo = good_requests().remove(0);
    echo["criteria"][0]["id"] = json!("x".repeat(5_000_000));
    let candidate = |index: usize| json!({"id": format!("c{index}"), "version_labels": {}});
    echo["candidates"] = json!((0..150).map(candidate).collect::<Vec<_>>());
    let bodies = [bomb, twins, echo];
    post_all(start(), bodies.len(), |index| bodies[index].to_string().into_bytes());
}

#[test]
fn a_body_over_the_limit_is_answered_with_413() {
    let mut connection = Connection::open(start()).expect("a connection");
    let body = with("service_name", json!("x".repeat(17 << 20)));
    // The server may answer, and close, before it has read it all: then there is no more to send to.
    if let Ok(reply) = connection.post("/assessment", &body) {
        assert_eq!(reply.status, 413);
    }
}

#[test]
fn numbers_at_the_edge_of_what_is_allowed_are_answered() {
    let mut bodies = Vec::new();
    for value in ["0", "100", "99.999999999999999", "1e-320", "-0.0", "100.00000000000001", "1e2", "NaN", "Infinity"] {
        bodies.push(with_text("traffic_control", &format!("{{\"max_increment\": {value}}}")));
        bodies.push(with_text("exploration_percentage", value));
        bodies.push(with_text("winner_threshold", value));
        bodies.push(with_text("seed", value));
        bodies.push(with_text(
            "observations",
            &format!("{{\"versions\": {{\"baseline\": {{\"iter8_request_count\": {value}}}}}}}"),
        ));
    }
    for count in ["1e300", "1.7976931348623157e308", "5e-324", "1e15", "0"] {
        let versions = format!(
            "{{\"versions\": {{\"baseline\": {{\"iter8_request_count\": {count}, \"iter8_total_latency\": 1e308, \"iter8_error_count\": {count}, \"crates_total\": 5e-324}}, \"candidate-0\": {{\"iter8_request_count\": 1, \"iter8_total_latency\": {count}, \"iter8_error_count\": 1e308, \"crates_total\": {count}}}}}}}"
        );
        bodies.push(with_text("observations", &versions));
    }
    post_all(start(), bodies.len(), |index| bodies[index].clone());
}
