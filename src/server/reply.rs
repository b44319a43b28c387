//! What is to be said becomes an HTTP reply: compact JSON, v1.0.0's `{"detail": ...}` for what went wrong.
//!
//! Not here: which reply a request gets.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// A reply whose body is `text`, JSON already.
pub(super) fn json_text(status: StatusCode, text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The reply `{"detail": detail}`.
pub(super) fn detail(status: StatusCode, detail: impl Serialize) -> Response {
    #[derive(Serialize)]
    struct Detail<T> {
        detail: T,
    }
    // Writing to memory fails only for maps whose keys are no text, and no detail has such a map.
    json_text(status, serde_json::to_vec(&Detail { detail }).unwrap_or_default())
}
