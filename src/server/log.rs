//! What happens becomes lines on standard error, as text or JSON.
//!
//! One line for each request ([`request_line`], a layer around the routes): method, path, status, milliseconds, the
//! experiment and what went wrong, and the request's id, which goes into the reply too (`X-Request-Id`). Handlers leave what they know in the reply's extensions ([`Facts`]).
//!
//! Not logged: bodies, headers, queries, URLs with their credentials, and what libraries say below a warning.

use std::io::IsTerminal;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::config::LogFormat;
use super::trace::{REQUEST_ID, Trace};
use crate::error::shorten;

/// What a handler tells the log about its request.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// The experiment's name.
    pub experiment: Option<String>,
    /// Queries that the backend did not answer.
    pub backend_failures: Option<usize>,
    /// What was amiss with the data, by v1.0.0's codes.
    pub data: Option<String>,
    /// What was wrong, with the request or else with the backend.
    pub problem: Option<String>,
}

/// Starts logging for this process; a second call changes nothing.
pub(super) fn init(level: LevelFilter, format: LogFormat) {
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("iter8_analytics", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
    };
    // Fails only if the process logs already.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
}

/// Lets `request` through and writes its line.
pub(super) async fn request_line(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = shorten(request.method().as_str(), METHOD_LENGTH_MAX);
    let path = shorten(request.uri().path(), PATH_LENGTH_MAX);
    let trace = Trace::of(request.headers());
    let mut response = trace.clone().scope(next.run(request)).await;
    if let Some(id) = trace.id_header() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let request_id = trace.id.as_str();
    let facts = response.extensions_mut().remove::<Facts>().unwrap_or_default();
    let status = response.status().as_u16();
    let ms = start.elapsed().as_micros() as f64 / 1e3;
    let Facts { experiment, backend_failures, data, problem } = facts;
    let problem = problem.map(|text| shorten(&text, PROBLEM_LENGTH_MAX));
    let experiment = experiment.map(|text| shorten(&text, PATH_LENGTH_MAX));
    // Fields given as `&str` are quoted and escaped: a name with a line break must not make a second line.
    let (experiment, data, problem) = (experiment.as_deref(), data.as_deref(), problem.as_deref());
    let (method, path) = (method.as_str(), path.as_str());
    if status >= 500 {
        tracing::error!(method, path, status, ms, request_id, experiment, backend_failures, data, problem, "request");
    } else if backend_failures.is_some_and(|count| count > 0) {
        tracing::warn!(method, path, status, ms, request_id, experiment, backend_failures, data, problem, "request");
    } else {
        tracing::info!(method, path, status, ms, request_id, experiment, backend_failures, data, problem, "request");
    }
    response
}

/// `GET` and `POST` are all we know; a longer method is somebody's joke.
const METHOD_LENGTH_MAX: usize = 16;
const PATH_LENGTH_MAX: usize = 200;
const PROBLEM_LENGTH_MAX: usize = 500;
