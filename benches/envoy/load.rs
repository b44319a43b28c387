//! A server that answers everything alike, and visitors that ask it through a proxy, one request after the other each.
//!
//! Both are as cheap as they can be, since they share the machine with the proxy that is measured.
//!
//! Not here: what is measured (`main`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Serves on a free port, as long as the runtime lives.
pub async fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    port
}

/// Requests come without a body: each ends where its headers do.
async fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let (mut bytes, mut length) = ([0; 4096], 0);
    loop {
        match stream.read(&mut bytes[length..]).await {
            Ok(read) if read > 0 => length += read,
            _ => return,
        }
        if bytes[..length].ends_with(b"\r\n\r\n") {
            length = 0;
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

/// Connections that stay open.
pub struct Visitors(Vec<TcpStream>);

impl Visitors {
    pub async fn arrive(port: u16) -> Self {
        let mut streams = Vec::new();
        for _ in 0..VISITORS {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push(stream);
        }
        Self(streams)
    }

    /// Asks so many times in all, each visitor as soon as it has its last answer; gives the time that this took.
    pub async fn ask(&mut self, times: u32) -> Duration {
        let began = Instant::now();
        let left = Arc::new(AtomicU32::new(times));
        let mut visits = JoinSet::new();
        for stream in self.0.drain(..) {
            visits.spawn(visit(stream, Arc::clone(&left)));
        }
        self.0 = visits.join_all().await;
        began.elapsed()
    }
}

async fn visit(mut stream: TcpStream, left: Arc<AtomicU32>) -> TcpStream {
    let mut bytes = [0; 4096];
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        stream.write_all(REQUEST).await.unwrap();
        let mut length = 0;
        // The body is shorter than any header, and says where an answer ends.
        while !bytes[..length].ends_with(BODY) {
            let read = stream.read(&mut bytes[length..]).await.unwrap();
            assert!(read > 0, "the proxy hung up");
            length += read;
        }
        assert!(bytes.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&bytes[..length]));
    }
    stream
}

const VISITORS: usize = 16;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: shop\r\nuser-agent: bench\r\naccept: */*\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n\r\ncome again\n";
const BODY: &[u8] = b"come again\n";
