//! `serve`: arguments become the server's configuration, and the server runs until it is told to stop.
//!
//! Not here: the server, and what the environment and the config file may say.

use super::Failure;
use super::args::Serve;
use super::output::Output;
use crate::server::config::{Config, Overrides};
use crate::server::{self, ServerOptions};

pub(super) fn run(arguments: &Serve) -> Result<Output, Failure> {
    let overrides =
        Overrides { config_file: arguments.config.clone(), host: arguments.host.clone(), port: arguments.port };
    let (config, warnings) = Config::load(overrides).map_err(|error| Failure::Wrong(error.to_string()))?;
    let options = ServerOptions { demo: arguments.demo, warnings, on_ready: None };
    server::serve(config, options).map_err(|error| Failure::Cannot(error.to_string()))?;
    Ok(Output::Plain(String::new()))
}
