//! `trend`: files of finished experiments become a table of their winners, or gauges as iter8-trend had them.
//!
//! Experiment resources, lists of them, and assessments; a folder stands for the files of YAML and JSON in it. With
//! `--prometheus` what the winner used is asked for too. Of one experiment in several files the last counts. A file that tells
//! of nothing is named on standard error; if there is no experiment at all, the files are the wrong ones: exit code 2.
//!
//! Not here: what counts as finished, names and labels of gauges (`trend`).

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use super::args::{Trend, TrendFormat};
use super::assess::Asked;
use super::numbers::number;
use super::output::{Output, write_error};
use super::table::{Cell, render};
use super::{Failure, read};
use crate::server::documents::is_named_so;
use crate::trend::{Finished, Held, collect, exposition, held};

pub(super) fn run(arguments: &Trend) -> Result<Output, Failure> {
    let mut all: Vec<Finished> = Vec::new();
    let mut most = Held::Nothing;
    for path in files(&arguments.files)? {
        let (_, documents) = read::read_all(&path)?;
        let held = documents.iter().map(held).max().unwrap_or(Held::Nothing);
        most = most.max(held);
        match held {
            Held::Nothing => {
                write_error(&format!("warning: {}: no experiment and no assessment in it", path.display()))
            }
            Held::Unfinished => {
                write_error(&format!("warning: {}: no candidate has won an experiment in it", path.display()));
            }
            Held::Finished => {}
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for document in &documents {
            collect(document, &name, &mut all);
        }
    }
    if most == Held::Nothing {
        let names: Vec<String> = arguments.files.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::Wrong(format!("{}: nothing to tell of: no experiment at all", names.join(", "))));
    }
    all.sort_by(|one, other| one.label("time").cmp(other.label("time")));
    if let Some(url) = &arguments.prometheus {
        let asked = Asked::new(url)?;
        for finished in &mut all {
            let answers = asked.answers(&finished.queries());
            if let Some(why) = answers.iter().find_map(crate::server::prometheus::refusal) {
                write_error(&format!("warning: {}: {why}", finished.label("name")));
            }
            finished.take(&answers);
        }
    }
    let is_terminal = std::io::stdout().is_terminal();
    match arguments.format.unwrap_or(if is_terminal { TrendFormat::Text } else { TrendFormat::Prometheus }) {
        TrendFormat::Text if all.is_empty() => {
            Ok(Output::Plain("no experiment has ended with a candidate as winner\n".to_owned()))
        }
        TrendFormat::Text => Ok(Output::Styled(table(&all))),
        TrendFormat::Prometheus => Ok(Output::Plain(exposition(all.iter()))),
    }
}

/// The files that `paths` name, those of a folder by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries =
            std::fs::read_dir(path).map_err(|error| Failure::Wrong(format!("{}: {error}", path.display())))?;
        let mut inside: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file() && is_named_so(path)).collect();
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn table(all: &[Finished]) -> String {
    let metrics: BTreeSet<&String> = all.iter().flat_map(|finished| finished.values.keys()).collect();
    let mut head: Vec<Cell> = ["ended", "experiment", "service", "winner"].into_iter().map(Cell::title).collect();
    head.extend(metrics.iter().map(|metric| Cell::title_number(metric)));
    let mut rows = vec![head];
    for finished in all {
        let name = format!("{}/{}", finished.label("namespace"), finished.label("name"));
        let texts = [finished.label("time"), &name, finished.label("service_name"), finished.label("winner")];
        let mut row: Vec<Cell> = texts.into_iter().map(Cell::text).collect();
        row.extend(metrics.iter().map(|metric| Cell::number(&number(finished.values.get(*metric).copied()))));
        rows.push(row);
    }
    render(&rows)
}
