//! Experiment resources of iter8 (`iter8.tools/v1alpha2`) -> experiments, as the controller makes requests of them; and an
//! assessment -> what the controller writes into a resource's status.
//!
//! Documents are parsed YAML or JSON: one, a list, or what kubectl prints. The metrics stand in the resource, where the
//! controller copies them, or in the ConfigMap `iter8config-metrics` among the documents. Each experiment is checked as
//! a request is, and a fault is told by its place in the documents.
//!
//! Not here: reading files, and YAML but for the lists inside the ConfigMap (`text`).

mod documents;
mod duration;
mod metrics;
mod request;
mod status;
mod text;

use serde_json::Value;

use crate::error::{Error, FieldError, Segment};
use crate::experiment::{Experiment, MetricData, Settings};
use crate::wire::decode::{Decoder, Path};
use crate::wire::{json, limits, write};
use documents::Kind;
use metrics::Metrics;

#[cfg(all(feature = "native", not(target_family = "wasm")))]
pub(crate) use request::VERSION_KINDS;
pub use status::to_status;

/// What an Experiment resource says.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Resource {
    /// `metadata.namespace`; `default` where the file names none, as kubectl has it.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The request that the controller sends next. Without `start_time` where the experiment has not started.
    pub experiment: Value,
    /// The instant of the assessment in the status, RFC 3339: assessed as of it, the experiment is as it was then. `None`
    /// before the first assessment.
    pub now: Option<String>,
    /// What the status says the experiment is at, such as `Progressing` or `Completed`.
    pub phase: Option<String>,
    /// Seconds between two assessments, above 0.
    pub interval_seconds: f64,
    /// Assessments after which the controller ends the experiment.
    pub max_iterations: u64,
    /// Where in the documents the resource is.
    #[serde(skip)]
    pub place: Vec<Segment>,
}

/// The experiments among `documents`, in their order: Experiment resources, lists of them, and the ConfigMap with their
/// metrics. Other kinds of resource are passed over. One document alone counts as a list of one.
///
/// # Errors
/// Every fault, each with its place, such as `documents[1].spec.criteria[0].threshold.type`; unknown fields among them,
/// since a limit whose name is misspelt would be no limit.
pub fn from_resource(documents: &Value) -> Result<Vec<Resource>, Error> {
    let root = Path::Root;
    let root = root.key("documents");
    let depth = limits::depth(documents);
    if depth > limits::DEPTH_MAX {
        return Err(Error::field(limits::too_deep(root, depth)));
    }
    let mut faults = Decoder::default();
    let mut shared: Option<Metrics> = None;
    let mut count = 0;
    documents::each(&mut faults, documents, root, &mut |faults, document, kind, path| match kind {
        Kind::Metrics => match &shared {
            None => shared = metrics::of_config_map(faults, document, path),
            Some(first) => {
                let message = format!("a second ConfigMap of metrics; the first is {}", first.owner());
                faults.fail(path, "value_error", message);
            }
        },
        Kind::Experiment => count += 1,
    });
    check_size(root, count, shared.as_ref())?;
    let mut resources = Vec::new();
    // The first walk has told what is wrong around the experiments.
    documents::each(&mut Decoder::default(), documents, root, &mut |_, document, kind, path| {
        if kind == Kind::Experiment {
            resources.extend(experiment(&mut faults, document, path, shared.as_ref()));
        }
    });
    if faults.has_failed() { Err(faults.into_error()) } else { Ok(resources) }
}

/// The metrics of a ConfigMap stand in each experiment's request.
fn check_size(root: Path, count: usize, shared: Option<&Metrics>) -> Result<(), Error> {
    let length = shared.map_or(0, |metrics| write::to_text(&metrics.value).len());
    if count * length > LENGTH_MAX {
        let what = "bytes of metrics in all experiments";
        return Err(Error::field(limits::too_many(root, count * length, LENGTH_MAX, what)));
    }
    Ok(())
}

/// One resource, checked as the request that it makes.
fn experiment(faults: &mut Decoder, document: &Value, path: Path, shared: Option<&Metrics>) -> Option<Resource> {
    let mut own = Decoder::default();
    let made = request::of_document(&mut own, document, path, shared);
    let mut known = own.into_faults();
    if let Some((resource, metrics)) = &made {
        let checked = Experiment::parse(&started(&resource.experiment), MetricData::Fetched, &Settings::default());
        let is_clean = known.is_empty();
        let at_home = |location: &[Segment]| request::place(location, path, metrics);
        match checked {
            Err(Error::Fields(errors)) => {
                for error in errors {
                    let error = FieldError { location: at_home(&error.location), ..error };
                    // A field that is missing in the resource is missing in the request too.
                    if !known.iter().any(|fault| fault.location == error.location) {
                        known.push(error);
                    }
                }
            }
            Err(Error::Sentence { location, message }) if is_clean => {
                known.push(FieldError { location: at_home(&location), message, kind: "value_error", context: None });
            }
            _ => {}
        }
    }
    let is_clean = known.is_empty();
    known.into_iter().for_each(|fault| faults.push(fault));
    made.filter(|_| is_clean).map(|(resource, _)| resource)
}

/// `experiment` with a start, which one that waits does not have yet.
fn started(experiment: &Value) -> Value {
    let mut started = experiment.clone();
    if let Some(members) = started.as_object_mut().filter(|members| !members.contains_key("start_time")) {
        json::put(members, "start_time", Value::from(0));
    }
    started
}

/// Bytes of metrics in all experiments of one call.
const LENGTH_MAX: usize = 64 << 20;
/// The controller's default.
const ITERATIONS_DEFAULT: u64 = 100;
