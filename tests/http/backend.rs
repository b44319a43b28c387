//! A scripted Prometheus: a function from what is asked to what is answered, and a record of what was asked.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One query as the backend saw it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// From 1, over all queries.
    pub count: usize,
    pub method: String,
    pub path: String,
    pub query: String,
    pub time: String,
    /// Of a range query; else empty.
    pub step: String,
    pub headers: HeaderMap,
}

/// What the backend does about a query.
pub enum Answer {
    Json(u16, Value),
    Text(u16, String),
    After(Duration, Value),
    /// The start of a reply, then a few bytes now and then, without end.
    Drip,
    /// As fast as it is read, without end.
    Endless,
    Bytes(usize),
    Redirect(String),
    /// With these headers.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
}

pub struct Backend {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_private: bool,
}

type Script = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

impl Backend {
    pub async fn start(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(script);
        let router = Router::new().fallback(handle).with_state((script, asked.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked, is_private: false }
    }

    /// The same behind TLS.
    pub async fn start_private(tls: TlsAcceptor, script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(script);
        let router = Router::new().fallback(handle).with_state((script, asked.clone()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, service) = (tls.clone(), TowerToHyperService::new(router.clone()));
                tokio::spawn(async move {
                    let stream = TokioIo::new(tls.accept(stream).await.ok()?);
                    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await.ok()
                });
            }
        });
        Self { address, asked, is_private: true }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_private { "https" } else { "http" }, self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// A vector as Prometheus gives it, one sample for each `(version, value)`.
pub fn vector(samples: &[(&str, &str)]) -> Value {
    let result: Vec<Value> = samples
        .iter()
        .map(|(version, value)| json!({"metric": {"version": version}, "value": [1767262200.0, value]}))
        .collect();
    json!({"status": "success", "data": {"resultType": "vector", "result": result}})
}

/// A healthy backend: 1000 and 500 requests, 20 and 10 errors.
pub fn healthy(asked: &Asked) -> Answer {
    Answer::Json(200, healthy_data(asked))
}

pub fn healthy_data(asked: &Asked) -> Value {
    if asked.query.contains("errors") {
        vector(&[("v1", "20"), ("v2", "10")])
    } else {
        vector(&[("v1", "1000"), ("v2", "500")])
    }
}

/// A backend that answers each connection's first bytes with these, and hangs up.
pub async fn curt(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Where nothing is read before the end, the system sends a reset.
            if !answer.is_empty() {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer).await;
            }
        }
    });
    url
}

/// `text` as gzip.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A port on which nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

type Shared = (Script, Arc<Mutex<Vec<Asked>>>);

async fn handle(State((script, record)): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text = parts.uri.query().map_or_else(|| String::from_utf8_lossy(&form).into_owned(), str::to_owned);
    let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
    let pairs: HashMap<String, String> = url.query_pairs().into_owned().collect();
    let pair = |name: &str| pairs.get(name).cloned().unwrap_or_default();
    let asked = {
        let mut record = record.lock().unwrap();
        let (path, query) = (parts.uri.path().to_owned(), pair("query"));
        let (time, step) = (pair("time"), pair("step"));
        let method = parts.method.to_string();
        let asked = Asked { count: record.len() + 1, method, path, query, time, step, headers: parts.headers };
        record.push(asked.clone());
        asked
    };
    match script(&asked) {
        Answer::Json(status, value) => reply(status, value.to_string()),
        Answer::Text(status, text) => reply(status, text),
        Answer::After(wait, value) => {
            tokio::time::sleep(wait).await;
            reply(200, value.to_string())
        }
        Answer::Bytes(length) => reply(200, Body::from(vec![b' '; length])),
        Answer::Raw(status, headers, body) => {
            let mut response = reply(status, body);
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Answer::Redirect(target) => (StatusCode::FOUND, [("location", target)]).into_response(),
        Answer::Endless => {
            let chunk = Bytes::from(vec![b'['; 1 << 16]);
            let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
            Body::from_stream(chunks).into_response()
        }
        Answer::Drip => {
            let drops = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b"{")), ()))
            });
            Body::from_stream(drops).into_response()
        }
    }
}

fn reply(status: u16, body: impl Into<Body>) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.into()).into_response()
}
