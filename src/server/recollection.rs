//! One request's use of the memory: what it is kept under, what was kept, what is to be kept.
//!
//! Only a request without a `last_state` of its own (absent, null or empty, as the controller's API server prunes it) is
//! given one; a client that sends its state back keeps its own memory, and the store is not asked. A failure of the store is
//! a note, and the request goes on as if nothing were kept.
//!
//! Not here: where states are kept (`store`).

use serde_json::{Map, Value};

use super::metrics::Metrics;
use super::store::{Key, Position, Record, Store};
use crate::assessment::{Assessment, Note, Severity};
use crate::{Experiment, Instant, MetricData, Settings};

/// What a request has to do with the memory.
pub(super) struct Recollection {
    key: Key,
    position: Position,
    kept: Option<Record>,
    failure: Option<String>,
}

impl Recollection {
    /// The recollection that `request`, which is `experiment`, needs as of `now`; `None` if it brings its own state.
    pub fn of(request: &Value, experiment: &Experiment, now: Instant) -> Option<Self> {
        let brings_state = match request.get("last_state") {
            None | Some(Value::Null) => false,
            Some(state) => state.as_object().is_none_or(|state| !state.is_empty()),
        };
        let position = Position { iteration: experiment.iteration_number, at: now.unix_micros() };
        (!brings_state).then(|| Self { key: Key::of(request), position, kept: None, failure: None })
    }

    /// Asks `store` what was kept.
    pub async fn recall(&mut self, store: &Store, metrics: &Metrics) {
        match store.recall(self.key).await {
            Ok(kept) => {
                metrics.remembered(if kept.is_some() { "recalled" } else { "nothing_kept" });
                self.kept = kept;
            }
            Err(why) => self.fail(why, metrics),
        }
    }

    /// The state to start from.
    pub fn state(&self) -> Option<&Value> {
        Record::state_for(self.kept.as_ref(), self.position)
    }

    /// Gives `store` what to keep after `assessment`.
    pub async fn remember(&mut self, store: &Store, assessment: &Assessment, metrics: &Metrics) {
        // What could not be read must not be written over: it may hold more than this call knows.
        if self.failure.is_some() {
            return;
        }
        let Ok(state) = serde_json::to_value(&assessment.last_state) else { return };
        let Some(record) = Record::after(self.kept.as_ref(), self.position, state) else { return };
        match store.remember(self.key, &record).await {
            Ok(()) => metrics.remembered("kept"),
            Err(why) => self.fail(why, metrics),
        }
    }

    /// What the reply is to say of it.
    pub fn note(&self) -> Option<Note> {
        let why = self.failure.as_ref()?;
        let message = format!(
            "The server's memory failed: {why}. This assessment, or the next, starts from the split that the requests \
             show, and without earlier intervals."
        );
        let mut values = Map::new();
        values.insert("why".to_owned(), Value::from(why.as_str()));
        Some(Note {
            code: MEMORY_UNAVAILABLE,
            severity: Severity::Warning,
            location: Some("last_state".to_owned()),
            message,
            values,
        })
    }

    fn fail(&mut self, why: String, metrics: &Metrics) {
        metrics.remembered("failed");
        self.failure = Some(why);
    }
}

/// `request` as an experiment that starts from `state`; `None` if that is no state that this version understands.
pub(super) fn with_state(request: &mut Value, state: &Value, settings: &Settings) -> Option<Experiment> {
    request.as_object_mut()?.insert("last_state".to_owned(), state.clone());
    Experiment::parse(request, MetricData::Fetched, settings).ok()
}

/// The one note that is the server's own.
const MEMORY_UNAVAILABLE: &str = "memory_unavailable";
