//! What crosses the border: request, observations and assessment, decoded and encoded, without arithmetic.

pub mod assessment;
pub(crate) mod decode;
pub(crate) mod digits;
pub(crate) mod fields;
pub mod instant;
pub mod json;
pub(crate) mod last_state;
pub(crate) mod limits;
pub(crate) mod metric_specs;
pub(crate) mod number;
pub mod observations;
pub(crate) mod request;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
mod schema;
pub mod series;
pub mod status;
pub(crate) mod write;
