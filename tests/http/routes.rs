//! Paths, methods, statuses and bodies, as v1.0.0 answered them.

use reqwest::Method;

use crate::backend::nobody;
use crate::server::{Server, http};

/// Status, content type, location and body of the reply to a request.
async fn ask(server: &Server, method: &str, path: &str) -> (u16, String, String, String) {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let response = http().request(method, server.url(path)).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let (kind, location) = (header("content-type"), header("location"));
    (response.status().as_u16(), kind, location, response.text().await.unwrap())
}

#[tokio::test]
async fn every_path_and_method_has_v1s_answer() {
    const NOT_FOUND: &str = r#"{"detail":"Not Found"}"#;
    const WRONG_METHOD: &str = r#"{"detail":"Method Not Allowed"}"#;
    let server = Server::start(&nobody().await).await;
    for (method, path, status, body) in [
        ("GET", "/health_check", 200, r#"{"status":"Ok"}"#),
        ("GET", "/health_check?x=1", 200, r#"{"status":"Ok"}"#),
        ("HEAD", "/health_check", 405, ""),
        ("POST", "/health_check", 405, WRONG_METHOD),
        ("OPTIONS", "/health_check", 405, WRONG_METHOD),
        ("GET", "/assessment", 405, WRONG_METHOD),
        ("HEAD", "/assessment", 405, ""),
        ("OPTIONS", "/assessment", 405, WRONG_METHOD),
        ("PUT", "/assessment", 405, WRONG_METHOD),
        ("BREW", "/assessment", 405, WRONG_METHOD),
        ("GET", "/nowhere", 404, NOT_FOUND),
        ("POST", "/assessments", 404, NOT_FOUND),
        ("POST", "/assessment//", 404, NOT_FOUND),
        ("POST", "/a/../assessment/x", 404, NOT_FOUND),
    ] {
        let (found, kind, _, text) = ask(&server, method, path).await;
        assert_eq!((found, text.as_str()), (status, body), "{method} {path}");
        assert_eq!(kind, "application/json", "{method} {path}");
    }
}

#[cfg(not(feature = "page"))]
#[tokio::test]
async fn without_the_page_the_root_says_so_in_one_sentence() {
    let server = Server::start(&nobody().await).await;
    let (status, kind, _, text) = ask(&server, "GET", "/").await;
    assert_eq!((status, kind.as_str()), (404, "application/json"));
    assert!(text.contains("built without the page") && text.contains("make run"), "{text}");
    let (status, ..) = ask(&server, "POST", "/").await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn a_slash_at_the_end_is_redirected_away() {
    let server = Server::start(&nobody().await).await;
    for (method, path, target) in [
        ("POST", "/assessment/", "/assessment"),
        ("GET", "/assessment/?a=1", "/assessment?a=1"),
        ("GET", "/health_check/", "/health_check"),
        ("DELETE", "/health_check/", "/health_check"),
    ] {
        let (status, _, location, _) = ask(&server, method, path).await;
        assert_eq!((status, location.as_str()), (307, target), "{method} {path}");
    }
}
