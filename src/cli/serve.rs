//! `serve`: arguments become the server's configuration, and the server runs until it is told to stop.
//!
//! Not here: the server, and what the environment and the config file may say.

use std::net::SocketAddr;

use super::Failure;
use super::args::{ConfigFlags, Serve};
use super::output::Output;
use crate::server::config::{Config, Overrides, Warning};
use crate::server::{self, ServerOptions, demo};

pub(super) fn run(arguments: &Serve) -> Result<Output, Failure> {
    let (config, warnings) = load(&arguments.config)?;
    let is_demo_asked = arguments.demo && !config.backend.is_url_given;
    let on_ready = is_demo_asked.then_some(say_how_to_see_the_demo as fn(SocketAddr));
    let options = ServerOptions { demo: arguments.demo, warnings, on_ready };
    server::serve(config, options).map_err(|error| Failure::Cannot(error.to_string()))?;
    Ok(Output::Plain(String::new()))
}

/// The server's configuration by flags, environment and config file.
pub(super) fn load(flags: &ConfigFlags) -> Result<(Config, Vec<Warning>), Failure> {
    let overrides = Overrides { config_file: flags.config_file.clone(), host: flags.host.clone(), port: flags.port };
    Config::load(overrides).map_err(|error| Failure::Wrong(error.to_string()))
}

fn say_how_to_see_the_demo(address: SocketAddr) {
    anstream::eprintln!("{}", demo::banner(&server::base_url(address)));
}
