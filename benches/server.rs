//! The server as a process: time to ready, idle memory, requests a second with observations in the body, latency at half of
//! that, growth, and what it adds to a real Prometheus' own time.
//!
//! Starts the release binary, drives it over keep-alive connections from this process (which takes its share of the
//! processor, so the figures are a lower bound), and prints what /proc says of its memory and of the machine's load. v1.0.0 on this kind of
//! machine: 35 requests a second, 80-210 MiB, 0.6-1.0 s to start.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark has a clock, waits, and ends where its server does not work"
)]
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[path = "support/prometheus.rs"]
mod prometheus;
#[path = "support/request.rs"]
mod request;

fn main() {
    // `cargo test --benches` starts benchmarks too; there is nothing to measure then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let started = Instant::now();
    let server = Server::start();
    println!("ready after             {:>9.1} ms", started.elapsed().as_secs_f64() * 1e3);
    sleep(Duration::from_millis(300));
    println!("memory, idle            {:>9.1} MiB", server.memory_mib());

    let mut request = request::request(2, 1);
    // The default method, as whoever names none.
    request.as_object_mut().unwrap().remove("method");
    let body = request.to_string();
    let mut best: f64 = 0.0;
    println!("load before             {}", std::fs::read_to_string("/proc/loadavg").unwrap().trim());
    for connections in [1, 2, 8] {
        server.drive(&body, connections, 2_000);
        let mut times = server.drive(&body, connections, 20_000);
        let rate = times.1.len() as f64 / times.0.as_secs_f64();
        best = best.max(rate);
        println!("2x1, {connections} connections      {rate:>9.0} a second, {}", percentiles(&mut times.1));
    }
    let mut times = server.drive_at(&body, 16, best / 2.0, Duration::from_secs(10));
    println!("2x1, at half of that    {:>9.0} a second, {}", best / 2.0, percentiles(&mut times));
    let before = server.memory_mib();
    server.drive(&body, 8, 100_000);
    println!("memory, 100,000 later   {:>9.1} MiB, before {before:.1} MiB", server.memory_mib());
    match prometheus::added() {
        Ok((direct, ours)) => println!(
            "one round of queries    {:>9.2} ms from Prometheus itself (the slowest), {:.2} ms with an assessment: {:.2} ms more",
            direct * 1e3,
            ours * 1e3,
            (ours - direct) * 1e3
        ),
        Err(why) => println!("one round of queries    not measured: {why}"),
    }
}

/// The middle and the tail of `times`, in milliseconds.
fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("p50 {:.2} ms, p99 {:.2} ms", at(0.5), at(0.99))
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        Self::asking("http://127.0.0.1:9")
    }

    fn asking(backend: &str) -> Self {
        let port = free_port();
        let process = Command::new(env!("CARGO_BIN_EXE_iter8-analytics"))
            .args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()])
            .env("ITER8_ANALYTICS_LOG_LEVEL", "error")
            .env("ITER8_ANALYTICS_METRICS_BACKEND_URL", backend)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let server = Self { process, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", server.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "the server does not listen");
            sleep(Duration::from_micros(500));
        }
        server
    }

    /// Resident memory.
    fn memory_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Sends `count` requests over `connections`; how long that took, and each request by itself.
    fn drive(&self, body: &str, connections: usize, count: usize) -> (Duration, Vec<Duration>) {
        let message =
            format!("POST /assessment HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let start = Instant::now();
        let times = std::thread::scope(|scope| {
            let drivers: Vec<_> = (0..connections)
                .map(|_| scope.spawn(|| converse(self.port, message.as_bytes(), count / connections)))
                .collect();
            drivers.into_iter().flat_map(|driver| driver.join().unwrap()).collect()
        });
        (start.elapsed(), times)
    }
}

impl Server {
    /// Sends `rate` requests a second over `connections` for a while, on time whether or not the server keeps up; how long
    /// after it was due each was answered.
    fn drive_at(&self, body: &str, connections: usize, rate: f64, time: Duration) -> Vec<Duration> {
        let message =
            format!("POST /assessment HTTP/1.1\r\nHost: bench\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let pause = Duration::from_secs_f64(connections as f64 / rate);
        let count = (rate * time.as_secs_f64()) as usize / connections;
        let start = Instant::now() + Duration::from_millis(50);
        std::thread::scope(|scope| {
            let drivers: Vec<_> = (0..connections)
                .map(|place| {
                    let message = &message;
                    scope.spawn(move || {
                        let mut line = Line::open(self.port);
                        let mine = start + pause.mul_f64(place as f64 / connections as f64);
                        let due = (0..count).map(|number| mine + pause * number as u32);
                        due.map(|due| {
                            sleep(due.saturating_duration_since(Instant::now()));
                            line.exchange(message.as_bytes());
                            due.elapsed()
                        })
                        .collect::<Vec<_>>()
                    })
                })
                .collect();
            drivers.into_iter().flat_map(|driver| driver.join().unwrap()).collect()
        })
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|a| a.port()).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends `message` `count` times on one connection; each reply must be a 200.
fn converse(port: u16, message: &[u8], count: usize) -> Vec<Duration> {
    let mut line = Line::open(port);
    (0..count)
        .map(|_| {
            let start = Instant::now();
            line.exchange(message);
            start.elapsed()
        })
        .collect()
}

/// One keep-alive connection.
struct Line {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    text: String,
    reply: Vec<u8>,
}

impl Line {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader, text: String::new(), reply: Vec::new() }
    }

    /// Sends `message` and reads its reply, which must be a 200 of a known length.
    fn exchange(&mut self, message: &[u8]) -> &[u8] {
        self.stream.write_all(message).unwrap();
        let mut length = 0;
        self.text.clear();
        self.reader.read_line(&mut self.text).unwrap();
        assert!(self.text.starts_with("HTTP/1.1 200"), "{}", self.text);
        loop {
            self.text.clear();
            self.reader.read_line(&mut self.text).unwrap();
            if self.text == "\r\n" {
                break;
            }
            if let Some(value) = self.text.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        self.reply.resize(length, 0);
        self.reader.read_exact(&mut self.reply).unwrap();
        &self.reply
    }
}
