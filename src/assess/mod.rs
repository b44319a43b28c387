//! Checked experiment + observations -> findings.
//!
//! Picks the statistics that the call, the experiment or the host asks for. Pure: no clock, no entropy, no I/O; the
//! same input gives the same bytes. Nothing in here fails: what is unknown stays unknown and is noted.

mod belief;
mod compare;
mod criterion;
mod diagnostics;
pub(crate) mod evidence;
mod feasibility;
mod field;
pub(crate) mod findings;
mod fit;
mod history;
mod increment;
pub(crate) mod monitor;
mod need;
pub(crate) mod notes;
mod process;
mod quantile;
mod race;
mod reach;
mod reason;
mod rollback;
mod sequential;
mod traffic;
mod v1;
mod winner;

use crate::experiment::{Experiment, Options};
use crate::stats::rng;
use crate::wire::assessment::Method;
use crate::wire::observations::Observations;
use crate::wire::request::{SEED_MAX, Seed};
use findings::Findings;

/// What is found of `experiment` as of `options.now`.
pub(crate) fn assess(experiment: &Experiment, observations: &Observations, options: &Options) -> Findings {
    match options.method.unwrap_or(experiment.method) {
        Method::Sequential => sequential::assess(experiment, observations, options),
        Method::V1 => v1::assess(experiment, observations, options),
    }
}

/// Where the draws of a call start: what the call or the experiment says, else a hash of the experiment's name (or
/// service), start and iteration, so that the same request gets the same draws and the next iteration others.
pub(crate) fn seed(experiment: &Experiment, options: &Options) -> u64 {
    match options.seed.or(experiment.seed) {
        Some(Seed::Number(seed)) => seed,
        Some(Seed::Random) => options.entropy & SEED_MAX,
        None => rng::seed_from(&[
            experiment.label().as_bytes(),
            &experiment.start_time.unix_micros().to_le_bytes(),
            &experiment.iteration_number.unwrap_or(0).to_le_bytes(),
        ]),
    }
}
