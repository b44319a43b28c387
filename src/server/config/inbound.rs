//! The settings under `server`: TLS, who may ask, from which pages, and how much at once.
//!
//! Whoever protects the server by half must not think it protected: what is a warning towards the backend (a type of
//! authentication that nobody knows, a token that is missing) is an error here.
//!
//! Not here: what is done about a request that is over a limit or from somebody else (`gate`, `connections`, `body`).

use std::time::Duration;

use reqwest::Url;
use serde_json::Value;

use super::certificates::{self, ServerTls};
use super::credentials;
use super::found::Found;
use super::sources::Sources;
use super::{Auth, ConfigError};

/// Who may ask, over what, and how much at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inbound {
    /// How TLS is spoken; `None`: plain HTTP.
    pub tls: Option<ServerTls>,
    /// What `POST /assessment` asks for.
    pub auth: Auth,
    /// Pages of these origins may ask from a browser; `*` stands for all, none is the default.
    pub cors_origins: Vec<String>,
    /// How much is taken in.
    pub limits: Limits,
    /// How long the server serves on once it is told to stop, until balancers have learnt that it is not ready any more.
    pub linger: Duration,
}

/// How much is taken in, and how long is waited for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Assessments under way; one more is told to come back.
    pub requests_max: usize,
    /// Open connections; one more is told to come back.
    pub connections_max: usize,
    /// Longest wait for a request's head, and so for the next request on an idle connection.
    pub head_timeout: Duration,
    /// Longest wait for a body to arrive.
    pub body_timeout: Duration,
    /// Longest body.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    /// A thousand assessments, four thousand connections, 45 s, 30 s, 16 MiB.
    fn default() -> Self {
        Self {
            // At 7,000 a second the last of them waits for a seventh of a second.
            requests_max: 1000,
            connections_max: 4000,
            // No usual interval between iterations (20, 30, 60 s): a client that asks just when we hang up gets an error.
            head_timeout: Duration::from_secs(45),
            // 16 MiB at 5 Mbit/s.
            body_timeout: Duration::from_secs(30),
            // An experiment with a million values of observations fits.
            body_bytes_max: 16 << 20,
        }
    }
}

/// The settings under `server`.
pub(super) fn read(sources: &Sources) -> Result<Inbound, ConfigError> {
    Ok(Inbound {
        tls: certificates::server(sources)?,
        auth: credentials::demanded(sources)?,
        cors_origins: sources
            .find(Some(CORS), "server.cors_origins")?
            .map_or(Ok(Vec::new()), |found| origins(&found))?,
        limits: limits(sources)?,
        linger: sources.find(Some(LINGER), "server.linger_seconds")?.map_or(Ok(Duration::ZERO), |found| {
            let is_allowed = |seconds: f64| (0.0..=60.0).contains(&seconds);
            found.number("a number of seconds from 0 to 60", is_allowed).map(Duration::from_secs_f64)
        })?,
    })
}

fn limits(sources: &Sources) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let find = |name: &str| {
        let variable = format!("ITER8_ANALYTICS_SERVER_{}", name.to_ascii_uppercase());
        sources.find(Some(&variable), &format!("server.{name}"))
    };
    let count = |name: &str, max: u16, default: usize| {
        find(name)?.map_or(Ok(default), |found| found.whole(1, max).map(usize::from))
    };
    let seconds = |name: &str, default: Duration| match find(name)? {
        Some(found) => found
            .number("a number of seconds from 0.1 to 3600", |seconds| (0.1..=3600.0).contains(&seconds))
            .map(Duration::from_secs_f64),
        None => Ok(default),
    };
    Ok(Limits {
        requests_max: count("requests_max", u16::MAX, default.requests_max)?,
        connections_max: count("connections_max", u16::MAX, default.connections_max)?,
        head_timeout: seconds("head_seconds_max", default.head_timeout)?,
        body_timeout: seconds("body_seconds_max", default.body_timeout)?,
        body_bytes_max: count("body_mib_max", BODY_MIB_MAX, default.body_bytes_max >> 20)? << 20,
    })
}

/// A list, or a text with commas between: a variable of the environment has no lists.
fn origins(found: &Found) -> Result<Vec<String>, ConfigError> {
    let place = &found.place;
    let wrong = |what: &str| ConfigError(format!("{place}: `{what}` is not `*` or an origin like `{ORIGIN_EXAMPLE}`"));
    let texts: Vec<String> = match &found.value {
        Value::Array(list) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(&item.to_string())))
            .collect::<Result<_, _>>()?,
        _ => found.text()?.split(',').map(str::to_owned).collect(),
    };
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts.map(|text| origin(text).ok_or_else(|| wrong(text))).collect()
}

/// `text` as a browser would send it, if it is an origin.
fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && url.password().is_none() && is_bare)
        .then(|| url.origin().ascii_serialization())
}

const CORS: &str = "ITER8_ANALYTICS_SERVER_CORS_ORIGINS";
const LINGER: &str = "ITER8_ANALYTICS_SERVER_LINGER_SECONDS";
const ORIGIN_EXAMPLE: &str = "https://page.example";
/// What all bodies together may take (`body`) holds sixteen of these.
const BODY_MIB_MAX: u16 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for (text, sent) in [
            ("*", Some("*")),
            ("https://Page.example", Some("https://page.example")),
            ("https://page.example/", Some("https://page.example")),
            ("https://page.example:443", Some("https://page.example")),
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("page.example", None),
            ("https://page.example/app", None),
            ("https://me@page.example", None),
            ("ftp://page.example", None),
            ("null", None),
        ] {
            assert_eq!(origin(text).as_deref(), sent, "{text}");
        }
    }
}
