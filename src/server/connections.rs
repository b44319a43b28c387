//! A listener becomes connections, and each connection requests for the router.
//!
//! hyper by hand instead of `axum::serve`, which knows no time limit: a client that sends half a head, or nothing,
//! is dropped after a while. A shutdown closes idle connections at once, lets the others finish their request, and
//! waits for them within bounds.
//!
//! Not here: bodies that dawdle (`body`), and what is answered (`routes`).

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Serves the connections of `listener` with `router` until `shutdown` completes, then for at most `drain` what is
/// under way.
pub(super) async fn accept(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>, drain: Duration) {
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => serve(stream, router.clone(), &graceful),
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
    if timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = left, "some connections did not finish in time");
    }
}

fn serve(stream: TcpStream, router: Router, graceful: &GracefulShutdown) {
    // Small replies go out at once. Fails only if the peer has gone.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // Some clients close their side once they have asked.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection ended early: {error}");
        }
    });
}

/// Longest wait for a request's head, and so for the next request on an idle connection. No usual interval between
/// iterations (20, 30, 60 s): a client that asks just when we hang up gets an error.
const HEAD_TIMEOUT: Duration = Duration::from_secs(45);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
