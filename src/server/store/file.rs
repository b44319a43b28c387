//! Records in one file: redb, a B-tree whose every commit is on the disk before it counts.
//!
//! A process that is killed at any moment leaves the last commit and no half of the next. Old records go with each write:
//! first those beyond the age, then the oldest until the rest fits. The file's own length follows at a distance,
//! since redb keeps the room of what went for what comes. Another process that has the file open keeps it: this one goes
//! on without, and looks again every few seconds.
//!
//! Not here: what a record holds.

#![expect(clippy::result_large_err, reason = "redb's own error, and a disk takes longer than a copy of it")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redb::{Database, ReadableTable, TableDefinition, TableError};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Key;
use crate::server::config::Memory;

/// Records in one file. Clones are the same file.
#[derive(Clone)]
pub(super) struct File(Arc<Inner>);

struct Inner {
    path: PathBuf,
    bytes_max: u64,
    age_max: Duration,
    /// One at a time, as redb has one writer anyway.
    state: Mutex<State>,
}

enum State {
    Open(Open),
    /// Not before this moment again.
    Failed(Option<Instant>, String),
}

struct Open {
    database: Database,
    /// Of all records.
    bytes: u64,
}

impl File {
    pub fn new(path: PathBuf, memory: &Memory) -> Self {
        let state = Mutex::new(State::Failed(None, String::new()));
        let file = Self(Arc::new(Inner { path, bytes_max: memory.bytes_max, age_max: memory.age_max, state }));
        // What is wrong with it is to stand in the log from the start.
        let _ = file.0.with(|_| Ok(()));
        file
    }

    pub async fn read(&self, key: Key) -> Result<Option<Vec<u8>>, String> {
        self.compute(move |inner| inner.with(|open| read(open, key, inner.age_max))).await
    }

    pub async fn write(&self, key: Key, bytes: Vec<u8>) -> Result<(), String> {
        self.compute(move |inner| inner.with(|open| write(open, key, &bytes, inner.bytes_max, inner.age_max))).await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let inner = Arc::clone(&self.0);
        match timeout(TIME_MAX, spawn_blocking(move || work(&inner))).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err("the file is not what was written".to_owned()),
            Err(_) => Err(format!("no answer of the disk within {} s", TIME_MAX.as_secs())),
        }
    }
}

impl Inner {
    fn with<T>(&self, work: impl FnOnce(&mut Open) -> Result<T, redb::Error>) -> Result<T, String> {
        // A panic while it was held left the database as the last commit did.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Failed(until, why) = &*state {
            if until.is_some_and(|until| Instant::now() < until) {
                return Err(why.clone());
            }
            *state = match open(&self.path) {
                Ok(open) => State::Open(open),
                Err(error) => failed(&self.path, &error),
            };
        }
        let outcome = match &mut *state {
            State::Open(open) => work(open),
            State::Failed(_, why) => return Err(why.clone()),
        };
        outcome.map_err(|error| {
            // Opened anew, it is looked through and put in order.
            *state = failed(&self.path, &error);
            error.to_string()
        })
    }
}

fn failed(path: &std::path::Path, error: &redb::Error) -> State {
    tracing::error!("the memory's file {} cannot be used: {error}", path.display());
    State::Failed(Some(Instant::now() + PAUSE), error.to_string())
}

fn open(path: &PathBuf) -> Result<Open, redb::Error> {
    let database = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
    let reading = database.begin_read()?;
    let mut bytes = 0;
    match reading.open_table(AGES) {
        Ok(ages) => {
            for entry in ages.iter()? {
                bytes += entry?.1.value();
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(error.into()),
    }
    drop(reading);
    Ok(Open { database, bytes })
}

fn read(open: &Open, key: Key, age_max: Duration) -> Result<Option<Vec<u8>>, redb::Error> {
    let reading = open.database.begin_read()?;
    let records = match reading.open_table(RECORDS) {
        Ok(records) => records,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(found) = records.get(&key.0)? else { return Ok(None) };
    let (written, bytes) = found.value();
    Ok((written >= oldest(age_max)).then(|| bytes.to_vec()))
}

fn write(open: &mut Open, key: Key, bytes: &[u8], bytes_max: u64, age_max: Duration) -> Result<(), redb::Error> {
    let writing = open.database.begin_write()?;
    let mut total = open.bytes;
    {
        let mut records = writing.open_table(RECORDS)?;
        let mut ages = writing.open_table(AGES)?;
        let now = micros();
        let before = records.insert(&key.0, (now, bytes))?.map(|old| old.value().0);
        if let Some(before) = before
            && let Some(length) = ages.remove((before, &key.0))?
        {
            total = total.saturating_sub(length.value());
        }
        let length = bytes.len() as u64;
        total += length;
        ages.insert((now, &key.0), length)?;
        let oldest = oldest(age_max);
        loop {
            let first = ages.first()?.map(|(place, length)| (owned(place.value()), length.value()));
            let Some(((written, other), length)) = first else { break };
            if (written >= oldest && total <= bytes_max) || other == key.0 {
                break;
            }
            ages.remove((written, &other))?;
            records.remove(&other)?;
            total = total.saturating_sub(length);
        }
    }
    writing.commit()?;
    open.bytes = total;
    Ok(())
}

fn owned((written, key): (u64, &[u8; 32])) -> (u64, [u8; 32]) {
    (written, *key)
}

fn oldest(age_max: Duration) -> u64 {
    micros().saturating_sub(age_max.as_micros() as u64)
}

fn micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// Key -> microseconds since 1970 at which it was written, the record.
const RECORDS: TableDefinition<&[u8; 32], (u64, &[u8])> = TableDefinition::new("records");
/// The same by age, with each record's length.
const AGES: TableDefinition<(u64, &[u8; 32]), u64> = TableDefinition::new("ages");
/// A commit waits for the disk, which may be busy.
const TIME_MAX: Duration = Duration::from_secs(2);
/// From a failure to the next try.
const PAUSE: Duration = Duration::from_secs(5);
/// redb's own choice is 1 GiB.
const CACHE_BYTES: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("iter8-analytics-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map(|()| folder).unwrap_or_default()
    }

    fn memory(bytes_max: u64, age_max: Duration) -> Memory {
        Memory { bytes_max, age_max, ..Memory::default() }
    }

    fn key(number: u8) -> Key {
        Key([number; 32])
    }

    #[tokio::test]
    async fn what_was_written_is_there_when_the_file_is_opened_anew() {
        let path = folder("anew").join("memory.redb");
        let memory = memory(1 << 20, Duration::from_secs(60));
        let file = File::new(path.clone(), &memory);
        assert_eq!(file.read(key(1)).await, Ok(None));
        assert_eq!(file.write(key(1), b"one".to_vec()).await, Ok(()));
        assert_eq!(file.write(key(1), b"two".to_vec()).await, Ok(()));
        // The thread that wrote lets go of the file a moment after its answer.
        while Arc::strong_count(&file.0) > 1 {
            tokio::task::yield_now().await;
        }
        drop(file);
        assert_eq!(File::new(path, &memory).read(key(1)).await, Ok(Some(b"two".to_vec())));
    }

    #[tokio::test]
    async fn the_oldest_go_first_and_the_file_stays_small() {
        let path = folder("small").join("memory.redb");
        let file = File::new(path.clone(), &memory(100_000, Duration::from_secs(60)));
        for number in 0..60 {
            assert_eq!(file.write(key(number), vec![number; 10_000]).await, Ok(()));
        }
        assert_eq!(file.read(key(49)).await, Ok(None));
        for number in 50..60 {
            assert_eq!(file.read(key(number)).await.map(|found| found.map(|bytes| bytes.len())), Ok(Some(10_000)));
        }
        let length = std::fs::metadata(path).map_or(u64::MAX, |metadata| metadata.len());
        assert!(length < 4 << 20, "{length} bytes for 100 kB of records");
    }

    #[tokio::test]
    async fn what_is_too_old_is_not_found_and_goes_with_the_next_write() {
        let path = folder("old").join("memory.redb");
        let file = File::new(path, &memory(1 << 20, Duration::from_millis(30)));
        assert_eq!(file.write(key(1), b"one".to_vec()).await, Ok(()));
        tokio::time::sleep(Duration::from_millis(40)).await;
        assert_eq!(file.read(key(1)).await, Ok(None));
        assert_eq!(file.write(key(2), b"two".to_vec()).await, Ok(()));
        assert_eq!(file.0.with(|open| Ok(open.bytes)), Ok(3));
    }

    #[tokio::test]
    async fn a_file_that_is_none_of_ours_is_an_answer_and_stays_as_it_is() {
        let path = folder("strange").join("memory.redb");
        assert!(std::fs::write(&path, b"somebody's letter").is_ok());
        let file = File::new(path.clone(), &memory(1 << 20, Duration::from_secs(60)));
        assert!(file.read(key(1)).await.is_err());
        assert!(file.write(key(1), Vec::new()).await.is_err());
        assert_eq!(std::fs::read(path).ok().as_deref(), Some(&b"somebody's letter"[..]));
    }
}
