//! Measured sections -> `docs/calibration.md` and its plots.
//!
//! Not here: measuring.

use std::fs;
use std::path::PathBuf;

use super::run::Section;
use super::svg;

pub fn write(sections: &[Section], looks: &[(&'static str, Vec<f64>)]) {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let plots = docs.join("calibration");
    fs::create_dir_all(&plots).unwrap();
    fs::write(plots.join("false-winners.svg"), svg::curves("Experiments with a false winner, by look", looks)).unwrap();
    let bars = |title: &str| sections.iter().find(|section| section.title == title).map(bars_of).unwrap_or_default();
    fs::write(plots.join("coverage.svg"), svg::bars("Coverage of 95 % credible intervals", &bars("Coverage"), 1.0))
        .unwrap();
    let times = bars("Time to decide");
    let most = times.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    fs::write(plots.join("time-to-decide.svg"), svg::bars("Median intervals until the verdict", &times, most)).unwrap();
    let tables: Vec<String> = sections.iter().map(table).collect();
    fs::write(docs.join("calibration.md"), format!("{OPENING}\n{}\n{PLOTS}", tables.join("\n"))).unwrap();
}

fn bars_of(section: &Section) -> Vec<(String, f64)> {
    section.rows.iter().filter_map(|row| Some((row.name.clone(), *row.numbers.first()?))).collect()
}

fn table(section: &Section) -> String {
    let mut lines = vec![format!("## {}\n\n{}\n", section.title, section.text)];
    lines.push(format!("| scenario | {} |", section.heading.join(" | ")));
    lines.push(format!("|---|{}", "---|".repeat(section.heading.len())));
    for row in &section.rows {
        let mark = if row.holds { "" } else { " (not as claimed)" };
        lines.push(format!("| {}{mark} | {} |", row.name, row.cells.join(" | ")));
    }
    lines.join("\n") + "\n"
}

const OPENING: &str = "\
# What the sequential method was measured to hold

Written by `make calibration`, not by hand. Every row is a simulated world (`iter8-analytics simulate` runs the ready ones);
a rate is the share of runs in which something *ever* happened, at any look. A row holds if its rate is at most what is
claimed and three standard deviations of that.
";

const PLOTS: &str = "\
## Plots

Two identical versions with a reward, half of the traffic each: experiments in which a winner was named by a look.

![False winners by look](calibration/false-winners.svg)

![Coverage](calibration/coverage.svg)

![Time to decide](calibration/time-to-decide.svg)
";
