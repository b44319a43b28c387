//! The settings under `store`: whether the server remembers last states, where, how many and how long.
//!
//! No file and no URL: it remembers nothing. A URL beats a file, since who names one has several replicas.
//!
//! Not here: how states are kept.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::found::Found;
use super::sources::Sources;
use super::{ConfigError, Secret, Warning};

/// What is kept between requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Where; `None`: nothing is kept.
    pub place: Option<MemoryPlace>,
    /// The most that a file holds, without what the form of the file adds. A shared store has limits of its own.
    pub bytes_max: u64,
    /// How long an experiment that nobody asks about is kept.
    pub age_max: Duration,
}

/// Where last states are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryPlace {
    /// In this file, for one replica.
    File(PathBuf),
    /// In a Redis, for as many as use it.
    Shared(StoreUrl),
}

/// The URL of a Redis; prints without its user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(Url);

impl StoreUrl {
    /// `text` as the URL of a Redis.
    ///
    /// # Errors
    /// What is wrong with it, without the URL itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
        match url.scheme() {
            "redis" if url.host_str().is_some_and(|host| !host.is_empty()) => {}
            "redis" => return Err("it names no host".to_owned()),
            "rediss" => return Err("TLS to the store is not spoken here".to_owned()),
            scheme => return Err(format!("`{scheme}` is not redis")),
        }
        let database = url.path().trim_start_matches('/');
        if !database.is_empty() && database.parse::<u16>().is_err() {
            return Err("its path is no number of a database".to_owned());
        }
        Ok(Self(url))
    }

    /// The URL itself.
    pub(in crate::server) fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        if !shown.username().is_empty() || shown.password().is_some() {
            // Both calls fail only for URLs without a host, which this one has.
            let _ = shown.set_username(&Secret::new("").to_string());
            let _ = shown.set_password(None);
        }
        // Some clients take a password from here; ours does not, but it may stand here.
        shown.set_query(None);
        shown.set_fragment(None);
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Default for Memory {
    /// Nothing is kept; 64 MiB and 30 days, once a place is named.
    fn default() -> Self {
        Self { place: None, bytes_max: SIZE_MIB_DEFAULT << 20, age_max: AGE_DAYS_DEFAULT * DAY }
    }
}

/// The settings under `store`.
pub(super) fn read(sources: &Sources, warnings: &mut Vec<Warning>) -> Result<Memory, ConfigError> {
    let default = Memory::default();
    let file = sources.find(Some(FILE), "store.file")?;
    let url = sources.find(Some(URL), "store.url")?;
    let place = match (url, file) {
        (Some(url), file) => {
            if let Some(file) = file {
                warnings.push(Warning(format!("{}: not used, since {} names a shared store", file.place, url.place)));
            }
            Some(MemoryPlace::Shared(shared(&url)?))
        }
        (None, Some(file)) => Some(MemoryPlace::File(PathBuf::from(file.text()?.trim()))),
        (None, None) => None,
    };
    let size = sources.find(Some(SIZE), "store.size_mib_max")?;
    let age = sources.find(Some(AGE), "store.age_days_max")?;
    let days = |days: f64| days > 0.0 && days <= AGE_DAYS_MAX;
    Ok(Memory {
        place,
        bytes_max: size
            .map_or(Ok(default.bytes_max), |found| found.whole(1, SIZE_MIB_MAX).map(|mib| u64::from(mib) << 20))?,
        age_max: age.map_or(Ok(default.age_max), |found| {
            found.number("a number of days above 0 and up to 3650", days).map(|days| DAY.mul_f64(days))
        })?,
    })
}

fn shared(found: &Found) -> Result<StoreUrl, ConfigError> {
    // A URL may hold a password: it is never shown.
    let place = &found.place;
    let text = found.text().map_err(|_| ConfigError(format!("{place}: not a URL like `{URL_EXAMPLE}`")))?;
    StoreUrl::parse(&text).map_err(|why| ConfigError(format!("{place}: not a URL like `{URL_EXAMPLE}`: {why}")))
}

const FILE: &str = "ITER8_ANALYTICS_STORE_FILE";
const URL: &str = "ITER8_ANALYTICS_STORE_URL";
const SIZE: &str = "ITER8_ANALYTICS_STORE_SIZE_MIB_MAX";
const AGE: &str = "ITER8_ANALYTICS_STORE_AGE_DAYS_MAX";
const URL_EXAMPLE: &str = "redis://:password@redis:6379/0";
/// Two thousand experiments of the usual size.
const SIZE_MIB_DEFAULT: u64 = 64;
const SIZE_MIB_MAX: u16 = 4096;
/// An experiment that nobody has asked about for a month is over.
const AGE_DAYS_DEFAULT: u32 = 30;
const AGE_DAYS_MAX: f64 = 3650.0;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for text in ["redis://me:hunter2@host:6379/1", "redis://:hunter2@host", "redis://host?password=hunter2"] {
            let url = StoreUrl::parse(text).map_err(|why| why.contains("hunter2"));
            assert!(url.is_ok_and(|url| !format!("{url} {url:?}").contains("hunter2")), "{text}");
        }
        for text in ["redis://:hunter2@", "http://:hunter2@host", "rediss://:hunter2@host", "redis://:hunter2@host/x"] {
            let found = Found { place: "here".to_owned(), value: text.into() };
            let error = shared(&found).map_err(|error| error.0).err().unwrap_or_default();
            assert!(error.starts_with("here: not a URL like") && !error.contains("hunter2"), "{error}");
        }
    }
}
