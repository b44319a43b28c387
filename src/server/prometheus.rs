//! Queries become the answers of a Prometheus over HTTP.
//!
//! `GET {url}/api/v1/query?query=...&time=...`, as v1.0.0 asked, but all queries at once and with patience
//! (`retry`). A reply that is Prometheus' own JSON is the answer, an error among them: its text says more than the
//! HTTP status. Only an error that may pass (5xx, 429) is asked again. That, if it stays, and whatever else is no
//! answer becomes `{"error": "why"}`, which the engine turns into a problem of the data.
//!
//! Not here: what the answers mean (`query`), and any memory of earlier ones.

use std::error::Error as _;
use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, Url, redirect};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::config::{Auth, Backend, Token};
use super::retry::{Failure, persist};
use super::secret::{Secret, scrub};
use super::trace;
use crate::Query;
use crate::error::shorten;
use crate::query::reply::{self, error_of};

/// A client of one Prometheus. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    backend: Arc<Backend>,
    endpoint: Url,
    secrets: Arc<[Secret]>,
    places: Arc<Semaphore>,
}

/// Why there is no client: TLS could not be set up.
#[derive(Debug)]
pub struct ClientError(String);

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metrics backend: TLS cannot be set up: {}", self.0)
    }
}

impl std::error::Error for ClientError {}

impl Client {
    /// A client of `backend`. It connects only when it is asked something; then it needs a tokio runtime.
    ///
    /// # Errors
    /// TLS cannot be set up, for example since the system has no certificates and the URL is an https one.
    pub fn new(backend: &Backend) -> Result<Self, ClientError> {
        // Fails only if there is a provider already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_https = backend.url.reveal().scheme() == "https";
        let http = match builder(backend).build() {
            // A bare container has no certificates, and a plain-HTTP backend needs none.
            Err(_) if !is_https => builder(backend).tls_certs_only([]).build(),
            built => built,
        };
        Ok(Self {
            http: http.map_err(|error| ClientError(innermost(&error)))?,
            backend: Arc::new(backend.clone()),
            endpoint: endpoint(backend),
            secrets: secrets(backend).into(),
            places: Arc::new(Semaphore::new(QUERIES_AT_ONCE_MAX)),
        })
    }

    /// One answer for each of `queries`, in their order: the body of Prometheus' reply, or `{"error": "why"}`.
    ///
    /// All are asked at once; the call ends within the backend's deadline, whatever happens.
    pub async fn fetch_all(&self, queries: &[Query]) -> Vec<Value> {
        self.fetch_all_until(queries, self.deadline()).await
    }

    /// The same with a `deadline` that runs already.
    pub async fn fetch_all_until(&self, queries: &[Query], deadline: Instant) -> Vec<Value> {
        futures_util::future::join_all(queries.iter().map(|query| self.fetch(query, deadline))).await
    }

    /// When a request that begins now must have its answers.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.backend.patience.deadline
    }

    async fn fetch(&self, query: &Query, deadline: Instant) -> Value {
        let url = self.query_url(query);
        match persist(&self.backend.patience, deadline, &self.places, || self.attempt(&url)).await {
            Ok(answer) => answer,
            Err(why) => json!({"error": format!("{}: {why}", self.backend.url)}),
        }
    }

    async fn attempt(&self, url: &Url) -> Result<Value, Failure> {
        let mut secrets = self.secrets.clone();
        let request = if url.as_str().len() <= URL_LENGTH_MAX {
            self.http.get(url.clone())
        } else {
            // What the query string would have held is the very text of a form.
            let form = url.query().unwrap_or_default().to_owned();
            let mut short = url.clone();
            short.set_query(None);
            self.http.post(short).header("content-type", "application/x-www-form-urlencoded").body(form)
        };
        let request = match &self.backend.auth {
            Auth::None => request,
            Auth::Basic { username, password, .. } => request.basic_auth(username.reveal(), Some(password.reveal())),
            Auth::Bearer(Token::Given(token)) => request.bearer_auth(token.reveal()),
            Auth::Bearer(Token::File(path)) => {
                let token = read_token(path).await?;
                let request = request.bearer_auth(token.reveal());
                secrets = secrets.iter().cloned().chain([token]).collect();
                request
            }
        };
        let request = request.headers(trace::headers());
        let response = request.send().await.map_err(|error| transport_failure(&error, &secrets))?;
        let status = response.status();
        let body = read(response, &secrets).await?;
        let (body, parsed) = parse(body).await;
        match parsed {
            Some(answer) if may_pass(status) && error_of(&answer).is_some() => {
                Err(passing_refusal(status, &answer, &secrets))
            }
            Some(answer) if answer.get("status").is_some() => Ok(without_secrets(answer, &secrets)),
            // A backend without range queries refuses them for good: that is an answer, and totals must do.
            _ if url.path().ends_with(RANGE_PATH) && !may_pass(status) => {
                let message = strange_reply(status, &body, &secrets).message;
                Ok(json!({"status": "error", "errorType": "http", "error": message}))
            }
            _ => Err(strange_reply(status, &body, &secrets)),
        }
    }

    fn query_url(&self, query: &Query) -> Url {
        let mut url = self.endpoint.clone();
        if query.step.is_some()
            && let Ok(mut path) = url.path_segments_mut()
        {
            path.pop().push(RANGE_PATH);
        }
        let numbers = [("time", &query.time), ("start", &query.start), ("end", &query.end)];
        {
            let mut pairs = url.query_pairs_mut();
            pairs.append_pair("query", &query.query);
            for (key, number) in numbers {
                if let Some(number) = number {
                    pairs.append_pair(key, &number.to_string());
                }
            }
            if let Some(step) = query.step {
                pairs.append_pair("step", &step.to_string());
            }
        }
        url
    }
}

/// Why `answer` holds no data, for a person; `None` if it says that it holds some.
pub fn refusal(answer: &Value) -> Option<String> {
    reply::refusal(answer).map(|(_, why)| why)
}

/// What stands in the file at `path` now, without the white space around it.
async fn read_token(path: &Path) -> Result<Secret, Failure> {
    let failure = |why: String| Failure { message: format!("token file {}: {why}", path.display()), may_pass: true };
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

async fn read(mut response: Response, secrets: &[Secret]) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_failure(&error, secrets))? {
        if body.len() + chunk.len() > BODY_LENGTH_MAX {
            let message = format!("the reply is longer than {} MiB", BODY_LENGTH_MAX >> 20);
            return Err(Failure { message, may_pass: false });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn transport_failure(error: &reqwest::Error, secrets: &[Secret]) -> Failure {
    let message = scrub(&innermost(error), secrets);
    Failure { message, may_pass: !(error.is_builder() || error.is_redirect()) }
}

/// The failure that a reply is which Prometheus itself would not give: a proxy's page, a login, a wrong path.
fn strange_reply(status: StatusCode, body: &[u8], secrets: &[Secret]) -> Failure {
    // Cut generously before scrubbing (a secret may straddle the cut), and to measure after it.
    let start = body.get(..EXCERPT_LENGTH_MAX * 16).unwrap_or(body);
    let text = scrub(&String::from_utf8_lossy(start), secrets);
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let excerpt: String = line.trim().chars().take(EXCERPT_LENGTH_MAX).collect();
    let message = format!("HTTP status {}, no reply of Prometheus: `{excerpt}`", status.as_u16());
    Failure { message, may_pass: may_pass(status) }
}

/// The failure that Prometheus' own error is whose HTTP status says that it is not the query's fault.
fn passing_refusal(status: StatusCode, answer: &Value, secrets: &[Secret]) -> Failure {
    let (kind, why) = error_of(answer).unwrap_or_default();
    let why = shorten(&scrub(why, secrets), EXCERPT_LENGTH_MAX);
    Failure { message: format!("HTTP status {} ({kind}): {why}", status.as_u16()), may_pass: true }
}

/// `answer` with its error text and warnings scrubbed; data pass untouched.
fn without_secrets(mut answer: Value, secrets: &[Secret]) -> Value {
    if let Some(Value::String(text)) = answer.get_mut("error") {
        *text = scrub(text, secrets);
    }
    for remark in answer.get_mut("warnings").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::String(text) = remark {
            *text = scrub(text, secrets);
        }
    }
    answer
}

/// Whether the same query may go better a moment later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// `body` and what it holds, if that is JSON. A long one is parsed apart, so that it holds up no other request.
async fn parse(body: Vec<u8>) -> (Vec<u8>, Option<Value>) {
    let work = |body: Vec<u8>| {
        let parsed = serde_json::from_slice(&body).ok();
        (body, parsed)
    };
    if body.len() <= BODY_LENGTH_SMALL {
        return work(body);
    }
    spawn_blocking(move || work(body)).await.unwrap_or_default()
}

fn builder(backend: &Backend) -> reqwest::ClientBuilder {
    let skip_verify = matches!(backend.auth, Auth::Basic { insecure_skip_verify: true, .. });
    let builder = reqwest::Client::builder()
        .user_agent(concat!("iter8-analytics/", env!("CARGO_PKG_VERSION")))
        .redirect(redirects(backend))
        .default_headers(backend.headers.iter().filter_map(header).collect())
        .referer(false)
        .tls_danger_accept_invalid_certs(skip_verify);
    // A proxy for the outside world cannot reach our own loopback.
    let host = backend.url.reveal().host_str().unwrap_or_default();
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") { builder.no_proxy() } else { builder }
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
fn endpoint(backend: &Backend) -> Url {
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
fn secrets(backend: &Backend) -> Vec<Secret> {
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

/// The error at the bottom, which says what happened: those above say in which library, and the top one the URL.
fn innermost(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return if error.is_redirect() { "too many redirects".to_owned() } else { "the request failed".to_owned() };
    };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    shorten(&cause.to_string(), EXCERPT_LENGTH_MAX)
}

/// Longest reply that is read; Prometheus' answer to a counter's query has a few hundred bytes a version.
const BODY_LENGTH_MAX: usize = 16 << 20;
/// Parsed within a millisecond or so.
const BODY_LENGTH_SMALL: usize = 128 << 10;
/// How much of a strange reply is quoted, in characters.
const EXCERPT_LENGTH_MAX: usize = 200;
/// Queries under way at once, from all requests; one that pauses before its next try is none.
/// Prometheus evaluates 20 at once by default.
const QUERIES_AT_ONCE_MAX: usize = 64;
const REDIRECTS_MAX: usize = 5;
/// Longer than any token that a proxy lets through in a header.
const TOKEN_LENGTH_MAX: u64 = 64 << 10;
/// The last part of the path of range queries.
const RANGE_PATH: &str = "query_range";
/// Longest URL that the HTTP library takes is 65,534 bytes; a longer query goes as a form.
const URL_LENGTH_MAX: usize = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn query_url(base: &str) -> String {
        url_of(base, &Query::instant("m", "sum(a{b='c'}) + 1".to_owned(), 12.into()))
    }

    fn url_of(base: &str, query: &Query) -> String {
        let client = Backend::at("here", base).ok().and_then(|backend| Client::new(&backend).ok());
        client.map(|client| String::from(client.query_url(query))).unwrap_or_default()
    }

    #[test]
    fn a_range_is_asked_of_its_own_path() {
        let query = Query::range("m", "a".to_owned(), 15.into(), 60.into(), 15);
        assert_eq!(url_of("http://prom/x", &query), "http://prom/x/api/v1/query_range?query=a&start=15&end=60&step=15");
    }

    #[test]
    fn a_path_prefix_stays_and_slashes_do_not_double() {
        let tail = "api/v1/query?query=sum%28a%7Bb%3D%27c%27%7D%29+%2B+1&time=12";
        assert_eq!(query_url("http://prom:9090"), format!("http://prom:9090/{tail}"));
        assert_eq!(query_url("http://prom:9090/"), format!("http://prom:9090/{tail}"));
        assert_eq!(query_url("http://prom/a/b/"), format!("http://prom/a/b/{tail}"));
    }

    #[test]
    fn what_the_url_asks_for_already_stays() {
        assert!(query_url("http://prom/?tenant=7").starts_with("http://prom/api/v1/query?tenant=7&query=sum"));
    }
}
