//! One setting as somebody wrote it becomes a checked value, or an error that names its place.
//!
//! A value comes from the environment (always text) or from the config file (text, number, truth value). Both are
//! read alike, so that `8080` and `"8080"` mean the same everywhere.
//!
//! Not here: which settings there are and which source wins.

use serde_json::Value;

use super::ConfigError;
use crate::error::shorten;
use crate::server::secret::{BackendUrl, Secret};

/// A setting's value and the name of the place where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub place: String,
    pub value: Value,
}

impl Found {
    /// The value as text; a number or truth value as it was written.
    pub fn text(&self) -> Result<String, ConfigError> {
        self.to_text().ok_or_else(|| self.error("a text"))
    }

    /// The value as a secret: whatever is wrong with it, it is not shown.
    pub fn secret(&self) -> Result<Secret, ConfigError> {
        self.to_text().map(Secret::new).ok_or_else(|| ConfigError(format!("{}: not a text", self.place)))
    }

    /// The value as a backend's URL.
    pub fn url(&self) -> Result<BackendUrl, ConfigError> {
        let text = self.to_text().ok_or_else(|| ConfigError(format!("{}: not a URL", self.place)))?;
        BackendUrl::parse(&text).map_err(|why| {
            // A URL may hold a password, so the value is shown only where it cannot.
            let shown = if text.contains('@') { String::new() } else { format!("`{}` is ", shorten(&text, 80)) };
            ConfigError(format!("{}: {shown}not a URL like `{URL_EXAMPLE}`: {why}", self.place))
        })
    }

    /// The value as a number that `is_allowed`; `allowed` says which are.
    pub fn number(&self, allowed: &str, is_allowed: impl Fn(f64) -> bool) -> Result<f64, ConfigError> {
        let number = match &self.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|&number| number.is_finite() && is_allowed(number)).ok_or_else(|| self.error(allowed))
    }

    /// The value as a whole number in `min..=max`.
    pub fn whole(&self, min: u16, max: u16) -> Result<u16, ConfigError> {
        let allowed = format!("a whole number from {min} to {max}");
        let is_allowed = |number: f64| number.fract() == 0.0 && (f64::from(min)..=f64::from(max)).contains(&number);
        self.number(&allowed, is_allowed).map(|number| number as u16)
    }

    /// The value as true or false; YAML's older words and 1 and 0 too.
    pub fn truth(&self) -> Result<bool, ConfigError> {
        match self.to_text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" | "" => Ok(false),
            _ => Err(self.error("true or false")),
        }
    }

    /// The value as one of `words`, in any case.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.to_text().unwrap_or_default();
        let matching = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
        matching.map(|&(_, meaning)| meaning).ok_or_else(|| {
            let list: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.error(&format!("one of {}", list.join(", ")))
        })
    }

    /// The error that the value is not what is `allowed`.
    pub fn error(&self, allowed: &str) -> ConfigError {
        let shown = self.to_text().unwrap_or_else(|| self.value.to_string());
        ConfigError(format!("{}: `{}` is not {allowed}", self.place, shorten(&shown, 80)))
    }

    fn to_text(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(self.value.to_string()),
            _ => None,
        }
    }
}

const URL_EXAMPLE: &str = "http://prometheus:9090";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(value: Value) -> Found {
        Found { place: "here".to_owned(), value }
    }

    #[test]
    fn a_number_in_quotes_is_a_number() {
        assert_eq!(found(json!("8080")).whole(0, u16::MAX), Ok(8080));
        assert_eq!(found(json!(8080)).whole(0, u16::MAX), Ok(8080));
        assert_eq!(found(json!(" 0.5 ")).number("", |_| true), Ok(0.5));
    }

    #[test]
    fn an_error_names_the_place_the_value_and_what_is_allowed() {
        let error = |result: Result<u16, ConfigError>| result.map_err(|error| error.0);
        let allowed = "is not a whole number from 0 to 65535";
        for (value, shown) in [(json!(70000), "70000"), (json!("abc"), "abc"), (json!(1.5), "1.5"), (json!([1]), "[1]")]
        {
            assert_eq!(error(found(value).whole(0, u16::MAX)), Err(format!("here: `{shown}` {allowed}")));
        }
        assert_eq!(found(json!("maybe")).truth(), Err(ConfigError("here: `maybe` is not true or false".to_owned())));
    }

    #[test]
    fn a_wrong_url_with_a_password_is_not_shown() {
        let message = |text: &str| found(json!(text)).url().map_err(|error| error.0).err().unwrap_or_default();
        assert!(!message("ftp://me:hunter2@host").contains("hunter2"));
        assert!(message("prometheus:9090").starts_with("here: `prometheus:9090` is not a URL like"));
    }
}
