//! A backend's settings become the HTTP client that asks it, and what every request to it carries.
//!
//! Credentials go to the backend's own host alone, wherever it redirects to. All of them are listed ([`secrets`]), since a
//! gateway may quote them.
//!
//! Not here: certificates (`tls`), what is asked, and what comes back (`reading`).

use std::io::Read as _;
use std::path::Path;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Url, redirect};
use tokio::task::spawn_blocking;

use crate::server::config::{Auth, Backend, Token};
use crate::server::retry::Failure;
use crate::server::secret::Secret;

/// How connections to `backend` are made, but for their TLS.
pub(super) fn builder(backend: &Backend) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("iter8-analytics/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects(backend))
        .default_headers(default_headers(backend))
        .referer(false);
    // A proxy for the outside world cannot reach our own loopback.
    let host = backend.url.reveal().host_str().unwrap_or_default();
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") { builder.no_proxy() } else { builder }
}

/// The backend's own headers, and that replies come unpacked: Prometheus takes milliseconds to pack what is sent in
/// microseconds, and a reply has a few kilobytes. One that is packed unasked is read all the same.
fn default_headers(backend: &Backend) -> HeaderMap {
    let mut headers: HeaderMap = backend.headers.iter().filter_map(header).collect();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// A header as the HTTP library takes it; the configuration let none through that it would not.
fn header((name, value): &(String, Secret)) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value.reveal()).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
}

/// The HTTP library takes `Authorization` away before it follows to another host, but no header of somebody's own.
fn redirects(backend: &Backend) -> redirect::Policy {
    if backend.headers.is_empty() {
        return redirect::Policy::limited(REDIRECTS_MAX);
    }
    let home = backend.url.reveal().origin();
    redirect::Policy::custom(move |attempt| {
        if attempt.url().origin() != home {
            attempt.error("a redirect to another host, which must not see the headers")
        } else if attempt.previous().len() > REDIRECTS_MAX {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    })
}

/// The URL of instant queries: the backend's own, its path prefix and query kept, one slash between the parts.
pub(super) fn endpoint(backend: &Backend) -> Url {
    let mut url = backend.url.reveal().clone();
    let path = format!("{}/api/v1/query", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url.set_fragment(None);
    if backend.auth != Auth::None {
        // The configured user beats the URL's; reqwest would send both.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    url
}

/// What must not come back in an error text.
pub(super) fn secrets(backend: &Backend) -> Vec<Secret> {
    let url = backend.url.reveal();
    let mut secrets: Vec<Secret> = url.password().map(Secret::new).into_iter().collect();
    match &backend.auth {
        Auth::Basic { password: secret, .. } | Auth::Bearer(Token::Given(secret)) => secrets.push(secret.clone()),
        Auth::None | Auth::Bearer(Token::File(_)) => {}
    }
    secrets.extend(backend.headers.iter().map(|(_, value)| value.clone()));
    secrets.extend(url.query_pairs().map(|(_, value)| Secret::new(value)));
    secrets
}

/// What stands in the file at `path` now, without the white space around it.
pub(super) async fn read_token(path: &Path) -> Result<Secret, Failure> {
    let failure =
        |why: String| Failure { message: format!("token file {}: {why}", path.display()), may_pass: true, wait: None };
    let owned = path.to_owned();
    let read = spawn_blocking(move || {
        let mut text = String::new();
        std::fs::File::open(owned)?.take(TOKEN_LENGTH_MAX).read_to_string(&mut text).map(|_| text)
    });
    let text = read.await.map_err(|error| failure(error.to_string()))?.map_err(|error| failure(error.to_string()))?;
    match text.trim() {
        "" => Err(failure("it is empty".to_owned())),
        token if HeaderValue::from_str(token).is_err() => Err(failure("it holds no token".to_owned())),
        token => Ok(Secret::new(token)),
    }
}

const REDIRECTS_MAX: usize = 5;
/// Longer than any token that a proxy lets through in a header.
const TOKEN_LENGTH_MAX: u64 = 64 << 10;
