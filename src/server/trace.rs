//! A request's id and trace context, taken from its headers or made, for whoever works on it.
//!
//! The id of `X-Request-Id` is kept where it is plain text of bounded length, else one is made. A `traceparent` that
//! has the form of W3C's Trace Context goes on to the backend as it came, and `tracestate` with it: we add no span of
//! our own. Both live in a task-local value, so that the client of the backend finds them without being handed them.
//!
//! Not here: writing them to the log (`log`), and spans.

use std::future::Future;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// What tells a request from all others.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    /// The request's id, fit for a header.
    pub id: String,
    parent: Option<HeaderValue>,
    state: Option<HeaderValue>,
}

tokio::task_local! {
    static TRACE: Trace;
}

impl Trace {
    /// What `headers` say, and an id in any case.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| is_id(id));
        let id = given.map_or_else(|| format!("{:032x}", fastrand::u128(..)), str::to_owned);
        let mut parents = headers.get_all(PARENT).iter();
        // Two of them are none: nobody knows which is meant.
        let parent = parents.next().filter(|value| parents.next().is_none() && is_parent(value.as_bytes())).cloned();
        let state = headers.get(STATE).filter(|value| parent.is_some() && value.len() <= STATE_LENGTH_MAX).cloned();
        Self { id, parent, state }
    }

    /// Runs `work` on behalf of this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        TRACE.scope(self, work).await
    }

    /// The id as a header's value; an id was checked for that.
    pub fn id_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.id).ok()
    }
}

/// What the backend is told of the request that is worked on; nothing outside of one.
pub(super) fn headers() -> HeaderMap {
    TRACE
        .try_with(|trace| {
            let pairs = [(REQUEST_ID, trace.id_header()), (PARENT, trace.parent.clone()), (STATE, trace.state.clone())];
            pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
        })
        .unwrap_or_default()
}

fn is_id(text: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&letter);
    (1..=ID_LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Whether `text` is `version-trace-span-flags` in lower-case hexadecimal, neither trace nor span all zeros.
fn is_parent(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&letter| letter == b'-').collect();
    let [version, trace, span, flags, rest @ ..] = parts.as_slice() else { return false };
    let is_hex = |part: &[u8], length| {
        part.len() == length && part.iter().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_set = |part: &[u8]| part.iter().any(|&letter| letter != b'0');
    // Version ff is none; those above 00 may say more at the end.
    is_hex(version, 2)
        && *version != b"ff"
        && is_hex(trace, 32)
        && is_set(trace)
        && is_hex(span, 16)
        && is_set(span)
        && is_hex(flags, 2)
        && (rest.is_empty() || *version != b"00")
        && text.len() <= PARENT_LENGTH_MAX
}

/// The header that holds a request's id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");
const ID_LENGTH_MAX: usize = 128;
const PARENT_LENGTH_MAX: usize = 256;
/// W3C asks for at least this much to be passed on.
const STATE_LENGTH_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_parent_has_the_form_of_the_standard() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_parent(good.as_bytes()) && is_parent(format!("cc{}-more", &good[2..]).as_bytes()));
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert!(!is_parent(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn an_id_that_would_make_a_mess_of_a_log_is_replaced() {
        for bad in ["", "a b", "a\"b", &"x".repeat(129)] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(is_id("f058ebd6-02f7-4d3f-942e-904344e8cde5"));
    }
}
