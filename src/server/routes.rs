//! Paths and methods become handlers, with v1.0.0's answers for those that are none.
//!
//! A known path with another method is 405 (HEAD and OPTIONS too: axum would answer HEAD by itself), a known path
//! with a slash at its end is sent to the one without (307), anything else is 404. A panic anywhere below ends one
//! request, not the connection.
//!
//! Not here: what an assessment is made of (`exchange`).

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::demo::World;
use super::exchange::Exchange;
use super::gate::{self, Gate};
use super::metrics::{self, Metrics};
use super::trace::REQUEST_ID;
use super::{body, demo, log, openapi, page, reply};

/// The server's routes, with those of the built-in `world` where there is one. Pages of `origins` may ask from a browser.
pub(super) fn router(
    exchange: Exchange,
    gate: Gate,
    origins: &[String],
    metrics: Arc<Metrics>,
    is_ready: Arc<AtomicBool>,
    world: Option<Arc<World>>,
) -> Router {
    // Outside the log: every assessment asks the world half a dozen queries, which would bury its own line.
    let demo = world.map_or_else(Router::new, |world| Router::new().nest("/demo", demo::router(world)));
    let mut routes = Router::new()
        .route("/assessment", post(assess).layer(from_fn_with_state(Arc::new(gate), gate::pass)).fallback(wrong_method))
        .route("/health_check", get_only(health_check))
        .route("/assessment/", any(without_slash))
        .route("/health_check/", any(without_slash))
        .route("/ready", get_only(ready).with_state(is_ready))
        .route("/metrics", get_only(numbers).with_state(Arc::clone(&metrics)))
        .route("/openapi.json", get_only(openapi_document))
        .route("/docs", get_only(documentation))
        .route("/docs/{name}", get_only(openapi::asset))
        .route("/docs/", any(without_slash))
        .route("/redoc", get_only(redoc))
        .fallback(not_found)
        .with_state(Arc::new(exchange))
        .layer(CatchPanicLayer::custom(panicked));
    if let Some(cors) = cors(origins) {
        routes = routes.layer(cors);
    }
    let routes = routes.layer(from_fn_with_state(metrics, metrics::count)).layer(from_fn(log::request_line));
    // Neither stands in the log: a page that is opened would bury the assessments in its two dozen files.
    routes.merge(page::routes()).merge(demo.layer(CatchPanicLayer::custom(panicked)))
}

/// What browsers are told, so that they let pages of `origins` ask; `None` if there are none: then OPTIONS is one more method
/// that no path knows, as in v1.0.0.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())),
    };
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(ASKED_WITH.map(HeaderName::from_static))
            .expose_headers([header::RETRY_AFTER, REQUEST_ID])
            .max_age(PREFLIGHT_KEPT),
    )
}

/// `handler` for GET alone: axum would give it HEAD too.
pub(super) fn get_only<S, T, H>(handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    T: 'static,
    H: Handler<T, S>,
{
    get(handler).head(wrong_method).fallback(wrong_method)
}

async fn assess(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    exchange.answer(request).await
}

async fn health_check(request: Request) -> Response {
    body::drain(request);
    reply::json_text(StatusCode::OK, br#"{"status":"Ok"}"#.to_vec())
}

/// Ready as soon as it listens: neither the backend nor the memory is needed for a reply, and a replica that a dead Prometheus
/// took out of service would turn one failure into two. Not ready any more once it is told to stop.
async fn ready(State(is_ready): State<Arc<AtomicBool>>, request: Request) -> Response {
    body::drain(request);
    if is_ready.load(Ordering::Relaxed) {
        reply::json_text(StatusCode::OK, br#"{"status":"Ready"}"#.to_vec())
    } else {
        reply::json_text(StatusCode::SERVICE_UNAVAILABLE, br#"{"status":"Stopping"}"#.to_vec())
    }
}

async fn numbers(State(metrics): State<Arc<Metrics>>, request: Request) -> Response {
    body::drain(request);
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response(),
        Err(_) => reply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

async fn openapi_document(request: Request) -> Response {
    body::drain(request);
    reply::json_text(StatusCode::OK, openapi::text())
}

async fn documentation(request: Request) -> Response {
    body::drain(request);
    openapi::page()
}

async fn redoc(request: Request) -> Response {
    body::drain(request);
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "docs")]).into_response()
}

async fn wrong_method(request: Request) -> Response {
    // Said here, since axum would count HEAD among what GET allows.
    let allowed = if request.uri().path() == "/assessment" { "POST" } else { "GET" };
    body::drain(request);
    ([(header::ALLOW, allowed)], reply::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")).into_response()
}

async fn not_found(request: Request) -> Response {
    body::drain(request);
    reply::detail(StatusCode::NOT_FOUND, "Not Found")
}

async fn without_slash(request: Request) -> Response {
    let target = unslashed(request.uri());
    body::drain(request);
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response()
}

/// `uri` without its last slash, as a relative reference: behind a proxy we do not know our own host or scheme.
fn unslashed(uri: &Uri) -> String {
    let path = uri.path().trim_end_matches('/');
    uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!("a request ended in a panic: {}", message.unwrap_or("no message"));
    reply::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// What there is, for the log's first line: the root is none of it.
pub(super) const PATHS: &str =
    "POST /assessment, GET /health_check, GET /ready, GET /metrics, GET /docs, GET /openapi.json";
/// Headers that a page may send.
const ASKED_WITH: [&str; 5] = ["authorization", "content-type", "traceparent", "tracestate", "x-request-id"];
/// How long a browser remembers what it may.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(3600);
/// What prometheus-client writes.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_goes_and_the_query_stays() {
        assert_eq!(unslashed(&Uri::from_static("/assessment/")), "/assessment");
        assert_eq!(unslashed(&Uri::from_static("/assessment/?a=1&b")), "/assessment?a=1&b");
    }
}
