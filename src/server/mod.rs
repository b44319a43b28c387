//! The HTTP host: v1.0.0's endpoints over the engine, with Prometheus behind.

pub mod config;
pub mod demo;
pub mod prometheus;
mod secret;

pub use secret::{Secret, masked};

use std::fmt;
use std::future::Future;

use config::Config;
use tokio::net::TcpListener;

/// What a caller chooses beside the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerOptions {
    /// Mount the built-in world at `/demo`, and ask it where nobody named a backend.
    pub demo: bool,
}

/// Why the server did not start, or stopped before it was asked to.
#[derive(Debug)]
pub struct ServeError(String);

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ServeError {}

/// Serves until SIGTERM or SIGINT, then finishes what is under way. Blocks; makes its own runtime.
///
/// # Errors
/// The address cannot be listened on, or the system gives no threads.
pub fn serve(config: Config, options: ServerOptions) -> Result<(), ServeError> {
    let _ = (config, options);
    Err(ServeError("skeleton".into()))
}

/// Serves on `listener` until `shutdown` completes, then finishes what is under way.
///
/// # Errors
/// The backend's client cannot be set up.
pub async fn run(
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    config: Config,
    options: ServerOptions,
) -> Result<(), ServeError> {
    let _ = (listener, config, options);
    shutdown.await;
    Ok(())
}
