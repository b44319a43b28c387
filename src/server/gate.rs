//! A request for an assessment is let in, or told why not: who asks, and how many ask at once.
//!
//! Who is asked for credentials and has none, or others, gets 401; one more than may be under way gets 503 and when to come
//! back, at once, instead of a place in a queue that no client has the patience for. Credentials are compared as digests,
//! so that the time it takes tells nothing. A token file is watched.
//!
//! Not here: certificates (`tls`), the number of connections (`connections`), and other paths: probes and scrapes need none.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};
use tokio::sync::Semaphore;

use super::config::{Auth, Token};
use super::log::Facts;
use super::watched::Watched;
use super::{body, reply, secret};

/// Who may ask, and how many at once.
pub(super) struct Gate {
    credentials: Option<Credentials>,
    places: Semaphore,
}

/// What a request has to show.
struct Credentials {
    /// `Basic` or `Bearer`.
    scheme: &'static str,
    /// Digest of what has to stand behind the scheme.
    expected: Arc<Watched<Digest>>,
}

type Digest = [u8; 32];

impl Gate {
    /// A gate for `requests_max` at once who identify themselves by `auth`.
    ///
    /// # Errors
    /// The token file cannot be read or holds no token.
    pub fn new(auth: &Auth, requests_max: usize) -> Result<Self, String> {
        let fixed = |text: String| Watched::new(Vec::new(), move |_| Ok(digest_of(text.as_bytes())));
        let credentials = match auth {
            Auth::None => None,
            Auth::Basic { username, password } => {
                let text = secret::basic(username, password);
                Some(Credentials { scheme: "Basic", expected: fixed(text)? })
            }
            Auth::Bearer(Token::Given(token)) => {
                Some(Credentials { scheme: "Bearer", expected: fixed(token.reveal().to_owned())? })
            }
            Auth::Bearer(Token::File(path)) => {
                let shown = path.display().to_string();
                let make = move |contents: &[Vec<u8>]| match contents.first().map(|bytes| bytes.trim_ascii()) {
                    Some(token) if !token.is_empty() => Ok(digest_of(token)),
                    _ => Err(format!("{shown}: it is empty")),
                };
                Some(Credentials { scheme: "Bearer", expected: Watched::new(vec![path.clone()], make)? })
            }
        };
        Ok(Self { credentials, places: Semaphore::new(requests_max) })
    }
}

/// Lets `request` through if it may, and keeps its place until there is a reply.
pub(super) async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if let Some(credentials) = &gate.credentials
        && let Err(why) = credentials.check(request.headers()).await
    {
        let demand = HeaderValue::from_static(match credentials.scheme {
            "Basic" => r#"Basic realm="iter8-analytics", charset="UTF-8""#,
            _ => r#"Bearer realm="iter8-analytics""#,
        });
        return refuse(request, StatusCode::UNAUTHORIZED, why, (header::WWW_AUTHENTICATE, demand)).await;
    }
    let Ok(_place) = gate.places.try_acquire() else {
        let wait = (header::RETRY_AFTER, HeaderValue::from_static("1"));
        return refuse(request, StatusCode::SERVICE_UNAVAILABLE, "too many requests at once", wait).await;
    };
    next.run(request).await
}

impl Credentials {
    async fn check(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let Some(given) = headers.get(header::AUTHORIZATION) else { return Err("no credentials were sent") };
        let (scheme, given) = split_at_blank(given.as_bytes());
        if !scheme.eq_ignore_ascii_case(self.scheme.as_bytes()) {
            return Err("credentials of another scheme were sent");
        }
        if digest_of(given) == self.expected.current().await { Ok(()) } else { Err("the credentials are wrong") }
    }
}

async fn refuse(
    request: Request,
    status: StatusCode,
    why: &str,
    header: (header::HeaderName, HeaderValue),
) -> Response {
    body::drain(request);
    let mut response = ([header], reply::detail(status, why)).into_response();
    response.extensions_mut().insert(Facts { problem: Some(why.to_owned()), ..Facts::default() });
    response
}

/// What stands before the first blank of `value`, and what behind it, without more blanks.
fn split_at_blank(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|&byte| byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    (scheme, rest.trim_ascii())
}

fn digest_of(bytes: &[u8]) -> Digest {
    let mut copy = Digest::default();
    copy.copy_from_slice(digest(&SHA256, bytes).as_ref());
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Secret;

    async fn is_let_in(auth: &Auth, authorization: Option<&str>) -> bool {
        let gate = Gate::new(auth, 1).unwrap_or_else(|why| panic!("{why}"));
        let headers = authorization.and_then(|text| text.parse().ok()).map(|value| (header::AUTHORIZATION, value));
        let credentials = gate.credentials.unwrap_or_else(|| panic!("nothing is asked for"));
        credentials.check(&headers.into_iter().collect()).await.is_ok()
    }

    #[tokio::test]
    async fn only_the_right_credentials_are_let_in() {
        let basic = Auth::Basic { username: Secret::new("Aladdin"), password: Secret::new("open sesame") };
        let bearer = Auth::Bearer(Token::Given(Secret::new("hunter2")));
        // The example of RFC 7617.
        let right = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        assert!(
            is_let_in(&basic, Some(right)).await && is_let_in(&basic, Some(&right.replace("Basic ", "basic  "))).await
        );
        assert!(is_let_in(&bearer, Some("Bearer hunter2")).await);
        for wrong in [None, Some(""), Some("Basic"), Some("Bearer hunter2"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")] {
            assert!(!is_let_in(&basic, wrong).await, "{wrong:?}");
        }
        for wrong in [None, Some("hunter2"), Some("Bearer hunter"), Some("Bearer hunter22"), Some(right)] {
            assert!(!is_let_in(&bearer, wrong).await, "{wrong:?}");
        }
    }
}
