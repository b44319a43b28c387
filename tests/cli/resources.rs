//! Experiment resources on the command line: several in a file, their metrics beside them, faults by file and line, their
//! status, and looking again and again.
//!
//! Not here: what a resource becomes (`tests/resource`).

use serde_json::Value;

use crate::shell::{Folder, free_port, prometheus};

/// What a Prometheus says that counts the same of both versions of the cart.
const BOTH: &str = r#"{"status":"success","data":{"resultType":"vector","result":[
    {"metric":{"destination_workload":"cart-v1","destination_workload_namespace":"shop"},"value":[1767261600,"700"]},
    {"metric":{"destination_workload":"cart-v2","destination_workload_namespace":"shop"},"value":[1767261600,"700"]}]}}"#;
const START: &str = "--start 2026-01-01T10:00:00Z --now 2026-01-01T10:10:00Z";

#[test]
fn all_experiments_of_a_file_are_checked_and_asked_for_or_the_one_that_is_named() {
    let folder = Folder::new();
    let done = folder.run("check resources.yaml --metrics metrics.yaml");
    let lines = "cart-canary: 2 versions, 2 criteria: fine\n\
                 checkout-abn: 3 versions, 3 criteria, reward orders_per_request: fine\n";
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, lines, ""));
    let done = folder.run("check resources.yaml --metrics metrics.yaml --name shop/cart-canary");
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    let done = folder.run("check resources.yaml --metrics metrics.yaml --name other");
    assert_eq!((done.code, done.err.as_str()), (2, "--name: no experiment in resources.yaml is called `other`\n"));
    let all = "cat resources.yaml; echo ---; cat metrics.yaml";
    assert_eq!(folder.shell(&format!("({all}) | iter8-analytics check -")).out, lines);
}

#[test]
fn a_resource_is_assessed_by_its_prometheus() {
    let folder = Folder::new();
    let url = prometheus(BOTH);
    let command = format!("assess resources.yaml --metrics metrics.yaml --name cart-canary --prometheus {url} {START}");
    let done = folder.run(&command);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let reply: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(reply["candidate_assessments"][0]["request_count"], 700);
    assert_eq!(reply["candidate_assessments"][0]["id"], "candidate-0");
    let done = folder.run(&format!("{command} --format text"));
    let title = "shop/cart-canary  assessed as of 2026-01-01 10:10:00 UTC\nbaseline: cart-v1, candidate-0: cart-v2\n\n";
    assert!(done.out.starts_with(title), "{}", done.out);
    assert!(done.out.contains("iter8_mean_latency at most 200"), "{}", done.out);
}

#[test]
fn several_experiments_give_an_array_and_texts_below_one_another() {
    let folder = Folder::new();
    let url = prometheus(BOTH);
    let command = format!("assess resources.yaml --metrics metrics.yaml --prometheus {url} {START}");
    let found: Value = serde_json::from_str(&folder.run(&command).out).unwrap();
    assert_eq!(found[1]["name"], "checkout-abn");
    assert_eq!(found[0]["namespace"], "shop");
    assert!(found[1]["assessment"]["winner_assessment"].is_object());
    assert_eq!(folder.run(&format!("{command} --format text")).out.matches("assessed as of").count(), 2);
}

#[test]
fn a_status_is_what_the_columns_of_kubectl_show() {
    let folder = Folder::new();
    let url = prometheus(BOTH);
    let command = format!("assess resources.yaml --metrics metrics.yaml --prometheus {url} {START} --format status");
    let done = folder.run(&format!("{command} --name cart-canary"));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let status: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(status["assessment"]["candidates"][0]["name"], "cart-v2");
    assert_eq!(status["lastUpdateTime"], "2026-01-01T10:10:00Z");
    let all: Value = serde_json::from_str(&folder.run(&command).out).unwrap();
    assert_eq!(all[1]["status"]["experimentType"], "A/B/N");
    let done = folder.run("assess experiment.yaml --format status");
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.starts_with("--format status: a request has no status"), "{}", done.err);
}

#[test]
fn faults_are_told_by_file_and_line() {
    let folder = Folder::new();
    let text = include_str!("../../examples/resources/checkout.yaml")
        .replace("value: 1.6", "value: much")
        .replace("isReward", "reward");
    folder.write("wrong.yaml", &text);
    let line = |part: &str| 1 + text.lines().position(|line| line.contains(part)).unwrap();
    let done = folder.run("check wrong.yaml --metrics metrics.yaml");
    let expected = format!(
        "wrong.yaml:{}: spec.criteria[2].reward: no such field; there are metric, threshold, isReward\n\
         wrong.yaml:{}: spec.criteria[0].threshold.value: value is not a valid float (found `much`)\n",
        line("reward: true"),
        line("value: much")
    );
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (2, "", expected.as_str()));

    let text = include_str!("../../examples/resources/metrics.yaml").replace("zero_to_one: true", "zero_to_one: often");
    folder.write("wrong.yaml", &text);
    let line = 1 + text.lines().position(|line| line.contains("often")).unwrap();
    let done = folder.run("check resources.yaml --metrics wrong.yaml --name cart-canary");
    let expected = format!(
        "wrong.yaml:{line}: data[\"ratio_metrics.yaml\"][1].zero_to_one: value could not be parsed to a boolean"
    );
    assert_eq!(done.err.lines().next(), Some(expected.as_str()), "{}", done.err);

    let done = folder.run("check resources.yaml");
    assert!(done.err.starts_with("resources.yaml:"), "{}", done.err);
    assert!(done.err.contains("spec.metrics: no metrics: neither here nor in a ConfigMap"), "{}", done.err);
    folder.write("none.yaml", "apiVersion: v1\nkind: Service\n");
    assert!(folder.run("check none.yaml").err.contains("there is no Experiment"));
}

#[test]
fn metrics_may_be_a_bare_map_and_beat_those_of_a_resource_or_a_request() {
    let folder = Folder::new();
    let bare = "counter_metrics:\n- name: iter8_request_count\n  query_template: sum(mine[$interval])\n- name: e\n  query_template: x\n\
                ratio_metrics:\n- {name: iter8_mean_latency, numerator: e, denominator: iter8_request_count, preferred_direction: lower}\n\
                - {name: iter8_error_rate, numerator: e, denominator: iter8_request_count, preferred_direction: lower}\n";
    folder.write("bare.yaml", bare);
    let at = "--now 2030-01-01T10:10:00Z";
    let done = folder.run(&format!("queries resources.yaml --name cart-canary --metrics bare.yaml {at}"));
    assert!(done.out.contains("sum(mine["), "{}{}", done.out, done.err);
    assert!(done.err.starts_with("warning: cart-canary has not started"), "{}", done.err);
    folder.write("wrong.yaml", &bare.replace("numerator: e,", ""));
    let done = folder.run("check resources.yaml --name cart-canary --metrics wrong.yaml");
    assert!(done.err.starts_with("wrong.yaml:7: ratio_metrics[0].numerator: field required\n"), "{}", done.err);
    folder.write(
        "request.yaml",
        "start_time: 2026-01-01T10:00:00Z\nservice_name: s\nbaseline: {id: a, version_labels: {v: a}}\ncandidates: []\ncriteria: []\n",
    );
    let done = folder.run("queries request.yaml --metrics metrics.yaml --now 2026-01-01T10:10:00Z");
    assert!(done.out.contains("istio_requests_total"), "{}{}", done.out, done.err);
}

#[test]
fn an_experiment_that_is_over_is_assessed_as_of_its_end_and_another_where_it_is_asked_for() {
    let folder = Folder::new();
    let status = |phase: &str| {
        format!(
            "status:\n  phase: {phase}\n  startTimestamp: 2026-01-01T10:00:00Z\n  lastUpdateTime: 2026-01-01T10:05:00Z\n  currentIteration: 8\n"
        )
    };
    let resource = include_str!("../../examples/resources/checkout.yaml").split("---").next().unwrap();
    let timestamp = |arguments: &str| {
        let done =
            folder.run(&format!("assess r.yaml --metrics metrics.yaml --prometheus {} {arguments}", prometheus(BOTH)));
        let reply: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}", done.err));
        reply["timestamp"].as_str().unwrap().to_owned()
    };
    folder.write("r.yaml", &(resource.to_owned() + &status("Completed")));
    assert_eq!(timestamp(""), "2026-01-01T10:05:00");
    folder.write("r.yaml", &(resource.to_owned() + &status("Progressing")));
    assert_ne!(timestamp(""), "2026-01-01T10:05:00");
    assert_eq!(timestamp("--replay"), "2026-01-01T10:05:00");
    folder.write("r.yaml", resource);
    let done = folder.run(&format!("assess r.yaml --metrics metrics.yaml --prometheus {} --replay", prometheus(BOTH)));
    assert_eq!(done.code, 2);
    assert!(done.err.contains("--replay: there is no assessment yet"), "{}", done.err);
}

#[test]
fn watching_looks_again_and_each_look_knows_the_last() {
    let folder = Folder::new();
    let url = prometheus(BOTH);
    let watch = format!("assess resources.yaml --metrics metrics.yaml --name cart-canary --prometheus {url} --watch");
    let done = folder.run(&format!("{watch} --start 2026-01-01T10:00:00Z --interval 1 --looks 2"));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let looks: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(looks.len(), 2, "{}", done.out);
    assert_ne!(looks[0]["timestamp"], looks[1]["timestamp"]);
    let percent = |look: &Value| look["traffic_split_recommendation"]["uniform"]["candidate-0"].as_i64().unwrap();
    // The requests show half for each; the state of the first look knows better how far it may go.
    assert!(percent(&looks[0]) >= 50 || percent(&looks[1]) > percent(&looks[0]), "{}", done.out);
    let done = folder.run(&format!("{watch} --start 2026-01-01T10:00:00Z --interval 1 --looks 2 --format text"));
    assert_eq!(done.out.matches("assessed as of").count(), 2);
    assert!(!done.out.contains('\x1b'), "no terminal, no control characters");
    let terminal =
        format!("TERM=xterm script --quiet --return --command 'iter8-analytics {watch} --looks 1' /dev/null");
    assert!(folder.shell(&terminal).out.contains("\x1b[H\x1b[2J"));
}

#[test]
fn ctrl_c_ends_a_watch_and_a_prometheus_that_is_gone_does_not() {
    let folder = Folder::new();
    let gone = format!("http://127.0.0.1:{}", free_port());
    let watch = format!(
        "iter8-analytics assess resources.yaml --metrics metrics.yaml --name cart-canary {START_ONLY} --watch --interval 1"
    );
    let done = folder.shell(&format!("{watch} --prometheus {gone} & sleep 3; kill -INT $!; wait $!"));
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    assert!(done.err.contains("no query was answered"), "{}", done.err);
    for arguments in ["--watch", "--watch --prometheus http://localhost:9090 --now 2026-01-01T10:00:00Z", "--looks 3"] {
        assert_eq!(folder.run(&format!("assess resources.yaml {arguments}")).code, 2, "{arguments}");
    }
}

const START_ONLY: &str = "--start 2026-01-01T10:00:00Z";
