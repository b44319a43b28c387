//! stub
use crate::error::Error;
use serde_json::Value;
/// stub
pub fn parse(text: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(text).map_err(|error| Error::Sentence { location: vec![], message: error.to_string() })
}
