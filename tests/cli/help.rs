//! Every example that the help shows is run as it stands.
//!
//! `http://localhost:9090` becomes a Prometheus of the test; a server is stopped once it has run for a moment.
//! Not here: the README's examples.

use crate::shell::{Folder, free_port, prometheus};

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

#[test]
fn every_command_has_help_with_examples_that_run() {
    let url = prometheus(EMPTY);
    for command in ["", "serve ", "assess ", "queries ", "check ", "check-config ", "simulate ", "trend "] {
        let folder = Folder::new();
        let help = folder.run(&format!("{command}--help"));
        assert_eq!((help.code, help.err.as_str()), (0, ""));
        let examples: Vec<_> = help.out.lines().filter_map(|line| line.trim().strip_prefix("$ ")).collect();
        assert!(examples.len() >= 2, "{command}--help shows too few examples:\n{}", help.out);
        for example in examples {
            let line = example.replace("http://localhost:9090", &url);
            if is_server(&line) {
                serve_for_a_moment(&folder, &line);
            } else {
                let done = folder.shell(&line);
                assert_eq!((done.code, done.err.as_str()), (0, ""), "{example}");
                assert!(!done.out.is_empty(), "{example}");
            }
        }
    }
}

fn is_server(line: &str) -> bool {
    line.contains("serve") || line.contains("--demo")
}

/// Runs a line that serves, on a free port, and stops it as a person would after a second.
fn serve_for_a_moment(folder: &Folder, line: &str) {
    let line = line.replace("--port 8080", "");
    let port = free_port();
    let done = folder.shell(&format!("{line} --host 127.0.0.1 --port {port} & sleep 0.5; kill $!; wait $!"));
    assert_eq!(done.code, 0, "{line}: {}", done.err);
}
