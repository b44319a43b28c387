//! The manifests: the chart says what kustomize says, and both what the server and its clients need.
//!
//! The chart's templates hold nothing but `{{ .Values.a.b }}` and `{{ .Release.Namespace }}`, so that a few lines render
//! them as Helm does. `image` builds the image.
//!
//! Not here: whether Kubernetes takes them (`scripts/validate-manifests`).

#![cfg(feature = "native")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing"
)]

mod image;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(deploy(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifest(name: &str) -> Value {
    yaml(name, &text(&format!("kustomize/{name}")))
}

/// A template with its placeholders filled.
fn rendered(name: &str, values: &Value) -> String {
    let mut rest = text(&format!("helm/iter8-analytics/templates/{name}"));
    let mut done = String::new();
    while let Some((before, after)) = rest.clone().split_once("{{") {
        let (inside, behind) = after.split_once("}}").expect("an end");
        let path = inside.trim();
        let value = match path.strip_prefix(".Values.") {
            _ if path == ".Release.Namespace" => "iter8".to_owned(),
            Some(path) => match values.pointer(&format!("/{}", path.replace('.', "/"))) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                found => panic!("{name}: {path}: {found:?}"),
            },
            None => panic!("{name}: `{path}` is more than this test understands"),
        };
        done += before;
        done += &value;
        rest = behind.to_owned();
    }
    done + &rest
}

fn names() -> Vec<String> {
    let kustomization = manifest("kustomization.yaml");
    let resources = kustomization["resources"].as_array().expect("resources");
    resources.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn the_chart_renders_to_what_kustomize_applies() {
    let values = yaml("values.yaml", &text("helm/iter8-analytics/values.yaml"));
    for name in names() {
        assert_eq!(yaml(&name, &rendered(&name, &values)), manifest(&name), "{name}");
    }
    let templates = fs::read_dir(deploy("helm/iter8-analytics/templates")).expect("templates");
    assert_eq!(templates.count(), names().len());
}

#[test]
fn clients_find_the_service_where_they_look() {
    let service = manifest("service.yaml");
    assert_eq!(service["metadata"]["name"], "iter8-analytics");
    assert_eq!(service["metadata"]["namespace"], "iter8");
    assert_eq!(service["spec"]["ports"][0]["port"], 8080);
    let deployment = manifest("deployment.yaml");
    assert_eq!(service["spec"]["selector"], deployment["spec"]["template"]["metadata"]["labels"]);
}

#[test]
fn the_image_is_named_so_that_kiali_knows_it() {
    let tag = format!("v{}", env!("CARGO_PKG_VERSION"));
    let deployment = manifest("deployment.yaml");
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], format!("iter8-analytics:{tag}"));
    assert_eq!(manifest("kustomization.yaml")["images"][0]["newTag"], tag);
    let chart = yaml("Chart.yaml", &text("helm/iter8-analytics/Chart.yaml"));
    assert_eq!(chart["appVersion"], tag);
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert!(text("Dockerfile").contains(&format!("iter8-analytics:{tag}")));
}

#[test]
fn the_container_runs_without_rights_and_within_limits() {
    let deployment = manifest("deployment.yaml");
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    for bound in ["requests", "limits"] {
        for resource in ["cpu", "memory"] {
            assert!(container["resources"][bound][resource].is_string(), "{bound}.{resource}");
        }
    }
    let (live, ready) = (&container["livenessProbe"]["httpGet"], &container["readinessProbe"]["httpGet"]);
    assert_eq!((live["path"].as_str(), ready["path"].as_str()), (Some("/health_check"), Some("/ready")));
    let dockerfile = text("Dockerfile");
    assert!(dockerfile.contains("\nFROM scratch\n") && dockerfile.contains("\nUSER 65532:65532\n"));
}

#[test]
fn the_config_map_holds_a_config_file_without_oddities() {
    let config = manifest("configmap.yaml")["data"]["config.yaml"].as_str().expect("a file").to_owned();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("deploy-{}.yaml", std::process::id()));
    fs::write(&path, config).expect("a file");
    let overrides = iter8_analytics::server::config::Overrides { config_file: Some(path), ..Default::default() };
    let (config, warnings) =
        iter8_analytics::server::config::Config::from_environment(overrides, &|_| None).expect("a configuration");
    assert_eq!(warnings, []);
    assert_eq!(config.backend.url.to_string(), "http://prometheus.istio-system:9090/");
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let dashboard: Value = serde_json::from_str(&text("grafana/iter8-analytics.json")).expect("JSON");
    let known = fs::read_to_string(deploy("../docs/operations.md")).expect("the list of metrics");
    let mut asked = 0;
    for panel in dashboard["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let expression = target["expr"].as_str().expect("an expression");
            for (at, _) in expression.match_indices("iter8_analytics_") {
                let name: String =
                    expression[at..].chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                let name = name.trim_end_matches("_bucket");
                assert!(known.contains(&format!("`{name}`")), "{name}");
                asked += 1;
            }
        }
    }
    assert!(asked > 5);
}

#[test]
fn the_dashboard_of_trends_asks_for_gauges_and_labels_that_there_are() {
    let told = Command::new(env!("CARGO_BIN_EXE_iter8-analytics"))
        .args(["trend", "--format", "prometheus"])
        .arg(deploy("../examples/resources/finished.yaml"))
        .output()
        .expect("the program");
    let told = String::from_utf8(told.stdout).expect("text");
    let families: Vec<&str> =
        told.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" gauge")).collect();
    let sample = told.lines().find(|line| line.starts_with("iter8_trend{")).expect("a gauge");
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_owned).collect()
    };
    // The label of a family that nobody has asked Prometheus for has no sample here.
    let labels = [words(sample), words("iter8metric diskmetric networkmetric")].concat();
    let dashboard = text("grafana/iter8-trend.json");
    let mut asked = 0;
    for (at, _) in dashboard.match_indices("iter8_trend") {
        let rest = &dashboard[at..];
        let name = words(rest).swap_remove(0);
        let Some(inside) = rest.strip_prefix(&format!("{name}{{")).and_then(|rest| rest.split_once('}')) else {
            continue;
        };
        assert!(families.contains(&name.as_str()), "{name}");
        for pair in inside.0.split(',') {
            let label = pair.split('=').next().unwrap_or_default().trim();
            assert!(labels.iter().any(|known| known == label), "{name}: {label}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}
