//! `check`: an experiment becomes one line that says what it compares, or every fault.
//!
//! It is checked as the server would check it, observations and all.
//!
//! Not here: the checks themselves.

use super::args::Check;
use super::output::Output;
use super::table::printable;
use super::{Failure, read, settings};
use crate::{Experiment, MetricData};

pub(super) fn run(arguments: &Check) -> Result<Output, Failure> {
    let value = read::read(&arguments.experiment)?;
    let experiment = Experiment::parse(&value, MetricData::Fetched, &settings()?)?;
    if experiment.has_observations() {
        experiment.own_observations()?;
    }
    Ok(Output::Plain(format!("{}: fine\n", printable(experiment.label()))))
}
