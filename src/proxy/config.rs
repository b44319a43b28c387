//! The configuration of a filter or a pilot -> a checked one: an experiment as everywhere, and its section `proxy`.
//!
//! The engine checks the experiment; here the rest: which versions there are, in the order of the request, what each
//! counter counts, how a request finds its version. Whatever is wrong is told with its path, what was found, what is
//! allowed; all faults of the section at once. A key that is not known is a fault too: a proxy that passed over a
//! mistyped `sticky` would spoil the experiment silently.
//!
//! Not here: the fields themselves (`section`).

use serde_json::{Map, Value};

use super::observe::Layout;
use super::section::{self, Section};
use super::split::{self, Split};
use crate::error::Error;
use crate::wire::decode::{Decoder, Path};
use crate::wire::json;
use crate::{Experiment, MetricData, Settings};

/// A checked configuration.
#[derive(Debug)]
pub(super) struct Config {
    /// The experiment's name, or else its service's.
    pub(super) name: String,
    /// The experiment as it was given, without the section `proxy`.
    pub(super) experiment: Map<String, Value>,
    /// The baseline, then the candidates in their order.
    pub(super) versions: Vec<Version>,
    /// The probability with which a verdict may err, above 0 and at most 0.1.
    pub(super) alpha: f64,
    /// Which of the recommended splits is used.
    pub(super) strategy: String,
    /// What each counter of the experiment counts, in the order of `metric_specs`.
    pub(super) counters: Vec<(String, Source)>,
    /// The histograms of the experiment: all of them of the latency.
    pub(super) histograms: Vec<String>,
    /// Where in a row what stands.
    pub(super) layout: Layout,
    /// How this proxy splits, counts and looks.
    pub(super) section: Section,
    /// Tells experiments with one name apart whose numbers mean different things.
    pub(super) shape: u64,
    /// Tells configurations apart.
    pub(super) hash: u64,
}

/// A version of the service, as a proxy sees it.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) id: String,
    /// Under which labels its metrics are published.
    pub(super) labels: Vec<(String, String)>,
    /// What the version's header says; or for the pilot, the version's cluster.
    pub(super) destination: String,
    /// The id's hash.
    pub(super) salt: u64,
}

/// What a counter of the experiment counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// A place of the row, and what its number is divided by.
    Place(usize, f64),
    /// The numbers of a response header: index among the layout's.
    Header(usize),
    /// The squares of the numbers of a response header.
    HeaderSquares(usize),
}

impl Config {
    /// The configuration in `text`.
    ///
    /// # Errors
    /// What is wrong with the JSON, the experiment or its section `proxy`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Error> {
        let value = json::parse(text)?;
        let checked = Experiment::parse(&value, MetricData::Given, &Settings::default())?;
        let mut decoder = Decoder::default();
        match read(&mut decoder, &value, checked.label()) {
            Some(mut config) if !decoder.has_failed() => {
                config.alpha = checked.alpha;
                config.hash = split::hash(text, 0);
                config.shape = shape(&config);
                Ok(config)
            }
            _ => Err(decoder.into_error()),
        }
    }

    /// The split before anything is known.
    pub(super) fn first_split(&self) -> Split {
        let all_to_the_baseline = || {
            let mut percents = vec![0.0; self.versions.len()];
            percents.iter_mut().take(1).for_each(|baseline| *baseline = 100.0);
            Split::of(percents, self.versions.len())
        };
        let given = self.section.split.clone().and_then(|percents| Split::of(percents, self.versions.len()));
        // INVARIANT: there is a baseline, so the second is a split.
        given.or_else(all_to_the_baseline).unwrap_or_else(Split::nobody)
    }

    /// A counter's value in a version's row.
    pub(super) fn value(&self, row: &[f64], source: &Source) -> f64 {
        let (place, divisor) = match source {
            Source::Place(place, divisor) => (*place, *divisor),
            Source::Header(header) => (self.layout.header(*header), 1.0),
            Source::HeaderSquares(header) => (self.layout.header(*header) + 1, 1.0),
        };
        row.get(place).copied().unwrap_or(0.0) / divisor
    }
}

fn read(decoder: &mut Decoder, value: &Value, label: &str) -> Option<Config> {
    let path = Path::Root;
    let members = value.as_object()?;
    let ids: Vec<String> = version_values(members).map(|version| id_text(version.get("id"))).collect();
    let specs = |list: &str| -> Vec<String> {
        let items = members.get("metric_specs").and_then(|specs| specs.get(list)?.as_array());
        items.into_iter().flatten().map(|item| id_text(item.get("name").or_else(|| item.get("id")))).collect()
    };
    let empty = Value::Object(Map::new());
    let given = members.get("proxy").filter(|value| !value.is_null()).unwrap_or(&empty);
    let section = section::decode(decoder, given, path.key("proxy"), &ids, &specs("counter_metrics"))?;
    let mut headers = Vec::new();
    let counters = specs("counter_metrics").into_iter().zip(&section.sources);
    let counters: Vec<(String, Source)> = counters.map(|(name, source)| (name, source.resolve(&mut headers))).collect();
    let counts_retries = section.sources.contains(&section::Named::Place(super::observe::RETRIES, 1.0));
    let versions = version_values(members).zip(&ids).zip(&section.destinations);
    let versions = versions.map(|((version, id), destination)| Version {
        id: id.clone(),
        labels: labels(version, id),
        destination: destination.clone().unwrap_or_else(|| id.clone()),
        salt: split::hash(id.as_bytes(), section.salt),
    });
    let strategy = members.get("traffic_control").and_then(|control| control.get("strategy")?.as_str());
    let mut experiment = members.clone();
    experiment.shift_remove("proxy");
    Some(Config {
        // It stands in lines of the log and of the directory.
        name: label.replace(['\n', '\r'], " "),
        experiment,
        alpha: 0.0,
        versions: versions.collect(),
        strategy: strategy.unwrap_or("progressive").to_owned(),
        counters,
        histograms: specs("histogram_metrics"),
        layout: Layout { edges_ms: section.edges_ms.clone(), headers, counts_retries },
        section,
        shape: 0,
        hash: 0,
    })
}

/// The baseline, then the candidates, each id once.
fn version_values(members: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let candidates = members.get("candidates").and_then(Value::as_array);
    let all: Vec<&Value> = members.get("baseline").into_iter().chain(candidates.into_iter().flatten()).collect();
    let first_with_its_id = |place: &usize| {
        let id = id_text(all[*place].get("id"));
        all.iter().take(*place).all(|earlier| id_text(earlier.get("id")) != id)
    };
    let places: Vec<usize> = (0..all.len()).filter(first_with_its_id).collect();
    places.into_iter().map(move |place| all[place])
}

/// An id as the engine echoes it.
fn id_text(id: Option<&Value>) -> String {
    match id {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_i64().map(|number| number.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A version's own labels; those of iter8's default queries where it has none.
fn labels(version: &Value, id: &str) -> Vec<(String, String)> {
    let own = version.get("version_labels").and_then(Value::as_object);
    let own: Vec<(String, String)> =
        own.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    if own.is_empty() { vec![("destination_workload".to_owned(), id.to_owned())] } else { own }
}

/// What the numbers of an experiment depend on. Limits, alpha and the like may change without losing what was observed.
fn shape(config: &Config) -> u64 {
    let mut text = config.experiment.get("start_time").map(crate::wire::write::to_text).unwrap_or_default();
    let mut add = |part: &str| {
        text.push('\n');
        text.push_str(part);
    };
    config.versions.iter().for_each(|version| add(&version.id));
    for (name, source) in config.counters.iter().map(|(name, _)| name).zip(&config.section.sources) {
        add(name);
        add(&source.to_text());
    }
    config.histograms.iter().for_each(|name| add(name));
    config.layout.edges_ms.iter().for_each(|edge| add(&crate::wire::digits::plain(*edge)));
    split::hash(text.as_bytes(), 0)
}
