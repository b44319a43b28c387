//! The HTTP host: v1.0.0's endpoints over the engine, with a Prometheus behind.
//!
//! [`serve`] is a whole server process: log, runtime, signals. [`run`] is the server alone, on a listener and until
//! a future of the caller's choice completes (as in tokio's mini-redis), so that tests start as many as they like.
//!
//! Not here: what an assessment is (the engine). A request leaves nothing behind but numbers for `/metrics`, unless the
//! configuration names a place to remember in (`store`).

#![expect(clippy::disallowed_methods, reason = "a host has a clock, an environment and entropy; the engine has none")]

mod body;
pub mod config;
mod connections;
pub mod demo;
pub(crate) mod documents;
mod exchange;
mod gate;
mod log;
mod metrics;
pub(crate) mod near;
mod openapi;
mod page;
mod patient;
pub mod prometheus;
mod recollection;
mod reply;
mod retry;
mod routes;
mod secret;
mod store;
mod tls;
mod trace;
mod trend;
mod watched;
pub(crate) mod yaml;

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::assessment::Assessment;
use config::{Config, Warning};
use prometheus::Client;

/// What a caller chooses beside the configuration.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Mount the built-in world at `/demo` and ask it, unless somebody named a backend.
    pub demo: bool,
    /// Oddities of the configuration, to be logged at the start.
    pub warnings: Vec<Warning>,
    /// Called once the server listens, with its address.
    pub on_ready: Option<fn(SocketAddr)>,
}

/// Why the server did not start: one line, without secrets.
#[derive(Debug)]
pub struct ServeError(String);

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServeError {}

/// Sees every assessment that is given: the experiment and what was said about it.
type Follow = Arc<dyn Fn(&Value, &Assessment) + Send + Sync>;

/// Serves until SIGTERM or SIGINT, then finishes what is under way. Blocks; makes its own runtime.
///
/// # Errors
/// The address cannot be listened on, TLS cannot be set up, or the system gives no threads.
pub fn serve(config: Config, options: ServerOptions) -> Result<(), ServeError> {
    log::init(config.log_level, config.log_format);
    let workers = available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(BLOCKING_THREAD_IDLE)
        .enable_all()
        .build()
        .map_err(|error| ServeError(format!("no threads to serve with: {error}")))?;
    let outcome = runtime.block_on(async {
        let address = SocketAddr::new(config.host, config.port);
        // Before anybody can connect: a signal that comes early must not be lost.
        let signal = stop_signal()?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| ServeError(format!("cannot listen on {address}: {error}")))?;
        run(listener, signal, config, options).await
    });
    // A name look-up that hangs must not hold up the end of the process.
    runtime.shutdown_background();
    outcome
}

/// Serves on `listener` until `shutdown` completes, then finishes what is under way.
///
/// # Errors
/// A file of certificates or a token cannot be used; the listener has no address.
pub async fn run(
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    mut config: Config,
    options: ServerOptions,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(|error| ServeError(format!("no address to listen on: {error}")))?;
    for warning in &options.warnings {
        tracing::warn!("configuration: {warning}");
    }
    let world = (options.demo && !config.backend.is_url_given).then(demo::open);
    if world.is_some() {
        if config.inbound.tls.is_some() {
            return Err(ServeError(
                "--demo: the built-in world is asked over plain HTTP; not with `server.tls`".to_owned(),
            ));
        }
        config.backend.url = demo_url(address)?;
    }
    let trend = config.trends.is_enabled.then(trend::Trend::default);
    let follow = follow(world.clone(), trend.clone());
    let Parts { client, gate, tls } = Parts::new(&config)?;
    // Ends with this function.
    let mut background = JoinSet::new();
    if let Some(trend) = trend.clone() {
        background.spawn(trend.watch(config.trends.clone(), client.clone()));
    }
    let inbound = &config.inbound;
    let terms =
        connections::Terms { limits: inbound.limits, tls, drain: config.backend.patience.deadline + DRAIN_MARGIN };
    let demo = world.is_some();
    let store = store::Store::new(&config.memory);
    let metrics = Arc::new(metrics::Metrics::new(trend));
    let memory = body::BodyMemory::new(&inbound.limits);
    let exchange = exchange::Exchange::new(client, memory, config.assessment, store, follow, Arc::clone(&metrics));
    let is_ready = Arc::new(AtomicBool::new(true));
    let router = routes::router(exchange, gate, &inbound.cors_origins, metrics, Arc::clone(&is_ready), world);
    let linger = inbound.linger;
    let shutdown = async move {
        shutdown.await;
        is_ready.store(false, Ordering::Relaxed);
        sleep(linger).await;
    };
    tracing::info!(
        version = crate::version(),
        address = %address,
        backend = %config.backend.url,
        tls = terms.tls.is_some(),
        demo,
        paths = routes::PATHS,
        "ready"
    );
    if let Some(on_ready) = options.on_ready {
        on_ready(address);
    }
    connections::accept(listener, router, shutdown, terms).await;
    tracing::info!("stopped");
    Ok(())
}

/// Whoever sees the assessments; `None`: nobody.
fn follow(world: Option<Arc<demo::World>>, trend: Option<trend::Trend>) -> Option<Follow> {
    if world.is_none() && trend.is_none() {
        return None;
    }
    Some(Arc::new(move |experiment, assessment| {
        if let Some(world) = &world {
            world.follow(experiment, assessment, demo::clock());
        }
        if let Some(trend) = &trend {
            trend.follow(experiment, assessment);
        }
    }))
}

/// Whether a server could be made of `config`: whether the certificates, keys and tokens that it names are there and of use.
///
/// # Errors
/// What `run` would say.
pub fn check(config: &Config) -> Result<(), ServeError> {
    Parts::new(config).map(drop)
}

/// What is made of files that the configuration names.
struct Parts {
    client: Client,
    gate: gate::Gate,
    tls: Option<Arc<watched::Watched<TlsAcceptor>>>,
}

impl Parts {
    fn new(config: &Config) -> Result<Self, ServeError> {
        let inbound = &config.inbound;
        let of = |section: &'static str| move |why: String| ServeError(format!("{section}: {why}"));
        Ok(Self {
            tls: inbound.tls.as_ref().map(tls::acceptor).transpose().map_err(of("server.tls"))?,
            gate: gate::Gate::new(&inbound.auth, inbound.limits.requests_max).map_err(of("server.auth"))?,
            client: Client::new(&config.backend).map_err(|error| ServeError(error.to_string()))?,
        })
    }
}

/// Where the built-in world answers when the server listens on `address`.
fn demo_url(address: SocketAddr) -> Result<config::BackendUrl, ServeError> {
    let reachable = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let reachable = SocketAddr::new(reachable, address.port());
    config::BackendUrl::parse(&format!("http://{reachable}/demo")).map_err(ServeError)
}

/// The address of a server that listens on `address`, as a person on the same machine would write it.
pub fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() || address.ip().is_loopback() {
        return format!("http://localhost:{}", address.port());
    }
    format!("http://{address}")
}

#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| ServeError(format!("cannot listen for signals: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: finishing what is under way"),
            _ = interrupt.recv() => tracing::info!("SIGINT: finishing what is under way"),
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    Ok(async {
        // If it cannot be listened for, the process ends the hard way, and there is nothing to finish it for.
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// More threads would wait for the same few sockets.
const WORKERS_MAX: usize = 4;
/// Threads for the engine and for name look-ups; how many compute at once is decided in `exchange`.
const BLOCKING_THREADS_MAX: usize = 32;
const BLOCKING_THREAD_IDLE: Duration = Duration::from_secs(5);
/// What a request may take at the end beyond the backend's deadline.
const DRAIN_MARGIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_asked_where_it_can_be_reached() {
        let url = |address: &str| {
            let address = address.parse().ok()?;
            demo_url(address).ok().map(|url| url.to_string())
        };
        assert_eq!(url("0.0.0.0:8080").as_deref(), Some("http://127.0.0.1:8080/demo"));
        assert_eq!(url("[::]:81").as_deref(), Some("http://[::1]:81/demo"));
        assert_eq!(url("10.0.0.7:8080").as_deref(), Some("http://10.0.0.7:8080/demo"));
    }

    #[test]
    fn a_person_reads_localhost_where_that_leads_here() {
        let url = |address: &str| address.parse().ok().map(base_url);
        assert_eq!(url("0.0.0.0:8080").as_deref(), Some("http://localhost:8080"));
        assert_eq!(url("127.0.0.1:81").as_deref(), Some("http://localhost:81"));
        assert_eq!(url("[fd00::7]:81").as_deref(), Some("http://[fd00::7]:81"));
    }
}
