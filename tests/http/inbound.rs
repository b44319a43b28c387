//! Our own door: TLS, who may ask, which pages may, and what becomes of too much and too slow.

use std::time::{Duration, Instant};

use rcgen::KeyPair;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::backend::{Answer, Backend, healthy_data, nobody};
use crate::certificates::{Authority, Pair, TempFile};
use crate::server::{Server, config, connect, exchange, experiment, experiment_with_observations, http, receive};

async fn start(settings: &[(&str, &str)]) -> Server {
    let url = nobody().await;
    let backend =
        [("ITER8_ANALYTICS_METRICS_BACKEND_URL", url.as_str()), ("ITER8_ANALYTICS_METRICS_BACKEND_TRIES", "1")];
    // The first of a name counts.
    Server::with(config(&[settings, &backend].concat())).await
}

/// A client that trusts `authority` and shows `identity`; each request on a new connection.
fn client(authority: &Authority, identity: Option<&Pair>) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).tls_certs_only([trusted]);
    match identity {
        None => builder,
        Some(pair) => {
            let pem = format!("{}\n{}", pair.cert, pair.key);
            builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
        }
    }
    .build()
    .unwrap()
}

/// The status of the reply to an experiment with its data; `None` if there is no connection.
async fn status(client: &reqwest::Client, server: &Server) -> Option<u16> {
    let url = format!("https://{}/assessment", server.address);
    let response = client.post(url).body(experiment_with_observations().to_string()).send().await.ok()?;
    Some(response.status().as_u16())
}

#[tokio::test]
async fn with_a_certificate_the_port_speaks_tls_and_nothing_else() {
    let authority = Authority::new();
    let pair = authority.vouch_for("127.0.0.1");
    let (cert, key) = (TempFile::new(&pair.cert), TempFile::new(&pair.key));
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_TLS_CERT_FILE", &cert.to_string()),
        ("ITER8_ANALYTICS_SERVER_TLS_KEY_FILE", &key.to_string()),
    ])
    .await;
    assert_eq!(status(&client(&authority, None), &server).await, Some(200));
    assert_eq!(status(&client(&Authority::new(), None), &server).await, None, "of another authority");
    let mut plain = connect(&server).await;
    plain.write_all(b"GET /health_check HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut text = Vec::new();
    let _ = plain.read_to_end(&mut text).await;
    assert!(!text.starts_with(b"HTTP"), "{text:?}");
    // Half a handshake holds up nobody.
    let _silent = connect(&server).await;
    assert_eq!(status(&client(&authority, None), &server).await, Some(200));
    // A renewed certificate is taken up, a wrong one is not.
    let renewed = Authority::new();
    let pair = renewed.vouch_for("127.0.0.1");
    key.write(&KeyPair::generate().unwrap().serialize_pem());
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(status(&client(&authority, None), &server).await, Some(200), "a key that does not go with it");
    cert.write(&pair.cert);
    key.write(&pair.key);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(status(&client(&renewed, None), &server).await, Some(200));
}

#[tokio::test]
async fn who_has_to_show_a_certificate_and_has_none_gets_no_connection() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let pair = authority.vouch_for("127.0.0.1");
    let (cert, key, ca) = (TempFile::new(&pair.cert), TempFile::new(&pair.key), TempFile::new(&clients.pem()));
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_TLS_CERT_FILE", &cert.to_string()),
        ("ITER8_ANALYTICS_SERVER_TLS_KEY_FILE", &key.to_string()),
        ("ITER8_ANALYTICS_SERVER_TLS_CLIENT_CA_FILE", &ca.to_string()),
    ])
    .await;
    let known = clients.vouch_for("controller");
    assert_eq!(status(&client(&authority, Some(&known)), &server).await, Some(200));
    assert_eq!(status(&client(&authority, None), &server).await, None);
    assert_eq!(status(&client(&authority, Some(&authority.vouch_for("controller"))), &server).await, None);
    let expired = clients.vouch_until("controller", time::OffsetDateTime::now_utc() - time::Duration::hours(1));
    assert_eq!(status(&client(&authority, Some(&expired)), &server).await, None);
}

#[tokio::test]
async fn an_assessment_wants_credentials_and_a_probe_none() {
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_AUTH_TYPE", "basic"),
        ("ITER8_ANALYTICS_SERVER_AUTH_USERNAME", "controller"),
        ("ITER8_ANALYTICS_SERVER_AUTH_PASSWORD", "hunter2"),
    ])
    .await;
    let ask = |user: Option<(&'static str, &'static str)>| {
        let request = http().post(server.url("/assessment")).body(experiment_with_observations().to_string());
        match user {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        }
    };
    assert_eq!(ask(Some(("controller", "hunter2"))).send().await.unwrap().status(), 200);
    for user in [None, Some(("controller", "hunter")), Some(("control", "hunter2")), Some(("", ""))] {
        let response = ask(user).send().await.unwrap();
        assert_eq!(response.status(), 401, "{user:?}");
        assert_eq!(response.headers()["www-authenticate"], r#"Basic realm="iter8-analytics", charset="UTF-8""#);
        let text = response.text().await.unwrap();
        assert!(text.contains("detail") && !text.contains("hunter2"), "{text}");
    }
    for path in ["/health_check", "/ready", "/metrics", "/openapi.json", "/docs"] {
        assert_eq!(http().get(server.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
    // Another method or path tells nothing that the documentation does not.
    assert_eq!(http().get(server.url("/assessment")).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_token_is_taken_from_its_file_as_it_changes() {
    let token = TempFile::new("first-hunter2\n");
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_AUTH_TYPE", "bearer"),
        ("ITER8_ANALYTICS_SERVER_AUTH_TOKEN_FILE", &token.to_string()),
    ])
    .await;
    let ask = async |given: &str| {
        let request = http().post(server.url("/assessment")).body(experiment_with_observations().to_string());
        request.bearer_auth(given).send().await.unwrap().status().as_u16()
    };
    assert_eq!((ask("first-hunter2").await, ask("second-hunter2").await), (200, 401));
    token.write("second-hunter2");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!((ask("first-hunter2").await, ask("second-hunter2").await), (401, 200));
    // An empty file lets nobody in who was not before, and nobody out.
    token.write("");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!((ask("").await, ask("second-hunter2").await), (401, 200));
}

#[tokio::test]
async fn pages_of_the_origins_that_are_named_may_ask_and_others_may_not() {
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_CORS_ORIGINS", "https://page.example, http://localhost:3000"),
        ("ITER8_ANALYTICS_SERVER_AUTH_TYPE", "bearer"),
        ("ITER8_ANALYTICS_SERVER_AUTH_TOKEN", "hunter2"),
    ])
    .await;
    let from =
        |method: Method, origin: &str| http().request(method, server.url("/assessment")).header("origin", origin);
    let preflight = async |origin: &str| {
        let request = from(Method::OPTIONS, origin).header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "authorization, content-type").send().await.unwrap()
    };
    for origin in ["https://page.example", "http://localhost:3000"] {
        let response = preflight(origin).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_ascii_lowercase();
        assert_eq!((response.status().as_u16(), header("access-control-allow-origin").as_str()), (200, origin));
        assert!(header("access-control-allow-methods").contains("post"));
        for asked in ["authorization", "content-type", "x-request-id"] {
            assert!(header("access-control-allow-headers").contains(asked), "{asked}");
        }
        assert!(header("vary").contains("origin"));
    }
    for origin in ["https://page.example.evil", "http://page.example", "null", "https://localhost:3000"] {
        let headers = preflight(origin).await.headers().clone();
        assert!(!headers.contains_key("access-control-allow-origin"), "{origin}: {headers:?}");
    }
    // A page gets to read every reply, refusals among them.
    for (token, body, status) in [
        ("hunter2", experiment_with_observations().to_string(), 200),
        ("hunter2", "{".to_owned(), 422),
        ("wrong", String::new(), 401),
    ] {
        let response = from(Method::POST, "https://page.example").bearer_auth(token).body(body).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["access-control-allow-origin"], "https://page.example", "{status}");
        assert!(response.headers()["access-control-expose-headers"].to_str().unwrap().contains("x-request-id"));
    }
    let silent = start(&[]).await;
    let request = http().request(Method::OPTIONS, silent.url("/assessment")).header("origin", "https://page.example");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 405, "as in v1.0.0 where nobody is named");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn one_request_too_many_is_told_to_come_back_at_once() {
    let backend = Backend::start(|asked| Answer::After(Duration::from_millis(2500), healthy_data(asked))).await;
    let server =
        start(&[("ITER8_ANALYTICS_METRICS_BACKEND_URL", &backend.url()), ("ITER8_ANALYTICS_SERVER_REQUESTS_MAX", "4")])
            .await;
    let (crowd, single) = (experiment(), experiment_with_observations());
    let crowd = futures_util::future::join_all((0..4).map(|_| server.assess(&crowd)));
    let late = async {
        while backend.asked().len() < 8 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let start = Instant::now();
        let request = http().post(server.url("/assessment")).body(single.to_string());
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"1".parse().unwrap()));
        assert_eq!(response.text().await.unwrap(), r#"{"detail":"too many requests at once"}"#);
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
        // Whoever looks after the server still gets through.
        assert_eq!(http().get(server.url("/health_check")).send().await.unwrap().status(), 200);
    };
    let (replies, ()) = tokio::join!(crowd, late);
    for (status, reply) in replies {
        assert_eq!((status, &reply["status"]), (200, &json!([])), "{reply}");
    }
    assert_eq!(server.assess(&single).await.0, 200);
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_back_and_a_place_that_is_left_is_free() {
    let server = start(&[("ITER8_ANALYTICS_SERVER_CONNECTIONS_MAX", "3")]).await;
    let ask = "GET /health_check HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&server).await;
        assert!(exchange(&mut stream, ask).await.0.starts_with("HTTP/1.1 200"));
        kept.push(stream);
    }
    let (head, body) = exchange(&mut connect(&server).await, ask).await;
    assert!(head.starts_with("HTTP/1.1 503") && head.contains("retry-after: 1"), "{head}");
    assert_eq!(body, r#"{"detail":"too many connections are open now"}"#);
    kept.pop();
    let until = Instant::now() + Duration::from_secs(10);
    while !exchange(&mut connect(&server).await, ask).await.0.starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < until, "the place stays taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn heads_and_bodies_that_drip_are_given_up_and_others_are_served_meanwhile() {
    let server = start(&[
        ("ITER8_ANALYTICS_SERVER_HEAD_SECONDS_MAX", "0.6"),
        ("ITER8_ANALYTICS_SERVER_BODY_SECONDS_MAX", "0.6"),
    ])
    .await;
    let drip = async |text: &'static str| {
        let mut stream = connect(&server).await;
        let (mut read, mut write) = stream.split();
        let start = Instant::now();
        let dripping = async {
            for byte in text.as_bytes().iter().chain(std::iter::repeat(&b'x')) {
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let mut reply = Vec::new();
        tokio::select! {
            _ = read.read_to_end(&mut reply) => {}
            () = dripping => {}
            () = tokio::time::sleep(Duration::from_secs(15)) => panic!("nobody gave up on {text}"),
        }
        (start.elapsed(), String::from_utf8_lossy(&reply).into_owned())
    };
    let head = "GET /health_check HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let drips = futures_util::future::join_all((0..50).map(|_| drip(head)));
    let others = async {
        for _ in 0..10 {
            assert_eq!(http().get(server.url("/health_check")).send().await.unwrap().status(), 200);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (drips, ()) = tokio::join!(drips, others);
    for (time, _) in drips {
        assert!(time < Duration::from_secs(10), "{time:?}");
    }
    let mut stream = connect(&server).await;
    stream.write_all(b"POST /assessment HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    let (head, body) = receive(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 408"), "{head}");
    assert_eq!(body, r#"{"detail":"the body did not arrive within 0.6 s"}"#);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_a_body_by_the_setting() {
    let server = start(&[("ITER8_ANALYTICS_SERVER_BODY_MIB_MAX", "1")]).await;
    let many = format!("GET /health_check HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(200));
    let (head, _) = exchange(&mut connect(&server).await, &many).await;
    assert!(head.starts_with("HTTP/1.1 431"), "{head}");
    let long = format!("GET /health_check HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(1_000_000));
    let mut stream = connect(&server).await;
    let _ = stream.write_all(long.as_bytes()).await;
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply).await;
    // Nobody reads a megabyte to be polite: the reply may be lost over it.
    assert!(reply.is_empty() || reply.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&reply));
    let (status, reply) = server.post(" ".repeat((1 << 20) + 1)).await;
    assert_eq!((status, &reply["detail"]), (413, &json!("the body is longer than 1 MiB")));
}
