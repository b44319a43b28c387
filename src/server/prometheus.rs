//! Queries become the answers of a Prometheus over HTTP.
//!
//! `GET {url}/api/v1/query?query=...&time=...`, as v1.0.0 asked, but all queries at once and with patience
//! (`retry`). A reply that is Prometheus' own JSON is the answer, an error among them: its text says more than the
//! HTTP status. Only an error that may pass (5xx, 429) is asked again. That, if it stays, and whatever else is no
//! answer becomes `{"error": "why"}`, which the engine turns into a problem of the data.
//!
//! Not here: connections and what they carry (`connection`), replies that are no answers (`reading`), what the answers
//! mean (`query`), and any memory of earlier ones.

mod connection;
mod reading;

use std::fmt;
use std::sync::Arc;

use reqwest::Url;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::config::{Auth, Backend, Token};
use super::retry::{Failure, persist};
use super::secret::Secret;
use super::watched::Watched;
use super::{tls, trace};
use crate::Query;
use crate::query::reply;

/// A client of one Prometheus. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    http: Arc<Watched<reqwest::Client>>,
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
        let given = Arc::new(backend.clone());
        let build = {
            let given = Arc::clone(&given);
            move || connection::builder(&given)
        };
        let is_https = backend.url.reveal().scheme() == "https";
        let http = match tls::client(&backend.tls, build.clone()) {
            // A bare container has no certificates, and a plain-HTTP backend needs none.
            Err(_) if !is_https => tls::client(&backend.tls, move || build().tls_certs_only([])),
            built => built,
        };
        Ok(Self {
            http: http.map_err(ClientError)?,
            backend: given,
            endpoint: connection::endpoint(backend),
            secrets: connection::secrets(backend).into(),
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
        let http = self.http.current().await;
        let request = if url.as_str().len() <= URL_LENGTH_MAX {
            http.get(url.clone())
        } else {
            // What the query string would have held is the very text of a form.
            let form = url.query().unwrap_or_default().to_owned();
            let mut short = url.clone();
            short.set_query(None);
            http.post(short).header("content-type", "application/x-www-form-urlencoded").body(form)
        };
        let request = match &self.backend.auth {
            Auth::None => request,
            Auth::Basic { username, password } => request.basic_auth(username.reveal(), Some(password.reveal())),
            Auth::Bearer(Token::Given(token)) => request.bearer_auth(token.reveal()),
            Auth::Bearer(Token::File(path)) => {
                let token = connection::read_token(path).await?;
                let request = request.bearer_auth(token.reveal());
                secrets = secrets.iter().cloned().chain([token]).collect();
                request
            }
        };
        let request = request.headers(trace::headers());
        let response = request.send().await.map_err(|error| reading::transport_failure(&error, &secrets))?;
        reading::answer(response, url.path().ends_with(RANGE_PATH), &secrets).await
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

/// Queries under way at once, from all requests; one that pauses before its next try is none.
/// Prometheus evaluates 20 at once by default.
const QUERIES_AT_ONCE_MAX: usize = 64;
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
