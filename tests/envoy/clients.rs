//! Clients that go away in the middle, over HTTP/1.1 and HTTP/2: each of their requests is one count, an abort with its time
//! until then, and no error of the version, unless the version's own answer had said so before.
//!
//! Not here: upstreams that break off (`upstreams`).

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::machines::{DEATH, ask, counted};
use super::manners::{Manner, PART, Upstream};
use super::process::{Envoy, example};
use super::shop::Shop;
use super::upstreams::{all_to_v2, total};
use super::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_client_leaves_its_request_is_one_abort_with_its_time_until_then() {
    for moment in MOMENTS {
        let upstream = Upstream::open(moment.manner).await;
        let mut envoy = Envoy::prepare(&bootstrap(), Some(&listener()), [upstream.port, upstream.port, 1]);
        envoy.start().await;
        let open = async || envoy.sum_of(&["open_streams"]).await;
        let (mut requests, mut clients, began) = (0, Vec::new(), Instant::now());
        for leaves in LEAVES.iter().cycle().take(3 * LEAVES.len()) {
            requests += 1;
            clients.push(Client::ask(&envoy, *leaves, moment.sends).await);
            upstream.wait_for(moment.attempts * requests).await;
        }
        for client in clients.iter_mut().filter(|_| moment.code != 0) {
            client.read_until_part().await;
        }
        assert_eq!(open().await, requests as f64, "{}", moment.name);
        tokio::time::sleep(PATIENCE).await;
        let mut kept = Vec::new();
        for client in clients {
            kept.extend(client.leave().await);
        }
        wait_until("all are forgotten", async || open().await == 0.0).await;
        wait_until("all are counted", async || counted(&envoy).await == requests).await;
        check(&envoy, &moment, requests as f64, began.elapsed()).await;
    }
}

/// Whether so many `requests`, none older than `age`, were counted as what they are.
async fn check(envoy: &Envoy, moment: &Moment, requests: f64, age: Duration) {
    let code = format!("response_code=\"{}\"", moment.code);
    let found = [
        envoy.sum_of(&["istio_requests_total{", &code]).await,
        envoy.sum_of(&["iter8_aborts_total"]).await,
        envoy.sum_of(&["iter8_retries_total"]).await,
        envoy.sum_of(&["iter8_resets_total"]).await,
        envoy.sum_of(&["envoy_http_downstream_rq_total{", "shop"]).await,
    ];
    let retries = (moment.attempts - 1) as f64 * requests;
    assert_eq!(found, [requests, requests, retries, 0.0, requests], "{}", moment.name);
    let mean_ms = envoy.sum_of(&["istio_request_duration_milliseconds_sum"]).await / requests;
    let (least, most) = (PATIENCE.as_secs_f64() * 1e3, age.as_secs_f64() * 1e3);
    assert!(least <= mean_ms && mean_ms <= most, "{}: {least} {mean_ms} {most}", moment.name);
    let errors = if moment.code >= 500 { requests } else { 0.0 };
    wait_until("an assessment has them", async || {
        let of = |counter: &str| total(&envoy.log(), &["shop-v1", "shop-v2"], counter);
        (of("iter8_request_count"), of("iter8_error_count")) == (Some(requests), Some(errors))
    })
    .await;
    assert!(!envoy.log().contains(DEATH), "{}", envoy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_go_away_are_counted_and_harm_nobody() {
    let shop = Shop::open().await;
    // This one reads a header of the response: where a client goes away there is none.
    let mut envoy = Envoy::prepare(&example("bootstrap.yaml"), Some(&example("abn.yaml")), shop.ports);
    envoy.start().await;
    shop.dawdle(Duration::from_secs(3));
    for _ in 0..6 {
        let mut client = TcpStream::connect(("127.0.0.1", envoy.port)).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    wait_until("all are counted", async || envoy.sum_of(&["iter8_aborts_total"]).await == 6.0).await;
    shop.dawdle(Duration::ZERO);
    for _ in 0..20 {
        assert_eq!(ask(&envoy, &[]).await.0, 200);
    }
    wait_until("the others too", async || counted(&envoy).await == 26).await;
    assert!(!envoy.log().contains(DEATH), "{}", envoy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_before_a_request_is_one_counts_for_no_version() {
    let shop = Shop::open().await;
    let mut envoy = Envoy::prepare(&bootstrap(), Some(&listener()), shop.ports);
    envoy.start().await;
    for beginning in [&b"GET / HT"[..], b"GET / HTTP/1.1\r\nhost: sh", PREFACE, &PREFACE[..9]] {
        let mut client = TcpStream::connect(("127.0.0.1", envoy.port)).await.unwrap();
        client.write_all(beginning).await.unwrap();
        tokio::time::sleep(PATIENCE).await;
    }
    for _ in 0..20 {
        assert_eq!(ask(&envoy, &[]).await.0, 200);
    }
    wait_until("the others are counted", async || counted(&envoy).await == 20).await;
    wait_until("all are forgotten", async || envoy.sum_of(&["open_streams"]).await == 0.0).await;
    assert_eq!(envoy.sum_of(&["iter8_aborts_total"]).await, 0.0);
    assert!(!envoy.log().contains(DEATH), "{}", envoy.log());
}

/// With more retries at a time than the three that Envoy allows.
fn bootstrap() -> String {
    let cluster = "    load_assignment: {cluster_name: shop-v";
    let lenient = format!("    circuit_breakers: {{thresholds: [{{max_retries: 100}}]}}\n{cluster}");
    example("bootstrap.yaml").replace(cluster, &lenient)
}

/// The canary with retries, which tells how many streams are open and reads a header that answers may have.
fn listener() -> String {
    all_to_v2("reset")
        .replace("timeout: 1s", "timeout: 60s")
        .replace("{\"name\": \"tries\"}", "{\"name\": \"tries\"}, {\"name\": \"basket\"}")
        .replace("\"counters\": {", "\"counters\": {\"basket\": {\"response_header\": \"x-basket\"}, ")
        .replace("iter8.wasm", "dies.wasm")
}

/// Where its client leaves a request: what it did, what the upstream does meanwhile, what Envoy knows by then.
struct Moment {
    name: &'static str,
    sends: Sends,
    manner: Manner,
    /// Attempts upstream.
    attempts: u64,
    /// The code of the response; 0: none came.
    code: u16,
}

/// How much of a request its client sends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sends {
    All,
    PartOfItsBody,
}

/// How a client goes away.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leaves {
    /// Closes its connection.
    Closes,
    /// Its machine knows of no connection any more.
    Resets,
    /// Cancels the request alone.
    CancelsHttp2,
    /// Closes its connection in the middle of a stream.
    ClosesHttp2,
}

struct Client {
    stream: TcpStream,
    leaves: Leaves,
}

impl Client {
    /// One that has asked.
    async fn ask(envoy: &Envoy, leaves: Leaves, sends: Sends) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", envoy.port)).await.unwrap();
        let request = match (leaves, sends) {
            (Leaves::Closes | Leaves::Resets, Sends::All) => b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n".to_vec(),
            (Leaves::Closes | Leaves::Resets, Sends::PartOfItsBody) => {
                [b"POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 400\r\n\r\n", PART].concat()
            }
            (_, Sends::All) => {
                [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, END_HEADERS | END_STREAM, 1, GET)].concat()
            }
            (_, Sends::PartOfItsBody) => {
                let headers = frame(HEADERS, END_HEADERS, 1, POST);
                [PREFACE, &frame(SETTINGS, 0, 0, &[]), &headers, &frame(DATA, 0, 1, PART)].concat()
            }
        };
        stream.write_all(&request).await.unwrap();
        Self { stream, leaves }
    }

    /// Waits for the part of a body that an upstream sends; both protocols send it as it is.
    async fn read_until_part(&mut self) {
        let mut answer = Vec::new();
        while !answer.windows(PART.len()).any(|window| window == PART) {
            assert!(self.stream.read_buf(&mut answer).await.unwrap() > 0, "Envoy hung up");
        }
    }

    /// Goes away; gives the connection where there is one still.
    async fn leave(mut self) -> Option<TcpStream> {
        match self.leaves {
            Leaves::Closes | Leaves::ClosesHttp2 => None,
            Leaves::Resets => {
                self.stream.set_zero_linger().unwrap();
                None
            }
            Leaves::CancelsHttp2 => {
                self.stream.write_all(&frame(RST_STREAM, 0, 1, &CANCEL)).await.unwrap();
                Some(self.stream)
            }
        }
    }
}

const fn moment(name: &'static str, sends: Sends, manner: Manner, attempts: u64, code: u16) -> Moment {
    Moment { name, sends, manner, attempts, code }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let head = [0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream];
    [&head, payload].concat()
}

const MOMENTS: [Moment; 6] = [
    moment("in its request's body", Sends::PartOfItsBody, Manner::Hangs, 1, 0),
    moment("before an answer", Sends::All, Manner::Hangs, 1, 0),
    moment("while it is retried", Sends::All, Manner::Wavers, 2, 0),
    moment("in its answer's body", Sends::All, Manner::Stalls, 1, 200),
    moment("in both bodies", Sends::PartOfItsBody, Manner::Stalls, 1, 200),
    moment("in the body of a failure", Sends::All, Manner::Fails, 1, 503),
];
const LEAVES: [Leaves; 4] = [Leaves::Closes, Leaves::Resets, Leaves::CancelsHttp2, Leaves::ClosesHttp2];
/// How long a client waits before it leaves.
const PATIENCE: Duration = Duration::from_millis(300);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
/// Method, scheme, path by their places in HPACK's table (RFC 7541, appendix A); then the authority as it is.
const GET: &[u8] = b"\x82\x86\x84\x41\x04shop";
const POST: &[u8] = b"\x83\x86\x84\x41\x04shop";
