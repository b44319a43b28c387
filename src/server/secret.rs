//! Text that must never be shown turns into values that can be used but not printed.
//!
//! [`Secret`] and [`BackendUrl`] mask themselves in `Debug`, `Display` and serde; only `reveal` gives the text, and
//! only the HTTP client calls it. [`scrub`] takes known secrets out of text that came from elsewhere: a proxy's
//! error page may quote the request, password and all.
//!
//! Not here: wiping memory. Whoever can read this process's memory can read its requests too.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use serde::{Serialize, Serializer};

/// A text that prints as `***`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A URL that prints without its user, its password and its query, any of which may be a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct BackendUrl(Url);

impl BackendUrl {
    /// `text` as the URL of a backend.
    ///
    /// # Errors
    /// What is wrong with it, without the URL itself: no http or https, no host, no port number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
        match url.scheme() {
            "http" | "https" if url.host_str().is_some() => Ok(Self(url)),
            "http" | "https" => Err("it names no host".to_owned()),
            scheme => Err(format!("`{scheme}` is neither http nor https")),
        }
    }

    /// The URL itself.
    pub(super) fn reveal(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if !shown.username().is_empty() || shown.password().is_some() {
            // Both calls fail only for URLs without a host, which this one has.
            let _ = shown.set_username(MASK);
            let _ = shown.set_password(None);
        }
        if shown.query().is_some() {
            shown.set_query(Some(MASK));
        }
        shown.set_fragment(None);
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BackendUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What stands behind `Basic` in the header of who has these credentials.
pub(super) fn basic(username: &Secret, password: &Secret) -> String {
    BASE64_STANDARD.encode(format!("{}:{}", username.0, password.0))
}

/// `text` without any of `secrets`, and without what follows the word `Basic` or `Bearer`.
pub(super) fn scrub(text: &str, secrets: &[Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.0.is_empty()) {
        clean = clean.replace(&secret.0, MASK);
    }
    for scheme in ["Basic ", "Bearer "] {
        let mut parts = clean.split(scheme);
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|letter: char| !is_token_letter(letter)).unwrap_or(part.len());
            masked.push_str(scheme);
            // `Basic realm=...` and plain prose are no credentials, but nothing is lost by hiding one word of them.
            masked.push_str(MASK);
            masked.push_str(part.get(end..).unwrap_or_default());
        }
        clean = masked;
    }
    clean
}

fn is_token_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '-' | '_' | '.' | '~')
}

const MASK: &str = "***";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars_whichever_way_it_is_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {}", serde_json::json!(secret)), r#"*** *** "***""#);
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn a_url_is_shown_without_what_may_be_a_credential() {
        let shown = |text: &str| BackendUrl::parse(text).map(|url| format!("{url} {url:?}"));
        assert_eq!(
            shown("http://me:pw@host:9090/prom?key=1#x").as_deref(),
            Ok("http://***@host:9090/prom?*** http://***@host:9090/prom?***")
        );
        assert_eq!(shown("http://:pw@host/").as_deref(), Ok("http://***@host/ http://***@host/"));
        assert_eq!(shown(" http://prometheus:9090").as_deref(), Ok("http://prometheus:9090/ http://prometheus:9090/"));
    }

    #[test]
    fn only_http_urls_with_a_host_are_urls_of_a_backend() {
        for bad in ["", "prometheus", "prometheus:9090", "ftp://host", "http://", "http://host:99999", "http://a b/"] {
            assert!(BackendUrl::parse(bad).is_err(), "{bad}");
        }
        for good in ["http://prometheus:9090", "https://a_b.c/x/", "http://[::1]:9090", "http://10.0.0.1"] {
            assert!(BackendUrl::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_a_proxy_quotes_of_our_request_loses_its_secrets() {
        let secrets = [Secret::new("s3cret"), Secret::default()];
        assert_eq!(
            scrub("user s3cret sent Authorization: Basic bWU6cHc=, denied", &secrets),
            "user *** sent Authorization: Basic ***, denied"
        );
        assert_eq!(scrub("plain text", &secrets), "plain text");
    }
}
