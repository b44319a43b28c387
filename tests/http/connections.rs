//! Connections: kept, half used, overfull, and closed at the end.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::backend::{Answer, Backend, healthy_data, nobody};
use crate::server::{Server, config, connect, exchange, experiment, http, receive};

fn post(body: &str) -> String {
    format!("POST /assessment HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn one_connection_carries_many_requests_whatever_their_answers() {
    let server = Server::start(&nobody().await).await;
    let mut stream = connect(&server).await;
    for _ in 0..50 {
        let (head, body) = exchange(&mut stream, "GET /health_check HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 OK") && body == r#"{"status":"Ok"}"#, "{head} {body}");
        let (head, _) = exchange(&mut stream, &post("{nonsense")).await;
        assert!(head.starts_with("HTTP/1.1 422"), "{head}");
        let (head, _) = exchange(&mut stream, &post("x").replace("/assessment", "/nowhere")).await;
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
        let (head, _) = exchange(&mut stream, &post(&"y".repeat(300_000)).replace("POST", "PUT")).await;
        assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    }
}

#[tokio::test]
async fn a_client_may_close_its_side_once_it_has_asked() {
    let server = Server::start(&nobody().await).await;
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /health_check HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with(r#"{"status":"Ok"}"#), "{text}");
}

/// Writes 17 MiB of body behind `head`, and reads the reply all the while.
async fn send_too_much(mut stream: TcpStream, head: &str, frame: impl Fn(&[u8]) -> Vec<u8>) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = frame(&vec![b' '; 1 << 20]);
    for _ in 0..17 {
        // A server that hangs up early would break this.
        stream.write_all(&chunk).await.unwrap();
    }
    let _ = stream.write_all(if chunk.ends_with(b"\r\n") { b"0\r\n\r\n" } else { b"" }).await;
    let (head, body) = receive(&mut stream).await;
    format!("{head}\n{body}")
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_client_gets_to_read_why() {
    let server = Server::start(&nobody().await).await;
    let announced = format!("POST /assessment HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 17 << 20);
    let chunked = "POST /assessment HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let frame = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    for reply in [
        send_too_much(connect(&server).await, &announced, <[u8]>::to_vec).await,
        send_too_much(connect(&server).await, chunked, frame).await,
    ] {
        assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
        assert!(reply.ends_with(r#"{"detail":"the body is longer than 16 MiB"}"#), "{reply}");
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_before_it_sends() {
    let server = Server::start(&nobody().await).await;
    let mut stream = connect(&server).await;
    let head =
        format!("POST /assessment HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n", 17 << 20);
    let start = Instant::now();
    let (head, _) = exchange(&mut stream, &head).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_body_within_the_limit_is_read_whole() {
    let server = Server::start(&nobody().await).await;
    let (status, _) = server.post(format!("{}{{", " ".repeat((16 << 20) - 1))).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn half_requests_hold_up_nobody() {
    let server = Server::start(&nobody().await).await;
    let mut half = Vec::new();
    for number in 0..200 {
        let mut stream = connect(&server).await;
        let text = post("{}");
        stream.write_all(&text.as_bytes()[..text.len() - 1 - number % 40]).await.unwrap();
        half.push(stream);
    }
    let start = Instant::now();
    let (head, _) = exchange(&mut connect(&server).await, "GET /health_check HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_no_more() {
    let backend = Backend::start(|asked| Answer::After(Duration::from_millis(250), healthy_data(asked))).await;
    let mut server = Server::start(&backend.url()).await;
    let address = server.address;
    let mut idle = connect(&server).await;
    exchange(&mut idle, "GET /health_check HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut busy = connect(&server).await;
    busy.write_all(post(&experiment().to_string()).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.begin_stop();
    let (head, _) = receive(&mut busy).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(idle.read(&mut [0; 10]).await.unwrap(), 0, "the idle connection is closed");
    let start = Instant::now();
    server.ended().await;
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_server_that_lingers_is_not_ready_and_serves_until_balancers_know() {
    let url = nobody().await;
    let settings =
        [("ITER8_ANALYTICS_METRICS_BACKEND_URL", url.as_str()), ("ITER8_ANALYTICS_SERVER_LINGER_SECONDS", "3")];
    let mut server = Server::with(config(&settings)).await;
    let address = server.address;
    let status = async |path: &str| {
        let reply = http().get(format!("http://{address}{path}")).send().await;
        reply.map(|reply| reply.status().as_u16()).unwrap_or_default()
    };
    assert_eq!(status("/ready").await, 200);
    let start = Instant::now();
    server.begin_stop();
    while status("/ready").await == 200 {
        assert!(start.elapsed() < Duration::from_millis(2500), "still ready");
    }
    assert_eq!((status("/ready").await, status("/health_check").await), (503, 200));
    server.ended().await;
    assert!(start.elapsed() >= Duration::from_secs(3));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_cuts_no_reply_short() {
    let backend = Backend::start(|asked| Answer::After(Duration::from_millis(20), healthy_data(asked))).await;
    let mut server = Server::start(&backend.url()).await;
    let address = server.address;
    let message = post(&experiment().to_string());
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let message = message.clone();
            tokio::spawn(async move {
                let mut whole = 0;
                // Each connection until it is closed, then the next, until nobody listens.
                while let Ok(mut stream) = TcpStream::connect(address).await {
                    while stream.write_all(message.as_bytes()).await.is_ok() {
                        match reply_or_nothing(&mut stream).await {
                            Some(reply) => assert!(reply.starts_with("HTTP/1.1 200"), "{reply}"),
                            None => break,
                        }
                        whole += 1;
                    }
                }
                whole
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.begin_stop();
    server.ended().await;
    for client in clients {
        assert!(client.await.unwrap() > 0, "a client had no reply at all");
    }
}

/// A whole reply, or nothing of one.
async fn reply_or_nothing(stream: &mut TcpStream) -> Option<String> {
    let mut first = [0; 1];
    // A reset is nothing too: the server had closed the idle connection before it saw the request.
    if stream.read(&mut first).await.unwrap_or(0) == 0 {
        return None;
    }
    let (head, body) = receive(stream).await;
    Some(format!("{}{head}{body}", char::from(first[0])))
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_at_once_though_no_body_comes() {
    let server = Server::start(&nobody().await).await;
    let start = Instant::now();
    for path in ["/assessment", "/nowhere"] {
        let mut stream = connect(&server).await;
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 17 << 20);
        let (head, _) = exchange(&mut stream, &head).await;
        assert!(head.starts_with("HTTP/1.1 413") || head.starts_with("HTTP/1.1 404"), "{head}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_packed_body_is_told_that_it_is_not_unpacked() {
    let server = Server::start(&nobody().await).await;
    let mut stream = connect(&server).await;
    let packed = |word: &str| post("{nonsense").replace("host: x", &format!("host: x\r\ncontent-encoding: {word}"));
    let (head, body) = exchange(&mut stream, &packed("gzip")).await;
    assert!(head.starts_with("HTTP/1.1 415") && head.contains("accept-encoding: identity"), "{head}");
    assert_eq!(body, r#"{"detail":"the body is packed (`content-encoding: gzip`): only `identity` is taken"}"#);
    let (head, _) = exchange(&mut stream, &packed("identity")).await;
    assert!(head.starts_with("HTTP/1.1 422"), "{head}");
}
