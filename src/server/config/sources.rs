//! Environment and config file become one place to look settings up in.
//!
//! The environment beats the file; an empty variable counts as absent, and so does a null in the file. The file is
//! YAML, and with it JSON. As in v1.0.0 a file that is missing or cannot be parsed is passed over, unless a flag
//! named it, but with a warning.
//!
//! Not here: what a setting means and what is allowed for it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::found::Found;
use super::{ConfigError, Warning};

/// Where settings are looked up.
pub(super) struct Sources<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: Map<String, Value>,
    file_name: String,
}

impl<'a> Sources<'a> {
    /// Reads the config file: the one that a flag named, that the environment names, or `config.yaml`.
    pub fn open(
        environment: &'a dyn Fn(&str) -> Option<String>,
        flag: Option<PathBuf>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, ConfigError> {
        let named = environment(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let is_named = named.is_some();
        let is_flagged = flag.is_some();
        let path = flag.or(named).unwrap_or_else(|| PathBuf::from(FILE_DEFAULT));
        let file = match read(&path) {
            Ok(file) => file,
            Err(Unreadable::Wrong(why)) => return Err(ConfigError(why)),
            Err(Unreadable::Missing(why) | Unreadable::Broken(why)) if is_flagged => return Err(ConfigError(why)),
            Err(Unreadable::Missing(why)) => {
                if is_named {
                    warnings.push(Warning(format!("{why}; going on without it")));
                }
                Map::new()
            }
            Err(Unreadable::Broken(why)) => {
                warnings.push(Warning(format!("{why}; going on without it")));
                Map::new()
            }
        };
        Ok(Self { environment, file, file_name: path.display().to_string() })
    }

    /// The setting that the environment calls `variable` and the file `key`, a path with dots.
    pub fn find(&self, variable: Option<&str>, key: &str) -> Result<Option<Found>, ConfigError> {
        if let Some(variable) = variable
            && let Some(text) = (self.environment)(variable).filter(|text| !text.trim().is_empty())
        {
            return Ok(Some(Found { place: variable.to_owned(), value: Value::String(text) }));
        }
        let mut section = &self.file;
        let mut steps = key.split('.').peekable();
        let mut walked = String::new();
        while let Some(step) = steps.next() {
            walked = if walked.is_empty() { step.to_owned() } else { format!("{walked}.{step}") };
            match (section.get(step), steps.peek()) {
                (None | Some(Value::Null), _) => return Ok(None),
                (Some(value), None) => return Ok(Some(Found { place: self.place(&walked), value: value.clone() })),
                (Some(Value::Object(inner)), Some(_)) => section = inner,
                (Some(_), Some(_)) => return Err(ConfigError(format!("{}: not a section", self.place(&walked)))),
            }
        }
        Ok(None)
    }

    /// A warning for each key of the file that is none of `known`: a slip of the pen, or a setting of another version.
    pub fn unknown_keys(&self, known: &[&str]) -> Vec<Warning> {
        let mut unknown = Vec::new();
        collect_unknown(&self.file, "", known, &mut unknown);
        unknown.iter().map(|key| Warning(format!("{}: no such setting; passed over", self.place(key)))).collect()
    }

    /// How a key of the file is called in messages.
    pub fn place(&self, key: &str) -> String {
        format!("{}: {key}", self.file_name)
    }
}

enum Unreadable {
    Missing(String),
    Broken(String),
    /// Parsed, and then no map of settings: v1.0.0 ended there.
    Wrong(String),
}

fn read(path: &Path) -> Result<Map<String, Value>, Unreadable> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Unreadable::Missing(format!("{shown}: the config file cannot be read: {error}")))?;
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    // The parser's own message quotes the file, and the file may hold a password.
    let parsed = serde_saphyr::from_str::<Value>(&text).map_err(|error| {
        let line = error.location().map(|location| format!(", line {}", location.line())).unwrap_or_default();
        Unreadable::Broken(format!("{shown}{line}: the config file is no YAML or JSON"))
    })?;
    match parsed {
        Value::Object(file) => Ok(file),
        Value::Null => Ok(Map::new()),
        _ => Err(Unreadable::Wrong(format!("{shown}: the config file is no map of settings"))),
    }
}

fn collect_unknown(section: &Map<String, Value>, prefix: &str, known: &[&str], unknown: &mut Vec<String>) {
    for (name, value) in section {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let is_section = known.iter().any(|known| known.strip_prefix(&key).is_some_and(|rest| rest.starts_with('.')));
        match value {
            Value::Object(inner) if is_section => collect_unknown(inner, &key, known, unknown),
            _ if is_section || known.contains(&key.as_str()) => {}
            _ => unknown.push(key),
        }
    }
}

const FILE_VARIABLE: &str = "METRICS_BACKEND_CONFIGFILE";
const FILE_DEFAULT: &str = "config.yaml";
