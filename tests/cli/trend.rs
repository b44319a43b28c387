//! `trend`: what counts as finished, the gauges' names and labels, what the winners used, folders.

use crate::shell::{Folder, prometheus};

const LABELS: &str = "namespace=\"shop\",kubernetes_namespace=\"shop\",name=\"cart-canary\",service_name=\"cart\",baseline=\"cart-v1\",winner=\"cart-v2\",phase=\"Completed\",start_time=\"2026-01-01T10:00:00Z\",time=\"2026-01-01T10:02:00Z\",app=\"cart\",version=\"unknown\"";

#[test]
fn gauges_have_the_names_and_labels_of_iter8_trend() {
    let done = Folder::new().run("trend finished.yaml");
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    for line in [
        "# TYPE iter8_trend gauge".to_owned(),
        format!("iter8_trend{{{LABELS},metric=\"iter8_mean_latency\"}} 85.5"),
        format!("iter8_trend_custom{{{LABELS},iter8metric=\"iter8_mean_latency\"}} 85.5"),
    ] {
        assert!(done.out.lines().any(|found| found == line), "{line} in:\n{}", done.out);
    }
    assert!(!done.out.contains("iter8_trend_cpu{"), "what nobody asked for is unknown");
}

#[test]
fn what_a_winner_used_is_asked_of_prometheus_over_the_experiment() {
    let url = prometheus(
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.25"]}]}}"#,
    );
    let done = Folder::new().run(&format!("trend finished.yaml --prometheus {url}"));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    for line in [
        format!("iter8_trend_cpu{{{LABELS}}} 0.25"),
        format!("iter8_trend_mem{{{LABELS}}} 0.25"),
        format!("iter8_trend_disk{{{LABELS},diskmetric=\"diskreadbytes\"}} 0.25"),
        format!("iter8_trend_network{{{LABELS},networkmetric=\"networkwritebytes\"}} 0.25"),
        format!("iter8_trend{{{LABELS},metric=\"cpu\"}} 0.25"),
    ] {
        assert!(done.out.lines().any(|found| found == line), "{line} in:\n{}", done.out);
    }
}

#[test]
fn a_person_sees_a_table_by_time() {
    let done = Folder::new().run("trend finished.yaml --format text");
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", done.out);
    assert!(lines[1].contains("shop/cart-canary") && lines[1].contains("85.5"), "{}", done.out);
    assert!(lines[2].contains("shop/cart-next") && lines[2].contains("cart-v3"), "{}", done.out);
}

#[test]
fn only_experiments_that_a_candidate_has_won_count() {
    let folder = Folder::new();
    let finished = include_str!("../../examples/resources/finished.yaml");
    for (part, other) in [
        ("phase: Completed", "phase: Progressing"),
        ("winning_version_found: true", "winning_version_found: false"),
        ("winner: {name: cart-v", "winner: {name: cart-w"),
    ] {
        folder.write("other.yaml", &finished.replace(part, other));
        assert!(!folder.run("trend other.yaml").out.contains("iter8_trend{"), "{other}");
    }
    assert_eq!(
        folder.run("trend resources.yaml --format text").out,
        "no experiment has ended with a candidate as winner\n"
    );
}

#[test]
fn a_folder_is_all_files_in_it_and_assessments_count_too() {
    let folder = Folder::new();
    let shell = "mkdir done && cp finished.yaml done/a.yaml && cp finished.yaml done/b.yaml && echo hello > done/notes.txt && \
                 iter8-analytics assess experiment.yaml --now 2026-01-01T10:10:00Z > done/checkout.json && iter8-analytics trend done";
    let done = folder.shell(shell);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let of_trend = |name: &str| {
        let label = format!("name=\"{name}\"");
        done.out.lines().filter(|line| line.starts_with("iter8_trend{") && line.contains(&label)).count()
    };
    assert_eq!((of_trend("cart-canary"), of_trend("cart-next")), (1, 1), "{}", done.out);
    assert_eq!(of_trend("checkout"), 3, "{}", done.out);
    assert!(
        done.out.contains("winner=\"checkout-v2\"") && done.out.contains("time=\"2026-01-01T10:10:00\""),
        "{}",
        done.out
    );
    assert_eq!(folder.run("trend nowhere.yaml").code, 2);
}

#[test]
fn a_file_that_tells_of_nothing_is_named_and_nothing_at_all_is_a_fault() {
    let folder = Folder::new();
    let done = folder.run("trend experiment.yaml finished.yaml resources.yaml");
    let warnings = "warning: experiment.yaml: no experiment and no assessment in it\n\
                    warning: resources.yaml: no candidate has won an experiment in it\n";
    assert_eq!((done.code, done.err.as_str()), (0, warnings));
    assert!(done.out.contains("iter8_trend{"), "{}", done.out);
    // The files are right and nothing is over yet: no fault.
    assert_eq!(folder.run("trend resources.yaml").code, 0);
    folder.write("hosts", "root: x\n");
    for files in ["experiment.yaml", "hosts", "experiment.yaml hosts"] {
        let done = folder.run(&format!("trend {files}"));
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{files}");
        assert!(done.err.ends_with("nothing to tell of: no experiment at all\n"), "{}", done.err);
    }
}
