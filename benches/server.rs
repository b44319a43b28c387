//! The server as a process: time to ready, idle memory, requests a second with observations in the body, growth.
//!
//! Starts the release binary, drives it over keep-alive connections from this process (which takes its share of the
//! processor, so the figures are a lower bound) and prints what /proc says of its memory. v1.0.0 on this kind of
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

    let body = request::request(2, 1).to_string();
    for connections in [1, 2, 8] {
        server.drive(&body, connections, 2_000);
        let mut times = server.drive(&body, connections, 20_000);
        times.1.sort_unstable();
        let percentile = |share: f64| times.1[((times.1.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "2x1, {connections} connections      {:>9.0} a second, p50 {:.2} ms, p99 {:.2} ms",
            times.1.len() as f64 / times.0.as_secs_f64(),
            percentile(0.5),
            percentile(0.99)
        );
    }
    let before = server.memory_mib();
    server.drive(&body, 8, 100_000);
    println!("memory, 100,000 later   {:>9.1} MiB, before {before:.1} MiB", server.memory_mib());
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|a| a.port()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_iter8-analytics"))
            .args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()])
            .env("ITER8_ANALYTICS_LOG_LEVEL", "error")
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

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends `message` `count` times on one connection; each reply must be a 200.
fn converse(port: u16, message: &[u8], count: usize) -> Vec<Duration> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut times = Vec::with_capacity(count);
    let mut line = String::new();
    let mut reply = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        stream.write_all(message).unwrap();
        let mut length = 0;
        line.clear();
        reader.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 200"), "{line}");
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        reply.resize(length, 0);
        reader.read_exact(&mut reply).unwrap();
        times.push(start.elapsed());
    }
    times
}
