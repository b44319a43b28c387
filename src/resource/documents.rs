//! Parsed documents -> the resources among them that matter here, each with its place.
//!
//! A list of documents, lists as kubectl prints them (`kind: List`, `ExperimentList`), empty documents.
//!
//! Not here: what a resource says.

use serde_json::{Map, Value};

use super::metrics;
use crate::wire::decode::{Decoder, Path};

/// What a document is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Experiment,
    /// The ConfigMap with metrics.
    Metrics,
}

/// What is done with a document at a place.
type Visit<'a> = dyn FnMut(&mut Decoder, &Value, Kind, Path) + 'a;

/// Calls `visit` with each Experiment and each ConfigMap of metrics; other resources are passed over.
pub(super) fn each(faults: &mut Decoder, documents: &Value, root: Path, visit: &mut Visit) {
    match documents {
        Value::Array(items) => all(faults, items, root, &Origin::default(), visit),
        one => document(faults, one, root.index(0), &Origin::default(), visit),
    }
}

/// What a list says of its items, which need not repeat it.
#[derive(Default)]
struct Origin<'a> {
    version: Option<&'a str>,
    kind: Option<&'a str>,
}

fn all(faults: &mut Decoder, items: &[Value], path: Path, origin: &Origin, visit: &mut Visit) {
    for (index, item) in items.iter().enumerate() {
        document(faults, item, path.index(index), origin, visit);
    }
}

fn document(faults: &mut Decoder, value: &Value, path: Path, origin: &Origin, visit: &mut Visit) {
    let members = match value {
        // Nothing stands between two `---`.
        Value::Null => return,
        Value::Object(members) => members,
        _ => return faults.fail(path, "type_error.dict", "value is not a valid dict"),
    };
    let Some(kind) = word(faults, members, "kind", path, origin.kind) else { return };
    let Some(version) = word(faults, members, "apiVersion", path, origin.version) else { return };
    let is_ours = version.starts_with(GROUP);
    match kind.strip_suffix("List") {
        Some(item) if item.is_empty() || is_ours || members.contains_key("items") => {
            let items = faults.required(members, "items", path);
            let Some(items) = items.and_then(|items| faults.list(items, path.key("items"))) else { return };
            let origin =
                if item.is_empty() { Origin::default() } else { Origin { version: Some(version), kind: Some(item) } };
            all(faults, items, path.key("items"), &origin, visit);
        }
        _ if is_ours && kind != KIND => {
            faults.fail(
                path.key("kind"),
                "type_error.enum",
                format!("`{kind}` is no kind of {GROUP}: expected {KIND}"),
            );
        }
        _ if is_ours && version != VERSION => {
            let message = format!("`{version}` is not a version that can be read: expected {VERSION}");
            faults.fail(path.key("apiVersion"), "type_error.enum", message);
        }
        _ if is_ours => visit(faults, value, Kind::Experiment, path),
        _ if kind == "ConfigMap" && metrics::is_in(members) => visit(faults, value, Kind::Metrics, path),
        _ => {}
    }
}

fn word<'v>(
    faults: &mut Decoder,
    members: &'v Map<String, Value>,
    key: &str,
    path: Path,
    inherited: Option<&'v str>,
) -> Option<&'v str> {
    match (members.get(key), inherited) {
        (None, Some(word)) => Some(word),
        _ => {
            let value = faults.required(members, key, path)?;
            let word = value.as_str();
            if word.is_none() {
                faults.fail(path.key(key), "type_error.str", "str type expected");
            }
            word
        }
    }
}

/// The group of iter8's resources.
const GROUP: &str = "iter8.tools/";
/// The one version of the controllers 1.0 and later.
const VERSION: &str = "iter8.tools/v1alpha2";
const KIND: &str = "Experiment";
