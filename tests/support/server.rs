//! A backend's URL becomes a running server on a free port of this machine.
//!
//! It runs on threads of its own until the test process ends.
//!
//! Not here: anything that a server is asked.

use std::net::SocketAddr;
use std::thread;

use iter8_analytics::Settings;
use iter8_analytics::assessment::Method;
use iter8_analytics::server::config::{Backend, Config, Inbound, LogFormat, Memory, Trends};
use iter8_analytics::server::{ServerOptions, run};

/// The address of a server that asks the backend at `url`.
pub fn start(url: &str) -> SocketAddr {
    start_with(url, Settings::default())
}

/// The same with v1.0.0's statistics, which need no intervals.
pub fn start_v1(url: &str) -> SocketAddr {
    start_with(url, Settings { method: Some(Method::V1), ..Settings::default() })
}

fn start_with(url: &str, assessment: Settings) -> SocketAddr {
    let config = Config {
        host: [127, 0, 0, 1].into(),
        port: 0,
        log_level: tracing::level_filters::LevelFilter::ERROR,
        log_format: LogFormat::Text,
        inbound: Inbound::default(),
        backend: Backend::at("here", url).expect("a URL"),
        assessment,
        memory: Memory::default(),
        trends: Trends::default(),
    };
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("an address")).expect("a listener");
            run(listener, std::future::pending(), config, ServerOptions::default()).await.expect("a server");
        });
    });
    receiver.recv().expect("a server")
}
