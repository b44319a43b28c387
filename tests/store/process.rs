//! Processes that tests start, kill and start again on the same port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A process that listens; killed (as by `kill -9`) when it is dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// The server, with the backend at `backend` and `settings` in its environment.
    pub fn server(address: SocketAddr, backend: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iter8-analytics"));
        command.args(["serve", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.env("ITER8_ANALYTICS_METRICS_BACKEND_URL", backend).env("ITER8_ANALYTICS_LOG_LEVEL", "error");
        command.envs(settings.iter().copied());
        Self::start(command, address)
    }

    /// A Redis that writes each change to the disk before it answers.
    pub fn redis(address: SocketAddr, folder: &Path) -> Self {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(folder);
        let process = Self::start(command, address);
        let until = Instant::now() + Duration::from_secs(60);
        // It listens before it has read its file.
        while !is_loaded(address) {
            assert!(Instant::now() < until, "Redis at {address} does not come to an end with its file");
            sleep(Duration::from_millis(10));
        }
        process
    }

    fn start(mut command: Command, address: SocketAddr) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Self { child: command.spawn().expect("a process"), address };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "nobody listens at {address}");
            sleep(Duration::from_millis(10));
        }
        process
    }
}

impl Process {
    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether the Redis at `address` answers as one that is well.
fn is_loaded(address: SocketAddr) -> bool {
    let mut reply = [0; 5];
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut reply)
    });
    asked.is_ok() && reply == *b"+PONG"
}

/// An address where nobody listens.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// A new folder.
pub fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("store-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).expect("a folder");
    path
}
