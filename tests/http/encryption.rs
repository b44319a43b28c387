//! A backend behind TLS: whom we trust, whom we do not, what we show, and that no fault of a certificate is a wrong number.

use rcgen::KeyPair;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::backend::{Answer, Asked, Backend, healthy};
use crate::certificates::{Authority, Pair, TempFile};
use crate::credentials::config;
use crate::server::{Server, experiment};

/// The reply of a server whose section `metricsBackend` holds `rest` beside the URL.
async fn reply(url: &str, rest: &str) -> Value {
    let server = Server::with(config(url, rest).unwrap()).await;
    let (status, reply) = server.assess(&experiment()).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

fn is_whole(reply: &Value) -> bool {
    reply["status"] == json!([]) && reply["baseline_assessment"]["request_count"] == 1000
}

/// Why nothing is known, by the first note.
fn failure(reply: &Value) -> String {
    assert_eq!(reply["status"][0], "no_prom_server", "{reply}");
    assert_eq!(reply["winner_assessment"]["winning_version_found"], false, "{reply}");
    assert!(!reply.to_string().contains("1000"), "{reply}");
    reply["notes"].to_string()
}

#[tokio::test]
async fn a_backend_is_trusted_by_the_authority_that_is_named_and_no_other() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (file, other_file) = (TempFile::new(&ours.pem()), TempFile::new(&other.pem()));
    let backend = Backend::start_private(ours.vouch_for("127.0.0.1").acceptor(None), healthy).await;
    let trusting = reply(&backend.url(), &format!("auth: {{ca_file: '{file}'}}")).await;
    assert!(is_whole(&trusting), "{trusting}");
    let both = TempFile::new(&format!("{}\n{}", other.pem(), ours.pem()));
    assert!(is_whole(&reply(&backend.url(), &format!("auth: {{ca_file: '{both}'}}")).await));
    let asked = backend.asked().len();
    for distrust in [format!("auth: {{ca_file: '{other_file}'}}"), "tries: 1".to_owned()] {
        let why = failure(&reply(&backend.url(), &distrust.replace("tries: 1", "try_seconds: 2")).await);
        assert!(why.contains("certificate"), "{distrust}: {why}");
    }
    assert_eq!(backend.asked().len(), asked, "nothing was asked of whom we do not trust");
}

#[tokio::test]
async fn an_expired_certificate_and_one_of_another_host_are_not_trusted() {
    let authority = Authority::new();
    let file = TempFile::new(&authority.pem());
    let yesterday = OffsetDateTime::now_utc() - Duration::days(1);
    for (pair, word) in [
        (authority.vouch_until("127.0.0.1", yesterday), "expired"),
        (authority.vouch_for("prometheus.example"), "not valid for name"),
        (authority.vouch_for("127.0.0.2"), "not valid for name"),
    ] {
        let backend = Backend::start_private(pair.acceptor(None), healthy).await;
        let why = failure(&reply(&backend.url(), &format!("auth: {{ca_file: '{file}'}}")).await);
        assert!(why.contains(word), "{word}: {why}");
        assert!(backend.asked().is_empty(), "{word}");
        // Whoever says so in so many words gets it, whichever way he identifies himself.
        for auth in ["type: none", "type: basic, username: me, password: hunter2", "type: bearer, token: hunter2"] {
            let auth = format!("auth: {{{auth}, insecure_skip_verify: true}}");
            assert!(is_whole(&reply(&backend.url(), &auth).await), "{auth}");
        }
    }
}

#[tokio::test]
async fn a_backend_that_asks_for_a_certificate_is_shown_ours() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let ca = TempFile::new(&authority.pem());
    let acceptor = authority.vouch_for("127.0.0.1").acceptor(Some(&clients));
    let backend = Backend::start_private(acceptor, healthy).await;
    let with = |pair: &Pair| (TempFile::new(&pair.cert), TempFile::new(&pair.key));
    let (cert, key) = with(&clients.vouch_for("iter8-analytics"));
    let auth =
        |cert: &TempFile, key: &TempFile| format!("auth: {{ca_file: '{ca}', cert_file: '{cert}', key_file: '{key}'}}");
    assert!(is_whole(&reply(&backend.url(), &auth(&cert, &key)).await));
    let asked = backend.asked().len();
    failure(&reply(&backend.url(), &format!("auth: {{ca_file: '{ca}'}}")).await);
    let (stranger, stranger_key) = with(&authority.vouch_for("iter8-analytics"));
    failure(&reply(&backend.url(), &auth(&stranger, &stranger_key)).await);
    assert_eq!(backend.asked().len(), asked);
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_without_a_restart() {
    let (authority, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let ca = TempFile::new(&old.pem());
    let backend = Backend::start_private(new.vouch_for("127.0.0.1").acceptor(Some(&authority)), healthy).await;
    let expired = authority.vouch_until("me", OffsetDateTime::now_utc() - Duration::days(1));
    let (cert, key) = (TempFile::new(&expired.cert), TempFile::new(&expired.key));
    let auth = format!("auth: {{ca_file: '{ca}', cert_file: '{cert}', key_file: '{key}'}}");
    let server = Server::with(config(&backend.url(), &auth).unwrap()).await;
    failure(&server.assess(&experiment()).await.1);
    let renewed = authority.vouch_for("me");
    ca.write(&new.pem());
    cert.write(&renewed.cert);
    // A file that is not exchanged yet does not go with the others: the old ones stay in force.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    failure(&server.assess(&experiment()).await.1);
    key.write(&renewed.key);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (_, reply) = server.assess(&experiment()).await;
    assert!(is_whole(&reply), "{reply}");
}

#[tokio::test]
async fn files_that_are_no_certificates_stop_the_server_with_one_line() {
    let authority = Authority::new();
    let pair = authority.vouch_for("me");
    let (ca, cert, key) = (TempFile::new(&authority.pem()), TempFile::new(&pair.cert), TempFile::new(&pair.key));
    let nonsense = TempFile::new("hunter2");
    let other_key = TempFile::new(&KeyPair::generate().unwrap().serialize_pem());
    for (auth, what) in [
        ("ca_file: /nonexistent/ca.pem".to_owned(), "/nonexistent/ca.pem: No such file".to_owned()),
        (format!("ca_file: '{nonsense}'"), format!("{nonsense}: no certificate in PEM")),
        (format!("ca_file: '{key}'"), format!("{key}: no certificate in PEM")),
        (format!("ca_file: '{ca}', cert_file: '{nonsense}', key_file: '{key}'"), format!("{nonsense}: no certificate")),
        (format!("cert_file: '{cert}', key_file: '{nonsense}'"), format!("{nonsense}: no private key in PEM")),
        (format!("cert_file: '{cert}', key_file: '{other_key}'"), "KeyMismatch".to_owned()),
    ] {
        let config = config("https://prometheus.example", &format!("auth: {{{auth}}}")).unwrap();
        let error =
            iter8_analytics::server::prometheus::Client::new(&config.backend).err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{auth}: taken"));
        assert!(error.contains(&what) && !error.contains("hunter2") && !error.contains('\n'), "{auth}: {error}");
    }
}

#[tokio::test]
async fn below_a_path_prefix_long_queries_go_as_forms_with_the_same_headers() {
    let authority = Authority::new();
    let ca = TempFile::new(&authority.pem());
    let only_tenants = |asked: &Asked| match asked.headers.get("x-scope-orgid") {
        Some(tenant) if tenant == "shop|cart" => healthy(asked),
        _ => Answer::Text(401, "no org id".to_owned()),
    };
    let backend = Backend::start_private(authority.vouch_for("127.0.0.1").acceptor(None), only_tenants).await;
    let url = format!("{}/api/prom/", backend.url());
    let rest =
        format!("headers: {{X-Scope-OrgID: 'shop|cart'}}, auth: {{ca_file: '{ca}', type: bearer, token: hunter2}}");
    let server = Server::with(config(&url, &rest).unwrap()).await;
    let mut long = experiment();
    for counter in long["metric_specs"]["counter_metrics"].as_array_mut().unwrap() {
        // A brace takes three letters of a URL: allowed as a query, and too long for a URL.
        let template = format!("{} or x{}", counter["query_template"].as_str().unwrap(), "{}".repeat(15_000));
        counter["query_template"] = json!(template);
    }
    for (experiment, method) in [(experiment(), "GET"), (long, "POST")] {
        let before = backend.asked().len();
        let (_, reply) = server.assess(&experiment).await;
        assert!(is_whole(&reply), "{method}: {}", reply["notes"]);
        for asked in &backend.asked()[before..] {
            assert_eq!((asked.method.as_str(), asked.path.as_str()), (method, "/api/prom/api/v1/query"));
            assert_eq!(asked.headers["authorization"], "Bearer hunter2");
        }
    }
}
