//! A configuration becomes what the config file would have to say for it, every default filled in, secrets masked.
//!
//! What `check-config` prints. Where a method of authentication has no use for a key, the key is not there.
//!
//! Not here: how it is written.

use std::path::Path;

use serde_json::{Map, Value, json};
use tracing::level_filters::LevelFilter;

use super::{Auth, BackendTls, Config, LogFormat, MemoryPlace, Token};
use crate::Settings;
use crate::assessment::Method;
use crate::experiment::checks::{ALPHA_DEFAULT, EXPLORATION_PERCENTAGE_DEFAULT, WINNER_THRESHOLD_DEFAULT};
use crate::wire::request::Rollback;

pub(super) fn value(config: &Config) -> Value {
    let (inbound, backend, memory) = (&config.inbound, &config.backend, &config.memory);
    let limits = &inbound.limits;
    let tls = inbound.tls.as_ref();
    let mut backend_auth = auth(&backend.auth);
    encryption(&mut backend_auth, &backend.tls);
    let headers: Map<String, Value> =
        backend.headers.iter().map(|(name, secret)| (name.clone(), json!(secret))).collect();
    let (file, url) = match &memory.place {
        Some(MemoryPlace::File(file)) => (json!(shown(file)), Value::Null),
        Some(MemoryPlace::Shared(url)) => (Value::Null, json!(url.to_string())),
        None => (Value::Null, Value::Null),
    };
    json!({
        "host": config.host,
        "port": config.port,
        "logLevel": level(config.log_level),
        "logFormat": match config.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        },
        "server": {
            "tls": tls.map(|tls| json!({
                "cert_file": shown(&tls.identity.cert_file),
                "key_file": shown(&tls.identity.key_file),
                "client_ca_file": tls.client_ca_file.as_deref().map(shown),
            })),
            "auth": auth(&inbound.auth),
            "cors_origins": inbound.cors_origins,
            "requests_max": limits.requests_max,
            "connections_max": limits.connections_max,
            "head_seconds_max": limits.head_timeout.as_secs_f64(),
            "body_seconds_max": limits.body_timeout.as_secs_f64(),
            "body_mib_max": limits.body_bytes_max >> 20,
            "linger_seconds": inbound.linger.as_secs_f64(),
        },
        "metricsBackend": {
            "url": backend.url,
            "auth": backend_auth,
            "headers": headers,
            "try_seconds": backend.patience.try_timeout.as_secs_f64(),
            "tries": backend.patience.tries,
            "deadline_seconds": backend.patience.deadline.as_secs_f64(),
        },
        "assessment": assessment(&config.assessment),
        "store": {
            "file": file,
            "url": url,
            "size_mib_max": memory.bytes_max >> 20,
            "age_days_max": memory.age_max.as_secs_f64() / (24.0 * 60.0 * 60.0),
        },
        "trend": {
            "enabled": config.trends.is_enabled,
            "folder": config.trends.folder.as_deref().map(shown),
            "period_seconds": config.trends.period.as_secs_f64(),
        },
    })
}

fn auth(auth: &Auth) -> Map<String, Value> {
    let members = match auth {
        Auth::None => json!({"type": "none"}),
        Auth::Basic { username, password } => json!({"type": "basic", "username": username, "password": password}),
        Auth::Bearer(Token::Given(token)) => json!({"type": "bearer", "token": token}),
        Auth::Bearer(Token::File(file)) => json!({"type": "bearer", "token_file": shown(file)}),
    };
    members.as_object().cloned().unwrap_or_default()
}

fn encryption(auth: &mut Map<String, Value>, tls: &BackendTls) {
    auth.insert("ca_file".to_owned(), json!(tls.ca_file.as_deref().map(shown)));
    let identity = tls.identity.as_ref();
    auth.insert("cert_file".to_owned(), json!(identity.map(|identity| shown(&identity.cert_file))));
    auth.insert("key_file".to_owned(), json!(identity.map(|identity| shown(&identity.key_file))));
    auth.insert("insecure_skip_verify".to_owned(), json!(tls.insecure_skip_verify));
}

fn assessment(settings: &Settings) -> Value {
    json!({
        "method": settings.method.unwrap_or(Method::Sequential),
        "winner_threshold": settings.winner_threshold.unwrap_or(WINNER_THRESHOLD_DEFAULT),
        "exploration_percentage": settings.exploration_percentage.unwrap_or(EXPLORATION_PERCENTAGE_DEFAULT),
        "alpha": settings.alpha.unwrap_or(ALPHA_DEFAULT),
        "rollback": match settings.rollback.unwrap_or_default() {
            Rollback::Violated => "violated",
            Rollback::Never => "never",
        },
        // Null: learnt from the backend.
        "scrape_interval_seconds": settings.scrape_interval_seconds,
    })
}

/// By the config file's own word.
fn level(level: LevelFilter) -> &'static str {
    match level {
        LevelFilter::DEBUG | LevelFilter::TRACE => "debug",
        LevelFilter::INFO => "info",
        LevelFilter::WARN => "warning",
        _ => "error",
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
