//! stub
/// stub
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Observations {
    /// stub
    pub problems: Vec<Problem>,
}
/// What a host could not get.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Problem {
    /// The counter.
    pub metric: String,
    /// The version; absent: every version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// v1.0's status code, such as `no_prom_server`.
    pub code: String,
    /// Why, in a sentence.
    pub message: String,
}
