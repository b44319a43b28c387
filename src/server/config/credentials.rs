//! What the config file says of how to identify ourselves becomes [`Auth`] and headers.
//!
//! v1.0.0 knew `none` and `basic`; what belongs to another type than the one chosen is warned about and not sent.
//! Headers are checked here, so that the client cannot fail over one later. No message holds a value.
//!
//! Not here: sending them, and reading a token file (`prometheus`).

use std::path::PathBuf;

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::found::Found;
use super::sources::Sources;
use super::{Auth, ConfigError, Secret, Token, Warning};

/// How to identify ourselves to the backend.
pub(super) fn auth(sources: &Sources, warnings: &mut Vec<Warning>) -> Result<Auth, ConfigError> {
    let skip = sources.find(None, "metricsBackend.auth.insecure_skip_verify")?;
    let insecure_skip_verify = skip.as_ref().map_or(Ok(false), Found::truth)?;
    let kind = sources.find(None, "metricsBackend.auth.type")?;
    let kind_text = kind.as_ref().map_or(Ok("none".to_owned()), Found::text)?.trim().to_ascii_lowercase();
    for name in ["ca_file", "token", "token_file"] {
        let key = format!("metricsBackend.auth.{name}");
        let is_used = kind_text == "bearer" && name != "ca_file";
        if !is_used && sources.find(None, &key)?.is_some_and(|found| found.text().is_ok_and(|text| !text.is_empty())) {
            let why = if name == "ca_file" { "as in v1.0" } else { "only with `type: bearer`" };
            warnings.push(Warning(format!("{}: not used, {why}", sources.place(&key))));
        }
    }
    if kind_text == "basic" {
        return basic(sources, skip.filter(|_| insecure_skip_verify), warnings);
    }
    if let Some(skip) = skip.filter(|_| insecure_skip_verify) {
        let place = skip.place;
        warnings.push(Warning(format!("{place}: only with `type: basic`, as in v1.0; certificates are verified")));
    }
    match kind {
        Some(kind) if kind_text == "bearer" => bearer(sources, &kind, warnings),
        Some(kind) if !matches!(kind_text.as_str(), "none" | "") => {
            let error = kind.error("`none`, `basic` or `bearer`");
            warnings.push(Warning(format!("{error}; going on without")));
            Ok(Auth::None)
        }
        _ => Ok(Auth::None),
    }
}

/// What every query carries beside.
pub(super) fn headers(sources: &Sources, auth: &Auth) -> Result<Vec<(String, Secret)>, ConfigError> {
    const KEY: &str = "metricsBackend.headers";
    let Some(found) = sources.find(None, KEY)? else { return Ok(Vec::new()) };
    let Value::Object(given) = found.value else {
        return Err(ConfigError(format!("{}: not a section", found.place)));
    };
    let mut headers = Vec::new();
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
        let place = sources.place(&format!("{KEY}.{name}"));
        let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
            return Err(ConfigError(format!("{place}: not the name of a header")));
        };
        if OURS.contains(&known.as_str()) {
            return Err(ConfigError(format!("{place}: this header is set by the HTTP client")));
        }
        if known == "authorization" && *auth != Auth::None {
            return Err(ConfigError(format!("{place}: `metricsBackend.auth` sets this header already")));
        }
        let secret = Found { place: place.clone(), value }.secret()?;
        if HeaderValue::from_str(secret.reveal()).is_err() {
            return Err(ConfigError(format!("{place}: the value cannot stand in a header")));
        }
        headers.push((name, secret));
    }
    Ok(headers)
}

fn basic(sources: &Sources, skip: Option<Found>, warnings: &mut Vec<Warning>) -> Result<Auth, ConfigError> {
    let mut secret = |name: &str| -> Result<Secret, ConfigError> {
        let key = format!("metricsBackend.auth.{name}");
        match sources.find(None, &key)? {
            Some(found) => found.secret(),
            None => {
                warnings.push(Warning(format!("{}: missing; using an empty one", sources.place(&key))));
                Ok(Secret::default())
            }
        }
    };
    let (username, password) = (secret("username")?, secret("password")?);
    let insecure_skip_verify = skip.is_some();
    if let Some(skip) = skip {
        let danger =
            "INSECURE: the backend's certificate is not verified; anybody between it and us can read the password";
        warnings.push(Warning(format!("{}: {danger}", skip.place)));
    }
    Ok(Auth::Basic { username, password, insecure_skip_verify })
}

fn bearer(sources: &Sources, kind: &Found, warnings: &mut Vec<Warning>) -> Result<Auth, ConfigError> {
    let token = sources.find(None, "metricsBackend.auth.token")?.map(|found| found.secret()).transpose()?;
    let token = token.filter(|token| !token.reveal().is_empty());
    let file = sources.find(None, "metricsBackend.auth.token_file")?;
    match (token, file) {
        (Some(_), Some(file)) => Err(ConfigError(format!("{}: `token` is given too; one of them", file.place))),
        (Some(token), None) if HeaderValue::from_str(token.reveal()).is_err() => {
            let place = sources.place("metricsBackend.auth.token");
            Err(ConfigError(format!("{place}: the value cannot stand in a header")))
        }
        (Some(token), None) => Ok(Auth::Bearer(Token::Given(token))),
        (None, Some(file)) => Ok(Auth::Bearer(Token::File(PathBuf::from(file.text()?)))),
        (None, None) => {
            let place = &kind.place;
            warnings.push(Warning(format!("{place}: `bearer` needs `token` or `token_file`; going on without")));
            Ok(Auth::None)
        }
    }
}

/// Headers that would break a request if somebody set them.
const OURS: &[&str] = &["connection", "content-length", "content-type", "transfer-encoding"];
