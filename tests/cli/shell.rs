//! A folder with an experiment's files, and a shell in it that knows the command `iter8-analytics`.
//!
//! Not here: any expectation.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What a command left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("text on standard output"),
            err: String::from_utf8(output.stderr).expect("text on standard error"),
        }
    }
}

/// A folder of one test: `experiment.yaml` (the repository's example), `observations.json`, `config.yaml`, Experiment
/// resources and their metrics.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("experiment.yaml", &example());
        folder.write("observations.json", OBSERVATIONS);
        folder.write("resources.yaml", include_str!("../../examples/resources/checkout.yaml"));
        folder.write("finished.yaml", include_str!("../../examples/resources/finished.yaml"));
        folder.write("metrics.yaml", include_str!("../../examples/resources/metrics.yaml"));
        folder.write("config.yaml", "metricsBackend: {url: \"http://localhost:9090\"}\n");
        folder
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// Runs the binary with `arguments`, split at spaces.
    pub fn run(&self, arguments: &str) -> Done {
        self.run_with_input(arguments, "")
    }

    /// The same with `input` on standard input.
    pub fn run_with_input(&self, arguments: &str, input: &str) -> Done {
        let mut command = Command::new(BINARY);
        command.args(arguments.split_whitespace());
        let mut child = self.start(command, Stdio::piped());
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A command that reads no input closes the pipe before it is written: no fault.
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
        let done = child.wait_with_output().unwrap().into();
        let _ = writer.join();
        done
    }

    /// Runs `line` in a shell, where `iter8-analytics` is the binary.
    pub fn shell(&self, line: &str) -> Done {
        let mut command = Command::new("bash");
        let folder_of_binary = PathBuf::from(BINARY).parent().unwrap().to_string_lossy().into_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        command.args(["-c", line]).env("PATH", format!("{folder_of_binary}:{path}"));
        self.start(command, Stdio::null()).wait_with_output().unwrap().into()
    }

    /// A server in this folder, well when this returns.
    pub fn serve(&self, arguments: &str) -> Server {
        let port = free_port();
        let mut command = Command::new(BINARY);
        command.args(arguments.split_whitespace()).args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        let child = self.start(command, Stdio::null());
        let server = Server { child: Some(child), port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "the server does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    fn start(&self, mut command: Command, stdin: Stdio) -> Child {
        for (name, _) in std::env::vars().filter(|(name, _)| is_setting(name)) {
            command.env_remove(name);
        }
        command.current_dir(&self.0).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running server; it is killed with the test that forgets to stop it.
pub struct Server {
    child: Option<Child>,
    port: u16,
}

impl Server {
    /// The body of the reply to `request`.
    pub fn post(&self, path: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = request.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + request).as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Asks the server to stop, as Kubernetes does, and waits for it.
    pub fn stop(mut self) -> Done {
        let child = self.child.take().unwrap();
        // The shell's own `kill`: not every machine has another one.
        assert!(Command::new("bash").args(["-c", &format!("kill {}", child.id())]).status().unwrap().success());
        child.wait_with_output().unwrap().into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The URL of a Prometheus that gives `body` to every query, as long as the test process lives.
pub fn prometheus(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(length) if length > 0 => request.extend_from_slice(&part[..length]),
                    _ => break,
                }
            }
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all((head + body).as_bytes());
            let _ = stream.shutdown(Shutdown::Write);
        }
    });
    url
}

/// A port where nobody listens now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The repository's example of an experiment, YAML.
pub fn example() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/checkout.yaml")).unwrap()
}

/// The same experiment without metric data.
pub fn example_without_observations() -> String {
    example().split("# What Prometheus would have told").next().unwrap().to_owned()
}

fn is_setting(name: &str) -> bool {
    name.starts_with("ITER8_") || name.starts_with("METRICS_BACKEND") || name == "NO_COLOR" || name == "CLICOLOR_FORCE"
}

const BINARY: &str = env!("CARGO_BIN_EXE_iter8-analytics");

const OBSERVATIONS: &str = r#"{"versions": {
    "checkout-v1": {"iter8_request_count": 900, "error_count": 5, "latency_ms_sum": 108000, "order_count": 36},
    "checkout-v2": {"iter8_request_count": 800, "error_count": 4, "latency_ms_sum": 92000, "order_count": 50},
    "checkout-v3": {"iter8_request_count": 100, "error_count": 7, "latency_ms_sum": 18100, "order_count": 5}
}}"#;
