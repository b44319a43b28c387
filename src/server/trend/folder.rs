//! A folder becomes the finished experiments that its files tell of, each time it is looked at.
//!
//! Files of YAML and JSON by their names, not those of folders inside; a file is read again once its time or length has
//! changed. One that cannot be read, or is half written, leaves what it told before, with one warning. Of an experiment in
//! several files the last by name counts.
//!
//! Not here: what a document tells.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::EXPERIMENTS_MAX;
use crate::server::documents;
use crate::trend::{Finished, collect};

/// A folder that is watched.
pub(super) struct Folder {
    path: PathBuf,
    files: BTreeMap<PathBuf, File>,
    /// Why it could not be listed when it was last looked at.
    trouble: Option<String>,
}

struct File {
    version: Option<(SystemTime, u64)>,
    told: Vec<Finished>,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self { path, files: BTreeMap::new(), trouble: None }
    }

    /// What the files tell now, in the order of their ends.
    pub fn look(&mut self) -> Vec<Finished> {
        match list(&self.path) {
            Ok(found) => {
                self.trouble = None;
                self.take(found);
            }
            Err(why) => {
                if self.trouble.as_ref() != Some(&why) {
                    tracing::warn!(folder = %self.path.display(), why, "the folder of finished experiments is of no use");
                }
                self.trouble = Some(why);
            }
        }
        let told = self.files.values().flat_map(|file| &file.told);
        let last: BTreeMap<_, &Finished> = told.map(|one| ((one.label("namespace"), one.label("name")), one)).collect();
        let mut all: Vec<Finished> = last.into_values().cloned().collect();
        all.sort_by(|one, other| one.label("time").cmp(other.label("time")));
        // The newest count.
        all.drain(..all.len().saturating_sub(EXPERIMENTS_MAX));
        all
    }

    fn take(&mut self, found: BTreeMap<PathBuf, Option<(SystemTime, u64)>>) {
        self.files.retain(|path, _| found.contains_key(path));
        for (path, version) in found {
            let file = self.files.entry(path.clone()).or_insert(File { version: None, told: Vec::new() });
            if version.is_some() && file.version == version {
                continue;
            }
            file.version = version;
            match read(&path) {
                Ok(told) => file.told = told,
                Err(why) => {
                    tracing::warn!(file = %path.display(), why, "passed over; what it told before stays");
                }
            }
        }
    }
}

/// The files of `folder` that may hold documents, each with the time of its last change and its length.
fn list(folder: &Path) -> Result<BTreeMap<PathBuf, Option<(SystemTime, u64)>>, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let files = entries.flatten().map(|entry| entry.path()).filter(|path| documents::is_named_so(path));
    let versioned = files.filter_map(|path| {
        let about = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let version = about.modified().ok().map(|time| (time, about.len()));
        Some((path, version))
    });
    Ok(versioned.take(FILES_MAX).collect())
}

fn read(path: &Path) -> Result<Vec<Finished>, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LENGTH_MAX {
        return Err(format!("it is longer than {} MiB", LENGTH_MAX >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut told = Vec::new();
    for document in documents::parse_all(path, &bytes)? {
        collect(&document, &name, &mut told);
    }
    Ok(told)
}

/// Files that are read of one folder.
const FILES_MAX: usize = 10_000;
/// Longest file that is read: thousands of resources.
const LENGTH_MAX: u64 = 16 << 20;
