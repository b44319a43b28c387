//! What came back over HTTP becomes an answer of Prometheus, or a failure: why there is none, without secrets.
//!
//! A reply that is Prometheus' own JSON is the answer, an error among them: its text says more than the HTTP status. Only an
//! error that may pass (5xx, 429) is a failure, to be tried again. A compressed reply is measured as it unfolds: a bomb stops
//! at the same limit as any other that is too long.
//!
//! Not here: tries and pauses (`retry`), what an answer means (`query`).

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::error::shorten;
use crate::query::reply::error_of;
use crate::server::retry::Failure;
use crate::server::secret::{Secret, scrub};

/// The answer in `response`, to a range query if `is_range`.
pub(super) async fn answer(response: Response, is_range: bool, secrets: &[Secret]) -> Result<Value, Failure> {
    let status = response.status();
    let wait = wait_asked_for(&response);
    let body = read(response, secrets).await?;
    let (body, parsed) = parse(body).await;
    match parsed {
        Some(answer) if may_pass(status) && error_of(&answer).is_some() => {
            Err(Failure { wait, ..passing_refusal(status, &answer, secrets) })
        }
        Some(answer) if answer.get("status").is_some() => Ok(without_secrets(answer, secrets)),
        // A backend without range queries refuses them for good: that is an answer, and totals must do.
        _ if is_range && !may_pass(status) => {
            let message = strange_reply(status, &body, secrets).message;
            Ok(json!({"status": "error", "errorType": "http", "error": message}))
        }
        _ => Err(Failure { wait, ..strange_reply(status, &body, secrets) }),
    }
}

/// How long the backend asks to be left alone; a date in place of seconds is passed over.
fn wait_asked_for(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn read(mut response: Response, secrets: &[Secret]) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_failure(&error, secrets))? {
        if body.len() + chunk.len() > BODY_LENGTH_MAX {
            let message = format!("the reply is longer than {} MiB", BODY_LENGTH_MAX >> 20);
            return Err(Failure { message, may_pass: false, wait: None });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) fn transport_failure(error: &reqwest::Error, secrets: &[Secret]) -> Failure {
    let message = scrub(&innermost(error), secrets);
    Failure { message, may_pass: !(error.is_builder() || error.is_redirect()), wait: None }
}

/// The failure that a reply is which Prometheus itself would not give: a proxy's page, a login, a wrong path.
fn strange_reply(status: StatusCode, body: &[u8], secrets: &[Secret]) -> Failure {
    // Cut generously before scrubbing (a secret may straddle the cut), and to measure after it.
    let start = body.get(..EXCERPT_LENGTH_MAX * 16).unwrap_or(body);
    let text = scrub(&String::from_utf8_lossy(start), secrets);
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let excerpt: String = line.trim().chars().take(EXCERPT_LENGTH_MAX).collect();
    let message = format!("HTTP status {}, no reply of Prometheus: `{excerpt}`", status.as_u16());
    Failure { message, may_pass: may_pass(status), wait: None }
}

/// The failure that Prometheus' own error is whose HTTP status says that it is not the query's fault.
fn passing_refusal(status: StatusCode, answer: &Value, secrets: &[Secret]) -> Failure {
    let (kind, why) = error_of(answer).unwrap_or_default();
    let why = shorten(&scrub(why, secrets), EXCERPT_LENGTH_MAX);
    Failure { message: format!("HTTP status {} ({kind}): {why}", status.as_u16()), may_pass: true, wait: None }
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
