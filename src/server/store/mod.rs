//! What an experiment's last reply said becomes what its next request is assessed with.
//!
//! Clients are to send each reply's `last_state` back, but iter8's controller loses it: its resource definition prunes
//! the field. So what a client sends alike on each call names the experiment ([`Key`]), and the last states are kept
//! under it, in one file ([`file`]) or in a Redis that several replicas share ([`shared`]). A store that fails costs a
//! bounded time and a note in the reply, never the reply: the request is then assessed as if nothing were kept.
//!
//! Not here: when a state is asked for and when it is kept (`exchange`); its meaning (the engine's own).

mod file;
mod key;
mod record;
mod shared;

use super::config::{Memory, MemoryPlace};

pub(super) use key::Key;
pub(super) use record::{Position, Record};

/// Where last states are kept. Dropping it closes it.
pub(super) struct Store(Kind);

enum Kind {
    File(file::File),
    Shared(Box<shared::Shared>),
}

impl Store {
    /// The store that `memory` asks for; a file is opened at once, a Redis when it is first asked.
    ///
    /// A store that cannot be opened is logged and tried again later.
    pub fn new(memory: &Memory) -> Option<Self> {
        Some(Self(match memory.place.as_ref()? {
            MemoryPlace::File(path) => Kind::File(file::File::new(path.clone(), memory)),
            MemoryPlace::Shared(url) => Kind::Shared(Box::new(shared::Shared::new(url, memory))),
        }))
    }

    /// What is kept under `key`, if anything.
    ///
    /// # Errors
    /// The store did not answer in time, or not well: for a person, without secrets.
    pub async fn recall(&self, key: Key) -> Result<Option<Record>, String> {
        let bytes = match &self.0 {
            Kind::File(file) => file.read(key).await,
            Kind::Shared(shared) => shared.read(key).await,
        }?;
        // What is no record of ours is as good as none: the next call writes over it.
        Ok(bytes.and_then(|bytes| Record::decode(&bytes)))
    }

    /// Keeps `record` under `key`; when this returns, the record outlives the process.
    ///
    /// # Errors
    /// As for [`Self::recall`]; the record is longer than any may be.
    pub async fn remember(&self, key: Key, record: &Record) -> Result<(), String> {
        let bytes = record.encode();
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(format!("the state has {} bytes, at most {RECORD_BYTES_MAX} are kept", bytes.len()));
        }
        match &self.0 {
            Kind::File(file) => file.write(key, bytes).await,
            Kind::Shared(shared) => shared.write(key, bytes).await,
        }
    }
}

/// The states of ten candidates take some 32 kB; those of the largest experiments fit.
const RECORD_BYTES_MAX: usize = 1 << 20;
