//! The command line: arguments become files read, the engine called, words written and an exit code.
//!
//! One file a command. Every command is a function from its arguments to what goes to standard output, or a
//! `Failure`; `run` alone writes and picks the exit code: 0 fine, 1 cannot, 2 wrong input.
//!
//! Not here: statistics, checks of an experiment (the engine's, in the same words as over HTTP), the server.
#![expect(clippy::disallowed_methods, reason = "a host has a clock; the engine below gets its time as an argument")]

mod args;
mod assess;
mod check;
mod check_config;
mod criteria;
mod doubts;
mod evidence;
mod known;
mod located;
mod numbers;
mod output;
mod queries;
mod read;
mod serve;
mod simulate;
mod subjects;
mod table;
mod text;
mod trend;
mod watch;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

use crate::server::config::Config;
use crate::{Error, Instant, Settings};
use args::{Arguments, Command};

/// Runs the command that this process' arguments name; the exit code says how it went.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => serve::run(&arguments.serve),
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Assess(assess)) => assess::run(&assess),
        Some(Command::Queries(queries)) => queries::run(&queries),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::CheckConfig(flags)) => check_config::run(&flags),
        Some(Command::Simulate(simulate)) => simulate::run(&simulate),
        Some(Command::Trend(trend)) => trend::run(&trend),
    };
    match done.and_then(|output| output.write()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::write_error(failure.message());
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// The input is wrong; a line for each fault. Exit code 2, as for wrong arguments.
    Wrong(String),
    /// The input may be right, but something that was needed did not work. Exit code 1.
    Cannot(String),
}

impl Failure {
    fn message(&self) -> &str {
        match self {
            Self::Wrong(message) | Self::Cannot(message) => message,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Cannot(_) => 1,
            Self::Wrong(_) => 2,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// The defaults for what an experiment does not say, by the environment; says on standard error what is odd there.
fn settings() -> Result<Settings, Failure> {
    let (settings, warnings) = Config::load_assessment().map_err(|error| Failure::Wrong(error.to_string()))?;
    for warning in warnings {
        output::write_error(&format!("warning: {warning}"));
    }
    Ok(settings)
}

/// This moment; the Unix epoch on a machine whose clock stands before it.
fn clock() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_unix_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
