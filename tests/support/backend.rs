//! A rule that knows the answer to every query becomes a Prometheus on a port of its own.
//!
//! Threads and blocking sockets: a server under test has its own runtime, and this one must not share it.
//!
//! Not here: PromQL. A rule looks for a word in the query.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::http::{read_headers, read_line};

/// What the backend does with a query.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It answers with this status and body.
    Json(u16, Value),
    /// It closes the connection.
    HangUp,
}

type Rule = dyn Fn(&str) -> Answer + Send + Sync;

/// A backend that listens until the process ends.
pub struct Backend {
    pub address: SocketAddr,
    rule: Arc<Mutex<Arc<Rule>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    /// A backend that answers by `rule`, which is given the query's text.
    pub fn start(rule: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let rule: Arc<Mutex<Arc<Rule>>> = Arc::new(Mutex::new(Arc::new(rule)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let backend = Self { address, rule: Arc::clone(&rule), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (rule, asked) = (Arc::clone(&rule), Arc::clone(&asked));
                thread::spawn(move || {
                    let mut reader = BufReader::new(&stream);
                    while answer_one(&mut reader, &rule, &asked).is_some() {}
                });
            }
        });
        backend
    }

    /// Answers by another rule from now on.
    pub fn follow(&self, rule: impl Fn(&str) -> Answer + Send + Sync + 'static) {
        *self.rule.lock().expect("a rule") = Arc::new(rule);
    }

    /// The queries since the last call, sorted: a server may ask them in any order.
    pub fn take_queries(&self) -> Vec<String> {
        let mut queries = std::mem::take(&mut *self.asked.lock().expect("queries"));
        queries.sort();
        queries
    }

    /// The root of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A success with one sample for each `(labels, value)`.
pub fn vector<'a>(samples: impl IntoIterator<Item = (Value, &'a str)>) -> Answer {
    let result: Vec<Value> = samples
        .into_iter()
        .map(|(labels, value)| json!({"metric": labels, "value": [1_780_000_000.5, value]}))
        .collect();
    Answer::Json(200, json!({"status": "success", "data": {"resultType": "vector", "result": result}}))
}

fn answer_one(reader: &mut BufReader<&TcpStream>, rule: &Mutex<Arc<Rule>>, asked: &Mutex<Vec<String>>) -> Option<()> {
    let first = read_line(reader).ok()?;
    let headers = read_headers(reader).ok()?;
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut form = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut form).ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    let parameters =
        target.split_once('?').map_or_else(|| String::from_utf8_lossy(&form).into_owned(), |(_, q)| q.into());
    let query =
        parameters.split('&').find_map(|part| part.strip_prefix("query=")).map(percent_decoded).unwrap_or_default();
    asked.lock().ok()?.push(query.clone());
    let rule = Arc::clone(&*rule.lock().ok()?);
    let Answer::Json(status, body) = rule(&query) else {
        reader.get_ref().shutdown(std::net::Shutdown::Both).ok();
        return None;
    };
    let body = body.to_string();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut writer = *reader.get_ref();
    writer.write_all((head + &body).as_bytes()).ok()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
