//! A request's body becomes bytes, within bounds of length, time and memory.
//!
//! A body over the limit is refused with 413, one that dawdles with 408, and one that finds the memory for bodies
//! used up with 503; one that is packed is refused with 415. The refusal goes out at once, and what its client still sends is
//! read and dropped for a while: closing would reset the connection before the client has read why.
//!
//! Not here: what the bytes mean. The content type is not looked at, as in v1.0.0.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::config::Limits;
use super::log::Facts;
use super::reply;
use crate::error::shorten;

/// Memory for the bodies of all requests under way.
#[derive(Debug, Clone)]
pub(super) struct BodyMemory {
    units: Arc<Semaphore>,
    length_max: usize,
    patience: Duration,
}

/// A body and its share of the memory.
#[derive(Debug)]
pub(super) struct HeldBody {
    pub bytes: Vec<u8>,
    /// To be kept as long as anything that was made from the bytes.
    pub share: MemoryShare,
}

/// A share of the memory for bodies, given back when this is dropped.
#[derive(Debug, Default)]
pub(super) struct MemoryShare(Option<OwnedSemaphorePermit>);

impl BodyMemory {
    /// Memory for bodies within `limits`.
    pub fn new(limits: &Limits) -> Self {
        let units = Arc::new(Semaphore::new(MEMORY_BYTES >> UNIT_BITS));
        Self { units, length_max: limits.body_bytes_max, patience: limits.body_timeout }
    }

    /// Bytes that are given to nobody.
    #[cfg(test)]
    pub fn free_bytes(&self) -> usize {
        self.units.available_permits() << UNIT_BITS
    }

    /// The body of `request`, or the reply that refuses it.
    pub async fn read(&self, request: Request) -> Result<HeldBody, Response> {
        let may_drain = !request.headers().contains_key(header::EXPECT);
        let announced = announced_length(&request);
        let packed = packing(&request);
        let mut stream = request.into_body().into_data_stream();
        if let Some(packing) = packed {
            if may_drain {
                drain_stream(stream);
            }
            return Err(unpackable(&packing));
        }
        if announced.is_some_and(|length| length > self.length_max as u64) {
            // A client that waits for `100 Continue` has not sent it yet, and would if we read.
            if may_drain {
                drain_stream(stream);
            }
            return Err(self.too_long());
        }
        match timeout(self.patience, self.collect(&mut stream)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(Refusal { response, drain })) => {
                if drain {
                    drain_stream(stream);
                }
                Err(response)
            }
            Err(_) => {
                let seconds = self.patience.as_secs_f64();
                Err(refuse(StatusCode::REQUEST_TIMEOUT, format!("the body did not arrive within {seconds} s")))
            }
        }
    }

    async fn collect(&self, stream: &mut BodyDataStream) -> Result<HeldBody, Refusal> {
        let mut body = HeldBody { bytes: Vec::new(), share: MemoryShare::default() };
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                let response = refuse(StatusCode::BAD_REQUEST, "the body broke off".to_owned());
                return Err(Refusal { response, drain: false });
            };
            if body.bytes.len() + chunk.len() > self.length_max {
                return Err(Refusal { response: self.too_long(), drain: true });
            }
            let units_held = body.bytes.len().div_ceil(1 << UNIT_BITS);
            body.bytes.extend_from_slice(&chunk);
            let units_more = body.bytes.len().div_ceil(1 << UNIT_BITS) - units_held;
            let Ok(more) = self.units.clone().try_acquire_many_owned(units_more as u32) else {
                return Err(Refusal { response: busy(), drain: true });
            };
            match &mut body.share.0 {
                Some(share) => share.merge(more),
                empty => *empty = Some(more),
            }
        }
        Ok(body)
    }

    fn too_long(&self) -> Response {
        let mebibytes = self.length_max >> 20;
        refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {mebibytes} MiB"))
    }
}

/// Reads and drops what a client still sends, for a while, beside the reply.
pub(super) fn drain(request: Request) {
    if !request.headers().contains_key(header::EXPECT) {
        drain_stream(request.into_body().into_data_stream());
    }
}

struct Refusal {
    response: Response,
    drain: bool,
}

fn drain_stream(mut stream: BodyDataStream) {
    let until_end = async move {
        let mut length = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            length += chunk.len();
            if length > DRAIN_LENGTH_MAX {
                break;
            }
        }
    };
    tokio::spawn(timeout(DRAIN_TIMEOUT, until_end));
}

/// How the body of `request` is packed, if it is.
fn packing(request: &Request<Body>) -> Option<String> {
    let values = request.headers().get_all(header::CONTENT_ENCODING).iter();
    let words: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).collect();
    words.into_iter().find(|word| !word.is_empty() && !word.eq_ignore_ascii_case("identity"))
}

fn unpackable(packing: &str) -> Response {
    let why = format!("the body is packed (`content-encoding: {}`): only `identity` is taken", shorten(packing, 40));
    ([(header::ACCEPT_ENCODING, "identity")], refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, why)).into_response()
}

fn announced_length(request: &Request<Body>) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn refuse(status: StatusCode, why: String) -> Response {
    let mut response = reply::detail(status, &why);
    response.extensions_mut().insert(Facts { problem: Some(why), ..Facts::default() });
    response
}

fn busy() -> Response {
    let response = refuse(StatusCode::SERVICE_UNAVAILABLE, "too many large requests at once".to_owned());
    ([(header::RETRY_AFTER, "1")], response).into_response()
}

/// Memory for all bodies together: sixteen of the longest.
const MEMORY_BYTES: usize = 256 << 20;
/// Memory is counted in units of 1 KiB.
const UNIT_BITS: u32 = 10;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
const DRAIN_LENGTH_MAX: usize = 64 << 20;
