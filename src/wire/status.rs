//! v1.0.0's status codes and what they mean.
//!
//! Codes and meanings are v1.0.0's contract, to the letter. Not here: when a code is given (`report`).

use serde::ser::{Serialize, SerializeMap, Serializer};

/// What was amiss with a piece of data, in v1.0.0's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The value came from the backend.
    AllOk,
    /// There was no last state.
    NoLastState,
    /// The backend could not be asked.
    NoPromServer,
    /// The backend answered something that is no data.
    NoPromData,
    /// The data do not suffice.
    InsufficientData,
    /// The experiment makes no sense.
    InvalidExperimentSpec,
    /// A query template makes no sense.
    InvalidQueryTemplate,
    /// The answer lacks this version.
    AbsentVersion,
    /// The answer lacks every version.
    NoVersions,
    /// A counter that the answer lacks was taken as 0.
    ZeroedCounter,
    /// A ratio that the answer lacks was taken as 0.
    ZeroedRatio,
    /// Not a number.
    NanValue,
    /// Nothing is believed of the metric yet.
    UninitializedBelief,
    /// Nothing was ever learnt of the metric.
    UninitializedValue,
}

impl Status {
    /// The code as it stands in JSON.
    pub fn code(self) -> &'static str {
        self.entry().1
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.1 == code).map(|entry| entry.0)
    }

    /// Every code, in v1.0.0's order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|entry| entry.1)
    }

    fn entry(self) -> &'static (Self, &'static str, &'static str) {
        // INVARIANT: the table holds each status (a test counts them), so the first entry is never a stand-in.
        TABLE.iter().find(|entry| entry.0 == self).unwrap_or(&TABLE[0])
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// The fixed map from code to meaning that every reply carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatusInterpretations;

impl Serialize for StatusInterpretations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(TABLE.len()))?;
        for (_, code, meaning) in &TABLE {
            map.serialize_entry(code, meaning)?;
        }
        map.end()
    }
}

const TABLE: [(Status, &str, &str); 14] = [
    (Status::AllOk, "all_ok", "Data from Prometheus available and was utilized without a glitch during this iteration"),
    (Status::NoLastState, "no_last_state", "No last state available during this iteration"),
    (Status::NoPromServer, "no_prom_server", "Prometheus server unavailable"),
    (Status::NoPromData, "no_prom_data", "Incomplete Prometheus data during this iteration"),
    (
        Status::InsufficientData,
        "insufficient_data_for_assessment",
        "Insufficient data available to create an assessment",
    ),
    (Status::InvalidExperimentSpec, "invalid_experiment_spec", "Invalid experiment specification"),
    (Status::InvalidQueryTemplate, "invalid prometheus query template", "Invalid query template"),
    (Status::AbsentVersion, "absent version in prometheus response", "This version is absent in prom response"),
    (Status::NoVersions, "no versions in prometheus response", "No versions are present in prom response"),
    (Status::ZeroedCounter, "zeroed counter", "Using the default zero value for counter metric"),
    (Status::ZeroedRatio, "zeroed ratio", "Using the default zero value for ratio metric"),
    (Status::NanValue, "nan value", "NaN ratio value"),
    (Status::UninitializedBelief, "uninitialized belief", "Uninitialized belief"),
    (Status::UninitializedValue, "uninitialized value", "Uninitialized value"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_status() {
        for (status, code, _) in TABLE {
            assert_eq!(Status::from_code(code), Some(status));
            assert_eq!(status.code(), code);
        }
        assert_eq!(Status::from_code("fine"), None);
    }
}
