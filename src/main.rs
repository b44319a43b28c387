//! The command `iter8-analytics`: its arguments and its exit code.
//!
//! Everything is in `iter8_analytics::cli`, where it can be tested. Not here: any of it.

use std::process::ExitCode;

/// A server lives for months, and the system's allocator keeps what its largest requests took: after eighteen bodies of
/// 14 MiB it held 760 MiB, this one 45. Nobody pays for it while idle but 7 MiB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    iter8_analytics::cli::run()
}
