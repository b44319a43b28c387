//! Request ids and trace context: who asked can be followed from the caller's log through ours to the backend's.

use crate::backend::{Asked, Backend, healthy};
use crate::server::{Server, experiment, http};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The id in the reply to an assessment asked with `headers`, and what the backend saw.
async fn ask(headers: &[(&str, &str)]) -> (String, Vec<Asked>) {
    let backend = Backend::start(healthy).await;
    let server = Server::start(&backend.url()).await;
    let request = http().post(server.url("/assessment")).body(experiment().to_string());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    (response.headers()["x-request-id"].to_str().unwrap().to_owned(), backend.asked())
}

#[tokio::test]
async fn a_request_keeps_its_id_and_its_trace_up_to_the_backend() {
    let (id, asked) = ask(&[("x-request-id", "abc-1"), ("traceparent", PARENT), ("tracestate", "a=1")]).await;
    assert_eq!(id, "abc-1");
    assert_eq!(asked.len(), 2);
    for asked in asked {
        let sent = ["x-request-id", "traceparent", "tracestate"].map(|name| asked.headers[name].to_str().unwrap());
        assert_eq!(sent, ["abc-1", PARENT, "a=1"]);
    }
}

#[tokio::test]
async fn what_is_no_id_is_replaced_and_what_is_no_trace_goes_no_further() {
    let (first, asked) = ask(&[("x-request-id", "a b"), ("traceparent", "00-1-2-3"), ("tracestate", "a=1")]).await;
    assert_eq!(first.len(), 32);
    for asked in &asked {
        assert_eq!(asked.headers["x-request-id"].to_str().unwrap(), first);
        assert!(!asked.headers.contains_key("traceparent") && !asked.headers.contains_key("tracestate"));
    }
    let (second, _) = ask(&[]).await;
    assert!(second.len() == 32 && second != first);
}
