//! What crosses the border: request, observations and assessment, decoded and encoded, without arithmetic.

pub mod assessment;
pub mod instant;
pub mod json;
pub mod observations;
pub mod status;
