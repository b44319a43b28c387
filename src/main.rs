//! The command `iter8-analytics`: its arguments and its exit code.
//!
//! Everything is in `iter8_analytics::cli`, where it can be tested. Not here: any of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    iter8_analytics::cli::run()
}
