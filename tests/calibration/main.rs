//! What the sequential method promises is measured in simulated worlds: error rates at every look, coverage, time to decide.
//!
//! One test, ignored by default and run by `make calibration`: it prints its progress, seeds, sizes and alpha, writes
//! `docs/calibration.md` and its plots, and fails if a rate is above what is claimed by more than three standard deviations.
//! `CALIBRATION=text` runs the scenarios whose name has the text, and writes nothing.
//!
//! Not here: the worlds' laws (`simulate`), the engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what it misses by failing, and its progress tells the time"
)]

mod coverage;
mod errors;
mod report;
mod run;
mod speed;
mod svg;
mod tutorials;

use std::time::Instant;

#[test]
#[ignore = "takes minutes: make calibration"]
fn the_engine_errs_no_more_often_and_decides_no_later_than_it_says() {
    let start = Instant::now();
    let wanted = std::env::var("CALIBRATION").unwrap_or_default();
    let mut sections = vec![errors::section(&wanted), speed::section(&wanted)];
    sections.push(tutorials::section(&wanted));
    sections.push(coverage::section(&wanted));
    let looks = errors::looks(&wanted);
    eprintln!("{:.0} s", start.elapsed().as_secs_f64());
    if wanted.is_empty() {
        report::write(&sections, &looks);
    }
    let broken: Vec<&str> = sections
        .iter()
        .flat_map(|section| &section.rows)
        .filter(|row| !row.holds)
        .map(|row| row.name.as_str())
        .collect();
    assert!(broken.is_empty(), "not as claimed:\n  {}", broken.join("\n  "));
}
