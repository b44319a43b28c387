//! An upstream with bad manners: it hangs, hangs up, stalls or breaks off.
//!
//! Each connection serves one request, so that connections are attempts.
//!
//! Not here: who asks, and what is counted for it (`upstreams`, `clients`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How an upstream treats a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// Closes every other connection without a word.
    Refuses,
    /// Closes every other connection without a word, and never answers on those between.
    Wavers,
    /// Never answers.
    Hangs,
    /// Closes the connection in the middle of its response.
    Breaks,
    /// Never ends its response.
    Stalls,
    /// Never ends its response, which says that it failed.
    Fails,
}

/// Such an upstream on a port of its own.
pub struct Upstream {
    pub port: u16,
    attempts: Arc<AtomicU64>,
}

impl Upstream {
    /// One that serves as long as the runtime lives.
    pub async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let attempts = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&attempts);
        tokio::spawn(async move {
            for place in 0_usize.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, manner, place % 2 == 0, Arc::clone(&counter)));
            }
        });
        Self { port, attempts }
    }

    /// Waits until so many requests have come, each retry for itself.
    pub async fn wait_for(&self, attempts: u64) {
        let come = async {
            while self.attempts.load(Ordering::Relaxed) != attempts {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), come).await.unwrap();
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, is_even: bool, attempts: Arc<AtomicU64>) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    attempts.fetch_add(1, Ordering::Relaxed);
    let (status, length) = match manner {
        Manner::Refuses | Manner::Wavers if is_even => return,
        Manner::Hangs | Manner::Wavers => return tokio::time::sleep(FOR_EVER).await,
        Manner::Refuses => ("200 OK", 4),
        Manner::Breaks | Manner::Stalls => ("200 OK", 400),
        Manner::Fails => ("503 Service Unavailable", 400),
    };
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), PART].concat()).await;
    if matches!(manner, Manner::Stalls | Manner::Fails) {
        tokio::time::sleep(FOR_EVER).await;
    }
}

/// What comes of a body, be it all of it or not.
pub const PART: &[u8] = b"part";
/// Longer than any test waits.
const FOR_EVER: Duration = Duration::from_secs(600);
