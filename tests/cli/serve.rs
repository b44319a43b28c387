//! `serve`: how a server starts, does not start, and stops.
//!
//! Not here: what it serves (`tests/http`).

use std::net::TcpListener;

use crate::shell::Folder;

#[test]
fn without_a_command_it_serves() {
    let server = Folder::new().serve("");
    assert!(server.post("/assessment", "{}").starts_with(r#"{"detail":[{"loc":["body","#));
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_config_file_that_cannot_be_read_is_told_though_nobody_named_it() {
    let folder = Folder::new();
    let line = "rm config.yaml && mkdir config.yaml && { timeout 1 iter8-analytics --host 127.0.0.1 --port 0; true; }";
    let done = folder.shell(line);
    assert!(done.err.contains("config.yaml: the config file cannot be read"), "{}", done.err);
}

#[test]
fn the_start_names_the_paths_that_exist() {
    let done = Folder::new().shell("timeout 1 iter8-analytics --demo --host 127.0.0.1 --port 0; true");
    assert!(done.err.contains("POST /assessment") && done.err.contains("GET /health_check"), "{}", done.err);
}

#[test]
fn a_taken_port_is_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let done = Folder::new().run(&format!("serve --host 127.0.0.1 --port {port}"));
    assert_eq!((done.code, done.err.lines().count()), (1, 1), "{}", done.err);
    assert!(done.err.contains(&port.to_string()), "{}", done.err);
}

#[test]
fn a_wrong_setting_is_exit_code_2_and_names_its_place() {
    let folder = Folder::new();
    folder.write("wrong.yaml", "port: many\n");
    let done = folder.run("serve --config wrong.yaml");
    assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (2, "", 1));
    assert!(done.err.contains("wrong.yaml") && done.err.contains("port"), "{}", done.err);
    assert_eq!(folder.run("serve --config nowhere.yaml").code, 2);
    assert_eq!(folder.shell("ITER8_ANALYTICS_METHOD=v0 iter8-analytics check experiment.yaml").code, 2);
}
