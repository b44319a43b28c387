//! Paths -> the files of the page (`www/`) and of the npm package that it computes with, from within the binary.
//!
//! They are built in by the feature `page`, which needs what `make pkg` and `scripts/make-page` leave. Without it `/` says so.
//! Each file is there twice, as it is and packed by gzip, and is sent as the client can read it, with the policy that lets the
//! page ask any Prometheus and run nothing but itself.
//!
//! Not here: the page's own workings.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::routes::get_only;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
struct File {
    path: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    /// The same by gzip.
    packed: &'static [u8],
}

/// The page's routes.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let root = match FILES.iter().find(|file| file.path == ROOT) {
        Some(file) => Router::new()
            .route("/", get_only(move |headers: HeaderMap| async move { send(file, takes_gzip(&headers)) })),
        None => Router::new().route("/", get_only(|| async { missing() })),
    };
    // The package's files lie beside the page: its own paths cannot collide with the server's.
    FILES.iter().filter(|file| file.path != ROOT).fold(root, |router, file| {
        let handler = get_only(move |headers: HeaderMap| async move { send(file, takes_gzip(&headers)) });
        router.route(file.path, handler)
    })
}

fn send(file: &File, is_packed: bool) -> Response {
    let body = if is_packed { file.packed } else { file.plain };
    let headers = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A new binary has a new page: the browser asks again each time.
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-encoding"),
    ];
    let mut response = (headers, body).into_response();
    if is_packed {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], NO_PAGE).into_response()
}

/// Whether `accept-encoding` names gzip, or all else by `*`, with a weight above 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING);
    let codings = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut takes_others = false;
    for coding in codings {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight =
            parts.filter_map(|part| part.split_once('=')).find(|(key, _)| key.trim().eq_ignore_ascii_case("q"));
        let is_taken = weight.is_none_or(|(_, weight)| weight.trim().parse().is_ok_and(|weight: f32| weight > 0.0));
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            return is_taken;
        }
        takes_others |= name == "*" && is_taken;
    }
    takes_others
}

const ROOT: &str = "/index.html";

const NO_PAGE: &[u8] =
    br#"{"detail":"this binary was built without the page: `make run` builds one with it (cargo's feature `page`)"}"#;

/// `connect-src` is open: which Prometheus is asked is the person's choice.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self' http: https:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

#[cfg(not(feature = "page"))]
const FILES: &[File] = &[];

#[cfg(feature = "page")]
const FILES: &[File] = files::ALL;

#[cfg(feature = "page")]
mod files {
    use super::File;

    macro_rules! files {
        ($($media_type:literal: $($path:literal)+;)+) => {
            pub(super) const ALL: &[File] = &[$($(File {
                path: concat!("/", $path),
                media_type: $media_type,
                plain: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/www/packed/", $path)),
                packed: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/www/packed/", $path, ".gz")),
            }),+),+];
        };
    }

    // INVARIANT: tests/js/page/page.test.js holds this list against what the page loads.
    files! {
        "text/html; charset=utf-8": "index.html";
        "text/javascript; charset=utf-8":
            "app/address.js" "app/controls.js" "app/dom.js" "app/engine.js" "app/export.js" "app/finished.js" "app/fragment.js"
            "app/history.js" "app/knobs.js" "app/link.js" "app/main.js" "app/open.js" "app/outcome.js" "app/play.js" "app/reading.js"
            "app/settings.js" "app/sources.js" "app/status.js" "app/stories.js" "app/tally.js" "app/trend.js" "app/trouble.js"
            "app/truth.js" "app/view.js" "app/watch.js"
            "chart/belief.js" "chart/charts.js" "chart/looks.js" "chart/marks.js" "chart/plot.js" "chart/scale.js" "chart/trend.js"
            "worker/look.js" "worker/race.js" "worker/story.js" "worker/worker.js"
            "vendor/yaml.js"
            "pkg/index.js" "pkg/component.js" "pkg/component/style.js" "pkg/component/view.js" "pkg/component/words.js";
        "application/wasm": "pkg/wasm/iter8_analytics_bg.wasm";
        "text/css; charset=utf-8": "style/base.css" "style/views.css";
        "image/svg+xml": "icon.svg";
        "text/plain; charset=utf-8": "vendor/yaml.LICENSE";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it_alone() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in ["gzip", "GZIP", "deflate, gzip;q=0.5, br", "*", "br;q=1.0, *;q=0.1", "x-gzip", "gzip ; Q = 1"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "identity", "br, deflate", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "gzip;q=x"] {
            assert!(!takes(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
