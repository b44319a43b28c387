//! `check-config`: flags, environment and config file become the configuration that a server would have, as text.
//!
//! Defaults are filled in and secrets masked. The files that it names are tried, as a server would at its start; nothing is
//! asked of a backend or a store. What a server goes on without is a warning: the machine that checks may be another.
//!
//! Not here: what the settings mean.

use super::args::ConfigFlags;
use super::output::{Output, write_error};
use super::{Failure, serve};
use crate::server;

pub(super) fn run(flags: &ConfigFlags) -> Result<Output, Failure> {
    let (config, warnings) = serve::load(flags)?;
    for warning in warnings.into_iter().chain(config.missing_places()) {
        write_error(&format!("warning: {warning}"));
    }
    server::check(&config).map_err(|error| Failure::Cannot(error.to_string()))?;
    // Writing to memory fails only for maps whose keys are no text.
    let text = serde_json::to_string_pretty(&config.shown()).unwrap_or_default();
    Ok(Output::Plain(format!("{text}\n")))
}
