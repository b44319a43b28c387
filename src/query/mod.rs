//! stub
/// One question for a metrics backend.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Query {
    /// The counter that the answer is for.
    pub metric: String,
    /// `instant`
    pub kind: &'static str,
    /// PromQL.
    pub query: String,
    /// Unix time, seconds, at which to evaluate.
    pub time: f64,
}
