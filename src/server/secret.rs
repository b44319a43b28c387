//! Text that must never be shown turns into a value that can be used but not printed.
//!
//! [`Secret`] masks itself in `Debug`, `Display` and serde; only [`Secret::reveal`] gives the text, and only the
//! HTTP client calls it. [`masked`] hides the user and password of a URL.
//!
//! Not here: wiping memory. Whoever can read this process's memory can read its requests too.

use std::fmt;

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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// `url` as it may be shown: without its user, its password and its query, any of which may be a credential.
pub fn masked(url: &Url) -> String {
    let mut shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // Both calls fail only for URLs without a host, which a backend's never is.
        let _ = shown.set_username(MASK);
        let _ = shown.set_password(None);
    }
    if url.query().is_some() {
        shown.set_query(Some(MASK));
    }
    shown.to_string()
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
        let shown = |text: &str| Url::parse(text).map(|url| masked(&url)).unwrap_or_default();
        assert_eq!(shown("http://me:pw@host:9090/prom?key=1"), "http://***@host:9090/prom?***");
        assert_eq!(shown("http://:pw@host/"), "http://***@host/");
        assert_eq!(shown("http://prometheus:9090"), "http://prometheus:9090/");
    }
}
