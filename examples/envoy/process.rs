//! An Envoy of its own, from the files of this folder, on free ports.
//!
//! Not here: what it shall show.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// A running Envoy; it ends when this is dropped.
pub struct Envoy {
    pub port: u16,
    pub admin_port: u16,
    /// Threads that serve.
    pub workers: usize,
    folder: PathBuf,
    replaced: Vec<(String, String)>,
    child: Option<Child>,
}

impl Envoy {
    /// Writes the bootstrap and (where there is one) the listener whose texts are these, for a shop on `shop_ports`.
    pub fn prepare(bootstrap: &str, listener: Option<&str>, shop_ports: [u16; 3]) -> Self {
        let [port, admin_port] = [free_port(), free_port()];
        let folder = root().join(format!("target/envoy/run-{admin_port}"));
        fs::create_dir_all(&folder).unwrap();
        let modules = root().join("target/envoy");
        assert!(modules.join("iter8.wasm").exists(), "there is no iter8.wasm: `make envoy-module` builds it");
        let mut replaced = vec![
            ("{filename: ".to_owned(), format!("{{filename: {}/", modules.display())),
            ("path: listener.yaml".to_owned(), format!("path: {}", folder.join("listener.yaml").display())),
            ("port_value: 18000".to_owned(), format!("port_value: {port}")),
            ("port_value: 18001".to_owned(), format!("port_value: {admin_port}")),
        ];
        for (place, shop_port) in shop_ports.iter().enumerate() {
            replaced.push((format!("port_value: {}", 18_011 + place), format!("port_value: {shop_port}")));
        }
        let envoy = Self { port, admin_port, workers: 2, folder, replaced, child: None };
        fs::write(envoy.folder.join("bootstrap.yaml"), envoy.adapted(bootstrap)).unwrap();
        if let Some(listener) = listener {
            envoy.change(listener);
        }
        envoy
    }

    /// Puts another listener in the place of the one that there is.
    pub fn change(&self, listener: &str) {
        let (new, old) = (self.folder.join("new.yaml"), self.folder.join("listener.yaml"));
        fs::write(&new, self.adapted(listener)).unwrap();
        // Envoy watches for files that are moved here.
        fs::rename(new, old).unwrap();
    }

    /// Starts, and waits until it listens.
    pub async fn start(&mut self) {
        let child = command()
            .args(["--concurrency", &self.workers.to_string(), "--disable-hot-restart", "--log-level", "warning"])
            .args(["--component-log-level", "wasm:info", "--file-flush-interval-msec", "200"])
            .arg("--log-path")
            .arg(self.log_path())
            .arg("-c")
            .arg(self.folder.join("bootstrap.yaml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.unwrap_or_else(|error| panic!("Envoy does not start ({error}): `make tools-envoy`")));
        let patience = Instant::now() + Duration::from_secs(60);
        while !self.admin("GET", "/listeners").await.is_some_and(|listeners| listeners.contains("shop")) {
            assert!(Instant::now() < patience, "Envoy does not listen:\n{}", self.log());
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// What `envoy --mode validate` says of a bootstrap file whose text is this.
    pub fn validate(&self, bootstrap: &str) -> Output {
        let path = self.folder.join("validated.yaml");
        fs::write(&path, self.adapted(bootstrap)).unwrap();
        command().args(["--mode", "validate", "-c"]).arg(path).output().unwrap()
    }

    /// The body of the administration's answer.
    pub async fn admin(&self, method: &str, path: &str) -> Option<String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("http://127.0.0.1:{}{path}", self.admin_port);
        client.request(method, url).send().await.ok()?.text().await.ok()
    }

    /// A number among its statistics in Prometheus' form: the sum of the series that contain each of `words`.
    pub async fn sum_of(&self, words: &[&str]) -> f64 {
        let text = self.admin("GET", "/stats/prometheus").await.unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#') && words.iter().all(|word| line.contains(word)));
        // From 0: the sum of no floats is -0.
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).fold(0.0, |sum, value| sum + value)
    }

    /// Processor time of all its threads so far, in microseconds.
    pub fn cpu_micros(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let nanos = threads.filter_map(|thread| {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        });
        nanos.sum::<f64>() / 1e3
    }

    /// Memory that is its own and in use, in MiB.
    pub fn memory_mib(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    fn id(&self) -> u32 {
        self.child.as_ref().map(Child::id).unwrap()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn adapted(&self, text: &str) -> String {
        self.replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A file of this folder.
pub fn example(name: &str) -> String {
    let path = root().join("examples/envoy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn command() -> Command {
    Command::new(root().join(".stamps/tools/envoy/bin/envoy"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
