//! What the settings say of who somebody is becomes [`Auth`] and headers.
//!
//! Two sides: how we identify ourselves to the backend (`metricsBackend.auth`), and what we ask of others
//! (`server.auth`). Towards the backend v1.0.0 knew `none` and `basic` and went on without where it understood nothing, so
//! that is a warning there; at our own door it is an error. Headers are checked here, so that the client cannot fail over
//! one later. No message holds a value.
//!
//! Not here: sending them, reading a token file, and comparing (`prometheus`, `gate`).

use std::path::PathBuf;

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::found::Found;
use super::sources::Sources;
use super::{Auth, ConfigError, Secret, Token, Warning};

/// How to identify ourselves to the backend.
pub(super) fn auth(sources: &Sources, warnings: &mut Vec<Warning>) -> Result<Auth, ConfigError> {
    let section = Section { sources, key: "metricsBackend.auth", variables: None };
    let kind = section.find("type")?;
    let kind_text = word(kind.as_ref())?;
    for name in ["token", "token_file"] {
        let is_given = section.find(name)?.is_some_and(|found| found.text().is_ok_and(|text| !text.is_empty()));
        if kind_text != "bearer" && is_given {
            warnings.push(Warning(format!("{}: not used, only with `type: bearer`", section.place(name))));
        }
    }
    match kind {
        Some(_) if kind_text == "basic" => {
            let mut secret = |name: &str| match section.find(name)? {
                Some(found) => found.secret(),
                None => {
                    warnings.push(Warning(format!("{}: missing; using an empty one", section.place(name))));
                    Ok(Secret::default())
                }
            };
            Ok(Auth::Basic { username: secret("username")?, password: secret("password")? })
        }
        Some(kind) if kind_text == "bearer" => Ok(section.token()?.map_or_else(
            || {
                let place = &kind.place;
                warnings.push(Warning(format!("{place}: `bearer` needs `token` or `token_file`; going on without")));
                Auth::None
            },
            Auth::Bearer,
        )),
        Some(kind) if !is_none(&kind_text) => {
            warnings.push(Warning(format!("{}; going on without", kind.error(TYPES))));
            Ok(Auth::None)
        }
        _ => Ok(Auth::None),
    }
}

/// What is asked of those who want an assessment.
pub(super) fn demanded(sources: &Sources) -> Result<Auth, ConfigError> {
    let section = Section { sources, key: "server.auth", variables: Some("ITER8_ANALYTICS_SERVER_AUTH_") };
    let kind = section.find("type")?;
    let needed = |place: &str, what: &str| ConfigError(format!("{place}: needs {what}"));
    match (kind, word(section.find("type")?.as_ref())?.as_str()) {
        (Some(kind), "basic") => {
            let secret = |name: &str| match section.find(name)?.map(|found| found.secret()).transpose()? {
                Some(secret) if !secret.reveal().is_empty() => Ok(secret),
                _ => Err(needed(&kind.place, &format!("`{name}`"))),
            };
            let (username, password) = (secret("username")?, secret("password")?);
            if username.reveal().contains(':') {
                return Err(ConfigError(format!(
                    "{}: holds a colon, which ends a user's name",
                    section.place("username")
                )));
            }
            Ok(Auth::Basic { username, password })
        }
        (Some(kind), "bearer") => {
            section.token()?.map(Auth::Bearer).ok_or_else(|| needed(&kind.place, "`token` or `token_file`"))
        }
        (Some(kind), other) if !is_none(other) => Err(kind.error(TYPES)),
        _ => {
            for name in ["username", "password", "token", "token_file"] {
                if let Some(found) = section.find(name)? {
                    return Err(ConfigError(format!("{}: `type` says that nobody is asked for it", found.place)));
                }
            }
            Ok(Auth::None)
        }
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

/// A section of the config file that says who somebody is.
struct Section<'a> {
    sources: &'a Sources<'a>,
    key: &'static str,
    /// What the names of its variables begin with, where it has any.
    variables: Option<&'static str>,
}

impl Section<'_> {
    fn find(&self, name: &str) -> Result<Option<Found>, ConfigError> {
        let variable = self.variables.map(|start| format!("{start}{}", name.to_ascii_uppercase()));
        self.sources.find(variable.as_deref(), &format!("{}.{name}", self.key))
    }

    fn place(&self, name: &str) -> String {
        self.sources.place(&format!("{}.{name}", self.key))
    }

    /// The token, of one place; `None` if there is none.
    fn token(&self) -> Result<Option<Token>, ConfigError> {
        let given = self.find("token")?;
        let token = given.as_ref().map(Found::secret).transpose()?.filter(|token| !token.reveal().is_empty());
        let file = self.find("token_file")?;
        match (token, file) {
            (Some(_), Some(file)) => Err(ConfigError(format!("{}: `token` is given too; one of them", file.place))),
            (Some(token), None) if HeaderValue::from_str(token.reveal()).is_err() => {
                let place = given.map_or_else(|| self.place("token"), |found| found.place);
                Err(ConfigError(format!("{place}: the value cannot stand in a header")))
            }
            (Some(token), None) => Ok(Some(Token::Given(token))),
            (None, Some(file)) => Ok(Some(Token::File(PathBuf::from(file.text()?.trim())))),
            (None, None) => Ok(None),
        }
    }
}

/// A type of authentication in small letters; `none` where nothing is said.
fn word(kind: Option<&Found>) -> Result<String, ConfigError> {
    Ok(kind.map_or(Ok("none".to_owned()), Found::text)?.trim().to_ascii_lowercase())
}

fn is_none(kind: &str) -> bool {
    matches!(kind, "none" | "")
}

const TYPES: &str = "`none`, `basic` or `bearer`";
/// Headers that would break a request if somebody set them.
const OURS: &[&str] = &["accept-encoding", "connection", "content-length", "content-type", "transfer-encoding"];
