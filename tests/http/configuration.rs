//! Environment and config file, v1.0.0's variants among them.

use std::path::PathBuf;

use iter8_analytics::server::config::{Config, Overrides, Warning};
use iter8_analytics::server::prometheus::Client;
use serde_json::{Value, json};

/// What becomes of `file` and `variables`: the description and the warnings, or the error.
fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<(Value, Vec<String>), String> {
    load_with(file, variables, Overrides::default())
}

fn load_with(
    file: Option<&str>,
    variables: &[(&str, &str)],
    overrides: Overrides,
) -> Result<(Value, Vec<String>), String> {
    let path = file.map(|text| {
        let name = format!("iter8-analytics-{}-{:x}.yaml", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let environment = |name: &str| match (name, &path) {
        ("METRICS_BACKEND_CONFIGFILE", Some(path)) => Some(path.clone().into_os_string()),
        _ => variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).into()),
    };
    let outcome = Config::from_environment(overrides, &environment);
    let shown = |text: String| match &path {
        Some(path) => text.replace(&path.display().to_string(), "FILE"),
        None => text,
    };
    let outcome = outcome.map_err(|error| shown(error.to_string())).map(|(config, warnings)| {
        let debug = format!("{config:?}");
        assert!(!debug.contains("hunter2"), "{debug}");
        (config.shown(), warnings.into_iter().map(|Warning(text)| shown(text)).collect())
    });
    if let Some(path) = &path {
        std::fs::remove_file(path).unwrap();
    }
    outcome
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

#[test]
fn nothing_said_gives_the_defaults() {
    let (config, warnings) = load(None, &[]).unwrap();
    assert_eq!(
        config,
        json!({
            "host": "0.0.0.0",
            "port": 8080,
            "logLevel": "info",
            "logFormat": "text",
            "server": {
                "tls": null,
                "auth": {"type": "none"},
                "cors_origins": [],
                "requests_max": 1000,
                "connections_max": 4000,
                "head_seconds_max": 45.0,
                "body_seconds_max": 30.0,
                "body_mib_max": 16,
                "linger_seconds": 0.0,
            },
            "metricsBackend": {
                "url": "http://prometheus.istio-system:9090/",
                "auth": {
                    "type": "none",
                    "ca_file": null,
                    "cert_file": null,
                    "key_file": null,
                    "insecure_skip_verify": false,
                },
                "headers": {},
                "try_seconds": 2.0,
                "tries": 3,
                "deadline_seconds": 8.0,
            },
            "assessment": {
                "method": "sequential",
                "winner_threshold": 0.99,
                "exploration_percentage": 5.0,
                "alpha": 0.05,
                "rollback": "violated",
                "scrape_interval_seconds": null,
            },
            "store": {"file": null, "url": null, "size_mib_max": 64, "age_days_max": 30.0},
            "trend": {"enabled": false, "folder": null, "period_seconds": 30.0},
        })
    );
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn each_setting_has_its_place() {
    const URL: &str = "ITER8_ANALYTICS_METRICS_BACKEND_URL";
    for (file, variables, pointer, expected) in [
        ("port: 9000", &[][..], "/port", json!(9000)),
        ("port: '9000'", &[], "/port", json!(9000)),
        ("port: 9000", &[("ITER8_ANALYTICS_SERVER_PORT", "9001")], "/port", json!(9001)),
        ("port: 9000", &[("ITER8_ANALYTICS_SERVER_PORT", "")], "/port", json!(9000)),
        ("{\"port\": 9000}", &[], "/port", json!(9000)),
        ("host: '::1'", &[], "/host", json!("::1")),
        ("", &[("ITER8_ANALYTICS_SERVER_HOST", "localhost")], "/host", json!("127.0.0.1")),
        ("logLevel: warning", &[], "/logLevel", json!("warning")),
        ("logLevel: debug", &[("ITER8_ANALYTICS_LOG_LEVEL", "CRITICAL")], "/logLevel", json!("error")),
        ("logFormat: json", &[], "/logFormat", json!("json")),
        ("metricsBackend: {url: 'http://a:1'}", &[], "/metricsBackend/url", json!("http://a:1/")),
        ("metricsBackend: {url: 'http://a:1'}", &[(URL, "http://b")], "/metricsBackend/url", json!("http://b/")),
        ("metricsBackend: {url: 'http://a:1'}", &[(URL, "")], "/metricsBackend/url", json!("http://a:1/")),
        ("metricsBackend: {tries: 1}", &[], "/metricsBackend/tries", json!(1)),
        ("metricsBackend: {try_seconds: 0.5}", &[], "/metricsBackend/try_seconds", json!(0.5)),
        (
            "metricsBackend: {deadline_seconds: 9}",
            &[("ITER8_ANALYTICS_METRICS_BACKEND_DEADLINE_SECONDS", "20")],
            "/metricsBackend/deadline_seconds",
            json!(20.0),
        ),
        ("server: {requests_max: 5}", &[], "/server/requests_max", json!(5)),
        (
            "server: {requests_max: 5}",
            &[("ITER8_ANALYTICS_SERVER_REQUESTS_MAX", "6")],
            "/server/requests_max",
            json!(6),
        ),
        ("server: {connections_max: 5}", &[], "/server/connections_max", json!(5)),
        ("server: {head_seconds_max: 0.5}", &[], "/server/head_seconds_max", json!(0.5)),
        ("server: {body_seconds_max: 60}", &[], "/server/body_seconds_max", json!(60.0)),
        ("server: {body_mib_max: 2}", &[], "/server/body_mib_max", json!(2)),
        ("server: {linger_seconds: 5}", &[], "/server/linger_seconds", json!(5.0)),
        ("server: {cors_origins: ['https://a.b/', '*']}", &[], "/server/cors_origins", json!(["https://a.b", "*"])),
        (
            "",
            &[("ITER8_ANALYTICS_SERVER_CORS_ORIGINS", "https://a.b, http://c:1")],
            "/server/cors_origins",
            json!(["https://a.b", "http://c:1"]),
        ),
        ("server: {auth: {type: bearer, token: 0123}}", &[], "/server/auth", json!({"type": "bearer", "token": "***"})),
        (
            "",
            &[
                ("ITER8_ANALYTICS_SERVER_AUTH_TYPE", "basic"),
                ("ITER8_ANALYTICS_SERVER_AUTH_USERNAME", "me"),
                ("ITER8_ANALYTICS_SERVER_AUTH_PASSWORD", "hunter2"),
            ],
            "/server/auth",
            json!({"type": "basic", "username": "***", "password": "***"}),
        ),
        (
            "server: {tls: {cert_file: c.pem, key_file: k.pem}}",
            &[("ITER8_ANALYTICS_SERVER_TLS_CLIENT_CA_FILE", "ca.pem")],
            "/server/tls",
            json!({"cert_file": "c.pem", "key_file": "k.pem", "client_ca_file": "ca.pem"}),
        ),
        (
            "metricsBackend: {url: 'https://p', auth: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem}}",
            &[],
            "/metricsBackend/auth",
            json!({"type": "none", "ca_file": "ca.pem", "cert_file": "c.pem", "key_file": "k.pem",
                   "insecure_skip_verify": false}),
        ),
        ("assessment: {method: v1}", &[], "/assessment/method", json!("v1")),
        ("", &[("ITER8_ANALYTICS_METHOD", "sequential")], "/assessment/method", json!("sequential")),
        ("assessment: {winner_threshold: 0.9}", &[], "/assessment/winner_threshold", json!(0.9)),
        ("assessment: {alpha: 0.01}", &[], "/assessment/alpha", json!(0.01)),
        ("assessment: {alpha: 0.01}", &[("ITER8_ANALYTICS_ALPHA", "0.1")], "/assessment/alpha", json!(0.1)),
        ("", &[("ITER8_ANALYTICS_ROLLBACK", "never")], "/assessment/rollback", json!("never")),
        (
            "assessment: {scrape_interval_seconds: 60}",
            &[("ITER8_ANALYTICS_SCRAPE_INTERVAL_SECONDS", "5")],
            "/assessment/scrape_interval_seconds",
            json!(5.0),
        ),
        (
            "assessment: {exploration_percentage: 10}",
            &[("ITER8_ANALYTICS_EXPLORATION_PERCENTAGE", "7.5")],
            "/assessment/exploration_percentage",
            json!(7.5),
        ),
    ] {
        let (config, warnings) = load(Some(file), variables).unwrap();
        assert_eq!(at(&config, pointer), &expected, "{file} {variables:?}");
        assert!(warnings.is_empty(), "{file}: {warnings:?}");
    }
}

#[test]
fn empty_files_and_sections_are_fine() {
    for file in [
        "",
        "\n",
        "# nothing\n",
        "null",
        "---",
        "metricsBackend:",
        "metricsBackend: {auth: }",
        "port:",
        "metricsBackend: {auth: {type: }}",
        "assessment:",
    ] {
        let (config, warnings) = load(Some(file), &[]).unwrap();
        assert_eq!(at(&config, "/port"), 8080, "{file}");
        assert!(warnings.is_empty(), "{file}: {warnings:?}");
    }
}

#[test]
fn urls_that_v1_refused_for_no_reason_are_taken() {
    for url in
        ["http://prometheus:9090", "http://a_b.c", "http://p.x", "http://p:9", "http://[::1]:9090/x/", "https://p"]
    {
        assert!(load(None, &[("ITER8_ANALYTICS_METRICS_BACKEND_URL", url)]).is_ok(), "{url}");
    }
}

#[test]
fn what_cannot_be_used_is_an_error_that_names_its_place() {
    for (file, variables, message) in [
        ("port: abc", &[][..], "FILE: port: `abc` is not a whole number from 0 to 65535"),
        ("port: 99999", &[], "FILE: port: `99999` is not a whole number from 0 to 65535"),
        ("port: [1]", &[], "FILE: port: `[1]` is not a whole number from 0 to 65535"),
        ("- 1", &[], "FILE: the config file is no map of settings"),
        ("hello", &[], "FILE: the config file is no map of settings"),
        ("metricsBackend: 7", &[], "FILE: metricsBackend: not a section"),
        ("metricsBackend: {auth: [hunter2]}", &[], "FILE: metricsBackend.auth: not a section"),
        (
            "",
            &[("ITER8_ANALYTICS_SERVER_PORT", "http")],
            "ITER8_ANALYTICS_SERVER_PORT: `http` is not a whole number from 0 to 65535",
        ),
        ("assessment: {method: bayes}", &[], "FILE: assessment.method: `bayes` is not one of `sequential`, `v1`"),
        (
            "assessment: {winner_threshold: 0.4}",
            &[],
            "FILE: assessment.winner_threshold: `0.4` is not a number from 0.5 to 1",
        ),
        ("assessment: {alpha: 0.2}", &[], "FILE: assessment.alpha: `0.2` is not a number above 0 and up to 0.1"),
        ("assessment: {rollback: maybe}", &[], "FILE: assessment.rollback: `maybe` is not one of `violated`, `never`"),
        ("metricsBackend: {tries: 0}", &[], "FILE: metricsBackend.tries: `0` is not a whole number from 1 to 10"),
        ("metricsBackend: {try_seconds: 1e9}", &[], "FILE: metricsBackend.try_seconds: `"),
        ("host: example.com", &[], "FILE: host: `example.com` is not an IP address like `0.0.0.0`"),
        ("server: {requests_max: 0}", &[], "FILE: server.requests_max: `0` is not a whole number from 1 to 65535"),
        ("server: {body_mib_max: 17}", &[], "FILE: server.body_mib_max: `17` is not a whole number from 1 to 16"),
        ("server: {cors_origins: [a.b]}", &[], "FILE: server.cors_origins: `a.b` is not `*` or an origin like"),
        ("server: {cors_origins: [7]}", &[], "FILE: server.cors_origins: `7` is not `*` or an origin like"),
        // What protects by half does not protect.
        ("server: {auth: {type: digest}}", &[], "FILE: server.auth.type: `digest` is not `none`, `basic` or `bearer`"),
        ("server: {auth: {type: bearer}}", &[], "FILE: server.auth.type: needs `token` or `token_file`"),
        ("server: {auth: {type: basic, username: a}}", &[], "FILE: server.auth.type: needs `password`"),
        ("server: {auth: {token: hunter2}}", &[], "FILE: server.auth.token: `type` says that nobody is asked for it"),
        ("server: {tls: {cert_file: c.pem}}", &[], "FILE: server.tls.cert_file: needs `key_file`"),
        ("server: {tls: {client_ca_file: c.pem}}", &[], "FILE: server.tls.client_ca_file: needs `cert_file` and"),
        (
            "metricsBackend: {url: 'https://p', auth: {key_file: k.pem}}",
            &[],
            "FILE: metricsBackend.auth.key_file: needs `cert_file`",
        ),
        (
            "metricsBackend: {url: 'prometheus:9090'}",
            &[],
            "FILE: metricsBackend.url: `prometheus:9090` is not a URL like",
        ),
        (
            "",
            &[("ITER8_ANALYTICS_METRICS_BACKEND_URL", "ftp://me:hunter2@h")],
            "ITER8_ANALYTICS_METRICS_BACKEND_URL: not a URL like",
        ),
    ] {
        let error = load(Some(file), variables).expect_err(file);
        assert!(error.starts_with(message), "{file}: {error}");
        assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_is_odd_is_a_warning() {
    for (file, variables, message) in [
        ("prot: 1", &[][..], "FILE: prot: no such setting; passed over"),
        (
            "metricsBackend: {auth: {user: hunter2}}",
            &[],
            "FILE: metricsBackend.auth.user: no such setting; passed over",
        ),
        ("port: {", &[], "FILE, line "),
        (
            "metricsBackend: {type: thanos}",
            &[],
            "FILE: metricsBackend.type: `thanos` is not a type of backend; using it as",
        ),
        (
            "metricsBackend: {auth: {type: bearer}}",
            &[],
            "FILE: metricsBackend.auth.type: `bearer` needs `token` or `token_file`",
        ),
        (
            "metricsBackend: {auth: {token: hunter2}}",
            &[],
            "FILE: metricsBackend.auth.token: not used, only with `type: bearer`",
        ),
        (
            "metricsBackend: {auth: {insecure_skip_verify: true}}",
            &[],
            "FILE: metricsBackend.auth.insecure_skip_verify: INSECURE",
        ),
        (
            "metricsBackend: {auth: {ca_file: ca.pem}}",
            &[],
            "FILE: metricsBackend.auth.ca_file: not used, since the backend's URL is no https one",
        ),
        (
            "metricsBackend: {auth: {type: basic, username: a, password: hunter2, insecure_skip_verify: true}}",
            &[],
            "FILE: metricsBackend.auth.insecure_skip_verify: INSECURE",
        ),
        ("metricsBackend: {auth: {type: basic, username: a}}", &[], "FILE: metricsBackend.auth.password: missing"),
        ("port: 1\nport: 2", &[], "FILE, line 2: port stands there twice; the last one counts"),
        ("logLevel: chatty", &[], "FILE: logLevel: `chatty` is not one of"),
    ] {
        let (config, warnings) = load(Some(file), variables).unwrap();
        assert!(warnings.len() == 1 && warnings[0].starts_with(message), "{file}: {warnings:?}");
        assert!(!format!("{config}{warnings:?}").contains("hunter2"), "{config}{warnings:?}");
    }
}

#[test]
fn secrets_are_masked_and_numbers_are_passwords_too() {
    let file = "metricsBackend: {url: 'http://u:hunter2@h', auth: {type: Basic, username: me, password: 123456}}";
    let (config, warnings) = load(Some(file), &[]).unwrap();
    assert_eq!(at(&config, "/metricsBackend/url"), "http://***@h/");
    assert_eq!(at(&config, "/metricsBackend/auth/password"), "***");
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_file_that_is_not_there_matters_only_if_a_flag_names_it() {
    let variables = [("METRICS_BACKEND_CONFIGFILE", "/nonexistent/a.yaml")];
    let (_, warnings) = load(None, &variables).unwrap();
    assert!(warnings[0].starts_with("/nonexistent/a.yaml: the config file cannot be read"), "{warnings:?}");
    let flag = Overrides { config_file: Some(PathBuf::from("/nonexistent/b.yaml")), ..Overrides::default() };
    let error = load_with(None, &variables, flag).unwrap_err();
    assert!(error.starts_with("/nonexistent/b.yaml: the config file cannot be read"), "{error}");
}

#[test]
fn a_flag_beats_everything() {
    let flags = Overrides { host: Some("10.0.0.1".to_owned()), port: Some(1), config_file: None };
    let variables = [("ITER8_ANALYTICS_SERVER_PORT", "2")];
    let (config, _) = load_with(Some("port: 3\nhost: 10.0.0.3"), &variables, flags).unwrap();
    assert_eq!((at(&config, "/host"), at(&config, "/port")), (&json!("10.0.0.1"), &json!(1)));
    let wrong = Overrides { host: Some("nowhere".to_owned()), ..Overrides::default() };
    assert!(load_with(None, &[], wrong).unwrap_err().starts_with("--host: `nowhere` is not an IP address"));
}

#[tokio::test]
async fn a_password_is_the_text_that_stands_in_the_file() {
    let backend = crate::backend::Backend::start(crate::backend::healthy).await;
    for (written, meant) in [("0123", "0123"), ("1e3", "1e3"), ("on", "on"), ("1.10", "1.10"), ("'x'", "x")] {
        let path = std::env::temp_dir().join(format!("iter8-analytics-{}-{:x}", std::process::id(), fastrand::u64(..)));
        let auth = format!("{{type: basic, username: 007, password: {written}}}");
        std::fs::write(&path, format!("metricsBackend: {{url: '{}', auth: {auth}}}", backend.url())).unwrap();
        let flag = Overrides { config_file: Some(path.clone()), ..Overrides::default() };
        let (config, _) = Config::from_environment(flag, &|_| None).unwrap();
        std::fs::remove_file(&path).unwrap();
        Client::new(&config.backend).unwrap().fetch_all(&[crate::client::query("up")]).await;
        let asked = backend.asked().pop().unwrap();
        let request = crate::server::http().get("http://x").basic_auth("007", Some(meant)).build().unwrap();
        assert_eq!(asked.headers["authorization"], request.headers()["authorization"], "{written}");
    }
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let (config, _) = load(Some("port: 1\nlogFormat: json\nport: 2"), &[]).unwrap();
    assert_eq!((at(&config, "/port"), at(&config, "/logFormat")), (&json!(2), &json!("json")));
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_told() {
    let variables = [("METRICS_BACKEND_CONFIGFILE", "/")];
    let (_, warnings) = load(None, &variables).unwrap();
    assert!(warnings[0].starts_with("/: the config file cannot be read"), "{warnings:?}");
}

#[cfg(unix)]
#[test]
fn a_variable_of_another_encoding_is_an_error_that_names_it() {
    use std::os::unix::ffi::OsStringExt;
    let environment =
        |name: &str| (name == "ITER8_ANALYTICS_LOG_LEVEL").then(|| std::ffi::OsString::from_vec(b"d\xffbug".to_vec()));
    let error = Config::from_environment(Overrides::default(), &environment).unwrap_err();
    assert_eq!(error.to_string(), "ITER8_ANALYTICS_LOG_LEVEL: not a text in UTF-8");
}
