//! Names of the environment that begin as ours do and are none: a slip of the pen, or a setting of the config file alone.
//!
//! Which names there are follows from the config file's keys: a section, an underscore, the name, in capitals.
//!
//! Not here: the values.

use std::ffi::OsString;

use super::Warning;
use super::settings::KNOWN_KEYS;
use crate::server::near::nearest;

/// A warning for each of `names` that begins as our variables do and is none.
pub(super) fn unknown(names: impl Iterator<Item = OsString>) -> Vec<Warning> {
    let known: Vec<String> = KNOWN_KEYS.iter().filter_map(|key| variable(key)).collect();
    let mut unknown: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    unknown.retain(|name| name.starts_with(START) && !known.contains(name) && !is_anothers(name));
    unknown.sort();
    let warning = |name: &String| {
        let hint = if let Some(key) = KNOWN_KEYS.iter().find(|key| spelt(key) == *name) {
            format!("; only the config file can say it (`{key}`)")
        } else if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
            format!("; did you mean `{near}`?")
        } else {
            String::new()
        };
        Warning(format!("{name}: no such setting; passed over{hint}"))
    };
    unknown.iter().map(warning).collect()
}

/// The variable of a key of the config file; `None` where only the file can say it.
fn variable(key: &str) -> Option<String> {
    let is_of_file = FILE_ALONE.iter().any(|start| key.starts_with(start));
    (!is_of_file).then(|| spelt(key))
}

/// A key as its variable would be called.
fn spelt(key: &str) -> String {
    match SPELT_OTHERWISE.iter().find(|(known, _)| *known == key) {
        Some((_, name)) => format!("{START}{name}"),
        None => {
            let key = key.strip_prefix("assessment.").unwrap_or(key);
            let key = key.replace("metricsBackend", "metrics_backend").replace('.', "_");
            format!("{START}{}", key.to_ascii_uppercase())
        }
    }
}

/// Whether Kubernetes sets it for the service iter8-analytics, or another program of iter8 reads it.
fn is_anothers(name: &str) -> bool {
    let name = name.strip_prefix(START).unwrap_or_default();
    name.starts_with("SERVICE_") || name == "PORT" || name.starts_with("PORT_") || ["DEBUG", "URL"].contains(&name)
}

const START: &str = "ITER8_ANALYTICS_";
const FILE_ALONE: &[&str] = &["metricsBackend.type", "metricsBackend.auth.", "metricsBackend.headers"];
const SPELT_OTHERWISE: &[(&str, &str)] =
    &[("host", "SERVER_HOST"), ("port", "SERVER_PORT"), ("logLevel", "LOG_LEVEL"), ("logFormat", "LOG_FORMAT")];

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    fn told(names: &[&str]) -> Vec<String> {
        unknown(names.iter().map(OsString::from)).into_iter().map(|warning| warning.0).collect()
    }

    #[test]
    fn a_misspelt_variable_is_told_with_the_one_that_was_meant() {
        let lines = [
            "ITER8_ANALYTICS_METRICS_BACKEND_AUTH_TYPE: no such setting; passed over; only the config file can say it \
             (`metricsBackend.auth.type`)",
            "ITER8_ANALYTICS_ROLBACK: no such setting; passed over; did you mean `ITER8_ANALYTICS_ROLLBACK`?",
            "ITER8_ANALYTICS_X: no such setting; passed over",
        ];
        let names = ["ITER8_ANALYTICS_X", "ITER8_ANALYTICS_METRICS_BACKEND_AUTH_TYPE", "ITER8_ANALYTICS_ROLBACK"];
        assert_eq!(told(&names), lines);
    }

    #[test]
    fn what_kubernetes_and_v1_set_is_no_slip() {
        let names = ["SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR", "DEBUG"];
        let names: Vec<String> = names.iter().map(|name| format!("{START}{name}")).collect();
        assert!(told(&names.iter().map(String::as_str).collect::<Vec<_>>()).is_empty());
        assert!(told(&["ITER8_TREND", "PATH"]).is_empty());
    }

    #[test]
    fn every_variable_that_is_read_is_known() {
        let asked = RefCell::new(BTreeSet::new());
        for kind in ["", "basic", "bearer"] {
            let environment = |name: &str| {
                asked.borrow_mut().insert(name.to_owned());
                (name == "ITER8_ANALYTICS_SERVER_AUTH_TYPE").then(|| OsString::from(kind))
            };
            // A type without its token is an error, which comes after the token was looked up.
            let _ = super::super::settings::read(super::super::Overrides::default(), &environment);
        }
        let asked: BTreeSet<String> = asked.into_inner().into_iter().filter(|name| name.starts_with(START)).collect();
        let known: BTreeSet<String> = KNOWN_KEYS.iter().filter_map(|key| variable(key)).collect();
        assert_eq!(asked, known);
    }
}
