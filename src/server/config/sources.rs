//! Environment and config file become one place to look settings up in.
//!
//! The environment beats the file; an empty variable counts as absent, and so does a null in the file. The file is
//! YAML, and with it JSON. As in v1.0.0 a file that is missing or cannot be parsed is passed over, unless a flag
//! named it, but with a warning; only a `config.yaml` that nobody named and nobody wrote is not worth one.
//!
//! Not here: what a setting means and what is allowed for it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::found::Found;
use super::{ConfigError, Warning};
use crate::server::yaml::{self, DuplicateKeyPolicy};

/// The value of a variable of the environment; `None` where it is not set.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Which config file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum File {
    /// This one, which must be there and in order.
    Needed(PathBuf),
    /// The one that the environment names, or else `config.yaml` in the working folder.
    Usual,
    /// The one that the environment names, or else none.
    Named,
}

/// Where settings are looked up.
pub(super) struct Sources<'a> {
    environment: Environment<'a>,
    file: Map<String, Value>,
    file_name: String,
}

impl<'a> Sources<'a> {
    /// Reads the config file.
    pub fn open(environment: Environment<'a>, file: File, warnings: &mut Vec<Warning>) -> Result<Self, ConfigError> {
        let named = environment(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let is_named = named.is_some();
        let is_needed = matches!(file, File::Needed(_));
        let path = match file {
            File::Needed(path) => Some(path),
            File::Usual => named.or_else(|| Some(PathBuf::from(FILE_DEFAULT))),
            File::Named => named,
        };
        let Some(path) = path else {
            return Ok(Self { environment, file: Map::new(), file_name: String::new() });
        };
        let file = match read(&path, warnings) {
            Ok(file) => file,
            Err(Unreadable::Wrong(why)) => return Err(ConfigError(why)),
            Err(Unreadable::Missing(why) | Unreadable::Broken(why)) if is_needed => return Err(ConfigError(why)),
            Err(Unreadable::Missing(_)) if !is_named => Map::new(),
            Err(Unreadable::Missing(why) | Unreadable::Broken(why)) => {
                warnings.push(Warning(format!("{why}; going on without it")));
                Map::new()
            }
        };
        Ok(Self { environment, file, file_name: path.display().to_string() })
    }

    /// The setting that the environment calls `variable` and the file `key`, a path with dots.
    pub fn find(&self, variable: Option<&str>, key: &str) -> Result<Option<Found>, ConfigError> {
        if let Some(variable) = variable
            && let Some(text) = (self.environment)(variable)
        {
            // What it holds may be a secret of another encoding: it is not shown.
            let text = text.into_string().map_err(|_| ConfigError(format!("{variable}: not a text in UTF-8")))?;
            if !text.trim().is_empty() {
                return Ok(Some(Found { place: variable.to_owned(), value: Value::String(text) }));
            }
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
    /// There is none.
    Missing(String),
    /// It cannot be read or parsed.
    Broken(String),
    /// Parsed, and then no map of settings: v1.0.0 ended there.
    Wrong(String),
}

fn read(path: &Path, warnings: &mut Vec<Warning>) -> Result<Map<String, Value>, Unreadable> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        let why = format!("{shown}: the config file cannot be read: {error}");
        if error.kind() == ErrorKind::NotFound { Unreadable::Missing(why) } else { Unreadable::Broken(why) }
    })?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    let parsed = yaml::parse(&bytes, DuplicateKeyPolicy::Error).or_else(|error| {
        if let Some(key) = yaml::repeated_key(&error) {
            let place = format!("{shown}{}", yaml::line(&error));
            warnings.push(Warning(format!("{place}: {key} stands there twice; the last one counts")));
        }
        yaml::parse(&bytes, DuplicateKeyPolicy::LastWins)
    });
    // The parser's own message quotes the file, and the file may hold a password.
    let parsed = parsed.map_err(|error: yaml::Error| {
        let why = yaml::reason(&error).unwrap_or("the config file is no YAML or JSON");
        Unreadable::Broken(format!("{shown}{}: {why}", yaml::line(&error)))
    })?;
    match parsed {
        Value::Object(mut file) => {
            restore_credentials(&mut file, &bytes);
            Ok(file)
        }
        Value::Null => Ok(Map::new()),
        _ => Err(Unreadable::Wrong(format!("{shown}: the config file is no map of settings"))),
    }
}

/// Gives credentials and headers back the text that stands in the file: `1e3` and `1.10` are passwords, not numbers.
fn restore_credentials(file: &mut Map<String, Value>, bytes: &[u8]) {
    // Fails where a section is no section or a credential no text, which is told when the setting is looked up.
    let Ok(written) = yaml::parse::<Written>(bytes, DuplicateKeyPolicy::LastWins) else { return };
    for (name, section) in [("metricsBackend", written.backend), ("server", written.server)] {
        let Some((section, file)) = section.zip(file.get_mut(name).and_then(Value::as_object_mut)) else { continue };
        for (name, texts) in [("headers", section.headers), ("auth", section.auth)] {
            let values = file.get_mut(name).and_then(Value::as_object_mut);
            if let Some((texts, values)) = texts.zip(values) {
                restore(values, texts);
            }
        }
    }
}

fn restore(values: &mut Map<String, Value>, texts: BTreeMap<String, Option<String>>) {
    for (name, text) in texts {
        if let (Some(value), Some(text)) = (values.get_mut(&name), text) {
            *value = Value::String(text);
        }
    }
}

/// The sections of the config file that hold credentials, as texts.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "metricsBackend")]
    backend: Option<WrittenSection>,
    server: Option<WrittenSection>,
}

#[derive(Deserialize)]
struct WrittenSection {
    auth: Option<BTreeMap<String, Option<String>>>,
    headers: Option<BTreeMap<String, Option<String>>>,
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
