//! `queries`: an experiment becomes what would be asked of Prometheus, as indented JSON.
//!
//! Not here: sending it.

use super::args::Queries;
use super::output::Output;
use super::{Failure, clock, read, settings};
use crate::{Experiment, MetricData, Options};

pub(super) fn run(arguments: &Queries) -> Result<Output, Failure> {
    let value = read::read(&arguments.experiment)?;
    let settings = settings()?;
    let experiment = Experiment::parse(&value, MetricData::Fetched, &settings)?;
    let now = arguments.now.or_else(|| experiment.now()).unwrap_or_else(clock);
    let queries = serde_json::to_string_pretty(&experiment.queries(&Options { settings, ..Options::new(now) }, &[])?);
    queries.map(|text| Output::Plain(text + "\n")).map_err(|error| Failure::Cannot(error.to_string()))
}
