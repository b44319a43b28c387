//! A listener becomes connections, and each connection requests for the router.
//!
//! hyper by hand instead of `axum::serve`, which knows no limits: a client that sends half a head, or nothing, or never reads
//! its reply, is dropped after a while; one connection more than may be open is told so and closed. Where TLS is spoken its
//! handshake runs apart, so that a slow one keeps nobody waiting. A shutdown closes idle connections at once, lets the
//! others finish their request, and waits for them within bounds.
//!
//! Not here: bodies that dawdle (`body`), and what is answered (`routes`).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::config::Limits;
use super::patient::Patient;
use super::watched::Watched;

/// How connections are taken in.
pub(super) struct Terms {
    pub limits: Limits,
    /// What makes them private; `None`: they are not.
    pub tls: Option<Arc<Watched<TlsAcceptor>>>,
    /// Longest wait at the end for what is under way.
    pub drain: Duration,
}

/// Serves the connections of `listener` with `router` until `shutdown` completes, then what is under way.
pub(super) async fn accept(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>, terms: Terms) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(terms.limits.connections_max));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // Small replies go out at once. Fails only if the peer has gone.
                let _ = stream.set_nodelay(true);
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    turn_away(stream, terms.tls.is_some());
                    continue;
                };
                let guest =
                    Guest { router: router.clone(), watcher: graceful.watcher(), limits: terms.limits, _place: place };
                match &terms.tls {
                    None => drop(tokio::spawn(guest.serve(stream))),
                    Some(tls) => drop(tokio::spawn(guest.serve_privately(stream, Arc::clone(tls)))),
                }
            }
            Err(error) => {
                // Out of file descriptors most likely: asking again at once would only burn time.
                tracing::warn!("cannot accept a connection: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // New connections are refused from here on, so that a load balancer goes elsewhere.
    drop(listener);
    let left = graceful.count();
    if timeout(terms.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = left, "some connections did not finish in time");
    }
}

/// What one connection needs.
struct Guest {
    router: Router,
    watcher: Watcher,
    limits: Limits,
    _place: OwnedSemaphorePermit,
}

impl Guest {
    async fn serve_privately(self, stream: TcpStream, tls: Arc<Watched<TlsAcceptor>>) {
        match timeout(HANDSHAKE_TIMEOUT, async { tls.current().await.accept(stream).await }).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_timeout)
            .max_buf_size(HEAD_LENGTH_MAX)
            // Some clients close their side once they have asked.
            .half_close(true)
            .serve_connection(
                TokioIo::new(Patient::new(stream, self.limits.body_timeout)),
                TowerToHyperService::new(self.router),
            );
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!("a connection ended early: {error}");
        }
    }
}

/// Tells who comes on `stream` to come back later, as far as that can be told without a handshake.
fn turn_away(mut stream: TcpStream, is_private: bool) {
    if is_private {
        return;
    }
    tokio::spawn(async move {
        let _ = timeout(TURN_AWAY_TIMEOUT, async {
            stream.write_all(TURNED_AWAY).await?;
            stream.shutdown().await?;
            // What the client sends must be read before the end, or it would lose the reply over the reset that follows.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
        })
        .await;
    });
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest time for a TLS handshake: several times that of a phone in a tunnel.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest head of a request, and the most that is read of a body at once; a longer head is 431.
const HEAD_LENGTH_MAX: usize = 64 << 10;
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(1);
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n\
    content-type: application/json\r\ncontent-length: 46\r\n\r\n{\"detail\":\"too many connections are open now\"}";
