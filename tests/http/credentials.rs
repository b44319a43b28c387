//! Who we say that we are to a backend behind a gateway: tokens, headers, and that neither is shown or sent elsewhere.

use iter8_analytics::server::config::{Config, Overrides};
use serde_json::json;

use crate::backend::{Answer, Backend, healthy};
use crate::certificates::TempFile;
use crate::server::{Server, experiment};

/// What becomes of a config file whose section `metricsBackend` holds `url` and `rest`.
pub fn config(url: &str, rest: &str) -> Result<Config, String> {
    let file = TempFile::new(&format!("metricsBackend: {{url: '{url}', tries: 1, {rest}}}"));
    let flag = Overrides { config_file: Some(file.path().to_owned()), ..Overrides::default() };
    Config::from_environment(flag, &|_| None).map(|(config, _)| config).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_token_is_the_text_that_stands_in_the_file() {
    let backend = Backend::start(healthy).await;
    let server = Server::with(config(&backend.url(), "auth: {type: bearer, token: 0123}").unwrap()).await;
    let (_, reply) = server.assess(&experiment()).await;
    assert_eq!(reply["status"], json!([]), "{reply}");
    let asked = backend.asked();
    assert!(asked.len() == 2 && asked.iter().all(|asked| asked.headers["authorization"] == "Bearer 0123"), "{asked:?}");
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_changes() {
    let token = TempFile::new("first-token\n");
    let backend = Backend::start(healthy).await;
    let auth = format!("auth: {{type: bearer, token_file: '{}'}}", token.path().display());
    let server = Server::with(config(&backend.url(), &auth).unwrap()).await;
    server.assess(&experiment()).await;
    std::fs::write(token.path(), "second-token").unwrap();
    server.assess(&experiment()).await;
    let sent: Vec<String> =
        backend.asked().iter().map(|asked| asked.headers["authorization"].to_str().unwrap().to_owned()).collect();
    assert_eq!(sent, ["Bearer first-token", "Bearer first-token", "Bearer second-token", "Bearer second-token"]);
    // Without its file nothing is asked: not even without a token.
    std::fs::write(token.path(), " \n").unwrap();
    let (status, reply) = server.assess(&experiment()).await;
    assert_eq!((status, &reply["status"][0]), (200, &json!("no_prom_server")), "{reply}");
    assert!(reply["notes"].to_string().contains("it is empty"), "{reply}");
    assert_eq!(backend.asked().len(), 4);
}

#[tokio::test]
async fn headers_of_ones_own_go_with_every_query_below_the_path_prefix() {
    let backend = Backend::start(healthy).await;
    let url = format!("{}/prometheus", backend.url());
    let server = Server::with(config(&url, "headers: {X-Scope-OrgID: 007, X-Key: hunter2}").unwrap()).await;
    server.assess(&experiment()).await;
    let asked = backend.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert_eq!(asked.path, "/prometheus/api/v1/query");
        assert_eq!(
            (&asked.headers["x-scope-orgid"], &asked.headers["x-key"]),
            (&"007".parse().unwrap(), &"hunter2".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn no_other_host_sees_the_headers() {
    let elsewhere = Backend::start(healthy).await;
    let target = format!("{}/api/v1/query", elsewhere.url());
    let backend = Backend::start(move |_| Answer::Redirect(target.clone())).await;
    let server = Server::with(config(&backend.url(), "headers: {X-Key: hunter2}").unwrap()).await;
    let (status, reply) = server.assess(&experiment()).await;
    assert_eq!((status, &reply["status"][0]), (200, &json!("no_prom_server")), "{reply}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn what_a_gateway_quotes_of_token_and_headers_is_not_passed_on() {
    let file = TempFile::new("file-hunter2");
    let backend = Backend::start(|asked| {
        let text = format!("denied: {:?}; hunter2, file-hunter2", asked.headers);
        match asked.query.contains("errors") {
            true => Answer::Text(403, text),
            false => Answer::Json(
                200,
                json!({"status": "success", "warnings": [text],
                "data": {"resultType": "vector", "result": []}}),
            ),
        }
    })
    .await;
    let of_file = format!("auth: {{type: bearer, token_file: '{}'}}", file.path().display());
    for rest in [
        "auth: {type: bearer, token: hunter2}, headers: {X-Key: file-hunter2}",
        &format!("{of_file}, headers: {{X-Key: hunter2}}"),
    ] {
        let config = config(&backend.url(), rest).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        let (status, reply) = Server::with(config).await.assess(&experiment()).await;
        assert!(status == 200 && !reply.to_string().contains("hunter2"), "{reply}");
        assert!(reply["notes"].to_string().contains("denied"), "{reply}");
    }
}

#[test]
fn credentials_that_cannot_be_sent_are_errors_without_their_text() {
    for (rest, message) in [
        ("headers: {'X Key': hunter2}", "headers.X Key: not the name of a header"),
        ("headers: {X-Key: \"hunter2\\n\"}", "headers.X-Key: the value cannot stand in a header"),
        ("headers: {X-Key: [hunter2]}", "headers.X-Key: not a text"),
        ("headers: [hunter2]", "headers: not a section"),
        ("headers: {Content-Length: 1}", "headers.Content-Length: this header is set by the HTTP client"),
        (
            "auth: {type: bearer, token: hunter2}, headers: {authorization: hunter2}",
            "headers.authorization: `metricsBackend.auth` sets this header already",
        ),
        ("auth: {type: bearer, token: \"hunter2\\n\"}", "auth.token: the value cannot stand in a header"),
        ("auth: {type: bearer, token: hunter2, token_file: x}", "auth.token_file: `token` is given too; one of them"),
    ] {
        let error = config("http://prometheus", rest).expect_err(rest);
        assert!(error.ends_with(message) && !error.contains("hunter2"), "{rest}: {error}");
    }
}
