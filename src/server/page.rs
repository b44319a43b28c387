//! Paths -> the files of the page (`www/`) and of the npm package that it computes with, from within the binary.
//!
//! They are built in by the feature `page`, which needs what `make pkg` and `scripts/make-page` leave. Without it `/` says so.
//! Each file is sent as it is, with the policy that lets the page ask any Prometheus and run nothing but itself.
//!
//! Not here: the page's own workings.

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::routes::get_only;

/// A file of the page: its path, its media type, its contents.
type File = (&'static str, &'static str, &'static [u8]);

/// The page's routes.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let root = FILES.iter().find(|(path, ..)| *path == "/").map_or_else(missing, send);
    // The package's files lie beside the page: its own paths cannot collide with the server's.
    FILES
        .iter()
        .filter(|(path, ..)| *path != "/")
        .fold(route(Router::new(), "/", root), |router, file| route(router, file.0, send(file)))
}

fn route<S: Clone + Send + Sync + 'static>(router: Router<S>, path: &str, answer: Answer) -> Router<S> {
    router.route(path, get_only(move || async move { answer.into_response() }))
}

/// A reply that can be given any number of times.
#[derive(Debug, Clone, Copy)]
struct Answer(StatusCode, &'static str, &'static [u8]);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers: [(HeaderName, &str); 4] = [
            (header::CONTENT_TYPE, self.1),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // A new binary has a new page: the browser asks again each time.
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (self.0, headers, self.2).into_response()
    }
}

fn send(file: &File) -> Answer {
    Answer(StatusCode::OK, file.1, file.2)
}

fn missing() -> Answer {
    Answer(StatusCode::NOT_FOUND, "application/json", NO_PAGE)
}

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
        ($($kind:literal: $($path:literal)+;)+) => {
            pub(super) const ALL: &[File] = &[
                ("/", "text/html; charset=utf-8", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/www/index.html"))),
                $($((concat!("/", $path), $kind, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/www/", $path)))),+),+
            ];
        };
    }

    // INVARIANT: tests/js/page/page.test.js holds this list against what the page loads.
    files! {
        "text/javascript; charset=utf-8":
            "app/controls.js" "app/dom.js" "app/engine.js" "app/export.js" "app/fragment.js" "app/history.js" "app/main.js"
            "app/open.js" "app/outcome.js" "app/play.js" "app/reading.js" "app/settings.js" "app/sources.js" "app/stories.js"
            "app/view.js" "app/watch.js"
            "chart/charts.js" "chart/plot.js" "chart/scale.js"
            "worker/draws.js" "worker/look.js" "worker/race.js" "worker/story.js" "worker/worker.js" "worker/world.js"
            "vendor/yaml.js"
            "pkg/index.js" "pkg/component.js" "pkg/component/style.js" "pkg/component/view.js" "pkg/component/words.js"
            "pkg/wasm/iter8_analytics.js";
        "application/wasm": "pkg/wasm/iter8_analytics_bg.wasm";
        "text/css; charset=utf-8": "style/base.css" "style/views.css";
        "image/svg+xml": "icon.svg";
        "text/plain; charset=utf-8": "vendor/yaml.LICENSE";
    }
}
