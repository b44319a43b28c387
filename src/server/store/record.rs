//! The last states of one experiment, and which of them a call starts from.
//!
//! A record holds the last call's state and the one before it: a client that did not get its reply asks again, and must
//! be answered as the first time, not be given a second step of traffic. Calls are told apart by their iteration number,
//! where both have one, else by their time.
//!
//! Not here: where records are kept.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a call stands in its experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::server) struct Position {
    /// The request's own number.
    pub iteration: Option<u64>,
    /// Microseconds since 1970.
    pub at: i64,
}

impl Position {
    /// How `self` stands to `other`, in one experiment.
    fn order(&self, other: &Self) -> Ordering {
        match (self.iteration, other.iteration) {
            (Some(own), Some(others)) => own.cmp(&others),
            _ => self.at.cmp(&other.at),
        }
    }
}

/// The last states of one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::server) struct Record {
    form: u32,
    position: Position,
    state: Value,
    /// The state that the last call started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Value>,
}

impl Record {
    /// The record in `bytes`; `None` if they hold none that this version reads.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|record: &Self| record.form == FORM)
    }

    /// The record as bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory fails only for maps whose keys are no text.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The state that a call at `position` starts from, given what is kept; `None`: from none.
    pub fn state_for(kept: Option<&Self>, position: Position) -> Option<&Value> {
        let kept = kept?;
        match position.order(&kept.position) {
            Ordering::Greater => Some(&kept.state),
            Ordering::Equal => kept.previous.as_ref(),
            // It looks back: what came later is not for it.
            Ordering::Less => None,
        }
    }

    /// What to keep after a call at `position` whose reply held `state`; `None`: what is kept already.
    pub fn after(kept: Option<&Self>, position: Position, state: Value) -> Option<Self> {
        if kept.is_some_and(|kept| position.order(&kept.position) == Ordering::Less) {
            return None;
        }
        Some(Self { form: FORM, position, state, previous: Self::state_for(kept, position).cloned() })
    }
}

/// Raised when an older version could not read what a newer one wrote.
const FORM: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(iteration: impl Into<Option<u64>>, at: i64) -> Position {
        Position { iteration: iteration.into(), at }
    }

    fn record(calls: &[Position]) -> Option<Record> {
        calls
            .iter()
            .enumerate()
            .fold(None, |kept, (number, &position)| Record::after(kept.as_ref(), position, json!(number)).or(kept))
    }

    fn state(calls: &[Position], next: Position) -> Option<Value> {
        Record::state_for(record(calls).as_ref(), next).cloned()
    }

    #[test]
    fn a_call_starts_from_the_last_ones_state() {
        assert_eq!(state(&[], at(0, 10)), None);
        assert_eq!(state(&[at(0, 10)], at(1, 20)), Some(json!(0)));
        assert_eq!(state(&[at(0, 10), at(1, 20)], at(2, 30)), Some(json!(1)));
        assert_eq!(state(&[at(None, 10), at(None, 20)], at(None, 30)), Some(json!(1)));
    }

    #[test]
    fn a_call_that_is_made_again_starts_where_it_started_before() {
        assert_eq!(state(&[at(0, 10)], at(0, 15)), None);
        assert_eq!(state(&[at(0, 10), at(1, 20)], at(1, 25)), Some(json!(0)));
        // And again, after that one was kept.
        assert_eq!(state(&[at(0, 10), at(1, 20), at(1, 25)], at(1, 27)), Some(json!(0)));
        assert_eq!(state(&[at(0, 10), at(1, 20), at(1, 25)], at(2, 30)), Some(json!(2)));
        assert_eq!(state(&[at(None, 10), at(None, 20)], at(None, 20)), Some(json!(0)));
    }

    #[test]
    fn a_call_that_looks_back_neither_knows_nor_changes_what_came_later() {
        assert_eq!(state(&[at(0, 10), at(1, 20)], at(0, 30)), None);
        assert_eq!(state(&[at(None, 20), at(None, 10)], at(None, 30)), Some(json!(0)));
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let record = record(&[at(0, 10), at(1, 20)]);
        let bytes = record.as_ref().map(Record::encode).unwrap_or_default();
        assert_eq!(Record::decode(&bytes), record);
        for strange in [&b"{}"[..], b"\xff", br#"{"form":2,"position":{"iteration":null,"at":1},"state":{}}"#] {
            assert_eq!(Record::decode(strange), None);
        }
    }
}
