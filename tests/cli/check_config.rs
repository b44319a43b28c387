//! `check-config`: what a server would be told, by v1.0.0's files too, and nothing that is secret.

use serde_json::{Value, json};

use crate::shell::Folder;

/// As v1.0.0's own installation wrote it, with everything that it knew, and two slips of the pen.
const V1: &str = "\
port: 5555
logLevel: warning
metricsBackend:
  type: prometheus
  url: https://me:hunter2@prometheus.openshift-monitoring.svc.cluster.local:9091/?key=hunter2
  auth:
    type: basic
    username: internal
    password: hunter2
    insecure_skip_verify: true
    ca_file: /etc/iter8/ca.crt
    token: hunter2
    tokn: hunter2
  headers:
    X-Scope-OrgID: hunter2
store: {url: 'redis://:hunter2@redis'}
server: {auth: {type: bearer, token: hunter2}}
retries: 7
";

fn shown(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn a_file_of_v1_is_understood_and_no_secret_is_shown() {
    let folder = Folder::new();
    folder.write("v1.yaml", V1);
    let done = folder.run("check-config --config v1.yaml --host 127.0.0.1");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(!done.out.contains("hunter2") && !done.err.contains("hunter2"), "{}{}", done.out, done.err);
    let config = shown(&done.out);
    assert_eq!(
        (&config["host"], &config["port"], &config["logLevel"]),
        (&json!("127.0.0.1"), &json!(5555), &json!("warning"))
    );
    let backend = &config["metricsBackend"];
    assert_eq!(backend["url"], "https://***@prometheus.openshift-monitoring.svc.cluster.local:9091/?***");
    assert_eq!(backend["headers"], json!({"X-Scope-OrgID": "***"}));
    let auth = json!({"type": "basic", "username": "***", "password": "***", "ca_file": null, "cert_file": null,
                      "key_file": null, "insecure_skip_verify": true});
    assert_eq!(backend["auth"], auth);
    assert_eq!(config["assessment"]["method"], "sequential", "defaults are filled in");
    let warnings: Vec<&str> = done.err.lines().collect();
    assert_eq!(warnings.len(), 5, "{}", done.err);
    for (place, what) in [
        ("v1.yaml: metricsBackend.auth.tokn", "no such setting"),
        ("v1.yaml: retries", "no such setting"),
        ("v1.yaml: metricsBackend.auth.token", "not used, only with `type: bearer`"),
        ("v1.yaml: metricsBackend.auth.insecure_skip_verify", "INSECURE"),
        ("v1.yaml: metricsBackend.auth.ca_file", "not used, since `insecure_skip_verify` is set"),
    ] {
        let line = format!("warning: {place}: {what}");
        assert!(warnings.iter().any(|warning| warning.starts_with(&line)), "{line}\n{}", done.err);
    }
}

#[test]
fn what_is_printed_is_a_config_file_that_says_the_same() {
    let folder = Folder::new();
    let settings = "ITER8_ANALYTICS_METHOD=v1 ITER8_ANALYTICS_SERVER_CORS_ORIGINS=https://page.example";
    let first = folder.shell(&format!("{settings} iter8-analytics check-config --port 9000"));
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    folder.write("again.json", &first.out);
    let second = folder.run("check-config --config again.json");
    assert_eq!((second.code, second.err.as_str(), second.out), (0, "", first.out));
}

#[test]
fn what_a_server_would_not_start_with_is_told_with_its_exit_code() {
    let folder = Folder::new();
    folder.write("key.pem", "hunter2");
    for (file, code, message) in [
        ("host: nowhere", 2, "wrong.yaml: host: `nowhere` is not an IP address like `0.0.0.0`\n"),
        ("server: {auth: {type: bearer}}", 2, "wrong.yaml: server.auth.type: needs `token` or `token_file`\n"),
        (
            "metricsBackend: {url: 'https://p', auth: {ca_file: nowhere.pem}}",
            1,
            "metrics backend: TLS cannot be set up: nowhere.pem: No such file or directory (os error 2)\n",
        ),
        ("server: {tls: {cert_file: key.pem, key_file: key.pem}}", 1, "server.tls: key.pem: no certificate in PEM\n"),
    ] {
        folder.write("wrong.yaml", file);
        for command in ["check-config", "serve --port 0"] {
            let done = folder.run(&format!("{command} --config wrong.yaml"));
            let told = done.err.lines().last().map(|line| format!("{line}\n"));
            assert_eq!((done.code, done.out.as_str(), told.as_deref()), (code, "", Some(message)), "{command} {file}");
        }
    }
}

#[test]
fn a_variable_that_is_none_is_told() {
    let folder = Folder::new();
    let warning =
        "warning: ITER8_ANALYTICS_ROLBACK: no such setting; passed over; did you mean `ITER8_ANALYTICS_ROLLBACK`?\n";
    for command in ["check-config", "check experiment.yaml"] {
        let done = folder.shell(&format!("ITER8_ANALYTICS_ROLBACK=never iter8-analytics {command}"));
        assert_eq!((done.code, done.err.as_str()), (0, warning), "{command}");
    }
}

#[test]
fn what_is_yaml_and_yet_no_setting_is_told_by_its_field_or_its_reason() {
    let folder = Folder::new();
    for (file, message) in [
        (
            "metricsBackend: {try_seconds: .inf}",
            ": metricsBackend.try_seconds: `.inf` is not a number of seconds from 0.01 to 60",
        ),
        ("port: .nan", ": port: `.nan` is not a whole number from 0 to 65535"),
        ("assessment: {alpha: .nan}", ": assessment.alpha: `.nan` is not a number above 0 and up to 0.1"),
        ("port: 1\n---\nport: 2", ", line 3: a second document starts here (`---`), and one is expected"),
        ("port: &a [*a]", ", line 1: an alias (`*`) stands inside what it repeats"),
    ] {
        folder.write("wrong.yaml", file);
        let done = folder.run("check-config --config wrong.yaml");
        assert_eq!((done.code, done.err), (2, format!("wrong.yaml{message}\n")), "{file}");
    }
}

#[test]
fn places_that_are_not_there_are_warnings_since_the_machine_may_be_another() {
    let folder = Folder::new();
    folder.write("places.yaml", "store: {file: /nonexistent/x}\ntrend: {folder: /nonexistent}\n");
    let done = folder.run("check-config --config places.yaml");
    let warnings = "warning: store.file: /nonexistent/x: no file can be there on this machine: a server would go on and remember nothing\n\
                    warning: trend.folder: /nonexistent: no such folder on this machine: a server would go on and tell of nothing in it\n";
    assert_eq!((done.code, done.err.as_str()), (0, warnings));
    folder.write("places.yaml", "store: {file: memory}\ntrend: {folder: .}\n");
    assert_eq!(folder.run("check-config --config places.yaml").err, "");
}
